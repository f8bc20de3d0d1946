"""What a search can be asked for: one frozen value for each kind of search.

Here alone each option has its name, its default and its words. The stores' signatures and
docstrings, the adapters' keywords and the command line's flags are held against these classes by a
unit test. Nothing is checked when a value is made: ``checks.checked`` does that, once a search.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pgrecall.filters import Filter, FilterLike
    from pgrecall.fusion import Fusion


DEFAULT_CANDIDATES = 100
"""Rows of each arm: nDCG@10 with fifty and with two hundred measured within 0.004 of it."""
MAX_CANDIDATES = 10_000


@dataclass(frozen=True, kw_only=True)
class SearchOptions:
    """What every search can be asked for.

    Attributes:
        limit: Matches at most, 1 or more.
        filter: Which items to rank; applied before ranking, so ``limit`` of them come back
            whenever that many match.
        include_vectors: Bring the vectors along.
        explain: Run the search a second time under EXPLAIN ANALYZE, and tell in the result's
            ``explanation`` which plan was chosen and why.
    """

    limit: int = 10
    filter: FilterLike | None = None
    include_vectors: bool = False
    explain: bool = False

    @property
    def where(self) -> Filter | None:
        """The filter of options that ``checks.checked`` gave."""
        return self.filter  # type: ignore[return-value]  # it was parsed there


@dataclass(frozen=True, kw_only=True)
class NearOptions(SearchOptions):
    """What every search that compares vectors can be asked for.

    Attributes:
        exact: True compares with every item: recall 1.0. None lets the store decide, which
            without an index is the same. False asks the index whatever the filter, and may bring
            fewer than ``limit``; it needs an index.
        ef_search: Candidates that an HNSW index looks at, 1 to 1,000: more find more and take
            longer. None leaves it to ``tune`` and the store. It needs an HNSW index; what IVFFlat
            looks at, ``tune`` sets.
    """

    exact: bool | None = None
    ef_search: int | None = None


@dataclass(frozen=True, kw_only=True)
class WordsOptions(SearchOptions):
    """What every search that looks at words can be asked for.

    Attributes:
        syntax: ``any``: text of any kind, its words OR-ed. ``web``: as search engines read it
            ("a phrase", or, -not). ``all``: every word. ``phrase``: the words one after the
            other. ``raw``: a tsquery (``&``, ``|``, ``!``, ``<->``, ``word:*``).
        highlight: Bring a ``snippet`` of each text along, its matching words between
            ``<b>`` and ``</b>``; the text itself is not escaped.
    """

    syntax: str = "any"
    highlight: bool = False


@dataclass(frozen=True, kw_only=True)
class VectorOptions(NearOptions):
    """What a search by vector can be asked for."""


@dataclass(frozen=True, kw_only=True)
class TextOptions(WordsOptions):
    """What a search by text can be asked for.

    Attributes:
        ranking: ``bm25`` (k1 = 1.2, b = 0.75), or PostgreSQL's ``ts_rank`` or ``ts_rank_cd``,
            divided by 1 + log(length).
    """

    ranking: str = "bm25"


@dataclass(frozen=True, kw_only=True)
class HybridOptions(NearOptions, WordsOptions):
    """What a search by vector and text at once can be asked for.

    Attributes:
        fusion: ``WeightedSum(alpha)`` or ``Rrf(k)``; None is ``WeightedSum()``, which measured
            best.
        candidates: Rows of each arm to choose from, at least ``limit`` and at most 10,000; None is
            100, or ``limit`` where that is more.
        text_candidates: Rows of the text arm, at most 10,000, where they shall be others than the
            vector arm's; ``candidates`` may then be fewer than ``limit``.
    """

    fusion: Fusion | None = None
    candidates: int | None = None
    text_candidates: int | None = None

    @property
    def arms(self) -> tuple[int, int]:
        """How many rows the vector arm and the text arm bring at most."""
        candidates = self.candidates
        if candidates is None:
            candidates = max(DEFAULT_CANDIDATES, self.limit)
        return candidates, candidates if self.text_candidates is None else self.text_candidates


KINDS: dict[str, type[SearchOptions]] = {
    "vector": VectorOptions,
    "hybrid": HybridOptions,
    "text": TextOptions,
}
"""The kinds of search by the names that adapters and the command line have for them."""


def names_of(options: type[SearchOptions]) -> tuple[str, ...]:
    """Name every option that a kind of search has."""
    return tuple(field.name for field in fields(options))


def kinds_with(option: str) -> tuple[str, ...]:
    """Name the kinds of search that have an option."""
    return tuple(kind for kind, options in KINDS.items() if option in names_of(options))
