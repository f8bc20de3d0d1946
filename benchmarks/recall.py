"""Whether the recall that a collection promises is kept, and at what effort.

Each set is loaded with its index, so that the store measures and pins. Then questions that it has
never seen are asked by the pinned effort: rows of the set that were not loaded, and the set's own
questions where it has some. The least effort is looked for with the same questions. Where the set
has questions of its own, half of them are then given to ``tune``, and the other half is asked.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg
from common import (
    DATA_VARIABLE,
    TENANT,
    add_arguments,
    seconds,
    server,
    show,
    table,
    table_of,
    verdict,
)
from psycopg import sql
from vector_sets import MADE, MOST_QUESTIONS, REAL, distances, left_out, rows_of

from pgrecall import Collection, Hnsw, Item, IvfFlat, Metric, Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray
    from rich.table import Table
    from vector_sets import Matrix

OWN, TUNED = "its own", "its own, tuned by others"
OF_KINDS = ("scifact", "lengths")
TARGET, RECALL_BAR, EFFORT_BAR = 0.98, 0.01, 1.3
K = 10
EFFORTS = {
    "hnsw": ("hnsw.ef_search", (10, 14, 20, 28, 40, 56, 80, 112, 160, 224, 320, 448, 640, 1_000)),
    "ivfflat": ("ivfflat.probes", (1, 2, 3, 4, 6, 8, 11, 16, 22, 32, 45, 64, 90, 128, 180)),
}
"""By plan, the setting that has its effort, and what is tried."""

CANDIDATES = (60, 80, 112, 160, 224, 320, 448, 640, 1_000, 1_400, 2_000, 2_800, 4_000)
"""What is tried of a binary index: of so many full vectors choose, 60 at least."""


class Questions:
    """Vectors, and how far every row lies from each."""

    def __init__(self, name: str, asked: Matrix, far: Matrix) -> None:
        """Keep them."""
        self.name, self.asked, self.far = name, asked, far

    def border(self, among: NDArray[np.bool_]) -> NDArray[np.float32]:
        """Give how far each question's last true neighbour among some rows lies."""
        far = self.far[:, among]
        worst = np.partition(far, K - 1, axis=1)[:, K - 1]
        # rounding: rows as near as one another are as good as one another
        return worst + 2e-6 * np.maximum(np.abs(worst), np.abs(self.far).mean())


@dataclass(frozen=True)
class Asked:
    """Questions for one collection under one filter.

    Attributes:
        dsn: Of the server, for what no option of a search sets.
        name: Of the collection.
        border: How far each question's last true neighbour lies.
        key: Of the filter; none where there is none.
        share: Of the rows that match it.
    """

    store: Store
    dsn: str
    name: str
    questions: Questions
    border: NDArray[np.float32]
    key: str
    share: float

    @property
    def where(self) -> dict[str, Any] | None:
        """The filter."""
        return {self.key: {"$lt": self.share}} if self.key else None

    def recall(self, **how: Any) -> float:
        """Ask every question, and count what is as near as the true neighbours are."""

        def found(question: Matrix) -> list[str]:
            matches = self.store.search(
                TENANT, self.name, question, limit=K, filter=self.where, **how
            )
            return [match.id for match in matches]

        return self._counted(found)

    def recall_of_probes(self, probes: int) -> float:
        """Count the same where an IVFFlat index looks at so many lists."""
        query = "SELECT id FROM {} ORDER BY embedding <=> %(asked)s::vector LIMIT {}"
        plain = sql.SQL(query).format(sql.SQL(table_of(self.store, self.name)), sql.Literal(K))
        return self._plain(plain, f"ivfflat.probes = {probes}")

    def recall_of_candidates(self, count: int) -> float:
        """Count the same where full vectors choose of so many that a binary index gives."""
        plain = sql.SQL(
            "SELECT id FROM (SELECT id, embedding FROM {table}"
            " ORDER BY binary_quantize(embedding)::bit({bits}) <~>"
            " binary_quantize(%(asked)s::vector)::bit({bits}) LIMIT {count}) AS candidates"
            " ORDER BY embedding <=> %(asked)s::vector LIMIT {k}"
        ).format(
            table=sql.SQL(table_of(self.store, self.name)),
            bits=sql.Literal(self.questions.asked.shape[1]),
            count=sql.Literal(count),
            k=sql.Literal(K),
        )
        iterative = "hnsw.iterative_scan = relaxed_order"
        return self._plain(plain, f"hnsw.ef_search = {min(count, 1_000)}", iterative)

    def _plain(self, plain: sql.Composed, *settings: str) -> float:
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            for setting in ("enable_seqscan = off", "enable_sort = off", "jit = off", *settings):
                connection.execute(f"SET {setting}")

            def found(question: Matrix) -> list[str]:
                rows = connection.execute(plain, {"asked": str(question.tolist())}).fetchall()
                return [row[0] for row in rows]

            return self._counted(found)

    def _counted(self, found: Callable[[Matrix], list[str]]) -> float:
        count = sum(
            far[int(id_)] <= worst
            for question, far, worst in zip(
                self.questions.asked, self.questions.far, self.border, strict=True
            )
            for id_ in found(question)
        )
        return min(1.0, count / (K * len(self.border)))


