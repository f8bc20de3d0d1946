"""A collection's vectors as points on a plane."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pgrecall._notebooks.short import rounded
from pgrecall.errors import DimensionMismatchError, InvalidArgumentError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class CollectionMap:
    """Some items' vectors on a plane: along the two directions in which they vary most (PCA).

    What lies close together there may be far apart in all other directions; ``explained`` tells how
    much of it the plane shows.

    Attributes:
        collection: The collection's name.
        ids: The items' ids.
        xy: Where each lies, a row of two numbers for each id.
        color_by: The field that ``values`` are of; None where none was asked for.
        values: What each item has there, None where it has nothing: as ``facet`` gives it. What
            takes more than 1,000 bytes as JSON is None too. None where no field was asked for.
        explained: Part of the vectors' variance along the first axis, and along the second, 0 to 1.
        mean: What the vectors' mean is: it lies at 0, 0.
        axes: The two directions, a row each, of length 1, the greatest number of each positive;
            zeros of one along which nothing varies, as of one item or of equal ones.
        normalised: Whether vectors count with a length of 1: in a collection compared by cosine.
    """

    collection: str
    ids: Sequence[str]
    xy: NDArray[np.float64]
    color_by: str | tuple[str, ...] | None
    values: Sequence[Any] | None
    explained: tuple[float, float]
    mean: NDArray[np.float64]
    axes: NDArray[np.float64]
    normalised: bool

    def __repr__(self) -> str:
        """Show what it is of, and how much it shows."""
        items = f"{type(self).__name__}({self.collection!r}, {len(self):,} items"
        by = "" if self.color_by is None else f", color_by={self.color_by!r}"
        return f"{items}{by}, shown={rounded(self.shown)})"

    def __len__(self) -> int:
        """Count the items that are on it."""
        return len(self.ids)

    @property
    def shown(self) -> float:
        """Part of the vectors' variance that the plane shows, 0 to 1."""
        return min(1.0, sum(self.explained))

    def project(self, vectors: Sequence[Any] | NDArray[Any]) -> NDArray[np.float64]:
        """Tell where other vectors lie on the same plane, such as a question's.

        Args:
            vectors: One vector, or several: a matrix, or a list of vectors.

        Returns:
            Two numbers for one vector; for several a row of two for each.

        Raises:
            DimensionMismatchError: They have another length than the collection's.
            InvalidArgumentError: They are no vectors of finite numbers.
        """
        try:
            given = np.asarray(vectors, dtype=np.float64)
        except (ValueError, TypeError, OverflowError):
            given = np.empty(())
        if given.ndim not in {1, 2}:
            kind = type(vectors).__name__
            msg = f"vectors must be one vector or several of one length, a matrix, not {kind}"
            raise InvalidArgumentError(msg)
        dimensions = len(self.mean)
        if given.size == 0 and given.ndim == 1 and dimensions:
            given = given.reshape(0, dimensions)  # no vectors at all
        if given.shape[-1] != dimensions:
            raise DimensionMismatchError(self.collection, dimensions, given.shape[-1])
        if not np.isfinite(given).all():
            raise InvalidArgumentError("vectors hold NaN or infinity")
        if self.normalised:
            given = unit_rows(given)
        return (given - self.mean) @ self.axes.T

    def to_pandas(self) -> Any:
        """Give a ``pandas.DataFrame`` with a row for each item: ``id``, ``x``, ``y``, ``value``.

        Raises:
            ImportError: pandas is not installed.
        """
        from pgrecall._notebooks import frames  # noqa: PLC0415  # few callers need it

        pd = frames.pandas()
        columns = {"id": list(self.ids), "x": self.xy[:, 0], "y": self.xy[:, 1]}
        if self.values is not None:
            columns["value"] = frames.series(pd, self.values)
        return pd.DataFrame(columns)

    def plot(self, ax: Axes | None = None, *, questions: Any = None) -> Axes:
        """Draw the items, coloured by their values: numbers and times by a scale, others by kind.

        Args:
            ax: Where to draw; None: a new figure.
            questions: Vectors to be drawn too, as ``project`` takes them: stars.

        Returns:
            Where it was drawn.

        Raises:
            ImportError: matplotlib is not installed.
        """
        from pgrecall._notebooks import plots  # noqa: PLC0415  # few callers need it

        return plots.items(self, ax, questions)

    def _repr_html_(self) -> str:
        """Write a table for a notebook."""
        from pgrecall._notebooks import html  # noqa: PLC0415  # only notebooks need it

        told: dict[str, Any] = {"items": len(self), "variance shown": f"{self.shown:.0%}"}
        if self.values is not None:
            told["coloured by"] = self.color_by
        return html.facts(f"Map of {self.collection}", {**told, "drawn by": "plot()"})


def unit_rows(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give vectors a length of 1; one of zeros stays so."""
    sizes = np.abs(rows).max(axis=-1, keepdims=True, initial=0.0)
    rows = rows / np.where(sizes > 0, sizes, 1.0)  # a square of 1e-200 is none
    lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
    return rows / np.where(lengths > 0, lengths, 1.0)
