"""The sets of vectors that recall is measured on: real ones, and some that are made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from common import DATA_VARIABLE

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Matrix = NDArray[np.float32]

REAL = ("cranfield", "scifact", "cosqa", "npl", "pypi50k")
MADE = ("uniform", "clustered", "duplicates", "untuned", "mixture", "lengths")
MOST_QUESTIONS = 600


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


def lengths(count: int) -> Matrix:
    """64 dimensions in groups, whose vectors are of all lengths."""
    random = np.random.default_rng(5)
    points = random.standard_normal((60, 64))[random.integers(0, 60, count)]
    points += 0.5 * random.standard_normal((count, 64)) * np.arange(1, 65) ** -0.2
    return (points * random.lognormal(0, 0.3, (count, 1))).astype(np.float32)


def untuned(count: int) -> Matrix:
    """256 dimensions by a net of random weights from 12: a curved surface, dense and sparse."""
    random = np.random.default_rng(4)
    points = random.standard_normal((count, 12)) * random.gamma(2, 0.5, (count, 1))
    hidden = np.tanh(points @ random.standard_normal((12, 64)))
    return unit(hidden @ random.standard_normal((64, 256)) + 0.1 * random.random((count, 256)))


def mixture(count: int) -> Matrix:
    """64 dimensions in 50 groups, as those of ``filters.py``: so wide that they run together."""
    random = np.random.default_rng(6)
    centres = random.standard_normal((50, 64))[random.integers(0, 50, count)]
    return unit(centres + 0.7 * random.standard_normal((count, 64)))


def distances(metric: str, rows: Matrix, asked: Matrix) -> Matrix:
    """Give how far each row lies from each question: the squares of Euclidean distances."""
    if metric == "l1":
        each = [np.abs(rows - question).sum(axis=1) for question in asked]
        return np.array(each, dtype=np.float32)
    products = asked @ rows.T
    if metric == "l2":
        lengths = (asked**2).sum(axis=1)[:, None] + (rows**2).sum(axis=1)
        return np.maximum(lengths - 2 * products, 0)
    if metric == "cosine":
        products /= np.linalg.norm(asked, axis=1)[:, None] * np.linalg.norm(rows, axis=1)
    return -products


def rows_of(folder: Path | None, name: str, count: int) -> tuple[Matrix, Matrix | None]:
    """Give a set's rows and questions."""
    if name in REAL:
        if folder is None:
            msg = f"{name} needs {DATA_VARIABLE}"
            raise SystemExit(msg)
        return read(folder, name)
    made = {
        "uniform": uniform,
        "clustered": clustered,
        "duplicates": duplicates,
        "mixture": mixture,
        "lengths": lengths,
    }
    return made.get(name, untuned)(count + left_out(10 * count)), None


def left_out(count: int) -> int:
    """Give how many rows are not loaded but asked for: chance is the less the more they are."""
    return min(MOST_QUESTIONS, count // 10)
