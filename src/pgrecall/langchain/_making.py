# Made by `make twins` (python -m twins) from src/pgrecall/langchain/_async_making.py.
# Do not edit: change that file, and make this one anew.

"""A vector store made with the documents that it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from pgrecall.langchain._writing import WriteMixin

if TYPE_CHECKING:
    from collections.abc import Iterable

    from langchain_core.documents import Document
    from langchain_core.embeddings import Embeddings

_OF_ADD = ("ids", "embeddings", "batch_size")


class MakeMixin(WriteMixin):
    """The sync class methods of ``PgRecallVectorStore`` that make one and fill it."""

    @classmethod
    def from_texts(
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
            texts: As ``add_texts``.
            embedding: What texts and questions go through.
            metadatas: As ``add_texts``.
            ids: As ``add_texts``.
            **kwargs: ``embeddings`` and ``batch_size`` of ``add_texts``; all others make the store.

        Raises:
            InvalidArgumentError: An argument cannot be used, or something cannot be stored.
            DimensionMismatchError: The collection holds vectors of another length.
            CollectionConflictError: The collection has another embedding model, metric or setting.
        """
        adding = {name: kwargs.pop(name) for name in _OF_ADD if name in kwargs}
        made: Self = cls(embedding, **kwargs)
        try:
            made.add_texts(texts, metadatas, ids=ids, **adding)
        except BaseException:
            made.close()
            raise
        return made

    @classmethod
    def from_documents(
        cls, documents: Iterable[Document], embedding: Embeddings, **kwargs: Any
    ) -> Self:
        """Make a store and add documents to it; each keeps its id.

        Args:
            documents: As ``add_documents``.
            embedding: What documents and questions go through.
            **kwargs: ``ids``, ``embeddings`` and ``batch_size`` of ``add_documents``; all others
                make the store.

        Raises:
            InvalidArgumentError: An argument cannot be used, or something cannot be stored.
            DimensionMismatchError: The collection holds vectors of another length.
            CollectionConflictError: The collection has another embedding model, metric or setting.
        """
        adding = {name: kwargs.pop(name) for name in _OF_ADD if name in kwargs}
        made: Self = cls(embedding, **kwargs)
        try:
            made.add_documents(documents, **adding)
        except BaseException:
            made.close()
            raise
        return made
