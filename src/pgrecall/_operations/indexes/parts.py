"""Which hot values get an index of their own, and how it is made and dropped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from pgrecall._operations.indexes import promise
from pgrecall._operations.indexes.budget import TimeIsUpError
from pgrecall._operations.indexes.indexes import discard, watched
from pgrecall._operations.indexes.memory import in_memory
from pgrecall._operations.search import effort, planning
from pgrecall._operations.work import one
from pgrecall._statements.distributed import dialect_of
from pgrecall._statements.indexes import indexes
from pgrecall._statements.indexes import parts as statements
from pgrecall._statements.limits import lifted
from pgrecall._statements.parts import HOT, Part, plain_value
from pgrecall.errors import PgRecallError
from pgrecall.indexes import hot_of

if TYPE_CHECKING:
    from pgrecall._operations.context import Context
    from pgrecall._operations.indexes.budget import Budget
    from pgrecall._operations.indexes.memory import Grant
    from pgrecall._operations.work import Operation, Steps
    from pgrecall._statements.layout import Stored
    from pgrecall.indexes import Hot

Counted: TypeAlias = Mapping[str, Sequence[tuple[str, float]]]
"""Values of each hot field and their rows, the most first."""

UNSEEN = "none of its rows was among those that were drawn to measure it"

KEPT = 2.0
"""By how much more the rows of a value count that has an index: it is dropped at half the rows, and
makes room for another of twice as many, so that none is built and dropped again and again."""

RECOUNTED_TO = 4
"""Times the rows of a hot value up to which all are counted of a value that a sample found: they
may stand on a few pages, of which the sample has none, or half as many again."""


def counted_hot(stored: Stored) -> Steps[Counted | None]:
    """Count the rows of the values that may be worth an index; None where this role may not."""
    fields = hot_of(stored.collection.fields)
    if not fields and not stored.settings.get(HOT):
        return {}
    may = yield statements.may_read(stored)
    if not may.rows[0][0]:
        return None
    yield dialect_of(stored).set_local(lifted(stored.server))
    counted: dict[str, Sequence[tuple[str, float]]] = {}
    for field, hot in fields.items():
        found = yield statements.count(stored, field, hot)
        rows = _by_value(hot, found.rows)
        if statements.is_sampled(stored):
            noted = [part.value for part in stored.parts.values() if part.field == field]
            close = [
                value
                for value in dict.fromkeys([*rows, *noted])
                if rows.get(value, 0.0) <= RECOUNTED_TO * hot.rows
            ]
            if close:
                again = yield statements.recount(stored, field, hot, close)
                rows = {value: rows[value] for value in rows if value not in close}
                rows |= _by_value(hot, again.rows)
        counted[field] = list(rows.items())
    return counted


def _by_value(hot: Hot, rows: Sequence[tuple[str, float]]) -> dict[str, float]:
    return {plain_value(hot.kind, value): count for value, count in rows}


def wanted_parts(stored: Stored, counted: Counted, there: Sequence[str]) -> dict[str, Part]:
    """Choose the values that are to have an index: by its name, those with the most rows first.

    Args:
        stored: The collection.
        counted: What ``counted_hot`` gave.
        there: Names of the indexes of values that there are.
    """
    wanted: dict[str, Part] = {}
    for field, hot in hot_of(stored.collection.fields).items():
        weighed = []
        for value, rows in counted.get(field, ()):
            part = Part(field, hot.kind, value, rows, hot.index)
            name = stored.index_name(part.purpose)
            weight = rows * KEPT if name in there else rows
            if weight > hot.rows:
                weighed.append((weight, name, part))
        weighed.sort(key=lambda each: (-each[0], each[1]))
        wanted |= {name: part for _, name, part in weighed[: hot.most]}
    return wanted


def is_unmeasured(stored: Stored, part: Part) -> bool:
    """Tell whether the effort of a part's index was never measured, or for another recall."""
    view = stored.as_part(part)
    settings = {**part.effort}  # not what stands in its place
    worth = planning.threshold_of(view, effort.LIMIT)
    return effort.is_due(view.collection, settings, part.rows, worth)


def build(context: Context, stored: Stored, part: Part) -> Operation[None]:
    """Build the index of a part, which this call has claimed, unless it is there; then note it."""
    view = stored.as_part(part)
    there = yield one(statements.is_valid(view))
    if not there.rows:
        yield from in_memory(context, view, _build_beside, alone=True)
    yield one(statements.note(view), writes=True)


def measure(context: Context, stored: Stored, part: Part, budget: Budget) -> Operation[str]:
    """Measure the effort that the index of a part takes, where that is due, and note it."""
    if not is_unmeasured(stored, part):
        return ""
    view = stored.as_part(part)
    try:
        budget.check()  # the vectors that are drawn are not within it
        pin = yield from promise.measured(context, view, stored.collection.target_recall, budget)
    except promise.NoVectorsError:
        return UNSEEN
    except TimeIsUpError:
        pin = None
    if pin is None:
        return promise.NO_TIME
    measured = replace(part, effort=pin.settings(part.index))
    yield one(statements.note(stored.as_part(measured)), writes=True)
    return ""


def _build_beside(grant: Grant) -> Operation[None]:
    try:
        yield watched(grant, statements.create_concurrently(grant.stored), patient=False)
    except PgRecallError:
        yield from discard(grant.stored, indexes.index_name(grant.stored))
        raise
