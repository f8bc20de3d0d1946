"""A search is one round trip to the server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import psycopg
import pytest
from psycopg import pq
from psycopg_pool import AsyncConnectionPool, ConnectionPool

from pgrecall import AsyncStore, Collection, Hnsw, Item, Metric, Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

from integration_tests.search.vector.sizes import DIMENSIONS


class Trace:
    """What libpq says it sent and received on the one connection of a pool."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._pgconn: Any = None

    def start(self, connection: psycopg.BaseConnection[Any]) -> None:
        self._pgconn = connection.pgconn
        self._follow()

    async def start_async(self, connection: psycopg.BaseConnection[Any]) -> None:
        self.start(connection)

    def round_trips(self) -> int:
        """How often the client turned from sending to waiting since the last look."""
        self._pgconn.untrace()  # writes what libpq holds back
        self._file.seek(0)
        lines = self._file.read().splitlines()
        self._file.seek(0)
        self._file.truncate()
        self._follow()
        return b"".join(line[:1] for line in lines if line[:2] in (b"F\t", b"B\t")).count(b"FB")

    def _follow(self) -> None:
        self._pgconn.trace(self._file.fileno())
        self._pgconn.set_trace_flags(pq.Trace.SUPPRESS_TIMESTAMPS)


@pytest.fixture
def trace(tmp_path: Path) -> Iterator[Trace]:
    with (tmp_path / "trace").open("w+b") as file:
        yield Trace(file)


QUERY = [1.0] * DIMENSIONS


def test_a_call_is_one_round_trip(dsn: str, stocked: Any, trace: Trace, tenant: str) -> None:
    where = stocked(Metric.L2)
    with (
        ConnectionPool(
            dsn, min_size=1, max_size=1, kwargs={"autocommit": True}, configure=trace.start
        ) as pool,
        Store(pool=pool) as store,
    ):
        store.ensure_collection(tenant, Collection("docs", 2))
        store.count(*where)
        calls: list[Callable[[], Any]] = [
            lambda: store.search(*where, QUERY),
            lambda: store.search(*where, QUERY, filter={"group": 3}, include_vectors=True),
            lambda: store.get(*where, ["001", "002"]),
            lambda: store.count(*where, {"group": 3}),
            lambda: store.upsert(tenant, "docs", [Item("a", [1, 0])]),
            lambda: store.delete(tenant, "docs", ["a"]),
        ]
        for call in calls:
            trace.round_trips()
            call()
            assert trace.round_trips() == 1


def test_a_search_by_index_by_text_or_by_both_is_one_round_trip(
    dsn: str, trace: Trace, tenant: str
) -> None:
    numbers = np.random.default_rng(2).standard_normal((3_000, 8))
    with (
        ConnectionPool(
            dsn, min_size=1, max_size=1, kwargs={"autocommit": True}, configure=trace.start
        ) as pool,
        Store(pool=pool) as store,
    ):
        store.ensure_collection(tenant, Collection("docs", 8, index=Hnsw()))
        words = ("red", "green", "blue")
        store.load(
            tenant,
            "docs",
            (Item(f"{n:04}", row, words[n % 3], {"n": n}) for n, row in enumerate(numbers)),
        )
        query, wide = numbers[5], {"n": {"$lt": 2_500}}
        calls: list[Callable[[], Any]] = [
            lambda: store.search(tenant, "docs", query, exact=False),
            lambda: store.search(tenant, "docs", query),
            lambda: store.search(tenant, "docs", query, filter=wide),
            lambda: store.search_many(tenant, "docs", numbers[:9], limit=2),
            lambda: store.search_many(tenant, "docs", numbers[:9], limit=2, filter=wide),
            lambda: store.search_text(tenant, "docs", "red or blue"),
            lambda: store.search_hybrid(tenant, "docs", query, "red", filter=wide),
        ]
        for call in calls:
            call()  # what a client keeps for a while is read once: the registry, frequencies
            trace.round_trips()
            call()
            assert trace.round_trips() == 1


def test_a_prepared_search_is_one_round_trip(dsn: str, stocked: Any, trace: Trace) -> None:
    where = stocked(Metric.L2)
    with (
        ConnectionPool(
            dsn, min_size=1, max_size=1, kwargs={"autocommit": True}, configure=trace.start
        ) as pool,
        Store(pool=pool) as store,
    ):
        for _ in range(10):
            store.search(*where, QUERY)
        trace.round_trips()

        store.search(*where, QUERY)

        assert trace.round_trips() == 1


async def test_an_async_search_is_one_round_trip(dsn: str, stocked: Any, trace: Trace) -> None:
    where = stocked(Metric.L2)
    async with (
        AsyncConnectionPool(
            dsn,
            min_size=1,
            max_size=1,
            kwargs={"autocommit": True},
            configure=trace.start_async,
            open=False,
        ) as pool,
        AsyncStore(pool=pool) as store,
    ):
        await store.search(*where, QUERY)
        for filter_ in (None, {"group": 3}):
            trace.round_trips()
            await store.search(*where, QUERY, filter=filter_)
            assert trace.round_trips() == 1
