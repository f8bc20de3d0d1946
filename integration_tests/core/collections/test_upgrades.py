"""Registries, extensions and servers are upgraded under stores that go on."""

from __future__ import annotations

import subprocess
import threading
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from integration_tests.shared.faults import (
    closing,
    execute,
    new_database,
    own_folder,
    start,
    start_own,
    until,
    use_items,
)
from psycopg import sql

from pgrecall import Collection, DatabaseError, Hnsw, Item, IvfFlat, Store
from pgrecall._adapters.pair import Pair
from pgrecall._embedded import launching
from pgrecall._embedded.account import Account
from pgrecall._embedded.programs import installed, runnable
from pgrecall._operations.entries import entries
from pgrecall.models import Entry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

TENANT = "Ténant 100%"
WORDS = ("apple", "banana", "cherry", "date", "elder", "fig", "grape")
NEW = Collection("docs", 2, "new")


def items(count: int) -> list[Item]:
    return [
        Item(
            f"id-{n:04}",
            [1.0, n / 100, (n * 7 % 13) / 10],
            f"{WORDS[n % 7]} and {WORDS[n * 3 % 7]} number {n}",
            {"page": n, "source": f"book {n % 5}", "nested": {"ü": [n, None]}},
        )
        for n in range(count)
    ]


def to_version_1(dsn: str) -> None:
    """Make the registry what its first version was."""
    execute(
        dsn,
        "DROP TABLE pgrecall.entries, pgrecall.records",
        "UPDATE pgrecall.schema_version SET version = 1",
    )


# --- the registry


class Worker:
    """Writes, reads and deletes through one store, over and over, until told to stop."""

    def __init__(self, store: Any) -> None:
        self._store = store
        self._stop = threading.Event()
        self.rounds = 0

    async def run(self) -> None:
        while not self._stop.is_set():
            item = Item("mine", [1, self.rounds, 1], f"round {self.rounds}")
            assert await self._store.upsert(TENANT, "docs", [item]) == 1
            (got,) = await self._store.get(TENANT, "docs", ["mine"])
            assert got.text == item.text
            assert len(await self._store.search(TENANT, "docs", [1, 1, 1], limit=3)) == 3
            assert await self._store.delete(TENANT, "docs", ["mine"]) == 1
            assert (await self._store.describe_collection(TENANT, "docs")).dimensions == 3
            self.rounds += 1

    async def rounds_more(self, count: int) -> None:
        """Wait until it has come round some times more."""
        wanted = self.rounds + count
        await until(lambda: self.rounds >= wanted)

    def stop(self) -> None:
        self._stop.set()


async def test_clients_read_and_write_while_an_older_registry_is_migrated(
    open_store: Callable[..., Any], fresh_dsn: str
) -> None:
    with Store(fresh_dsn) as first:
        first.ensure_collection(TENANT, Collection("docs", 3))
        first.upsert(TENANT, "docs", items(10))
    to_version_1(fresh_dsn)
    async with closing(open_store(fresh_dsn, setup=False)) as old:
        worker = Worker(old)
        running = start(old, worker.run())
        await worker.rounds_more(3)
        with psycopg.connect(fresh_dsn) as other:
            # another client migrates just now: ours waits for its lock, the worker goes on
            other.execute(
                "SELECT pg_advisory_xact_lock(hashtext('pgrecall'), hashtext('pgrecall'))"
            )
            async with closing(open_store(fresh_dsn)) as new:
                migrating = start(new, new.count(TENANT, "docs"))
                await until(lambda: execute(fresh_dsn, WAITING) == [(1,)])
                await worker.rounds_more(5)
                assert not migrating.done()
                other.commit()
                assert await migrating >= 10
        await worker.rounds_more(5)
        worker.stop()
        await running
    assert execute(fresh_dsn, "SELECT max(version) FROM pgrecall.schema_version") == [(2,)]


