"""Find the effort that meets a target, at two limits and under filters, as far as time allows."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from pgrecall._operations.indexes.budget import TimeIsUpError
from pgrecall._operations.indexes.ease import FEW_ROWS
from pgrecall._operations.indexes.measuring import ROUGH, STEP, Asking, Measured
from pgrecall._operations.search import effort, planning
from pgrecall._statements.indexes import measuring as statements

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall._operations.indexes.questions import Ask
    from pgrecall._statements.layout import Stored
    from pgrecall._values.vectors import Encoded

LIMIT, WIDE_LIMIT = effort.LIMIT, 100
"""Rows for which the effort is found; between and beyond, a line through both tells it."""
MOST, FIRST, SOME = 192, 64, 96
"""Questions in all, those for a first look and another limit, and those for each filter."""
_QUESTION_BYTES = 48 << 20  # of neighbours that come along, for all questions
_ANSWERS, _FEWEST = 50_000, 20  # rows of all answers with one effort, and questions at least
_NEAR = 1.25
_LEAST_FACTOR = 0.5  # under a filter a scan goes on until there are enough, which may find more
_EPSILON = 1e-6


def questions_for(stored: Stored, limit: int = LIMIT) -> int:
    """Give how many vectors to sample: fewer of few rows, long vectors, or long answers."""
    most = MOST if stored.rows >= FEW_ROWS else FIRST
    count = max(FIRST, min(most, _QUESTION_BYTES // (32 * stored.row_bytes)))
    return max(_FEWEST, min(count, _ANSWERS // limit))


def measure(
    stored: Stored,
    questions: Sequence[Encoded],
    send: Ask,
    target: float,
    *,
    limit: int = LIMIT,
    ease: float = 1.0,
) -> Asking[effort.Pin | None]:
    """Find the effort that meets a target, at both limits and under filters, as time allows.

    Args:
        stored: The collection.
        questions: What to ask.
        send: Sends statements together, and raises TimeIsUpError.
        target: The recall.
        limit: Rows asked for.
        ease: By how much more effort vectors take that are not stored.
    """
    now = time.time()
    first = Measured(stored, questions[:FIRST], send, limit)
    start = effort.default_effort(stored, limit, 1.0) / ease
    try:
        rough, reached = yield from first.least_for(target, start)
    except TimeIsUpError:
        return None
    # so few questions tell it within a quarter: should the time end here, a search finds enough
    found, sample, limits, shares = rough * _NEAR, len(first.questions), [], []
    try:
        every = first
        if len(questions) > FIRST:
            every = Measured(stored, questions, send, limit)
            found, reached = yield from every.least_for(target, rough, _NEAR)
            sample = len(questions)
        else:
            found = rough
        if found * ease > every.most:
            found = every.most / ease
            tried = max(every.least, round(found))
            yield from every.ask(tried)
            reached = every.recall(tried)
        wanted = _shares(stored, limit)
        some, level, base = questions[:SOME], min(target, ROUGH), found
        if wanted:
            # what the same questions take without a filter
            alike = Measured(stored, some, send, limit) if len(some) > FIRST else first
            base, _ = yield from alike.least_for(level, rough / STEP)
            if base <= STEP * alike.least:
                # next to the least effort of all, that level tells nothing
                some, level, base = questions, target, found
        for share in wanted:
            parts = max(1, round(share * statements.PARTS))
            under = Measured(stored, some, send, limit, parts)
            more, _ = yield from under.least_for(level, base * under.share**-0.3)
            shares.append((under.share, max(_LEAST_FACTOR, more / base)))
        if limit < WIDE_LIMIT:
            wide = Measured(stored, questions[:FIRST], send, WIDE_LIMIT)
            more, _ = yield from wide.least_for(target, max(wide.least, 2 * rough))
            limits.append((WIDE_LIMIT, max(found, more * found / rough) * ease))
    except TimeIsUpError:
        pass  # what was found by then counts
    return effort.Pin(
        target,
        reached,
        min(first.most, math.ceil(found * ease - _EPSILON)),
        limit,
        stored.rows,
        now,
        sample,
        ease,
        tuple(limits),
        tuple(shares),
    )


def _shares(stored: Stored, limit: int) -> list[float]:
    """Give the filters to measure: wide ones, and the narrowest under which the index is asked."""
    narrowest = max(
        effort.LEAST_SHARE, planning.threshold_of(stored, limit) / max(1.0, stored.rows)
    )
    wanted = [share for share in (0.5, 0.1) if share > 1.2 * narrowest]
    return [*wanted, narrowest] if narrowest < 1 else []
