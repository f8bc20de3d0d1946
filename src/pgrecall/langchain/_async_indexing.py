"""What a document index does with documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain_core.indexing.base import DeleteResponse, DocumentIndex, UpsertResponse

from pgrecall.langchain._queries import check_known
from pgrecall.langchain.retriever import PgRecallRetriever

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_core.documents import Document


class AsyncIndexMixin(PgRecallRetriever, DocumentIndex):
    """The async methods of ``PgRecallDocumentIndex``."""

    async def aupsert(self, items: Sequence[Document], /, **kwargs: Any) -> UpsertResponse:
        """Embed documents and store them, replacing those whose id exists: all or none.

        Args:
            items: The documents; one without an id gets a UUID.
            **kwargs: ``embeddings``, ``batch_size`` and ``clean``, as the vector store's
                ``aadd_documents`` takes them.

        Returns:
            The ids, in the order of the documents, as ``succeeded``. ``failed`` is empty: what
            cannot be stored raises, since ``index()`` does not look at it.

        Raises:
            InvalidArgumentError: A document cannot be stored; the message names it.
        """
        succeeded = await self.vector_store.aadd_documents(items, **kwargs)
        return {"succeeded": succeeded, "failed": []}

    async def adelete(self, ids: list[str] | None = None, **kwargs: Any) -> DeleteResponse:
        """Remove documents by id; one that is not there is no failure.

        Args:
            ids: The ids.
            **kwargs: ``filter`` in place of ids.

        Returns:
            ``num_deleted`` counts what was there.

        Raises:
            InvalidArgumentError: Neither ids nor a filter is given; it is a ``ValueError``.
        """
        count = await self.vector_store.aremove(ids, **kwargs)
        return {"num_deleted": count, "num_failed": 0, "failed": []}

    async def aget(self, ids: Sequence[str], /, **kwargs: Any) -> list[Document]:
        """Give documents in the order asked; an id that is not there is left out."""
        check_known(kwargs, frozenset())
        return await self.vector_store.aget_by_ids(ids)

    async def aclose(self) -> None:
        """Close what the vector store opened, in every event loop."""
        await self.vector_store.aclose()
