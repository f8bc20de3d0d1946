"""Many writers at once, and writers that are killed: nobody sees a deadlock or half a batch."""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from pgrecall import AsyncStore, Collection, Hnsw, Item, Store
from pgrecall._operations.items import load as load_operations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LOAD_BATCH = 5_000  # rows that one transaction of load writes

# sixteen processes, forked of one before it has a store: each ensures a collection at each line of
# its input, all at once
ENSURERS = """
import asyncio, json, os, sys
from pgrecall import AsyncStore, Collection, Store

dsn = sys.argv[1]
def collections(told):
    for line in told:
        yield Collection(dimensions=3, **json.loads(line))
def outcome(made):
    return ["made", made.name, made.table_name]
def failure(error):
    return ["failed", type(error).__name__, str(error)]
def main(told, say):
    with Store(dsn, min_connections=0, max_connections=1) as store:
        for collection in collections(told):
            try:
                say(outcome(store.ensure_collection("tenant", collection)))
            except Exception as error:
                say(failure(error))
async def main_async(told, say):
    async with AsyncStore(dsn, min_connections=0, max_connections=1) as store:
        for collection in collections(told):
            try:
                say(outcome(await store.ensure_collection("tenant", collection)))
            except Exception as error:
                say(failure(error))
def child(shell, told, heard):
    def say(words):
        os.write(heard, json.dumps(words).encode() + b"\\n")
    with os.fdopen(told) as lines:
        main(lines, say) if shell == "sync" else asyncio.run(main_async(lines, say))
tells, hears = [], []
for shell in ["sync", "async"] * 8:
    told, tell = os.pipe()
    hear, heard = os.pipe()
    if not os.fork():
        for other in (tell, hear, *tells, *(reader.fileno() for reader in hears)):
            os.close(other)
        try:
            child(shell, told, heard)
        finally:
            os._exit(0)
    os.close(told)
    os.close(heard)
    tells.append(tell)
    hears.append(os.fdopen(hear))
for line in sys.stdin:
    for tell in tells:
        os.write(tell, line.encode())
    print(json.dumps([json.loads(reader.readline()) for reader in hears]), flush=True)
"""

# a process that writes until it is killed, and says after each batch how far it is
WRITER = """
import asyncio, sys
from pgrecall import AsyncStore, Item, Store

shell, dsn, tenant, verb, text = sys.argv[1:]
keywords = {"progress": lambda written: print(written, flush=True)}
if verb == "upsert":
    keywords["batch_size"] = 1_000
items = (Item(f"{number:06}", [1, number], text) for number in range(20_000))
async def main_async():
    async with AsyncStore(dsn) as store:
        await getattr(store, verb)(tenant, "docs", items, **keywords)
if shell == "sync":
    with Store(dsn) as store:
        getattr(store, verb)(tenant, "docs", items, **keywords)
else:
    asyncio.run(main_async())
"""

# every write of the id named waits for whoever holds the advisory lock
STOPPER = """
CREATE OR REPLACE FUNCTION pgrecall.wait_for_the_test() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN PERFORM pg_advisory_xact_lock(20260211); RETURN NEW; END $$;
CREATE TRIGGER stopper BEFORE INSERT ON {table} FOR EACH ROW WHEN (NEW.id = {id})
EXECUTE FUNCTION pgrecall.wait_for_the_test()
"""


