"""What an adapter's search was asked, and the core's search that answers it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pgrecall._operations.search.hybrid import MAX_CANDIDATES, search_hybrid
from pgrecall._operations.search.text import search_text
from pgrecall._operations.search.vector import MAX_LIMIT, search
from pgrecall.errors import InvalidArgumentError
from pgrecall.mmr import maximal_marginal_relevance

if TYPE_CHECKING:
    from pgrecall._adapters.collection import AdapterCollection
    from pgrecall._operations.work import Operation
    from pgrecall.filters import Filter
    from pgrecall.fusion import Fusion
    from pgrecall.models import Match

OPTIONS_OF = {
    "vector": ("exact", "ef_search"),
    "hybrid": ("fusion", "candidates", "text_candidates"),
    "text": ("syntax", "ranking"),
}
"""The kinds of search, and the options that each has alone."""

SEARCHES = tuple(OPTIONS_OF)


@dataclass(frozen=True, slots=True, kw_only=True)
class AdapterQuery:
    """What an adapter's search was asked, but for the words and their vector.

    Attributes:
        search: One of ``SEARCHES``.
        limit: Matches at most.
        filter: A parsed filter.
        exact: As the core's verbs take it, and so the next nine.
        ef_search: See ``exact``.
        fusion: See ``exact``.
        candidates: See ``exact``.
        text_candidates: See ``exact``.
        syntax: See ``exact``.
        ranking: See ``exact``.
        include_vectors: See ``exact``.
        highlight: See ``exact``.
        lambda_mult: Chooses by maximal marginal relevance, 1 for relevance alone and 0 for novelty
            alone; None keeps the nearest.
        fetch: How many of the nearest to choose from; more than ``limit``.
    """

    search: str = "vector"
    limit: int = 10
    filter: Filter | None = None
    exact: bool | None = None
    ef_search: int | None = None
    fusion: Fusion | None = None
    candidates: int | None = None
    text_candidates: int | None = None
    syntax: str = "any"
    ranking: str = "bm25"
    include_vectors: bool = False
    highlight: bool = False
    lambda_mult: float | None = None
    fetch: int | None = None

    @property
    def has_vector(self) -> bool:
        """Whether the search compares vectors: its words are embedded then."""
        return self.search != "text"

    @property
    def max_limit(self) -> int:
        """The most that ``limit`` can be."""
        return MAX_CANDIDATES if self.search == "hybrid" else MAX_LIMIT

    def found(
        self, collection: AdapterCollection, text: str, vector: Any
    ) -> Operation[list[Match]]:
        """Search; nothing where there is no collection."""
        nothing: list[Match] = []
        return collection.reading(lambda: self.run(collection, text, vector), missing=nothing)

    def run(self, collection: AdapterCollection, text: str, vector: Any) -> Operation[list[Match]]:
        """Search.

        Raises:
            CollectionNotFoundError: There is no collection.
        """
        matches = yield from self._searched(collection, text, vector)
        if self.lambda_mult is None:
            return matches
        return maximal_marginal_relevance(
            vector, matches, limit=self.limit, lambda_mult=self.lambda_mult
        )

    def _searched(
        self, collection: AdapterCollection, text: str, vector: Any
    ) -> Operation[list[Match]]:
        if self.search == "text":
            return search_text(
                *collection.place,
                text,
                limit=self.limit,
                filter_=self.filter,
                syntax=self.syntax,
                ranking=self.ranking,
                highlight=self.highlight,
            )
        if self.search == "hybrid":
            return search_hybrid(
                *collection.place,
                vector,
                text,
                limit=self.limit,
                filter_=self.filter,
                fusion=self.fusion,
                candidates=self.candidates,
                text_candidates=self.text_candidates,
            )
        return search(
            *collection.place,
            vector,
            limit=self.fetch or self.limit,
            filter_=self.filter,
            exact=self.exact,
            ef_search=self.ef_search,
            include_vectors=self.include_vectors,
        )


def checked_search(value: object) -> str:
    """Give a kind of search.

    Raises:
        InvalidArgumentError: There is no such kind.
    """
    if not isinstance(value, str) or value not in SEARCHES:
        names = ", ".join(repr(name) for name in SEARCHES)
        msg = f"search must be one of {names}, not {value!r}"
        raise InvalidArgumentError(msg)
    return value
