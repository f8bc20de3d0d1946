"""Find the effort that meets a target, at two limits and under filters, as far as time allows."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from pgrecall._operations.indexes.budget import Budget, TimeIsUpError
from pgrecall._operations.indexes.ease import FEW_ROWS
from pgrecall._operations.indexes.known import NEAR, Known
from pgrecall._operations.indexes.least import least_for, times
from pgrecall._operations.indexes.measuring import Asking, Measured
from pgrecall._operations.indexes.questions import made
from pgrecall._operations.indexes.scans import SCANNED_BYTES, Scans
from pgrecall._operations.indexes.truth import GREAT
from pgrecall._operations.indexes.under_filters import under_filters, without_chance
from pgrecall._operations.search import effort
from pgrecall._operations.search.pin import Pin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall._operations.indexes.around import Around
    from pgrecall._operations.indexes.asking import Ask, Question
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
_ERRORS = 2.0  # of the effort's logarithm, over the root of the questions: one standard error
_SURE = 2.0  # standard errors
_MOST_SCANS, _SECONDS_A_SCAN = 8.0, 4.0
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
    around: Around | None = None,
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
        around: How far around the rows to draw questions; None where they are mirrored.
    """
    now, began = time.time(), time.monotonic()
    budget = budget or Budget()
    start = effort.default_effort(stored, limit, 1.0) / ease
    scans = Scans.within(budget)
    is_soon = scans.afford(stored, len(anchors[:FIRST]), soon=True)
    try:
        asked = yield from made(stored, anchors[:FIRST], send, scans if is_soon else None, around)
        first = Measured(stored, asked, send, limit, bytes_=_scanned_bytes(budget))
        if effort.by_bits(stored.collection.index):
            start = first.least  # mostly it does, and each candidate costs
        rough, reached, aim = yield from _first_look(first, target, start)
    except TimeIsUpError:
        return None
    known = Known(target, aim, first, rough, first, rough, reached, around=around)
    try:
        budget.go_beyond()
        took = time.monotonic() - began
        hurried = yield from _beyond(known, anchors, scans, budget, took)
    except TimeIsUpError:
        hurried = True  # what was found by then counts
    every, found = known.every, known.found
    # what the least effort finds beyond the target makes up for questions that are harder
    spare = every.spare(known.aim) if spares and found <= every.least else 1.0
    chance = every.for_chance(known.aim)
    # few tell it within a quarter, and those without a scan are easy: where there was no time for
    # more, a search finds enough
    asked_of, margin = len(every.questions), 1.0
    is_rough = hurried and not scans.go_on and around is None
    if asked_of < (len(anchors) if is_rough else min(SOME, len(anchors))):
        margin += _ERRORS / math.sqrt(asked_of)
    found = max(every.least, found * spare * margin * ease * chance)
    reached = known.reached
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
        asked_of,
        ease,
        tuple((wide_limit, found * max(1.0, factor)) for wide_limit, factor in known.limits),
        without_chance(known.shares, chance),
        effort.by_bits(stored.collection.index),
        hurried,
        around=around,
    )


def _beyond(
    known: Known, anchors: Sequence[Question], scans: Scans, budget: Budget, took: float
) -> Asking[bool]:
    """Go on after a first look, and tell whether there was too little time for all.

    Args:
        known: What it found, which grows.
        anchors: As of ``measure``.
        scans: What time there is for scans, and whether the first questions are by one.
        budget: What time is left.
        took: How long it took: more questions take longer.
    """
    is_short = not budget.has(took * max(1.0, min(SOME, len(anchors)) / FIRST - 1))
    if not is_short:
        if len(anchors) > FIRST:
            anchors = yield from _of_scans(known, anchors, scans)
            yield from known.refine(anchors[:SOME], scans)
        if known.every.stands_on_an_effort:
            yield from known.every.check()
            known.aim = known.every.within_reach(known.target)
            yield from known.refine(anchors[:MANY], scans)
    yield from under_filters(known, budget, took, SOME)
    if is_short:
        return True
    if known.every.limit < WIDE_LIMIT:
        more = yield from at_wide_limit(known.first, known.aim, known.rough)
        known.limits.append((WIDE_LIMIT, more))
    while len(known.every.questions) < len(anchors) and not known.every.is_sure(known.aim, _SURE):
        yield from known.refine(anchors[: 2 * len(known.every.questions)], scans)
    return False


def at_wide_limit(first: Measured, target: float, found: float) -> Asking[float]:
    """Give how much more effort many rows take than few, at most by what the greatest tells."""
    if first.stands_on_an_effort and found > first.most / GREAT:
        # a greater one, which stands for the truth, is not to be had: both are compared below it
        found = first.most / GREAT
        target = yield from first.found_with(found)
    wide = Measured(first.stored, first.questions, first.send, WIDE_LIMIT)
    return (yield from times(wide, target, max(wide.least, 2 * found), found, first.astray(target)))


def _first_look(first: Measured, target: float, start: float) -> Asking[tuple[float, float, float]]:
    """Find roughly what effort meets a target, and by what recall of what is known it does."""
    rough, reached = yield from least_for(first, target, start)
    if not first.stands_on_an_effort:
        return rough, reached, target
    aim = target
    try:
        # where a great effort finds far more than this one, another may find more than that
        yield from first.check()
        aim = first.within_reach(target)
        rough, reached = yield from least_for(first, aim, rough)
    except TimeIsUpError:
        rough = max(first.found)  # the nearest to it
    return rough, reached, aim


def _of_scans(
    known: Known, anchors: Sequence[Question], scans: Scans
) -> Asking[Sequence[Question]]:
    """Make the first questions of all neighbours, if they are not, where there is time for enough.

    Returns:
        The rows of which questions are to be made.
    """
    first = known.first
    if known.around is not None:
        return anchors  # those that the index finds are enough to draw from
    if scans.each is not None:
        return scans.worth(anchors, FIRST)
    asked: list[Question] = []
    if scans.afford(first.stored, FIRST):
        asked = yield from made(first.stored, anchors[:FIRST], first.send, scans)
    anchors = scans.worth(anchors, len(asked))
    if scans.go_on:
        first = replace(first, questions=asked, found={}, truths=[])
        rough, _ = yield from least_for(first, known.aim, known.rough, NEAR)
        known.first = known.every = first
        known.rough = known.found = rough
    return anchors


def _scanned_bytes(budget: Budget) -> float:
    """Give how much a scan may compare: as much as it may at the end of a build, or more."""
    left = budget.deadline - time.monotonic()
    return SCANNED_BYTES * min(_MOST_SCANS, max(1.0, left / _SECONDS_A_SCAN))


def least_for_rows(
    stored: Stored,
    anchors: Sequence[Question],
    send: Ask,
    target: float,
    *,
    limit: int,
    start: int,
    around: Around | None,
) -> Asking[float]:
    """Find what effort questions made of rows take, beside which others are harder or easier."""
    asked = yield from made(stored, anchors, send, Scans.within(Budget()), around)
    found, _ = yield from least_for(Measured(stored, asked, send, limit), target, start)
    return found


def _at_most(every: Measured, tried: float, reached: float) -> Asking[float]:
    """Give what the greatest effort finds."""
    try:
        return (yield from every.found_with(tried))
    except TimeIsUpError:
        return reached
