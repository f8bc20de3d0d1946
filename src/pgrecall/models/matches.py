"""What searches find."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field, fields
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from pgrecall._notebooks.short import record, rounded
from pgrecall._notebooks.short import vector as short_vector
from pgrecall.models.equality import are_same, are_same_vectors
from pgrecall.models.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from typing import Self

    from numpy.typing import NDArray

    from pgrecall.models.collections import RecallPromise


class _Assigned:
    """What a match is while it is made: what it has is assigned, which a frozen one refuses."""

    __slots__ = (  # noqa: RUF023  # in the order of the attributes
        "id",
        "distance",
        "score",
        "text",
        "metadata",
        "vector",
        "vector_rank",
        "text_rank",
        "text_score",
        "snippet",
        "rerank_score",
        "group",
        "created_at",
        "updated_at",
    )

    def __init__(  # noqa: PLR0917  # in the order of the attributes
        self,
        id: str,  # noqa: A002  # the attribute's name
        distance: float | None,
        score: float,
        text: str,
        metadata: dict[str, Any],
        vector: NDArray[np.float32] | None = None,
        vector_rank: int | None = None,
        text_rank: int | None = None,
        text_score: float | None = None,
        snippet: str | None = None,
        *,
        rerank_score: float | None = None,
        group: Any = None,
        created_at: datetime | None = None,
        updated_at: datetime | None = None,
    ) -> None:
        """Take what each attribute is, and become a match."""
        self.id = id
        self.distance = distance
        self.score = score
        self.text = text
        self.metadata = metadata
        self.vector = vector
        self.vector_rank = vector_rank
        self.text_rank = text_rank
        self.text_score = text_score
        self.snippet = snippet
        self.rerank_score = rerank_score
        self.group = group
        self.created_at = created_at
        self.updated_at = updated_at
        self.__class__ = Match  # noqa: PLE0237  # every object has it; the slots are the same


@dataclass(frozen=True, slots=True, eq=False)
class Match(_Assigned):
    """One hit of a search.

    Attributes:
        id: Identity of the item.
        distance: pgvector's distance in the collection's metric (``ip``: the negative product);
            None for a search by text, and for an item without a vector.
        score: Higher is closer: see ``Metric`` for vectors; the ranking's value for text;
            0 to 1 for hybrid.
        text: The item's text.
        metadata: The item's metadata.
        vector: The item's vector as float32, where ``include_vectors`` asked for it.
        vector_rank: Place in the vector arm of a hybrid search, from 1, or None.
        text_rank: Place in the text arm of a hybrid search, from 1, or None.
        text_score: Value of the text ranking, where there was one.
        snippet: A passage of the text with its matching words marked, where ``highlight`` asked
            for it.
        rerank_score: What ``rerank`` gave its text, higher being better; None where there was no
            ``rerank``, or no text to judge.
        group: The value that ``group_by`` grouped it by; None where the item has none.
        created_at: When the item was written first, in UTC. Neither time is compared.
        updated_at: When the item was written last, in UTC.
    """

    id: str
    distance: float | None
    score: float
    text: str
    metadata: dict[str, Any]
    vector: NDArray[np.float32] | None = None
    vector_rank: int | None = None
    text_rank: int | None = None
    text_score: float | None = None
    snippet: str | None = None
    _: KW_ONLY
    rerank_score: float | None = None
    group: Any = field(default=None, compare=False)
    created_at: datetime | None = field(default=None, compare=False, repr=False)
    updated_at: datetime | None = field(default=None, compare=False, repr=False)

    def __eq__(self, other: object) -> bool:
        """Compare vectors by their numbers: arrays have no truth value of their own."""
        if not isinstance(other, Match):
            return NotImplemented
        names = (one.name for one in fields(self) if one.compare and one.name != "vector")
        same = all(are_same(getattr(self, name), getattr(other, name)) for name in names)
        return same and are_same_vectors(self.vector, other.vector)

    __hash__ = None  # type: ignore[assignment]  # metadata and arrays have no hash

    def __repr__(self) -> str:
        """Show what it has, numbers rounded and what is long by its beginning."""
        return record(self, _SHORT)


_SHORT = {"vector": short_vector} | dict.fromkeys(
    ("distance", "score", "text_score", "rerank_score"), rounded
)


new_match = cast("type[Match]", _Assigned)
"""Makes a match as ``Match`` does, in half the time: each hit of each search is one."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """How one search ran, and why.

    Attributes:
        plan: ``exact``, ``hnsw`` or ``ivfflat`` for the vector arm, ``exact or hnsw`` where the
            statement decides by itself; ``text`` for a search by text alone, ``bm25`` where the
            extension's index chooses what it ranks, ``bm25 or text`` where the statement decides.
        reason: Why, in one sentence.
        rows: Rows of the collection, as estimated when its registry entry was read.
        matching: Rows that the filter lets through, where a search within the last minute has
            seen their share, or there is no filter; else None.
        settings: PostgreSQL's settings that the search made for its transaction:
            ``hnsw.ef_search``, ``enable_sort`` and their like; empty where it made none.
        sql: The statement, each value named in its place and none shown.
        analyze: What ``EXPLAIN (ANALYZE, BUFFERS)`` says of a second run; it may hold values.
        promise: What share of the true neighbours the index is to find, and what was measured;
            None of a search that asks none.
        rerank_texts: How many texts ``rerank`` was given; None without it.
        rerank_ms: How long it took, in milliseconds.
    """

    plan: str
    reason: str
    rows: int
    matching: int | None
    settings: Mapping[str, str]
    sql: str
    analyze: str
    promise: RecallPromise | None = None
    rerank_texts: int | None = None
    rerank_ms: float | None = None

    def _repr_html_(self) -> str:
        """Write a table for a notebook."""
        from pgrecall._notebooks import html  # noqa: PLC0415  # only notebooks need it

        told = {"plan": self.plan, "because": self.reason, "rows": self.rows}
        told |= {"matching": self.matching, "settings": self.settings or None}
        told |= {"promise": self.promise and str(self.promise)}
        told |= {"reranked texts": self.rerank_texts, "reranking ms": self.rerank_ms}
        return html.facts("How it ran", told, {"SQL": self.sql, "EXPLAIN ANALYZE": self.analyze})


class Matches(Rows[Match]):
    """What a search found, best first: a list, which a notebook shows as a table.

    A slice, a copy and a sum of it are ``Matches`` too; what a comprehension makes is a list.

    Attributes:
        explanation: How it ran, where ``explain=True`` asked for it. What was found by several
            searches together has none.
    """

    explanation: Explanation | None = None

    def _alike(self, rows: Iterable[Match]) -> Self:
        made = super()._alike(rows)
        if self.explanation is not None:
            made.explanation = self.explanation
        return made

    def __add__(self, others: Iterable[Match], /) -> Self:  # type: ignore[override]  # as Rows
        """Give these and others."""
        made = super().__add__(others)
        if getattr(others, "explanation", self.explanation) is not self.explanation:
            made.explanation = None
        return made

    def _kind(self) -> type:
        return Match


@dataclass(frozen=True, slots=True)
class Token:
    """A word as full text search has it: a lexeme.

    Attributes:
        word: The lexeme: what of a word is compared, such as its stem.
        places: Where it stands, from 1; none beyond the 16,383rd, and of one word 256 at most. What
            the analysis adds to a text, such as the parts of a compound, stands behind it.
        in_title: Whether the title has it.
    """

    word: str
    places: tuple[int, ...]
    in_title: bool = False


@dataclass(frozen=True, slots=True)
class Facet:
    """A value of a field, and how many items have it.

    Attributes:
        value: As the item's metadata has it: ``1``, ``"1"`` and ``True`` are three values. Of an
            array each element is one.
        count: The items that have it, each once.
    """

    value: Any
    count: int
