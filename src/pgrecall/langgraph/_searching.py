"""Searches of a store: by filter alone, or by the vectors and texts of a collection."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

from pgrecall._operations.entries import entries, entry_items
from pgrecall._operations.search.checks import MAX_LIMIT
from pgrecall._operations.search.hybrid import search_hybrid
from pgrecall._operations.search.options import (
    MAX_CANDIDATES,
    HybridOptions,
    TextOptions,
    VectorOptions,
)
from pgrecall._operations.search.text import search_text
from pgrecall._operations.search.vector import search as search_vector
from pgrecall._values.conversions import checked_whole
from pgrecall.filters import And
from pgrecall.langgraph._filters import to_filter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langgraph.store.base import ListNamespacesOp, SearchOp

    from pgrecall._adapters.collection import Adapted
    from pgrecall._operations.entries.entry_items import Ranked
    from pgrecall._operations.work import Operation
    from pgrecall.filters import Filter
    from pgrecall.fusion import Fusion
    from pgrecall.models import Entry, Match

Page = TypeVar("Page", "SearchOp", "ListNamespacesOp")

SEARCHES = ("vector", "hybrid", "text")


class How(NamedTuple):
    """How a store searches its collection.

    Attributes:
        search: ``vector``, ``hybrid`` or ``text``.
        fusion: Of a hybrid search.
        items_each: Items that an entry has, as a rule.
    """

    search: str
    fusion: Fusion | None
    items_each: int


def with_page(op: Page) -> Page:
    """Give an operation whose limit and offset are ints of 0 or more.

    Raises:
        InvalidArgumentError: One is something else.
    """
    return op._replace(
        limit=checked_whole("limit", op.limit, 0, MAX_LIMIT),
        offset=checked_whole("offset", op.offset, 0, MAX_LIMIT),
    )


def namespaces(
    adapted: Adapted, space: str, op: ListNamespacesOp
) -> Operation[list[tuple[str, ...]]]:
    """List namespaces, in order."""
    op = with_page(op)
    if not op.limit:
        return []
    return (
        yield from entries.namespaces(
            adapted.context,
            adapted.tenant,
            space,
            conditions=[(one.match_type, one.path) for one in op.match_conditions or ()],
            max_depth=op.max_depth,
            limit=op.limit,
            offset=op.offset,
        )
    )


def by_filter(adapted: Adapted, space: str, op: SearchOp) -> Operation[list[Entry]]:
    """Find entries by prefix and filter, the last written first."""
    filter_ = to_filter(op.filter)
    return (
        yield from entries.find(
            adapted.context,
            adapted.tenant,
            space,
            prefix=op.namespace_prefix,
            filter_=filter_,
            limit=op.limit,
            offset=op.offset,
        )
    )


def by_query(
    adapted: Adapted, space: str, op: SearchOp, vector: Sequence[float] | None, how: How
) -> Operation[list[Ranked]]:
    """Find entries by what a query means or says.

    Entries that match the filter and have no vector come after those that have, the last written
    first; a search by text alone finds nothing but what has the words.
    """
    wanted = op.offset + op.limit
    filter_ = _on_items(op)

    def run(fetch: int) -> Operation[list[Match]]:
        return adapted.reading(
            lambda: _search(adapted, op.query or "", vector, how, filter_, fetch), missing=[]
        )

    ranked, exhausted = yield from entry_items.search(
        adapted.context,
        adapted.tenant,
        space,
        run,
        wanted=wanted,
        first=min(wanted * how.items_each, MAX_LIMIT),
        most=MAX_CANDIDATES if how.search == "hybrid" else MAX_LIMIT,
    )
    if len(ranked) < wanted and exhausted and how.search != "text":
        seen = {(one.entry.namespace, one.entry.key) for one in ranked}
        # those that were found are among them: so many more leave enough
        others = yield from by_filter(adapted, space, op._replace(limit=wanted, offset=0))
        ranked += [
            entry_items.Ranked(entry, None)
            for entry in others
            if (entry.namespace, entry.key) not in seen
        ]
    return ranked[op.offset : wanted]


def _search(
    adapted: Adapted,
    query: str,
    vector: Sequence[float] | None,
    how: How,
    filter_: Filter | None,
    fetch: int,
) -> Operation[list[Match]]:
    place = (adapted.context, adapted.tenant, adapted.name)
    if how.search == "text":
        return search_text(
            *place,
            query,
            TextOptions(limit=fetch, filter=filter_),
        )
    if how.search == "hybrid":
        return search_hybrid(
            *place,
            vector,
            query,
            HybridOptions(limit=fetch, filter=filter_, fusion=how.fusion),
        )
    return search_vector(
        *place,
        vector,
        VectorOptions(limit=fetch, filter=filter_),
    )


def _on_items(op: SearchOp) -> Filter | None:
    on_value = to_filter(op.filter, (entry_items.VALUE,))
    if not op.namespace_prefix:
        return on_value
    below = entry_items.below(op.namespace_prefix)
    return below if on_value is None else And(below, on_value)