@contextmanager
def running(script: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", script, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def tell(process: subprocess.Popen[str], **collection: Any) -> None:
    assert process.stdin is not None
    process.stdin.write(json.dumps(collection) + "\n")
    process.stdin.flush()


def hear(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


# sixteen processes


def test_sixteen_processes_ensure_the_same_new_collections_in_a_new_database(
    fresh_dsn: str,
) -> None:
    rounds: list[dict[str, Any]] = [{"name": "first of the database"}]
    rounds += [{"name": f"derived {number}"} for number in range(10)]
    rounds += [{"name": f"own {number}", "table_name": f"own_{number}"} for number in range(10)]
    heard = []
    with running(ENSURERS, fresh_dsn) as processes:
        for collection in rounds:
            tell(processes, **collection)
            heard.append([tuple(outcome) for outcome in json.loads(hear(processes))])
            assert len(heard[-1]) == 16

    for collection, outcomes in zip(rounds, heard, strict=True):
        assert len(set(outcomes)) == 1, outcomes
        assert outcomes[0][:2] == ("made", collection["name"])
    with psycopg.connect(fresh_dsn) as connection:
        tables = connection.execute(
            "SELECT count(*) FROM pg_tables WHERE schemaname = 'pgrecall'"
            " AND tablename NOT IN"
            " ('collections', 'entries', 'records', 'blobs', 'log', 'schema_version')"
        ).fetchone()
    assert tables == (len(rounds),)


@pytest.mark.one_in(2)
@pytest.mark.parametrize("own_name", [False, True], ids=["derived", "own"])
async def test_sixteen_callers_of_one_store_ensure_the_same_new_collections(
    store: Any, tenant: str, own_name: bool
) -> None:
    for number in range(40):
        table_name = f"own_{tenant[-12:]}_{number}" if own_name else None
        collection = Collection(f"docs {number}", 3, table_name=table_name)
        if isinstance(store, AsyncStore):
            calls = [store.ensure_collection(tenant, collection) for _ in range(16)]
        else:
            inner: Store = store.target
            calls = [
                asyncio.to_thread(inner.ensure_collection, tenant, collection) for _ in range(16)
            ]

        made = await asyncio.gather(*calls, return_exceptions=True)

        assert made == [await store.describe_collection(tenant, collection.name)] * 16


# four writers

WRITERS, ROUNDS = 4, 6
IDS = [f"{number:04}" for number in range(1_000)]


def moves(writer: int, text: str) -> Iterator[tuple[str, Any]]:
    """What one writer does: everything in an order of its own, over the same thousand ids."""
    chance = random.Random(writer)  # noqa: S311
    for number in range(ROUNDS):
        ids = chance.sample(IDS, len(IDS))
        verb = "load" if writer == number % WRITERS else "upsert"
        yield (
            verb,
            [Item(id_, [1, writer], text, {"writer": writer, "round": number}) for id_ in ids],
        )
        if number % 2:
            yield "delete", chance.sample(IDS, 300)
        else:
            yield "delete_where", {"writer": (writer + 1) % WRITERS, "round": {"$lte": number}}


@pytest.mark.one_in(2)
@pytest.mark.parametrize("text", ["", "x" * 1_600], ids=["one statement", "several statements"])
async def test_four_writers_of_the_same_thousand_ids_never_see_a_deadlock(
    store: Any, tenant: str, text: str
) -> None:
    await store.ensure_collection(tenant, Collection("docs", 2, fields={"writer": "number"}))

    if isinstance(store, AsyncStore):

        async def write(writer: int) -> None:
            for verb, argument in moves(writer, text):
                await getattr(store, verb)(tenant, "docs", argument)

        await asyncio.gather(*map(write, range(WRITERS)))
    else:
        inner: Store = store.target

        def write_sync(writer: int) -> None:
            for verb, argument in moves(writer, text):
                getattr(inner, verb)(tenant, "docs", argument)

        with ThreadPoolExecutor(WRITERS) as pool:
            list(pool.map(write_sync, range(WRITERS)))

    ids = await store.list_ids(tenant, "docs")
    assert set(ids) <= set(IDS)
    for item in await store.get(tenant, "docs", ids):
        assert item.vector[1] == item.metadata["writer"]
        assert item.text == text
    assert await store.upsert(tenant, "docs", [Item(id_, [1, 0]) for id_ in IDS]) == 1_000
    assert await store.list_ids(tenant, "docs") == IDS


async def test_a_drop_amid_writers_is_told_as_a_missing_collection(store: Any, tenant: str) -> None:
    await store.ensure_collection(tenant, Collection("docs", 2))
    docs = [Item(id_, [1, 0]) for id_ in IDS]
    written = asyncio.Event()

    async def write() -> str:
        for _ in range(200):
            try:
                await asyncio.to_thread(upsert)
            except Exception as error:  # noqa: BLE001 - whichever comes is the result
                return type(error).__name__
            written.set()
        return "nothing"

    def upsert() -> None:
        if isinstance(store, AsyncStore):
            asyncio.run(store.upsert(tenant, "docs", docs))
        else:
            store.target.upsert(tenant, "docs", docs)

    writers = [asyncio.create_task(write()) for _ in range(WRITERS)]
    await written.wait()
    await store.drop_collection(tenant, "docs")

    assert set(await asyncio.gather(*writers)) == {"CollectionNotFoundError"}


# killed


class Victim:
    """A process that is stopped inside a batch, and killed there."""

    def __init__(self, store: Any, dsn: str, tenant: str) -> None:
        self._shell = "async" if isinstance(store, AsyncStore) else "sync"
        self._tenant = tenant
        self._dsn = dsn
        self._name = f"victim {tenant[-12:]}"
        stored = store._driver.context.known(tenant, "docs")
        self._table = stored.table
        self._id = stored.id

    def kill_at(self, item_id: str, verb: str, text: str) -> list[int]:
        """Give what the process had reported when it was killed while it wrote the item."""
        name = make_conninfo(self._dsn, application_name=self._name)
        with psycopg.connect(self._dsn, autocommit=True) as connection:
            stopper = sql.SQL(STOPPER).format(table=self._table, id=sql.Literal(item_id))
            connection.execute(stopper)
            connection.execute("SELECT pg_advisory_lock(20260211)")
            with running(WRITER, self._shell, name, self._tenant, verb, text) as process:
                self._wait(connection, "wait_event = 'advisory'", there=True)
                process.kill()
                reported, _ = process.communicate()
            connection.execute("SELECT pg_advisory_unlock(20260211)")
            self._wait(connection, "true", there=False)
            connection.execute(sql.SQL("DROP TRIGGER stopper ON {}").format(self._table))
        return [int(line) for line in reported.split()]

    def indexes(self) -> tuple[int, bool]:
        """How many indexes the table has, and whether the registry says that some are away."""
        with psycopg.connect(self._dsn) as connection:
            row = connection.execute(
                "SELECT (SELECT count(*) FROM pg_index WHERE indrelid = %s::regclass),"
                " (SELECT indexes_pending FROM pgrecall.collections WHERE id = %s)",
                [self._table.as_string(connection), self._id],
            ).fetchone()
        assert row is not None
        return row[0], row[1]

    def _wait(self, connection: psycopg.Connection[Any], state: Any, *, there: bool) -> None:
        query = sql.SQL(
            "SELECT count(*) > 0 FROM pg_stat_activity WHERE application_name = {} AND {}"
        ).format(sql.Literal(self._name), sql.SQL(state))
        for _ in range(1_000):
            if connection.execute(query).fetchone() == (there,):
                return
            time.sleep(0.02)
        raise AssertionError("the process did not come to where the test waits for it")


@pytest.fixture
async def victim(store: Any, dsn: str, tenant: str) -> Victim:
    await store.ensure_collection(tenant, Collection("docs", 2, fields={"page": "number"}))
    return Victim(store, dsn, tenant)


@pytest.mark.parametrize(
    ("text", "left"),
    [("", {2_000, 3_000}), ("x" * 3_000, {2_000})],
    ids=["one statement", "several statements"],
)
async def test_a_process_killed_in_the_middle_of_an_upsert_leaves_whole_batches(
    victim: Victim, store: Any, tenant: str, text: str, left: set[int]
) -> None:
    # the server ends a statement that it has whole, though nobody waits for the answer
    assert victim.kill_at("002500", "upsert", text) == [1_000, 2_000]

    stored = await store.list_ids(tenant, "docs")
    assert len(stored) in left
    assert stored == [f"{number:06}" for number in range(len(stored))]


@pytest.mark.one_in(2)
@pytest.mark.parametrize("repair", ["ensure_collection", "load"])
async def test_a_process_killed_in_the_middle_of_a_load_leaves_whole_batches_to_repair(
    victim: Victim, store: Any, tenant: str, repair: str
) -> None:
    await store.create_index(tenant, "docs", Hnsw())
    assert victim.indexes() == (5, False)

    assert victim.kill_at("007500", "load", "text") == [LOAD_BATCH]

    assert await store.count(tenant, "docs") == LOAD_BATCH
    assert victim.indexes() == (1, True)
    assert len(await store.search(tenant, "docs", [1, 0], limit=3)) == 3
    if repair == "load":
        await store.load(tenant, "docs", [Item("007500", [1, 0])])
    else:
        await store.ensure_collection(tenant, Collection("docs"))
    assert victim.indexes() == (5, False)


@pytest.mark.one_in(2)
@pytest.mark.parametrize(("reads", "expected"), [(iter, [3, 1, 1]), (list, [1, 1, 1])])
async def test_a_load_of_more_than_a_batch_builds_every_index_at_its_end(
    store: Any,
    tenant: str,
    dsn: str,
    monkeypatch: pytest.MonkeyPatch,
    reads: Callable[[Any], Any],
    expected: list[int],
) -> None:
    monkeypatch.setattr(load_operations, "DEFAULT_BATCH", 200)
    made = await store.ensure_collection(tenant, Collection("docs", 2, index=Hnsw()))
    counted: list[int] = []

    def indexes(_: int) -> None:
        with psycopg.connect(dsn) as connection:
            query = "SELECT count(*) FROM pg_index WHERE indrelid = %s::regclass"
            counted.append(connection.execute(query, [made.table_name]).fetchone()[0])

    items = reads([Item(f"{number:06}", [1, number], "text") for number in range(600)])
    await store.load(tenant, "docs", items, progress=indexes)

    assert counted == expected
    indexes(0)
    assert counted[-1] == 4


async def test_an_upsert_after_a_killed_one_completes_it(
    victim: Victim, store: Any, tenant: str
) -> None:
    victim.kill_at("000001", "upsert", "")

    items = [Item(f"{number:06}", [1, number], "again") for number in range(3_000)]
    assert await store.upsert(tenant, "docs", items) == 3_000

    assert await store.count(tenant, "docs") == 3_000
