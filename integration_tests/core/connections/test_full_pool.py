"""More callers than connections: never one too many, in order, and each is served or told."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from integration_tests.shared.faults import (
    PATIENCE,
    blocked,
    closing,
    execute,
    fill,
    is_async,
    start,
    until,
)
from integration_tests.shared.full_pools import limited, sessions_of, told, watched
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from pgrecall import AsyncStore, Collection, Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SIZE = 4
"""Connections of a pool here at most."""


@pytest.fixture(autouse=True)
async def many_threads() -> None:
    """Let as many sync calls wait at once as a test begins."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(64))


@pytest.fixture
async def table(dsn: str, tenant: str) -> str:
    async with AsyncStore(dsn) as store:
        return await fill(store, tenant)


@pytest.fixture
def role_dsn(dsn: str, table: str) -> str:
    return limited(dsn, SIZE)


@contextmanager
def locked(dsn: str, table: str) -> Iterator[None]:
    """Let every call that reads a table wait in the server."""
    with psycopg.connect(dsn) as other:
        other.execute(sql.SQL(f"LOCK TABLE {table}"))
        yield


async def gathered(store: AsyncStore, tenant: str, count: int) -> list[Any]:
    calls = [store.count(tenant, "docs") for _ in range(count)]
    return await asyncio.gather(*calls, return_exceptions=True)


async def works_whole(store: Any, dsn: str, table: str, tenant: str) -> None:
    """Fail unless every slot of the pool can still be used at once, and no call waits."""
    with locked(dsn, table):
        calls = [start(store, store.count(tenant, "docs")) for _ in range(SIZE)]
        await until(lambda: len(blocked(dsn)) == SIZE)
    assert await asyncio.gather(*calls) == [3] * SIZE
    counted = await statistics(store)
    assert (counted.connections, counted.idle, counted.waiting) == (SIZE, SIZE, 0)


async def statistics(store: Any) -> Any:
    return store.pool_statistics() if is_async(store) else await store.pool_statistics()


