"""How fast rows are written: ratios to a raw, pre-encoded binary COPY of the same rows.

The floor is a COPY into a table made ``LIKE ... INCLUDING ALL`` of the collection's own, so with
its indexes and generated column, of a stream that was encoded before the clock began. Beside it is
what one would write by hand, a COPY of psycopg's, row by row. Every round runs every contender
once, each on a table of its own after a CHECKPOINT, in a rotating order.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import struct
import subprocess
import sys
import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
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
    table_of,
    vectors,
    verdict,
    without_analysis,
)
from pgvector.psycopg import register_vector
from psycopg.types.json import Jsonb

from pgrecall import Change, Item, Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

BARS = {"load": 0.8, "upsert, new ids": 0.55, "upsert, overwriting": 0.4}
BY_HAND_BARS = {"load": 0.8, "upsert, overwriting": 0.6}
"""Of the speed of a COPY by hand."""
LISTS_BAR = 0.9
"""Of the speed of arrays."""
UPDATE_BAR = 0.5
"""Of the speed of ``upsert`` that overwrites: what ``update`` changes of the metadata."""
ANALYSIS_BAR = 0.9
"""Of the speed of a load whose texts go to ``to_tsvector`` as they are."""
BY_HAND = "load, to_tsvector by hand"
ONE_ITEM_BAR = 1.3
_BLOCK = 128 * 1024
_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_INSERT = (
    "INSERT INTO {} (id, text, embedding, metadata) VALUES (%b, %b, %b, %b)"
    " ON CONFLICT (id) DO UPDATE SET text = excluded.text, embedding = excluded.embedding,"
    " metadata = excluded.metadata, updated_at = now()"
)


def encoded(rows: Sequence[Item]) -> list[bytes]:
    """Encode rows as a binary COPY stream, independently of the package."""
    parts = [_HEADER]
    for item in rows:
        numbers = np.asarray(item.vector, dtype=">f4")
        columns = (
            item.id.encode(),
            item.text.encode(),
            struct.pack(">hh", len(numbers), 0) + numbers.tobytes(),
            b"\1" + json.dumps(item.metadata, separators=(",", ":")).encode(),
        )
        parts.append(struct.pack(">h", len(columns)))
        for column in columns:
            parts += (struct.pack(">i", len(column)), column)
    stream = b"".join([*parts, b"\xff\xff"])
    return [stream[start : start + _BLOCK] for start in range(0, len(stream), _BLOCK)]


def changed(rows: Sequence[Item]) -> list[Item]:
    """Give each id the content of its neighbour, so that overwriting changes every column."""
    others = [*rows[1:], *rows[:1]]
    return [replace(other, id=row.id) for row, other in zip(rows, others, strict=True)]


def marks(rows: Sequence[Item]) -> list[Change]:
    """Change one key of each item's metadata."""
    return [Change(row.id, set={"reviewed": place}) for place, row in enumerate(rows)]


class Contest:
    """The contenders of one number of dimensions."""

    def __init__(
        self, store: Store, admin: psycopg.Connection[Any], rows: dict[str, list[Item]]
    ) -> None:
        """Prepare what each contender writes; ``rows`` are by the form of their vectors."""
        self._store, self._admin = store, admin
        first = next(iter(rows.values()))
        self._count, self._dimensions = len(first), len(first[0].vector)  # type: ignore[arg-type]  # an array
        self.contenders: dict[str, Callable[[], float]] = {
            "raw COPY": partial(self._raw, partial(self._copy, encoded(first))),
            "COPY by hand": partial(self._raw, partial(self._copy_by_hand, first)),
        }
        for form, given in rows.items():
            self.contenders |= {
                f"load, {form}": partial(self._write, store.load, given),
                f"upsert, new ids, {form}": partial(self._write, store.upsert, given),
                f"upsert, overwriting, {form}": partial(
                    self._write, store.upsert, changed(given), before=given
                ),
            }
        self.contenders[BY_HAND] = partial(self._write, store.load, first, analysed=False)
        before, changes = next(iter(rows.values())), marks(first)
        self.contenders["update, metadata"] = partial(
            self._write, store.update, changes, before=before
        )

    def run(self, rounds: int) -> dict[str, list[float]]:
        """Give each contender's rows a second, a number a round."""
        rates: dict[str, list[float]] = {name: [] for name in self.contenders}
        order = list(self.contenders)
        for _ in range(rounds):
            for name in order:
                rates[name].append(self._count / self.contenders[name]())
            order = [*order[1:], order[0]]
        return rates

    def _raw(self, copy: Callable[[], None]) -> float:
        self._make()
        self._admin.execute(f"CREATE TABLE raw (LIKE {self._table()} INCLUDING ALL)")
        self._admin.execute("CHECKPOINT")
        taken = seconds(copy)
        self._admin.execute("DROP TABLE raw")
        self._store.drop_collection(TENANT, "writes")
        return taken

    def _copy(self, blocks: list[bytes]) -> None:
        query = "COPY raw (id, text, embedding, metadata) FROM STDIN WITH (FORMAT BINARY)"
        with self._admin.cursor().copy(query) as copy:
            for block in blocks:
                copy.write(block)

    def _copy_by_hand(self, rows: Sequence[Item]) -> None:
        query = "COPY raw (id, text, embedding, metadata) FROM STDIN WITH (FORMAT BINARY)"
        with self._admin.cursor().copy(query) as copy:
            copy.set_types(["text", "text", "vector", "jsonb"])
            for item in rows:
                copy.write_row((item.id, item.text, item.vector, Jsonb(item.metadata)))

    def _write(
        self,
        verb: Callable[..., int],
        rows: Sequence[Item | Change],
        before: list[Item] | None = None,
        *,
        analysed: bool = True,
    ) -> float:
        self._make()
        if not analysed:
            without_analysis(self._admin, self._table())
        if before is not None:
            self._store.load(TENANT, "writes", before)
            self._admin.execute(f"VACUUM ANALYZE {self._table()}")
        self._admin.execute("CHECKPOINT")
        taken = seconds(lambda: verb(TENANT, "writes", rows))
        stored = self._store.count(TENANT, "writes")
        if stored != self._count:
            msg = f"{stored} rows are stored, not {self._count}"
            raise RuntimeError(msg)
        self._store.drop_collection(TENANT, "writes")
        return taken

    def _make(self) -> None:
        self._store.ensure_collection(TENANT, collection("writes", self._dimensions))

    def _table(self) -> str:
        return table_of(self._store, "writes")


