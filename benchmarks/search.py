"""What a search costs beside the same statement on a bare, prepared psycopg cursor.

The bare side runs the very statement that the store sends, on one connection with nothing around
it: no pool, no checks, an encoded query vector, rows left as they come. The two take turns within
one loop, so that noise meets both. The asynchronous store is compared by throughput: 32 tasks on
one pool of 10 connections, in alternating runs. ``search_many`` is compared with what the server
takes for the same statements: the bare side one by one, less as many empty round trips. What an
index, a text or both are asked for is put beside bare queries of one's own by ``pace.py``.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import pace
import psycopg
from common import (
    SEED,
    TENANT,
    add_arguments,
    collection,
    items,
    median_and_range,
    read_rows,
    seconds,
    server,
    show,
    table,
    table_of,
    vectors,
    verdict,
)
from pgvector.psycopg import register_vector_async
from psycopg import pq
from psycopg.adapt import Dumper
from psycopg_pool import AsyncConnectionPool

from pgrecall import AsyncStore, Store
from pgrecall._operations.search import vector as operations
from pgrecall._operations.search.options import VectorOptions
from pgrecall._values.vectors import Encoded

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from numpy.typing import NDArray

    from pgrecall.models import Match

RATIO_BAR, RATIO_FROM_MS, DIFFERENCE_BAR_MS = 1.15, 1.5, 0.25
THROUGHPUT_BAR, BATCH_BAR = 0.9, 1.15
LIMIT = 10
BY_HAND = (
    "SELECT id, text, metadata, embedding <=> %s AS distance FROM {table}"
    " ORDER BY embedding <=> %s LIMIT {limit}"
)
FILTERS: dict[str, Any] = {
    "none": None,
    "declared field": {"kind": "tool"},
    "two keys": {"public": True, "year": {"$gte": 2015}},
}


@dataclass(frozen=True)
class Sent:
    """One statement as psycopg takes it."""

    text: bytes
    values: Mapping[str, Any]


class EncodedDumper(Dumper):
    """Passes a vector on that is in binary form already."""

    format = pq.Format.BINARY
    oid = 0

    def dump(self, obj: Any) -> Any:
        """Give the bytes as they are."""
        return obj


def sent(store: Store | AsyncStore, name: str, query: NDArray[Any], filter_: Any) -> Sent:
    """Give what the store would send, by running its operation up to its first statement."""
    operation = operations.search(
        store._driver.context,  # noqa: SLF001  # the store's own statement is the point
        TENANT,
        name,
        query,
        VectorOptions(limit=LIMIT, filter=filter_),
    )
    statement = pace.sent(operation)
    text = statement.sql if isinstance(statement.sql, bytes) else statement.sql.as_bytes(None)
    return Sent(text, statement.parameters)


def fill(store: Store, name: str, count: int, dimensions: int) -> None:
    """Make a collection of that many rows, settled: no pending index entries, no checkpoint due."""
    store.ensure_collection(TENANT, collection(name, dimensions))
    store.load(TENANT, name, items(read_rows(count), vectors(count, dimensions)))


def latencies(
    store: Store, bare: psycopg.Connection[Any], name: str, queries: NDArray[Any], filter_: Any
) -> dict[str, list[float]]:
    """Time the two sides by turns, in milliseconds."""
    statements = [sent(store, name, query, filter_) for query in queries]
    times: dict[str, list[float]] = {"bare": [], "ours": []}

    def run_bare(place: int) -> list[str]:
        statement = statements[place]
        cursor = bare.cursor(binary=True)
        cursor.execute(statement.text, statement.values, prepare=True)
        return [row[0] for row in cursor.fetchall()]

    def run_ours(place: int) -> list[Match]:
        return store.search(TENANT, name, queries[place], limit=LIMIT, filter=filter_)

    for place in range(min(10, len(queries))):
        if run_bare(place) != [match.id for match in run_ours(place)]:
            msg = f"the two sides differ on query {place} of {name}"
            raise RuntimeError(msg)
    for place in range(len(queries)):
        pair = [("bare", run_bare), ("ours", run_ours)]
        for side, run in pair if place % 2 else reversed(pair):
            times[side].append(1_000 * seconds(partial(run, place)))
    return times


def batches(
    store: Store, bare: psycopg.Connection[Any], name: str, queries: NDArray[Any], *, rounds: int
) -> dict[str, list[float]]:
    """Give the milliseconds a query of the server alone, and of all queries in one call."""
    statements = [sent(store, name, query, None) for query in queries]
    times: dict[str, list[float]] = {"server": [], "ours": []}
    cursor = bare.cursor(binary=True)

    def run_bare() -> None:
        for statement in statements:
            cursor.execute(statement.text, statement.values, prepare=True)

    def run_empty() -> None:
        for _ in statements:
            cursor.execute("SELECT 1", prepare=True)

    def run_ours() -> None:
        store.search_many(TENANT, name, queries, limit=LIMIT)

    run_bare()
    run_ours()
    for _ in range(rounds):
        scale = 1_000 / len(queries)
        times["server"].append(scale * (seconds(run_bare) - seconds(run_empty)))
        times["ours"].append(scale * seconds(run_ours))
    return times


async def throughputs(
    dsn: str, name: str, queries: NDArray[Any], *, tasks: int, connections: int, rounds: int
) -> dict[str, list[float]]:
    """Give searches a second of each side, a number a round."""
    pool: AsyncConnectionPool[Any] = AsyncConnectionPool(
        dsn,
        min_size=connections,
        max_size=connections,
        kwargs={"autocommit": True},
        configure=_configure,
        open=False,
    )
    async with (
        pool,
        AsyncStore(dsn, max_connections=connections) as own,
        AsyncStore(pool=pool) as given,
    ):
        for store in (own, given):
            await store.search(TENANT, name, queries[0], limit=LIMIT)
        statements = [sent(own, name, query, None) for query in queries]
        described = await own.describe_collection(TENANT, name)
        by_hand = BY_HAND.format(table=described.table_name if described else "", limit=LIMIT)

        async def run_by_hand(place: int) -> None:
            async with pool.connection() as connection:
                cursor = connection.cursor(binary=True)
                await cursor.execute(by_hand, [queries[place], queries[place]])
                await cursor.fetchall()

        async def run_statement(place: int) -> None:
            statement = statements[place]
            async with pool.connection() as connection:
                cursor = connection.cursor(binary=True)
                await cursor.execute(statement.text, statement.values, prepare=True)
                await cursor.fetchall()

        async def search(store: AsyncStore, place: int) -> None:
            await store.search(TENANT, name, queries[place], limit=LIMIT)

        sides: dict[str, Callable[[int], Awaitable[None]]] = {
            "by hand": run_by_hand,
            "ours": partial(search, own),
            "own statement": run_statement,
            "ours, a given pool": partial(search, given),
        }
        rates: dict[str, list[float]] = {side: [] for side in sides}
        for run in sides.values():
            await _all(run, len(queries) // 4, tasks)
        for turn in range(rounds):
            for side in sides if turn % 2 else reversed(sides):
                start = time.perf_counter()
                await _all(sides[side], len(queries), tasks)
                rates[side].append(len(queries) / (time.perf_counter() - start))
    return rates


async def _configure(connection: psycopg.AsyncConnection[Any]) -> None:
    await register_vector_async(connection)
    connection.adapters.register_dumper(Encoded, EncodedDumper)


async def _all(run: Callable[[int], Awaitable[None]], count: int, tasks: int) -> None:
    places = iter(range(count))

    async def work() -> None:
        for place in places:
            await run(place)

    await asyncio.gather(*(work() for _ in range(tasks)))


def main() -> None:
    """Measure and print."""
    args = _arguments()
    if args.pairs:
        _pairs(args)
        return
    latency = table(
        f"Search, {args.dimensions} dimensions, top {LIMIT}, p50 ms",
        *("rows", "filter", "bare", "ours", "ratio", "difference", "bar", ""),
    )
    throughput = table(
        f"{args.tasks} tasks on {args.connections} connections, searches/s",
        *("rows", "by hand", "AsyncStore", "ratio", "bar", ""),
        *("its statement alone", "ratio", "on a given pool", "ratio"),
    )
    batch = table(
        f"{args.queries} queries in one search_many, ms a query",
        *("rows", "server", "search_many", "ratio", "bar", ""),
    )
    results: dict[str, Any] = {"latency_ms": {}, "throughput": {}, "batch_ms": {}}
    tables = [latency, batch, throughput]
    with (
        server(args.dsn) as dsn,
        Store(dsn) as store,
        psycopg.connect(dsn, autocommit=True) as bare,
    ):
        bare.adapters.register_dumper(Encoded, EncodedDumper)
        queries = vectors(args.queries, args.dimensions, seed=SEED + 1)
        for size in args.rows:
            name = f"search {size}"
            fill(store, name, size, args.dimensions)
            bare.execute(f"VACUUM ANALYZE {table_of(store, name)}")
            bare.execute("CHECKPOINT")
            for label, filter_ in FILTERS.items():
                times = latencies(store, bare, name, queries, filter_)
                results["latency_ms"][f"{size} rows, filter {label}"] = times
                latency.add_row(f"{size:,}", label, *_compared(times))
            times = batches(store, bare, name, queries, rounds=args.rounds)
            results["batch_ms"][f"{size} rows"] = times
            batch.add_row(f"{size:,}", *_batched(times))
            if size in args.async_rows:
                rates = asyncio.run(
                    throughputs(
                        *(dsn, name, queries),
                        tasks=args.tasks,
                        connections=args.connections,
                        rounds=args.rounds,
                    )
                )
                results["throughput"][f"{size} rows"] = rates
                throughput.add_row(f"{size:,}", *_rated(rates))
            store.drop_collection(TENANT, name)
        if args.pace_rows:
            found = pace.measure(store, dsn, args.pace_rows, args.dimensions, args.queries)
            results["pace"] = found
            tables = [pace.shown(found, args.pace_rows, args.dimensions), *tables]
    source = read_rows(1).source
    turns = f"{args.queries} queries, the sides by turns; {args.rounds} rounds of throughput"
    bar = f"Bar: on the ratio from {RATIO_FROM_MS} ms of bare on, below it on the difference."
    notes = [f"{source}; {turns}: median (lowest-highest).", bar]
    show(results, tables, notes, args)


def _pairs(args: Any) -> None:
    """Measure the search by index alone."""
    rows, dimensions = args.pace_rows, args.dimensions
    with server(args.dsn) as dsn, Store(dsn) as store:
        found = pace.pairs(store, dsn, rows, dimensions, args.queries)
    note = f"{read_rows(1).source}; {args.queries} queries, the sides by turns."
    show(found, [pace.shown_pairs(found, rows, dimensions)], [note], args)


def _compared(times: dict[str, list[float]]) -> list[str]:
    bare, ours = (statistics.median(times[side]) for side in ("bare", "ours"))
    slow = bare >= RATIO_FROM_MS
    met = ours <= RATIO_BAR * bare if slow else ours - bare <= DIFFERENCE_BAR_MS
    bar = f"<= {RATIO_BAR}" if slow else f"<= +{DIFFERENCE_BAR_MS}"
    figures = [f"{bare:.3f}", f"{ours:.3f}", f"{ours / bare:.2f}", f"{ours - bare:+.3f}"]
    return [*figures, bar, verdict(met=met)]


def _rated(rates: dict[str, list[float]]) -> list[str]:
    told = {side: median_and_range(numbers) for side, numbers in rates.items()}
    medians = {side: statistics.median(numbers) for side, numbers in rates.items()}
    ratio = medians["ours"] / medians["by hand"]
    return [
        *(told["by hand"], told["ours"], f"{ratio:.2f}", f">= {THROUGHPUT_BAR}"),
        verdict(met=ratio >= THROUGHPUT_BAR),
        *(told["own statement"], f"{medians['ours'] / medians['own statement']:.2f}"),
        told["ours, a given pool"],
        f"{medians['ours, a given pool'] / medians['by hand']:.2f}",
    ]


def _batched(times: dict[str, list[float]]) -> list[str]:
    server_alone, ours = (statistics.median(times[side]) for side in ("server", "ours"))
    ratio = ours / server_alone
    figures = [f"{server_alone:.3f}", f"{ours:.3f}", f"{ratio:.2f}"]
    return [*figures, f"<= {BATCH_BAR}", verdict(met=ratio <= BATCH_BAR)]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    add_arguments(parser)
    parser.add_argument("--rows", type=int, nargs="+", default=[300, 2_000, 10_000])
    parser.add_argument("--async-rows", type=int, nargs="*", default=[300, 2_000, 10_000])
    parser.add_argument("--pace-rows", type=int, default=50_000, help="0 leaves its table out")
    parser.add_argument(
        "--pairs", action="store_true", help="the search by index beside bare queries, and no more"
    )
    parser.add_argument("--dimensions", type=int, default=384)
    parser.add_argument("--queries", type=int, default=400)
    parser.add_argument("--tasks", type=int, default=32)
    parser.add_argument("--connections", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=7)
    return parser.parse_args()


if __name__ == "__main__":
    main()
