"""Find the effort that meets a target, at two limits and under filters, as far as time allows."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from pgrecall._operations.indexes.budget import Budget, TimeIsUpError
from pgrecall._operations.indexes.ease import FEW_ROWS
from pgrecall._operations.indexes.measuring import Asking, Measured
from pgrecall._operations.indexes.questions import made
from pgrecall._operations.indexes.scans import SCANNED_BYTES, Scans
from pgrecall._operations.indexes.truth import GREAT
from pgrecall._operations.search import effort, planning
from pgrecall._operations.search.pin import Pin
from pgrecall._statements.indexes import measuring as statements

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall._operations.indexes.questions import Ask, Question
    from pgrecall._statements.layout import Stored

LIMIT, WIDE_LIMIT = effort.LIMIT, 100
"""Rows for which the effort is found; between and beyond, a line through both tells it."""
MOST, FIRST, SOME, MANY = 768, 64, 192, 384
"""Questions in all, those for a first look and another limit, and those for each filter; and those
for which filters wait where a great graph leads some of them to a wrong place: one in a hundred.

Of 192 the effort is known within a fifth or so, of 768 within a tenth.
"""
_ROWS_A_QUESTION = 16
"""Few rows are worth fewer questions: so the measuring takes a part of a load's time."""
_QUESTION_BYTES = 96 << 20  # of neighbours that come along, for all questions
_ANSWERS, _FEWEST = 50_000, 20  # rows of all answers with one effort, and questions at least
_NEAR = 1.25
_LEVEL = 0.98
"""The recall at which filters are compared with none, at most: what is missed tells them apart."""
_LEAST_FACTOR = 0.5  # under a filter a scan goes on until there are enough, which may find more
_SURE = 2.0  # standard errors
_MOST_SCANS, _SECONDS_A_SCAN = 8.0, 8.0
_EPSILON = 1e-6


