"""LlamaIndex's queries as searches of the core, and matches as their results."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from llama_index.core.vector_stores.types import (
    VectorStoreQuery,
    VectorStoreQueryMode,
    VectorStoreQueryResult,
)

from pgrecall import filters
from pgrecall._operations.search import hybrid
from pgrecall._operations.search import text as texts
from pgrecall._operations.search import vector as search
from pgrecall._operations.search.checks import checked_limit
from pgrecall._operations.search.options import (
    DEFAULT_CANDIDATES,
    HybridOptions,
    TextOptions,
    VectorOptions,
)
from pgrecall.errors import InvalidArgumentError
from pgrecall.fusion import Fusion, Rrf, WeightedSum
from pgrecall.llama_index._filters import restriction
from pgrecall.llama_index._nodes import to_node
from pgrecall.mmr import maximal_marginal_relevance

if TYPE_CHECKING:
    from collections.abc import Callable

    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation
    from pgrecall.filters import Filter
    from pgrecall.models import Match

SCORES_KEY = "_scores"
"""Metadata key under which ``arm_scores`` reports."""

_HALF_SCORE = 12.0  # the BM25 score that counts as one half
_MODES = (
    VectorStoreQueryMode.DEFAULT,
    VectorStoreQueryMode.SPARSE,
    VectorStoreQueryMode.TEXT_SEARCH,
    VectorStoreQueryMode.HYBRID,
    VectorStoreQueryMode.MMR,
)


@dataclass(frozen=True, slots=True)
class Options:
    """What a query leaves to the store; each can be given to ``query`` as a keyword.

    Attributes:
        exact: True compares with every node, False asks the index, None lets the store decide.
        ef_search: Candidates that an HNSW index looks at.
        fusion: What a hybrid query without ``alpha`` makes one ranking with.
        candidates: Rows of each arm of a hybrid query; the core's default where None.
        mmr_threshold: For a query without one: 1 is relevance alone, 0 novelty alone.
        mmr_prefetch_factor: Nodes to choose from by MMR, as a multiple of the nodes wanted.
        mmr_prefetch_k: Nodes to choose from by MMR; beats the factor.
        arm_scores: Note in each node's metadata, under ``_scores``, what its place comes from.
    """

    exact: bool | None = None
    ef_search: int | None = None
    fusion: Fusion | None = None
    candidates: int | None = None
    mmr_threshold: float = 0.5
    mmr_prefetch_factor: float = 4.0
    mmr_prefetch_k: int | None = None
    arm_scores: bool = False

    def updated(self, given: dict[str, Any]) -> Options:
        """Give the options of one query.

        Raises:
            TypeError: There is no such option.
        """
        if not given:
            return self
        names = [field.name for field in fields(self)]
        if unknown := sorted(set(given) - set(names)):
            raise TypeError(f"query() has no option {unknown[0]!r}; it has {', '.join(names)}")
        return replace(self, **given)


@dataclass(frozen=True, slots=True)
class Search:
    """A query, checked: makes the core's operation and ranks what it finds."""

    query: VectorStoreQuery
    options: Options
    mode: VectorStoreQueryMode
    filter: Filter | None

    def operation(
        self, context: Context, tenant: str, name: str
    ) -> Operation[VectorStoreQueryResult]:
        """Make the operation that answers the query."""
        matches = yield from _OPERATIONS[self.mode](self, context, tenant, name)
        return _result(matches, arm_scores=self.options.arm_scores)

    def by_vector(self, context: Context, tenant: str, name: str) -> Operation[list[Match]]:
        """Search by vector."""
        return search.search(
            context,
            tenant,
            name,
            self.query.query_embedding,
            self._by_vector(self.query.similarity_top_k),
        )

    def by_diversity(self, context: Context, tenant: str, name: str) -> Operation[list[Match]]:
        """Search by vector for more, and choose by maximal marginal relevance."""
        limit = self.query.similarity_top_k
        fetched = self.options.mmr_prefetch_k or int(limit * self.options.mmr_prefetch_factor)
        query = self.query.query_embedding or []
        matches = yield from search.search(
            context,
            tenant,
            name,
            query,
            self._by_vector(max(limit, fetched), include_vectors=True),
        )
        return maximal_marginal_relevance(
            query,
            matches,
            limit=limit,
            lambda_mult=_threshold(self.query, self.options),
        )

    def by_text(self, context: Context, tenant: str, name: str) -> Operation[list[Match]]:
        """Search by text; the score of BM25 is brought to 0 to 1."""
        limit = self.query.sparse_top_k or self.query.similarity_top_k
        if self.mode is VectorStoreQueryMode.HYBRID:
            most = self.query.hybrid_top_k or self.query.similarity_top_k
            limit = min(most, self.query.sparse_top_k or most)
        matches = yield from texts.search_text(
            context,
            tenant,
            name,
            self.query.query_str or "",
            TextOptions(limit=limit, filter=self.filter),
        )
        return [
            replace(match, score=match.score / (match.score + _HALF_SCORE)) for match in matches
        ]

    def by_both(self, context: Context, tenant: str, name: str) -> Operation[list[Match]]:
        """Search by vector and text at once."""
        query = self.query
        if query.alpha == 0:
            return self.by_text(context, tenant, name)
        limit = query.hybrid_top_k or query.similarity_top_k
        deepest = self.options.candidates
        if deepest is None:
            deepest = max(DEFAULT_CANDIDATES, query.similarity_top_k, limit)
        return hybrid.search_hybrid(
            context,
            tenant,
            name,
            query.query_embedding,
            # without words the vectors' order stays, on the same scale of scores
            "" if query.alpha == 1 else query.query_str or "",
            HybridOptions(
                limit=limit,
                filter=self.filter,
                fusion=_fusion(query.alpha, self.options.fusion),
                candidates=deepest,
                text_candidates=query.sparse_top_k,
            ),
        )

    def _by_vector(self, limit: int, *, include_vectors: bool = False) -> VectorOptions:
        return VectorOptions(
            limit=limit,
            filter=self.filter,
            exact=self.options.exact,
            ef_search=self.options.ef_search,
            include_vectors=include_vectors,
        )


