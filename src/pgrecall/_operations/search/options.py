"""What a search can be asked for: one frozen value for each kind of search.

Here alone each option has its name, its default and its words. The stores' signatures and
docstrings, the adapters' keywords and the command line's flags are held against these classes by a
unit test. Nothing is checked when a value is made: ``checks.checked`` does that, once a search.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pgrecall.boosts import Boosting
    from pgrecall.filters import Filter, FilterLike
    from pgrecall.fusion import Fusion


DEFAULT_CANDIDATES = 100
"""Rows of each arm: nDCG@10 with fifty and with two hundred measured within 0.004 of it."""
MAX_CANDIDATES = 10_000
CHOSEN_FROM = 10
"""Candidates for each match that is asked for, where boosts or diversity choose among them."""
RERANK_CANDIDATES = 50
"""Texts that a model reads for a question, as a rule: more take longer and bring little."""


class _Unsaid(int):
    """The offset that nobody gave: 0, and no page of a longer request."""


UNSAID_OFFSET = _Unsaid(0)


# none is frozen: that takes four times as long to make, and each search makes one
@dataclass(kw_only=True)
class SearchOptions:
    """What every search can be asked for.

    Attributes:
        limit: Matches at most, 1 or more.
        filter: Which items to rank; applied before ranking, so ``limit`` of them come back
            whenever that many match.
        offset: Matches to leave out at the beginning: page by page, equal requests bring what one
            longer request would while nothing is written. Give it to the first page too
            (``offset=0``): pages are found with the effort of 100, 1,000 or 10,000 matches,
            whichever is the next above offset + limit. By an index, pages on either side of such a
            border may differ in what the lesser effort missed.
        min_score: Least score of what comes back; None for no limit.
        group_by: A field of the items, a path as a tuple or a list: ``limit`` and ``offset`` count
            its values, and ``limit`` of them come back whenever that many match. They come in the
            order of their best matches. An item without a value is a group of its own.
        per_group: Matches of each group at most, best first.
        boosts: ``Decay`` and ``Boost`` values. The score is then the relevance, 0 to 1, times
            each factor, of the best ``candidates`` without them.
        rerank: A model of yours that puts what was found in a new order: a function of the question
            and a list of texts that gives a number for each, higher being better (a list, or an
            array). It reads whole texts; matches without text come last. An async store awaits an
            async function, and runs another one in a thread. No connection is held meanwhile; what
            it raises is raised.
        rerank_candidates: Matches, or groups, that ``rerank`` orders: the best without it, at least
            offset + limit and at most 10,000. More take it longer.
        rerank_text: The question that ``rerank`` is given; None is the search's own text. A search
            by vector alone has none, and needs this; ``search_many`` takes one for all queries, or
            a list with one for each.
        candidates: Of a hybrid search rows of each arm to choose from, at least ``limit`` and at
            most 10,000; None is 100, or what ``tune_fusion`` has learned, or ``limit`` where that
            is more. Of every search what ``boosts`` and ``lambda_mult`` choose from; None is 10
            times offset + limit then, at least 100; of pages 10 times what that is rounded up to.
            With ``group_by`` groups are counted.
        include_vectors: Bring the vectors along.
        explain: Run the search a second time under EXPLAIN ANALYZE, and tell in the result's
            ``explanation`` which plan was chosen and why.
    """

    limit: int = 10
    filter: FilterLike | None = None
    offset: int = UNSAID_OFFSET
    min_score: float | None = None
    group_by: str | tuple[str, ...] | list[str] | None = None
    per_group: int = 1
    boosts: Sequence[Boosting] = ()
    rerank: Callable[[str, list[str]], Any] | None = None
    rerank_candidates: int = RERANK_CANDIDATES
    rerank_text: str | Sequence[str] | None = None
    candidates: int | None = None
    include_vectors: bool = False
    explain: bool = False

    @property
    def where(self) -> Filter | None:
        """The filter of options that ``checks.checked`` gave."""
        return self.filter  # type: ignore[return-value]  # it was parsed there

    @property
    def is_diverse(self) -> bool:
        """Whether matches are chosen for being unlike one another."""
        return False

    @property
    def is_paged(self) -> bool:
        """Whether this is a page of a longer request: an offset was given, be it 0."""
        return self.offset is not UNSAID_OFFSET

    @property
    def is_chosen(self) -> bool:
        """Whether the answer is chosen from more candidates than come back."""
        return bool(self.boosts) or self.is_diverse

    @property
    def is_staged(self) -> bool:
        """Whether anything but the limit comes between the arms and the answer."""
        return (
            self.is_paged
            or self.is_chosen
            or self.min_score is not None
            or self.group_by is not None
            or (self.candidates is not None and not isinstance(self, HybridOptions))
        )

    @property
    def last(self) -> int:
        """The place of the last match, or group, that is asked for."""
        return self.offset + self.limit

    @property
    def reach(self) -> int:
        """How far the arms look for ``last``: pages share their effort."""
        if not self.is_paged:
            return self.last
        return next((one for one in PAGE_EFFORTS if one >= self.last), self.last)

    @property
    def pool(self) -> int:
        """How many items, or groups, of the arms' there are to choose from."""
        if self.candidates is not None:
            return self.candidates
        return max(DEFAULT_CANDIDATES, CHOSEN_FROM * self.reach) if self.is_chosen else self.reach


