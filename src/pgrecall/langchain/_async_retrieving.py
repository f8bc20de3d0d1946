"""What a retriever finds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pgrecall.langchain._retriever_base import RetrieverBase

if TYPE_CHECKING:
    from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun
    from langchain_core.documents import Document


class AsyncRetrieveMixin(RetrieverBase):
    """The async method of ``PgRecallRetriever``."""

    async def _aget_relevant_documents(
        self,
        query: str,
        *,
        run_manager: AsyncCallbackManagerForRetrieverRun,  # noqa: ARG002  # the base passes it
        **kwargs: Any,
    ) -> list[Document]:
        wanted, arguments = self._call(kwargs)
        store = self.vector_store
        if wanted == "mmr":
            return await store.amax_marginal_relevance_search(query, **arguments)
        if wanted == "relevance":
            found = await store.asimilarity_search_with_relevance_scores(query, **arguments)
            return [document for document, _ in found]
        return await store.asimilarity_search(query, **arguments)
