"""Whether the recall that a collection promises is kept, and at what effort.

Each set is loaded with its index, so that the store measures and pins. Then questions that it has
never seen are asked by the pinned effort: rows of the set that were not loaded, and the set's own
questions where it has some. The least effort is looked for with the same questions.
"""

from __future__ import annotations

import argparse
import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from common import DATA_VARIABLE, TENANT, add_arguments, seconds, server, show, table, verdict

from pgrecall import Collection, Hnsw, Item, Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray
    from rich.table import Table

    Matrix = NDArray[np.float32]

REAL = ("cranfield", "scifact", "cosqa", "npl", "pypi50k")
MADE = ("uniform", "clustered", "duplicates", "untuned")
TARGET, RECALL_BAR, EFFORT_BAR = 0.98, 0.01, 1.3
K, QUESTIONS = 10, 300
SHARES = (1.0, 0.5, 0.1, 0.01)
EFFORTS = (10, 14, 20, 28, 40, 56, 80, 112, 160, 224, 320, 448, 640, 1_000)


def unit(rows: NDArray[Any]) -> Matrix:
    """Give vectors the length 1."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return (rows / np.where(lengths > 0, lengths, 1)).astype(np.float32)


def read(folder: Path, name: str) -> tuple[Matrix, Matrix | None]:
    """Read a set's vectors, in an order of chance, and those of its questions."""
    rows = np.load(folder / name / "corpus.minilm.npy")
    rows = rows[np.random.default_rng(11).permutation(len(rows))]
    return unit(rows.astype(np.float32)), unit(
        np.load(folder / name / "queries.minilm.npy").astype(np.float32)
    )


def uniform(count: int) -> Matrix:
    """48 dimensions, every direction alike."""
    return unit(np.random.default_rng(1).standard_normal((count, 48)))


def clustered(count: int) -> Matrix:
    """1,536 dimensions that hold 64, and a little noise, in 100 groups."""
    random = np.random.default_rng(2)
    centres, inner = random.standard_normal((100, 64)), random.standard_normal((64, 1536))
    points = centres[np.arange(count) % 100] + 0.6 * random.standard_normal((count, 64))
    return unit(points @ inner + 0.05 * random.standard_normal((count, 1536)))


def duplicates(count: int) -> Matrix:
    """128 dimensions of falling spread; three rows of ten are one of 200 vectors."""
    random = np.random.default_rng(3)
    rows = random.standard_normal((count, 128)) * np.arange(1, 129) ** -0.6
    rows[:, 0] += 2
    again = random.random(count) < 0.3
    rows[again] = rows[random.integers(0, 200, again.sum())]
    return unit(rows)


def untuned(count: int) -> Matrix:
    """256 dimensions by a net of random weights from 12: a curved surface, dense and sparse."""
    random = np.random.default_rng(4)
    points = random.standard_normal((count, 12)) * random.gamma(2, 0.5, (count, 1))
    hidden = np.tanh(points @ random.standard_normal((12, 64)))
    return unit(hidden @ random.standard_normal((64, 256)) + 0.1 * random.random((count, 256)))


