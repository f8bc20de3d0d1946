"""What one collection costs where there are many: 20,000 beside 10, on one server.

Two databases hold the same ten collections with rows; one of them holds thousands of empty ones
too, made one after the other as a service makes them for new users. The sides take turns: searches
of a store that knows its collections, first searches of stores that have just been opened, one
tenant's maintenance. Then come pages of the list, from its begin and from its end.
"""

from __future__ import annotations

import argparse
import statistics
import time
from typing import TYPE_CHECKING, Any

import psycopg
from common import (
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
    vectors,
    verdict,
)
from psycopg import sql
from psycopg.conninfo import make_conninfo

from pgrecall import Collection, Hnsw, Store
from pgrecall._adapters.pair import Pair
from pgrecall._operations.health import gathering

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

FEW, STRETCH, PAGE = 10, 1_000, 100
RATE_BAR, SEARCH_BAR, FIRST_BAR = 100, 1.1, 1.25
SINGLE = "a tenant with one collection"


def name_of(number: int) -> str:
    """Name a collection: names in an order of their own, as users' are."""
    return f"user {number * 7_919 % 1_000_003:07d}"


def fill(dsn: str, args: argparse.Namespace) -> None:
    """Make the ten collections that are searched, with rows, and that of another tenant."""
    rows = items(read_rows(args.rows), vectors(args.rows, args.dimensions))
    with Store(dsn) as store:
        for number in range(FEW):
            wanted = collection(name_of(number), args.dimensions)
            store.ensure_collection(TENANT, wanted)
            store.load(TENANT, wanted.name, rows)
            store.create_index(TENANT, wanted.name, Hnsw())
        store.ensure_collection(SINGLE, collection("docs", args.dimensions))
    with psycopg.connect(dsn, autocommit=True) as admin:
        admin.execute("VACUUM ANALYZE")
        admin.execute("CHECKPOINT")


def make_many(dsn: str, args: argparse.Namespace) -> list[float]:
    """Make the others; give how many a second were made, by thousands."""
    rates: list[float] = []
    with Store(dsn) as store:
        for begin in range(FEW, args.collections, STRETCH):
            stretch = range(begin, min(begin + STRETCH, args.collections))
            started = time.perf_counter()
            for number in stretch:
                store.ensure_collection(
                    TENANT, Collection(name_of(number), args.dimensions, "model", index=Hnsw())
                )
            rates.append(len(stretch) / (time.perf_counter() - started))
    with psycopg.connect(dsn, autocommit=True) as admin:
        admin.execute("CHECKPOINT")
    return rates


def warm(store: Store, asked: NDArray[Any], count: int) -> float:
    """Search collections that the store knows; give the median in milliseconds."""
    times: list[float] = []
    for place in range(count):
        name, vector = name_of(place % FEW), asked[place % len(asked)]
        times.append(1_000 * seconds(lambda: store.search(TENANT, name, vector)))  # noqa: B023
    return statistics.median(times)


def first(dsn: str, vector: NDArray[Any]) -> float:
    """Open a store and search once; give milliseconds."""

    def search() -> None:
        with Store(dsn, min_connections=0) as store:
            store.search(TENANT, name_of(0), vector)

    return 1_000 * seconds(search)


def by_turns(rounds: int, measures: Mapping[str, Callable[[], float]]) -> dict[str, list[float]]:
    """Measure each side so many times, one after the other."""
    measured: dict[str, list[float]] = {side: [] for side in measures}
    for turn in range(rounds):
        for side in measures if turn % 2 else reversed(measures):
            measured[side].append(measures[side]())
    return measured


def compare(dsns: Mapping[str, str], args: argparse.Namespace) -> dict[str, dict[str, list[float]]]:
    """Measure what both databases can do, in milliseconds."""
    asked = vectors(64, args.dimensions, seed=11)
    stores = {side: Store(dsn) for side, dsn in dsns.items()}
    try:
        for store in stores.values():
            warm(store, asked, 20 * FEW)
        return {
            "search, p50": by_turns(
                args.rounds,
                {side: lambda s=one: warm(s, asked, args.searches) for side, one in stores.items()},
            ),
            "first search of a store that has just been opened": by_turns(
                4 * args.rounds,
                {side: lambda d=dsn: first(d, asked[0]) for side, dsn in dsns.items()},
            ),
            "`ensure_collection` of one that is there": by_turns(
                4 * args.rounds,
                {side: lambda s=one: ensure_again(s) for side, one in stores.items()},
            ),
            f"`list_collections(limit={FEW})`": by_turns(
                4 * args.rounds,
                {side: lambda s=one: page(s, FEW, None) for side, one in stores.items()},
            ),
            "`maintain` of one tenant": by_turns(
                4 * args.rounds,
                {
                    side: lambda s=one: 1_000 * seconds(lambda: s.maintain(SINGLE))
                    for side, one in stores.items()
                },
            ),
        }
    finally:
        for store in stores.values():
            store.close()


