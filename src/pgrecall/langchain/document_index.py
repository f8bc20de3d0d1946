"""LangChain's DocumentIndex: a retriever that documents can be put into."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain_core.indexing.base import DeleteResponse, DocumentIndex, UpsertResponse

from pgrecall.errors import InvalidArgumentError
from pgrecall.langchain._queries import check_known
from pgrecall.langchain.retriever import PgRecallRetriever
from pgrecall.langchain.vector_store import PgRecallVectorStore

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_core.documents import Document
    from langchain_core.embeddings import Embeddings


class PgRecallDocumentIndex(PgRecallRetriever, DocumentIndex):
    """A ``PgRecallRetriever`` that documents are put into, fetched from and removed from by id.

    ``PgRecallDocumentIndex(embedding, collection="docs", store=dsn, ...)`` makes a vector store of
    what ``PgRecallVectorStore`` takes; ``vector_store=...`` uses yours.

    Args:
        embedding: What documents and questions go through; None with ``vector_store``.
        **kwargs: Fields of ``PgRecallRetriever``, and arguments of ``PgRecallVectorStore``.

    Raises:
        InvalidArgumentError: Neither an embedding nor a vector store is given, or both.
    """

    def __init__(self, embedding: Embeddings | None = None, **kwargs: Any) -> None:
        """Connect to nothing yet."""
        own = {name: kwargs.pop(name) for name in list(kwargs) if name in type(self).model_fields}
        if (embedding is None) is ("vector_store" not in own) or (kwargs and embedding is None):
            msg = "give an embedding (with collection=, store= and the like), or a vector_store"
            raise InvalidArgumentError(msg)
        if embedding is not None:
            own["vector_store"] = PgRecallVectorStore(embedding, **kwargs)
        super().__init__(**own)

    def upsert(self, items: Sequence[Document], /, **kwargs: Any) -> UpsertResponse:
        """Embed documents and store them, replacing those whose id exists: all or none.

        Args:
            items: The documents; one without an id gets a UUID.
            **kwargs: ``embeddings``, ``batch_size`` and ``clean``, as ``add_documents`` takes them.

        Returns:
            The ids, in the order of the documents, as ``succeeded``. ``failed`` is empty: what
            cannot be stored raises, since ``index()`` does not look at it.

        Raises:
            InvalidArgumentError: A document cannot be stored; the message names it.
        """
        return {"succeeded": self.vector_store.add_documents(items, **kwargs), "failed": []}

    async def aupsert(self, items: Sequence[Document], /, **kwargs: Any) -> UpsertResponse:
        """As ``upsert``, with the embedding's own async method."""
        succeeded = await self.vector_store.aadd_documents(items, **kwargs)
        return {"succeeded": succeeded, "failed": []}

    def delete(self, ids: list[str] | None = None, **kwargs: Any) -> DeleteResponse:
        """Remove documents by id; one that is not there is no failure.

        Args:
            ids: The ids.
            **kwargs: ``filter`` in place of ids.

        Returns:
            ``num_deleted`` counts what was there.

        Raises:
            InvalidArgumentError: Neither ids nor a filter is given; it is a ``ValueError``.
        """
        return _deleted(self.vector_store.remove(ids, **kwargs))

    async def adelete(self, ids: list[str] | None = None, **kwargs: Any) -> DeleteResponse:
        """As ``delete``."""
        return _deleted(await self.vector_store.aremove(ids, **kwargs))

    def get(self, ids: Sequence[str], /, **kwargs: Any) -> list[Document]:
        """Give documents in the order asked; an id that is not there is left out."""
        check_known(kwargs, frozenset())
        return self.vector_store.get_by_ids(ids)

    async def aget(self, ids: Sequence[str], /, **kwargs: Any) -> list[Document]:
        """As ``get``."""
        check_known(kwargs, frozenset())
        return await self.vector_store.aget_by_ids(ids)

    def close(self) -> None:
        """Close what the vector store opened."""
        self.vector_store.close()

    async def aclose(self) -> None:
        """Close what the vector store opened, in every event loop."""
        await self.vector_store.aclose()


def _deleted(count: int) -> DeleteResponse:
    return {"num_deleted": count, "num_failed": 0, "failed": []}
