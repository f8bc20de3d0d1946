"""Filters that lie far from the question, and filters of many values: recall and ratios.

``far``: rows in clusters, half of them, a fifth or all but the question's own match and lie far
from the question; the same shares at random beside them; then the nearest rows deleted and not
vacuumed.
What the store chooses is compared with the better of an exact search and of the index with enough
effort, where it recalls 0.95 at all.

``values``: one key without an index of its own, and 1 to 10,000 values of it: as ``$in``, as
``$or`` of equals, and with values more that no row has. Each is compared with the best of them.
"""

from __future__ import annotations

import argparse
import math
import statistics
from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg
from common import TENANT, add_arguments, seconds, server, show, table, table_of, verdict
from psycopg import sql

from pgrecall import Collection, Hnsw, Item, Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

FAR, VALUES = "far", "values"
FAR_BAR, RECALL_BAR, VALUES_BAR = 1.5, 0.95, 2.0
LOST = 0.5
"""A question that finds less of its neighbours is lost: it was led to a wrong place."""
EFFORTS = (400, 1_000)
COUNTS = (1, 3, 4, 10, 30, 100, 101, 300, 1_000, 10_000)
KEYS = {"unique": None, "a thousand": 1_000, "a hundred": 100}
MOST_EQUALS = 1_000
DELETED = 0.3


