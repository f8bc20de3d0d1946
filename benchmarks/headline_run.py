"""The cells of the headline: a server, what is measured on it, step by step."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg
from big_sets import K, Structured, kept, recall, truth
from common import TENANT, spread, table_of
from headline_state import State, Watch

from pgrecall import Collection, Hnsw, Item, Store, sizes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray
    from vector_sets import Matrix

    from pgrecall.models import Explanation, IndexProgress, Match

QUESTIONS, QUESTIONS_BEYOND, ROUNDS, WARMING = 1_000, 500, 3, 50
"""Questions: so many that a recall of .98 is known within a hundredth, and fewer beyond a million
rows, whose truth takes its time."""
KINDS: dict[str, dict[str, Any]] = {
    "none": {"storage": "vector", "index": Hnsw()},
    "half": {"storage": "vector", "index": Hnsw(quantization="half")},
    "halfvec": {"storage": "halfvec", "index": Hnsw()},
    "binary": {"storage": "halfvec", "index": Hnsw(quantization="binary")},
    "dense": {
        "storage": "halfvec",
        "index": Hnsw(m=22, ef_construction=100, quantization="binary"),
    },
    "denser": {
        "storage": "halfvec",
        "index": Hnsw(m=24, ef_construction=128, quantization="binary"),
    },
}
"""By word of a cell, how vectors are stored and indexed. At a million rows a graph of bits with the
usual ``m`` leads some questions into a wrong cluster, however many candidates it brings."""
MOST_ROWS = 1_000_000
MEASURING = "measuring recall"
"""The phase at the end of a build that is no longer the index's own."""


@dataclass(frozen=True)
class Cell:
    """One line of the table."""

    rows: int
    kind: str
    dimensions: int
    target: float | None = None

    @classmethod
    def of(cls, said: str, dimensions: int, target: float | None) -> Cell:
        """Read ``10000:binary``."""
        rows, _, kind = said.replace("_", "").partition(":")
        if not rows.isdecimal() or int(rows) < K or kind not in KINDS:
            msg = f"a cell is ROWS:KIND, with {K} rows or more and one of {', '.join(KINDS)}"
            raise SystemExit(f"{msg}, not {said!r}")
        return cls(int(rows), kind, dimensions, target)

    @property
    def name(self) -> str:
        """What the cell is called in the state, its collection too."""
        target = "" if self.target is None else f":{self.target:g}"
        return f"{self.rows}:{self.kind}:{self.dimensions}{target}"

    @property
    def room(self) -> float:
        """Bytes of disk that it takes."""
        how = KINDS[self.kind]
        size = sizes.estimate(
            self.rows,
            self.dimensions,
            index=how["index"],
            storage=how["storage"],
            metadata_bytes=2,
            text_search=False,
        )
        return 1.1 * size.disk


class Vectors:
    """Items for ``load``, with the time that making them took: that is not the store's."""

    def __init__(self, of: Structured) -> None:
        """Make none yet."""
        self._of = of
        self.seconds = 0.0

    def __iter__(self) -> Iterator[Item]:
        """Make them block by block."""
        first = 0
        for number in range(self._of.blocks):
            start = time.perf_counter()
            block = self._of.block(number)
            self.seconds += time.perf_counter() - start
            for place, vector in enumerate(block, first):
                yield Item(f"{place:08d}", vector)
            first += len(block)


