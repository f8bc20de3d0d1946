# Made by `make twins` (python -m twins) from src/pgrecall/langchain/_async_indexing.py.
# Do not edit: change that file, and make this one anew.

"""What a document index does with documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain_core.indexing.base import DeleteResponse, DocumentIndex, UpsertResponse

from pgrecall.langchain._queries import check_known
from pgrecall.langchain.retriever import PgRecallRetriever

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_core.documents import Document


class IndexMixin(PgRecallRetriever, DocumentIndex):
    """The sync methods of ``PgRecallDocumentIndex``."""

    def upsert(self, items: Sequence[Document], /, **kwargs: Any) -> UpsertResponse:
        """Embed documents and store them, replacing those whose id exists: all or none.

        Args:
            items: The documents; one without an id gets a UUID.
            **kwargs: ``embeddings``, ``batch_size`` and ``clean``, as the vector store's
                ``add_documents`` takes them.

        Returns:
            The ids, in the order of the documents, as ``succeeded``. ``failed`` is empty: what
            cannot be stored raises, since ``index()`` does not look at it.

        Raises:
            InvalidArgumentError: A document cannot be stored; the message names it.
        """
        succeeded = self.vector_store.add_documents(items, **kwargs)
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
        count = self.vector_store.remove(ids, **kwargs)
        return {"num_deleted": count, "num_failed": 0, "failed": []}

    def get(self, ids: Sequence[str], /, **kwargs: Any) -> list[Document]:
        """Give documents in the order asked; an id that is not there is left out."""
        check_known(kwargs, frozenset())
        return self.vector_store.get_by_ids(ids)

    def close(self) -> None:
        """Close what the vector store opened."""
        self.vector_store.close()
