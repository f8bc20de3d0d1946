"""What a collection is, and what it promises."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeAlias

from pgrecall._notebooks.short import record, rounded
from pgrecall._values.said import Saying, said_of, saying

if TYPE_CHECKING:
    from datetime import datetime

    from pgrecall.indexes import Hot, Index, TextIndex
    from pgrecall.languages import ByField

TARGET_RECALL = 0.98
"""What a collection promises that says nothing else: two of a hundred neighbours may be missed."""


K1, B = 1.2, 0.75
"""BM25's constants where a collection says nothing else: those of Lucene."""


FieldPath: TypeAlias = "str | tuple[str, ...]"
"""A field of the metadata: a literal key, or a path into nested objects."""


class Metric(StrEnum):
    """How two vectors are compared; a smaller distance is a closer match."""

    COSINE = "cosine"
    """1 - cosine similarity, 0 to 2; its score is 1 - distance, -1 to 1."""
    L2 = "l2"
    """Euclidean distance; its score is 1 / (1 + distance)."""
    IP = "ip"
    """The negative inner product; its score is -distance."""
    L1 = "l1"
    """Taxicab distance; its score is 1 / (1 + distance)."""


@saying
@dataclass(frozen=True, slots=True, repr=False)
class Collection(Saying):
    """What a collection holds, and how it is kept.

    ``dimensions``, ``embedding_model`` and ``metric`` are its pin: once created, they never change.

    A field that is not given reads as its default and asks for nothing when the collection exists
    already. One that is given is done or refused, a default too: ``text_search="english"`` asks a
    German collection to be English, ``fields={}`` and ``fields=None`` one with fields to have none.
    ``repr`` shows what was given; ``dataclasses.replace``, ``copy`` and ``pickle`` keep what was
    not given so. Two that read alike are equal, whatever of it was given. A described collection
    is given in full.

    Attributes:
        name: Any non-empty string of up to 1,000 bytes; unique within a tenant, whose own name has
            the same limit.
        dimensions: Length of every vector, 1 to 16,000; needed to create a collection. None, as for
            ``metric`` and ``table_name``, asks for nothing when given too.
        embedding_model: Name of the model that makes the vectors: a guard against mixing two.
        metric: ``cosine`` (where None at creation), ``l2``, ``ip`` or ``l1``.
        index: The approximate index, or None: every search is exact then.
        storage: ``vector`` (4 bytes a number) or ``halfvec`` (2 bytes, some 3 decimal digits).
        text_search: The text search configuration (a regconfig such as ``english``), or None
            for a collection whose texts are not searched. Texts and questions are analysed before
            it reads them, unless it has a parser of its own: compounds are found whole and by their
            parts, scripts without spaces by any run of characters. ``unaccent:english`` leaves
            accents out of both, where the database has the extension ``unaccent``.
            ``ByField("lang", {"de": "german", "en": "english"})`` analyses each item by a metadata
            key of its own.
        fields: Metadata keys that get an index of their own, each with its type, ``"number"``,
            ``"text"``, ``"datetime"`` (text by RFC 3339, compared as instants) or ``"boolean"``:
            ``{"page": "number", "published": "datetime"}``. ``Hot("text")`` in the place of a
            type gives each frequent value, a tenant's say, an approximate index of its own.
        table_name: Name of the item table in the store's schema; derived where None. A name of
            your own costs each call a look at the registry, for it may be another table by then. A
            described collection has the real name, qualified and quoted as SQL needs it.
        distributed: Whether Citus spreads the rows over its servers, by id. The database needs the
            extension; every verb works alike.
        target_recall: Share of the true neighbours that a search by index is to find, above 0 and
            at most 1. ``load``, ``create_index``, ``reindex`` and ``maintain`` measure what effort
            that takes here; ``alter_collection`` changes it at once.
        k1: How much more a word counts that is in a text more often, for BM25: 0 to 100. At 0 it
            counts once, however often it is there. ``alter_collection`` changes it and ``b`` at
            once; other processes rank by it within some seconds.
        b: How much a text's length counts against it, for BM25: 0, not at all, to 1, in full.
        title: A metadata key, of texts or lists of texts, whose words are searched beside the text
            and count four times as much in BM25; other values there count as none. None: the text
            alone is searched.
        text_index: ``Bm25()`` lets an index of the extension ``pg_textsearch`` choose the items
            that a text search ranks, which pays where hundreds of thousands of texts share common
            words; None: the tsvector's index finds them, on stock PostgreSQL. Not of a distributed
            collection, nor of one with ``ByField``.
    """

    name: str
    dimensions: int | None = None
    embedding_model: str = ""
    metric: Metric | str | None = None
    _: KW_ONLY
    index: Index | None = None
    storage: str = "vector"
    text_search: str | ByField | None = "english"
    fields: Mapping[str, str | Hot] | None = None
    table_name: str | None = None
    distributed: bool = False
    target_recall: float = TARGET_RECALL
    k1: float = K1
    b: float = B
    title: str | None = None
    text_index: TextIndex | None = None

    def _repr_html_(self) -> str:
        """Write a table for a notebook: what was said of it, or is so of a described one."""
        from pgrecall._notebooks import html  # noqa: PLC0415  # only notebooks need it

        told = {
            name: of if isinstance(of, str | int | float | dict) else repr(of)
            for name, of in said_of(self).items()
        }
        return html.facts(f"Collection {told.pop('name')}", told)


@dataclass(frozen=True, slots=True)
class RecallPromise:
    """What a collection's searches by index are to find, and what they were measured to find.

    Attributes:
        target: Share of the true neighbours that is asked for: the collection's ``target_recall``,
            or what ``tune`` was told.
        recall: What was measured; None until it is, while a formula of the rows serves.
        effort: The ``ef_search`` or ``probes`` that was pinned for it, at ``limit`` and no filter.
        limit: The limit that it was measured at. A lower one takes the same effort, a higher one
            more, as was measured at 100; under a filter it grows by what was measured too.
        rows: How many rows there were.
        measured_at: When, in UTC.
        reranked: Of an index with ``quantization="binary"``, the candidates of which full vectors
            choose, at ``limit`` and no filter; ``effort`` follows them up to 1,000. None elsewhere.
    """

    target: float
    recall: float | None = None
    effort: int | None = None
    limit: int | None = None
    rows: int | None = None
    measured_at: datetime | None = None
    reranked: int | None = None

    def __repr__(self) -> str:
        """Show what is known, rounded."""
        return record(self, {"recall": rounded, "measured_at": str})

    def __str__(self) -> str:
        """Say it in words."""
        asked = f"{self.target:.3g} asked for"
        if self.recall is None:
            return f"{asked}, not measured yet"
        told = f"{asked}, {self.recall:.3g} measured at limit {self.limit}, effort {self.effort}"
        return told if self.rows is None else f"{told}, of {self.rows:,} rows"


@dataclass(frozen=True, slots=True)
class Field:
    """A field of metadata, as a sample of the items has it.

    Attributes:
        path: The keys that lead to it: a field as every filter takes it.
        types: What its values are, the most common first: ``text``, ``number``, ``boolean``,
            ``null``, ``array`` or ``object``.
        share: Part of the sampled items that have it, 0 to 1; null counts.
        examples: Up to five of its values, the most common first; of an array its elements. Objects
            and strings of more than 200 characters are none.
    """

    path: tuple[str, ...]
    types: tuple[str, ...]
    share: float
    examples: tuple[Any, ...]