async def until_waiting(store: Any, count: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while (await statistics(store)).waiting != count:  # noqa: ASYNC110  # no event tells it
            await asyncio.sleep(0.001)


async def test_of_two_thousand_reads_at_once_each_is_right_or_told_that_the_pool_is_full(
    dsn: str, role_dsn: str, table: str, tenant: str
) -> None:
    async with AsyncStore(role_dsn, max_connections=SIZE, connection_timeout=0.5) as store:
        # a busy loop can keep a first attempt to connect from its turn, which is told as that
        await gathered(store, tenant, 1)
        with watched(dsn, role_dsn) as most:
            counts = told(await gathered(store, tenant, 2_000))
        assert set(counts) <= {"right", "full"}
        assert counts["right"]  # on a slow machine not once a connection
        assert most[0] <= SIZE
        await works_whole(store, dsn, table, tenant)


async def test_of_two_hundred_threads_each_is_right_or_told_that_the_pool_is_full(
    dsn: str, role_dsn: str, table: str, tenant: str
) -> None:
    with Store(role_dsn, max_connections=SIZE, connection_timeout=0.5) as store:

        def ask(_: int) -> Any:
            try:
                return store.count(tenant, "docs")
            except Exception as error:  # noqa: BLE001  # counted by what it says
                return error

        with watched(dsn, role_dsn) as most, ThreadPoolExecutor(200) as threads:
            counts = told(list(await asyncio.to_thread(lambda: [*threads.map(ask, range(1_000))])))
        assert set(counts) <= {"right", "full"}
        assert counts["right"]  # on a slow machine not once a connection
        assert most[0] <= SIZE


async def test_who_waits_behind_a_slow_server_is_told_that_the_pool_is_full(
    open_store: Callable[..., Any], dsn: str, role_dsn: str, table: str, tenant: str
) -> None:
    # a second is enough for the other connections to be made, also on a busy machine
    store = open_store(role_dsn, max_connections=SIZE, connection_timeout=1.0)
    async with closing(store):
        await store.list_collections(tenant)
        with locked(dsn, table), watched(dsn, role_dsn) as most:
            calls = [start(store, store.count(tenant, "docs")) for _ in range(40)]
            await until(lambda: sum(call.done() for call in calls) == 40 - SIZE)
        counts = told(await asyncio.gather(*calls, return_exceptions=True))
        assert counts == {"right": SIZE, "full": 40 - SIZE}
        assert most[0] == SIZE
        await works_whole(store, dsn, table, tenant)


async def test_callers_are_served_in_the_order_in_which_they_came(
    open_store: Callable[..., Any], dsn: str, table: str, tenant: str
) -> None:
    store = open_store(dsn, max_connections=1, connection_timeout=PATIENCE)
    served: list[int] = []
    async with closing(store):

        async def call(number: int) -> None:
            await store.count(tenant, "docs")
            served.append(number)

        with locked(dsn, table):
            calls = []
            for number in range(20):
                calls.append(start(store, call(number)))
                # the first has the connection, each other one waits
                await until(lambda: blocked(dsn))
                await until_waiting(store, number)
        await asyncio.gather(*calls)
    assert served == list(range(20))


async def test_who_comes_again_and_again_never_overtakes_who_waits(
    dsn: str, table: str, tenant: str
) -> None:
    served: list[int] = []
    async with AsyncStore(dsn, max_connections=1, connection_timeout=PATIENCE) as store:

        async def keep_calling(number: int) -> None:
            for _ in range(20):
                await store.count(tenant, "docs")
                served.append(number)

        await asyncio.gather(*(keep_calling(number) for number in range(5)))
    rounds = {tuple(served[first : first + 5]) for first in range(0, 100, 5)}
    assert rounds == {tuple(served[:5])}


@pytest.mark.parametrize("least", [1, 3])
async def test_a_pool_holds_its_least_connections_after_the_first_call_and_no_more(
    open_store: Callable[..., Any], dsn: str, table: str, tenant: str, least: int
) -> None:
    role_dsn = limited(dsn, 10)
    store = open_store(role_dsn, min_connections=least, max_connections=10)
    async with closing(store):
        with watched(dsn, role_dsn) as most:
            assert await store.count(tenant, "docs") == 3
            for _ in range(20):
                await store.count(tenant, "docs")
            # an async pool begins with one and opens others when they are needed
            await until(lambda: is_async(store) or sessions_of(dsn, role_dsn) == least)
            for _ in range(20):
                await store.count(tenant, "docs")
        assert most[0] <= least
        assert (await statistics(store)).connections == sessions_of(dsn, role_dsn)


async def test_a_server_that_grants_fewer_than_the_least_is_not_waited_for(
    open_store: Callable[..., Any], dsn: str, table: str, tenant: str
) -> None:
    store = open_store(limited(dsn, 1), min_connections=3, connection_timeout=2 * PATIENCE)
    async with closing(store):
        started = time.monotonic()
        assert await store.count(tenant, "docs") == 3
        assert time.monotonic() - started < PATIENCE


async def test_one_session_is_enough_from_the_first_call_to_the_last(
    open_store: Callable[..., Any], fresh_dsn: str
) -> None:
    execute(fresh_dsn, "CREATE EXTENSION vector")
    role_dsn = limited(fresh_dsn, 1)
    database, role = (conninfo_to_dict(role_dsn)[part] for part in ("dbname", "user"))
    execute(fresh_dsn, f"GRANT CREATE ON DATABASE {database} TO {role}")
    async with closing(open_store(role_dsn, max_connections=1)) as store:
        # schema, registry, table and index are made in it too
        await store.ensure_collection("tenant", Collection("docs", 3))
        await fill(store, "tenant")
        assert await store.count("tenant", "docs") == 3
        assert [match.id for match in await store.search("tenant", "docs", [1, 1, 0.5], limit=1)]


async def test_no_slot_is_lost_where_a_connection_comes_as_its_caller_gives_up(
    dsn: str, role_dsn: str, table: str, tenant: str
) -> None:
    store = AsyncStore(role_dsn, max_connections=SIZE, connection_timeout=0.02)
    async with store:
        await until_right(store, tenant)
        for _ in range(10):
            assert set(told(await gathered(store, tenant, 60))) <= {"right", "full"}
    async with AsyncStore(role_dsn, max_connections=SIZE) as store:
        await until(lambda: sessions_of(dsn, role_dsn) == 0)
        await works_whole(store, dsn, table, tenant)


async def until_right(store: AsyncStore, tenant: str) -> None:
    while told([*await gathered(store, tenant, 1)]) != {"right": 1}:
        pass


async def test_a_pool_whose_sessions_were_ended_recovers_within_its_maximum(
    open_store: Callable[..., Any], dsn: str, role_dsn: str, table: str, tenant: str
) -> None:
    store = open_store(role_dsn, max_connections=SIZE, connection_timeout=PATIENCE)
    async with closing(store):
        await works_whole(store, dsn, table, tenant)
        execute(
            dsn,
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
            f" WHERE application_name = '{conninfo_to_dict(role_dsn)['application_name']}'",
        )
        calls = [start(store, store.count(tenant, "docs")) for _ in range(40)]
        assert told(await asyncio.gather(*calls, return_exceptions=True)) == {"right": 40}
        await works_whole(store, dsn, table, tenant)
