"""One transaction of a forget: what it may do, and what it counts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pgrecall._operations.entries import chats
from pgrecall._statements.collections import registry, tables
from pgrecall._statements.entries.removing import remove_items
from pgrecall._statements.entries.table import BLOBS, ENTRIES, Table
from pgrecall._statements.entries.threads import SPACE as THREADS
from pgrecall._statements.forget import forget as statements
from pgrecall._statements.reembed import reembed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall._operations.context import Context
    from pgrecall._operations.forget.checks import Asked
    from pgrecall._operations.work import Steps
    from pgrecall._statements.layout import Stored
    from pgrecall._statements.statement import Statement

OWNERS = 1_000
"""Owners of items that one statement has."""


@dataclass(slots=True)
class Run:
    """What one transaction may do, and what it found.

    Attributes:
        context: The store's.
        asked: What is to be forgotten.
        removing: Whether it is removed or only counted.
        has: The version of the registry.
        counts: How many of each kind, by the names of ``Forgotten``.
        tables_kept: Collections that stand on a table of the user's own.
    """

    context: Context
    asked: Asked
    removing: bool
    has: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    tables_kept: list[str] = field(default_factory=list)

    @property
    def schema(self) -> str:
        """The store's schema."""
        return self.context.schema

    @property
    def tenant(self) -> str:
        """Whose it is."""
        return self.asked.tenant

    def tables(self) -> list[Table]:
        """Give the tables of entries and blobs that the registry has."""
        return [table for table in (ENTRIES, BLOBS) if self.has >= table.since]

    def spaces(self) -> Steps[list[tuple[Table, str]]]:
        """Read in which spaces of which table the tenant has something."""
        pairs = []
        for table in self.tables():
            found = yield statements.spaces(self.schema, self.tenant, table)
            pairs += [(table, space) for (space,) in found.rows]
        return pairs

    def collections(self) -> Steps[list[Stored]]:
        """Read the tenant's collections."""
        server = self.context.ready_server()
        found = yield registry.find_all(self.schema, self.tenant)
        return [registry.stored_from(self.schema, server, row) for row in found.rows]

    def is_usable(self, stored: Stored) -> Steps[bool]:
        """Tell whether a collection has a table whose rows may go; note one of the user's own."""
        if stored.source is not None:
            self.tables_kept.append(stored.collection.name)
            return False
        found = yield tables.exists(stored)
        return bool(found.rows[0][0])

    def again_if_any(self, statement: Statement) -> Steps[list[tuple[Any, ...]]]:
        """Remove or count rows, and give what the first time found.

        Rows that stand on those removed may have been written while their locks were waited for.
        """
        first: list[tuple[Any, ...]] | None = None
        while True:
            found = yield statement
            if first is None:
                first = found.rows
            if not self.removing or not found.rows:
                return first

    def on_items(self, stored: Stored, remove: Statement, count: Statement) -> Steps[None]:
        """Remove items of a collection, or count them."""
        if not self.removing:
            found = yield count
            self.counts["items"] += found.rows[0][0]
            return
        if is_shut := reembed.INTO in stored.settings:
            off, on = reembed.let_delete(stored)
            yield off
        found = yield remove
        self.counts["items"] += found.touched
        if is_shut:
            yield on
        if not stored.has_derived_name:
            # it may be another collection's since its line was read
            yield registry.still_named(stored)

    def items_beside(self, copies: Sequence[Stored], owners: Sequence[str]) -> Steps[None]:
        """Remove or count the items of what is gone, wherever there are copies of them."""
        ordered = sorted(owners)
        for stored in copies:
            for begin in range(0, len(ordered), OWNERS):
                some = ordered[begin : begin + OWNERS]
                remove = remove_items(stored, some)
                yield from self.on_items(stored, remove, statements.count_items(stored, some))


def is_plain(table: Table, space: str) -> bool:
    """Tell whether a space is of neither threads nor chats, whose rows are not told one by one."""
    return table is not BLOBS or not (space == THREADS or chats.is_of_chats(space))


def copies_of(collections: Sequence[Stored], name: str) -> list[Stored]:
    """Give the collection of a name, and those with copies of its items.

    Those are what it was re-embedded from, and what it is just being re-embedded into.
    """
    found = {stored.id for stored in collections if stored.collection.name == name}
    size = 0
    while len(found) != size:
        size = len(found)
        for stored in collections:
            if {stored.settings.get(reembed.INTO), stored.settings.get(reembed.OF)} & found:
                found.add(stored.id)
    return [stored for stored in collections if stored.id in found]