_OPERATIONS: dict[
    VectorStoreQueryMode, Callable[[Search, Context, str, str], Operation[list[Match]]]
] = {
    VectorStoreQueryMode.DEFAULT: Search.by_vector,
    VectorStoreQueryMode.SPARSE: Search.by_text,
    VectorStoreQueryMode.TEXT_SEARCH: Search.by_text,
    VectorStoreQueryMode.HYBRID: Search.by_both,
    VectorStoreQueryMode.MMR: Search.by_diversity,
}


def checked(query: VectorStoreQuery, options: Options) -> Search:
    """Check a query before anything is sent.

    Raises:
        ValueError: The mode is none of ours, or the query lacks what its mode needs.
        FilterError: The filter cannot be used.
    """
    mode = _mode(query.mode)
    words = mode in (VectorStoreQueryMode.SPARSE, VectorStoreQueryMode.TEXT_SEARCH)
    vector = not words
    if mode is VectorStoreQueryMode.HYBRID:
        alpha = query.alpha
        if alpha is not None and (isinstance(alpha, bool) or not 0 <= alpha <= 1):
            raise InvalidArgumentError(f"alpha={alpha!r} must be from 0 (text) to 1 (vectors)")
        vector, words = alpha != 0, alpha != 1
    if vector and query.query_embedding is None:
        raise InvalidArgumentError(
            f"mode {mode.value!r} needs query_embedding: the embedding of what is searched for"
        )
    if words and query.query_str is None:
        raise InvalidArgumentError(f"mode {mode.value!r} needs query_str: what is searched for")
    checked_limit(query.similarity_top_k)
    threshold = _threshold(query, options)
    if mode is VectorStoreQueryMode.MMR and not 0 <= threshold <= 1:
        raise InvalidArgumentError(
            f"mmr_threshold={threshold!r} must be from 0 (novelty) to 1 (relevance)"
        )
    # retrievers pass an empty list of node ids where they mean every node
    wanted = restriction(query.filters, node_ids=query.node_ids or None, doc_ids=query.doc_ids)
    return Search(query, options, mode, filters.parse(wanted))


def _mode(mode: object) -> VectorStoreQueryMode:
    try:
        known = VectorStoreQueryMode(mode)
    except ValueError:
        known = None
    if known not in _MODES:
        names = ", ".join(repr(one.value) for one in _MODES)
        shown = mode if known is None else known.value
        raise InvalidArgumentError(f"query mode {shown!r} is not supported; there are {names}")
    return known


def _threshold(query: VectorStoreQuery, options: Options) -> float:
    return options.mmr_threshold if query.mmr_threshold is None else query.mmr_threshold


def _fusion(alpha: float | None, default: Fusion | None) -> Fusion | None:
    if alpha is None:
        return default
    if isinstance(default, Rrf):
        return replace(default, vector_weight=alpha, text_weight=1 - alpha)
    return WeightedSum(alpha)


def _result(matches: list[Match], *, arm_scores: bool) -> VectorStoreQueryResult:
    nodes = []
    for match in matches:
        node = to_node(match.id, match.text, match.metadata)
        if arm_scores:
            node.metadata[SCORES_KEY] = _scores(match)
            # numbers for a program, not for a model to read
            node.excluded_llm_metadata_keys.append(SCORES_KEY)
            node.excluded_embed_metadata_keys.append(SCORES_KEY)
        nodes.append(node)
    return VectorStoreQueryResult(
        nodes=nodes,
        similarities=[match.score for match in matches],
        ids=[match.id for match in matches],
    )


def _scores(match: Match) -> dict[str, Any]:
    return {
        "score": match.score,
        "distance": match.distance,
        "vector_rank": match.vector_rank,
        "text_rank": match.text_rank,
        "text_score": match.text_score,
    }
