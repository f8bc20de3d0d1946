"""What has expired: entries and blobs of every space, removed with their items, and the log."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from pgrecall._operations.context import look_up
from pgrecall._operations.entries import chats, entry_items
from pgrecall._operations.indexes.aside import LOCK_TIMEOUT
from pgrecall._operations.maintain.tasks import AT_WORK
from pgrecall._operations.watching import keeping
from pgrecall._operations.work import Work, one
from pgrecall._statements.collections import log
from pgrecall._statements.distributed import LOCAL, dialect_of
from pgrecall._statements.entries import removing as entry_removing
from pgrecall._statements.entries import table as entry_table
from pgrecall._statements.entries.table import BLOBS, ENTRIES, Table
from pgrecall._statements.maintain import maintain as statements
from pgrecall.errors import DatabaseError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation, Steps
    from pgrecall._statements.layout import Stored
    from pgrecall._statements.statement import Statement

    Exists = Callable[[str], Statement]
    Count = Callable[[str, str | None], Statement]

_NOT_OURS = "42703"  # undefined_column: another program's table, beside an older registry
_KEPT = "have expired and are still kept"
OVER = "the time was over"
BATCH = 1_000
"""Entries or blobs that one transaction removes."""


class Expired(NamedTuple):
    """What has expired of one tenant.

    Attributes:
        what: Says it.
        space: Of entries and blobs, in which space.
    """

    tenant: str
    what: str
    space: str = ""


class Kind(NamedTuple):
    """A kind of rows that expire.

    Attributes:
        name: What is done with them.
        what: What they are.
        verb: The call that does the same.
        find: Counts them, by tenant.
        remove: Removes those of one tenant, a batch at a time, and gives why some were left.
    """

    name: str
    what: str
    verb: str
    find: Callable[[Context, str | None], Operation[list[Expired]]]
    remove: Callable[[Context, Expired, Callable[[], bool]], Operation[str]]


def _find_entries(context: Context, tenant: str | None) -> Operation[list[Expired]]:
    return [
        Expired(owner, f"{count:,} entries of space {space!r} {_KEPT}", space)
        for owner, space, count in (yield from _found(*_in_spaces(ENTRIES), context, tenant))
    ]


def _find_blobs(context: Context, tenant: str | None) -> Operation[list[Expired]]:
    return [
        Expired(owner, f"{count:,} blobs of space {space!r} {_KEPT}", space)
        for owner, space, count in (yield from _found(*_in_spaces(BLOBS), context, tenant))
    ]


def _find_logged(context: Context, tenant: str | None) -> Operation[list[Expired]]:
    return [
        Expired(owner, f"{count:,} rows of the log {_KEPT}")
        for owner, count in (yield from _found(log.exists, log.expired, context, tenant))
    ]


def _in_spaces(of: Table) -> tuple[Exists, Count]:
    return partial(entry_table.exists, of=of), partial(entry_removing.expired, of=of)


def _found(
    exists: Exists, count: Count, context: Context, tenant: str | None
) -> Operation[Sequence[tuple[Any, ...]]]:
    """Count what has expired; nothing where the registry is older than the table is."""
    there = yield one(exists(context.schema))
    if not there.rows[0][0]:
        return []
    try:
        found = yield one(count(context.schema, tenant))
    except DatabaseError as error:
        if error.sqlstate != _NOT_OURS:
            raise
        return []
    rows: Sequence[tuple[Any, ...]] = found.rows
    return rows


def _remove_logged(
    context: Context, expired: Expired, is_over: Callable[[], bool]
) -> Operation[str]:
    while True:
        removed = yield from keeping.prune(context, expired.tenant)
        if removed is None:
            return AT_WORK
        if removed < keeping.BATCH:
            return ""
        if is_over():
            return OVER


def _remove_entries(
    context: Context, expired: Expired, is_over: Callable[[], bool]
) -> Operation[str]:
    return (yield from _remove_of(ENTRIES, context, expired, is_over))


def _remove_blobs(
    context: Context, expired: Expired, is_over: Callable[[], bool]
) -> Operation[str]:
    return (yield from _remove_of(BLOBS, context, expired, is_over))


def _remove_of(
    table: Table, context: Context, expired: Expired, is_over: Callable[[], bool]
) -> Operation[str]:
    name = entry_items.collection_of(expired.space)
    stored = (yield from look_up(context, expired.tenant, name)) if name else None
    return (yield from _in_batches(partial(_removing, table, context, expired, stored), is_over))


def _in_batches(
    body: Callable[[], Steps[int | None]], is_over: Callable[[], bool]
) -> Operation[str]:
    work = Work(body, writes=True, transaction=True)
    while True:
        removed = yield work
        if removed is None:
            return AT_WORK
        if removed < BATCH:
            return ""
        if is_over():
            return OVER


def _removing(
    table: Table, context: Context, expired: Expired, stored: Stored | None
) -> Steps[int | None]:
    taken = yield statements.take_turn(context.schema)
    if not taken.rows[0][0]:
        return None
    dialect = LOCAL if stored is None else dialect_of(stored)
    yield dialect.set_local({"lock_timeout": LOCK_TIMEOUT})
    swept = entry_removing.sweep_some(context.schema, expired.tenant, expired.space, BATCH, table)
    if table is BLOBS and chats.is_of_chats(expired.space):
        place = chats.Place(expired.tenant, expired.space)
        return (yield from chats.sweeping(context, place, swept, stored))
    return (yield from entry_items.sweeping(swept, stored))


KINDS = (
    Kind(
        "remove expired entries",
        "entries",
        "PgRecallStore.sweep_ttl()",
        _find_entries,
        _remove_entries,
    ),
    Kind("remove expired blobs", "blobs", "maintain()", _find_blobs, _remove_blobs),
    Kind(
        "remove expired log rows",
        "rows of the log",
        "search_log()",
        _find_logged,
        _remove_logged,
    ),
)
"""In the order in which they are removed."""
