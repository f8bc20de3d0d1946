"""The headline: load, build, search, recall, memory and disk, from 10,000 rows to 10,000,000.

Vectors of 1,536 dimensions with the structure of real ones; see ``big_sets.py``. What a user would
do, on the embedded server with its own settings: ``load``, ``create_index``, ``prewarm``,
``search``, with nothing said that the table does not tell. Each step that is done is kept in the
run's folder, and not done again: after a break, the same command goes on.
"""

from __future__ import annotations

import argparse
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from big_sets import K
from common import add_arguments, show, size_text, table
from headline_run import KINDS, QUESTIONS, QUESTIONS_BEYOND, ROUNDS, Cell, Run
from headline_state import check_room, default_folder
from headline_texts import texts_cell, texts_room

from pgrecall import embedded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

CELLS = (
    *(
        f"{rows}:{kind}"
        for rows in (10_000, 100_000)
        for kind in KINDS
        if not kind.startswith("dense")
    ),
    *(f"1000000:{kind}" for kind in ("none", "halfvec", "binary", "dense")),
)
PUBLISHED = {
    10_000: "12 s, < 2 ms, .991",
    100_000: "2 min, < 3 ms, .985",
    1_000_000: "20 min, < 8 ms, .972",
    10_000_000: "3.5 h, < 15 ms, .961",
}
"""What a comparable product publishes for so many rows: load and index, p50, recall@10."""
BARS = {
    10_000: (6.0, 1.5, 0.99),
    100_000: (60.0, 2.0, 0.985),
    1_000_000: (300.0, 4.0, 0.98),
    10_000_000: (12_600.0, 15.0, 0.961),
}
"""Seconds of load and index, milliseconds at p50, and recall, that one kind has to meet at once."""
DIMENSIONS = 1_536
_ASIDE = 3 << 30  # WAL, and what the server keeps for itself


def line(cell: Cell, done: dict[str, Any]) -> list[str]:
    """Write a cell's line of the table."""
    load, build, search = done["load"], done["build"], done["search"]
    total = load["seconds"] + build["seconds"]
    disk = search["disk"]
    verdict = ""
    if cell.rows in BARS and cell.dimensions == DIMENSIONS:
        seconds, milliseconds, least = BARS[cell.rows]
        missed = [
            what
            for what, is_met in (
                ("time", total <= seconds),
                ("p50", search["p50"] <= milliseconds),
                ("recall", round(search["recall"], 3) >= least),
            )
            if not is_met
        ]
        verdict = f"missed: {', '.join(missed)}" if missed else "met"
    return [
        f"{cell.rows:,}, {cell.kind}",
        f"{load['seconds']:.1f}",
        f"{build['seconds']:.1f} ({build['measuring']:.1f})",
        f"{total:.1f}",
        f"{search['p50']:.2f}",
        f"{search['p95']:.2f}",
        f"{search['recall']:.3f}",
        size_text(max(build["memory"] or 0, load["memory"] or 0) or None),
        size_text(search["memory"]),
        size_text(disk["table"]),
        size_text(disk["index"]),
        PUBLISHED.get(cell.rows, "") if cell.dimensions == DIMENSIONS else "",
        verdict,
    ]


def lines(cells: Sequence[Cell], run: Run) -> Table:
    """Make the table of the cells that are done."""
    made = table(
        f"Load, build and search, {DIMENSIONS:,} dimensions",
        "rows, kind",
        "load s",
        "index s (measuring)",
        "both s",
        "p50 ms",
        "p95 ms",
        "recall@10",
        "memory, load and build",
        "memory, search",
        "table",
        "index",
        "published",
        "bars",
    )
    for cell in cells:
        done = run.state.of(cell.name)
        if "search" in done:
            made.add_row(*line(cell, done))
    return made