def questions_for(stored: Stored, limit: int = LIMIT) -> int:
    """Give how many vectors to sample: fewer of few rows, long vectors, or long answers."""
    most = FIRST
    if stored.rows >= FEW_ROWS:
        most = max(min(SOME, MOST), min(MOST, int(stored.rows / _ROWS_A_QUESTION)))
    count = max(FIRST, min(most, _QUESTION_BYTES // (32 * stored.row_bytes)))
    return max(_FEWEST, min(count, _ANSWERS // limit))


def measure(
    stored: Stored,
    anchors: Sequence[Question],
    send: Ask,
    target: float,
    *,
    limit: int = LIMIT,
    ease: float = 1.0,
    spares: bool = True,
    budget: Budget | None = None,
) -> Asking[Pin | None]:
    """Find the effort that meets a target, at both limits and under filters, as time allows.

    Few questions tell it roughly; more of them come at the end, as far as there is time.

    Args:
        stored: The collection.
        anchors: Rows of which questions are made, or a caller's own questions.
        send: Sends statements together, and raises TimeIsUpError.
        target: The recall.
        limit: Rows asked for.
        ease: By how much more effort vectors take that are not stored.
        spares: Whether what the least effort finds beyond the target is taken off the rest.
        budget: What time there is.
    """
    now, began = time.time(), time.monotonic()
    budget = budget or Budget()
    start = effort.default_effort(stored, limit, 1.0) / ease
    try:
        asked = yield from made(stored, anchors[:FIRST], send)
        first = every = Measured(stored, asked, send, limit)
        if effort.by_bits(stored.collection.index):
            start = every.least  # mostly it does, and each candidate costs
        rough, reached, aim = yield from _first_look(first, target, start, budget)
    except TimeIsUpError:
        return None
    # so few questions tell it within a quarter: should the time end here, a search finds enough
    margin = _NEAR if len(anchors) > FIRST else 1.0
    found, limits, hurried = rough, [], False
    shares: list[tuple[float, float]] = []
    took = time.monotonic() - began
    try:
        # more questions take longer, and so do others
        budget.go_beyond(took * max(1.0, min(SOME, len(anchors)) / FIRST - 1))
        scans = Scans.within(budget)
        if len(anchors) > FIRST:
            anchors, first, rough = yield from _of_scans(first, anchors, scans, aim, rough)
            every, found, reached = yield from _refined(first, anchors[:SOME], scans, aim, rough)
            margin = 1.0
        if every.stands_on_an_effort:
            yield from every.check(_scanned_bytes(budget))
            aim = every.within_reach(target)
            many = anchors[:MANY]
            every, found, reached = yield from _refined(every, many, scans, aim, found)
        level, base = aim, found
        if aim > _LEVEL:
            level = _LEVEL
            base, _ = yield from every.least_for(level, found, _NEAR)
        yield from _under_filters(every, level, base, shares)
        if limit < WIDE_LIMIT:
            limits.append((WIDE_LIMIT, (yield from at_wide_limit(first, aim, rough))))
        while len(every.questions) < len(anchors) and not every.is_sure(aim, _SURE):
            many = anchors[: 2 * len(every.questions)]
            every, found, reached = yield from _refined(every, many, scans, aim, found)
    except TimeIsUpError:
        hurried = True  # what was found by then counts
    # what the least effort finds beyond the target makes up for questions that are harder
    spare = every.spare(aim) if spares and found <= every.least else 1.0
    chance = every.for_chance(aim)
    found = max(every.least, found * spare * margin * ease * chance)
    if found > every.most:
        found = every.most
        reached = yield from _at_most(every, found / ease, reached)
    return Pin(
        target,
        reached * (1 - every.lost),
        min(every.most, math.ceil(found - _EPSILON)),
        limit,
        stored.rows,
        now,
        len(every.questions),
        ease,
        tuple((wide_limit, found * max(1.0, factor)) for wide_limit, factor in limits),
        without_chance(shares, chance),
        effort.by_bits(stored.collection.index),
        hurried,
    )


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


def at_wide_limit(first: Measured, target: float, found: float) -> Asking[float]:
    """Give how much more effort many rows take than few, at most by what the greatest tells."""
    if first.stands_on_an_effort and found > first.most / GREAT:
        # a greater one, which stands for the truth, is not to be had: both are compared below it
        found = first.most / GREAT
        target = yield from first.found_with(found)
    wide = Measured(first.stored, first.questions, first.send, WIDE_LIMIT)
    more, _ = yield from wide.least_for(target, max(wide.least, 2 * found))
    return more / found


def _under_filters(
    every: Measured, level: float, base: float, shares: list[tuple[float, float]]
) -> Asking[None]:
    """Add what part of the rows a filter lets through, and how much more effort it takes."""
    stored = every.stored
    # a binary index brings more than enough there, which takes its time
    some = every.questions[: FIRST if effort.by_bits(stored.collection.index) else SOME]
    for share in _shares(stored, every.limit):
        parts = max(1, round(share * statements.PARTS))
        under = Measured(stored, some, every.send, every.limit, parts)
        more, _ = yield from under.least_for(level, base * under.share**-0.3)
        shares.append((under.share, max(_LEAST_FACTOR, more / base)))


def _first_look(
    first: Measured, target: float, start: float, budget: Budget
) -> Asking[tuple[float, float, float]]:
    """Find roughly what effort meets a target, and by what recall of what is known it does."""
    rough, reached = yield from first.least_for(target, start)
    if not first.stands_on_an_effort:
        return rough, reached, target
    # where a great effort finds far more than this one, another may find more than that
    yield from first.check(_scanned_bytes(budget))
    aim = first.within_reach(target)
    return (*(yield from first.least_for(aim, rough)), aim)


def _of_scans(
    known: Measured, anchors: Sequence[Question], scans: Scans, target: float, found: float
) -> Asking[tuple[Sequence[Question], Measured, float]]:
    """Make the first questions anew, of all neighbours, where there is time to make enough so.

    Returns:
        The rows of which questions are to be made, the first questions, and the effort that meets
        the target with them.
    """
    asked: list[Question] = []
    if scans.afford(known.stored, FIRST):
        asked = yield from made(known.stored, anchors[:FIRST], known.send, scans)
    anchors = scans.worth(anchors, len(asked))
    if scans.go_on:
        known = replace(known, questions=asked, found={}, truths=[])
        found, _ = yield from known.least_for(target, found, _NEAR)
    return anchors, known, found


def _refined(
    known: Measured, anchors: Sequence[Question], scans: Scans, target: float, found: float
) -> Asking[tuple[Measured, float, float]]:
    """Find the effort with more questions, which are asked first with those next to it."""
    asked = yield from made(known.stored, anchors[len(known.questions) :], known.send, scans)
    efforts = yield from known.next_to(found, _NEAR)
    every = yield from known.grown(asked, efforts)
    return (every, *(yield from every.least_for(target, efforts[0], _NEAR)))


def _scanned_bytes(budget: Budget) -> float:
    """Give how much a scan may compare: as much as it may at the end of a build, or more."""
    left = budget.deadline - time.monotonic()
    return SCANNED_BYTES * min(_MOST_SCANS, max(1.0, left / _SECONDS_A_SCAN))


def least_for_rows(
    stored: Stored, anchors: Sequence[Question], send: Ask, target: float, *, limit: int, start: int
) -> Asking[float]:
    """Find what effort questions made of rows take, beside which others are harder or easier."""
    asked = yield from made(stored, anchors, send, Scans.within(Budget()))
    found, _ = yield from Measured(stored, asked, send, limit).least_for(target, start)
    return found


def _at_most(every: Measured, tried: float, reached: float) -> Asking[float]:
    """Give what the greatest effort finds."""
    try:
        return (yield from every.found_with(tried))
    except TimeIsUpError:
        return reached


def _shares(stored: Stored, limit: int) -> list[float]:
    """Give the filters to measure: wide ones, and the narrowest under which the index is asked."""
    narrowest = max(
        effort.LEAST_SHARE, planning.threshold_of(stored, limit) / max(1.0, stored.rows)
    )
    wanted = [share for share in (0.5, 0.1) if share > 1.2 * narrowest]
    return [*wanted, narrowest] if narrowest < 1 else []
