"""What does not go together: two options, or an option and what a collection has.

A rule stands here as a row of one of two tables, with examples of what it refuses and of what works
instead; a unit test tries every row. ``checks`` applies them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pgrecall._operations.search.options import (
    MAX_CANDIDATES,
    RERANK_CANDIDATES,
    HybridOptions,
    SearchOptions,
    VectorOptions,
    names_of,
)
from pgrecall._operations.search.planning import is_built
from pgrecall.errors import CREATE_INDEX
from pgrecall.indexes import Hnsw
from pgrecall.languages import ByField

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pgrecall._statements.layout import Stored
    from pgrecall.errors import Advice


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two options that cannot be used together as they are.

    Attributes:
        option: What is refused.
        other: What it cannot be used with.
        is_met: Tells of checked options whether it is so; of a kind of search that has both.
        message: Names both, says why, and what works instead.
        refused: An example.
        works: An example of what works instead.
        of: The searches that it is about, of those that have both options.
    """

    option: str
    other: str
    is_met: Callable[[Any], bool]
    message: Callable[[Any], str]
    refused: Mapping[str, object]
    works: Mapping[str, object]
    of: type[SearchOptions] = SearchOptions

    def concerns(self, kind: type[SearchOptions]) -> bool:
        """Tell whether a kind of search can meet it."""
        names = names_of(kind)
        return issubclass(kind, self.of) and self.option in names and self.other in names


@dataclass(frozen=True, slots=True)
class Need:
    """An option that needs something of the collection.

    Attributes:
        option: What needs it.
        needed: What it needs.
        is_asked: Tells of checked options whether the option is used; of a kind that has it.
        is_there: Tells whether the collection has it.
        message: Names both, the collection, and what works instead.
        refused: An example, where the collection has it not.
        advice: What the message ends with, where that is a call that would help.
    """

    option: str
    needed: str
    is_asked: Callable[[Any], bool]
    is_there: Callable[[Stored], bool]
    message: Callable[[Stored], str]
    refused: Mapping[str, object]
    advice: Advice | None = None


def _are_candidates_few(options: SearchOptions) -> bool:
    if options.candidates is None and not isinstance(options, HybridOptions):
        return False
    # who sizes each arm decides how many there are to choose from
    sized = isinstance(options, HybridOptions) and options.text_candidates is not None
    return not (1 if sized else options.limit) <= options.pool <= MAX_CANDIDATES


def _few_candidates(options: SearchOptions) -> str:
    return (
        f"candidates={options.pool:,} must be at least limit ({options.limit:,}) and at most"
        f" {MAX_CANDIDATES:,}: so many there are to choose from"
    )


def _is_beyond_candidates(options: SearchOptions) -> bool:
    if not options.offset:
        return False
    if isinstance(options, HybridOptions):
        return options.last > max(options.arms)
    return options.candidates is not None and options.last > options.candidates


def _beyond_candidates(options: SearchOptions) -> str:
    return (
        f"offset + limit is {options.last:,}, more than candidates={options.pool:,}, which every"
        f" page chooses from: give each page candidates={options.last:,} or more (at most"
        f" {MAX_CANDIDATES:,})"
    )


def _is_grouping_unsaid(options: SearchOptions) -> bool:
    return options.per_group != 1 and options.group_by is None


def _no_grouping(options: SearchOptions) -> str:
    return f"per_group={options.per_group:,} needs group_by: the field whose values make the groups"


def _is_beyond_rerank(options: SearchOptions) -> bool:
    return options.rerank is not None and options.last > options.rerank_candidates


def _beyond_rerank(options: SearchOptions) -> str:
    return (
        f"offset + limit is {options.last:,}, more than"
        f" rerank_candidates={options.rerank_candidates:,}, which are all that rerank puts in"
        f" order: give rerank_candidates={options.last:,} or more (at most {MAX_CANDIDATES:,})"
    )


