"""What the connection and fault tests share: servers of their own, and calls that wait."""

from __future__ import annotations

import asyncio
import threading
import time
import uuid
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil  # type: ignore[import-untyped]  # comes with the wheel
import psycopg
from integration_tests.shared.databases import create_database
from integration_tests.shared.ending import throw_away
from integration_tests.shared.folders import server_parent
from integration_tests.shared.seeds import seed
from psycopg import sql
from psycopg.pq import PGconn, Ping

from pgrecall import AsyncStore, Collection, Item, embedded
from pgrecall._embedded import postmaster

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterator

PATIENCE = 180.0
"""Seconds after which a condition that never comes fails a test in place of hanging it."""


@contextmanager
def own_folder() -> Iterator[Path]:
    """A data folder for a server of a test's own; stopped and removed at the end."""
    parent = server_parent()
    try:
        yield parent / "data"
    finally:
        throw_away(parent, parent / "data")


def start_own(folder: Path) -> str:
    """Start a test's own server; the crashes of these tests are of processes, not of machines."""
    if not folder.exists():
        seed(folder)
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
            text = sql.SQL(statement) if isinstance(statement, str) else statement
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


OURS = (
    "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
    " AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
)


def blocked(dsn: str) -> list[tuple[Any, ...]]:
    """Sessions of this database that wait for a lock."""
    return execute(dsn, OURS + " AND wait_event_type = 'Lock'")


def new_database(dsn: str) -> str:
    """Make a database on a server and give its DSN."""
    return create_database(dsn, f"test_{uuid.uuid4().hex[:12]}")


def kill_server(folder: Path) -> None:
    """End a server as a power cut does, and wait until it is gone; nobody starts it again."""
    server = postmaster.find(folder)
    assert server is not None
    psutil.Process(server.pid).kill()
    while postmaster.find(folder):
        time.sleep(0.01)


def kill_backend(dsn: str, pid: int) -> None:
    """End one server process by SIGKILL: the server ends all the others and recovers."""
    psutil.Process(pid).kill()
    deadline = time.monotonic() + PATIENCE
    while psutil.pid_exists(pid) or PGconn.ping(dsn.encode()) != Ping.OK:
        assert time.monotonic() < deadline, "the server did not recover"
        time.sleep(0.01)


def tagged(batch: int, count: int, *, text: str = "") -> list[Item]:
    """One batch's items: each says of which batch of how many it is."""
    words = text or f"text of batch {batch}"
    return [
        Item(
            f"{batch:04}-{n:05}", [1.0, n + 1.0, batch + 1.0], words, {"batch": batch, "of": count}
        )
        for n in range(count)
    ]


def whole_batches(dsn: str, table: str) -> list[int]:
    """Which tagged batches are stored; fails where one is in part."""
    rows = execute(
        dsn,
        "SELECT (metadata->>'batch')::int, (metadata->>'of')::int, count(*)::int"
        f" FROM {table} WHERE metadata ? 'batch' GROUP BY 1, 2 ORDER BY 1",
    )
    assert [row for row in rows if row[1] != row[2]] == [], "a batch is stored in part"
    return [batch for batch, _, _ in rows]


def invalid_indexes(dsn: str) -> list[str]:
    """Name the indexes of this database that no search uses and every write keeps."""
    rows = execute(dsn, "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid")
    return [name for (name,) in rows]


async def check_aftermath(store: Any, dsn: str, tenant: str, name: str = "docs") -> None:
    """Fail unless nothing half-done is left of a fault, and the next calls work."""
    assert invalid_indexes(dsn) == []
    assert execute(dsn, "SELECT relname FROM pg_class WHERE relpersistence = 't'") == []
    before = await store.count(tenant, name)
    assert await store.upsert(tenant, name, [Item("next", [3, 1, 2], "aftermath")]) == 1
    assert (await store.get(tenant, name, ["next"]))[0].text == "aftermath"
    assert [match.id for match in await store.search_text(tenant, name, "aftermath")] == ["next"]
    assert (await store.search(tenant, name, [3, 1, 2], limit=1))[0].id == "next"
    assert await store.delete(tenant, name, ["next"]) == 1
    assert await store.count(tenant, name) == before


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
