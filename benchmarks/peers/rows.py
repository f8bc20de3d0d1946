"""What a peer's script needs, with numpy alone: it runs in an environment without pgrecall."""

from __future__ import annotations

import json
import statistics
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Data:
    """What ``peers.py`` left in a folder: rows, their vectors, and queries, as plain lists."""

    dsn: str
    ids: list[str]
    texts: list[str]
    metadata: list[dict[str, Any]]
    vectors: list[list[float]]
    queries: list[list[float]]

    def url(self, driver: str) -> str:
        """Give SQLAlchemy's URL of the database."""
        return self.dsn.replace("postgresql:", f"postgresql+{driver}:", 1)

    @property
    def dimensions(self) -> int:
        """Length of every vector."""
        return len(self.vectors[0])


def read() -> Data:
    """Read the folder that the command line names."""
    dsn, folder = sys.argv[1], Path(sys.argv[2])
    rows = json.loads((folder / "rows.json").read_text(encoding="utf-8"))
    return Data(
        dsn,
        rows["ids"],
        rows["texts"],
        rows["metadata"],
        np.load(folder / "vectors.npy").tolist(),
        np.load(folder / "queries.npy").tolist(),
    )


def report(
    name: str, data: Data, ingest: Callable[[], object], search: Callable[[list[float]], list[Any]]
) -> None:
    """Time the ingest and each query, and print one line of JSON."""
    start = time.perf_counter()
    ingest()
    ingested = len(data.ids) / (time.perf_counter() - start)
    times = []
    for query in data.queries:
        start = time.perf_counter()
        found = search(query)
        times.append(1_000 * (time.perf_counter() - start))
        if len(found) != 10:
            msg = f"{name} found {len(found)} rows, not 10"
            raise RuntimeError(msg)
    result = {"name": name, "rows_s": ingested, "p50_ms": statistics.median(times)}
    print(json.dumps(result), flush=True)
