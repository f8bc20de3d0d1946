"""Many tenants in one collection, by a hot field, beside a collection for each of them.

The tenants' sizes fall from the largest to the least as the size of cities does: some have most of
the rows. The one collection has no index but those of its hot values, and its rows came in an order
of chance. Of the others each has an HNSW index from 1,000 rows on. Both sides take turns; questions
are vectors that are not stored, and the truth is an exact search. Writes are batches of new rows.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import psycopg
from common import (
    SEED,
    TENANT,
    add_arguments,
    seconds,
    server,
    show,
    size_text,
    table,
    table_of,
    verdict,
)

from pgrecall import Collection, Hnsw, Hot, Item, Store
from pgrecall._operations.search.planning import FEW_ROWS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

SHARED, OWN = "shared", "docs"
TOGETHER, EACH = "one collection", "a collection each"
RECALL_BAR, TIMES_BAR = 0.97, 1.5
INNER, NOISE, GROUPS, GROUPS_A_TENANT = 64, 0.3, 2_000, 4
PATIENCE = 600
HANDS = 4
CLASSES = ((10_000, None), (1_000, 10_000), (100, 1_000), (0, 100))
"""Rows of a tenant, as lines of the table: with more than so many, up to so many."""


class Tenants:
    """The tenants, their rows, and questions of each."""

    def __init__(self, args: argparse.Namespace) -> None:
        """Make them; the same each time."""
        ranks = np.arange(1, args.tenants + 1)
        power = np.log(args.largest / args.least) / np.log(max(2, args.tenants))
        self.sizes: list[int] = (
            np.maximum(args.least, np.round(args.largest * ranks**-power)).astype(int).tolist()
        )
        self._random = np.random.default_rng(SEED)
        self._centres = self._random.standard_normal((GROUPS, INNER), dtype=np.float32)
        self._inner = self._random.standard_normal((INNER, args.dimensions), dtype=np.float32)
        self.of = np.repeat(np.arange(args.tenants), self.sizes)
        self.starts = np.concatenate(([0], np.cumsum(self.sizes)))
        self.vectors = np.empty((len(self.of), args.dimensions), dtype=np.float32)
        for place in range(0, len(self.of), 10_000):
            some = self.of[place : place + 10_000]
            self.vectors[place : place + 10_000] = self._made(some)
        self.written = 0

    def _made(self, of: NDArray[Any]) -> NDArray[np.float32]:
        """Make vectors as models do: some dimensions in groups, and a little noise in all."""
        groups = self._random.integers(0, GROUPS_A_TENANT, len(of)) + 7 * of
        points = self._centres[groups % GROUPS]
        points = points + 0.6 * self._random.standard_normal(points.shape, dtype=np.float32)
        made = points @ self._inner
        scale = NOISE * np.linalg.norm(made, axis=1, keepdims=True) / np.sqrt(made.shape[1])
        made += scale * self._random.standard_normal(made.shape, dtype=np.float32)
        unit: NDArray[np.float32] = made / np.linalg.norm(made, axis=1, keepdims=True)
        return unit

    @staticmethod
    def name(tenant: int) -> str:
        """Name a tenant."""
        return f"tenant-{tenant:05d}"

    def item(self, row: int) -> Item:
        """Give a stored row."""
        return _item(int(self.of[row]), f"{row:08d}", self.vectors[row])

    def mixed(self) -> Iterator[Item]:
        """Give the rows of all, in an order of chance."""
        for row in np.random.default_rng(SEED + 1).permutation(len(self.of)):
            yield self.item(int(row))

    def own(self, tenant: int) -> Iterator[Item]:
        """Give the rows of one."""
        for row in range(self.starts[tenant], self.starts[tenant + 1]):
            yield self.item(row)

    def questions(self, tenant: int, count: int) -> NDArray[np.float32]:
        """Make vectors that are like a tenant's, and are not stored."""
        return self._made(np.full(count, tenant))

    def new(self, tenant: int, count: int) -> list[Item]:
        """Make rows that a tenant has not."""
        self.written += count
        made = enumerate(self.questions(tenant, count), self.written)
        return [_item(tenant, f"new-{number:08d}", vector) for number, vector in made]


def _item(tenant: int, name: str, vector: NDArray[Any]) -> Item:
    return Item(name, vector, f"text {name}", {"tenant": Tenants.name(tenant)})


class Line(NamedTuple):
    """What was measured of the tenants of some size, by side."""

    tenants: int
    rows: int
    ms: dict[str, list[float]]
    recall: dict[str, list[float]]
    rate: dict[str, list[float]]