def _no_question(options: SearchOptions) -> str:  # noqa: ARG001  # as each message is made
    return (
        "rerank needs rerank_text in a search by vector alone: the question in words, which the"
        " model reads beside each text"
    )


def _no_rerank(option: str) -> Callable[[SearchOptions], str]:
    return lambda _: f"{option} needs rerank: a function that gives each text a number"


def _model(question: str, texts: list[str]) -> list[float]:
    """Stand for a model in the examples."""
    return [float(len(question) - len(text)) for text in texts]


def _no_index(stored: Stored) -> str:
    return (
        f"collection {stored.collection.name!r} has no index, which exact=False and ef_search"
        f" need: {CREATE_INDEX}"
    )


def _no_hnsw(stored: Stored) -> str:
    return (
        f"ef_search is HNSW's; collection {stored.collection.name!r} has an IVFFlat index,"
        " whose probes tune() sets"
    )


def no_languages(stored: Stored) -> str:
    """Say that a collection knows one language alone."""
    return (
        f"language needs a collection with text_search=ByField(...), and {stored.collection.name!r}"
        f" has text_search={stored.collection.text_search!r}, which analyses every text and query:"
        " leave language out"
    )


CONFLICTS = (
    Conflict(
        "rerank_candidates",
        "limit",
        _is_beyond_rerank,
        _beyond_rerank,
        refused={"rerank": _model, "rerank_text": "why?", "limit": 20, "rerank_candidates": 19},
        works={"rerank": _model, "rerank_text": "why?", "limit": 20, "rerank_candidates": 20},
    ),
    Conflict(
        "rerank",
        "rerank_text",
        lambda options: options.rerank is not None and options.rerank_text is None,
        _no_question,
        refused={"rerank": _model},
        works={"rerank": _model, "rerank_text": "why?"},
        of=VectorOptions,
    ),
    Conflict(
        "rerank_candidates",
        "rerank",
        lambda options: options.rerank is None and options.rerank_candidates != RERANK_CANDIDATES,
        _no_rerank("rerank_candidates"),
        refused={"rerank_candidates": 20},
        works={"rerank_candidates": 20, "rerank": _model, "rerank_text": "why?"},
    ),
    Conflict(
        "rerank_text",
        "rerank",
        lambda options: options.rerank is None and options.rerank_text is not None,
        _no_rerank("rerank_text"),
        refused={"rerank_text": "why?"},
        works={"rerank_text": "why?", "rerank": _model},
    ),
    Conflict(
        "offset",
        "candidates",
        _is_beyond_candidates,
        _beyond_candidates,
        refused={"offset": 95, "candidates": 100},
        works={"offset": 90, "candidates": 100},
    ),
    Conflict(
        "per_group",
        "group_by",
        _is_grouping_unsaid,
        _no_grouping,
        refused={"per_group": 2},
        works={"per_group": 2, "group_by": "source"},
    ),
    Conflict(
        "candidates",
        "limit",
        _are_candidates_few,
        _few_candidates,
        refused={"candidates": 10, "limit": 20},
        works={"candidates": 20, "limit": 20},
    ),
)
NEEDS = (
    Need(
        "exact",
        "index",
        lambda options: options.exact is False,
        is_built,
        _no_index,
        refused={"exact": False},
        advice=CREATE_INDEX,
    ),
    Need(
        "ef_search",
        "index",
        lambda options: options.ef_search is not None,
        is_built,
        _no_index,
        refused={"ef_search": 100},
        advice=CREATE_INDEX,
    ),
    Need(
        "ef_search",
        "HNSW",
        lambda options: options.ef_search is not None,
        lambda stored: isinstance(stored.collection.index, Hnsw),
        _no_hnsw,
        refused={"ef_search": 100},
    ),
    Need(
        "language",
        "ByField",
        lambda options: options.language is not None,
        lambda stored: isinstance(stored.collection.text_search, ByField),
        no_languages,
        refused={"language": "de"},
    ),
)
