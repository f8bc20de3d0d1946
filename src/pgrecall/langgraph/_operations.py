"""What the store does with a batch, each action written once for sync and async callers."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pgrecall import filters
from pgrecall._operations.entries import entries, entry_items
from pgrecall._operations.search.many import TRIP_SEARCHES
from pgrecall._operations.together import together
from pgrecall.errors import InvalidArgumentError
from pgrecall.langgraph._batch import Batch, copied, distinct, found_from, item_from, key_of
from pgrecall.langgraph._filters import to_filter
from pgrecall.langgraph._searching import by_filter, by_query, checked_page, namespaces

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from langgraph.store.base import Result, TTLConfig

    from pgrecall._adapters.collection import AdapterCollection
    from pgrecall._adapters.query import AdapterQuery
    from pgrecall._operations.work import Operation
    from pgrecall._statements.entries.table import Key
    from pgrecall.langgraph._batch import AnyOp, Search
    from pgrecall.langgraph._texts import Known, Questions, Texts
    from pgrecall.models import Entry

NO_VECTORS: Known = {}


@dataclass(slots=True)
class EntryOperations:
    """The entries of one memory, with the collection that holds their vectors.

    Attributes:
        collection: The collection.
        space: Where the entries are: other users of entries have spaces of their own.
        texts: What is embedded; None searches by filter alone.
        asked: How the collection is searched.
        clean: Whether NUL and lone surrogates are taken out of what is put.
        ttl: LangGraph's ``TTLConfig``.
        swept: When what has expired was last removed, on the monotonic clock.
    """

    collection: AdapterCollection
    space: str
    texts: Texts | None
    asked: AdapterQuery
    clean: bool = False
    ttl: TTLConfig | None = None
    swept: float = field(default_factory=time.monotonic)

    def batch(self, ops: Iterable[AnyOp]) -> Batch:
        """Sort what a call asks for.

        Raises:
            InvalidArgumentError: An operation is unknown, a value no mapping, or a search cannot
                have boosts.
        """
        batch = Batch.of(ops, self.texts, clean=self.clean)
        for _, search in batch.searches:
            if search.boosts and (self.texts is None or not search.op.query):
                needs = "a store with an index=" if search.op.query else "a query"
                msg = f"boosts multiply the relevance of what is found: they need {needs}"
                raise InvalidArgumentError(msg)
        return batch

    def check(self, batch: Batch) -> None:
        """Raise what running a call alone would, as far as that can be told without the server.

        Raises:
            InvalidArgumentError: What is put, removed or read cannot be named or stored.
            FilterError: A filter cannot be used.
        """
        place = self.collection.tenant, self.space
        if batch.writes:
            entries.checked_rows(*place, [put.entry for put in batch.puts])
            entries.checked_keys(*place, batch.removed)
        if batch.gets:
            entries.checked_keys(*place, [key_of(op) for _, op in batch.gets])
        for _, (op, _) in batch.searches:
            checked_page(op)
            entries.checked_namespace(*place, op.namespace_prefix)
            filters.parse(to_filter(op.filter))

    def questions(self, batch: Batch) -> list[str]:
        """Give the questions of a batch that are embedded."""
        return batch.queries() if self.asked.has_vector else []

    def known(self, batch: Batch) -> Operation[Known]:
        """Give the vectors that are stored already of texts that the batch puts."""
        collection = self.collection
        texts = {
            (put.entry.namespace, put.entry.key): [text for _, text in put.texts]
            for put in batch.puts
            if put.texts
        }
        nothing: Known = {}
        return (
            yield from collection.reading(
                lambda: entry_items.known(
                    collection.context, collection.tenant, self.space, collection.name, texts
                ),
                missing=nothing,
            )
        )

    def perform(self, batch: Batch, vectors: Known) -> Operation[list[Result]]:
        """Run a batch: all its reads, each once, then its writes, then the new times to live."""
        results: list[Any] = [None] * batch.count
        refreshed: list[Key] = []
        context, place = self.collection.context, (self.collection.tenant, self.space)

        def give(places: Sequence[int], result: Any) -> None:
            for n in places:
                results[n] = result if n == places[0] else copied(result)

        gets = distinct(batch.gets)
        found = yield from entries.get(context, *place, [key_of(op) for op, _ in gets])
        for (get, places), entry in zip(gets, found, strict=True):
            give(places, entry and item_from(entry))
            refreshed += _refreshed([entry] if entry else [], wanted=get.refresh_ttl)
        searches = distinct(batch.searches)
        asked = [search for search, _ in searches]
        all_ranked = yield from self._search_all(asked, batch.questions)
        for (search, places), ranked in zip(searches, all_ranked, strict=True):
            give(places, [found_from(entry, score) for entry, score in ranked])
            refreshed += _refreshed([entry for entry, _ in ranked], wanted=search.op.refresh_ttl)
        for listing, places in distinct(batch.lists):
            give(places, (yield from namespaces(self.collection, self.space, listing)))
        if batch.writes:
            yield from self._write(batch, vectors)
        # last: what a refused write leaves as it was has its time to live too
        yield from entries.touch(context, *place, refreshed)
        return results

    def sweep(self) -> Operation[int]:
        """Remove what has expired, and count it."""
        self.swept = time.monotonic()
        collection = self.collection
        context, place = collection.context, (collection.tenant, self.space)
        swept: int | None = None
        if self.texts is not None:
            swept = yield from collection.reading(
                lambda: entry_items.sweep(context, *place, collection.name), missing=None
            )
        return swept if swept is not None else (yield from entries.sweep(context, *place))

    def _search_all(
        self, ops: Sequence[Search], questions: Questions
    ) -> Operation[list[list[tuple[Entry, float | None]]]]:
        found: list[list[tuple[Entry, float | None]]] = []
        for start in range(0, len(ops), TRIP_SEARCHES):
            some = ops[start : start + TRIP_SEARCHES]
            found += yield from together([self._search(op, questions) for op in some])
        return found

    def _search(
        self, search: Search, questions: Questions
    ) -> Operation[list[tuple[Entry, float | None]]]:
        op, boosts = checked_page(search.op), search.boosts
        if not op.limit:
            return []
        if self.texts is None or not op.query:
            found = yield from by_filter(self.collection, self.space, op)
            return [(entry, None) for entry in found]
        vector = questions.get(op.query)
        items_each = len(self.texts.fields) or 1
        asked = self.asked if boosts is None else self.asked.having(boosts=boosts)
        ranked = yield from by_query(self.collection, self.space, op, vector, asked, items_each)
        return [(one.entry, one.score) for one in ranked]

    def _write(self, batch: Batch, vectors: Known) -> Operation[None]:
        collection = self.collection
        context, place = collection.context, (collection.tenant, self.space)
        puts, removed = [put.entry for put in batch.puts], batch.removed
        made = batch.items(vectors)

        def make(name: str | None) -> Operation[None]:
            return entry_items.write(context, *place, puts, removed, collection=name, items=made)

        if self.texts is None:
            yield from make(None)
        else:
            yield from collection.writing(
                self.texts.dims,
                lambda new: entry_items.check(new, *place, puts, removed, made),
                lambda: make(collection.name),
            )
        minutes = (self.ttl or {}).get("sweep_interval_minutes")
        if minutes is not None and time.monotonic() - self.swept >= minutes * 60:
            yield from self.sweep()


def _refreshed(found: list[Entry], *, wanted: bool) -> list[Key]:
    return [(one.namespace, one.key) for one in found if wanted and one.ttl_minutes is not None]
