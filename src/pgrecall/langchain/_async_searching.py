"""Every search of the vector store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from pgrecall._adapters.query import AdapterQuery
from pgrecall.langchain._base import VectorStoreBase
from pgrecall.langchain._documents import document
from pgrecall.langchain._queries import by_vector, checked_question, diverse, relevant

if TYPE_CHECKING:
    from collections.abc import Callable

    from langchain_core.documents import Document

    from pgrecall._adapters.collection import AdapterCollection
    from pgrecall._operations.work import Operation
    from pgrecall.filters import FilterLike

T = TypeVar("T")


class AsyncSearchMixin(VectorStoreBase):
    """The async methods of ``PgRecallVectorStore`` that search."""

    async def asimilarity_search(
        self, query: str, k: int = 4, filter: FilterLike | None = None, **kwargs: Any
    ) -> list[Document]:
        """Find the documents that fit a question best, best first.

        Args:
            query: The question, embedded by ``aembed_query`` unless words alone are searched.
            k: Documents at most; so many come back whenever so many match the filter.
            filter: Which documents to rank.
            **kwargs: As the class says: ``search="hybrid"``, ``exact=True``, ...

        Raises:
            InvalidArgumentError: An argument cannot be used, or is not known.
            FilterError: The filter cannot be used.
            CollectionConflictError: The collection has another embedding model, metric or setting.
        """
        wanted = self._query(query, k, filter, kwargs)
        found = await self._afind(query, wanted, AdapterQuery.found)
        return [document(match) for match in found]

    async def asimilarity_search_with_score(
        self, query: str, k: int = 4, filter: FilterLike | None = None, **kwargs: Any
    ) -> list[tuple[Document, float]]:
        """Find the documents that fit a question best, each with the core's score.

        Higher is closer. Cosine: 1 - distance, -1 to 1. Inner product: the product. l2 and l1:
        1 / (1 + distance). Hybrid: 0 to 1. Text: the ranking's value, 0 or more. With ``rerank``
        what that gave, -inf for a document without text.

        Args:
            query: The question, embedded by ``aembed_query`` unless words alone are searched.
            k: Documents at most; so many come back whenever so many match the filter.
            filter: Which documents to rank.
            **kwargs: As the class says: ``search="hybrid"``, ``exact=True``, ...

        Raises:
            InvalidArgumentError: An argument cannot be used, or is not known.
            FilterError: The filter cannot be used.
            CollectionConflictError: The collection has another embedding model, metric or setting.
        """
        wanted = self._query(query, k, filter, kwargs)
        found = await self._afind(query, wanted, AdapterQuery.found)
        return [(document(match), wanted.score_of(match)) for match in found]

    async def asimilarity_search_by_vector(
        self, embedding: list[float], k: int = 4, filter: FilterLike | None = None, **kwargs: Any
    ) -> list[Document]:
        """Find the documents nearest to a vector, nearest first.

        Args:
            embedding: The vector.
            k: Documents at most; so many come back whenever so many match the filter.
            filter: Which documents to rank.
            **kwargs: ``exact`` or ``ef_search``.

        Raises:
            InvalidArgumentError: An argument cannot be used, or is not known.
            FilterError: The filter cannot be used.
            DimensionMismatchError: The collection holds vectors of another length.
            CollectionConflictError: The collection has another embedding model, metric or setting.
        """
        wanted = by_vector(k, filter, kwargs)
        found = await self._arun(wanted.found(self._collection, "", embedding))
        return [document(match) for match in found]

    async def asimilarity_search_with_score_by_vector(
        self, embedding: list[float], k: int = 4, filter: FilterLike | None = None, **kwargs: Any
    ) -> list[tuple[Document, float]]:
        """Find the documents nearest to a vector, each with the core's score: higher is closer.

        Args:
            embedding: The vector.
            k: Documents at most; so many come back whenever so many match the filter.
            filter: Which documents to rank.
            **kwargs: ``exact`` or ``ef_search``.

        Raises:
            InvalidArgumentError: An argument cannot be used, or is not known.
            FilterError: The filter cannot be used.
            DimensionMismatchError: The collection holds vectors of another length.
            CollectionConflictError: The collection has another embedding model, metric or setting.
        """
        wanted = by_vector(k, filter, kwargs)
        found = await self._arun(wanted.found(self._collection, "", embedding))
        return [(document(match), wanted.score_of(match)) for match in found]

    async def amax_marginal_relevance_search(
        self,
        query: str,
        k: int = 4,
        fetch_k: int = 20,
        lambda_mult: float = 0.5,
        filter: FilterLike | None = None,
        **kwargs: Any,
    ) -> list[Document]:
        """Find documents that are near a question and unlike one another, in that order.

        Whatever the store's ``search``, this one is by vectors.

        Args:
            query: The question, embedded by ``aembed_query``.
            k: Documents at most.
            fetch_k: Nearest documents to choose from; raised to ``k`` where it is less.
            lambda_mult: 1 for relevance alone, 0 for novelty alone.
            filter: Which documents to rank.
            **kwargs: ``exact`` or ``ef_search``.

        Raises:
            InvalidArgumentError: An argument cannot be used, or is not known.
            FilterError: The filter cannot be used.
            CollectionConflictError: The collection has another embedding model, metric or setting.
        """
        wanted = diverse(k, fetch_k, lambda_mult, filter, kwargs)
        found = await self._afind(query, wanted, AdapterQuery.found)
        return [document(match) for match in found]

    async def amax_marginal_relevance_search_by_vector(
        self,
        embedding: list[float],
        k: int = 4,
        fetch_k: int = 20,
        lambda_mult: float = 0.5,
        filter: FilterLike | None = None,
        **kwargs: Any,
    ) -> list[Document]:
        """Find documents that are near a vector and unlike one another, in that order.

        Args:
            embedding: The vector.
            k: Documents at most.
            fetch_k: Nearest documents to choose from; raised to ``k`` where it is less.
            lambda_mult: 1 for relevance alone, 0 for novelty alone.
            filter: Which documents to rank.
            **kwargs: ``exact`` or ``ef_search``.

        Raises:
            InvalidArgumentError: An argument cannot be used, or is not known.
            FilterError: The filter cannot be used.
            DimensionMismatchError: The collection holds vectors of another length.
            CollectionConflictError: The collection has another embedding model, metric or setting.
        """
        wanted = diverse(k, fetch_k, lambda_mult, filter, kwargs)
        found = await self._arun(wanted.found(self._collection, "", embedding))
        return [document(match) for match in found]

    async def _asimilarity_search_with_relevance_scores(
        self, query: str, k: int = 4, filter: FilterLike | None = None, **kwargs: Any
    ) -> list[tuple[Document, float]]:
        """Give documents with their relevance, 0 to 1, best first.

        Cosine: the similarity, 0 where it is negative. Inner product: the logistic function of the
        product. l2 and l1: 1 / (1 + distance). Hybrid: its score. Text: score / (score + 12). With
        ``rerank`` they are in its order, and the relevance is that of the search.
        """
        found = await self._afind(query, self._query(query, k, filter, kwargs), relevant)
        return [(document(match), relevance) for match, relevance in found]

    async def _afind(
        self,
        text: str,
        wanted: AdapterQuery,
        search: Callable[[AdapterQuery, AdapterCollection, str, Any], Operation[list[T]]],
    ) -> list[T]:
        text, collection = checked_question(text), self._collection
        if not wanted.has_vector:
            return await self._arun(search(wanted, collection, text, None))
        # a question to a collection that is missing, or another, is not worth an embedding
        if not (
            collection.is_met(vectors=True) or await self._arun(collection.exists(vectors=True))
        ):
            return []
        vector = await self._embedding.aembed_query(text)
        return await self._arun(search(wanted, collection, text, vector))
