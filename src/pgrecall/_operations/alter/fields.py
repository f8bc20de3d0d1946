"""Declare other fields: their indexes are built beside readers and writers, then put in place."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from pgrecall._operations.alter.checks import check_no_successor, check_owner, locked
from pgrecall._operations.alter.turns import in_turn
from pgrecall._operations.indexes.claims import at_build, building_already, claim, forget_claim
from pgrecall._operations.indexes.indexes import SWAP_TIMEOUT, watched
from pgrecall._operations.indexes.memory import in_memory
from pgrecall._operations.reembed.successor import ALTER
from pgrecall._operations.work import Work, one
from pgrecall._statements.alter import fields as statements
from pgrecall._statements.alter.rewriting import too_long
from pgrecall._statements.collections import tables
from pgrecall._statements.distributed import dialect_of
from pgrecall._statements.indexes import indexes, parts
from pgrecall._values.strings import MAX_ID_BYTES, shown
from pgrecall.errors import DatabaseError, InvalidArgumentError, PgRecallError
from pgrecall.indexes import hot_of, kinds_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pgrecall._operations.context import Context
    from pgrecall._operations.indexes.memory import Grant
    from pgrecall._operations.work import Operation, Steps
    from pgrecall._statements.layout import Stored
    from pgrecall._statements.parts import Part
    from pgrecall.models import Collection, IndexProgress


def check_texts(stored: Stored, wanted: Collection) -> Operation[None]:
    """Raise InvalidArgumentError where a text is stored that its field's index cannot take."""
    fields = kinds_of(wanted.fields)
    keys = [key for key, kind in fields.items() if kind == "text" != stored.fields.get(key)]
    if not keys:
        return
    found = yield one(too_long(stored, keys, MAX_ID_BYTES))
    if found.rows:
        told = ", ".join(
            f"metadata[{key!r}] of item {shown(id_)} has {count:,}"
            for id_, key, count in found.rows
        )
        msg = (
            f'a field that is declared "text" may have {MAX_ID_BYTES:,} bytes, and {told}:'
            " shorten them, or leave the field undeclared"
        )
        raise InvalidArgumentError(msg)


def declare(
    context: Context,
    stored: Stored,
    wanted: Collection,
    progress: Callable[[IndexProgress], object] | None,
) -> Operation[None]:
    """Build what indexes are missing, declare the fields, drop what indexes are left."""
    after = replace(stored, collection=replace(stored.collection, fields=wanted.fields))
    for statement in tables.instants_needed(after):
        yield one(statement, writes=True)
    before, needed = tables.field_purposes(stored), tables.field_purposes(after)
    fresh = [(purpose, kind) for purpose, kind in needed.items() if before.get(purpose) != kind]
    with at_build(context) as token:
        try:
            for purpose, kind in fresh:
                name = statements.new_name(after, purpose, kind)
                alone = partial(_alone, context, stored, name, token)
                build = partial(_build, alone, after, purpose, kind)
                yield from in_memory(context, after, build, progress)
            cold = _cold(stored, wanted)
            yield from in_turn(stored, ALTER, _declaring(context, stored, after, fresh, cold))
        except PgRecallError:
            # what was built stays: the same call goes on with it, else maintain() drops it
            yield from forget_claim(stored, token)
            raise
        if fresh:
            yield from forget_claim(stored, token)
    kept = {after.index_name(purpose) for purpose in needed}
    there = yield one(statements.there(stored))
    for name, _ in there.rows:
        if name not in kept:
            yield one(indexes.drop_concurrently(stored, name), writes=True)
    for name in cold:
        yield one(indexes.drop_concurrently(stored, name), writes=True)


def _cold(stored: Stored, wanted: Collection) -> dict[str, str]:
    """Name the indexes of values whose fields are not hot any more, or have another index."""
    hot = hot_of(wanted.fields)

    def stays(part: Part) -> bool:
        of = hot.get(part.field)
        return of is not None and (of.kind, of.index) == (part.kind, part.index)

    named = parts.names_of(stored).items()
    return {name: part.purpose for name, part in named if not stays(part)}


def _alone(context: Context, stored: Stored, name: str, token: str) -> Steps[bool]:
    """Make sure that nobody else builds; tell whether an index is to be built still."""
    now = yield from claim(context, stored, token)
    _check_unaltered(stored, now)
    there = yield statements.there(now)
    valid = dict(there.rows)
    if valid.get(name):
        return False  # a call that died built it
    yield tables.lock_builders_out(now)
    if name in valid:
        yield indexes.drop_by_name(now, name)
    return True


def _build(
    alone: Callable[[], Steps[bool]],
    after: Stored,
    purpose: str,
    kind: str,
    grant: Grant,
) -> Operation[None]:
    name = statements.new_name(after, purpose, kind)
    try:
        is_missing = yield Work(alone, writes=True, transaction=True)
    except DatabaseError as error:
        if error.sqlstate != "55P03":  # lock_not_available
            raise
        msg = (
            f"another call builds an index of collection {after.collection.name!r} right now, or"
            f" loads or vacuums it: call {ALTER}() again when that has ended"
        )
        raise error.explained(msg) from error
    if not is_missing:
        return
    try:
        yield watched(grant, statements.build(after, purpose, kind), patient=True)
    except DatabaseError as error:
        if error.sqlstate == "42P07":  # duplicate_table: another was quicker
            raise building_already(after) from error
        yield from _discard(after, name)
        if error.sqlstate == "40P01":  # deadlock_detected: of who builds without a claim
            raise building_already(after) from error
        yield from check_texts(
            replace(after, collection=replace(after.collection, fields=None)), after.collection
        )
        raise


def _discard(after: Stored, name: str) -> Operation[None]:
    try:
        yield one(indexes.drop_concurrently(after, name), writes=True)
    except PgRecallError:
        return  # maintain() drops what is left


def _check_unaltered(stored: Stored, now: Stored) -> None:
    was = (stored.collection.fields, stored.table_name)
    if (now.collection.fields, now.table_name) != was:
        msg = (
            f"another call altered collection {stored.collection.name!r} meanwhile: call {ALTER}()"
            " again"
        )
        raise PgRecallError(msg)


def _declaring(
    context: Context,
    stored: Stored,
    after: Stored,
    fresh: list[tuple[str, str]],
    cold: Mapping[str, str],
) -> Work[None]:
    def body() -> Steps[None]:
        yield dialect_of(stored).set_local({"lock_timeout": SWAP_TIMEOUT})
        yield from check_owner(stored, ALTER)
        now = yield from locked(context, stored)
        yield from check_no_successor(now)
        _check_unaltered(stored, now)
        for purpose, kind in fresh:
            for statement in statements.put_in_place(after, purpose, kind):
                yield statement
        yield statements.declare(after)
        if cold:
            yield parts.forget(stored, [*cold.values()])

    return Work(body, writes=True, transaction=True)
