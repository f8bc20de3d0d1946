"""LangGraph's BaseStore on PostgreSQL and pgvector."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from langgraph.store.base import BaseStore

from pgrecall._adapters.collection import AdapterCollection, CloseMixin, model_of
from pgrecall._adapters.query import AdapterQuery, checked_search
from pgrecall._operations.entries import entries, entry_items
from pgrecall._values.said import UNSAID
from pgrecall.errors import InvalidArgumentError
from pgrecall.langgraph._batch import Batch, found_from, item_from
from pgrecall.langgraph._searching import by_filter, by_query, checked_page, namespaces
from pgrecall.langgraph._texts import Texts, Vectors
from pgrecall.models import Collection

if TYPE_CHECKING:
    from collections.abc import Iterable

    from langgraph.store.base import IndexConfig, Op, Result, SearchOp, TTLConfig

    from pgrecall._adapters.pair import Pair
    from pgrecall._operations.work import Operation
    from pgrecall._statements.entries.entries import Key
    from pgrecall.async_store import AsyncStore
    from pgrecall.fusion import Fusion
    from pgrecall.indexes import Index
    from pgrecall.models import Entry, Metric
    from pgrecall.store import Store

_NO_VECTORS = Vectors({}, {})
_TTL_KEYS = {"refresh_on_read", "omit_expired", "default_ttl", "sweep_interval_minutes"}


class PgRecallStore(CloseMixin, BaseStore):
    """Memory of agents: JSON values under the keys of nested namespaces, found by what they mean.

    One object serves sync and async callers, any number of threads and event loops. Without
    ``index`` it keeps values and finds them by filter; with it, a collection of pgrecall holds a
    vector for each text of a value, written in the same transaction.

    A filter takes ``$eq $ne $gt $gte $lt $lte`` and every other operator of pgrecall (``$in``,
    ``$between``, ``$exists``, ``$like``, ``$any``, ``$and``, ``$or``, ``$not``, ...). It applies
    before the limit, and numbers compare as numbers. A mapping without operators matches an
    object whose keys match; ``$eq`` and ``$ne`` take a whole list or object. Dates, times, UUIDs,
    enums, numpy's scalars and the like are made plain in values and filters alike.

    Args:
        store: A ``Store`` or ``AsyncStore`` of yours, which stays open; or a DSN as ``Store`` takes
            it, for connections that ``close`` ends. None is ``Store``'s default DSN.
        collection: Any name: stores of one name share what they hold; give each the same
            ``index``. The vectors are in the collection of this name; dropping it leaves the
            values, which are found by filter then.
        tenant: Whose memory it is: tenants never see one another.
        index: LangGraph's ``IndexConfig``: ``{"dims": 384, "embed": ..., "fields": ["text"]}``;
            None searches by filter alone. The name of its model, where the embedding has one, is
            kept with the collection as a guard against mixing two.
        ttl: LangGraph's ``TTLConfig``. What has expired is never seen, whatever ``omit_expired``
            says. Every ``sweep_interval_minutes`` a write removes what has expired.
        search: What a search with a query looks at: ``"vector"``, ``"hybrid"`` (the words too), or
            ``"text"`` (the words alone).
        fusion: How hybrid searches make one ranking of two; None is ``WeightedSum()``.
        metric: ``cosine`` (where None at creation), ``l2``, ``ip`` or ``l1``. This and
            ``text_search`` ask for nothing of a collection that is there where they are not given;
            given and different they raise ``CollectionConflictError`` at the first use.
        vector_index: ``Hnsw(...)`` for a collection that is created here; None compares with
            every vector below the namespace. ``store.create_index`` changes it.
        text_search: The text search configuration, or None for texts that are not searched;
            ``"english"`` where not given at creation.
        clean: Take NUL and lone surrogates, which PostgreSQL cannot store, out of the keys and
            strings of values that are put; namespaces and keys are left as they are. Without it
            such a value is refused.

    Raises:
        InvalidArgumentError: An argument cannot be used.
    """

    supports_ttl = True

    def __init__(
        self,
        store: Store | AsyncStore | Pair | str | None = None,
        collection: str = "memory",
        tenant: str = "default",
        *,
        index: IndexConfig | None = None,
        ttl: TTLConfig | None = None,
        search: str = "vector",
        fusion: Fusion | None = None,
        metric: Metric | str | None = None,
        vector_index: Index | None = UNSAID,
        text_search: str | None = UNSAID,
        clean: bool = False,
    ) -> None:
        """Check the arguments; connect to nothing yet."""
        self._asked = AdapterQuery(search=checked_search(search), fusion=fusion)
        self.index_config = index
        self._clean = clean
        self.ttl_config = _checked_ttl(ttl)
        self._texts = None if index is None else Texts(index)
        wanted = Collection(
            collection,
            None if self._texts is None else self._texts.dims,
            UNSAID if index is None else model_of(index.get("embed")) or UNSAID,
            metric=metric,
            index=vector_index,
            text_search=text_search,
        )
        self._collection = AdapterCollection(store, tenant, wanted)
        # other users of entries have spaces of their own
        self._space = f"langgraph:{collection}"
        self._items_each = 1 if self._texts is None else len(self._texts.fields) or 1
        self._swept = time.monotonic()

    def __repr__(self) -> str:
        """Show where it is; never a password."""
        names = f"collection={self.collection!r}, tenant={self.tenant!r}"
        return f"{type(self).__name__}({names}, {self._collection.pair!r})"

    @property
    def collection(self) -> str:
        """The name of the memory and of the collection that holds its vectors."""
        return self._collection.name

    @property
    def tenant(self) -> str:
        """The tenant."""
        return self._collection.tenant

    @property
    def store(self) -> Store:
        """The core store, for what LangGraph has no name for.

        Raises:
            InvalidArgumentError: This was made of an AsyncStore on a pool of the caller's.
        """
        return self._collection.pair.store

    def batch(self, ops: Iterable[Op]) -> list[Result]:
        """Run operations: reads see what was there before, then all writes happen or none.

        Of writes to one key the last counts.

        Args:
            ops: ``GetOp``, ``SearchOp``, ``ListNamespacesOp`` and ``PutOp``, in any order.

        Returns:
            A result each, in that order; None for a write.

        Raises:
            InvalidArgumentError: An operation cannot be used; nothing was written.
        """
        batch = Batch(ops, self._texts, clean=self._clean)
        vectors = _NO_VECTORS
        if self._texts is not None:
            if documents := batch.documents():
                self._collection.pair.run(self._collection.ready(self._texts.dims))
            vectors = self._texts.embed(documents, self._queries(batch))
        return self._collection.pair.run(self._perform(batch, vectors))

    async def abatch(self, ops: Iterable[Op]) -> list[Result]:
        """As ``batch``, with the embedding's own async methods."""
        batch = Batch(ops, self._texts, clean=self._clean)
        vectors = _NO_VECTORS
        if self._texts is not None:
            if documents := batch.documents():
                await self._collection.pair.arun(self._collection.ready(self._texts.dims))
            vectors = await self._texts.aembed(documents, self._queries(batch))
        return await self._collection.pair.arun(self._perform(batch, vectors))

    def sweep_ttl(self) -> int:
        """Remove what has expired, and count it; no read sees it anyway."""
        return self._collection.pair.run(self._sweep())

    async def asweep_ttl(self) -> int:
        """Remove what has expired, and count it; no read sees it anyway."""
        return await self._collection.pair.arun(self._sweep())

    def _queries(self, batch: Batch) -> list[str]:
        return batch.queries() if self._asked.has_vector else []

    def _perform(self, batch: Batch, vectors: Vectors) -> Operation[list[Result]]:
        results: list[Any] = [None] * batch.count
        refreshed: list[Key] = []
        context, place = self._collection.context, (self.tenant, self._space)
        found = yield from entries.get(
            context, *place, [(tuple(op.namespace), op.key) for _, op in batch.gets]
        )
        for (n, get), entry in zip(batch.gets, found, strict=True):
            results[n] = entry and item_from(entry)
            refreshed += _refreshed([entry] if entry else [], wanted=get.refresh_ttl)
        for n, search in batch.searches:
            ranked = yield from self._search(search, vectors)
            results[n] = [found_from(entry, score) for entry, score in ranked]
            refreshed += _refreshed([entry for entry, _ in ranked], wanted=search.refresh_ttl)
        for n, listing in batch.lists:
            results[n] = yield from namespaces(self._collection, self._space, listing)
        if batch.puts or batch.removed:
            yield from self._write(batch, vectors)
        # last: what a refused write leaves as it was has its time to live too
        yield from entries.touch(context, *place, refreshed)
        return results

    def _search(
        self, op: SearchOp, vectors: Vectors
    ) -> Operation[list[tuple[Entry, float | None]]]:
        op = checked_page(op)
        if not op.limit:
            return []
        if self._texts is None or not op.query:
            found = yield from by_filter(self._collection, self._space, op)
            return [(entry, None) for entry in found]
        vector = vectors.queries.get(op.query)
        ranked = yield from by_query(
            self._collection, self._space, op, vector, self._asked, self._items_each
        )
        return [(one.entry, one.score) for one in ranked]

    def _write(self, batch: Batch, vectors: Vectors) -> Operation[None]:
        place = self._collection.context, self.tenant, self._space
        puts = [put.entry for put in batch.puts]
        items = batch.items(vectors)

        def make(collection: str | None) -> Operation[None]:
            return entry_items.write(
                *place, puts, batch.removed, collection=collection, items=items
            )

        if self._texts is None:
            yield from make(None)
        else:
            yield from self._collection.writing(
                self._texts.dims,
                lambda new: entry_items.check(new, *place[1:], puts, batch.removed, items),
                lambda: make(self.collection),
            )
        interval = (self.ttl_config or {}).get("sweep_interval_minutes")
        if interval is not None and time.monotonic() - self._swept >= interval * 60:
            yield from self._sweep()

    def _sweep(self) -> Operation[int]:
        self._swept = time.monotonic()
        context, place = self._collection.context, (self.tenant, self._space)
        swept: int | None = None
        if self._texts is not None:
            swept = yield from self._collection.reading(
                lambda: entry_items.sweep(context, *place, self.collection), missing=None
            )
        return swept if swept is not None else (yield from entries.sweep(context, *place))


def _refreshed(found: list[Entry], *, wanted: bool) -> list[Key]:
    return [(one.namespace, one.key) for one in found if wanted and one.ttl_minutes is not None]


def _checked_ttl(ttl: TTLConfig | None) -> TTLConfig | None:
    unknown = set(ttl or {}) - _TTL_KEYS
    if unknown:
        msg = f"ttl has no {', '.join(sorted(map(repr, unknown)))}: it takes {sorted(_TTL_KEYS)}"
        raise InvalidArgumentError(msg)
    return ttl
