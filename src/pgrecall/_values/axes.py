"""The two directions in which vectors vary most: what a map of them is drawn by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from pgrecall.models.maps import unit_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

_GUESSED = 24  # directions that are sought for two: the more, the fewer rounds it takes
_MOST_ROUNDS = 40
_SETTLED = 1e-6
_BLOCK_BYTES = 16 << 20
# of what vectors of one direction have in float32: rounding
_NOTHING = 16 * float(np.finfo(np.float32).eps) ** 2


class Axes(NamedTuple):
    """The principal axes of some vectors.

    Attributes:
        mean: The vectors' mean, as their numbers are.
        axes: Two directions of length 1, a row each; zeros where nothing varies any more.
        shares: Part of the variance that lies along each, 0 to 1.
        xy: Where each vector is along them.
    """

    mean: NDArray[np.float64]
    axes: NDArray[np.float64]
    shares: tuple[float, float]
    xy: NDArray[np.float64]


def principal_axes(vectors: NDArray[np.float32], *, normalised: bool) -> Axes:
    """Find the principal axes of vectors, a row each, whose array is written over.

    Blocks keep what is counted in float64 small, and a sum of squares is one of numbers that are
    at most 1: none is too large or too small for it.

    Args:
        vectors: Finite numbers.
        normalised: Whether each counts with a length of 1, as where they are compared by cosine.
    """
    count, dimensions = vectors.shape
    size = float(np.abs(vectors).max(initial=0.0))
    if size == 0:
        return _same(np.zeros(dimensions), count)
    vectors /= np.float32(size)
    total, sums = 0.0, np.zeros(dimensions)
    for block in _blocks(vectors):
        wide = block.astype(np.float64)
        if normalised:
            wide = unit_rows(wide)
            block[:] = wide
        total += float(np.square(wide).sum())
        sums += wide.sum(axis=0)
    mean = sums / count
    varied = 0.0
    for block in _blocks(vectors):
        wide = block - mean
        varied += float(np.square(wide).sum())
        block[:] = wide
    scale = 1.0 if normalised else size
    if varied <= _NOTHING * total:
        return _same(mean * scale, count)
    axes, squares = _largest(vectors)
    squares = np.where(squares > _NOTHING * varied, squares, 0.0)
    axes[squares == 0] = 0.0
    xy = np.concatenate([block @ axes.T for block in _blocks(vectors)]) * scale
    first, second = np.minimum(squares / varied, 1.0).tolist()
    return Axes(mean * scale, axes, (first, second), xy)


def _same(mean: NDArray[np.float64], count: int) -> Axes:
    """Give the axes of vectors that are all the same, or none."""
    return Axes(mean, np.zeros((2, len(mean))), (0.0, 0.0), np.zeros((count, 2)))


def _largest(centred: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Find the two axes and the sums of squares along them, by iterating a subspace."""
    count, dimensions = centred.shape
    guessed = min(_GUESSED, count, dimensions)
    start = np.random.default_rng(0).standard_normal((dimensions, guessed))
    basis = np.linalg.qr(start)[0]
    axes, squares = np.zeros((2, dimensions)), np.zeros(2)
    for _ in range(_MOST_ROUNDS):
        along = (centred @ basis.astype(np.float32)).astype(np.float64)
        # of so few columns as are guessed: their rows' decomposition would take most of the time
        values, turns = np.linalg.eigh(along.T @ along)
        before = squares.copy()
        squares[:guessed] = values[::-1][:2]
        axes[:guessed] = (basis @ turns[:, ::-1][:, :2]).T
        if np.all(np.abs(squares - before) <= _SETTLED * squares[0]):
            break
        basis = np.linalg.qr((centred.T @ along.astype(np.float32)).astype(np.float64))[0]
    return _turned(axes), squares


def _turned(axes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Let the greatest number of each axis be positive: either way would be as good."""
    greatest = axes[np.arange(len(axes)), np.abs(axes).argmax(axis=1)]
    return axes * np.where(greatest < 0, -1.0, 1.0)[:, None]


def _blocks(rows: NDArray[Any]) -> Iterator[NDArray[Any]]:
    step = max(1, _BLOCK_BYTES // (8 * rows.shape[1]))
    for start in range(0, len(rows), step):
        yield rows[start : start + step]
