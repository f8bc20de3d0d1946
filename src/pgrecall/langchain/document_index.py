"""LangChain's DocumentIndex: a retriever that documents can be put into."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pgrecall.errors import InvalidArgumentError
from pgrecall.langchain._async_indexing import AsyncIndexMixin
from pgrecall.langchain._indexing import IndexMixin
from pgrecall.langchain.vector_store import PgRecallVectorStore

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings


class PgRecallDocumentIndex(IndexMixin, AsyncIndexMixin):
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
