"""The server, or the client, is killed by SIGKILL in the middle of a call."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from integration_tests.shared.faults import (
    PATIENCE,
    blocked,
    check_aftermath,
    closing,
    execute,
    invalid_indexes,
    kill_backend,
    kill_server,
    new_database,
    own_folder,
    start,
    start_own,
    tagged,
    until,
    whole_batches,
)
from integration_tests.shared.registries import NEWEST, TENANT, restore, version_of
from psycopg import sql
from psycopg.conninfo import make_conninfo

from pgrecall import Collection, ConnectionFailedError, Hnsw, OutcomeUnknownError, Store, embedded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SEVERAL = 2_500
"""Items that one batch writes in several statements, so in a transaction of its own."""

STOPPER = """
CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS
$$BEGIN PERFORM pg_advisory_xact_lock_shared(7); RETURN new; END$$;
CREATE TRIGGER stopper BEFORE INSERT ON {table} FOR EACH ROW WHEN (new.id = '{id}')
EXECUTE FUNCTION stop()
"""
"""Makes the write of one item wait for whoever holds the lock."""

OLD_REGISTRY = (
    "DROP TABLE pgrecall.entries, pgrecall.records",
    "UPDATE pgrecall.schema_version SET version = 1",
)
"""Takes a registry back to what its first version was."""


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """The data folder of a server that these tests kill."""
    with own_folder() as made:
        start_own(made)
        yield made


@pytest.fixture
def database(folder: Path) -> str:
    return new_database(embedded.start(folder))


def kill_postmaster(folder: Path, _: str, __: int) -> None:
    kill_server(folder)
    embedded.start(folder)


def kill_session(folder: Path, dsn: str, pid: int) -> None:
    kill_backend(dsn, pid)
    embedded.start(folder)


DISASTERS = [kill_postmaster, kill_session]


@contextmanager
def holding(dsn: str, *statements: str) -> Iterator[psycopg.Connection[Any]]:
    """Hold what some statements lock until the end, or until the server is no more."""
    connection = psycopg.connect(dsn)
    try:
        for statement in statements:
            connection.execute(sql.SQL(statement))
        yield connection
    finally:
        connection.close()


async def strike(disaster: Callable[[Path, str, int], None], folder: Path, dsn: str) -> None:
    """Wait until a session waits for a lock, and kill the server there."""
    [(pid,)] = await until(lambda: blocked(dsn))
    await asyncio.to_thread(disaster, folder, dsn, pid)


async def stored_at(store: Any, dsn: str, *, stop_at: str = "") -> str:
    """Make the collection "docs" with one batch; give its table."""
    made = await store.ensure_collection("tenant", Collection("docs", 3))
    await store.upsert("tenant", "docs", tagged(0, 10))
    if stop_at:
        execute(dsn, STOPPER.format(table=made.table_name, id=stop_at))
    table: str = made.table_name
    return table


# --- the server


@pytest.mark.parametrize("disaster", DISASTERS)
@pytest.mark.parametrize("verb", ["upsert", "load"])
async def test_a_server_killed_in_the_middle_of_a_batch_costs_no_error_when_it_is_back(
    open_store: Callable[..., Any],
    database: str,
    folder: Path,
    disaster: Callable[[Path, str, int], None],
    verb: str,
) -> None:
    async with closing(open_store(database, connection_timeout=PATIENCE)) as store:
        table = await stored_at(store, database, stop_at="0002-01500")
        items = [*tagged(1, SEVERAL), *tagged(2, SEVERAL)]
        with holding(database, "SELECT pg_advisory_lock(7)"):
            if verb == "upsert":
                call = store.upsert("tenant", "docs", items, batch_size=SEVERAL)
            else:
                call = store.load("tenant", "docs", items)
            writing = start(store, call)
            await strike(disaster, folder, database)
        assert await writing == 2 * SEVERAL
        assert whole_batches(database, table) == [0, 1, 2]
        await check_aftermath(store, database, "tenant")


async def test_a_server_killed_amid_a_write_of_one_statement_leaves_the_outcome_unknown(
    open_store: Callable[..., Any], database: str, folder: Path
) -> None:
    async with closing(open_store(database, connection_timeout=PATIENCE)) as store:
        table = await stored_at(store, database, stop_at="0001-00005")
        with holding(database, "SELECT pg_advisory_lock(7)"):
            writing = start(store, store.upsert("tenant", "docs", tagged(1, 10)))
            await strike(kill_postmaster, folder, database)
        with pytest.raises(OutcomeUnknownError):
            await writing
        assert whole_batches(database, table) == [0]
        assert await store.upsert("tenant", "docs", tagged(1, 10)) == 10
        assert whole_batches(database, table) == [0, 1]
        await check_aftermath(store, database, "tenant")


async def test_a_server_that_stays_away_is_told_with_what_was_stored_before(
    open_store: Callable[..., Any], database: str, folder: Path
) -> None:
    async with closing(open_store(database, connection_timeout=1)) as store:
        table = await stored_at(store, database)
        items = [item for batch in range(1, 4) for item in tagged(batch, SEVERAL)]

        def kill_after_two(written: int) -> None:
            if written == 2 * SEVERAL:
                kill_server(folder)

        try:
            with pytest.raises((ConnectionFailedError, OutcomeUnknownError)) as caught:
                await store.upsert(
                    "tenant", "docs", items, batch_size=SEVERAL, progress=kill_after_two
                )
        finally:
            embedded.start(folder)
        assert caught.value.written == 2 * SEVERAL
        assert whole_batches(database, table) == [0, 1, 2]
        await check_aftermath(store, database, "tenant")


@pytest.mark.parametrize("disaster", DISASTERS)
async def test_an_index_whose_build_a_killed_server_ended_is_swept_by_the_next_build(
    open_store: Callable[..., Any],
    database: str,
    folder: Path,
    disaster: Callable[[Path, str, int], None],
) -> None:
    async with closing(open_store(database, connection_timeout=PATIENCE)) as store:
        table = await stored_at(store, database)
        with holding(database, f"LOCK TABLE {table} IN ROW EXCLUSIVE MODE"):
            building = start(store, store.create_index("tenant", "docs", Hnsw()))
            await strike(disaster, folder, database)
        with pytest.raises(ConnectionFailedError):
            await building
        assert len(invalid_indexes(database)) == 1
        assert len(await store.search("tenant", "docs", [1, 1, 1], limit=5)) == 5
        await store.create_index("tenant", "docs", Hnsw())
        assert (await store.describe_collection("tenant", "docs")).index == Hnsw()
        await check_aftermath(store, database, "tenant")


@pytest.mark.parametrize("disaster", DISASTERS)
async def test_a_registry_whose_making_a_killed_server_ended_is_made_by_the_next_call(
    open_store: Callable[..., Any],
    database: str,
    folder: Path,
    disaster: Callable[[Path, str, int], None],
) -> None:
    execute(database, "CREATE SCHEMA pgrecall")
    async with closing(open_store(database, connection_timeout=PATIENCE)) as store:
        # the registry itself is made by then, in the same transaction
        with holding(database, "CREATE TABLE pgrecall.schema_version ()"):
            opening = start(store, store.list_collections("tenant"))
            await strike(disaster, folder, database)
        with pytest.raises(ConnectionFailedError):
            await opening
        assert execute(database, "SELECT FROM pg_class WHERE relname = 'collections'") == []
        await stored_at(store, database)
        await check_aftermath(store, database, "tenant")


@pytest.mark.parametrize("disaster", DISASTERS)
async def test_a_migration_that_a_killed_server_ended_leaves_the_old_registry_for_the_next_call(
    open_store: Callable[..., Any],
    database: str,
    folder: Path,
    disaster: Callable[[Path, str, int], None],
) -> None:
    make_old_registry(database)
    async with closing(open_store(database, connection_timeout=PATIENCE)) as store:
        with holding(database, "CREATE TABLE pgrecall.records ()"):
            opening = start(store, store.list_collections("tenant"))
            await strike(disaster, folder, database)
        with pytest.raises(ConnectionFailedError):
            await opening
        assert (versions(database), tables_of_version_two(database)) == ([1], [])
        assert await store.count("tenant", "docs") == 10
        assert (versions(database), len(tables_of_version_two(database))) == ([1, 2], 2)
        await check_aftermath(store, database, "tenant")


@pytest.mark.parametrize("disaster", DISASTERS)
async def test_a_migration_of_version_2_that_a_killed_server_ended_leaves_it_for_the_next_call(
    open_store: Callable[..., Any],
    database: str,
    folder: Path,
    disaster: Callable[[Path, str, int], None],
) -> None:
    restore(database, 2)
    async with closing(open_store(database, connection_timeout=PATIENCE)) as store:
        with holding(database, "CREATE TABLE pgrecall.log ()"):
            opening = start(store, store.list_collections(TENANT))
            await strike(disaster, folder, database)
        with pytest.raises(ConnectionFailedError):
            await opening
        assert (version_of(database), versions(database)) == (2, [2])
        assert await store.count(TENANT, "docs") == 24
        assert (version_of(database), versions(database)) == (NEWEST, [2])
        await check_aftermath(store, database, TENANT)


def test_a_migration_of_version_2_whose_client_was_killed_is_made_by_the_next_one(
    kill_client: Callable[..., None], database: str
) -> None:
    restore(database, 2)
    kill_client(database, "open", "CREATE TABLE pgrecall.log ()")
    assert version_of(database) == 2
    with Store(database) as store:
        assert store.count(TENANT, "docs") == 24
    assert version_of(database) == NEWEST


def make_old_registry(dsn: str) -> None:
    """Leave a registry of the first version, with one collection of ten items."""
    with Store(dsn) as store:
        store.ensure_collection("tenant", Collection("docs", 3))
        store.upsert("tenant", "docs", tagged(0, 10))
    execute(dsn, *OLD_REGISTRY)


def versions(dsn: str) -> list[int]:
    rows = execute(dsn, "SELECT version FROM pgrecall.schema_version ORDER BY version")
    return [version for (version,) in rows]


def tables_of_version_two(dsn: str) -> list[str]:
    rows = execute(dsn, "SELECT relname FROM pg_class WHERE relname IN ('entries', 'records')")
    return [name for (name,) in rows]


# --- the client

CLIENT = """
import asyncio, sys
from pgrecall import AsyncStore, Collection, Hnsw, Store

