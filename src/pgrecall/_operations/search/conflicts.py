"""What does not go together: two options, or an option and what a collection has.

A rule stands here as a row of one of two tables, with examples of what it refuses and of what works
instead; a unit test tries every row. ``checks`` applies them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pgrecall._operations.search.options import MAX_CANDIDATES, HybridOptions
from pgrecall._operations.search.planning import is_built
from pgrecall.errors import CREATE_INDEX
from pgrecall.indexes import Hnsw

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
    """

    option: str
    other: str
    is_met: Callable[[Any], bool]
    message: Callable[[Any], str]
    refused: Mapping[str, object]
    works: Mapping[str, object]


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


def _are_candidates_few(options: HybridOptions) -> bool:
    # who sizes each arm decides how many there are to choose from
    fewest = options.limit if options.text_candidates is None else 1
    return not fewest <= options.arms[0] <= MAX_CANDIDATES


def _few_candidates(options: HybridOptions) -> str:
    return (
        f"candidates={options.arms[0]:,} must be at least limit ({options.limit:,}) and at most"
        f" {MAX_CANDIDATES:,}: each arm brings so many rows to choose from"
    )


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


CONFLICTS = (
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
)
