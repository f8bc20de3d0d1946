"""Find the least effort by which an index meets a target: between two that are tried."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from pgrecall._operations.indexes.budget import TimeIsUpError
from pgrecall._operations.search import effort
from pgrecall._operations.search.pin import SLACK, more_for

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pgrecall._operations.indexes.measuring import Asking, Measured

STEP = 1.6
"""The factor between one effort that is tried and the next."""
_FARTHEST, _WIDE, _WIDE_BY_BITS = 4.0, 2.0, 1.25
"""Times the last effort that the next may be, and of two between which a line tells the rest. By
bits many rows are as far as one another: recall grows in steps there, and the greater is taken."""
_EPSILON = 1e-6


def least_for(
    measured: Measured, target: float, start: float, step: float = STEP
) -> Asking[tuple[float, float]]:
    """Find the least effort that meets a target, and the recall there.

    Args:
        measured: The questions, which are asked.
        target: The recall.
        start: The effort to begin with.
        step: The factor between one effort and the next, until the target is between two.

    Returns:
        The least effort that finds about as much as the greatest, and its recall, where none
        meets the target.
    """
    tried = measured.within(start)
    while True:
        yield from measured.learn(tried)
        # what was found before counts anew, as far as the truth is known by now
        known = {one: measured.recall(one) for one in measured.found}
        other = _next(measured, known, target, step)
        if other in known:
            return _between(measured, known, target)
        tried = other


def times(
    measured: Measured, target: float, start: float, base: float, astray: frozenset[int]
) -> Asking[float]:
    """Find how many times a base the least effort is: under a filter, or at another limit.

    Where a graph leads some questions to a wrong place, what is missed falls so slowly that one of
    them decides by how much.

    Args:
        measured: The questions, which are asked.
        target: The recall.
        start: The effort to begin with.
        base: The effort without a filter, at the limit of the promise.
        astray: Questions that go astray with the base itself, which no filter or limit leads
            elsewhere: beyond the base only what the others miss counts.
    """
    more = yield from _wanted(measured, target, start)
    if more <= base or not astray:
        return more / base
    known = max((tried for tried in measured.found if tried <= more), default=more)
    try:
        others = yield from _wanted(replace(measured, besides=astray), target, known)
    except TimeIsUpError:
        return more / base  # what was found by then counts
    return max(1.0, min(more, others) / base)


def _wanted(measured: Measured, target: float, start: float) -> Asking[float]:
    """Find the least effort, or about what it would take where none meets the target."""
    found, reached = yield from least_for(measured, target, start)
    if reached >= target - SLACK:
        return found
    # the least that finds about as much as the greatest, which misses that too
    return max(found, measured.most) * more_for(1 - reached, max(SLACK, 1 - target))


def next_to(measured: Measured, effort_: float, step: float) -> Asking[list[int]]:
    """Give efforts that were tried, or are now, on both sides of one or next below it."""
    below = max((tried for tried in measured.found if tried <= effort_), default=0)
    if below * step < effort_ - 1:
        below = measured.within(effort_)
        yield from measured.ask(below)
    above = min((tried for tried in measured.found if tried > below), default=measured.most)
    return [below, above] if above <= _WIDE * below + 1 and above in measured.found else [below]


def _next(measured: Measured, known: Mapping[int, float], target: float, step: float) -> int:
    """Give the effort to try next: one that is known where the target is between two."""
    met = [one for one in known if known[one] >= target]
    if len(met) not in {0, len(known)}:
        wide = _WIDE_BY_BITS if _is_by_steps(measured) else _WIDE
        high = min(met)
        low = max((one for one in known if one < high), default=high)
        # between these a line on logarithms tells it
        return low if high <= wide * low + 1 else measured.within(math.sqrt(low * high))
    tried = min(known) if met else max(known)
    # as far as what is missed tells, and half a step beyond: then it is between
    missed = max(1 - known[tried], measured.smallest)
    beyond = more_for(missed, max(1 - target, _EPSILON)) * (step**-0.5 if met else step**0.5)
    if met:
        wanted = max(1 / _FARTHEST, min(1 / step, beyond)) * tried
        return measured.within(min(tried - 1, round(wanted)))
    wanted = min(_FARTHEST, max(step, beyond)) * tried
    return measured.within(max(tried + 1, round(wanted)))


def _between(measured: Measured, known: dict[int, float], target: float) -> tuple[float, float]:
    good = [tried for tried in known if known[tried] >= target]
    if not good:
        enough = known[max(known)] - SLACK
        best = min(tried for tried in known if known[tried] >= enough)
        return float(best), known[best]
    high = min(good)
    low = max((tried for tried in known if tried < high), default=high)
    if low == high or _is_by_steps(measured):
        return float(high), known[high]
    # what is missed falls with a power of the effort
    smallest = measured.smallest
    missed = [math.log(max(1 - known[one], smallest)) for one in (low, high)]
    part = (missed[0] - math.log(max(1 - target, smallest))) / (missed[0] - missed[1])
    return low * (high / low) ** min(1.0, max(0.0, part)), target


def _is_by_steps(measured: Measured) -> bool:
    return effort.by_bits(measured.stored.collection.index)
