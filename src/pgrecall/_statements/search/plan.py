"""How one vector search runs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Plan:
    """How one search runs.

    Attributes:
        exact: Compare every row that matches.
        sample_percent: Where the share of matching rows is not known: the percentage of the table
            to look at; the statement then decides by itself.
        threshold: Matching rows from which the index is asked.
        fetch: Rows to take from the index before re-ranking by full vectors.
        effort: ef_search of HNSW, probes of IVFFlat.
        fall_back: Compare exactly where the index came short.
    """

    exact: bool
    sample_percent: float | None = None
    threshold: float = 0.0
    fetch: int = 0
    effort: int = 0
    fall_back: bool = True

    @property
    def shape(self) -> tuple[bool, ...]:
        """What the text of its SQL depends on: the plan without its numbers."""
        return self.exact, self.sample_percent is None, self.fall_back


EXACT = Plan(exact=True)
