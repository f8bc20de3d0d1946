"""Give a collection another name."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pgrecall._operations.alter.checks import check_no_successor, check_owner, locked
from pgrecall._operations.alter.turns import in_turn
from pgrecall._operations.context import check_names, look_up, resolve_anew
from pgrecall._operations.entries import chat_items, chats, entry_items
from pgrecall._operations.gone import missing
from pgrecall._operations.indexes.indexes import SWAP_TIMEOUT
from pgrecall._operations.tracing import traced
from pgrecall._operations.work import Work
from pgrecall._statements.alter import renaming as statements
from pgrecall._statements.collections import registry
from pgrecall._statements.distributed import dialect_of
from pgrecall._statements.entries import table as entry_table
from pgrecall._statements.entries.table import BLOBS, ENTRIES
from pgrecall._statements.forget import forget
from pgrecall._statements.layout import next_table_name
from pgrecall._statements.reembed.reembed import has_records
from pgrecall.errors import CollectionConflictError, DatabaseError

if TYPE_CHECKING:
    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation, Steps
    from pgrecall._statements.layout import Stored
    from pgrecall.models import Collection


@traced("rename_collection")
def rename(context: Context, tenant: str, name: str, new: str) -> Operation[Collection]:
    """Give a collection another name, and its table one that tells who knew the old."""
    check_names(tenant, new)
    stored = yield from resolve_anew(context, tenant, name)
    if new == name:
        return stored.collection
    try:
        yield from in_turn(stored, "rename_collection", _renaming(context, stored, new))
    except DatabaseError as error:
        if error.sqlstate != "23505":  # unique_violation: another was quicker
            raise
        raise _taken(name, new) from error
    context.forget(tenant, name)
    now = yield from look_up(context, tenant, new)
    if now is None:  # renamed once more by another
        raise (yield from missing(context, tenant, new))
    context.agree(now)
    return now.collection


def _renaming(context: Context, stored: Stored, new: str) -> Work[None]:
    name = stored.collection.name

    def body() -> Steps[None]:
        yield dialect_of(stored).set_local({"lock_timeout": SWAP_TIMEOUT})
        if stored.has_derived_name:
            yield from check_owner(stored, "rename_collection")
        now = yield from locked(context, stored)
        taken = yield registry.find(stored.schema, stored.tenant, new)
        if taken.rows:
            raise _taken(name, new)
        yield from check_no_successor(now)
        # who knows the old name misses the table, and is told; a user's own is looked up always
        table_name = next_table_name(now, new)
        if table_name != now.table_name:
            after = replace(now, table_name=table_name)
            yield statements.rename_table(now, after)
            indexes = yield statements.index_names(after)
            for statement in statements.rename_indexes(now, after, indexes.rows):
                yield statement
        yield registry.rename(now, new, table_name)
        yield from _rows_follow(now, new)
        records = yield has_records(now)
        if records.rows[0][0]:
            yield statements.records_follow(now, new)

    return Work(body, writes=True, transaction=True)


def _rows_follow(stored: Stored, new: str) -> Steps[None]:
    """Let what the collection makes searchable go with it: entries, answers, chats.

    Once the table is ours: who writes both has committed by now, or finds the table gone.
    """
    schema, tenant, name = stored.schema, stored.tenant, stored.collection.name
    for table in (ENTRIES, BLOBS):
        there = yield entry_table.exists(schema, table)
        found = (yield forget.spaces(schema, tenant, table)) if there.rows[0][0] else None
        spaces = [] if found is None else [space for (space,) in found.rows]
        for space in spaces:
            if entry_items.collection_of(space) != name:
                continue
            if chats.is_of_chats(space) and chat_items.beside(stored) is None:
                continue  # a collection of something else, of the same name
            after = entry_items.space_of(space.partition(":")[0], new)
            if after in spaces:
                msg = (
                    f"{table.name} are kept for a collection {new!r} already: collection {name!r}"
                    " can have a name that nothing is kept under"
                )
                raise CollectionConflictError("name", new, new, message=msg)
            yield statements.rows_follow(schema, tenant, table.name, space, after)


def _taken(name: str, new: str) -> CollectionConflictError:
    msg = f"there is a collection {new!r} already: collection {name!r} can have a name that is free"
    return CollectionConflictError("name", new, new, message=msg)