WAITING = (
    "SELECT count(*)::int FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


async def test_a_migration_does_not_wait_for_a_client_in_the_middle_of_a_write(
    open_store: Callable[..., Any], fresh_dsn: str
) -> None:
    with Store(fresh_dsn) as first:
        first.ensure_collection(TENANT, Collection("docs", 3))
        table = first.describe_collection(TENANT, "docs")
    assert table is not None
    to_version_1(fresh_dsn)
    with psycopg.connect(fresh_dsn) as writer:
        writer.execute(
            sql.SQL(
                f"INSERT INTO {table.table_name} (id, text, metadata) VALUES ('a', 'text', '{{}}')"
            )
        )
        async with closing(open_store(fresh_dsn)) as new:
            assert await new.count(TENANT, "docs") == 0
            writer.commit()
            assert await new.count(TENANT, "docs") == 1


async def test_a_newer_registry_is_refused_and_left_alone(
    open_store: Callable[..., Any], fresh_dsn: str
) -> None:
    with Store(fresh_dsn) as first:
        first.ensure_collection(TENANT, Collection("docs", 3))
    execute(fresh_dsn, "INSERT INTO pgrecall.schema_version VALUES (99)")
    for setup in (True, False):
        async with closing(open_store(fresh_dsn, setup=setup)) as store:
            with pytest.raises(DatabaseError, match="has version 99; this pgrecall knows 7: upgr"):
                await store.count(TENANT, "docs")
    assert execute(fresh_dsn, "SELECT max(version) FROM pgrecall.schema_version") == [(99,)]


# --- dump and restore


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[Path]:
    """The data folder of another server."""
    with own_folder() as made:
        start_own(made)
        yield made


def move(source: str, target: str, folder: Path) -> None:
    """Dump one database and restore it into another, with the programs of the wheel."""
    account = Account.of(folder)
    programs = runnable(installed(), account)
    dump = str(folder / "moved.dump")
    commands: list[list[str]] = [
        ["pg_dump", "--format=custom", f"--file={dump}", f"--dbname={source}"],
        ["pg_restore", "--exit-on-error", "--no-owner", f"--dbname={target}", dump],
    ]
    for command in commands:
        done: subprocess.CompletedProcess[str] = launching.run(programs, command, folder, account)
        assert done.returncode == 0, done.stderr


async def answers(store: Any) -> dict[str, Any]:
    """What a store says of everything that it holds."""
    told: dict[str, Any] = {"collections": await store.list_collections(TENANT)}
    for made in told["collections"]:
        name = made.name
        query = [1.0, 0.3, 0.4][: made.dimensions]
        told[name] = [
            await store.count(TENANT, name),
            await store.count(TENANT, name, {"page": {"$lt": 50}}),
            await store.list_items(TENANT, name, limit=None),
            await store.search(TENANT, name, query, exact=True, include_vectors=True),
            await store.search(TENANT, name, query, filter={"source": "book 3"}, exact=True),
        ]
        if made.text_search is not None:
            told[name].append([m.id for m in await store.search_text(TENANT, name, "fig cherry")])
            told[name].append(
                [m.id for m in await store.search_hybrid(TENANT, name, query, "fig cherry")]
            )
    return told


async def test_everything_survives_dump_and_restore_into_another_server(
    open_store: Callable[..., Any], fresh_dsn: str, elsewhere: Path
) -> None:
    target = new_database(start_own(elsewhere))
    fields = {"page": "number", "source": "text"}
    async with closing(open_store(fresh_dsn)) as store:
        for made in (
            Collection("hnsw", 3, index=Hnsw(m=8), fields=fields),
            Collection("half", 3, metric="l2", storage="halfvec", index=Hnsw(quantization=None)),
            Collection("binary", 3, index=Hnsw(quantization="binary"), text_search="german"),
            Collection("no text", 3, metric="ip", text_search=None),
            Collection('own "table" 100%', 3, table_name='My "items" 100%'),
        ):
            await store.ensure_collection(TENANT, made)
            await store.load(TENANT, made.name, items(300))
        await store.create_index(TENANT, "no text", IvfFlat(lists=4))
        await store.tune(TENANT, "hnsw")
        await store.ensure_collection(TENANT, Collection("docs", 3, "old"))
        await store.upsert(TENANT, "docs", items(30))
        report = await store.reembed(TENANT, "docs", to=NEW, embed=embed)
        with Store(fresh_dsn) as other:
            pair = Pair(other)
            pair.run(entries.put(pair.context, TENANT, "space", [Entry(("a",), "k", {"v": 1})]))
        for table in execute(
            fresh_dsn, "SELECT format('%I.%I', 'pgrecall', table_name) FROM pgrecall.collections"
        ):
            execute(fresh_dsn, f"ANALYZE {table[0]}")
        before = await answers(store)

    move(fresh_dsn, target, elsewhere)
    execute(target, "ANALYZE")

    async with closing(open_store(target, setup=False)) as restored:
        assert await answers(restored) == before
        assert await restored.search(TENANT, "hnsw", [1, 0.3, 0.4], exact=False)
        with pytest.raises(ValueError, match="read, not written"):
            await restored.upsert(TENANT, report.kept, items(1))
    async with closing(open_store(target)) as restored:
        # ids of the registry go on from where they were: no table's name comes again
        await restored.ensure_collection(TENANT, Collection("later", 3, fields={"page": "number"}))
        await use_items(restored, TENANT, "later")
        await restored.reindex(TENANT, "hnsw")
        assert (await restored.measure_recall(TENANT, "hnsw")).recall > 0.9
        again = await restored.reembed(TENANT, "docs", to=NEW, embed=embed)
        assert again.rows == 30
        for made in await restored.list_collections(TENANT):
            assert await restored.drop_collection(TENANT, made.name) > 0
        with Store(target) as other:
            pair = Pair(other)
            (entry,) = pair.run(entries.get(pair.context, TENANT, "space", [(("a",), "k")]))
            assert entry.value == {"v": 1}


def embed(texts: list[str]) -> list[list[float]]:
    return [[1.0, float(len(text))] for text in texts]


async def test_a_reembedding_under_way_survives_dump_and_restore(
    open_store: Callable[..., Any], fresh_dsn: str, elsewhere: Path
) -> None:
    target = new_database(start_own(elsewhere))
    calls = 0

    def dies(texts: list[str]) -> list[list[float]]:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise KeyError
        return embed(texts)

    async with closing(open_store(fresh_dsn)) as store:
        await store.ensure_collection(TENANT, Collection("docs", 3, "old"))
        await store.upsert(TENANT, "docs", items(30))
        with pytest.raises(KeyError):
            await store.reembed(TENANT, "docs", to=NEW, embed=dies, batch_size=10)
        await store.upsert(TENANT, "docs", [Item("id-0003", [1, 2, 3], "changed")])

    move(fresh_dsn, target, elsewhere)

    async with closing(open_store(target)) as restored:
        await restored.upsert(TENANT, "docs", [Item("id-0004", [1, 2, 3], "changed too")])
        report = await restored.reembed(TENANT, "docs", to=NEW, embed=embed)
        assert (report.rows, report.embedded) == (30, 12)
        got = await restored.get(TENANT, "docs", ["id-0003", "id-0004"])
        assert [(item.text, item.vector.tolist()) for item in got] == [
            ("changed", [1, 7]),
            ("changed too", [1, 11]),
        ]


# --- pgvector

# what 0.8.0 brought and the scripts after it did not touch; the wheel has one library and every
# script that updates, so an older version is made by taking back what its scripts added
TYPES = ("integer[]", "real[]", "double precision[]", "numeric[]")
TO_0_7_4 = [
    statement.format(type=name)
    for name in TYPES
    for statement in (
        "ALTER EXTENSION vector DROP CAST ({type} AS sparsevec)",
        "ALTER EXTENSION vector DROP FUNCTION array_to_sparsevec({type}, integer, boolean)",
        "DROP CAST ({type} AS sparsevec)",
        "DROP FUNCTION array_to_sparsevec({type}, integer, boolean)",
    )
] + ["UPDATE pg_extension SET extversion = '0.7.4' WHERE extname = 'vector'"]
VERSION = "SELECT extversion FROM pg_extension WHERE extname = 'vector'"


async def test_pgvector_is_updated_under_a_store_that_reads_and_writes(
    open_store: Callable[..., Any], fresh_dsn: str
) -> None:
    execute(fresh_dsn, "CREATE EXTENSION vector")
    [(newest,)] = execute(fresh_dsn, VERSION)
    execute(fresh_dsn, *TO_0_7_4)
    async with closing(open_store(fresh_dsn)) as store:
        await store.ensure_collection(TENANT, Collection("docs", 3, index=Hnsw()))
        await store.load(TENANT, "docs", items(200))
        before = await store.search(TENANT, "docs", [1, 0.3, 0.4], exact=True)
        worker = Worker(store)
        running = start(store, worker.run())
        await worker.rounds_more(3)
        execute(fresh_dsn, "ALTER EXTENSION vector UPDATE")
        await worker.rounds_more(5)
        worker.stop()
        await running

        assert execute(fresh_dsn, VERSION) == [(newest,)]
        assert await store.search(TENANT, "docs", [1, 0.3, 0.4], exact=True) == before
        assert await store.search(TENANT, "docs", [1, 0.3, 0.4], exact=False)
        await store.reindex(TENANT, "docs")
        await store.ensure_collection(TENANT, Collection("later", 3, fields={"page": "number"}))
        await use_items(store, TENANT, "later")
    async with closing(open_store(fresh_dsn)) as store:
        assert await store.count(TENANT, "docs") == 200
        assert await store.count(TENANT, "later") == 2
