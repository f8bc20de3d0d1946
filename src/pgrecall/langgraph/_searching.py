"""Searches of a store: by filter alone, or by the vectors and texts of a collection."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from langgraph.store.base import BaseStore

from pgrecall._operations.entries import entries, entry_items
from pgrecall._operations.search.checks import MAX_LIMIT, checked
from pgrecall._operations.search.options import RERANK_CANDIDATES
from pgrecall._operations.search.reranking import in_order, judged
from pgrecall.filters import And
from pgrecall.langgraph._filters import to_filter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langgraph.store.base import ListNamespacesOp, SearchOp, TTLConfig

    from pgrecall._adapters.collection import AdapterCollection
    from pgrecall._adapters.query import AdapterQuery
    from pgrecall._operations.entries.entry_items import Ranked
    from pgrecall._operations.work import Operation
    from pgrecall.filters import Filter
    from pgrecall.models import Entry, Match

Page = TypeVar("Page", "SearchOp", "ListNamespacesOp")


class _Asking(BaseStore):
    """Gives the operations that a call is, as LangGraph makes and checks them."""

    def __init__(self, ttl: TTLConfig | None) -> None:
        self.ttl_config = ttl

    def batch(self, ops: Iterable[Any]) -> list[Any]:
        return list(ops)

    async def abatch(self, ops: Iterable[Any]) -> list[Any]:
        return self.batch(ops)


def search_op(ttl: TTLConfig | None, prefix: tuple[str, ...], **asked: Any) -> SearchOp:
    """Give the operation that LangGraph makes of a search's arguments.

    Raises:
        InvalidNamespaceError: A part of the prefix cannot be used.
    """
    op: Any = _Asking(ttl).search(prefix, **asked)
    return op  # type: ignore[no-any-return]  # what was asked of it


def checked_page(op: Page) -> Page:
    """Give an operation whose limit and offset are ints of 0 or more.

    Raises:
        InvalidArgumentError: One is something else.
    """
    limit, offset = entries.checked_page(op.limit, op.offset, least=0)
    return op._replace(limit=limit, offset=offset)


def namespaces(
    collection: AdapterCollection, space: str, op: ListNamespacesOp
) -> Operation[list[tuple[str, ...]]]:
    """List namespaces, in order."""
    op = checked_page(op)
    if not op.limit:
        return []
    return (
        yield from entries.namespaces(
            collection.context,
            collection.tenant,
            space,
            conditions=[(one.match_type, one.path) for one in op.match_conditions or ()],
            max_depth=op.max_depth,
            limit=op.limit,
            offset=op.offset,
        )
    )


def by_filter(collection: AdapterCollection, space: str, op: SearchOp) -> Operation[list[Entry]]:
    """Find entries by prefix and filter, the last written first."""
    filter_ = to_filter(op.filter)
    return (
        yield from entries.find(
            collection.context,
            collection.tenant,
            space,
            prefix=op.namespace_prefix,
            filter_=filter_,
            limit=op.limit,
            offset=op.offset,
        )
    )


def by_query(
    collection: AdapterCollection,
    space: str,
    op: SearchOp,
    vector: Sequence[float] | None,
    asked: AdapterQuery,
    items_each: int,
) -> Operation[list[Ranked]]:
    """Find entries by what a query means or says.

    Entries that match the filter and have no vector come after those that have, the last written
    first; a search by text alone finds nothing but what has the words. A ``rerank`` is given the
    text of each entry's best item.

    Args:
        collection: What holds the items of the entries.
        space: Where the entries are.
        op: What LangGraph asks.
        vector: The query's, where the search compares vectors.
        asked: How the collection is searched.
        items_each: Items that an entry has, as a rule.

    Raises:
        InvalidArgumentError: The page lies beyond what is reranked.
    """
    wanted, question = op.offset + op.limit, op.query or ""
    rerank, reach = asked.options.rerank, wanted
    if rerank is not None:
        page = asked.having(limit=op.limit, offset=op.offset, rerank_text=question)
        reach = checked(page.options).rerank_candidates
    searched = asked.having(filter=_on_items(op), rerank=None, rerank_candidates=RERANK_CANDIDATES)

    def run(fetch: int) -> Operation[list[Match]]:
        return searched.having(limit=fetch).found(collection, question, vector)

    ranked, exhausted = yield from entry_items.search(
        collection.context,
        collection.tenant,
        space,
        run,
        wanted=reach,
        first=min(reach * items_each, MAX_LIMIT),
        most=asked.max_limit,
    )
    if rerank is not None:
        scores = yield from judged(rerank, question, [one.text for one in ranked])
        ranked = [one._replace(score=score) for one, score in in_order(ranked, scores)]
    if len(ranked) < wanted and exhausted and asked.has_vector:
        seen = {(one.entry.namespace, one.entry.key) for one in ranked}
        # those that were found are among them: so many more leave enough
        most = min(wanted, MAX_LIMIT)
        others = yield from by_filter(collection, space, op._replace(limit=most, offset=0))
        ranked += [
            entry_items.Ranked(entry, None)
            for entry in others
            if (entry.namespace, entry.key) not in seen
        ]
    return ranked[op.offset : wanted]


def _on_items(op: SearchOp) -> Filter | None:
    on_value = to_filter(op.filter, (entry_items.VALUE,))
    if not op.namespace_prefix:
        return on_value
    below = entry_items.below(op.namespace_prefix)
    return below if on_value is None else And(below, on_value)
