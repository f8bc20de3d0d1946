"""A load today beside the load of another commit of this repository: rows/s, by turns.

Both sides write the same texts into a schema of their own on one server, each in a process of its
own that has the code of its commit. The first round of each is not counted.
"""

from __future__ import annotations

import argparse
import io
import os
import statistics
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

from common import DATA_VARIABLE, add_arguments, read_rows, server, show, table, verdict

import pgrecall

BEFORE_ANALYSIS = "06b8a7f5"
"""The last commit before texts were analysed, and before loads were made faster."""
BAR = 0.9
_ROUNDS, _ROWS = 5, 20_000
_INDEXES = ("None", "Hnsw()")
# what both commits have in common: a store, a collection, items, load
_CHILD = """
import sys, time
import numpy as np
from common import read_rows
from pgrecall import Collection, Hnsw, Item, Store

dsn, schema, rows, index = sys.argv[1:]
kept = read_rows(int(rows))
vectors = np.random.default_rng(7).standard_normal((int(rows), 384)).astype(np.float32)
items = [
    Item(*each) for each in zip(kept.ids, vectors, kept.texts, kept.metadata, strict=True)
]
with Store(dsn, schema=schema) as store:
    store.ensure_collection("since", Collection("ingest", 384, index=eval(index)))
    began = time.perf_counter()
    store.load("since", "ingest", items)
    print(time.perf_counter() - began)
    store.drop_collection("since", "ingest")
"""


def exported(commit: str, folder: Path) -> Path:
    """Write a commit's sources into a folder, and give what Python finds them by."""
    root = Path(__file__).parent.parent
    done = subprocess.run(  # git, of a name that this benchmark's user gives
        ["git", "-C", str(root), "archive", commit, "src"],  # noqa: S607  # the machine's own
        capture_output=True,
        check=True,
    )
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder / "src"


def load(sources: Path, dsn: str, schema: str, rows: int, index: str) -> float:
    """Give the rows a second of one load by the code in a folder."""
    paths = os.pathsep.join([str(sources), str(Path(__file__).parent)])
    done = subprocess.run(  # this very Python
        [sys.executable, "-c", _CHILD, dsn, schema, str(rows), index],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        check=False,
        text=True,
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    return rows / float(done.stdout)


def main() -> None:
    """Measure and print."""
    args = _arguments()
    if DATA_VARIABLE not in os.environ:
        print(f"{DATA_VARIABLE} is not set: paragraphs of Python's library stand for the set")
    made = table(
        f"load of {args.rows:,} texts, rows/s", "index", args.commit, "today", "ratio", "bar", ""
    )
    results: dict[str, Any] = {}
    now = Path(pgrecall.__file__).parent.parent
    with server(args.dsn) as dsn, tempfile.TemporaryDirectory() as folder:
        then = exported(args.commit, Path(folder))
        sides = {"then": (then, "since_then"), "today": (now, "since_today")}
        for index in _INDEXES:
            speeds: dict[str, list[float]] = {side: [] for side in sides}
            for turn in range(args.rounds + 1):
                for side in list(sides) if turn % 2 else reversed(list(sides)):
                    speed = load(sides[side][0], dsn, sides[side][1], args.rows, index)
                    if turn:
                        speeds[side].append(speed)
            middle = {side: statistics.median(each) for side, each in speeds.items()}
            ratio = middle["today"] / middle["then"]
            results[index] = {"rows_a_second": speeds, "ratio": ratio}
            told = [
                f"{middle[s]:,.0f} ({min(speeds[s]):,.0f}-{max(speeds[s]):,.0f})" for s in sides
            ]
            made.add_row(index, *told, f"{ratio:.2f}", f">= {BAR}", verdict(met=ratio >= BAR))
    show(results, [made], [f"texts: {read_rows(1).source}"], args)


def _arguments() -> Any:
    parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(parser)
    parser.add_argument("--commit", default=BEFORE_ANALYSIS, help="of this repository's history")
    parser.add_argument("--rows", type=int, default=_ROWS)
    parser.add_argument("--rounds", type=int, default=_ROUNDS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
