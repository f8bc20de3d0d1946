"""What searches of many callers at once cost beside a query by hand on a bare pool.

64 threads, and 64 tasks, search one collection by HNSW over 10 connections. The other side is
psycopg_pool with a query written by hand, in the same process: pgvector's own adapter, metadata as
psycopg reads it, on connections that have the effort which the store chose. The sides take turns.
What the store adds is told in microseconds of this process's CPU for a search, beside throughput
and how long the slowest hundredth waits.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import psycopg
from common import (
    TENANT,
    add_arguments,
    collection,
    items,
    read_rows,
    server,
    show,
    table,
    table_of,
    verdict,
)
from pace import read_questions
from pgvector.psycopg import register_vector, register_vector_async
from psycopg_pool import AsyncConnectionPool, ConnectionPool

from pgrecall import AsyncStore, Hnsw, Store

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from numpy.typing import NDArray

NAME, LIMIT = "hands", 10
THROUGHPUT_BAR, TAIL_BAR = 0.9, 3.0
_BY_HAND = (
    "SELECT id, text, metadata, embedding <=> %s AS distance FROM {table}"
    " ORDER BY embedding <=> %s LIMIT {limit}"
)


class Round(NamedTuple):
    """One side's searches of one round: a second of them, each one's time, and their CPU."""

    rate: float
    times_ms: list[float]
    cpu_us: float


class Clock:
    """Times the searches of one round, whoever makes them."""

    def __init__(self, count: int) -> None:
        """Begin; each of ``count`` places is given out once."""
        self.places: Iterator[int] = iter(range(count))
        self.times_ms: list[float] = []
        self._count = count
        self._cpu, self._start = time.process_time(), time.perf_counter()

    def note(self, started: float) -> None:
        """Keep how long a search took that began then."""
        self.times_ms.append(1_000 * (time.perf_counter() - started))

    def ended(self) -> Round:
        """Give what was measured."""
        seconds = time.perf_counter() - self._start
        cpu = time.process_time() - self._cpu
        return Round(self._count / seconds, self.times_ms, 1e6 * cpu / self._count)


def by_threads(executor: ThreadPoolExecutor, run: Callable[[int], object], count: int) -> Round:
    """Search from every thread of an executor."""
    clock = Clock(count)

    def work(_: int) -> None:
        for place in clock.places:
            started = time.perf_counter()
            run(place)
            clock.note(started)

    list(executor.map(work, range(executor._max_workers)))  # noqa: SLF001  # one for each thread
    return clock.ended()


async def by_tasks(tasks: int, run: Callable[[int], Awaitable[object]], count: int) -> Round:
    """Search from so many tasks."""
    clock = Clock(count)

    async def work() -> None:
        for place in clock.places:
            started = time.perf_counter()
            await run(place)
            clock.note(started)

    await asyncio.gather(*(work() for _ in range(tasks)))
    return clock.ended()


def threads_side(
    dsn: str, query: str, effort: str, asked: NDArray[Any], args: argparse.Namespace
) -> dict[str, list[Round]]:
    """Measure both sides from threads, by turns."""

    def configure(connection: psycopg.Connection[Any]) -> None:
        register_vector(connection)
        connection.execute("SELECT set_config('hnsw.ef_search', %s, false)", [effort])

    size = args.connections
    pool: ConnectionPool[Any] = ConnectionPool(
        dsn,
        min_size=size,
        max_size=size,
        kwargs={"autocommit": True},
        configure=configure,
        open=False,
    )
    with (
        pool,
        Store(dsn, max_connections=size) as store,
        ThreadPoolExecutor(args.hands) as executor,
    ):

        def by_hand(place: int) -> None:
            vector = asked[place % len(asked)]
            with pool.connection() as connection, connection.cursor(binary=True) as cursor:
                cursor.execute(query, [vector, vector]).fetchall()

        def ours(place: int) -> None:
            store.search(TENANT, NAME, asked[place % len(asked)], limit=LIMIT)

        sides = {"by hand": by_hand, "ours": ours}
        for run in sides.values():
            by_threads(executor, run, 20 * size)
        measured: dict[str, list[Round]] = {side: [] for side in sides}
        for turn in range(args.rounds):
            for side in sides if turn % 2 else reversed(sides):
                measured[side].append(by_threads(executor, sides[side], args.queries))
        return measured


async def tasks_side(
    dsn: str, query: str, effort: str, asked: NDArray[Any], args: argparse.Namespace
) -> dict[str, list[Round]]:
    """Measure both sides from tasks, by turns."""

    async def configure(connection: psycopg.AsyncConnection[Any]) -> None:
        await register_vector_async(connection)
        await connection.execute("SELECT set_config('hnsw.ef_search', %s, false)", [effort])

    size = args.connections
    pool: AsyncConnectionPool[Any] = AsyncConnectionPool(
        dsn,
        min_size=size,
        max_size=size,
        kwargs={"autocommit": True},
        configure=configure,
        open=False,
    )
    async with pool, AsyncStore(dsn, max_connections=size) as store:

        async def by_hand(place: int) -> None:
            vector = asked[place % len(asked)]
            async with pool.connection() as connection, connection.cursor(binary=True) as cursor:
                await cursor.execute(query, [vector, vector])
                await cursor.fetchall()

        async def ours(place: int) -> None:
            await store.search(TENANT, NAME, asked[place % len(asked)], limit=LIMIT)

        sides: dict[str, Callable[[int], Awaitable[object]]] = {"by hand": by_hand, "ours": ours}
        for run in sides.values():
            await by_tasks(args.hands, run, 20 * size)
        measured: dict[str, list[Round]] = {side: [] for side in sides}
        for turn in range(args.rounds):
            for side in sides if turn % 2 else reversed(sides):
                measured[side].append(await by_tasks(args.hands, sides[side], args.queries))
        return measured


def main() -> None:
    """Measure and print."""
    args = _arguments()
    made = table(
        f"{args.hands} callers on {args.connections} connections, {args.rows:,} x"
        f" {args.dimensions}, HNSW, top {LIMIT}",
        *("callers", "by hand, searches/s", "ours", "ratio", "bar", ""),
        *("p50 ms", "p99 ms", "p99 to p50", "bar", "", "CPU us by hand", "ours", "added"),
    )
    results: dict[str, Any] = {}
    with server(args.dsn) as dsn:
        with Store(dsn) as store:
            asked = read_questions(args.rows, args.dimensions, args.queries)
            store.ensure_collection(TENANT, collection(NAME, args.dimensions))
            store.load(TENANT, NAME, items(read_rows(args.rows), asked.corpus))
            store.create_index(TENANT, NAME, Hnsw())
            name = table_of(store, NAME)
            explained = store.search(TENANT, NAME, asked.vectors[0], explain=True).explanation
            effort = explained.settings["hnsw.ef_search"] if explained else "40"
        with psycopg.connect(dsn, autocommit=True) as admin:
            admin.execute(f"VACUUM ANALYZE {name}")
            admin.execute("CHECKPOINT")
        query = _BY_HAND.format(table=name, limit=LIMIT)
        measured = {
            "threads": threads_side(dsn, query, effort, asked.vectors, args),
            "tasks": asyncio.run(tasks_side(dsn, query, effort, asked.vectors, args)),
        }
        with closing(Store(dsn)) as store:
            store.drop_collection(TENANT, NAME)
    for callers, rounds in measured.items():
        made.add_row(callers, *_figures(rounds))
        results[callers] = {side: [one._asdict() for one in each] for side, each in rounds.items()}
    show(results, [made], [f"Medians of {args.rounds} rounds of {args.queries} searches."], args)


def _figures(rounds: dict[str, list[Round]]) -> list[str]:
    rate = {side: statistics.median(one.rate for one in each) for side, each in rounds.items()}
    cpu = {side: statistics.median(one.cpu_us for one in each) for side, each in rounds.items()}
    times = np.concatenate([one.times_ms for one in rounds["ours"]])
    middle, tail = np.percentile(times, (50, 99))
    ratio = rate["ours"] / rate["by hand"]
    return [
        *(f"{rate['by hand']:,.0f}", f"{rate['ours']:,.0f}", f"{ratio:.2f}"),
        *(f">= {THROUGHPUT_BAR}", verdict(met=ratio >= THROUGHPUT_BAR)),
        *(f"{middle:.2f}", f"{tail:.2f}", f"{tail / middle:.1f}"),
        *(f"<= {TAIL_BAR:g}", verdict(met=tail <= TAIL_BAR * middle)),
        *(f"{cpu['by hand']:.0f}", f"{cpu['ours']:.0f}", f"{cpu['ours'] - cpu['by hand']:+.0f}"),
    ]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    add_arguments(parser)
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--dimensions", type=int, default=384)
    parser.add_argument("--hands", type=int, default=64, help="threads, and tasks")
    parser.add_argument("--connections", type=int, default=10)
    parser.add_argument("--queries", type=int, default=2_000, help="searches a round")
    parser.add_argument("--rounds", type=int, default=7)
    return parser.parse_args()


if __name__ == "__main__":
    main()
