"""What is dropped under a caller: a collection in a long call, a session's prepared statements."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from integration_tests.shared.faults import (
    blocked,
    closing,
    execute,
    is_async,
    start,
    tagged,
    until,
)
from psycopg import sql

from pgrecall import Collection, CollectionNotFoundError, Hnsw, Store
from pgrecall._operations.work import one
from pgrecall._pools.sessions import PREPARED_BYTES
from pgrecall._statements.statement import Statement

if TYPE_CHECKING:
    from collections.abc import Callable


async def test_a_collection_dropped_while_it_is_loaded_is_not_found(
    open_store: Callable[..., Any], fresh_dsn: str
) -> None:
    async with closing(open_store(fresh_dsn)) as store:
        await store.ensure_collection("tenant", Collection("docs", 3, index=Hnsw()))

        def drop(_: int) -> None:
            with Store(fresh_dsn) as other:
                other.drop_collection("tenant", "docs")

        # dropped between its rows and the indexes that come after them
        with pytest.raises(CollectionNotFoundError):
            await store.load("tenant", "docs", tagged(1, 10), progress=drop)
        assert await store.list_collections("tenant") == []


async def test_a_collection_dropped_before_its_new_index_is_in_place_is_not_found(
    open_store: Callable[..., Any], fresh_dsn: str
) -> None:
    async with closing(open_store(fresh_dsn)) as store:
        made = await store.ensure_collection("tenant", Collection("docs", 3))
        await store.upsert("tenant", "docs", tagged(1, 10))
        with psycopg.connect(fresh_dsn) as other:
            # as drop_collection does, with a pause amid it
            other.execute("DELETE FROM pgrecall.collections")
            building = start(store, store.create_index("tenant", "docs", Hnsw()))
            await until(lambda: blocked(fresh_dsn))
            other.execute(sql.SQL(f"DROP TABLE {made.table_name}"))
        with pytest.raises(CollectionNotFoundError):
            await building
        assert execute(fresh_dsn, "SELECT FROM pg_class WHERE relname LIKE '%_ann%'") == []


async def test_prepared_statements_that_a_session_has_no_more_cost_no_error(
    open_store: Callable[..., Any], fresh_dsn: str
) -> None:
    async with closing(open_store(fresh_dsn, min_connections=0, max_connections=1)) as store:
        await store.ensure_collection("tenant", Collection("docs", 3))

        calls: list[Callable[[], Any]] = [
            lambda: store.upsert("tenant", "docs", tagged(1, 2)),
            lambda: store.upsert("tenant", "docs", tagged(2, 2_500)),
            lambda: store.search("tenant", "docs", [1, 1, 1]),
        ]
        for first in calls:
            for call in calls * 7:
                await call()
            [connection] = [each for each in store._driver._known if not each.closed]
            assert connection._prepared._names
            connection.pgconn.exec_(b"DEALLOCATE ALL")
            for call in [first, *calls]:
                await call()
            # a try on each of many such connections would use the tries up
            assert not connection.closed
        assert await store.count("tenant", "docs") == 2_502


async def test_what_a_session_has_prepared_is_bounded_in_bytes(
    open_store: Callable[..., Any], fresh_dsn: str
) -> None:
    async with closing(open_store(fresh_dsn, min_connections=0, max_connections=1)) as store:
        await store.ensure_collection("tenant", Collection("docs", 3))
        [connection] = [each for each in store._driver._known if not each.closed]
        connection.prepare_threshold = 1
        long = PREPARED_BYTES // 10
        asked = [sql.SQL(f"SELECT {n} -- {'x' * long}") for n in range(25)]

        def asking(statement: Statement) -> Any:
            return (yield one(statement))

        for query in [*asked, sql.SQL("SELECT sum(length(statement)) FROM pg_prepared_statements")]:
            for _ in range(3):
                found = store._driver.run(asking(Statement(query, prepare=None)))
                [(answer,)] = (await found if is_async(store) else found).rows
            assert not connection.closed

        assert long < answer < PREPARED_BYTES + 2 * long
