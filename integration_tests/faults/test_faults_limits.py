"""A full pool, and a server that takes no more connections."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from integration_tests.shared.faults import (
    blocked,
    check_aftermath,
    closing,
    execute,
    new_database,
    own_folder,
    start,
    start_own,
    tagged,
    until,
    whole_batches,
)
from psycopg import sql

from pgrecall import Collection, ConnectionFailedError, embedded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PLACES = 12
"""Connections that the server takes."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A server of these tests' own that takes few connections."""
    with own_folder() as folder:
        dsn = start_own(folder)
        execute(
            dsn,
            f"ALTER SYSTEM SET max_connections = {PLACES}",
            "ALTER SYSTEM SET superuser_reserved_connections = 0",
            "ALTER SYSTEM SET max_wal_senders = 0",
        )
        embedded.stop(folder)
        yield embedded.start(folder)


@pytest.fixture
def database(server: str) -> str:
    return new_database(server)


@contextmanager
def taking_every_place(dsn: str) -> Iterator[None]:
    """Let others have every connection that is left."""
    with ExitStack() as others:
        with pytest.raises(psycopg.OperationalError, match="too many clients"):
            connect_often(others, dsn)
        yield


def connect_often(others: ExitStack, dsn: str) -> None:
    for _ in range(PLACES + 1):
        others.enter_context(psycopg.connect(dsn))


async def settled(dsn: str) -> None:
    """Wait until the sessions that have ended are gone from the server."""

    def is_settled() -> bool:
        try:
            return bool(execute(dsn, "SELECT 1"))
        except psycopg.OperationalError:
            return False

    await until(is_settled)


async def test_a_server_without_a_place_is_told_and_found_when_there_is_one(
    open_store: Callable[..., Any], database: str
) -> None:
    async with closing(open_store(database, connection_timeout=0.5)) as store:
        with (
            taking_every_place(database),
            pytest.raises(ConnectionFailedError, match="too many clients"),
        ):
            await store.list_collections("tenant")
        await settled(database)
        await store.ensure_collection("tenant", Collection("docs", 3))
        await check_aftermath(store, database, "tenant")


async def test_calls_go_on_with_the_connections_that_a_full_server_gave_before(
    open_store: Callable[..., Any], database: str
) -> None:
    store = open_store(database, min_connections=1, max_connections=4, connection_timeout=20)
    async with closing(store):
        made = await store.ensure_collection("tenant", Collection("docs", 3))
        with taking_every_place(database):
            writes = [
                start(store, store.upsert("tenant", "docs", tagged(batch, 10)))
                for batch in range(12)
            ]
            assert await asyncio.gather(*writes) == [10] * 12
        await settled(database)
        assert whole_batches(database, made.table_name) == list(range(12))
        await check_aftermath(store, database, "tenant")


async def test_of_more_callers_than_a_pool_has_connections_each_is_served_or_told(
    open_store: Callable[..., Any], database: str
) -> None:
    store = open_store(database, min_connections=0, max_connections=2, connection_timeout=1)
    async with closing(store):
        made = await store.ensure_collection("tenant", Collection("docs", 3))
        with psycopg.connect(database) as other:
            other.execute(sql.SQL(f"LOCK TABLE {made.table_name} IN SHARE MODE"))
            writes = [
                start(store, store.upsert("tenant", "docs", tagged(batch, 10)))
                for batch in range(6)
            ]
            await until(lambda: len(blocked(database)) == 2)
            await until(lambda: sum(write.done() for write in writes) == 4)
        done = await asyncio.gather(*writes, return_exceptions=True)
        told = [each for each in done if isinstance(each, ConnectionFailedError)]
        assert [each for each in done if each not in told] == [10, 10]
        assert {"all 2 of the pool are in use" in str(each) for each in told} == {True}
        stored = [batch for batch, each in enumerate(done) if each == 10]
        assert whole_batches(database, made.table_name) == stored
        await check_aftermath(store, database, "tenant")
