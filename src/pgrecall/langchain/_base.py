"""What the vector store's methods stand on, sync and async alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain_core.embeddings import Embeddings
from langchain_core.vectorstores import VectorStore

from pgrecall._adapters.async_running import AsyncPairMixin
from pgrecall._adapters.collection import CollectionMixin
from pgrecall._adapters.running import PairMixin
from pgrecall.errors import InvalidArgumentError
from pgrecall.langchain._listing import ListedCollection
from pgrecall.langchain._operations import DocumentOperations
from pgrecall.langchain._queries import asked

if TYPE_CHECKING:
    from pgrecall._adapters.pair import Pair
    from pgrecall._adapters.query import AdapterQuery
    from pgrecall.async_store import AsyncStore
    from pgrecall.filters import FilterLike
    from pgrecall.fusion import Fusion
    from pgrecall.models import Collection
    from pgrecall.store import Store


class VectorStoreBase(CollectionMixin, PairMixin, AsyncPairMixin, VectorStore):
    """One collection with the embedding that fills it."""

    def __init__(
        self,
        embedding: Embeddings,
        store: Pair | Store | AsyncStore | str | None,
        tenant: str,
        wanted: Collection,
        *,
        search: str,
        fusion: Fusion | None,
        clean: bool,
    ) -> None:
        """Connect to nothing yet."""
        if not isinstance(embedding, Embeddings):
            msg = f"embedding must be a langchain_core Embeddings, not {type(embedding).__name__}"
            raise InvalidArgumentError(msg)
        self._embedding = embedding
        self._search = search
        self._fusion = fusion
        self._collection = ListedCollection(store, tenant, wanted)
        self._operations = DocumentOperations(self._collection, clean=clean)
        self._pair = self._collection.pair

    @property
    def embeddings(self) -> Embeddings:
        """The embedding that documents and questions go through."""
        return self._embedding

    @property
    def async_store(self) -> AsyncStore:
        """The core store for async callers.

        Raises:
            InvalidArgumentError: This was made of a Store on a pool of the caller's.
        """
        return self._pair.async_store

    def _query(
        self, question: str, k: int, filter_: FilterLike | None, options: dict[str, Any]
    ) -> AdapterQuery:
        return asked(
            k, filter_, options, search=self._search, fusion=self._fusion, question=question
        )
