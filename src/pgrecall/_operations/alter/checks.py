"""What keeps a collection from being renamed or altered right now, told before anything is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrecall._operations.gone import became, dropped, renamed_to
from pgrecall._operations.indexes.aside import is_at_work
from pgrecall._statements.collections import registry, tables
from pgrecall._statements.reembed import reembed
from pgrecall.errors import DatabaseError, InvalidArgumentError, PgRecallError

if TYPE_CHECKING:
    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Steps
    from pgrecall._statements.layout import Stored


def check_owner(stored: Stored, verb: str) -> Steps[None]:
    """Raise DatabaseError unless this role may change the table.

    Raises:
        CollectionNotFoundError: It was dropped or renamed meanwhile.
    """
    owned = yield tables.is_owned(stored)
    if not owned.rows[0][0]:
        there = yield tables.exists(stored)
        if not there.rows[0][0]:
            raise (yield from became(stored))
        msg = (
            f"this role does not own the table of collection {stored.collection.name!r}, so"
            f" {verb}() was not begun: let the table's owner call it"
        )
        raise DatabaseError(msg, sqlstate="42501")


def locked(context: Context, stored: Stored) -> Steps[Stored]:
    """Keep others from changing what the registry says of a collection, and read it anew.

    Raises:
        CollectionNotFoundError: It was dropped or renamed meanwhile.
        PgRecallError: A load is at work, whose end brings indexes back.
    """
    found = yield registry.lock(stored)
    name = stored.collection.name
    if not found.rows:
        raise dropped(stored.tenant, name)
    now = registry.stored_from(stored.schema, stored.server, found.rows[0])
    if now.collection.name != name:
        raise renamed_to(stored.tenant, name, now.collection.name)
    if now.indexes_pending and (yield from is_at_work(context, now)):
        msg = f"a load() fills collection {name!r} right now: call it again when that has ended"
        raise PgRecallError(msg)
    return now


def check_no_successor(stored: Stored) -> Steps[None]:
    """Raise InvalidArgumentError where a collection is being filled anew, or is that filling."""
    found = yield reembed.unfinished(stored)
    name = stored.collection.name
    if found.rows or reembed.OF in stored.settings:
        msg = (
            f"collection {name!r} is part of a re-embedding or an altering that has not ended: the"
            " same call of reembed() or alter_collection() goes on with it, abandon_reembed()"
            " removes what it made"
        )
        raise InvalidArgumentError(msg)
