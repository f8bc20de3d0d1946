"""Work on the table of a collection, which may be another by now, or gone."""

from __future__ import annotations

from contextlib import closing
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, TypeVar, cast

from pgrecall._operations.collections.pins import Pin
from pgrecall._operations.context import look_up
from pgrecall._operations.gone import became, dropped, missing
from pgrecall._operations.items.ahead import check_not_within
from pgrecall._operations.moved import MovedError
from pgrecall._operations.work import Work
from pgrecall._statements.collections import registry
from pgrecall._statements.reembed import reembed
from pgrecall._statements.statement import Many, Statement
from pgrecall.errors import CollectionConflictError, DatabaseError, InvalidArgumentError

if TYPE_CHECKING:
    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation, Steps
    from pgrecall._statements.layout import Stored
    from pgrecall.errors import PgRecallError

T = TypeVar("T")

_MISSED = ("42P01",)  # undefined_table
_NO_VECTOR = "22000"  # data_exception: vectors of other lengths, or an array that is none
# somebody else's table loses columns too, or gets others: undefined_column, datatype_mismatch,
# undefined_function, cannot_coerce, wrong_object_type, insufficient_privilege, undefined_object
_MISSED_OF_OTHERS = (
    *_MISSED,
    *("42703", "42804", "42883", "42846", "42809", "42501", "42704"),
    _NO_VECTOR,
)


def on_collection(
    context: Context, stored: Stored, work: Work[T], *, vectors: bool = False
) -> Operation[T]:
    """Run work on a collection's table; a table that is gone tells that the cache was stale.

    Args:
        context: The store's view, or a caller's.
        stored: The collection.
        work: What to run.
        vectors: Whether vectors of the caller's are in it, as ``resolve`` takes it.

    Raises:
        CollectionNotFoundError: The collection was dropped, and perhaps made anew, or renamed; the
            next call asks the registry.
        MovedError: It is on another table by now.
        CollectionConflictError: It was re-embedded, and this is a write; or it was made anew with
            another pin, and this has vectors. The next call asks the registry.
        InvalidArgumentError: It is a write from within the iterable of another one.
    """
    if work.writes:
        check_not_within(stored)
    try:
        result: T = yield work if stored.has_derived_name else _guarded(stored, work)
    except DatabaseError as error:
        if error.sqlstate not in (_MISSED if stored.adopted is None else _MISSED_OF_OTHERS):
            from pgrecall._operations.adopted.present import explained  # noqa: PLC0415  # who adopted none needs none

            raise explained(stored, error) from error.__cause__
        tenant, name = stored.tenant, stored.collection.name
        context.forget(tenant, name)
        if error.sqlstate == _NO_VECTOR:
            context.spoiled.put(stored.id, True)
        diagnosis = getattr(error.__cause__, "diag", None)
        if diagnosis is not None and diagnosis.constraint_name == reembed.REFUSED:
            raise (yield from _reembedded(context, stored, vectors=vectors)) from error
        found = yield from look_up(context, tenant, name)
        if not _is_of_table(stored, found, error.sqlstate):
            raise
        if found is not None and _is_moved(stored, found):
            # what was learned there is of other lexemes, or of other numbers
            context.calibrations.pop(stored.id)
            context.frequencies.pop(stored.id)
            raise MovedError(tenant, name) from error
        context.forget(tenant, name)
        if found is None:
            raise (yield from missing(context, tenant, name, error)) from error
        if vectors:
            _hold_anew(context, found, error)
        raise (yield Work(partial(became, stored, error))) from error
    return result


def _is_moved(before: Stored, now: Stored) -> bool:
    """Tell whether a collection is the same one on another table."""
    if before.id != now.id:
        return False
    storage = before.kept_as or before.collection.storage
    was = (before.table_name, storage, before.collection.text_search, _looks(before))
    now_is = (now.table_name, now.collection.storage, now.collection.text_search, _looks(now))
    return was != now_is


def _is_of_table(before: Stored, now: Stored | None, sqlstate: str | None) -> bool:
    """Tell whether an error came of another table, and not of the statement, or of a trigger."""
    if now is None or now.id != before.id:
        return sqlstate in _MISSED
    return _is_moved(before, now) or (before.adopted is None and sqlstate in _MISSED)


def _looks(stored: Stored) -> object:
    """Give what the statements on an adopted table depend on."""
    return stored.adopted, stored.present and stored.present.shape


def _guarded(stored: Stored, work: Work[T]) -> Work[T]:
    """Let work fail on a table of the user's own name that is another collection's by now."""

    def body() -> Steps[T]:
        guard = registry.still_named(stored)
        with closing(work.body()) as steps:
            try:
                request = next(steps)
                while True:
                    match request:
                        case Statement():
                            reply = (yield Many([request, guard]))[0]
                        case Many(statements):
                            reply = (yield Many(chain(statements, [guard])))[:-1]
                        case _:
                            reply = yield request
                            yield guard
                    request = steps.send(reply)
            except StopIteration as finished:
                return cast("T", finished.value)

    return work.with_body(body)


def _hold_anew(context: Context, found: Stored, cause: DatabaseError) -> None:
    # one change is one error: what was made anew with another pin is told here, not next time too
    try:
        context.hold(found, vectors=True)
    except CollectionConflictError as error:
        raise error from cause


def _reembedded(context: Context, stored: Stored, *, vectors: bool) -> Operation[PgRecallError]:
    # a vector of the old model has no place in the new collection: no write goes there unasked
    before = stored.collection
    found = yield from look_up(context, stored.tenant, before.name)
    if found is None:
        return dropped(stored.tenant, before.name)
    if found.id == stored.id:
        return InvalidArgumentError(
            f"collection {before.name!r} is what was before a re-embedding: it can be read, not"
            " written; drop_collection() removes it"
        )
    if vectors and context.conflict(found, vectors=False) is None:
        context.agree(found)
    now = found.collection
    for pin in (*Pin._fields, "table_name"):
        existing, requested = getattr(now, pin), getattr(before, pin)
        if existing != requested:
            break
    return CollectionConflictError(pin, existing, requested, before.name)
