"""Every search of the vector store, and its async twin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from langchain_core.vectorstores import VectorStore

from pgrecall.langchain._connected import Connected
from pgrecall.langchain._documents import document, scored
from pgrecall.langchain._queries import Query, by_vector, check_question, diverse, query
from pgrecall.mmr import maximal_marginal_relevance

if TYPE_CHECKING:
    from collections.abc import Callable

    from langchain_core.documents import Document

    from pgrecall._adapters.collection import Adapted
    from pgrecall._operations.work import Operation
    from pgrecall.filters import FilterLike
    from pgrecall.fusion import Fusion
    from pgrecall.models import Match

T = TypeVar("T")


class Searching(Connected, VectorStore):
    """The part of ``PgRecallVectorStore`` that searches."""

    _search: str
    _fusion: Fusion | None

    def similarity_search(
        self,
        query: str,
        k: int = 4,
        filter: FilterLike | None = None,
        **kwargs: Any,
    ) -> list[Document]:
        """Find the documents that fit a question best, best first.

        Args:
            query: The question.
            k: Documents at most; so many come back whenever so many match the filter.
            filter: Which documents to rank.
            **kwargs: As the class says: ``search="hybrid"``, ``exact=True``, ...

        Raises:
            InvalidArgumentError: An argument cannot be used, or is not known.
            FilterError: The filter cannot be used.
            CollectionConflictError: The collection has another embedding model, metric or setting.
        """
        return [
            document(match)
            for match in self._find(query, self._asked(k, filter, kwargs), Query.found)
        ]

    async def asimilarity_search(
        self,
        query: str,
        k: int = 4,
        filter: FilterLike | None = None,
        **kwargs: Any,
    ) -> list[Document]:
        """As ``similarity_search``, with the embedding's own async method."""
        found = await self._afind(query, self._asked(k, filter, kwargs), Query.found)
        return [document(match) for match in found]

    def similarity_search_with_score(
        self,
        query: str,
        k: int = 4,
        filter: FilterLike | None = None,
        **kwargs: Any,
    ) -> list[tuple[Document, float]]:
        """As ``similarity_search``, each document with the core's score: higher is closer.

        Cosine: 1 - distance, -1 to 1. Inner product: the product. l2 and l1: 1 / (1 + distance).
        Hybrid: 0 to 1. Text: the ranking's value, 0 or more.
        """
        return [
            scored(match)
            for match in self._find(query, self._asked(k, filter, kwargs), Query.found)
        ]

    async def asimilarity_search_with_score(
        self,
        query: str,
        k: int = 4,
        filter: FilterLike | None = None,
        **kwargs: Any,
    ) -> list[tuple[Document, float]]:
        """As ``similarity_search_with_score``."""
        found = await self._afind(query, self._asked(k, filter, kwargs), Query.found)
        return [scored(match) for match in found]

    def similarity_search_by_vector(
        self,
        embedding: list[float],
        k: int = 4,
        filter: FilterLike | None = None,
        **kwargs: Any,
    ) -> list[Document]:
        """Find the documents nearest to a vector, nearest first."""
        found = self._run(by_vector(k, filter, kwargs).found(self._adapted, "", embedding))
        return [document(match) for match in found]

    async def asimilarity_search_by_vector(
        self,
        embedding: list[float],
        k: int = 4,
        filter: FilterLike | None = None,
        **kwargs: Any,
    ) -> list[Document]:
        """As ``similarity_search_by_vector``."""
        found = await self._arun(by_vector(k, filter, kwargs).found(self._adapted, "", embedding))
        return [document(match) for match in found]

    def similarity_search_with_score_by_vector(
        self,
        embedding: list[float],
        k: int = 4,
        filter: FilterLike | None = None,
        **kwargs: Any,
    ) -> list[tuple[Document, float]]:
        """Find the documents nearest to a vector, each with the core's score: higher is closer."""
        found = self._run(by_vector(k, filter, kwargs).found(self._adapted, "", embedding))
        return [scored(match) for match in found]

    async def asimilarity_search_with_score_by_vector(
        self,
        embedding: list[float],
        k: int = 4,
        filter: FilterLike | None = None,
        **kwargs: Any,
    ) -> list[tuple[Document, float]]:
        """As ``similarity_search_with_score_by_vector``."""
        found = await self._arun(by_vector(k, filter, kwargs).found(self._adapted, "", embedding))
        return [scored(match) for match in found]

    def max_marginal_relevance_search(
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
            query: The question.
            k: Documents at most.
            fetch_k: Nearest documents to choose from; raised to ``k`` where it is less.
            lambda_mult: 1 for relevance alone, 0 for novelty alone.
            filter: Which documents to rank.
            **kwargs: ``exact`` or ``ef_search``.
        """
        asked = diverse(k, fetch_k, lambda_mult, filter, kwargs)
        if not self._run(self._adapted.exists(vectors=asked.search != "text")):
            return []
        vector = self._embedding.embed_query(check_question(query))
        found = self._run(asked.found(self._adapted, "", vector))
        return _diverse(vector, found, k, lambda_mult)

    async def amax_marginal_relevance_search(
        self,
        query: str,
        k: int = 4,
        fetch_k: int = 20,
        lambda_mult: float = 0.5,
        filter: FilterLike | None = None,
        **kwargs: Any,
    ) -> list[Document]:
        """As ``max_marginal_relevance_search``, with the embedding's own async method."""
        asked = diverse(k, fetch_k, lambda_mult, filter, kwargs)
        if not await self._arun(self._adapted.exists(vectors=asked.search != "text")):
            return []
        vector = await self._embedding.aembed_query(check_question(query))
        found = await self._arun(asked.found(self._adapted, "", vector))
        return _diverse(vector, found, k, lambda_mult)

    def max_marginal_relevance_search_by_vector(
        self,
        embedding: list[float],
        k: int = 4,
        fetch_k: int = 20,
        lambda_mult: float = 0.5,
        filter: FilterLike | None = None,
        **kwargs: Any,
    ) -> list[Document]:
        """As ``max_marginal_relevance_search``, of a vector."""
        asked = diverse(k, fetch_k, lambda_mult, filter, kwargs)
        found = self._run(asked.found(self._adapted, "", embedding))
        return _diverse(embedding, found, k, lambda_mult)

    async def amax_marginal_relevance_search_by_vector(
        self,
        embedding: list[float],
        k: int = 4,
        fetch_k: int = 20,
        lambda_mult: float = 0.5,
        filter: FilterLike | None = None,
        **kwargs: Any,
    ) -> list[Document]:
        """As ``max_marginal_relevance_search``, of a vector."""
        asked = diverse(k, fetch_k, lambda_mult, filter, kwargs)
        found = await self._arun(asked.found(self._adapted, "", embedding))
        return _diverse(embedding, found, k, lambda_mult)

    def _similarity_search_with_relevance_scores(
        self,
        query: str,
        k: int = 4,
        filter: FilterLike | None = None,
        **kwargs: Any,
    ) -> list[tuple[Document, float]]:
        """Give documents with their relevance, 0 to 1, best first.

        Cosine: the similarity, 0 where it is negative. Inner product: the logistic function of the
        product. l2 and l1: 1 / (1 + distance). Hybrid: its score. Text: score / (score + 12).
        """
        asked = self._asked(k, filter, kwargs)
        found = self._find(query, asked, Query.relevant)
        return [(document(match), relevance) for match, relevance in found]

    async def _asimilarity_search_with_relevance_scores(
        self,
        query: str,
        k: int = 4,
        filter: FilterLike | None = None,
        **kwargs: Any,
    ) -> list[tuple[Document, float]]:
        asked = self._asked(k, filter, kwargs)
        found = await self._afind(query, asked, Query.relevant)
        return [(document(match), relevance) for match, relevance in found]

    def _asked(self, k: int, filter_: FilterLike | None, options: dict[str, Any]) -> Query:
        return query(k, filter_, options, search=self._search, fusion=self._fusion)

    def _find(
        self,
        text: str,
        asked: Query,
        search: Callable[[Query, Adapted, str, object], Operation[list[T]]],
    ) -> list[T]:
        text = check_question(text)
        if not self._run(self._adapted.exists(vectors=asked.search != "text")):
            return []
        vector = None if asked.search == "text" else self._embedding.embed_query(text)
        return self._run(search(asked, self._adapted, text, vector))

    async def _afind(
        self,
        text: str,
        asked: Query,
        search: Callable[[Query, Adapted, str, object], Operation[list[T]]],
    ) -> list[T]:
        text = check_question(text)
        if not await self._arun(self._adapted.exists(vectors=asked.search != "text")):
            return []
        vector = None if asked.search == "text" else await self._embedding.aembed_query(text)
        return await self._arun(search(asked, self._adapted, text, vector))


def _diverse(vector: Any, found: list[Match], k: int, lambda_mult: float) -> list[Document]:
    chosen = maximal_marginal_relevance(vector, found, limit=k, lambda_mult=lambda_mult)
    return [document(match) for match in chosen]