def fill(store: Store, tenants: Tenants, args: argparse.Namespace) -> dict[str, dict[str, float]]:
    """Load and index both sides, each in the way that suits it; give the seconds of each step."""
    hot = Hot("text", rows=args.hot_rows)
    store.ensure_collection(TENANT, Collection(SHARED, args.dimensions, fields={"tenant": hot}))
    took: dict[str, dict[str, float]] = {TOGETHER: {}, EACH: {}}
    took[TOGETHER]["load"] = seconds(lambda: store.load(TENANT, SHARED, tenants.mixed()))
    _say(f"{TOGETHER}: loaded in {took[TOGETHER]['load']:.0f} s")
    took[TOGETHER]["index"] = seconds(lambda: index_hot(store))
    _say(f"{TOGETHER}: indexed in {took[TOGETHER]['index']:.0f} s")
    every = range(len(tenants.sizes))
    large = [tenant for tenant in every if tenants.sizes[tenant] > FEW_ROWS]
    small = [tenant for tenant in every if tenants.sizes[tenant] <= FEW_ROWS]

    def make(tenant: int) -> tuple[str, str]:
        of = Collection(OWN, args.dimensions, index=None, fields={"tenant": "text"})
        store.ensure_collection(Tenants.name(tenant), of)
        return Tenants.name(tenant), OWN

    def load_each() -> None:
        for tenant in large:
            store.load(*make(tenant), tenants.own(tenant))
        # which a single batch writes: the waiting for the disk is what takes its time
        with ThreadPoolExecutor(HANDS) as hands:
            for _ in hands.map(lambda t: store.upsert(*make(t), tenants.own(t)), small):
                pass

    def index_each() -> None:
        for tenant in large:
            store.create_index(Tenants.name(tenant), OWN, Hnsw())

    took[EACH]["load"] = seconds(load_each)
    _say(f"{EACH}: loaded in {took[EACH]['load']:.0f} s")
    took[EACH]["index"] = seconds(index_each)
    _say(f"{EACH}: indexed in {took[EACH]['index']:.0f} s")
    return took


def index_hot(store: Store) -> None:
    """Let the hot values be indexed; what is vacuumed after the load is left at first."""
    for _ in range(PATIENCE):
        report = store.maintain(
            TENANT, progress=lambda one: _say(f"{one.task}: {one.seconds:.1f} s")
        )
        if not report.remaining:
            return
        time.sleep(1)
    raise TimeoutError(f"after {PATIENCE} calls of maintain() there is work left")


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)  # what it is at


def measure(
    store: Store, tenants: Tenants, chosen: Sequence[int], args: argparse.Namespace
) -> Line:
    """Search and write for some tenants, by turns."""
    line = Line(
        len(chosen),
        round(statistics.median(tenants.sizes[tenant] for tenant in chosen)),
        *({TOGETHER: [], EACH: []} for _ in range(3)),
    )
    for tenant in chosen:
        name = Tenants.name(tenant)
        places: dict[str, tuple[tuple[str, str], dict[str, Any]]] = {
            TOGETHER: ((TENANT, SHARED), {"filter": {"tenant": name}}),
            EACH: ((name, OWN), {}),
        }
        sides = list(places)
        for turn, question in enumerate(tenants.questions(tenant, args.questions)):
            truth = {match.id for match in store.search(name, OWN, question, exact=True)}
            for side in sides if turn % 2 else reversed(sides):
                where, of = places[side]
                found = {match.id for match in store.search(*where, question, **of)}
                line.recall[side].append(len(found & truth) / max(1, len(truth)))
                again = seconds(lambda w=where, o=of, q=question: store.search(*w, q, **o))
                line.ms[side].append(1_000 * again)
        for turn in range(args.rounds):
            rows = tenants.new(tenant, args.written)
            for side in sides if turn % 2 else reversed(sides):
                where, _ = places[side]
                took = seconds(lambda w=where, r=rows: store.upsert(*w, r))
                line.rate[side].append(args.written / took)
    return line


def sizes_of(dsn: str, store: Store, tenants: Tenants) -> dict[str, tuple[int, int]]:
    """Give the bytes of both sides, of tables and of their indexes."""
    names = [
        str(one.table_name)
        for tenant in range(len(tenants.sizes))
        for one in store.list_collections(Tenants.name(tenant))
    ]
    with psycopg.connect(dsn) as connection:

        def size(tables: list[str]) -> tuple[int, int]:
            query = (
                "SELECT coalesce(sum(pg_table_size(name::regclass)), 0)::bigint,"
                " coalesce(sum(pg_indexes_size(name::regclass)), 0)::bigint"
                " FROM unnest(%s::text[]) AS name"
            )
            row = connection.execute(query, [tables]).fetchone()
            return (int(row[0]), int(row[1])) if row else (0, 0)

        return {TOGETHER: size([table_of(store, SHARED)]), EACH: size(names)}


