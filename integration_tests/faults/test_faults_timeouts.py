"""Timeouts that an administrator set on a database: told, nothing half-stored, and work goes on."""

from __future__ import annotations

import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from integration_tests.shared.databases import ready_database
from integration_tests.shared.faults import (
    OURS,
    check_aftermath,
    closing,
    execute,
    invalid_indexes,
    own_folder,
    start,
    start_own,
    tagged,
    until,
    whole_batches,
)
from psycopg import sql

from pgrecall import (
    Collection,
    ConnectionFailedError,
    DatabaseError,
    Hnsw,
    Item,
    OutcomeUnknownError,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

SEVERAL = 2_500
"""Items that one batch writes in several statements, so in a transaction of its own."""

VERBS: dict[str, Callable[[Any], Any]] = {
    "upsert of few": lambda store: store.upsert("tenant", "docs", tagged(1, 3)),
    "upsert of several": lambda store: store.upsert("tenant", "docs", tagged(1, SEVERAL)),
    "load": lambda store: store.load("tenant", "docs", tagged(1, SEVERAL)),
    "delete": lambda store: store.delete("tenant", "docs", ["0000-00001"]),
    "delete_where": lambda store: store.delete_where("tenant", "docs", {"batch": 0}),
    "drop_collection": lambda store: store.drop_collection("tenant", "docs"),
    "search": lambda store: store.search("tenant", "docs", [1, 1, 1]),
    "search_hybrid": lambda store: store.search_hybrid("tenant", "docs", [1, 1, 1], "text"),
}
WRITES_OF_ONE_STATEMENT = {"upsert of few", "delete", "delete_where"}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A server of these tests' own, which need not wait for its disk."""
    with own_folder() as folder:
        yield start_own(folder)


@asynccontextmanager
async def limited(
    open_store: Callable[..., Any], server: str, **limits: str
) -> AsyncIterator[tuple[Any, str, str]]:
    """A store of one connection on a database with limits, its DSN, and a table of one batch."""
    dsn = ready_database(server)
    async with closing(open_store(dsn)) as owner:
        made = await owner.ensure_collection("tenant", Collection("docs", 3))
        await owner.upsert("tenant", "docs", tagged(0, 10))
    for limit, value in limits.items():
        execute(dsn, f"ALTER DATABASE {_name(dsn)} SET {limit} = '{value}'")
    async with closing(open_store(dsn, min_connections=0, max_connections=1)) as store:
        assert await store.count("tenant", "docs") == 10
        # the owner's sessions leave a moment after they are closed
        await until(lambda: len(sessions(dsn)) == 1)
        yield store, dsn, made.table_name


def sessions(dsn: str) -> list[tuple[Any, ...]]:
    return execute(dsn, OURS + " AND application_name = 'pgrecall'")


@pytest.mark.one_in(2)
@pytest.mark.parametrize("limit", ["statement", "lock"])
@pytest.mark.parametrize("verb", VERBS)
async def test_a_call_that_waits_too_long_is_told_and_its_connection_goes_on(
    open_store: Callable[..., Any], server: str, limit: str, verb: str
) -> None:
    limits = {f"{limit}_timeout": "300ms"}
    async with limited(open_store, server, **limits) as (store, dsn, table):
        [session] = sessions(dsn)
        with psycopg.connect(dsn) as other:
            other.execute(sql.SQL(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"))
            with pytest.raises(DatabaseError, match=f"{limit} timeout"):
                await start(store, VERBS[verb](store))
        assert sessions(dsn) == [session]
        assert whole_batches(dsn, table) == [0]
        await check_aftermath(store, dsn, "tenant")


# a role's statement_timeout is lifted for a build: test_any_server.py
@pytest.mark.parametrize("limit", ["lock"])
async def test_an_index_build_that_waits_too_long_is_told_and_swept_by_the_next_build(
    open_store: Callable[..., Any], server: str, limit: str
) -> None:
    limits = {f"{limit}_timeout": "300ms"}
    async with limited(open_store, server, **limits) as (store, dsn, table):
        with psycopg.connect(dsn) as other:
            other.execute(sql.SQL(f"LOCK TABLE {table} IN ROW EXCLUSIVE MODE"))
            with pytest.raises(DatabaseError, match=f"{limit} timeout"):
                await start(store, store.create_index("tenant", "docs", Hnsw()))
        # a session that was set up for a build ends with it
        await until(lambda: len(sessions(dsn)) == 1)
        # dropping it would have waited for the same lock
        assert len(invalid_indexes(dsn)) == 1
        await store.create_index("tenant", "docs", Hnsw())
        assert (await store.describe_collection("tenant", "docs")).index == Hnsw()
        await check_aftermath(store, dsn, "tenant")


@pytest.mark.parametrize("verb", ["upsert", "load"])
async def test_an_iterable_slower_than_the_server_waits_for_costs_no_error(
    open_store: Callable[..., Any], server: str, verb: str
) -> None:
    limits = {"idle_in_transaction_session_timeout": "300ms"}
    if _version(server) >= 170_000:
        limits["transaction_timeout"] = "4s"

    def slow() -> Iterator[Item]:
        # the second batch is read while the first is written
        yield from tagged(1, 5_000)
        time.sleep(4.5)
        yield from tagged(2, 10)

    async with limited(open_store, server, **limits) as (store, dsn, table):
        assert await start(store, getattr(store, verb)("tenant", "docs", slow())) == 5_010
        assert whole_batches(dsn, table) == [0, 1, 2]
        await check_aftermath(store, dsn, "tenant")


@pytest.mark.parametrize("verb", ["upsert of few", "upsert of several", "load", "search"])
async def test_a_transaction_that_takes_too_long_is_told_and_nothing_of_it_is_stored(
    open_store: Callable[..., Any], server: str, verb: str
) -> None:
    if _version(server) < 170_000:
        pytest.skip("transaction_timeout came with PostgreSQL 17")
    # the server ends the whole session; it cannot say whether a commit had begun
    told = OutcomeUnknownError if verb in WRITES_OF_ONE_STATEMENT else ConnectionFailedError
    async with limited(open_store, server, transaction_timeout="300ms") as (store, dsn, table):
        with psycopg.connect(dsn) as other:
            # of the session that waits for the store
            other.execute("SET transaction_timeout = 0")
            other.execute(sql.SQL(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"))
            with pytest.raises(told) as caught:
                await start(store, VERBS[verb](store))
        assert isinstance(caught.value.__cause__, psycopg.errors.TransactionTimeout)
        assert whole_batches(dsn, table) == [0]
        execute(dsn, f"ALTER DATABASE {_name(dsn)} RESET ALL")
        await check_aftermath(store, dsn, "tenant")


async def test_sessions_that_the_server_ends_for_being_idle_cost_no_error(
    open_store: Callable[..., Any], server: str
) -> None:
    limits = {"idle_session_timeout": "300ms"}
    async with limited(open_store, server, **limits) as (store, dsn, table):
        for batch in (1, 2):
            await until(lambda: not sessions(dsn))
            assert await store.upsert("tenant", "docs", tagged(batch, SEVERAL)) == SEVERAL
            await until(lambda: not sessions(dsn))
            assert len(await store.search("tenant", "docs", [1, 1, 1])) == 10
        assert whole_batches(dsn, table) == [0, 1, 2]
        await check_aftermath(store, dsn, "tenant")


def _name(dsn: str) -> str:
    name = psycopg.conninfo.conninfo_to_dict(dsn)["dbname"]
    assert isinstance(name, str)
    return name


def _version(dsn: str) -> int:
    [(version,)] = execute(dsn, "SELECT current_setting('server_version_num')::int")
    assert isinstance(version, int)
    return version