shell, dsn, verb = sys.argv[1:]
CALLS = {
    "create_index": lambda store: store.create_index("tenant", "docs", Hnsw()),
    "ensure_collection": lambda store: store.ensure_collection("tenant", Collection("new", 3)),
    "drop_collection": lambda store: store.drop_collection("tenant", "docs"),
    "open": lambda store: store.list_collections("tenant"),
}

async def main():
    async with AsyncStore(dsn) as store:
        await CALLS[verb](store)

if shell == "async":
    asyncio.run(main())
else:
    CALLS[verb](Store(dsn))
"""


@pytest.fixture(params=["sync", "async"])
def kill_client(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Kill a process that calls a verb, there where it waits for what some statements lock."""

    def kill(dsn: str, verb: str, *statements: str) -> None:
        named = make_conninfo(dsn, application_name="victim")
        command = [sys.executable, "-c", CLIENT, request.param, named, verb]
        with holding(dsn, *statements), subprocess.Popen(command) as process:
            wait_for(dsn, "EXISTS", "application_name = 'victim' AND wait_event_type = 'Lock'")
            process.kill()
        # the server ends a statement that it has whole, though nobody waits for the answer
        wait_for(dsn, "NOT EXISTS", "application_name = 'victim'")

    return kill


def wait_for(dsn: str, there: str, sessions: str) -> None:
    """Wait until there are, or are no, sessions such as these."""
    query = f"SELECT {there} (SELECT FROM pg_stat_activity WHERE {sessions})"
    deadline = time.monotonic() + PATIENCE
    while execute(dsn, query) != [(True,)]:
        assert time.monotonic() < deadline, f"never true: {query}"
        time.sleep(0.02)


