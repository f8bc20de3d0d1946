"""Text searches of 50,000 to a million texts: p50, p95 and the share of exact BM25's ten best.

Real texts alone: short ones (descriptions of packages, paragraphs) and long ones (documentation of
what is installed). Questions are of four kinds: rare words, common words alone, three to ten words
of a text that is no row, and lone words that up to a fifth of the texts hold. The oracle is exact
BM25 outside PostgreSQL over the lexemes that are stored; rows as good as the tenth count as right.
Where the database of --dsn has the extension pg_textsearch, a second collection of the same texts
with text_index=Bm25() is asked beside the first, by turns.
Each step that is done is kept in the folder: after a break, the same command goes on.
"""

from __future__ import annotations

import argparse
import shutil
import time
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg
from bm25_oracle import K, Oracle, Truth
from common import (
    SEED,
    TENANT,
    add_arguments,
    show,
    spread,
    table,
    table_of,
    verdict,
)
from headline_state import State
from psycopg import sql
from scale_texts import LEFT_OUT, long, short, taken

from pgrecall import Bm25, Collection, Item, Store, embedded
from pgrecall._statements.analysis import NEWEST

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

CELLS = ("50000", "100000", "200000", "1000000", "200000:long")
KINDS = ("rare words", "common words", "3 to 10 words", "a lone word")
SHARE_BAR, SPREAD_BAR, GROWTH_BAR = 0.98, 5.0, 3.0
"""Share of the ten best at least; p95 to p50; p50 at a million to that at 100,000."""
GROWN = ("100000", "1000000")
LONE = 4
INDEXED = "bm25"
"""What stands in the names of what has an index of the extension."""
QUANTILES = ("p50", "p95")
_RARE, _COMMON = 0.0005, 0.02
_ROUNDS, _LONGEST, _SHORTEST, _LETTERS = 3, 10, 3, 3


def lexemes_of(connection: psycopg.Connection[Any], schema: str, text: str) -> dict[str, int]:
    """Give the lexemes of a question, each with how often it stands there."""
    analysed = sql.SQL(
        "SELECT lexeme, cardinality(positions) FROM"
        " unnest(to_tsvector('english', {}(%s, false, true)))"
    ).format(sql.Identifier(schema, f"analysis_{NEWEST}_form"))
    return dict(connection.execute(analysed, (text,)).fetchall())


def questions(
    connection: psycopg.Connection[Any], name: str, left_out: Sequence[str], count: int
) -> dict[str, list[str]]:
    """Make questions of each kind, by how many rows hold a word."""
    read = sql.SQL("SELECT word, ndoc FROM ts_stat({})").format(
        sql.Literal(sql.SQL("SELECT tsv FROM {}").format(sql.SQL(name)).as_string())
    )
    held = dict(connection.execute(read).fetchall())
    total = sql.SQL("SELECT count(*) FROM {}").format(sql.SQL(name))
    [rows] = connection.execute(total).fetchone() or (0,)
    random = np.random.default_rng(SEED)

    def is_itself(word: str) -> bool:
        usable = word.isascii() and word.isalpha() and len(word) >= _LETTERS
        return usable and lexemes_of(connection, "pgrecall", word) == {word: 1}

    words = sorted(held)
    shuffled = [words[place] for place in random.permutation(len(words))]
    rare: list[str] = []
    for word in shuffled:
        if 1 < held[word] <= _RARE * rows and is_itself(word):
            rare.append(word)
            if len(rare) == 2 * count:
                break
    common = [word for word in words if held[word] >= _COMMON * rows and is_itself(word)]
    lone = sorted(common, key=lambda word: abs(held[word] / rows - 0.2))[:LONE]
    asked: dict[str, list[str]] = {kind: [] for kind in KINDS}
    for number in range(count):
        asked[KINDS[0]].append(" ".join(rare[2 * number : 2 * number + 1 + number % 2]))
        asked[KINDS[1]].append(" ".join(random.choice(common, 2 + number % 3, replace=False)))
    for text in left_out:
        length = _SHORTEST + len(asked[KINDS[2]]) % (_LONGEST - _SHORTEST + 1)
        found = text.split(": ", 1)[-1].split()[:length]
        if len(found) == length and len(asked[KINDS[2]]) < count:
            asked[KINDS[2]].append(" ".join(found))
    asked[KINDS[3]] = lone
    return asked


