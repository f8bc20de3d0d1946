"""LlamaIndex's queries as searches of the core, and matches as their results."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from llama_index.core.vector_stores.types import (
    VectorStoreQuery,
    VectorStoreQueryMode,
    VectorStoreQueryResult,
)

from pgrecall import filters
from pgrecall._adapters.query import AdapterQuery, Diversity, of_metadata
from pgrecall._adapters.scores import of_text_relevance, text_relevance
from pgrecall._operations.search.checks import checked as checked_options
from pgrecall._operations.search.checks import checked_limit
from pgrecall._operations.search.options import DEFAULT_CANDIDATES
from pgrecall._operations.search.parsing import parsed
from pgrecall._values.numbers import checked_weight
from pgrecall.errors import InvalidArgumentError
from pgrecall.fusion import Fusion, Rrf, WeightedSum
from pgrecall.llama_index._filters import SOURCE_KEY, restriction
from pgrecall.llama_index._nodes import NO_SOURCE, to_node

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall._adapters.collection import AdapterCollection
    from pgrecall._operations.work import Operation
    from pgrecall.boosts import Boosting
    from pgrecall.models import Match

_STAGES = ("offset", "min_score", "group_by", "per_group", "boosts", "rerank", "rerank_candidates")
SCORES_KEY = "_scores"
"""Metadata key under which ``arm_scores`` reports."""


@dataclass(frozen=True, slots=True)
class QueryDefaults:
    """What a query leaves to the store; each can be given to ``query`` as a keyword.

    Attributes:
        exact: True compares with every node, False asks the index, None lets the store decide.
        ef_search: Candidates that an HNSW index looks at.
        fusion: What a hybrid query without ``alpha`` makes one ranking with.
        candidates: Rows of each arm of a hybrid query; the core's default where None.
        language: Of a collection with ``text_search=ByField(...)``, the language of the words.
        mmr_threshold: For a query without one: 1 is relevance alone, 0 novelty alone.
        mmr_prefetch_factor: Nodes to choose from by MMR, as a multiple of the nodes wanted.
        mmr_prefetch_k: Nodes to choose from by MMR; beats the factor.
        offset: Nodes, or groups, to leave out at the beginning; not by MMR, as the next four.
        min_score: Least similarity of what comes back.
        group_by: A key of the metadata, or a path: ``similarity_top_k`` counts its values.
            ``"ref_doc_id"`` is a node's source; nodes without one are each a group.
        per_group: Nodes of each group at most.
        boosts: ``Decay`` and ``Boost`` values, which multiply the relevance.
        rerank: A function of ``query_str`` and a list of texts that gives a number for each, by
            which the best ``rerank_candidates`` are put in order: their similarities.
        rerank_candidates: The core's default where None.
        arm_scores: Note in each node's metadata, under ``_scores``, what its place comes from.
    """

    exact: bool | None = None
    ef_search: int | None = None
    fusion: Fusion | None = None
    candidates: int | None = None
    language: str | None = None
    mmr_threshold: float = 0.5
    mmr_prefetch_factor: float = 4.0
    mmr_prefetch_k: int | None = None
    offset: int | None = None
    min_score: float | None = None
    group_by: str | tuple[str, ...] | list[str] | None = None
    per_group: int | None = None
    boosts: Sequence[Boosting] | None = None
    rerank: Callable[[str, list[str]], Any] | None = None
    rerank_candidates: int | None = None
    arm_scores: bool = False

    @property
    def stages(self) -> dict[str, Any]:
        """What comes after the arms, of what was given."""
        given = {name: getattr(self, name) for name in _STAGES}
        made = of_metadata({name: value for name, value in given.items() if value is not None})
        if made.get("group_by") in (SOURCE_KEY, (SOURCE_KEY,), [SOURCE_KEY]):
            made["group_by"] = filters.PathOrNothing.of((SOURCE_KEY,), NO_SOURCE)
        return made

    def updated(self, given: dict[str, Any]) -> QueryDefaults:
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
    """A query, checked: makes the core's operation and the result of what it finds.

    Attributes:
        asked: What is searched for, but for the next two.
        text: The words.
        vector: The embedding of what is searched for.
        arm_scores: As ``QueryDefaults`` has it.
    """

    asked: AdapterQuery
    text: str
    vector: list[float] | None
    arm_scores: bool

    def operation(self, collection: AdapterCollection) -> Operation[VectorStoreQueryResult]:
        """Make the operation that answers the query."""
        matches = yield from self.asked.run(collection, self.text, self.vector)
        if _scales_text(self.asked):
            matches = [replace(match, score=text_relevance(match.score)) for match in matches]
        return _result(matches, self.asked, arm_scores=self.arm_scores)


def checked(query: VectorStoreQuery, defaults: QueryDefaults) -> Search:
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
        if alpha is not None:
            checked_weight("alpha", alpha, "text", "vectors")
        vector, words = alpha != 0, alpha != 1
    if vector and query.query_embedding is None:
        raise InvalidArgumentError(
            f"mode {mode.value!r} needs query_embedding: the embedding of what is searched for"
        )
    if words and query.query_str is None:
        raise InvalidArgumentError(f"mode {mode.value!r} needs query_str: what is searched for")
    checked_limit(query.similarity_top_k)
    asked = _ASKED[mode](query, defaults)
    stages = defaults.stages
    if stages and asked.diversity is not None:
        raise InvalidArgumentError(f"{next(iter(stages))} cannot be used with mode 'mmr'")
    if "rerank" in stages:
        if query.query_str is None:
            raise InvalidArgumentError("rerank needs query_str: the question that it is given")
        stages["rerank_text"] = query.query_str
    asked = asked.having(**stages)
    least = checked_options(asked.options).min_score
    if least is not None and _scales_text(asked):
        asked = asked.having(min_score=of_text_relevance(least))
    # retrievers pass an empty list of node ids where they mean every node
    wanted = restriction(query.filters, node_ids=query.node_ids or None, doc_ids=query.doc_ids)
    return Search(
        asked.having(filter=parsed(wanted)),
        # at alpha 1 the vectors' order stays without words, on the same scale of scores
        query.query_str or "" if words else "",
        query.query_embedding if vector else None,
        defaults.arm_scores,
    )


def _by_vector(query: VectorStoreQuery, defaults: QueryDefaults) -> AdapterQuery:
    return AdapterQuery.of(
        "vector",
        limit=query.similarity_top_k,
        exact=defaults.exact,
        ef_search=defaults.ef_search,
    )


def _by_diversity(query: VectorStoreQuery, defaults: QueryDefaults) -> AdapterQuery:
    given = query.mmr_threshold
    threshold = defaults.mmr_threshold if given is None else given
    threshold = checked_weight("mmr_threshold", threshold, "novelty", "relevance")
    limit = query.similarity_top_k
    fetched = defaults.mmr_prefetch_k or int(limit * defaults.mmr_prefetch_factor)
    fetching = _by_vector(query, defaults).having(limit=max(limit, fetched), include_vectors=True)
    return replace(fetching, diversity=Diversity(limit, threshold))


def _by_text(query: VectorStoreQuery, defaults: QueryDefaults) -> AdapterQuery:
    limit = query.sparse_top_k or query.similarity_top_k
    return AdapterQuery.of("text", limit=limit, language=defaults.language)


def _by_both(query: VectorStoreQuery, defaults: QueryDefaults) -> AdapterQuery:
    limit = query.hybrid_top_k or query.similarity_top_k
    if query.alpha == 0:
        limit = min(limit, query.sparse_top_k or limit)
        return AdapterQuery.of("text", limit=limit, language=defaults.language)
    candidates = defaults.candidates
    if candidates is None and query.similarity_top_k > max(DEFAULT_CANDIDATES, limit):
        candidates = query.similarity_top_k  # else as many as the core takes
    return AdapterQuery.of(
        "hybrid",
        limit=limit,
        fusion=_fusion(query.alpha, defaults.fusion),
        candidates=candidates,
        text_candidates=query.sparse_top_k,
        language=defaults.language,
    )


_ASKED: dict[VectorStoreQueryMode, Callable[[VectorStoreQuery, QueryDefaults], AdapterQuery]] = {
    VectorStoreQueryMode.DEFAULT: _by_vector,
    VectorStoreQueryMode.SPARSE: _by_text,
    VectorStoreQueryMode.TEXT_SEARCH: _by_text,
    VectorStoreQueryMode.HYBRID: _by_both,
    VectorStoreQueryMode.MMR: _by_diversity,
}


def _mode(mode: object) -> VectorStoreQueryMode:
    try:
        known = VectorStoreQueryMode(mode)
    except ValueError:
        known = None
    if known not in _ASKED:
        names = ", ".join(repr(one.value) for one in _ASKED)
        shown = mode if known is None else known.value
        raise InvalidArgumentError(f"query mode {shown!r} is not supported; there are {names}")
    return known


def _fusion(alpha: float | None, default: Fusion | None) -> Fusion | None:
    if alpha is None:
        return default
    if isinstance(default, Rrf):
        return replace(default, vector_weight=alpha, text_weight=1 - alpha)
    return WeightedSum(alpha)


def _scales_text(asked: AdapterQuery) -> bool:
    """Tell whether similarities are text scores brought to 0 to 1: boosts have done that."""
    return asked.kind == "text" and not asked.options.boosts


def _result(
    matches: list[Match], asked: AdapterQuery, *, arm_scores: bool
) -> VectorStoreQueryResult:
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
        similarities=list(map(asked.score_of, matches)),
        ids=[match.id for match in matches],
    )


def _scores(match: Match) -> dict[str, Any]:
    return {
        "score": match.score,
        "distance": match.distance,
        "vector_rank": match.vector_rank,
        "text_rank": match.text_rank,
        "text_score": match.text_score,
        "rerank_score": match.rerank_score,
    }
