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
        wanted: Rows that have to come from it. 0: all of ``fetch``.
        near: Candidates up to which what the index brings is right, if nothing is told else.
        expected: Candidates that a filter which lies nowhere in particular takes at most, were it
            to match all.
        trusted: Candidates up to which it may be right where the rows that are asked for lie
            evenly on the way. 0: as many as there are.
        bound: Candidates beyond which comparing every row that matches is the better way; for each
            row of the table that matches, where the statement samples the share. 0: none.
        visited: Vectors that an HNSW index compares at most. 0: as many as are usual.
        visited_worn: And among many dead rows.
        by_bits: Whether the index orders by binary vectors, which re-ranking puts right.
        most_probes: Lists that an IVFFlat index looks at, at most. 0: all.
        at_once: Whether an HNSW index ends with its first step, where its own statement sets what
            it reads: another one goes on if rows are missing, as a rule none are.
    """

    exact: bool
    sample_percent: float | None = None
    threshold: float = 0.0
    fetch: int = 0
    effort: int = 0
    fall_back: bool = True
    wanted: int = 0
    near: int = 0
    expected: float = 0.0
    trusted: int = 0
    bound: float = 0
    visited: int = 0
    visited_worn: int = 0
    by_bits: bool = False
    most_probes: int = 0
    at_once: bool = False

    @property
    def is_bounded(self) -> bool:
        """Whether it looks if what the index brought is right."""
        return self.bound > 0 and self.fall_back

    @property
    def shape(self) -> tuple[bool, ...]:
        """What the text of its SQL depends on: the plan without its numbers."""
        arms = self.exact, self.sample_percent is None, self.fall_back
        return *arms, self.is_bounded, self.visited > 0, self.at_once, self.by_bits


EXACT = Plan(exact=True)


def goes_on(vector_version: str) -> bool:
    """Tell whether an index of this pgvector goes on where too few of its rows match."""
    return version_of(vector_version) >= (0, 8, 0)


def version_of(version: str) -> tuple[int, ...]:
    """Read a version such as ``0.8.6``."""
    return tuple(int(part) for part in version.split(".")[:3])
