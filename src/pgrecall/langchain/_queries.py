"""What a search was asked for, checked before anything is embedded or sent."""

from __future__ import annotations

import difflib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pgrecall._adapters.query import AdapterQuery, Diversity, checked_search, of_metadata
from pgrecall._operations.context import resolve
from pgrecall._operations.search.checks import check_kind, checked_fusion, checked_limit
from pgrecall._operations.search.checks import checked as checked_options
from pgrecall._operations.search.options import KINDS, names_of
from pgrecall._operations.search.parsing import parsed
from pgrecall._values.numbers import checked_weight
from pgrecall._values.strings import check_text
from pgrecall.errors import FilterError, InvalidArgumentError
from pgrecall.langchain._documents import relevance

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pgrecall import filters
    from pgrecall._adapters.collection import AdapterCollection
    from pgrecall._operations.work import Operation
    from pgrecall.filters import FilterLike
    from pgrecall.fusion import Fusion
    from pgrecall.models import Match

# LangChain hands these down with the keyword arguments of a call; they are not about the search
PASSENGERS = frozenset({"callbacks", "run_manager", "verbose"})
# TimeWeightedVectorStoreRetriever hands down what it has written into the metadata already
PASSENGERS_OF_ADD = frozenset({"current_time"})
_ELSEWHERE = {
    "score_threshold": (
        "similarity_search_with_relevance_scores takes it, and so does"
        ' as_retriever(search_type="similarity_score_threshold")'
    ),
    "fetch_k": (
        'max_marginal_relevance_search takes it, and so does as_retriever(search_type="mmr")'
    ),
}
# what a Document has no place for, and what LangChain has words of its own for
_NOT_TAKEN = {"include_vectors", "explain", "highlight", "limit", "filter"}
_OPTIONS = frozenset({"search"}.union(*map(names_of, KINDS.values())) - _NOT_TAKEN)


def asked(
    k: int,
    filter_: FilterLike | None,
    options: Mapping[str, Any],
    *,
    search: str,
    fusion: Fusion | None = None,
    question: object = None,
) -> AdapterQuery:
    """Check what a search was asked for.

    Args:
        k: Documents at most.
        filter_: A mapping or a filter.
        options: The call's other keyword arguments.
        search: The kind of search, unless ``options`` names one.
        fusion: The fusion of a hybrid search, unless ``options`` names one.
        question: The words that were asked, which a ``rerank`` of ``options`` is given.

    Raises:
        FilterError: The filter cannot be used.
        InvalidArgumentError: Another argument cannot be used, or is not known.
    """
    limit = checked_limit(k, "k")
    known = {name: value for name, value in options.items() if name not in PASSENGERS}
    check_known(known, _OPTIONS)
    kind = checked_search(known.pop("search", None) or search)
    chosen = {name: value for name, value in known.items() if value is not None}
    check_kind(kind, chosen)
    if "rerank" in chosen and question is not None:
        chosen.setdefault("rerank_text", checked_question(question))
    if kind == "hybrid":
        chosen["fusion"] = checked_fusion(chosen.get("fusion", fusion))
    query = AdapterQuery.of(
        kind, limit=limit, filter=checked_filter(filter_), **of_metadata(chosen)
    )
    checked_options(query.options)  # before anything is embedded
    return query


def by_vector(k: int, filter_: FilterLike | None, options: Mapping[str, Any]) -> AdapterQuery:
    """Check what a search by a vector alone was asked for.

    Raises:
        FilterError: The filter cannot be used.
        InvalidArgumentError: Another argument cannot be used, or is not known.
    """
    checked = asked(k, filter_, options, search="vector")
    if checked.kind != "vector":
        msg = f'search="{checked.kind}" needs a text, not a vector: use similarity_search'
        raise InvalidArgumentError(msg)
    return checked


def diverse(
    k: int,
    fetch_k: int,
    lambda_mult: float,
    filter_: FilterLike | None,
    options: Mapping[str, Any],
) -> AdapterQuery:
    """Check what a search by maximal marginal relevance was asked for.

    Raises:
        FilterError: The filter cannot be used.
        InvalidArgumentError: Another argument cannot be used, or is not known.
    """
    if options.get("rerank") is not None:
        msg = (
            "max_marginal_relevance_search takes no rerank: similarity_search takes it beside"
            " lambda_mult"
        )
        raise InvalidArgumentError(msg)
    checked = by_vector(k, filter_, options)
    fetch_k = checked_limit(fetch_k, "fetch_k")
    lambda_mult = checked_weight("lambda_mult", lambda_mult, "novelty", "relevance")
    if checked.options.is_staged:
        msg = (
            "max_marginal_relevance_search takes no offset, min_score, group_by, boosts or"
            " candidates: similarity_search takes them beside lambda_mult"
        )
        raise InvalidArgumentError(msg)
    limit = checked.options.limit
    fetched = checked.having(limit=max(limit, fetch_k), include_vectors=True)
    return replace(fetched, diversity=Diversity(limit, lambda_mult))


def relevant(
    query: AdapterQuery, collection: AdapterCollection, text: str, vector: Any
) -> Operation[list[tuple[Match, float]]]:
    """Search, each match with its relevance; nothing where there is no collection."""

    def searching() -> Operation[list[tuple[Match, float]]]:
        # from the cache as a rule: relevance depends on the collection's own metric
        stored = yield from resolve(*collection.place)
        matches = yield from query.run(collection, text, vector)
        if query.options.boosts:  # the score is the relevance then, times its factors
            return [(match, min(1.0, match.score)) for match in matches]
        return [(match, relevance(match, query.kind, stored.metric)) for match in matches]

    nothing: list[tuple[Match, float]] = []
    return collection.reading(searching, missing=nothing)


def checked_question(text: object) -> str:
    """Give a question that PostgreSQL and models can take.

    Raises:
        InvalidArgumentError: It is none.
    """
    check_text("the query", text)
    return str(text)


def checked_filter(value: FilterLike | None) -> filters.Filter | None:
    """Give a filter, parsed, every key of which is one of the metadata.

    Raises:
        FilterError: It cannot be used; LangChain's users may bring a function.
    """
    if callable(value):
        msg = 'a filter is a mapping such as {"page": {"$gte": 5}}, not a function'
        raise FilterError(msg)
    return parsed(value, metadata_only=True)


def check_known(given: Mapping[str, Any], known: frozenset[str]) -> None:
    """Raise InvalidArgumentError for a keyword argument that would be ignored."""
    for name in given:
        if name in known:
            continue
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(sorted(known))}"
        hint = _ELSEWHERE.get(name, hint)
        raise InvalidArgumentError(f"unknown keyword argument {name!r}: {hint}")