def main() -> None:
    """Measure and print."""
    args = _arguments()
    columns = ("tenants", "rows", "p50 ms", "each: p50 ms", "times", "recall", "each: recall")
    made = table(
        "Many tenants in one collection", "a tenant's rows", *columns,
        "rows/s written", "each: rows/s", "share", "",
    )  # fmt: skip
    results: dict[str, Any] = {"lines": []}
    tenants = Tenants(args)
    _say(f"{len(tenants.sizes):,} tenants, {len(tenants.of):,} rows")
    with server(args.dsn) as dsn, Store(dsn) as store:
        results["seconds"] = fill(store, tenants, args)
        results["bytes"] = sizes_of(dsn, store, tenants)
        hot = store.describe_collection(TENANT, SHARED)
        results["hot"] = None if hot is None else str(hot.fields)
        results["hot_values"] = sum(size > args.hot_rows for size in tenants.sizes)
        # the table as it is, not as tidying beside may leave it
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute("CHECKPOINT")
        for low, high in CLASSES:
            within = [
                tenant
                for tenant, size in enumerate(tenants.sizes)
                if size > low and (high is None or size <= high)
            ]
            if within:
                step = max(1, len(within) // args.sampled)
                line = measure(store, tenants, within[::step][: args.sampled], args)
                _add(made, results["lines"], (low, high), len(within), line)
                _say(f"measured: tenants of more than {low:,} rows")
        _clean(store, tenants, args)
    rows = f"{len(tenants.of):,} rows of {args.dimensions} dimensions"
    notes = [
        (
            f"{len(tenants.sizes):,} tenants, {rows}; the largest has {max(tenants.sizes):,} rows."
            f" {TOGETHER}: Hot(rows={args.hot_rows:,}), {results['hot_values']} hot values;"
            f" {EACH}: HNSW from {FEW_ROWS:,} rows on."
        ),
        (
            f"Of each line {args.sampled} tenants at most are measured, {args.questions} questions"
            f" and {args.rounds} batches of {args.written} rows for each; times: the p50 of"
            f" {TOGETHER} by"
            f" that of {EACH}; share: the same of rows written."
        ),
        f"Bars: recall {RECALL_BAR}, {TIMES_BAR} times the p50 of {EACH}.",
        (
            f"Load: one call of load(), and {EACH} one for each tenant with an index, the others by"
            f" upsert() at {HANDS} hands. Index: with measuring its recall."
        ),
    ]
    show(results, [made, _whole(results)], notes, args)


def _whole(results: dict[str, Any]) -> Any:
    made = table("Both sides as a whole", "side", "load s", "index s", "tables", "indexes", "disk")
    for side in (TOGETHER, EACH):
        took, (rows, indexes) = results["seconds"][side], results["bytes"][side]
        made.add_row(
            side,
            f"{took['load']:,.0f}",
            f"{took['index']:,.0f}",
            *map(size_text, (rows, indexes, rows + indexes)),
        )
    return made


def _add(made: Any, lines: list[Any], bounds: tuple[int, int | None], of: int, line: Line) -> None:
    low, high = bounds
    middle = {side: statistics.median(times) for side, times in line.ms.items()}
    recall = {side: statistics.fmean(shares) for side, shares in line.recall.items()}
    rate = {side: statistics.median(rates) for side, rates in line.rate.items()}
    times, share = middle[TOGETHER] / middle[EACH], rate[TOGETHER] / rate[EACH]
    lines.append(
        {"rows": bounds, "tenants": of, "measured": line.tenants, "median_rows": line.rows}
        | {"ms": middle, "recall": recall, "rows_a_second": rate, "times": times, "share": share}
    )
    made.add_row(
        f"more than {low:,}" if high is None else f"{low + 1:,} to {high:,}",
        f"{of:,}",
        f"{line.rows:,}",
        f"{middle[TOGETHER]:.2f}",
        f"{middle[EACH]:.2f}",
        f"{times:.2f}",
        f"{recall[TOGETHER]:.3f}",
        f"{recall[EACH]:.3f}",
        f"{rate[TOGETHER]:,.0f}",
        f"{rate[EACH]:,.0f}",
        f"{share:.2f}",
        verdict(met=recall[TOGETHER] >= RECALL_BAR and times <= TIMES_BAR),
    )


def _clean(store: Store, tenants: Tenants, args: argparse.Namespace) -> None:
    """Leave nothing on a server of the user's own."""
    if args.dsn is None:
        return
    store.drop_collection(TENANT, SHARED)
    for tenant in range(len(tenants.sizes)):
        store.drop_collection(Tenants.name(tenant), OWN)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(parser)
    parser.add_argument("--tenants", type=int, default=1_000)
    parser.add_argument("--largest", type=int, default=100_000, help="rows of the largest tenant")
    parser.add_argument("--least", type=int, default=10, help="rows of the smallest")
    parser.add_argument("--hot-rows", type=int, default=10_000, help="what Hot(rows=) is given")
    parser.add_argument("--dimensions", type=int, default=384)
    parser.add_argument("--sampled", type=int, default=8, help="tenants measured for each line")
    parser.add_argument("--questions", type=int, default=20, help="questions for each tenant")
    parser.add_argument("--rounds", type=int, default=5, help="batches written for each tenant")
    parser.add_argument("--written", type=int, default=100, help="rows of a batch")
    return parser.parse_args()


if __name__ == "__main__":
    main()