class Scale:
    """The cells of a run, on one server."""

    def __init__(self, folder: Path, dsn: str, lists: Sequence[Path], count: int) -> None:
        """Use a server that is up."""
        self.state, self._dsn, self._lists, self._count = State(folder), dsn, lists, count
        self._read: tuple[str, tuple[list[str], list[str]]] = ("", ([], []))

    def measure(self, cell: str, *, keep: bool) -> dict[str, Any]:
        """Do what of a cell is not done."""
        rows, _, kind = cell.partition(":")
        with Store(self._dsn) as store, psycopg.connect(self._dsn, autocommit=True) as connection:
            load = partial(self._load, store, connection, cell, int(rows), are_long=kind == "long")
            there = "SELECT FROM pg_extension WHERE extname = 'pg_textsearch'"
            extended = connection.execute(there).rowcount > 0
            for step, action in (
                ("load", load),
                *([(INDEXED, partial(load, text_index=Bm25()))] if extended else []),
                ("asked", partial(self._asked, store, connection, cell)),
                ("true", partial(self._true, store, connection, cell)),
                ("search", partial(self._search, store, cell)),
            ):
                print(f"{cell}: {step}", flush=True)
                self.state.once(cell, step, action)
            if not keep:
                self.state.once(cell, "dropped", lambda: self._drop(store, cell))
        return self.state.of(cell)

    def _load(
        self,
        store: Store,
        connection: psycopg.Connection[Any],
        cell: str,
        rows: int,
        *,
        are_long: bool,
        text_index: Bm25 | None = None,
    ) -> dict[str, Any]:
        if self._read[0] != cell:  # reading them takes longer than loading
            source = long() if are_long else short(self._lists)
            self._read = (cell, taken(source, rows, are_long=are_long))
        texts, left_out = self._read[1]
        name = cell if text_index is None else f"{cell} {INDEXED}"
        store.drop_collection(TENANT, name)  # of a run that was broken off
        store.ensure_collection(TENANT, Collection(name, 16, text_index=text_index))
        start = time.perf_counter()
        store.load(TENANT, name, (Item(f"{n:08d}", None, text) for n, text in enumerate(texts)))
        took = time.perf_counter() - start
        analyse = sql.SQL("VACUUM ANALYZE {}").format(sql.SQL(table_of(store, name)))
        connection.execute(analyse)
        characters = sum(map(len, texts)) / len(texts)
        return {"seconds": took, "characters": characters, "left_out": left_out[:LEFT_OUT]}

    @staticmethod
    def _drop(store: Store, cell: str) -> int:
        names = (cell, f"{cell} {INDEXED}")
        return sum(store.drop_collection(TENANT, name) for name in names)

    def _asked(
        self, store: Store, connection: psycopg.Connection[Any], cell: str
    ) -> dict[str, list[str]]:
        left_out = self.state.of(cell)["load"]["left_out"]
        return questions(connection, table_of(store, cell), left_out, self._count)

    def _true(
        self, store: Store, connection: psycopg.Connection[Any], cell: str
    ) -> dict[str, list[tuple[int, list[int]]]]:
        asked = {
            kind: [lexemes_of(connection, "pgrecall", text) for text in texts]
            for kind, texts in self.state.of(cell)["asked"].items()
        }
        every = sorted({word for kind in asked.values() for one in kind for word in one})
        oracle = Oracle(connection, table_of(store, cell), every)
        return {kind: [tuple(oracle.truth(one)) for one in of] for kind, of in asked.items()}

    def _search(self, store: Store, cell: str) -> dict[str, dict[str, Any]]:
        done = self.state.of(cell)
        names = [cell, f"{cell} {INDEXED}"] if INDEXED in done else [cell]
        told: dict[str, dict[str, Any]] = {}
        for kind, texts in done["asked"].items():
            shares: list[list[float]] = [[] for _ in names]
            times: list[list[float]] = [[] for _ in names]
            for text, true in zip(texts, done["true"][kind], strict=True):
                truth = Truth(*true)
                taken_: list[list[float]] = [[] for _ in names]
                for turn in range(_ROUNDS + 1):  # the first warms
                    for place, name in enumerate(names):
                        start = time.perf_counter()
                        found = store.search_text(TENANT, name, text, limit=K)
                        taken_[place].append(1000 * (time.perf_counter() - start))
                        if truth.wanted and not turn:
                            shares[place].append(truth.share(int(match.id) for match in found))
                for place in range(len(names)):
                    times[place].append(min(taken_[place][1:]))
            every = [
                {"share": fmean(share), "asked": len(took), **spread(took)}
                for share, took in zip(shares, times, strict=True)
            ]
            told[kind] = {**every[0], **({INDEXED: every[1]} if every[1:] else {})}
        return told


