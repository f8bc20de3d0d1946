# Made by `make twins` (python -m twins) from src/pgrecall/langchain/_async_retrieving.py.
# Do not edit: change that file, and make this one anew.

"""What a retriever finds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pgrecall.langchain._retriever_base import RetrieverBase

if TYPE_CHECKING:
    from langchain_core.callbacks import CallbackManagerForRetrieverRun
    from langchain_core.documents import Document


class RetrieveMixin(RetrieverBase):
    """The sync method of ``PgRecallRetriever``."""

    def _get_relevant_documents(
        self,
        query: str,
        *,
        run_manager: CallbackManagerForRetrieverRun,  # noqa: ARG002  # the base passes it
        **kwargs: Any,
    ) -> list[Document]:
        wanted, arguments = self._call(kwargs)
        store = self.vector_store
        if wanted == "mmr":
            return store.max_marginal_relevance_search(query, **arguments)
        if wanted == "relevance":
            found = store.similarity_search_with_relevance_scores(query, **arguments)
            return [document for document, _ in found]
        return store.similarity_search(query, **arguments)