def ensure_again(store: Store) -> float:
    """Ensure a collection that is there; give milliseconds."""
    wanted = Collection(name_of(0))
    return 1_000 * seconds(lambda: store.ensure_collection(TENANT, wanted))


def page(store: Store, limit: int, after: str | None) -> float:
    """List one page; give milliseconds."""
    return 1_000 * seconds(lambda: store.list_collections(TENANT, limit=limit, after=after))


def whole(dsn: str, args: argparse.Namespace) -> dict[str, float]:
    """Measure what goes through all of them, once each, and pages from both ends."""
    names = sorted(map(name_of, range(args.collections)))
    with Store(dsn) as store:
        pair = Pair(store)
        rounds = range(4 * args.rounds)
        return {
            f"first page of {PAGE}, ms": statistics.median(page(store, PAGE, None) for _ in rounds),
            f"last page of {PAGE}, ms": statistics.median(
                page(store, PAGE, names[-PAGE - 1]) for _ in rounds
            ),
            "all in one list, ms": 1_000 * seconds(lambda: store.list_collections(TENANT)),
            "what `doctor` reads, s": seconds(lambda: pair.run(gathering.gather(pair.context))),
        }


def disk(dsn: str) -> float:
    """Give the bytes of a database."""
    with psycopg.connect(dsn) as connection:
        found = connection.execute("SELECT pg_database_size(current_database())").fetchone()
    return float(found[0]) if found else 0.0


def main() -> None:
    """Measure and print."""
    args = _arguments()
    with server(args.dsn) as dsn:
        dsns = {
            side: make_conninfo(dsn, dbname=f"pgrecall_bench_{side}") for side in ("few", "many")
        }
        with psycopg.connect(dsn, autocommit=True) as admin:
            for side in dsns:
                named = sql.Identifier(f"pgrecall_bench_{side}")
                admin.execute(sql.SQL("CREATE DATABASE {}").format(named))
        try:
            for one in dsns.values():
                fill(one, args)
            before = disk(dsns["many"])
            rates = make_many(dsns["many"], args)
            bytes_each = (disk(dsns["many"]) - before) / max(1, args.collections - FEW)
            compared = compare(dsns, args)
            gone_through = whole(dsns["many"], args)
        finally:
            with psycopg.connect(dsn, autocommit=True) as admin:
                for side in dsns:
                    named = sql.Identifier(f"pgrecall_bench_{side}")
                    admin.execute(sql.SQL("DROP DATABASE {} (FORCE)").format(named))
    note = (
        f"Ten collections of {args.rows:,} rows in either database. An empty collection with full"
        f" text search and an HNSW index takes {bytes_each / 1_024:.0f} kB on disk."
    )
    show(
        {"rates": rates, "bytes": bytes_each, "compared": compared, "whole": gone_through},
        [_made(rates, args), _compared(compared, args), _whole(gone_through)],
        [note],
        args,
    )


def _made(rates: list[float], args: argparse.Namespace) -> Any:
    made = table(
        f"`ensure_collection`, one client, up to {args.collections:,} x {args.dimensions}",
        *("collections", "made a second", "to the first", "bar", ""),
    )
    for title, rate in (
        (f"the first {STRETCH:,}", rates[0]),
        ("median of all", statistics.median(rates)),
        (f"the last {STRETCH:,}", rates[-1]),
    ):
        made.add_row(
            *(title, f"{rate:.0f}", f"{rate / rates[0]:.2f}"),
            *(f">= {RATE_BAR}", verdict(met=rate >= RATE_BAR)),
        )
    return made


def _compared(compared: dict[str, dict[str, list[float]]], args: argparse.Namespace) -> Any:
    bars = {
        "search, p50": SEARCH_BAR,
        "first search of a store that has just been opened": FIRST_BAR,
    }
    made = table(
        f"Milliseconds where there are {FEW} collections and {args.collections:,}",
        *("", f"among {FEW}", f"among {args.collections:,}", "ratio", "bar", ""),
    )
    for title, sides in compared.items():
        # neighbours in time, so that what else the machine does is in both
        ratio = statistics.median(
            many / few for few, many in zip(sides["few"], sides["many"], strict=True)
        )
        bar = bars.get(title)
        made.add_row(
            *(title, *(median_and_range(sides[side], ".2f") for side in ("few", "many"))),
            *(f"{ratio:.2f}", "" if bar is None else f"<= {bar}"),
            "" if bar is None else verdict(met=ratio <= bar),
        )
    return made


def _whole(measured: dict[str, float]) -> Any:
    made = table("Going through them", "", "")
    for title, value in measured.items():
        made.add_row(title, f"{value:,.1f}")
    return made


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    add_arguments(parser)
    parser.add_argument("--collections", type=int, default=20_000)
    parser.add_argument("--rows", type=int, default=2_000, help="of each that is searched")
    parser.add_argument("--dimensions", type=int, default=384)
    parser.add_argument("--searches", type=int, default=500, help="a round")
    parser.add_argument("--rounds", type=int, default=7)
    return parser.parse_args()


if __name__ == "__main__":
    main()