async def test_an_index_that_a_killed_client_did_not_put_in_place_is_swept_by_the_next_build(
    kill_client: Callable[..., None], database: str
) -> None:
    with Store(database) as made:
        made.ensure_collection("tenant", Collection("docs", 3))
        made.upsert("tenant", "docs", tagged(0, 10))
        table = made.ensure_collection("tenant", Collection("docs", 3)).table_name
        kill_client(database, "create_index", f"LOCK TABLE {table} IN ROW EXCLUSIVE MODE")

        assert len(indexes_like(database, "%_ann%")) == 1
        assert len(made.search("tenant", "docs", [1, 1, 1], limit=5)) == 5
        made.create_index("tenant", "docs", Hnsw())
        [name] = indexes_like(database, "%_ann%")
        assert not name.endswith("_new")
        assert invalid_indexes(database) == []


def indexes_like(dsn: str, pattern: str) -> list[str]:
    rows = execute(
        dsn, f"SELECT relname::text FROM pg_class WHERE relkind = 'i' AND relname LIKE '{pattern}'"
    )
    return [name for (name,) in rows]


async def test_a_collection_whose_creator_was_killed_is_not_there_and_can_be_made(
    kill_client: Callable[..., None], database: str
) -> None:
    with Store(database) as store:
        store.list_collections("tenant")
        # its table is made by then, its indexes are not
        kill_client(database, "ensure_collection", "LOCK TABLE pg_catalog.pg_index IN SHARE MODE")
        assert store.list_collections("tenant") == []
        assert execute(database, "SELECT FROM pg_class WHERE relname LIKE 'items%'") == []
        store.ensure_collection("tenant", Collection("new", 3))
        assert store.upsert("tenant", "new", tagged(0, 10)) == 10


async def test_a_collection_whose_dropper_was_killed_is_there_whole(
    kill_client: Callable[..., None], database: str
) -> None:
    with Store(database) as store:
        table = store.ensure_collection("tenant", Collection("docs", 3)).table_name
        store.upsert("tenant", "docs", tagged(0, 10))
        kill_client(database, "drop_collection", f"LOCK TABLE {table} IN ROW EXCLUSIVE MODE")
        assert store.count("tenant", "docs") == 10
        assert store.drop_collection("tenant", "docs") == 10


@pytest.mark.parametrize("old", [False, True])
async def test_a_registry_whose_maker_or_migrator_was_killed_is_made_by_the_next_client(
    kill_client: Callable[..., None], database: str, old: bool
) -> None:
    if old:
        make_old_registry(database)
        kill_client(database, "open", "CREATE TABLE pgrecall.records ()")
        assert (versions(database), tables_of_version_two(database)) == ([1], [])
    else:
        execute(database, "CREATE SCHEMA pgrecall")
        kill_client(database, "open", "CREATE TABLE pgrecall.schema_version ()")
        assert execute(database, "SELECT FROM pg_class WHERE relname = 'collections'") == []
    with Store(database) as store:
        store.ensure_collection("tenant", Collection("docs", 3))
        assert store.upsert("tenant", "docs", tagged(1, 10)) == 10
        assert versions(database)[-1] == 2
