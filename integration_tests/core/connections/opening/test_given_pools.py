"""A pool of the caller's own is left as it was."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from integration_tests.shared.faults import closing, execute, is_async, use_every_verb
from pgvector.psycopg import register_vector, register_vector_async
from psycopg.pq import TransactionStatus
from psycopg.rows import dict_row
from psycopg.types.json import set_json_loads
from psycopg_pool import (
    AsyncConnectionPool,
    AsyncNullConnectionPool,
    ConnectionPool,
    NullConnectionPool,
)

from pgrecall import (
    Collection,
    CollectionConflictError,
    ConnectionFailedError,
    InvalidArgumentError,
)
from pgrecall._pools import given
from pgrecall._pools.sessions import Known
from pgrecall._pools.slots import Lease

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    Opener = Callable[..., Any]
from integration_tests.core.connections.opening.telling import failure_of


@asynccontextmanager
async def pool_like(store: Any, dsn: str, **options: Any) -> AsyncIterator[Any]:
    """A pool of the kind that the store takes."""
    options = {"min_size": 1, "max_size": 4, **options}
    if is_async(store):
        async with AsyncConnectionPool(dsn, open=False, **options) as pool:
            yield pool
    else:
        with ConnectionPool(dsn, open=True, **options) as pool:
            yield pool


async def state_of(pool: Any) -> tuple[bool, bool, TransactionStatus]:
    """What the pool's next user gets: alive, autocommit, transaction."""
    if isinstance(pool, AsyncConnectionPool):
        async with pool.connection() as connection:
            return connection.closed, connection.autocommit, connection.info.transaction_status
    with pool.connection() as connection:
        return connection.closed, connection.autocommit, connection.info.transaction_status


@pytest.mark.parametrize("autocommit", [False, True])
async def test_a_pool_of_the_callers_own_is_left_as_it_was(
    open_store: Opener, database: str, autocommit: bool
) -> None:
    kind = open_store("host=x")
    options = {"max_size": 1, "kwargs": {"autocommit": autocommit}}
    async with pool_like(kind, database, **options) as pool:
        async with closing(open_store(pool=pool)) as store:
            await use_every_verb(store, "tenant")
            with pytest.raises(InvalidArgumentError, match="text_search"):
                await store.ensure_collection("tenant", Collection("d", 3, text_search="Klingon"))
            with pytest.raises(CollectionConflictError):
                await store.ensure_collection(
                    "tenant", Collection("d", 3, table_name="collections")
                )
        assert await state_of(pool) == (False, autocommit, TransactionStatus.IDLE)
        assert not pool.closed


async def register_vector_of(connection: Any) -> None:
    await register_vector_async(connection)


async def read_json_in_a_way_of_its_own_async(connection: Any) -> None:
    read_json_in_a_way_of_its_own(connection)


def read_json_in_a_way_of_its_own(connection: Any) -> None:
    set_json_loads(lambda data: ["not", "what", "was", "stored", json.loads(data)], connection)


async def test_a_pool_may_have_habits_of_its_own(open_store: Opener, database: str) -> None:
    kind = open_store("host=x")
    options = {
        "kwargs": {
            "row_factory": dict_row,
            "cursor_factory": psycopg.AsyncClientCursor if is_async(kind) else psycopg.ClientCursor,
            "prepare_threshold": 0,
        },
        "configure": read_json_in_a_way_of_its_own_async
        if is_async(kind)
        else read_json_in_a_way_of_its_own,
    }
    async with (
        pool_like(kind, database, **options) as pool,
        closing(open_store(pool=pool)) as store,
    ):
        await use_every_verb(store, "tenant")


async def test_a_pool_may_have_pgvectors_own_types_registered(
    open_store: Opener, database: str
) -> None:
    execute(database, "CREATE EXTENSION vector")
    kind = open_store("host=x")
    options = {
        "kwargs": {"autocommit": True},
        "configure": register_vector_of if is_async(kind) else register_vector,
    }
    async with (
        pool_like(kind, database, **options) as pool,
        closing(open_store(pool=pool)) as store,
    ):
        await use_every_verb(store, "tenant")


