"""Which rows a search asks an index for: a collection's, or those of one hot value."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from pgrecall._operations.search.options import SearchOptions
from pgrecall._statements.adopted.relation import scope_of as scope_of_adopted
from pgrecall._statements.parts import split
from pgrecall.filters import And

Asked = TypeVar("Asked", bound=SearchOptions)

if TYPE_CHECKING:
    from pgrecall._statements.layout import Stored
    from pgrecall._statements.search.plan import Plan
    from pgrecall.filters import Filter


class Scope(NamedTuple):
    """What an index is asked for, and by which filter.

    Attributes:
        whole: The collection.
        where: The filter of the search.
        stored: The same collection, or the part of it in which all that matches lies, and which
            has an index of its own.
        rest: What the filter asks beside that.
    """

    whole: Stored
    where: Filter | None
    stored: Stored
    rest: Filter | None

    def share(self, share: float | None) -> float | None:
        """Give the share of these rows that match, of what is known of the collection's."""
        if self.stored is self.whole:
            return share
        if self.rest is None:
            return 1.0
        if share is None:
            return None
        return min(1.0, share * self.whole.rows / max(1.0, self.stored.rows))

    def of(self, plan: Plan) -> tuple[Stored, Filter | None]:
        """Give what a statement is written for: who compares every row asks no index."""
        return (self.whole, self.where) if plan.exact else (self.stored, self.rest)


def held(stored: Stored, where: Filter | None) -> Filter | None:
    """Give a filter with what an adopted table is held to, which an index knows nothing of.

    No row beyond it is read anyway: how many an index passes over is planned for so.
    """
    scope = None if stored.adopted is None else scope_of_adopted(stored.adopted)
    if scope is None:
        return where
    return scope if where is None else And(scope, where)


def holding(stored: Stored, asked: Asked) -> Asked:
    """Give the options of a search with the same done to their filter."""
    if stored.adopted is None or stored.adopted.where is None:
        return asked
    return replace(asked, filter=held(stored, asked.where))


def scope_of(stored: Stored, where: Filter | None) -> Scope:
    """Find the part that a search lies in, if it lies in one."""
    if where is not None and stored.parts and not stored.collection.distributed:
        found = split(where, stored.parts)
        if found is not None:
            key, rest = found
            return Scope(stored, where, stored.of_part(key), rest)
    return Scope(stored, where, stored, where)
