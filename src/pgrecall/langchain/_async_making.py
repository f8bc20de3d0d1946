"""A vector store made with the documents that it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from pgrecall.langchain._async_writing import AsyncWriteMixin

if TYPE_CHECKING:
    from collections.abc import Iterable

    from langchain_core.documents import Document
    from langchain_core.embeddings import Embeddings

_OF_ADD = ("ids", "embeddings", "batch_size")


class AsyncMakeMixin(AsyncWriteMixin):
    """The async class methods of ``PgRecallVectorStore`` that make one and fill it."""

    @classmethod
    async def afrom_texts(
        cls,
        texts: Iterable[str],
        embedding: Embeddings,
        metadatas: Iterable[dict[str, Any] | None] | None = None,
        *,
        ids: Iterable[str | None] | None = None,
        **kwargs: Any,
    ) -> Self:
        """Make a store and add texts to it.

        Args:
            texts: As ``aadd_texts``.
            embedding: What texts and questions go through.
            metadatas: As ``aadd_texts``.
            ids: As ``aadd_texts``.
            **kwargs: ``embeddings`` and ``batch_size`` of ``aadd_texts``; all others make the
                store.

        Raises:
            InvalidArgumentError: An argument cannot be used, or something cannot be stored.
            DimensionMismatchError: The collection holds vectors of another length.
            CollectionConflictError: The collection has another embedding model, metric or setting.
        """
        adding = {name: kwargs.pop(name) for name in _OF_ADD if name in kwargs}
        made: Self = cls(embedding, **kwargs)
        try:
            await made.aadd_texts(texts, metadatas, ids=ids, **adding)
        except BaseException:
            await made.aclose()
            raise
        return made

    @classmethod
    async def afrom_documents(
        cls, documents: Iterable[Document], embedding: Embeddings, **kwargs: Any
    ) -> Self:
        """Make a store and add documents to it; each keeps its id.

        Args:
            documents: As ``aadd_documents``.
            embedding: What documents and questions go through.
            **kwargs: ``ids``, ``embeddings`` and ``batch_size`` of ``aadd_documents``; all others
                make the store.

        Raises:
            InvalidArgumentError: An argument cannot be used, or something cannot be stored.
            DimensionMismatchError: The collection holds vectors of another length.
            CollectionConflictError: The collection has another embedding model, metric or setting.
        """
        adding = {name: kwargs.pop(name) for name in _OF_ADD if name in kwargs}
        made: Self = cls(embedding, **kwargs)
        try:
            await made.aadd_documents(documents, **adding)
        except BaseException:
            await made.aclose()
            raise
        return made
