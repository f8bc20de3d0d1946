"""Keep what a collection promises: measure the effort that its target takes, and pin it for all."""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from pgrecall._operations.context import look_up
from pgrecall._operations.indexes import around, ease, filling
from pgrecall._operations.indexes.asking import of_rows
from pgrecall._operations.indexes.budget import Budget, TimeIsUpError, by_works
from pgrecall._operations.indexes.fitting import (
    LIMIT,
    MOST,
    SOME,
    least_for_rows,
    measure,
    questions_for,
)
from pgrecall._operations.on_table import on_collection
from pgrecall._operations.search import effort
from pgrecall._operations.work import Work, one
from pgrecall._statements.collections import registry
from pgrecall._statements.distributed import LOCAL
from pgrecall._statements.search import drawing
from pgrecall.errors import CollectionNotFoundError, DatabaseError, PgRecallError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pgrecall._operations.context import Context
    from pgrecall._operations.indexes.asking import Question
    from pgrecall._operations.search.pin import Pin
    from pgrecall._operations.work import Operation, Steps
    from pgrecall._statements.layout import Stored
    from pgrecall.models import IndexProgress

_logger = logging.getLogger("pgrecall")

NO_TIME = "it could not be measured in the time that it may take"
ANOTHER = "the index, or the recall that is asked for, is another by now"
GONE = "its items were deleted while it was measured"

SECONDS, SHARE = 10.0, 0.02
"""What measuring may take at the end of a load or a build: this long, or this part of its time."""
LEAST_SECONDS, PART = 0.5, 1 / 3
"""Where that took less time itself, what goes beyond a first look has to end after this part of it,
or so long. Maintenance goes on later."""
_FEW = 300
"""Rows of a load that are not worth the look."""
_PATIENCE = "5s"
"""How long what was measured waits for who changes the registry's row."""
_NO_RIGHT = {"42501", "25006"}  # insufficient_privilege, read_only_sql_transaction


class NoVectorsError(PgRecallError):
    """No row that was looked at has a vector."""


def keep_after(
    context: Context,
    tenant: str,
    name: str,
    began: float,
    *,
    written: int | None = None,
    progress: Callable[[IndexProgress], object] | None = None,
) -> Operation[None]:
    """End a load or a build with it, where it is due.

    What was loaded and built is there, whatever becomes of this: until it is measured, a formula
    serves, and maintenance comes back to it. What was in the way is logged, and loads of
    this store try again when the collection has grown by half.

    Args:
        context: The store's.
        tenant: The tenant.
        name: The collection's name.
        began: When the load or the build began, by the monotonic clock.
        written: Rows of a load.
        progress: Told how far it is.
    """
    if context.is_callers or (written is not None and written < _FEW):
        return
    stored = None
    try:
        stored = yield from look_up(context, tenant, name)
        if stored is None or not (yield from filling.is_due(context, stored)):
            return
        before = context.unmeasured.get(stored.id)
        if written is not None and before and stored.rows <= effort.OUTGROWN * before:
            return
        # who may not pin what is found need not look
        yield one(registry.lock(stored, wait=False), writes=True)
        now = time.monotonic()
        took = now - began
        budget = Budget(
            now + max(SECONDS, SHARE * took),
            progress,
            enough=now + max(LEAST_SECONDS, PART * took),
        )
        if (yield from keep(context, stored, budget)) == NO_TIME:
            _left(context, stored, NO_TIME)
    except CollectionNotFoundError:
        return  # dropped, renamed or altered meanwhile: there is nothing to measure here
    except PgRecallError as error:
        if stored is not None:
            _left(context, stored, error)


def _left(context: Context, stored: Stored, why: PgRecallError | str) -> None:
    context.unmeasured.put(stored.id, stored.rows)
    has_no_right = isinstance(why, DatabaseError) and why.sqlstate in _NO_RIGHT
    _logger.log(
        logging.INFO if has_no_right else logging.WARNING,
        "what the index of collection %r finds was not measured, and a rule of thumb serves until"
        " maintain() or reindex() measures it: %s",
        stored.collection.name,
        why,
    )


def _target(stored: Stored) -> float:
    return effort.target_of(stored.settings, stored.collection)


def keep(
    context: Context, stored: Stored, budget: Budget, *, unhurried: bool = False
) -> Operation[str]:
    """Measure and pin, and give the reason where that was left, or nothing.

    Args:
        context: The store's.
        stored: The collection.
        budget: How long it may take.
        unhurried: Whether nobody is to come back to it, however little there was time for.
    """
    try:
        pin = yield from measured(context, stored, _target(stored), budget)
    except NoVectorsError:
        # nobody looks again before there are more rows
        seen = {effort.WITHOUT_VECTORS: round(stored.rows)}
        yield one(registry.update_settings(stored, seen, wait=False), writes=True)
        yield from look_up(context, stored.tenant, stored.collection.name)
        return ""
    if pin is None:
        return NO_TIME
    # of rows that are gone none is missed, with any effort
    left = yield from on_collection(context, stored, one(drawing.sample_vectors(stored, pin.limit)))
    if 2 * len(left.rows) < min(pin.limit, pin.sample):
        return GONE
    if unhurried:
        pin = replace(pin, hurried=False)
    return "" if (yield from pinning(context, stored, pin)) else ANOTHER


