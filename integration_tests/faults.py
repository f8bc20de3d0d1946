"""What the connection and fault tests share: servers of their own, and calls that wait."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import threading
import time
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

from pgrecall import AsyncStore, Collection, Item, embedded

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterator

PATIENCE = 60.0
"""Seconds after which a condition that never comes fails a test in place of hanging it."""


@contextmanager
def own_folder() -> Iterator[Path]:
    """A data folder for a server of a test's own; stopped and removed at the end."""
    # not tmp_path: a server that root starts runs as another user, who must get there
    parent = Path(tempfile.mkdtemp(prefix="pgrecall-", dir="/var/tmp"))
    parent.chmod(0o755)
    try:
        yield parent / "data"
    finally:
        embedded.stop(parent / "data")
        shutil.rmtree(parent)


def start_own(folder: Path) -> str:
    """Start a test's own server; the crashes of these tests are of processes, not of machines."""
    dsn = embedded.start(folder)
    execute(dsn, "ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
    return dsn


@asynccontextmanager
async def closing(store: Any) -> AsyncIterator[Any]:
    """Close either store at the end; the sync one behind ``Awaitable`` has no ``async with``."""
    try:
        yield store
    finally:
        await store.close()


def is_async(store: Any) -> bool:
    """Tell which of the two stores is being tested."""
    return isinstance(store, AsyncStore)


def start(store: Any, call: Coroutine[Any, Any, Any]) -> asyncio.Future[Any]:
    """Begin a call that may wait; the sync store's runs in a thread."""
    if is_async(store):
        return asyncio.ensure_future(call)
    return asyncio.ensure_future(asyncio.to_thread(asyncio.run, call))


async def until(condition: Callable[[], Any]) -> Any:
    """Wait for something to become true, and give it."""
    deadline = time.monotonic() + PATIENCE
    while not (result := condition()):
        assert time.monotonic() < deadline, "what the test waits for never came"
        await asyncio.sleep(0.01)
    return result


async def until_set(event: threading.Event) -> None:
    """Wait for an event of another thread."""
    await until(event.is_set)


def execute(dsn: str, *statements: str | sql.Composed) -> list[tuple[Any, ...]]:
    """Run statements one by one; the rows of the last."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        rows: list[tuple[Any, ...]] = []
        for statement in statements:
            text = sql.SQL(statement) if isinstance(statement, str) else statement  # type: ignore[arg-type]  # a test's own words
            cursor = connection.execute(text)
            rows = cursor.fetchall() if cursor.description else []
        return rows


def make_items(count: int, *, text: str = "some text") -> list[Item]:
    """Items whose ids sort as they were made."""
    return [
        Item(f"id-{number:05}", [1.0, number + 1.0, 0.5], text, {"page": number})
        for number in range(count)
    ]


async def fill(store: Any, tenant: str, count: int = 3) -> str:
    """Make the collection "docs" with some items; gives its table."""
    made = await store.ensure_collection(tenant, Collection("docs", 3))
    await store.upsert(tenant, "docs", make_items(count))
    table: str = made.table_name
    return table


async def use_every_verb(store: Any, tenant: str) -> None:
    """Fail unless every verb of the contract works on this store."""
    for metric in ("cosine", "l2", "ip", "l1"):
        for storage in ("vector", "halfvec"):
            name = f"{metric} {storage}"
            wanted = Collection(name, 3, metric=metric, storage=storage, fields={"page": "number"})
            await store.ensure_collection(tenant, wanted)
            await use_items(store, tenant, name)
            assert await store.drop_collection(tenant, name) == 2
    assert await store.list_collections(tenant) == []


async def use_items(store: Any, tenant: str, name: str) -> None:
    """Fail unless the verbs for items work on an empty collection; leaves two items."""
    assert await store.load(tenant, name, [Item("a", [1, 0, 0], "one", {"page": 1})]) == 1
    several = [Item("b", [0, 1, 0], "two", {"page": 2}), Item("c", [0, 0, 1], "three")]
    assert await store.upsert(tenant, name, [*several, Item("d", None, "four", {"page": 4})]) == 3
    found = await store.search(
        tenant, name, [1, 0.1, 0], limit=2, filter={"page": {"$lte": 2}}, include_vectors=True
    )
    assert [(match.id, match.vector.tolist()) for match in found] == [
        ("a", [1, 0, 0]),
        ("b", [0, 1, 0]),
    ]
    (item,) = await store.get(tenant, name, ["c"])
    assert (item.vector.tolist(), item.text, item.metadata) == ([0, 0, 1], "three", {})
    assert await store.count(tenant, name) == 4
    assert await store.count(tenant, name, {"page": 2}) == 1
    assert await store.delete(tenant, name, ["c"]) == 1
    assert await store.delete_where(tenant, name, {"page": 4}) == 1
    assert await store.list_ids(tenant, name) == ["a", "b"]
    assert (await store.describe_collection(tenant, name)).name == name