def one_item(
    store: Store, admin: psycopg.Connection[Any], rows: Sequence[Item]
) -> dict[str, dict[str, list[float]]]:
    """Time single items, the store's and a bound INSERT's by turns: new ids, then the same."""
    store.ensure_collection(TENANT, collection("one", len(rows[0].vector)))  # type: ignore[arg-type]  # an array
    admin.execute(f"CREATE TABLE one (LIKE {table_of(store, 'one')} INCLUDING ALL)")
    query = _INSERT.format("one")

    def bare(item: Item) -> None:
        values = (item.id, item.text, item.vector, Jsonb(item.metadata))
        admin.execute(query, values, prepare=True)

    def ours(item: Item) -> None:
        store.upsert(TENANT, "one", [item])

    spare = [replace(row, id=f"warm-up {row.id}") for row in rows[:20]]
    for item in spare:
        bare(item)
        ours(item)
    times: dict[str, dict[str, list[float]]] = {}
    for kind, given in {"new id": rows, "overwriting": changed(rows)}.items():
        admin.execute("CHECKPOINT")
        turns = times[kind] = {"bare": [], "ours": []}
        for place, item in enumerate(given):
            pair = [("bare", bare), ("ours", ours)]
            for name, write in pair if place % 2 else reversed(pair):
                turns[name].append(1_000 * seconds(partial(write, item)))
    admin.execute("DROP TABLE one")
    store.drop_collection(TENANT, "one")
    return times


def memory_growth(dsn: str, count: int, dimensions: int) -> dict[str, float]:
    """Measure in a process of its own what upserting a generator of rows adds to its peak."""
    command = [sys.executable, __file__, "--dsn", dsn, "--memory-child", str(count)]
    command += ["--dimensions", str(dimensions)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout))


def memory_child(dsn: str, count: int, dimensions: int) -> None:
    """Upsert rows that are made on the way, and print how far the peak rose."""
    block = vectors(1_000, dimensions)
    metadata = {"kind": "tool", "year": 2024}

    def made(total: int) -> Iterator[Item]:
        for row in range(total):
            vector = block[row % len(block)].copy()
            yield Item(f"doc-{row:08d}", vector, f"the text of row {row}", metadata)

    with Store(dsn) as store:
        store.ensure_collection(TENANT, collection("memory", dimensions))
        store.upsert(TENANT, "memory", made(500))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        start = time.perf_counter()
        store.upsert(TENANT, "memory", made(count))
        taken = time.perf_counter() - start
        growth = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        store.drop_collection(TENANT, "memory")
    unit = 2**20 if sys.platform == "darwin" else 2**10
    print(json.dumps({"rows": count, "growth_mb": growth / unit, "rows_s": count / taken}))


