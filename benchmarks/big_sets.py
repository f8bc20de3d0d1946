"""Vectors by the million with the structure of real ones, made block by block, and their truth.

Each block has a seed of its own: a run that goes on after a break makes the same vectors, and no
more than one block is in memory.
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from vector_sets import unit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from vector_sets import Matrix

BLOCK = 10_000
K = 10
_SEED, _QUESTIONS_SEED = 20, 21
_INNER = 64
_POOL = 1 << 24  # numbers of chance, from which each row takes a stretch: no two the same


@dataclass(frozen=True)
class Structured:
    """Vectors of an intrinsic dimension of 64 in clusters.

    Attributes:
        rows: How many.
        dimensions: Their length.
        clusters: Groups, whose centres lie in all directions of the 64 dimensions alike.
        noise: How far a row lies from its centre, for each of the 64, against 1 from centre to
            centre.
        trace: The same in every dimension, as the rounding of a model has it.
    """

    rows: int
    dimensions: int = 1_536
    clusters: int = 2_000
    noise: float = 0.3
    trace: float = 0.1

    @property
    def blocks(self) -> int:
        """How many blocks there are; the last may be a short one."""
        return -(-self.rows // BLOCK)

    @cached_property
    def _shared(self) -> tuple[Matrix, Matrix, Matrix]:
        random = np.random.default_rng(_SEED)
        centres = random.standard_normal((self.clusters, _INNER), dtype=np.float32)
        spread = random.standard_normal((_INNER, self.dimensions), dtype=np.float32)
        pool = random.standard_normal(_POOL, dtype=np.float32)
        return centres, spread / np.float32(np.sqrt(_INNER)), pool * np.float32(self.trace)

    def block(self, number: int) -> Matrix:
        """Make a block's rows, of length 1."""
        count = min(BLOCK, self.rows - number * BLOCK)
        return self._made(np.random.default_rng((_SEED, number)), count)

    def each(self) -> Iterator[Matrix]:
        """Make the blocks one after another."""
        return map(self.block, range(self.blocks))

    def questions(self, count: int) -> Matrix:
        """Make vectors of the same kind that are no rows."""
        return self._made(np.random.default_rng(_QUESTIONS_SEED), count)

    def _made(self, random: np.random.Generator, count: int) -> Matrix:
        centres, spread, pool = self._shared
        points = centres[random.integers(0, self.clusters, count)]
        points += self.noise * random.standard_normal((count, _INNER), dtype=np.float32)
        rows = points @ spread
        places = random.integers(0, len(pool) - self.dimensions, count)
        for number, place in enumerate(places):
            rows[number] += pool[place : place + self.dimensions]
        return unit(rows)


def truth(blocks: Iterator[Matrix], questions: Matrix, k: int = K) -> NDArray[np.int64]:
    """Give the numbers of each question's nearest rows by cosine, the nearest first.

    Args:
        blocks: The rows, of length 1.
        questions: Of length 1 too.
        k: How many.
    """
    best = np.full((len(questions), k), -np.inf, dtype=np.float32)
    names = np.full((len(questions), k), -1, dtype=np.int64)
    first = 0
    for block in blocks:
        near = questions @ block.T
        some = min(k, near.shape[1])
        places = np.argpartition(-near, some - 1, axis=1)[:, :some]
        both = np.concatenate([best, np.take_along_axis(near, places, axis=1)], axis=1)
        numbers = np.concatenate([names, places + first], axis=1)
        order = np.argsort(-both, axis=1, kind="stable")[:, :k]
        best = np.take_along_axis(both, order, axis=1)
        names = np.take_along_axis(numbers, order, axis=1)
        first += len(block)
    names[np.isneginf(best)] = -1
    return names


def kept(path: Path, make: Callable[[], NDArray[Any]]) -> NDArray[Any]:
    """Read what was made before, or make it and keep it."""
    if path.exists():
        found: NDArray[Any] = np.load(path, mmap_mode="r")
        return found
    found = make()
    # whole or not at all: a run that is ended here begins it anew
    half = path.with_suffix(".part.npy")
    np.save(half, found)
    half.replace(path)
    return found


def recall(found: Sequence[Sequence[int]], true: NDArray[np.int64]) -> float:
    """Give the share of the true neighbours, by their numbers, that were found."""
    wanted = [{int(one) for one in row if one >= 0} for row in true]
    shares = [
        len(row & set(answer)) / len(row) for row, answer in zip(wanted, found, strict=True) if row
    ]
    return statistics.fmean(shares)
