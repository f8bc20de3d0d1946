"""Entries that have expired: found in every space, and removed with their items."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from pgrecall._operations.context import look_up
from pgrecall._operations.entries import entry_items
from pgrecall._operations.indexes.aside import LOCK_TIMEOUT
from pgrecall._operations.maintain.tasks import AT_WORK
from pgrecall._operations.work import Work, one
from pgrecall._statements.distributed import LOCAL, dialect_of
from pgrecall._statements.entries import entries
from pgrecall._statements.maintain import maintain as statements
from pgrecall.errors import DatabaseError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation, Steps
    from pgrecall._statements.layout import Stored

NAME, VERB = "remove expired entries", "PgRecallStore.sweep_ttl()"
_NOT_ENTRIES = "42703"  # undefined_column: another program's table, beside an older registry
BATCH = 1_000
"""Entries that one transaction removes."""


class Expired(NamedTuple):
    """What has expired in one space of a tenant."""

    tenant: str
    space: str
    entries: int

    @property
    def what(self) -> str:
        """Say it."""
        return f"{self.entries:,} entries of space {self.space!r} have expired and are still kept"


def find(context: Context, tenant: str | None) -> Operation[list[Expired]]:
    """Count what has expired; nothing where the registry is older than entries are."""
    there = yield one(entries.exists(context.schema))
    if not there.rows[0][0]:
        return []
    try:
        found = yield one(entries.expired(context.schema, tenant))
    except DatabaseError as error:
        if error.sqlstate != _NOT_ENTRIES:
            raise
        return []
    return [Expired(*row) for row in found.rows]


def remove(context: Context, expired: Expired, is_over: Callable[[], bool]) -> Operation[str]:
    """Remove a space's expired entries, a batch at a time; give why some were left."""
    name = entry_items.collection_of(expired.space)
    stored = (yield from look_up(context, expired.tenant, name)) if name else None
    work = Work(partial(_removing, context, expired, stored), writes=True, transaction=True)
    while True:
        removed: int | None = yield work
        if removed is None:
            return AT_WORK
        if removed < BATCH:
            return ""
        if is_over():
            return "the time was over"


def _removing(context: Context, expired: Expired, stored: Stored | None) -> Steps[int | None]:
    taken = yield statements.take_turn(context.schema)
    if not taken.rows[0][0]:
        return None
    dialect = LOCAL if stored is None else dialect_of(stored)
    yield dialect.set_local({"lock_timeout": LOCK_TIMEOUT})
    swept = entries.sweep_some(context.schema, expired.tenant, expired.space, BATCH)
    return (yield from entry_items.sweeping(swept, stored))