def main() -> None:
    """Measure and print."""
    args = _arguments()
    if args.memory_child:
        memory_child(args.dsn, args.memory_child, args.dimensions[0])
        return
    rows = read_rows(args.rows)
    results: dict[str, Any] = {"rows": args.rows, "rounds": args.rounds, "source": rows.source}
    tables = []
    with (
        server(args.dsn) as dsn,
        Store(dsn) as store,
        psycopg.connect(dsn, autocommit=True) as admin,
    ):
        store.list_collections(TENANT)
        register_vector(admin)
        for dimensions in args.dimensions:
            matrix = vectors(args.rows, dimensions)
            given = {form: items(rows, matrix, as_lists=form == "lists") for form in args.vectors}
            rates = Contest(store, admin, given).run(args.rounds)
            results[f"bulk {dimensions}d"] = rates
            tables += [_bulk_table(dimensions, rates), _analysis_table(dimensions, rates)]
            times = one_item(store, admin, items(rows, matrix)[: args.singles])
            results[f"one item {dimensions}d"] = times
            tables.append(_one_item_table(dimensions, times))
        if args.memory:
            sizes = (args.rows, 10 * args.rows)
            grown = [memory_growth(dsn, size, args.dimensions[0]) for size in sizes]
            results["memory"] = grown
            tables.append(_memory_table(args.dimensions[0], grown))
    note = f"{args.rows:,} rows: {rows.source}; median (lowest-highest) of {args.rounds} rounds."
    show(results, tables, [note], args)


def _bulk_table(dimensions: int, rates: dict[str, list[float]]) -> Any:
    made = table(
        f"Bulk writes, {dimensions} dimensions",
        *("contender", "rows/s", "ratio to raw", "bar", "", "ratio to COPY by hand", "bar", ""),
        *("ratio to arrays", "bar", ""),
    )
    floor, hand = (statistics.median(rates[name]) for name in ("raw COPY", "COPY by hand"))
    for name, values in rates.items():
        ratio = statistics.median(values) / floor
        bar = BARS.get(name.rpartition(", ")[0]) if name != BY_HAND else None
        if name == "update, metadata":
            overwriting = next(one for one in rates if one.startswith("upsert, overwriting"))
            bar = UPDATE_BAR * statistics.median(rates[overwriting]) / floor
        kind, _, form = name.rpartition(", ")
        middle = statistics.median(values)
        of_arrays: list[str] = []
        if form == "lists":
            arrays = statistics.median(rates.get(f"{kind}, arrays", values))
            of_arrays = _judged(middle / arrays, LISTS_BAR)
        made.add_row(
            *(name, median_and_range(values), *_judged(ratio, bar)),
            *_judged(middle / hand, BY_HAND_BARS.get(kind) if form == "arrays" else None),
            *of_arrays,
        )
    return made


def _analysis_table(dimensions: int, rates: dict[str, list[float]]) -> Any:
    made = table(
        f"Text analysis against to_tsvector by hand, {dimensions} dimensions, rows/s of a load",
        *("", "texts as they are", "analysed", "ratio", "bar", ""),
    )
    loaded = next(one for one in rates if one.startswith("load, "))
    plain, analysed = rates[BY_HAND], rates[loaded]
    ratio = statistics.median(analysed) / statistics.median(plain)
    row = (median_and_range(plain), median_and_range(analysed), *_judged(ratio, ANALYSIS_BAR))
    made.add_row(loaded, *row)
    return made


def _judged(ratio: float, bar: float | None) -> list[str]:
    judged = [f">= {bar:.2g}", verdict(met=ratio >= bar)] if bar else ["", ""]
    return [f"{ratio:.2f}", *judged]


def _one_item_table(dimensions: int, times: dict[str, dict[str, list[float]]]) -> Any:
    made = table(
        f"One item, {dimensions} dimensions, p50 ms",
        "",
        "bare INSERT",
        "upsert",
        "ratio",
        "bar",
        "",
    )
    for kind, by_name in times.items():
        bare, ours = (statistics.median(by_name[name]) for name in ("bare", "ours"))
        met = verdict(met=ours <= ONE_ITEM_BAR * bare)
        row = (f"{bare:.3f}", f"{ours:.3f}", f"{ours / bare:.2f}", f"<= {ONE_ITEM_BAR}", met)
        made.add_row(kind, *row)
    return made


def _memory_table(dimensions: int, grown: list[dict[str, float]]) -> Any:
    made = table(
        f"Growth of peak memory, upsert of a generator, {dimensions} dimensions",
        *("rows", "growth, MB", "rows/s"),
    )
    for each in grown:
        made.add_row(f"{each['rows']:,}", f"{each['growth_mb']:.1f}", f"{each['rows_s']:,.0f}")
    return made


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    add_arguments(parser)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--dimensions", type=int, nargs="+", default=[384, 1536])
    parser.add_argument(
        *("--vectors", "-v"), nargs="+", default=["arrays", "lists"], choices=["arrays", "lists"]
    )
    parser.add_argument("--singles", type=int, default=300, help="items written one by one")
    parser.add_argument("--memory", action="store_true", help="peak memory too (slow)")
    parser.add_argument("--memory-child", type=int, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