def truth(rows: Matrix, asked: Matrix, among: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Give the similarity of each question's last true neighbour among some rows."""
    some = rows[among]
    return np.concatenate(
        [np.sort(part @ some.T, axis=1)[:, -K] for part in np.array_split(asked, 8)]
    )


def recall_of(
    store: Store, name: str, asked: Matrix, border: NDArray[np.float32], **how: Any
) -> float:
    """Ask every question, and count what is as near as the true neighbours are."""
    found = 0
    for question, least in zip(asked, border, strict=True):
        matches = store.search(TENANT, name, question, limit=K, **how)
        found += sum(match.score >= least - 1e-6 for match in matches)
    return min(1.0, found / (K * len(asked)))


def least_effort(at: Callable[[int], float], start: int) -> float:
    """Find the least effort that meets the target: a line between two that were tried."""
    place = int(np.searchsorted(EFFORTS, start))
    place = min(max(place, 1), len(EFFORTS) - 1)
    known: dict[int, float] = {}

    def recall(index: int) -> float:
        if index not in known:
            known[index] = at(EFFORTS[index])
        return known[index]

    while place > 0 and recall(place - 1) >= TARGET:
        place -= 1
    while place < len(EFFORTS) - 1 and recall(place) < TARGET:
        place += 1
    if place == 0 or recall(place) < TARGET:
        return EFFORTS[place]
    low, high = EFFORTS[place - 1], EFFORTS[place]
    missed = [math.log(max(1 - recall(one), 1e-4)) for one in (place - 1, place)]
    part = (missed[0] - math.log(1 - TARGET)) / (missed[0] - missed[1])
    return float(low * (high / low) ** part)


def rows_of(folder: Path | None, name: str, count: int) -> tuple[Matrix, Matrix | None]:
    """Give a set's rows and questions."""
    if name in REAL:
        if folder is None:
            msg = f"{name} needs {DATA_VARIABLE}"
            raise SystemExit(msg)
        return read(folder, name)
    made = {"uniform": uniform, "clustered": clustered, "duplicates": duplicates}
    return made.get(name, untuned)(count + QUESTIONS), None


def measured(store: Store, name: str, rows: Matrix, own: Matrix | None) -> Iterator[dict[str, Any]]:
    """Load a set, and give a line for each kind of question and each filter."""
    held, loaded = rows[:QUESTIONS], rows[QUESTIONS:]
    part = np.random.default_rng(9).permutation(len(loaded)) / len(loaded)
    kept = {"text_search": None, "fields": {"part": "number"}}
    store.ensure_collection(TENANT, Collection(name, rows.shape[1], index=Hnsw(), **kept))
    taken = seconds(lambda: store.load(TENANT, name, items(loaded, part)))
    store.maintain(TENANT)  # measures where the end of the load had too little time to
    promise = store.measure_recall(TENANT, name, sample=1).promise
    asked = [("left out", held, share) for share in SHARES]
    if own is not None:
        asked.append(("its own", own[:QUESTIONS], 1.0))
    for questions, vectors, share in asked:
        among = part < share
        if among.sum() < K:
            continue
        line = compared(store, name, vectors, truth(loaded, vectors, among), share)
        yield {
            "set": name,
            "rows": len(loaded),
            "dimensions": rows.shape[1],
            "load_seconds": taken,
            "questions": questions,
            "share": share,
            "measured": promise.recall if promise else None,
            **line,
        }


def items(rows: Matrix, part: NDArray[Any]) -> Iterator[Item]:
    """Give items whose metadata says in which share of all rows each is."""
    for number, vector in enumerate(rows):
        yield Item(str(number), vector, "", {"part": float(part[number])})


def compared(
    store: Store, name: str, asked: Matrix, border: NDArray[np.float32], share: float
) -> dict[str, Any]:
    """Ask as the store chooses, and look for the least effort where it chooses the index."""
    where = None if share == 1 else {"part": {"$lt": share}}
    # before it is explained: a search learns what the filter lets through
    recall = recall_of(store, name, asked, border, filter=where)
    told = store.search(TENANT, name, asked[0], limit=K, filter=where, explain=True).explanation
    line: dict[str, Any] = {"plan": told.plan if told else "", "recall": recall}
    if told is not None and told.plan == "hnsw":
        line["effort"] = int(told.settings["hnsw.ef_search"])
        line["least"] = least_effort(
            lambda ef: recall_of(
                store, name, asked, border, filter=where, exact=False, ef_search=ef
            ),
            line["effort"],
        )
        line["times"] = line["effort"] / line["least"]
    kept = line["recall"] >= TARGET - RECALL_BAR
    line["met"] = kept and line.get("times", 1) <= EFFORT_BAR
    return line


def shown(lines: Sequence[dict[str, Any]]) -> Table:
    """Make the table of it."""
    made = table(
        f"Recall of {K} neighbours, {TARGET} promised",
        "set, rows x dimensions",
        *("questions", "share", "plan", "measured", "recall", "effort", "least", "times", ""),
    )
    for line in lines:
        made.add_row(
            f"{line['set']}, {line['rows']:,} x {line['dimensions']:,}",
            line["questions"],
            f"{line['share']:.0%}",
            line["plan"],
            "-" if line["measured"] is None else f"{line['measured']:.3f}",
            f"{line['recall']:.3f}",
            str(line.get("effort", "-")),
            f"{line['least']:.0f}" if "least" in line else "-",
            f"{line['times']:.2f}" if "times" in line else "-",
            verdict(met=line["met"]),
        )
    return made


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(parser)
    parser.add_argument("--rows", type=int, default=20_000, help="rows of each made set")
    parser.add_argument("--sets", default=",".join((*REAL, *MADE)), help="which, with commas")
    arguments = parser.parse_args()
    folder = os.environ.get(DATA_VARIABLE)
    lines: list[dict[str, Any]] = []
    with server(arguments.dsn) as dsn, Store(dsn, schema="recall") as store:
        for name in arguments.sets.split(","):
            rows, own = rows_of(Path(folder) if folder else None, name, arguments.rows)
            lines += measured(store, name, rows, own)
    notes = (
        f"Bars: recall {TARGET - RECALL_BAR:.2f} or above, effort {EFFORT_BAR} times the least or"
        " below; the least is 10, which is the limit. Questions left out are rows of the set that"
        " were not loaded."
    )
    show({"lines": lines}, [shown(lines)], [notes], arguments)


if __name__ == "__main__":
    main()
