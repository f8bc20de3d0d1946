"""LangGraph's BaseStore on PostgreSQL and pgvector."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pgrecall._adapters.collection import AdapterCollection, CollectionMixin, model_of
from pgrecall._adapters.query import AdapterQuery, checked_search
from pgrecall._operations.entries import entry_items
from pgrecall._operations.search.checks import checked
from pgrecall._values.said import UNSAID
from pgrecall.errors import InvalidArgumentError
from pgrecall.langgraph._boosts import of_items
from pgrecall.langgraph._gathering import GatheringMixin
from pgrecall.langgraph._index_config import layout_of
from pgrecall.langgraph._operations import EntryOperations
from pgrecall.langgraph._peers import PeerMixin
from pgrecall.langgraph._queueing import QueueingMixin
from pgrecall.langgraph._texts import Texts
from pgrecall.models import Collection

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from langgraph.store.base import IndexConfig, TTLConfig

    from pgrecall._adapters.pair import Pair
    from pgrecall.async_store import AsyncStore
    from pgrecall.boosts import Boosting
    from pgrecall.fusion import Fusion
    from pgrecall.indexes import Index
    from pgrecall.models import Metric
    from pgrecall.store import Store

_TTL_KEYS = {"refresh_on_read", "omit_expired", "default_ttl", "sweep_interval_minutes"}


class PgRecallStore(CollectionMixin, PeerMixin, QueueingMixin, GatheringMixin):
    """Memory of agents: JSON values under the keys of nested namespaces, found by what they mean.

    One object serves sync and async callers, any number of threads and event loops. Without
    ``index`` it keeps values and finds them by filter; with it, a collection of pgrecall holds a
    vector for each text of a value, written in the same transaction.

    A filter takes ``$eq $ne $gt $gte $lt $lte`` and every other operator of pgrecall (``$in``,
    ``$between``, ``$exists``, ``$like``, ``$any``, ``$and``, ``$or``, ``$not``, ...). It applies
    before the limit, and numbers compare as numbers. A mapping without operators matches an
    object whose keys match, a list that very list; ``$eq`` and ``$ne`` take a whole list or object.
    Dates, times, UUIDs, enums, numpy's scalars and the like are made plain in values and filters
    alike.

    Calls that threads or tasks make at the same time go to the server together, in few
    transactions.

    Args:
        store: A ``Store`` or ``AsyncStore`` of yours, which stays open; or a DSN as ``Store`` takes
            it, for connections that ``close`` ends. None is ``Store``'s default DSN.
        collection: Any name: stores of one name share what they hold; give each the same
            ``index``. The vectors are in the collection of this name; dropping it leaves the
            values, which are found by filter then.
        tenant: Whose memory it is: tenants never see one another.
        index: LangGraph's ``IndexConfig``: ``{"dims": 384, "embed": ..., "fields": ["text"]}``;
            None searches by filter alone. The name of its model, where the embedding has one, is
            kept with the collection as a guard against mixing two. ``PostgresStore``'s keys
            ``"distance_type"`` and ``"ann_index_config"`` say ``metric`` and ``vector_index``.
        ttl: LangGraph's ``TTLConfig``. What has expired is never seen, whatever ``omit_expired``
            says. Every ``sweep_interval_minutes`` a write removes what has expired.
        search: What a search with a query looks at: ``"vector"``, ``"hybrid"`` (the words too), or
            ``"text"`` (the words alone).
        fusion: How hybrid searches make one ranking of two; None is what
            ``tune_fusion`` has learned of the collection, or ``WeightedSum()``.
        boosts: ``Decay`` and ``Boost`` values over the values that are stored, which multiply the
            relevance of a search with a query: ``Decay("$updated_at", timedelta(days=30))`` lets
            memories fade.
        rerank: A function of the query and a list of texts that gives a number for each, by which a
            search with a query puts the best ``rerank_candidates`` entries in order; it is given
            the text of an entry that fits best. Their scores are its numbers then, None where there
            is no text.
        rerank_candidates: The most that the offset and limit of such a search can be together.
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
        boosts: Sequence[Boosting] = (),
        rerank: Callable[[str, list[str]], Any] | None = None,
        rerank_candidates: int = 50,
        metric: Metric | str | None = None,
        vector_index: Index | None = UNSAID,
        text_search: str | None = UNSAID,
        clean: bool = False,
    ) -> None:
        """Check the arguments; connect to nothing yet."""
        of_hybrid = {"fusion": fusion} if search == "hybrid" else {}
        asked = AdapterQuery.of(
            checked_search(search),
            **of_hybrid,
            boosts=of_items(boosts),
            rerank=rerank,
            rerank_candidates=rerank_candidates,
        )
        # each query is the question
        checked(asked.having(limit=1, rerank_text=None if rerank is None else "").options)
        self.index_config = index
        self.ttl_config = _checked_ttl(ttl)
        texts = None if index is None else Texts(index)
        layout = layout_of(index, metric, vector_index)
        wanted = Collection(
            collection,
            None if texts is None else texts.dims,
            UNSAID if index is None else model_of(index.get("embed")) or UNSAID,
            metric=layout.metric,
            index=layout.vector_index,
            storage=layout.storage,
            text_search=text_search,
        )
        self._collection = AdapterCollection(store, tenant, wanted)
        self._pair = self._collection.pair
        # other users of entries have spaces of their own
        space = entry_items.space_of("langgraph", collection)
        self._operations = EntryOperations(
            self._collection, space, texts, asked, clean=clean, ttl=self.ttl_config
        )


def _checked_ttl(ttl: TTLConfig | None) -> TTLConfig | None:
    unknown = set(ttl or {}) - _TTL_KEYS
    if unknown:
        msg = f"ttl has no {', '.join(sorted(map(repr, unknown)))}: it takes {sorted(_TTL_KEYS)}"
        raise InvalidArgumentError(msg)
    return ttl
