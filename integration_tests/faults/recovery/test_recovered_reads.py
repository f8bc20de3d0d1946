"""Reads live through lost connections and restarted servers."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from integration_tests.shared.faults import closing, fill, make_items, own_folder, start, until
from integration_tests.shared.proxy import proxy_to
from psycopg import sql

from pgrecall import ConnectionFailedError, embedded

if TYPE_CHECKING:
    from collections.abc import Callable

from integration_tests.faults.recovery.losses import (
    blocked,
    check_pool,
    connect_several,
    filled,
    kill_and_start,
    restart,
    terminate,
)


@pytest.mark.parametrize("disaster", [restart, kill_and_start])
async def test_a_restarted_server_costs_reads_no_error(
    open_store: Callable[..., Any], database: str, folder: Path, disaster: Callable[[Path], None]
) -> None:
    async with filled(open_store(database)) as store:
        await connect_several(store, database)
        disaster(folder)
        assert await store.count("tenant", "docs") == 3
        assert len(await store.search("tenant", "docs", [1, 1, 0.5])) == 3
        assert len(await store.get("tenant", "docs", ["id-00001"])) == 1


async def test_many_readers_at_once_live_through_a_restart(
    open_store: Callable[..., Any], database: str, folder: Path
) -> None:
    async with filled(open_store(database)) as store:
        await connect_several(store, database)
        restart(folder)
        calls = [start(store, store.count("tenant", "docs")) for _ in range(12)]
        assert await asyncio.gather(*calls) == [3] * 12


async def test_terminated_connections_cost_reads_no_error(
    open_store: Callable[..., Any], database: str
) -> None:
    async with filled(open_store(database)) as store:
        for _ in range(3):
            await connect_several(store, database)
            assert terminate(database) >= 6
            assert await store.count("tenant", "docs") == 3


async def test_a_read_whose_connection_dies_under_it_runs_again(
    open_store: Callable[..., Any], database: str
) -> None:
    async with filled(open_store(database)) as store:
        table = (await store.describe_collection("tenant", "docs")).table_name
        with psycopg.connect(database) as other:
            other.execute(sql.SQL(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"))
            reading = start(store, store.count("tenant", "docs"))
            for _ in range(3):
                terminate(database, await until(lambda: blocked(database)))
        assert await reading == 3


async def test_a_read_that_dies_each_time_is_told(
    open_store: Callable[..., Any], database: str
) -> None:
    async with filled(open_store(database)) as store:
        with proxy_to(database) as proxy:
            async with closing(open_store(proxy.dsn)) as through:
                assert await through.count("tenant", "docs") == 3
                rule = proxy.cut_before(b"count(*)", times=1_000)
                with pytest.raises(
                    ConnectionFailedError, match="connection to the server was lost"
                ):
                    await through.count("tenant", "docs")
                assert rule.left > 900
                rule.left = 0
                assert await through.count("tenant", "docs") == 3
                await check_pool(through)
        assert await store.count("tenant", "docs") == 3


async def test_a_server_that_takes_connections_and_drops_them_is_told(
    open_store: Callable[..., Any], database: str
) -> None:
    with proxy_to(database) as proxy:
        async with closing(open_store(proxy.dsn, connection_timeout=2)) as store:
            await fill(store, "tenant")
            # a pooler in trouble does so: it lets clients in, and drops each at its first query
            rule = proxy.cut_before(b"pg_backend_pid", times=200)
            terminate(database)
            with pytest.raises(ConnectionFailedError):
                await store.count("tenant", "docs")
            assert rule.left > 150


async def test_a_server_that_is_gone_is_told_and_found_again(
    open_store: Callable[..., Any], database: str, folder: Path
) -> None:
    store = open_store(database, connection_timeout=0.5)
    async with closing(store):
        await fill(store, "tenant")
        embedded.stop(folder)
        try:
            # long enough for the pool to try ever more seldom
            for _ in range(2):
                with pytest.raises(ConnectionFailedError, match="cannot reach"):
                    await store.count("tenant", "docs")
                with pytest.raises(ConnectionFailedError, match="cannot reach"):
                    await store.upsert("tenant", "docs", make_items(4))
        finally:
            embedded.start(folder)
        assert await store.count("tenant", "docs") == 3
        assert await store.upsert("tenant", "docs", make_items(4)) == 4


async def test_an_embedded_server_with_a_long_path_is_found_again(
    open_store: Callable[..., Any],
) -> None:
    with own_folder() as short:
        # its socket does not fit in the folder, and is elsewhere after each start
        folder = short.parent / ("long" * 25) / "data"
        async with closing(open_store(f"embedded:{folder}", connection_timeout=1)) as store:
            try:
                await fill(store, "tenant")
                restart(folder)
                assert await store.count("tenant", "docs") == 3
            finally:
                embedded.stop(folder)