@dataclass(kw_only=True)
class NearOptions(SearchOptions):
    """What every search that compares vectors can be asked for.

    Attributes:
        exact: True compares with every item: recall 1.0. None lets the store decide, which
            without an index is the same. False asks the index whatever the filter, and may bring
            fewer than ``limit``; it needs an index.
        ef_search: Candidates that an HNSW index looks at, 1 to 1,000: more find more and take
            longer. None leaves it to ``tune`` and the store. It needs an HNSW index; what IVFFlat
            looks at, ``tune`` sets.
        lambda_mult: Choose by maximal marginal relevance: 1 for relevance alone, 0 for matches as
            unlike one another as can be (the first is the best still). None does not.
    """

    exact: bool | None = None
    ef_search: int | None = None
    lambda_mult: float | None = None

    @property
    def is_diverse(self) -> bool:
        """Whether matches are chosen for being unlike one another."""
        return self.lambda_mult is not None


@dataclass(kw_only=True)
class WordsOptions(SearchOptions):
    """What every search that looks at words can be asked for.

    Attributes:
        syntax: ``any``: text of any kind, its words OR-ed. ``web``: as search engines read it
            ("a phrase", or, -not). ``all``: every word. ``phrase``: the words one after the
            other. ``raw``: a tsquery (``&``, ``|``, ``!``, ``<->``, ``word:*``).
        language: Of a collection with ``text_search=ByField(...)``, the language of the query, by
            the value that items have under its field: the query is analysed as theirs are. None
            asks in every language of the collection. A ``filter`` chooses the items.
        highlight: Bring a ``snippet`` of each text along, its matching words between
            ``<b>`` and ``</b>``; the text itself is not escaped.
    """

    syntax: str = "any"
    language: str | None = None
    highlight: bool = False


@dataclass(kw_only=True)
class VectorOptions(NearOptions):
    """What a search by vector can be asked for."""


@dataclass(kw_only=True)
class TextOptions(WordsOptions):
    """What a search by text can be asked for.

    Attributes:
        ranking: ``bm25`` (k1 = 1.2, b = 0.75), or PostgreSQL's ``ts_rank`` or ``ts_rank_cd``,
            divided by 1 + log(length).
    """

    ranking: str = "bm25"


@dataclass(kw_only=True)
class HybridOptions(NearOptions, WordsOptions):
    """What a search by vector and text at once can be asked for.

    Attributes:
        fusion: ``WeightedSum(alpha)`` or ``Rrf(k)``; None is what ``tune_fusion`` has learned, or
            ``WeightedSum()``, which measured best.
        text_candidates: Rows of the text arm, at most 10,000, where they shall be others than the
            vector arm's; ``candidates`` may then be fewer than ``limit``.
    """

    fusion: Fusion | None = None
    text_candidates: int | None = None

    @property
    def pool(self) -> int:
        """How many items, or groups, each arm brings: for each page of equal requests as many."""
        if self.candidates is not None:
            return self.candidates
        return max(DEFAULT_CANDIDATES, self.needed)

    @property
    def needed(self) -> int:
        """How many items, or groups, each arm has to bring at least."""
        if self.is_chosen:
            return max(self.limit, min(CHOSEN_FROM * self.reach, MAX_CANDIDATES))
        return self.limit

    @property
    def arms(self) -> tuple[int, int]:
        """How many rows the vector arm and the text arm bring at most."""
        candidates = self.pool
        return candidates, candidates if self.text_candidates is None else self.text_candidates


PAGE_EFFORTS = (100, 1_000, 10_000)
"""The matches that pages are found with the effort of: pages below one of them are alike."""

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