async def test_a_pool_may_keep_no_connection(open_store: Opener, database: str) -> None:
    if is_async(open_store("host=x")):
        async with AsyncNullConnectionPool(database, open=False) as pool:
            await use_every_verb(open_store(pool=pool), "tenant")
    else:
        with NullConnectionPool(database, open=True) as pool:
            await use_every_verb(open_store(pool=pool), "tenant")


async def test_a_pool_that_is_closed_is_told(open_store: Opener, database: str) -> None:
    async with pool_like(open_store("host=x"), database) as pool:
        store = open_store(pool=pool)
        await store.list_collections("tenant")

    with pytest.raises(ConnectionFailedError, match="pool is closed"):
        await store.list_collections("tenant")


async def test_a_pool_that_was_never_opened_is_told(open_store: Opener, database: str) -> None:
    kind = AsyncConnectionPool if is_async(open_store("host=x")) else ConnectionPool
    with pytest.raises(ConnectionFailedError, match="never opened"):
        await open_store(pool=kind(database, open=False)).list_collections("tenant")


async def test_a_pool_of_the_callers_own_that_is_full_is_told(
    open_store: Opener, database: str
) -> None:
    kind = open_store("host=x")
    async with pool_like(kind, database, max_size=1, timeout=0.3) as pool:
        store = open_store(pool=pool)
        await store.list_collections("tenant")
        taken = pool.getconn()
        connection = await taken if is_async(kind) else taken
        try:
            with pytest.raises(ConnectionFailedError, match="all 1 of the pool are in use"):
                await store.list_collections("tenant")
        finally:
            given_back = pool.putconn(connection)
            if is_async(kind):
                await given_back
        assert await store.list_collections("tenant") == []


async def test_a_pool_whose_server_is_gone_is_not_called_full(
    open_store: Opener, closed_port: int
) -> None:
    dsn = f"host=127.0.0.1 port={closed_port}"
    async with pool_like(open_store("host=x"), dsn, timeout=0.3) as pool:
        error = await failure_of(open_store(pool=pool), ConnectionFailedError)

    assert "reach" in str(error)


def test_a_pool_of_the_wrong_kind_is_refused(open_store: Opener) -> None:
    asks_for_async = is_async(open_store("host=x"))
    wrong: Any = ConnectionPool if asks_for_async else AsyncConnectionPool
    wanted = "AsyncConnectionPool" if asks_for_async else "ConnectionPool"
    for pool in (wrong("host=x", open=False), wrong, object(), "host=x"):
        with pytest.raises(
            InvalidArgumentError, match=f"pool must be a psycopg_pool.{wanted}, not"
        ):
            open_store(pool=pool)


class Left:
    """A call that was interrupted before it gave its connection back."""

    over = False

    def is_over(self) -> bool:
        return self.over

    def is_left_behind(self) -> bool:
        return self.over

    def done(self) -> None:
        pass


def test_what_a_call_left_is_given_back_once_by_calls_that_see_it_at_once(
    dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered, first, go_on = [], threading.Event(), threading.Event()

    def finish(connection: Any) -> None:
        entered.append(connection)
        if len(entered) == 1:
            first.set()
            go_on.wait(60)
        go_on.set()
        connection.close()

    with ConnectionPool(dsn, min_size=1, max_size=3) as pool, ThreadPoolExecutor(1) as another:
        shared = given.GivenPool(pool, Known())
        left, one, two = Lease(Left()), Lease(Left()), Lease(Left())
        shared.take(left)
        left.owner.over = True
        monkeypatch.setattr(given, "finish", finish)
        taking = another.submit(shared.take, one)
        assert first.wait(60)
        shared.take(two)
        go_on.set()
        taking.result()
        assert len(entered) == 1
        shared.give(one)
        shared.give(two)
        assert (left.connection, shared._lent) == (None, {})
