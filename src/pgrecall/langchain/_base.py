"""How a vector store is connected: to a collection of either store, until it is closed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from langchain_core.embeddings import Embeddings

from pgrecall._adapters.collection import AdapterCollection, CloseMixin
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pgrecall._adapters.pair import Pair
    from pgrecall._operations.work import Operation
    from pgrecall.async_store import AsyncStore
    from pgrecall.models import Collection
    from pgrecall.store import Store

T = TypeVar("T")


class VectorStoreBase(CloseMixin):
    """One collection for sync and async callers, with the embedding that fills it."""

    def __init__(
        self,
        embedding: Embeddings,
        store: Pair | Store | AsyncStore | str | None,
        tenant: str,
        wanted: Collection,
    ) -> None:
        """Connect to nothing yet."""
        if not isinstance(embedding, Embeddings):
            msg = f"embedding must be a langchain_core Embeddings, not {type(embedding).__name__}"
            raise InvalidArgumentError(msg)
        self._embedding = embedding
        self._collection = AdapterCollection(store, tenant, wanted)

    def __repr__(self) -> str:
        """Show the collection and where it is; never a password."""
        names = f"collection={self.collection!r}, tenant={self.tenant!r}"
        return f"{type(self).__name__}({names}, {self._collection.pair!r})"

    @property
    def embeddings(self) -> Embeddings:
        """The embedding that documents and questions go through."""
        return self._embedding

    @property
    def collection(self) -> str:
        """The collection's name."""
        return self._collection.name

    @property
    def tenant(self) -> str:
        """The tenant."""
        return self._collection.tenant

    @property
    def store(self) -> Store:
        """The core store: every verb that LangChain has no name for.

        Raises:
            InvalidArgumentError: This was made of an AsyncStore on a pool of the caller's.
        """
        return self._collection.pair.store

    @property
    def async_store(self) -> AsyncStore:
        """The core store for async callers.

        Raises:
            InvalidArgumentError: This was made of a Store on a pool of the caller's.
        """
        return self._collection.pair.async_store

    def _run(self, operation: Operation[T]) -> T:
        return self._collection.pair.run(operation)

    async def _arun(self, operation: Operation[T]) -> T:
        return await self._collection.pair.arun(operation)

    def _on(self, operation: Callable[..., Operation[T]], *arguments: Any) -> Operation[T]:
        return operation(*self._collection.place, *arguments)
