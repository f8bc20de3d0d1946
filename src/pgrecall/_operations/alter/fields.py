"""Declare other fields: their indexes are built beside readers and writers, then put in place."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pgrecall._operations.alter.checks import check_owner, locked
from pgrecall._operations.alter.turns import in_turn
from pgrecall._operations.indexes.indexes import SWAP_TIMEOUT, build_settings
from pgrecall._operations.work import Build, Work, one
from pgrecall._statements.alter import fields as statements
from pgrecall._statements.alter.rewriting import too_long
from pgrecall._statements.collections import tables
from pgrecall._statements.distributed import dialect_of
from pgrecall._statements.indexes import indexes
from pgrecall._values.strings import MAX_ID_BYTES, shown
from pgrecall.errors import DatabaseError, InvalidArgumentError, PgRecallError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation, Steps
    from pgrecall._statements.layout import Stored
    from pgrecall.models import Collection, IndexProgress


def check_texts(stored: Stored, wanted: Collection) -> Operation[None]:
    """Raise InvalidArgumentError where a text is stored that its field's index cannot take."""
    fields = wanted.fields or {}
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
    there = yield one(statements.there(stored))
    valid = dict(there.rows)
    for purpose, kind in fresh:
        name = statements.new_name(after, purpose, kind)
        if valid.get(name):
            continue  # a call that died built it
        yield from _build(after, purpose, kind, progress, left=name in valid)
    yield from in_turn(stored, "alter_collection", _declaring(context, stored, after, fresh))
    kept = {after.index_name(purpose) for purpose in needed}
    there = yield one(statements.there(stored))
    for name, _ in there.rows:
        if name not in kept:
            yield one(indexes.drop_concurrently(stored, name), writes=True)


def _build(
    after: Stored,
    purpose: str,
    kind: str,
    progress: Callable[[IndexProgress], object] | None,
    *,
    left: bool,
) -> Operation[None]:
    name = after.collection.name

    def alone() -> Steps[None]:
        try:
            yield tables.lock_builders_out(after)
        except DatabaseError as error:
            if error.sqlstate != "55P03":  # lock_not_available
                raise
            msg = (
                f"another call builds an index of collection {name!r} right now, or loads or"
                " vacuums it: call alter_collection() again when that has ended"
            )
            raise error.explained(msg) from error
        if left:
            yield indexes.drop_by_name(after, statements.new_name(after, purpose, kind))

    yield Work(alone, writes=True, transaction=True)
    try:
        yield Build(
            settings=build_settings(after, patient=True),
            statement=statements.build(after, purpose, kind),
            poll=indexes.progress(after),
            progress=progress,
        )
    except DatabaseError as error:
        if error.sqlstate == "42P07":  # duplicate_table: another was quicker
            msg = f"another call alters collection {name!r} right now: call it again after that"
            raise error.explained(msg) from error
        yield from _discard(after, statements.new_name(after, purpose, kind))
        yield from check_texts(
            replace(after, collection=replace(after.collection, fields=None)), after.collection
        )
        raise


def _discard(after: Stored, name: str) -> Operation[None]:
    try:
        yield one(indexes.drop_concurrently(after, name), writes=True)
    except PgRecallError:
        return  # maintain() drops what is left


def _declaring(
    context: Context, stored: Stored, after: Stored, fresh: list[tuple[str, str]]
) -> Work[None]:
    def body() -> Steps[None]:
        yield dialect_of(stored).set_local({"lock_timeout": SWAP_TIMEOUT})
        yield from check_owner(stored, "alter_collection")
        now = yield from locked(context, stored)
        if now.fields != stored.fields:
            msg = (
                f"another call declared other fields of collection {stored.collection.name!r}"
                " meanwhile: call alter_collection() again"
            )
            raise PgRecallError(msg)
        for purpose, kind in fresh:
            for statement in statements.put_in_place(after, purpose, kind):
                yield statement
        yield statements.declare(after)

    return Work(body, writes=True, transaction=True)