class Run:
    """A server, a folder, and what is done."""

    def __init__(self, folder: Path, dsn: str, efforts: Sequence[int] = ()) -> None:
        """Use a server that is up; searches are measured with these efforts, too."""
        self.folder, self.dsn, self.efforts = folder, dsn, efforts
        self.state = State(folder)
        self.watch = Watch(folder / "server")

    def measure(self, cell: Cell, *, keep: bool) -> dict[str, Any]:
        """Do what of a cell is not done."""
        done = self.state.of(cell.name)
        if "search" in done and (keep or "dropped" in done):
            return done
        made = Structured(cell.rows, cell.dimensions)
        questions = made.questions(QUESTIONS if cell.rows <= MOST_ROWS else QUESTIONS_BEYOND)
        path = self.folder / f"truth-{cell.rows}-{cell.dimensions}-{len(questions)}.npy"
        print(f"{cell.name}: the true neighbours", flush=True)
        true = kept(path, lambda: truth(made.each(), questions))
        with Store(self.dsn) as store:
            for step, action in (
                ("load", lambda: self._load(store, cell, made)),
                ("build", lambda: self._build(store, cell)),
                ("search", lambda: self._search(store, cell, questions, true)),
            ):
                print(f"{cell.name}: {step}", flush=True)
                self.state.once(cell.name, step, action)
            if not keep:
                self.state.once(
                    cell.name, "dropped", lambda: store.drop_collection(TENANT, cell.name)
                )
        return self.state.of(cell.name)

    def _load(self, store: Store, cell: Cell, made: Structured) -> dict[str, Any]:
        store.drop_collection(TENANT, cell.name)  # of a run that was broken off
        collection = Collection(
            cell.name,
            cell.dimensions,
            metric="cosine",
            index=None,
            storage=KINDS[cell.kind]["storage"],
            text_search=None,
            target_recall=cell.target,
        )
        store.ensure_collection(TENANT, collection)
        vectors = Vectors(made)
        made.questions(1)  # what all blocks share is made before
        with self.watch.watching():
            start = time.perf_counter()
            store.load(TENANT, cell.name, vectors)
            took = time.perf_counter() - start
        return {
            "seconds": took - vectors.seconds,
            "made_seconds": vectors.seconds,
            "memory": self.watch.bytes,
        }

    def _build(self, store: Store, cell: Cell) -> dict[str, Any]:
        began: list[float] = []
        wanted: list[int] = []

        def progress(of: IndexProgress) -> None:
            if of.phase == MEASURING and not began:
                began.append(time.perf_counter())
            if of.memory_needed:
                wanted.append(of.memory_needed)

        with self.watch.watching():
            start = time.perf_counter()
            store.create_index(TENANT, cell.name, KINDS[cell.kind]["index"], progress=progress)
            end = time.perf_counter()
        return {
            "seconds": end - start,
            "measuring": end - began[0] if began else 0.0,
            "memory": self.watch.bytes,
            "memory_wanted": max(wanted, default=0),
        }

    def _search(
        self, store: Store, cell: Cell, questions: Matrix, true: NDArray[np.int64]
    ) -> dict[str, Any]:
        store.prewarm(TENANT, cell.name)
        for question in questions[:WARMING]:
            store.search(TENANT, cell.name, question)
        found: list[list[Match]] = []

        def asked(**options: Any) -> list[float]:
            found.clear()
            times = []
            for question in questions:
                start = time.perf_counter()
                found.append(store.search(TENANT, cell.name, question, **options))
                times.append(1000 * (time.perf_counter() - start))
            return times

        def measured(**options: Any) -> dict[str, Any]:
            first = asked(**options)  # of what is not in memory, each row is read from the disk
            times = [one for _ in range(ROUNDS) for one in asked(**options)]
            named = [[int(match.id) for match in one] for one in found]
            return {**spread(times), "first": spread(first), "recall": recall(named, true)}

        with self.watch.watching():
            by_default = measured()
        told = store.search(TENANT, cell.name, questions[0], explain=True).explanation
        return {
            **by_default,
            "with_efforts": {one: measured(ef_search=one) for one in self.efforts},
            "memory": self.watch.bytes,
            "disk": self.disk(table_of(store, cell.name)),
            "settings": {} if told is None else dict(told.settings),
            "measured": _measured(told),
            "server": self.server(),
        }

    def disk(self, name: str) -> dict[str, int]:
        """Give the bytes of a table, of its approximate index, and of its other indexes."""
        with psycopg.connect(self.dsn) as connection:
            found = connection.execute(
                "SELECT pg_table_size(%(name)s::regclass), (SELECT coalesce(sum("
                "pg_relation_size(indexrelid)) FILTER (WHERE amname = 'hnsw'), 0)::bigint"
                " FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid"
                " JOIN pg_am ON pg_am.oid = relam WHERE indrelid = %(name)s::regclass),"
                " pg_indexes_size(%(name)s::regclass)",
                {"name": name},
            ).fetchone()
        rows, index, every = found or (0, 0, 0)
        return {"table": rows, "index": index, "others": every - index}

    def server(self) -> dict[str, str]:
        """Give the settings of the server that matter here, and its version."""
        names = ["shared_buffers", "max_parallel_maintenance_workers", "server_version"]
        with psycopg.connect(self.dsn) as connection:
            return dict(
                connection.execute(
                    "SELECT name, current_setting(name) FROM unnest(%s::text[]) AS name", (names,)
                ).fetchall()
            )


def _measured(told: Explanation | None) -> dict[str, float]:
    promise = None if told is None else told.promise
    if promise is None or promise.recall is None:
        return {}
    return {"target": promise.target, "recall": promise.recall, "effort": promise.effort or 0}