def measured(
    context: Context, stored: Stored, target: float, budget: Budget, *, limit: int = LIMIT
) -> Operation[Pin | None]:
    """Measure the effort that a target takes; None where the time was over before it was known.

    Raises:
        NoVectorsError: There is nothing to ask.
    """
    anchors = drawing.sample_vectors(stored, questions_for(stored, limit))
    result = yield from on_collection(context, stored, one(anchors))
    if not result.rows:
        raise NoVectorsError
    send = by_works(context, stored, budget)
    rows = of_rows(result.rows)
    is_hurried, far = False, None
    try:
        far = yield from around.wanted(stored, rows, send, budget)
    except around.TooSlowError:
        is_hurried = True  # mirror images of so many rows may be too easy
    except TimeIsUpError:
        return None
    own = effort.of_questions(stored.settings, stored.collection.index)
    is_drawn = far is not None
    factor = own or (yield from ease.measured(context, stored, target, budget, is_drawn=is_drawn))
    pin = yield from measure(
        stored,
        rows,
        send,
        target,
        limit=limit,
        ease=factor,
        spares=own is None,
        budget=budget,
        around=far,
    )
    if pin is not None and is_hurried:
        pin = replace(pin, hurried=True)
    return pin and (yield from filling.of_those_left(context, stored, pin))


def measured_by(
    context: Context, stored: Stored, questions: Sequence[Question], target: float, limit: int
) -> Operation[Pin | None]:
    """Measure the same by a caller's own questions, and how much harder than rows they are.

    Maintenance has not the questions: it measures with rows again, and with that factor.

    Raises:
        NoVectorsError: There is nothing to ask.
    """
    send = by_works(context, stored, Budget())
    # whichever come first stand for all
    order = np.random.default_rng(0).permutation(len(questions))[:MOST]
    asked = [questions[place] for place in order]
    pin = yield from measure(stored, asked, send, target, limit=limit)
    anchors = drawing.sample_vectors(stored, min(SOME, questions_for(stored, limit)))
    result = yield from on_collection(context, stored, one(anchors))
    if not result.rows:
        raise NoVectorsError
    if pin is None:
        return None
    rows = of_rows(result.rows)
    far = yield from around.wanted(stored, rows, send)
    of_these = yield from least_for_rows(
        stored, rows, send, target, limit=limit, start=pin.effort, around=far
    )
    pin = yield from filling.of_those_left(context, stored, pin)
    return replace(pin, ease=pin.effort / of_these, around=far)


def pinning(
    context: Context,
    stored: Stored,
    pin: Pin,
    *,
    tuned: bool = False,
    questions: int = 0,
) -> Operation[bool]:
    """Write an effort down for every client, where the index is the one it was measured on.

    Args:
        context: The store's.
        stored: The collection.
        pin: The effort.
        tuned: Whether a caller asked for this target, or these questions.
        questions: How many of the caller's own it was measured with.
    """

    def body() -> Steps[bool]:
        yield LOCAL.set_local({"lock_timeout": _PATIENCE})
        found = yield registry.lock(stored)
        if not found.rows:
            return False
        now = registry.stored_from(stored.schema, stored.server, found.rows[0])
        if now.adopted is not None:
            now = yield from _as_it_is(now)
        same = (now.collection.index, now.table_name, now.settings.get("lists"))
        if same != (stored.collection.index, stored.table_name, stored.settings.get("lists")):
            return False
        if not tuned and _target(now) != pin.target:
            return False  # another was said meanwhile
        kept = pin.settings(stored.collection.index)
        if tuned:
            own = effort.by_questions(pin, stored.collection.index) if questions else None
            kept |= {"tuned_target": pin.target, effort.OF_QUESTIONS: own}
        yield registry.update_settings(stored, kept)
        return True

    kept: bool = yield Work(body, writes=True, transaction=True)
    # what another has said meanwhile holds here too
    yield from look_up(context, stored.tenant, stored.collection.name)
    return kept


def _as_it_is(stored: Stored) -> Steps[Stored]:
    """Give a collection on somebody else's table with the index that is there.

    The registry is told of one that it did not know: what was measured of the one before is gone.
    """
    from pgrecall._operations.adopted.present import present_of  # noqa: PLC0415  # who adopted none needs none

    now = yield from present_of(stored)
    if now.collection.index != stored.collection.index:
        yield registry.update_index(stored, now.collection.index, now.settings)
    return now
