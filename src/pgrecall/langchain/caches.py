"""LangChain's caches of what models answered: to the same prompt, or to one that means the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from langchain_core.embeddings import Embeddings

from pgrecall._adapters.collection import AdapterCollection, CollectionMixin, model_of
from pgrecall._adapters.keys import check_namespace
from pgrecall._adapters.pair import Pair
from pgrecall._adapters.ttl import minutes_of
from pgrecall._operations.context import check_names
from pgrecall._operations.entries.entries import check_place
from pgrecall._operations.entries.entry_items import space_of
from pgrecall._values.numbers import checked_share
from pgrecall._values.said import UNSAID
from pgrecall.errors import InvalidArgumentError
from pgrecall.langchain._async_caching import AsyncCacheMixin
from pgrecall.langchain._async_meaning import AsyncMeaningMixin
from pgrecall.langchain._caching import CacheMixin
from pgrecall.langchain._exact import SPACE, ExactOperations
from pgrecall.langchain._meaning import MeaningMixin
from pgrecall.langchain._meaning_operations import FIELDS, MeaningOperations, Recent
from pgrecall.models import Collection, Metric

if TYPE_CHECKING:
    from datetime import timedelta

    from pgrecall.async_store import AsyncStore
    from pgrecall.store import Store


class PgRecallCache(CacheMixin, AsyncCacheMixin):
    """Answers of models by their prompts: LangChain's ``BaseCache``, for sync and async callers.

    ``set_llm_cache(PgRecallCache(...))`` serves every model of the process,
    ``init_chat_model(..., cache=PgRecallCache(...))`` one. Prompts are not kept, but for a digest.
    Answers are kept as LangChain's JSON, and nothing is made of it but messages and what holds
    them. What is no answer counts as none; the logger ``pgrecall`` says so. It can be pickled: the
    pickle carries the DSN with its password, ``repr`` does not.

    Args:
        store: A ``Store`` or ``AsyncStore`` of yours, which stays open; or a DSN as ``Store`` takes
            it, for connections that ``close`` ends. None is ``Store``'s default DSN.
        tenant: Whose answers they are: tenants never see one another.
        namespace: Keeps several caches of one tenant apart; 300 bytes at most.
        ttl: How long an answer lives: a ``timedelta``, or seconds. None: for good. What has expired
            is never given; ``maintain`` removes it.

    Raises:
        InvalidArgumentError: An argument cannot be used.
    """

    def __init__(
        self,
        store: Store | AsyncStore | Pair | str | None = None,
        tenant: str = "default",
        *,
        namespace: str = "default",
        ttl: timedelta | float | None = None,
    ) -> None:
        """Connect to nothing yet."""
        check_names(tenant, SPACE)
        check_namespace(namespace)
        self._pair = store if isinstance(store, Pair) else Pair(store)
        self._answers = ExactOperations(self._pair, tenant, namespace, minutes_of(ttl))

    def __repr__(self) -> str:
        """Show where the cache points; never a password."""
        names = f"tenant={self._answers.tenant!r}, namespace={self._answers.namespace!r}"
        return f"{type(self).__name__}({self._pair!r}, {names})"


class PgRecallSemanticCache(CollectionMixin, MeaningMixin, AsyncMeaningMixin):
    """Answers of models by what was asked: LangChain's ``BaseCache``, for sync and async callers.

    The model and its settings must be the same, and of a chat all but the last message, which is
    compared by its meaning where it is a user's: its images and the like must be the same too. Of a
    prompt that is no chat the whole is compared so. The answer to the very same prompt comes first.
    Otherwise as ``PgRecallCache``; the collection keeps vectors, and no word of a prompt.

    **Another embedding.** Vectors of two models cannot be compared. Where the embedding has another
    name than the one that filled the collection, lookups and updates raise
    ``CollectionConflictError``; where it has none, other dimensions raise
    ``DimensionMismatchError``. ``clear()`` lets the cache begin anew, as another ``collection``
    does.

    Args:
        embedding: What prompts go through: each once, when it is looked up.
        store: A ``Store`` or ``AsyncStore`` of yours, which stays open; or a DSN as ``Store`` takes
            it, for connections that ``close`` ends. None is ``Store``'s default DSN.
        tenant: Whose answers they are: tenants never see one another.
        collection: Where the vectors are, and nothing else; the first answer creates it. Its name
            has 984 bytes at most.
        threshold: The least cosine of two prompts that have the same answer, above 0 and at most 1.
            What is right depends on the embedding: measure with questions of your own.
        ttl: How long an answer lives: a ``timedelta``, or seconds. None: for good. What has expired
            is never given; ``maintain`` removes it with its vector.
        embedding_model: Name of the embedding, kept with the collection. None takes its ``model``,
            ``model_name`` or the like, where it has one; ``""`` guards nothing.

    Raises:
        InvalidArgumentError: An argument cannot be used.
    """

    def __init__(
        self,
        embedding: Embeddings,
        store: Store | AsyncStore | Pair | str | None = None,
        tenant: str = "default",
        *,
        collection: str = "llm_cache",
        threshold: float = 0.95,
        ttl: timedelta | float | None = None,
        embedding_model: str | None = None,
    ) -> None:
        """Connect to nothing yet."""
        if not isinstance(embedding, Embeddings):
            msg = f"embedding must be a langchain_core Embeddings, not {type(embedding).__name__}"
            raise InvalidArgumentError(msg)
        model = model_of(embedding) if embedding_model is None else embedding_model
        wanted = Collection(
            collection,
            embedding_model=model or UNSAID,
            metric=Metric.COSINE,
            fields=FIELDS,
            text_search=None,
        )
        check_place(tenant, space_of(SPACE, collection))
        self._collection = AdapterCollection(store, tenant, wanted)
        self._pair = self._collection.pair
        self._embedding = embedding
        self._recent = Recent()
        self._answers = MeaningOperations(
            self._collection, checked_share("threshold", threshold), minutes_of(ttl)
        )