def least_effort(
    at: Callable[[int], float], start: int, efforts: Sequence[int], target: float = TARGET
) -> float:
    """Find the least effort that meets a target: a line between two that were tried."""
    place = int(np.searchsorted(efforts, start))
    place = min(max(place, 1), len(efforts) - 1)
    known: dict[int, float] = {}

    def recall(index: int) -> float:
        if index not in known:
            known[index] = at(efforts[index])
        return known[index]

    while place > 0 and recall(place - 1) >= target:
        place -= 1
    while place < len(efforts) - 1 and recall(place) < target:
        place += 1
    if place == 0 or recall(place) < target:
        return efforts[place]
    low, high = efforts[place - 1], efforts[place]
    missed = [math.log(max(1 - recall(one), 1e-4)) for one in (place - 1, place)]
    part = (missed[0] - math.log(1 - target)) / (missed[0] - missed[1])
    return float(low * (high / low) ** part)


@dataclass(frozen=True)
class Cell:
    """One collection: a set's rows, and how they are kept, compared and indexed.

    Attributes:
        set: The rows.
        kind: What is told of it, where it is not the usual kind.
        filters: Parts of the rows that filters let through, beside no filter.
        keywords: Of the collection.
    """

    set: str
    kind: str = ""
    filters: tuple[float, ...] = (0.5, 0.1, 0.01)
    keywords: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """How the table calls it."""
        return f"{self.set} {self.kind}".strip()


KINDS: dict[str, dict[str, Any]] = {
    "l2": {"metric": Metric.L2},
    "ip": {"metric": Metric.IP},
    "l1": {"metric": Metric.L1},
    "halfvec": {"storage": "halfvec"},
    "half": {"index": Hnsw(quantization="half")},
    "binary": {"index": Hnsw(quantization="binary")},
    "ivfflat": {"index": IvfFlat()},
}
"""Other metrics, storage and indexes than the usual ones."""


def cells(sets: Sequence[str]) -> list[Cell]:
    """Give the collections of some sets: the usual kind of each, all kinds of two small ones."""
    usual = [Cell(name) for name in sets if name not in OF_KINDS or name in REAL]
    return usual + [
        Cell(name, kind, (0.5,), keywords)
        for name in sets
        if name in OF_KINDS
        for kind, keywords in KINDS.items()
    ]


def measured(
    store: Store, dsn: str, cell: Cell, rows: Matrix, own: Matrix | None
) -> Iterator[dict[str, Any]]:
    """Load a set, and give a line for each kind of question and each filter."""
    name = cell.name.replace(" ", "_")
    kept: dict[str, Any] = {"index": Hnsw(), "text_search": None, **cell.keywords}
    if kept.get("storage") == "halfvec":
        rows = rows.astype(np.float16).astype(np.float32)
    held_out = left_out(len(rows))
    held, loaded = rows[:held_out], rows[held_out:]
    metric = str(kept.get("metric", Metric.COSINE))
    keys = filter_keys(metric, loaded, held)
    made = Collection(name, rows.shape[1], fields=dict.fromkeys(keys, "number"), **kept)
    store.ensure_collection(TENANT, made)
    taken = seconds(lambda: store.load(TENANT, name, items(loaded, keys)))
    store.maintain(TENANT)  # measures where the end of the load had too little time to
    promise = store.measure_recall(TENANT, name, sample=1).promise

    def asking(name: str, asked: Matrix) -> Questions:
        return Questions(name, asked, distances(metric, loaded, asked))

    outside = asking("left out", held)
    asked: list[tuple[Questions, float, str]] = [(outside, 1.0, "")]
    if own is not None:
        asked.append((asking(OWN, own[:MOST_QUESTIONS]), 1.0, ""))
    asked += [(outside, share, key) for share in cell.filters for key in keys]
    if own is not None:
        # in an order of chance: a set's questions may stand by subject
        own = own[np.random.default_rng(12).permutation(len(own))]
        asked.append((asking(TUNED, own[1::2][:MOST_QUESTIONS]), 1.0, ""))
    for questions, share, key in asked:
        among = keys[key] < share if key else np.ones(len(loaded), dtype=bool)
        if among.sum() < K:
            continue
        if own is not None and questions.name == TUNED:
            promise = store.tune(TENANT, name, target_recall=TARGET, queries=own[::2]).promise
        yield {
            "set": cell.name,
            "rows": len(loaded),
            "dimensions": rows.shape[1],
            "load_seconds": taken,
            "questions": questions.name,
            "asked": len(questions.asked),
            "share": share,
            "filter": key,
            "measured": promise.recall if promise else None,
            **compared(Asked(store, dsn, name, questions, questions.border(among), key, share)),
        }
    store.drop_collection(TENANT, name)