def notes(cells: Sequence[Cell], run: Run) -> list[str]:
    """Say with what each cell was measured."""
    told = [
        "bars: "
        + "; ".join(f"{rows:,}: {s:.0f} s, {ms} ms, {r}" for rows, (s, ms, r) in BARS.items()),
        "load: without the time that making the vectors took; index: with measuring its recall.",
        (
            f"p50, p95: {ROUNDS} rounds of {QUESTIONS} questions for {K}, {QUESTIONS_BEYOND} beyond"
            " a million rows, one after another, after prewarm()."
        ),
    ]
    for cell in cells:
        done = run.state.of(cell.name)
        if "search" not in done:
            continue
        how, search = KINDS[cell.kind], done["search"]
        asked = ", ".join(f"{name} {value}" for name, value in search["measured"].items())
        server = ", ".join(f"{name} {value}" for name, value in search["server"].items())
        told.append(
            f"{cell.rows:,}, {cell.kind}: storage {how['storage']}, {how['index']}; measured:"
            f" {asked or 'nothing, every row is compared'}; {server}"
        )
        if "first" in search:
            told.append(
                "  {p50:.2f} ms (p95 {p95:.2f}) for the first time".format(**search["first"])
            )
        for effort, with_it in search.get("with_efforts", {}).items():
            figures = "p50 {p50:.2f} ms (p95 {p95:.2f}), recall {recall:.3f}".format(**with_it)
            first = "{p50:.2f} ms for the first time".format(**with_it["first"])
            told.append(f"  with ef_search={effort}: {figures}; {first}")
        if done["build"]["memory_wanted"]:
            wanted = size_text(done["build"]["memory_wanted"])
            told.append(f"  its build did not fit into memory: {wanted} would have held it")
    return told


def parsed() -> argparse.Namespace:
    """Read what is asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n", 1)[0])
    add_arguments(parser)
    parser.add_argument("--folder", type=Path, help=f"of the run; default: {default_folder()}")
    parser.add_argument(
        "--target-recall", type=float, help="of the collections; default: what they have unsaid"
    )
    parser.add_argument(
        "--efforts", type=int, nargs="*", default=[], help="ef_search of more searches, noted"
    )
    parser.add_argument("--dimensions", type=int, default=DIMENSIONS)
    parser.add_argument(
        "--cells",
        nargs="*",
        default=list(CELLS),
        metavar="ROWS:KIND",
        help=f"kinds: {', '.join(KINDS)}; default: {' '.join(CELLS)}; 10000000:denser too, by name",
    )
    parser.add_argument(
        "--texts",
        type=int,
        nargs="?",
        const=1_000_000,
        metavar="ROWS",
        help="so many real short texts x 256, with filters, text and both",
    )
    parser.add_argument("--again", action="store_true", help="measure the named cells anew")
    parser.add_argument("--keep", action="store_true", help="leave the collections there")
    parser.add_argument("--remove", action="store_true", help="remove the folder, at the end")
    return parser.parse_args()


def main() -> None:
    """Measure what is not measured yet, and print all of it."""
    args = parsed()
    cells = [Cell.of(said, args.dimensions, args.target_recall) for said in args.cells]
    folder = (args.folder or default_folder()).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    rooms = [cell.room for cell in cells] + ([texts_room(args.texts)] if args.texts else [])
    needed = _ASIDE + (sum(rooms) if args.keep else max(rooms, default=0.0))
    print(check_room(folder, needed), flush=True)
    data = folder / "server"
    dsn = args.dsn or embedded.start(data)
    try:
        run = Run(folder, dsn, args.efforts)
        for cell in cells:
            if args.again:
                run.state.forget(cell.name)
            run.measure(cell, keep=args.keep)
        tables = [lines(cells, run)] if cells else []
        told = notes(cells, run) if cells else []
        if args.texts:
            of_texts, more = texts_cell(run, args.texts, again=args.again, keep=args.keep)
            tables, told = [*tables, of_texts], [*told, *more]
        show(run.state.every, tables, told, args)
    finally:
        if args.dsn is None:
            embedded.stop(data)
    if args.remove:
        shutil.rmtree(folder)


if __name__ == "__main__":
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    main()
