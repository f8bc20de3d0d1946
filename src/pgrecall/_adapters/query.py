"""What an adapter's search was asked, and the core's search that answers it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from pgrecall import filters
from pgrecall._operations.search.boosting import checked_boosts_list
from pgrecall._operations.search.checks import MAX_LIMIT
from pgrecall._operations.search.hybrid import search_hybrid
from pgrecall._operations.search.options import (
    KINDS,
    MAX_CANDIDATES,
    HybridOptions,
    SearchOptions,
    TextOptions,
    VectorOptions,
)
from pgrecall._operations.search.text import search_text
from pgrecall._operations.search.vector import search
from pgrecall.boosts import Boost, Decay
from pgrecall.errors import InvalidArgumentError
from pgrecall.mmr import maximal_marginal_relevance

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pgrecall._adapters.collection import AdapterCollection
    from pgrecall._operations.work import Operation
    from pgrecall.models import Match

SEARCHES = tuple(KINDS)
"""The kinds of search, as adapters call them."""


class Diversity(NamedTuple):
    """What is chosen of a search's matches by maximal marginal relevance.

    Attributes:
        limit: How many.
        lambda_mult: 1 for relevance alone, 0 for novelty alone.
    """

    limit: int
    lambda_mult: float


@dataclass(frozen=True, slots=True)
class AdapterQuery:
    """What an adapter's search was asked, but for the words and their vector.

    Attributes:
        options: What the core's search is asked; their class says which search it is.
        diversity: What is chosen of its matches; None takes them as they come.
    """

    options: SearchOptions
    diversity: Diversity | None = None

    @classmethod
    def of(cls, kind: str, **options: Any) -> Self:
        """Make the query of one of ``SEARCHES``."""
        return cls(KINDS[kind](**options))

    def having(self, **options: Any) -> AdapterQuery:
        """Give the same query with other options."""
        return replace(self, options=replace(self.options, **options))

    @property
    def kind(self) -> str:
        """Which of ``SEARCHES`` it is."""
        return next(name for name, kind in KINDS.items() if isinstance(self.options, kind))

    @property
    def has_vector(self) -> bool:
        """Whether the search compares vectors: its words are embedded then."""
        return not isinstance(self.options, TextOptions)

    def score_of(self, match: Match) -> float:
        """Give the number that matches are in the order of; -inf where the model read no text."""
        if self.options.rerank is None:
            return match.score
        return -math.inf if match.rerank_score is None else match.rerank_score

    @property
    def max_limit(self) -> int:
        """The most that ``limit`` can be."""
        return MAX_CANDIDATES if isinstance(self.options, HybridOptions) else MAX_LIMIT

    def found(
        self, collection: AdapterCollection, text: str, vector: Any
    ) -> Operation[list[Match]]:
        """Search; nothing where there is no collection."""
        nothing: list[Match] = []
        return collection.reading(lambda: self.run(collection, text, vector), missing=nothing)

    def run(self, collection: AdapterCollection, text: str, vector: Any) -> Operation[list[Match]]:
        """Search.

        Args:
            collection: Where.
            text: The words, where the search looks at words.
            vector: Their vector, where it compares vectors.

        Raises:
            CollectionNotFoundError: There is no collection.
        """
        found: list[Match]
        match self.options:
            case VectorOptions() as options:
                found = yield from search(*collection.place, vector, options)
            case HybridOptions() as options:
                found = yield from search_hybrid(*collection.place, vector, text, options)
            case TextOptions() as options:
                found = yield from search_text(*collection.place, text, options)
        if self.diversity is None:
            return found
        limit, lambda_mult = self.diversity
        return maximal_marginal_relevance(vector, found, limit=limit, lambda_mult=lambda_mult)


def of_metadata(options: Mapping[str, Any]) -> dict[str, Any]:
    """Give options whose fields are those of the metadata, ``"id"`` too, as an adapter has it.

    Raises:
        InvalidArgumentError: A field or a boost cannot be used.
    """
    made = dict(options)
    if made.get("group_by") is not None:
        made["group_by"] = _metadata_field(made["group_by"])
    if made.get("boosts"):
        made["boosts"] = tuple(map(_boost_of_metadata, checked_boosts_list(made["boosts"])))
    return made


def _boost_of_metadata(boost: Any) -> Any:
    if isinstance(boost, Decay):
        return replace(boost, field=_metadata_field(boost.field))
    if isinstance(boost, Boost):
        parsed = filters.parse(boost.filter, metadata_only=True)
        return replace(boost, filter=filters.And() if parsed is None else parsed)
    return boost


def _metadata_field(field: Any) -> Any:
    return ("id",) if isinstance(field, str) and field == "id" else field


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