def filter_keys(metric: str, loaded: Matrix, held: Matrix) -> dict[str, NDArray[Any]]:
    """Give metadata for filters, from 0 to 1 of all rows: at random, and by where rows lie."""
    random = np.random.default_rng(9).permutation(len(loaded)) / len(loaded)
    places = np.argsort(np.argsort(distances(metric, loaded, held[:1])[0]))
    return {"random": random, "near": places / len(loaded)}


def items(rows: Matrix, keys: dict[str, NDArray[Any]]) -> Iterator[Item]:
    """Give items whose metadata says in which share of all rows each is."""
    for number, vector in enumerate(rows):
        metadata = {key: float(places[number]) for key, places in keys.items()}
        yield Item(str(number), vector, "", metadata)


def compared(asked: Asked) -> dict[str, Any]:
    """Ask as the store chooses, and look for the least effort where it chooses the index."""
    # before it is explained: a search learns what the filter lets through
    recall = asked.recall()
    told = asked.store.search(
        TENANT,
        asked.name,
        asked.questions.asked[0],
        limit=K,
        filter=asked.where,
        explain=True,
    ).explanation
    plan = told.plan if told else ""
    line: dict[str, Any] = {"plan": plan, "recall": recall}
    if told is not None and plan in EFFORTS:
        setting, efforts = EFFORTS[plan]
        line["effort"] = int(told.settings[setting])
        at: Callable[[int], float] | None = None
        reranked = told.promise.reranked if told.promise else None
        if reranked is not None:
            if not asked.key:
                line["effort"], at, efforts = reranked, asked.recall_of_candidates, CANDIDATES
        elif plan == "hnsw" and asked.key != "near":
            # of rows that lie together many questions are far: the index is left for them
            def at(effort: int) -> float:
                return asked.recall(exact=False, ef_search=effort)

        elif not asked.key:
            at = asked.recall_of_probes
        if at is not None:
            # an effort is a whole number
            line["least"] = math.ceil(least_effort(at, line["effort"], efforts))
            line["times"] = line["effort"] / line["least"]
            enough = TARGET - RECALL_BAR
            line["enough"] = math.ceil(least_effort(at, line["effort"], efforts, enough))
    kept = line["recall"] >= TARGET - RECALL_BAR
    line["met"] = bool(kept and line.get("times", 1) <= EFFORT_BAR)
    return line


def shown(lines: Sequence[dict[str, Any]]) -> Table:
    """Make the table of it."""
    made = table(
        f"Recall of {K} neighbours, {TARGET} promised",
        "set, rows x dimensions",
        *("questions", "filter", "plan", "measured", "recall", "effort", "least", "times", ""),
    )
    for line in lines:
        made.add_row(*row_of(line), verdict(met=line["met"]))
    return made


def row_of(line: dict[str, Any]) -> list[str]:
    """Write what a line of the table has, but for the verdict."""
    return [
        f"{line['set']}, {line['rows']:,} x {line['dimensions']:,}",
        line["questions"],
        f"{line['share']:.0%} {line['filter']}" if line["filter"] else "-",
        line["plan"],
        "-" if line["measured"] is None else f"{line['measured']:.3f}",
        f"{line['recall']:.3f}",
        str(line.get("effort", "-")),
        str(line["least"]) if "least" in line else "-",
        f"{line['times']:.2f}" if "times" in line else "-",
    ]


def contradictions(lines: Sequence[dict[str, Any]]) -> list[str]:
    """Tell where no one effort meets both bars, by rows left out and by a set's own questions."""
    plain = {(line["set"], line["questions"]): line for line in lines if not line["filter"]}
    told = []
    for (name, questions), own in plain.items():
        outside = plain[name, "left out"]
        if questions != OWN or "enough" not in own or "least" not in outside:
            continue
        most = EFFORT_BAR * outside["least"]
        if own["enough"] > most:
            told.append(
                f"{name}: its own questions take {own['enough']} for {TARGET - RECALL_BAR:.2f}, and"
                f" {EFFORT_BAR} times the least of rows left out is {most:.1f}: none meets both."
            )
    return told


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(parser)
    parser.add_argument("--rows", type=int, default=10_000, help="rows of each made set")
    parser.add_argument("--sets", default=",".join((*REAL, *MADE)), help="which, with commas")
    arguments = parser.parse_args()
    folder = os.environ.get(DATA_VARIABLE)
    lines: list[dict[str, Any]] = []
    with server(arguments.dsn) as dsn, Store(dsn, schema="recall") as store:
        for cell in cells(arguments.sets.split(",")):
            rows, own = rows_of(Path(folder) if folder else None, cell.set, arguments.rows)
            for line in measured(store, dsn, cell, rows, own):
                lines.append(line)
                told = [str(value) for value in row_of(line) if value]
                print(" | ".join(told), file=sys.stderr, flush=True)
    notes = (
        f"Bars: recall {TARGET - RECALL_BAR:.2f} or above, effort {EFFORT_BAR} times the least or"
        " below; the least is 10, which is the limit, and 60 of a binary index. Questions left"
        " out are rows of the set that were not loaded."
    )
    both = contradictions(lines)
    told = {"lines": lines, "contradictions": both}
    show(told, [shown(lines)], [notes, *both], arguments)


if __name__ == "__main__":
    main()
