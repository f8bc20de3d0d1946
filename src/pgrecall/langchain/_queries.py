"""What a search was asked for, checked before anything is embedded or sent."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, TypeVar

from pgrecall import filters
from pgrecall._operations.context import resolve
from pgrecall._operations.search.checks import check_kind, checked_fusion, checked_limit
from pgrecall._operations.search.hybrid import search_hybrid
from pgrecall._operations.search.options import KINDS, HybridOptions, TextOptions, VectorOptions
from pgrecall._operations.search.text import search_text
from pgrecall._operations.search.vector import search as search_vectors
from pgrecall._values.rows import check_text
from pgrecall.errors import FilterError, InvalidArgumentError
from pgrecall.langchain._documents import relevance

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pgrecall._adapters.collection import Adapted
    from pgrecall._operations.work import Operation
    from pgrecall.filters import FilterLike
    from pgrecall.fusion import Fusion
    from pgrecall.models import Match

T = TypeVar("T")

SEARCHES = tuple(KINDS)

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
_ELSEWHERE["lambda_mult"] = _ELSEWHERE["fetch_k"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A search; what is None is left to the core.

    Attributes:
        k: Documents at most.
        search: One of ``SEARCHES``.
        filter: A parsed filter.
    """

    k: int
    search: str
    filter: filters.Filter | None = None
    exact: bool | None = None
    ef_search: int | None = None
    fusion: Fusion | None = None
    candidates: int | None = None
    text_candidates: int | None = None
    syntax: str | None = None
    ranking: str | None = None
    include_vectors: bool = False

    def found(
        self, adapted: Adapted, text: str = "", vector: object = None
    ) -> Operation[list[Match]]:
        """Search; nothing where there is no collection."""
        return adapted.reading(lambda: self._searching(adapted, text, vector), missing=[])

    def relevant(
        self, adapted: Adapted, text: str, vector: object
    ) -> Operation[list[tuple[Match, float]]]:
        """Search, each match with its relevance."""

        def searching() -> Operation[list[tuple[Match, float]]]:
            # from the cache as a rule: relevance depends on the collection's own metric
            stored = yield from resolve(adapted.context, adapted.tenant, adapted.name)
            matches = yield from self._searching(adapted, text, vector)
            return [(match, relevance(match, self.search, stored.metric)) for match in matches]

        return adapted.reading(searching, missing=[])

    def _searching(self, adapted: Adapted, text: str, vector: object) -> Operation[list[Match]]:
        where = (adapted.context, adapted.tenant, adapted.name)
        if self.search == "text":
            return search_text(
                *where,
                text,
                TextOptions(
                    limit=self.k,
                    filter=self.filter,
                    syntax=self.syntax or "any",
                    ranking=self.ranking or "bm25",
                ),
            )
        if self.search == "hybrid":
            return search_hybrid(
                *where,
                vector,
                text,
                HybridOptions(
                    limit=self.k,
                    filter=self.filter,
                    fusion=self.fusion,
                    candidates=self.candidates,
                    text_candidates=self.text_candidates,
                ),
            )
        return search_vectors(
            *where,
            vector,
            VectorOptions(
                limit=self.k,
                filter=self.filter,
                exact=self.exact,
                ef_search=self.ef_search,
                include_vectors=self.include_vectors,
            ),
        )


_OPTIONS = frozenset(field.name for field in fields(Query)) - {"k", "filter", "include_vectors"}


def query(
    k: int,
    filter_: FilterLike | None,
    options: Mapping[str, Any],
    *,
    search: str,
    fusion: Fusion | None = None,
) -> Query:
    """Check what a search was asked for.

    Args:
        k: Documents at most.
        filter_: A mapping or a filter.
        options: The call's other keyword arguments.
        search: The kind of search, unless ``options`` names one.
        fusion: The fusion of a hybrid search, unless ``options`` names one.

    Raises:
        FilterError: The filter cannot be used.
        InvalidArgumentError: Another argument cannot be used, or is not known.
    """
    k = checked_limit(k, "k")
    known = {name: value for name, value in options.items() if name not in PASSENGERS}
    check_known(known, _OPTIONS)
    kind = check_search(known.pop("search", None) or search)
    chosen = {name: value for name, value in known.items() if value is not None}
    check_kind(kind, chosen)
    if kind == "hybrid":
        chosen["fusion"] = checked_fusion(chosen.get("fusion", fusion))
    return Query(k=k, search=kind, filter=check_filter(filter_), **chosen)


def by_vector(k: int, filter_: FilterLike | None, options: Mapping[str, Any]) -> Query:
    """Check what a search by a vector alone was asked for.

    Raises:
        FilterError: The filter cannot be used.
        InvalidArgumentError: Another argument cannot be used, or is not known.
    """
    checked = query(k, filter_, options, search="vector")
    if checked.search != "vector":
        msg = f'search="{checked.search}" needs a text, not a vector: use similarity_search'
        raise InvalidArgumentError(msg)
    return checked


def diverse(
    k: int,
    fetch_k: int,
    lambda_mult: float,
    filter_: FilterLike | None,
    options: Mapping[str, Any],
) -> Query:
    """Check what a search by maximal marginal relevance was asked for.

    Raises:
        FilterError: The filter cannot be used.
        InvalidArgumentError: Another argument cannot be used, or is not known.
    """
    checked = by_vector(k, filter_, options)
    fetch_k = checked_limit(fetch_k, "fetch_k")
    number = isinstance(lambda_mult, int | float) and not isinstance(lambda_mult, bool)
    if not number or not 0 <= lambda_mult <= 1:
        msg = f"lambda_mult must be from 0 (novelty) to 1 (relevance), not {lambda_mult!r}"
        raise InvalidArgumentError(msg)
    return replace(checked, k=max(checked.k, fetch_k), include_vectors=True)


def check_question(text: object) -> str:
    """Raise InvalidArgumentError unless ``text`` is one that PostgreSQL and models can take."""
    check_text("the query", text)
    return str(text)


def check_search(value: object) -> str:
    """Raise InvalidArgumentError unless ``value`` is a kind of search."""
    if not isinstance(value, str) or value not in SEARCHES:
        names = ", ".join(repr(name) for name in SEARCHES)
        msg = f"search must be one of {names}, not {value!r}"
        raise InvalidArgumentError(msg)
    return value


def check_filter(value: FilterLike | None) -> filters.Filter | None:
    """Parse a filter, every key of which is one of the metadata.

    Raises:
        FilterError: It cannot be used; LangChain's users may bring a function.
    """
    if callable(value):
        msg = 'a filter is a mapping such as {"page": {"$gte": 5}}, not a function'
        raise FilterError(msg)
    return filters.parse(value, metadata_only=True)


def check_known(given: Mapping[str, Any], known: frozenset[str]) -> None:
    """Raise InvalidArgumentError for a keyword argument that would be ignored."""
    for name in given:
        if name in known:
            continue
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(sorted(known))}"
        hint = _ELSEWHERE.get(name, hint)
        raise InvalidArgumentError(f"unknown keyword argument {name!r}: {hint}")
