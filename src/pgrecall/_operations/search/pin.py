"""The effort that was measured to meet a target, and what follows of it for other searches."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pgrecall.indexes import IvfFlat

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall.indexes import Index

BASE_EF = 100
"""ef_search that recalls 0.98 of 10 neighbours among 50,000 rows without a filter, often."""
EF_PER_ROW = 2.5
"""ef_search for each row that is asked for, where those are many."""
THINNED = 0.5
"""The power of the share by which effort grows under a filter, where the index goes on: on the sets
measured it is 0.2 to 0.4."""
STEEP = 1.5
"""The power of the effort by which what is missed falls, or a lesser one, on the sets measured."""
MANY_ROWS = 30_000
"""Rows of a graph from which questions are drawn from around rows, which are mirrored elsewhere: of
fewer a small index beside tells how easy mirror images are."""
SLACK = 0.005
"""How far below a target a measured recall still counts as meeting it: a sample's own error."""


@dataclass(frozen=True, slots=True)
class Pin:
    """The effort that was measured to meet a target.

    Attributes:
        target: Share of the true neighbours that were to be found.
        recall: What was found with this effort.
        effort: ef_search or probes at ``limit``.
        limit: Rows asked for.
        rows: How many there were in the collection.
        at: When, in seconds since 1970.
        sample: How many questions were asked.
        ease: By how much more effort vectors take that are not stored; see ``questions``.
        limits: The effort at other limits, as far as it was measured: limit and effort.
        shares: By how much it grows under a filter: share of the rows that match and factor.
        reranked: Whether so many candidates are compared by full vectors too: of a binary index, by
            a client that knows that.
        hurried: Whether the time was over before all was measured.
        filled: What part of the rows had a vector.
        around: How far around rows its questions were drawn: of how many neighbours, and how much
            farther than these lie. None where they were mirrored.
    """

    target: float
    recall: float
    effort: int
    limit: int
    rows: float
    at: float
    sample: int
    ease: float = 1.0
    limits: tuple[tuple[int, float], ...] = ()
    shares: tuple[tuple[float, float], ...] = ()
    reranked: bool = False
    hurried: bool = False
    filled: float = 1.0
    around: tuple[int, float] | None = None

    @property
    def is_met(self) -> bool:
        """Whether the greatest effort reached the target."""
        return self.recall >= self.target - SLACK

    @property
    def last_limit(self) -> int:
        """The greatest limit at which an effort was measured."""
        return max([self.limit, *(limit for limit, _ in self.limits)])

    def at_limit(self, limit: int) -> float:
        """Give the effort for so many rows: a line through what was measured, on logarithms."""
        if limit <= self.limit:
            return self.effort
        known = [(self.limit, self.effort), *self.limits]
        if len(known) == 1:
            return self.effort * by_limit(limit) / by_limit(self.limit)
        last, most = known[-1]
        if limit >= last:
            return most * limit / last
        return _between(known, limit)

    def reach(self, effort: float) -> float:
        """Give the limit that takes this effort: the opposite of ``at_limit``."""
        known = [(self.limit, self.effort), *self.limits]
        last, most = known[-1]
        if effort < self.effort:
            return self.limit * effort / self.effort
        if len(known) == 1:
            return limit_by(by_limit(self.limit) * effort / self.effort)
        if effort >= most:
            return last * effort / most
        return _between([(needed, limit) for limit, needed in known], effort)

    def under(self, share: float, *, goes_on: bool = False) -> float:
        """Give the factor for a filter that lets this part of the rows through.

        Args:
            share: The part.
            goes_on: Whether the index goes on where too few of its rows match.
        """
        if not self.shares:
            # until it is measured: half the rows, twice the effort, if nothing brings more
            return float(share**-THINNED) if goes_on else 1 / share
        # a narrower filter takes no less than a wider one, whatever chance measured
        rising = [(1.0, 1.0)]
        known = 0.0
        for narrower, factor in self.shares:
            known = max(known, factor if factor > 1 else self._less(narrower, factor))
            rising.append((narrower, known))
        narrowest, most = rising[-1]
        if share < narrowest:
            return most * narrowest / share
        return _between(rising, share)

    def _less(self, share: float, factor: float) -> float:
        """Give what is believed of a filter that was measured to take less effort than none.

        Below the limit divided by the share an index goes on in any case until enough match, and
        may find more than without a filter: that is believed half. Beyond, it is chance.
        """
        return math.sqrt(factor) if self.effort * share < self.limit else 1.0

    def settings(self, index: Index | None) -> dict[str, Any]:
        """Write it as the registry keeps it."""
        return {
            "probes" if isinstance(index, IvfFlat) else "ef_search": self.effort,
            "tuned_k": self.limit,
            "measured": {
                "target": self.target,
                "recall": round(self.recall, 4),
                "effort": self.effort,
                "rows": round(self.rows),
                "at": round(self.at),
                "sample": self.sample,
                "ease": round(self.ease, 3),
                "limits": [[limit, round(more, 1)] for limit, more in self.limits],
                "shares": [[share, round(factor, 3)] for share, factor in self.shares],
                **({"reranked": True} if self.reranked else {}),
                **({"hurried": True} if self.hurried else {}),
                **({"filled": round(self.filled, 6)} if self.filled < 1 else {}),
                "around": [*(self.around or ())],
            },
        }


def more_for(missed: float, allowed: float) -> float:
    """Give how many times the effort it takes until so much is missed, and not more.

    Args:
        missed: Share of the true neighbours that an effort misses.
        allowed: What may be missed.
    """
    return float((missed / allowed) ** (1 / STEEP))


def by_limit(limit: int) -> float:
    """Give the ef_search of a formula for so many rows, until it is measured."""
    return max(BASE_EF, EF_PER_ROW * limit)


def limit_by(effort: float) -> float:
    """Give the rows that take this ef_search by the same formula: the opposite of ``by_limit``."""
    return effort / EF_PER_ROW


def _between(known: Sequence[tuple[float, float]], wanted: float) -> float:
    """Read a line through points on logarithms; what is wanted lies between the first and last."""
    ordered = sorted(known)
    places, values = (np.log(list(each)) for each in zip(*ordered, strict=True))
    return math.exp(float(np.interp(math.log(wanted), places, values)))
