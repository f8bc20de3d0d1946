"""What an index finds of what is there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pgrecall._notebooks.short import record, rounded

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from pgrecall.models.collections import RecallPromise


@dataclass(frozen=True, slots=True)
class RecallReport:
    """What a collection's index finds of what is there, measured on its own vectors.

    The questions are made of stored vectors, and are none: each is mirrored at its neighbours, for
    an index finds what lies around a vector that it holds far more easily.

    Attributes:
        recall: Mean share of the true ``k`` nearest neighbours that the index found, 0 to 1.
        low: Lower end of the 95 % confidence interval (Wilson's score interval over the queries).
        high: Upper end of it.
        k: Neighbours asked for.
        sample: Vectors that served as queries.
        settings: What the index was asked with: ``ef_search`` or ``probes``, and of a binary index
            how many candidates were ``reranked`` by full vectors.
        exact_ms: Median milliseconds of an exact search.
        index_ms: Median milliseconds of a search by the index.
        promise: What was asked for, and what was measured when the effort was pinned.
    """

    recall: float
    low: float
    high: float
    k: int
    sample: int
    settings: Mapping[str, int]
    exact_ms: float
    index_ms: float
    promise: RecallPromise | None = None

    def __repr__(self) -> str:
        """Show the figures, rounded."""
        return record(
            self, dict.fromkeys(("recall", "low", "high", "exact_ms", "index_ms"), rounded)
        )

    def _repr_html_(self) -> str:
        """Write a table for a notebook."""
        from pgrecall._notebooks import html  # noqa: PLC0415  # only notebooks need it

        told = {
            f"recall@{self.k}": f"{self.recall:.3f} [{self.low:.3f}, {self.high:.3f}]",
            "questions": self.sample,
            **self.settings,
            "ms by the index": round(self.index_ms, 2),
            "ms exact": round(self.exact_ms, 2),
            "promise": self.promise and str(self.promise),
        }
        return html.facts("What the index finds", told)

    def to_pandas(self) -> Any:
        """Give a ``pandas.DataFrame`` of one row: the figures, and a column for each setting.

        Raises:
            ImportError: pandas is not installed.
        """
        from pgrecall._notebooks import frames  # noqa: PLC0415  # few callers need it

        names = ("recall", "low", "high", "k", "sample", "exact_ms", "index_ms")
        figures = {name: getattr(self, name) for name in names}
        return frames.pandas().DataFrame([{**figures, **self.settings}])

    def plot(self, ax: Axes | None = None, *, label: str | None = None) -> Axes:
        """Draw the recall with its interval over the time of a search.

        Several reports are compared on one plot: give each the axes of the one before.

        Args:
            ax: Where to draw; None: a new figure.
            label: What it is called; None: what the index was asked with.

        Returns:
            Where it was drawn.

        Raises:
            ImportError: matplotlib is not installed.
        """
        from pgrecall._notebooks import plots  # noqa: PLC0415  # few callers need it

        return plots.recall(self, ax, label)