def lines(scale: Scale, cells: Sequence[str]) -> Table:
    """Make the table: times as ratios to the median of rare words at the first size."""
    made = table(
        "Text searches by size", "texts", "words", "share of the ten best", "p50", "p95",
        "p95 to p50", "p50 at a million to 100,000", "", "share by Bm25()", "p50", "p95",
    )  # fmt: skip
    every = {cell: scale.state.of(cell).get("search", {}) for cell in cells}
    unit = next(found[KINDS[0]]["p50"] for found in every.values() if found)
    for cell, found in every.items():
        for kind, one in found.items():
            before = every.get(GROWN[0], {}).get(kind)
            growth = one["p50"] / before["p50"] if cell == GROWN[1] and before else None
            ratio = one["p95"] / one["p50"]
            met = one["share"] >= SHARE_BAR and ratio <= SPREAD_BAR
            met = met and (growth is None or growth <= GROWTH_BAR)
            indexed = one.get(INDEXED)
            made.add_row(
                f"{cell} ({one['asked']} questions)", kind, f"{one['share']:.3f}",
                f"{one['p50'] / unit:.1f}", f"{one['p95'] / unit:.1f}", f"{ratio:.1f}",
                "" if growth is None else f"{growth:.1f}", verdict(met=met),
                *(
                    ("", "", "") if indexed is None else
                    (f"{indexed['share']:.3f}", *(f"{indexed[p] / unit:.1f}" for p in QUANTILES))
                ),
            )  # fmt: skip
    return made


def main() -> None:
    """Measure what is not measured yet, and print all of it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n", 1)[0])
    add_arguments(parser)
    parser.add_argument("--folder", type=Path, default=Path("/var/tmp/pgrecall-text-scale"))  # noqa: S108  # where root's server can get to
    parser.add_argument("--cells", nargs="*", default=list(CELLS), metavar="ROWS[:long]")
    parser.add_argument(
        "--lists", nargs="*", type=Path, default=[], metavar="FILE",
        help="lists of packages, one a line, its name first and its description last, between tabs",
    )  # fmt: skip
    parser.add_argument("--questions", type=int, default=100, help="of each kind; default: 100")
    parser.add_argument("--keep", action="store_true", help="leave the collections there")
    parser.add_argument("--remove", action="store_true", help="remove the folder, at the end")
    args = parser.parse_args()
    folder = args.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    dsn = args.dsn or embedded.start(folder / "server")
    try:
        scale = Scale(folder, dsn, args.lists, args.questions)
        for cell in args.cells:
            scale.measure(cell, keep=args.keep)
        measured = {cell: scale.state.of(cell)["search"] for cell in args.cells}
        first = measured[args.cells[0]][KINDS[0]]["p50"]
        notes = [
            f"times: 1 is {first:.2f} ms, the median of rare words in the first line",
            f"bars: share {SHARE_BAR}, p95 to p50 {SPREAD_BAR:.0f}, growth {GROWTH_BAR:.0f}",
        ]
        notes += [
            f"{cell}: {scale.state.of(cell)['load']['characters']:,.0f} characters a text"
            for cell in args.cells
        ]
        show(measured, [lines(scale, args.cells)], notes, args)
    finally:
        if args.dsn is None:
            embedded.stop(folder / "server")
    if args.remove:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
