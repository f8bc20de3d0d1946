"""The successor of a collection: made beside it, filled while it serves, put in its place.

Two verbs make one: ``reembed``, whose vectors a model gives, and ``alter_collection``, which
takes them over.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pgrecall._operations.collections.configurations import check_text_search
from pgrecall._operations.collections.creating import check_fields, creation
from pgrecall._operations.collections.fields import changed_by
from pgrecall._operations.context import MAX_NAME_BYTES, resolve_anew
from pgrecall._operations.gone import became
from pgrecall._operations.indexes import indexes
from pgrecall._operations.work import Work, one
from pgrecall._statements.collections import registry, tables
from pgrecall._statements.reembed import reembed as statements
from pgrecall.errors import InvalidArgumentError, PgRecallError
from pgrecall.indexes import index_to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation, Steps
    from pgrecall._statements.layout import Stored
    from pgrecall.models import Collection, IndexProgress

FEW = 20
"""Notes that may be left for the transaction of the swap; twice as many after each time that there
were more, so that it ends unless others write faster than they are followed.
"""
REEMBED, ALTER = "reembed", "alter_collection"
"""The verbs that make one, as a successor's note names them."""
_DOING = {REEMBED: "is being re-embedded", ALTER: "is being altered"}
_ROOM_FOR_DATE = 40
# the index comes when the rows are there
ASKED = tuple(field for field in changed_by("reembed") if field != "index")


@dataclass(slots=True)
class Run:
    """One call: what it fills from what, under a name of its own."""

    context: Context
    old: Stored
    new: Stored
    token: str


def successor_name(name: str) -> str:
    """Name a successor until it has its collection's name."""
    return f"{cut(name)} (next)"


def remove_successor(old: Stored, successor: str) -> Steps[int | None]:
    """Remove a successor with its notes and triggers, and give its rows; None: it is gone."""
    deleted = yield registry.delete(old.schema, old.tenant, successor)
    if not deleted.rows:
        return None
    new = registry.stored_from(old.schema, old.server, deleted.rows[0])
    for statement in statements.stop_noting(new):
        yield statement
    counted = yield tables.count(new)
    yield tables.drop(new)
    return int(counted.rows[0][0])


def cut(name: str) -> str:
    """Leave room in a name for what is written behind it."""
    return name.encode()[: MAX_NAME_BYTES - _ROOM_FOR_DATE].decode(errors="ignore")


def begun(
    context: Context, old: Stored, wanted: Collection, token: str, *, verb: str
) -> Operation[Stored]:
    """Find the successor that a call of the same verb before began, or make it."""
    found = yield one(statements.unfinished(old))
    if not found.rows:
        made = yield from begin(context, old, wanted, token, verb)
        if made is not None:
            return made
        found = yield one(statements.unfinished(old))
    new = yield from resolve_anew(context, old.tenant, found.rows[0][0])
    check_same(old, new, wanted, verb)
    taken = yield one(statements.take_over(new, token), writes=True)
    if not taken.rows:
        raise taken_over(context, old)
    return new


def begin(
    context: Context, old: Stored, wanted: Collection, token: str, verb: str
) -> Operation[Stored | None]:
    """Make a successor that is empty, and note from then on what is written to the old one."""
    if wanted.text_search is not None:
        yield from check_text_search(context.schema, wanted.text_search)
    # its index comes when it is filled
    yield from check_fields(context, wanted)
    create = creation(context, old.tenant, replace(wanted, index=None))

    def body() -> Steps[Stored | None]:
        locked = yield registry.lock(old)
        yield from _check_same_collection(old, locked.rows)
        begun = yield statements.unfinished(old)
        if begun.rows:
            return None
        secured = yield statements.is_secured(old)
        if secured.rows and secured.rows[0][0]:
            msg = (
                f"the table of collection {old.collection.name!r} has row-level security, which its"
                " successor would not have: disable it, or load another collection by hand"
            )
            raise InvalidArgumentError(msg)
        new: Stored | None = yield from create.body()
        if new is None:
            msg = (
                f"there is a collection {wanted.name!r} already: leave the name of `to` at"
                f" {old.collection.name!r}, or give one that is free until the swap"
            )
            raise InvalidArgumentError(msg)
        rights = yield statements.rights(old)
        for role, privilege, grantable in rights.rows:
            yield statements.grant(new, role, privilege, grantable)
        owner = yield statements.owner(old)
        for (role,) in owner.rows:
            yield statements.give_to(new, role)
        yield statements.mark(new, old, token, wanted.index, verb)
        for statement in statements.note_changes(new, old):
            yield statement
        return new

    made: Stored | None = yield Work(body, writes=True, transaction=True)
    return made


def _check_same_collection(old: Stored, rows: Sequence[Any]) -> Steps[None]:
    """Raise where a collection is not as it was when what is wanted was derived from it."""
    for row in rows:
        now = registry.stored_from(old.schema, old.server, row)
        if (now.collection.name, now.table_name) == (old.collection.name, old.table_name):
            if all(getattr(now.collection, one) == getattr(old.collection, one) for one in ASKED):
                return
            msg = f"another call altered collection {old.collection.name!r} meanwhile: call again"
            raise PgRecallError(msg)
    raise (yield from became(old))


def check_same(old: Stored, new: Stored, wanted: Collection, verb: str) -> None:
    """Raise InvalidArgumentError unless an unfinished successor is what is wanted now."""
    begun = new.collection
    by = new.settings.get(statements.BY, REEMBED)
    if by != verb:
        msg = (
            f"collection {old.collection.name!r} has a call of {by}() that has not ended: the same"
            " call goes on with it, abandon_reembed() removes what it made"
        )
        raise InvalidArgumentError(msg)
    pairs: list[tuple[str, Any, Any]] = [("name", begun.name, wanted.name)]
    pairs += [(pin, getattr(begun, pin), getattr(wanted, pin)) for pin in ASKED]
    if verb != ALTER:  # which makes at its end the index that there is to be by then
        pairs.append(("index", new.settings[statements.INDEX], index_to_json(wanted.index)))
    if wanted.table_name is not None:
        pairs.append(("table_name", new.table_name, wanted.table_name))
    for field, have, want in pairs:
        if have != want:
            name = old.collection.name
            msg = (
                f"collection {name!r} {_DOING[verb]} already, with {field}={have!r} and not"
                f" {want!r}: give the same to go on, or call abandon_reembed() first"
            )
            raise InvalidArgumentError(msg)


def taken_over(context: Context, old: Stored) -> PgRecallError:
    """Say that another call goes on alone."""
    name = old.collection.name
    # the other call may have swapped the names already
    context.forget(old.tenant, name)
    return PgRecallError(
        f"another call of reembed(), alter_collection() or abandon_reembed() has taken collection"
        f" {name!r} over: what this one did is kept or removed by that one"
    )


def index(
    run: Run, wanted: Collection, progress: Callable[[IndexProgress], object] | None
) -> Operation[None]:
    """Build the index that the successor is to have, or drop another, unless it is so."""
    new = yield from resolve_anew(run.context, run.new.tenant, run.new.collection.name)
    name = new.collection.name
    if new.collection.index == wanted.index:
        return
    if wanted.index is None:
        yield from indexes.drop(run.context, new.tenant, name)
    else:
        yield from indexes.create(run.context, new.tenant, name, wanted.index, progress=progress)
