"""Find out how much more effort it takes under filters, and what of that is chance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrecall._operations.indexes.known import NEAR
from pgrecall._operations.indexes.least import least_for, times
from pgrecall._operations.indexes.measuring import Asking, Measured
from pgrecall._operations.search import effort, planning
from pgrecall._statements.indexes import measuring as statements

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall._operations.indexes.budget import Budget
    from pgrecall._operations.indexes.known import Known
    from pgrecall._statements.layout import Stored

_FILTER = 2.5
"""Times a first look that more questions take under a filter; else the first are asked again."""
_LEVEL = 0.98
"""The recall at which filters are compared with none, at most: what is missed tells them apart."""
_LEAST_FACTOR = 0.5  # under a filter a scan goes on until there are enough, which may find more


def under_filters(known: Known, budget: Budget, took: float, enough: int) -> Asking[None]:
    """Find out how much more effort it takes under filters, by the same questions as without one.

    The narrowest comes first: between it and none a line tells the others, should the time end.

    Args:
        known: What is known without one, which receives the factors.
        budget: What time is left.
        took: How long a first look took.
        enough: Questions for each filter; that it takes less effort is not believed of fewer.
    """
    stored, level = known.every.stored, min(known.aim, _LEVEL)
    # a binary index brings more than enough there, which takes its time
    is_quick = effort.by_bits(stored.collection.index)
    for share in reversed(_shares(stored, known.every.limit)):
        of, base = known.first, known.rough
        if not is_quick and budget.has(_FILTER * took):
            of, base = known.every, known.found
        if level < known.aim:
            base, _ = yield from least_for(of, level, base, NEAR)
        parts = max(1, round(share * statements.PARTS))
        under = Measured(stored, of.questions[:enough], of.send, of.limit, parts)
        more = yield from times(under, level, base * under.share**-0.3, base, of.astray(level))
        least = 1.0 if len(of.questions) < enough else _LEAST_FACTOR
        known.shares.insert(0, (under.share, max(least, more)))


def without_chance(
    shares: Sequence[tuple[float, float]], chance: float
) -> tuple[tuple[float, float], ...]:
    """Take out of filters' factors what chance adds to the effort that they are multiplied by.

    Under a filter an index goes on: what was measured there holds without it.

    Args:
        shares: What part of the rows each filter lets through, and its factor.
        chance: What the effort was multiplied by; see ``Measured.for_chance``.
    """
    return tuple((share, max(_LEAST_FACTOR, more / chance)) for share, more in shares)


def _shares(stored: Stored, limit: int) -> list[float]:
    """Give the filters to measure: wide ones, and the narrowest under which the index is asked."""
    narrowest = max(
        effort.LEAST_SHARE, planning.threshold_of(stored, limit) / max(1.0, stored.rows)
    )
    wanted = [share for share in (0.5, 0.1) if share > 1.2 * narrowest]
    return [*wanted, narrowest] if narrowest < 1 else []