class Clusters:
    """Rows around centres, and the centres' order from each of them."""

    def __init__(self, rows: int, dimensions: int, clusters: int) -> None:
        """Make them; the same each time."""
        random = np.random.default_rng(3)
        centres = random.standard_normal((clusters, dimensions))
        self.of = random.integers(0, clusters, rows)
        noise = random.standard_normal((rows, dimensions))
        self.vectors: NDArray[np.float32] = (centres[self.of] + 0.7 * noise).astype(np.float32)
        unit = centres / np.linalg.norm(centres, axis=1, keepdims=True)
        self.order = np.argsort(-(unit @ unit.T), axis=1)

    def items(self) -> Iterator[Item]:
        """Give the rows as items."""
        for place, vector in enumerate(self.vectors):
            metadata = {"source": int(self.of[place]), "random": place * 7919 % len(self.vectors)}
            yield Item(f"{place:08d}", vector, f"text {place}", metadata)

    def filters(self, place: int) -> Iterator[tuple[str, dict[str, Any] | None]]:
        """Give filters that lie in some way from a row, with their names."""
        order, rows = self.order[self.of[place]].tolist(), len(self.vectors)
        count = len(order)
        yield "none", None
        for share in (0.5, 0.2, 0.1):
            yield f"{share:.0%} at random", {"random": {"$lt": int(rows * share)}}
        yield "50 %, the farthest", {"source": {"$in": order[count // 2 :]}}
        yield "20 %, the farthest", {"source": {"$in": order[-(count // 5) :]}}
        yield "20 %, neither near nor far", {"source": {"$in": order[3 : 3 + count // 5]}}
        yield "20 %, the nearest", {"source": {"$in": order[: count // 5]}}
        yield "all but the question's own", {"source": {"$ne": order[0]}}


def far(store: Store, dsn: str, args: Any, results: list[dict[str, Any]], found: Any) -> None:
    """Measure filters that lie far, and deleted rows."""
    clusters = Clusters(args.rows, args.dimensions, args.clusters)
    store.ensure_collection(TENANT, Collection(FAR, args.dimensions, index=Hnsw()))
    store.load(TENANT, FAR, clusters.items())
    random = np.random.default_rng(9)
    places = random.integers(0, args.rows, args.questions)
    for limit in args.limits:
        for kind in range(len(list(clusters.filters(0)))):
            asked = []
            for place in places:
                name, filter_ = list(clusters.filters(place))[kind]
                asked.append((_moved(clusters, place, random), filter_))
            _measure_far(store, name, asked, limit, results, found)
    place = int(places[0])
    with psycopg.connect(dsn, autocommit=True) as connection:
        _delete_nearest(connection, table_of(store, FAR), clusters.vectors[place], args.rows)
    asked = [(_moved(clusters, place, random), None) for _ in places]
    _measure_far(store, f"{DELETED:.0%} deleted, the nearest", asked, 10, results, found)
    store.drop_collection(TENANT, FAR)


def _moved(clusters: Clusters, place: int, random: Any) -> NDArray[np.float32]:
    vector = clusters.vectors[place]
    moved: NDArray[np.float32] = vector + 0.05 * random.standard_normal(len(vector))
    return moved.astype(np.float32)


def _delete_nearest(connection: Any, name: str, vector: Any, rows: int) -> None:
    of = sql.SQL(name)  # type: ignore[arg-type]  # quoted as SQL needs it
    connection.execute(sql.SQL("ALTER TABLE {} SET (autovacuum_enabled = off)").format(of))
    connection.execute(
        sql.SQL(
            "DELETE FROM {} WHERE id IN"
            " (SELECT id FROM {} ORDER BY (embedding <=> %s::vector) + 0 LIMIT %s)"
        ).format(of, of),
        [str(vector.tolist()), round(rows * DELETED)],
    )


def _measure_far(
    store: Store, name: str, asked: list[Any], limit: int, results: list[Any], found: Any
) -> None:
    ways: dict[str, dict[str, Any]] = {"chosen": {}, "exact": {"exact": True}}
    ways |= {f"ef {ef}": {"exact": False, "ef_search": ef} for ef in EFFORTS}
    times: dict[str, list[float]] = {way: [] for way in ways}
    recalls: dict[str, list[float]] = {way: [] for way in ways}
    for turn, (query, filter_) in enumerate(asked):

        def search(how: Any, query: Any = query, filter_: Any = filter_) -> Any:
            return store.search(TENANT, FAR, query, limit=limit, filter=filter_, **how)

        truth = {match.id for match in search({"exact": True})}
        order = list(ways)[turn % len(ways) :] + list(ways)[: turn % len(ways)]
        for way in order:
            answer = {match.id for match in search(ways[way])}
            recalls[way].append(len(answer & truth) / max(1, len(truth)))
            times[way].append(seconds(lambda how=ways[way], s=search: s(how)))
    middle = {way: 1_000 * statistics.median(values) for way, values in times.items()}
    recall = {way: statistics.fmean(values) for way, values in recalls.items()}
    error = {
        way: statistics.pstdev(values) / math.sqrt(len(asked)) for way, values in recalls.items()
    }
    lost = statistics.fmean(share < LOST for share in recalls["chosen"])
    enough = [way for way in ways if way.startswith("ef") and recall[way] >= RECALL_BAR]
    index = min((middle[way] for way in enough), default=None)
    better = min(middle["exact"], index or middle["exact"])
    ratio = middle["chosen"] / better
    line = {"filter": name, "limit": limit, "recall": recall, "error": error, "lost": lost}
    results.append({**line, "ms": middle, "ratio": ratio})
    found.add_row(
        f"{name}, limit {limit:,}",
        f"{recall['chosen']:.3f} ± {error['chosen']:.3f}",
        f"{lost:.1%}",
        f"{middle['chosen']:.1f}",
        f"{middle['exact']:.1f}",
        "-" if index is None else f"{index:.1f}",
        f"{ratio:.2f}",
        verdict(met=recall["chosen"] >= RECALL_BAR and ratio <= FAR_BAR),
    )


def values(store: Store, dsn: str, rows: int, args: Any, results: list[Any], found: Any) -> None:
    """Measure one key and many values, in the forms that mean the same."""
    store.ensure_collection(TENANT, Collection(VALUES, args.width))
    vectors = np.random.default_rng(1).standard_normal((rows, args.width)).astype(np.float32)
    store.load(
        TENANT,
        VALUES,
        (
            Item(
                str(n), vectors[n], f"text {n}", {key: n % (of or rows) for key, of in KEYS.items()}
            )
            for n in range(rows)
        ),
    )
    with psycopg.connect(dsn, autocommit=True) as connection:  # as autovacuum does soon
        name = sql.SQL(table_of(store, VALUES))  # type: ignore[arg-type]  # quoted as SQL needs it
        connection.execute(sql.SQL("VACUUM (ANALYZE) {}").format(name))
    for key, of in KEYS.items():
        for count in COUNTS:
            distinct = of or rows
            if count > distinct:
                continue
            wanted = [place * (distinct // count) for place in range(count)]
            more = [-1 - place for place in range(count)]
            forms: dict[str, Any] = {"$in": {key: {"$in": wanted}}}
            forms["with as many that no row has"] = {key: {"$in": wanted + more}}
            if count <= MOST_EQUALS:
                forms["$or of equals"] = {"$or": [{key: value} for value in wanted]}
            times: dict[str, list[float]] = {form: [] for form in forms}
            for _ in range(args.rounds):
                for form, filter_ in forms.items():
                    action = lambda f=filter_: store.search(TENANT, VALUES, vectors[0], filter=f)  # noqa: E731  # timed
                    action()
                    times[form].append(seconds(action))
            middle = {form: 1_000 * min(each) for form, each in times.items()}
            worst = max(middle.values()) / min(middle.values())
            line = {"rows": rows, "width": args.width, "key": key, "values": count}
            results.append({**line, "ms": middle})
            found.add_row(
                f"{rows:,} rows, {key}, {count:,} values",
                f"{middle['$in']:.2f}",
                f"{middle['$or of equals']:.2f}" if "$or of equals" in middle else "-",
                f"{middle['with as many that no row has']:.2f}",
                f"{worst:.2f}",
                verdict(met=worst <= VALUES_BAR),
            )
    store.drop_collection(TENANT, VALUES)


def main() -> None:
    """Measure and print."""
    args = _arguments()
    columns = ("recall", "lost", "chosen ms", "exact ms", "index ms", "to better", "")
    of_far = table("Filters that lie far", "filter, limit", *columns)
    columns = ("$in ms", "$or ms", "more values ms", "worst to best", "")
    of_values = table("Filters of many values", "rows, values of the key, values asked", *columns)
    results: dict[str, list[Any]] = {FAR: [], VALUES: []}
    with server(args.dsn) as dsn, Store(dsn) as store:
        if FAR in args.parts:
            far(store, dsn, args, results[FAR], of_far)
        if VALUES in args.parts:
            for rows in args.sizes:
                values(store, dsn, rows, args, results[VALUES], of_values)
    tables = {FAR: of_far, VALUES: of_values}
    told = (
        f"recall: of {args.questions} questions, ± its standard error; lost: those that found less"
        f" than {LOST:.0%} of their neighbours"
    )
    notes = [told] if FAR in args.parts else []
    show(results, [tables[part] for part in args.parts], notes, args)


def _arguments() -> Any:
    parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(parser)
    parser.add_argument("--parts", nargs="+", choices=(FAR, VALUES), default=[FAR, VALUES])
    parser.add_argument("--rows", type=int, default=200_000, help="rows in clusters")
    parser.add_argument("--dimensions", type=int, default=64)
    parser.add_argument("--clusters", type=int, default=50)
    parser.add_argument("--questions", type=int, default=8, help="questions for each line")
    parser.add_argument("--limits", type=int, nargs="+", default=[10, 1_000, 5_000])
    parser.add_argument("--sizes", type=int, nargs="+", default=[3_000, 12_000, 50_000, 200_000])
    parser.add_argument("--width", type=int, default=8, help="dimensions of rows of many values")
    parser.add_argument("--rounds", type=int, default=5)
    return parser.parse_args()


if __name__ == "__main__":
    main()
