"""Frozen values that cross the public API; none of them raises when made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import KW_ONLY, dataclass, field, fields
from enum import Enum, StrEnum
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from pgrecall._values.said import Saying, saying

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from numpy.typing import NDArray

    from pgrecall.evaluation.questions import Question
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


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """One stored item.

    Attributes:
        id: Any non-empty string of up to 2,000 bytes; unique within its collection.
        vector: As many numbers as the collection has dimensions, as a sequence of floats or a
            1-D array; None where only text is kept. Comes back as a float32 array.
        text: Any text without NUL; it may be empty.
        metadata: A JSON object whose objects and lists nest 100 levels at most, itself counted;
            None means an empty one. Comes back as a dict.
        created_at: When it was written first, in UTC; None before it is stored. The database's
            clock sets it, and what a write gives is ignored, except by ``load`` with
            ``keep_times=True``. Neither time is compared.
        updated_at: When it was written last, likewise.
    """

    id: str
    vector: Sequence[float] | NDArray[Any] | None
    text: str = ""
    metadata: Mapping[str, Any] | None = None
    _: KW_ONLY
    created_at: datetime | None = field(default=None, repr=False)
    updated_at: datetime | None = field(default=None, repr=False)

    def __eq__(self, other: object) -> bool:
        """Compare vectors by their numbers: arrays have no truth value of their own."""
        if not isinstance(other, Item):
            return NotImplemented
        return (
            self.id == other.id
            and self.text == other.text
            and _same(self.metadata, other.metadata)
            and _same_vector(self.vector, other.vector)
        )

    __hash__ = None  # type: ignore[assignment]  # metadata and arrays have no hash


class _Keep(Enum):
    KEEP = "KEEP"

    def __repr__(self) -> str:
        return self.value


KEEP: Any = _Keep.KEEP
"""Stands in a ``Change`` for what stays as it is."""


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """What ``update`` does to one stored item; what is not given stays as it is.

    A field is a string, the literal key of the metadata whatever its characters (``"id"`` too), or
    a tuple or list of keys, a path into nested objects.

    Attributes:
        id: The item's id. One that is not stored is left out, never created.
        vector: The new vector; None takes the vector away.
        text: The new text. The vector stays: give the new text's beside it.
        metadata: In place of all that there is; None means an empty object. Not beside ``set`` or
            ``remove``.
        set: Fields and their new values, done in this order. What is missing on a path is made;
            what is there on it and is no object refuses the batch.
        remove: Fields to remove, after ``set``; one that is not there is no error.
    """

    id: str
    _: KW_ONLY
    vector: Sequence[float] | NDArray[Any] | None = KEEP
    text: str = KEEP
    metadata: Mapping[str, Any] | None = KEEP
    set: Mapping[FieldPath, Any] | None = None
    remove: Iterable[FieldPath | list[str]] = ()

    def __eq__(self, other: object) -> bool:
        """Compare vectors by their numbers: arrays have no truth value of their own."""
        if not isinstance(other, Change):
            return NotImplemented
        names = (name for name in self.__slots__ if name != "vector")
        same = all(_same(getattr(self, name), getattr(other, name)) for name in names)
        if self.vector is KEEP or other.vector is KEEP:
            return same and self.vector is other.vector
        return same and _same_vector(self.vector, other.vector)

    __hash__ = None  # type: ignore[assignment]  # metadata and arrays have no hash


@dataclass(frozen=True, slots=True, eq=False, init=False)
class Match:
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
        """Take what each attribute is."""
        # what dataclass writes takes twice as long, and each hit of each search is one
        _set_id(self, id)
        _set_distance(self, distance)
        _set_score(self, score)
        _set_text(self, text)
        _set_metadata(self, metadata)
        _set_vector(self, vector)
        _set_vector_rank(self, vector_rank)
        _set_text_rank(self, text_rank)
        _set_text_score(self, text_score)
        _set_snippet(self, snippet)
        _set_rerank_score(self, rerank_score)
        _set_group(self, group)
        _set_created_at(self, created_at)
        _set_updated_at(self, updated_at)

    def __eq__(self, other: object) -> bool:
        """Compare vectors by their numbers: arrays have no truth value of their own."""
        if not isinstance(other, Match):
            return NotImplemented
        names = (one.name for one in fields(self) if one.compare and one.name != "vector")
        same = all(_same(getattr(self, name), getattr(other, name)) for name in names)
        return same and _same_vector(self.vector, other.vector)

    __hash__ = None  # type: ignore[assignment]  # metadata and arrays have no hash


(
    _set_id,
    _set_distance,
    _set_score,
    _set_text,
    _set_metadata,
    _set_vector,
    _set_vector_rank,
    _set_text_rank,
    _set_text_score,
    _set_snippet,
    _set_rerank_score,
    _set_group,
    _set_created_at,
    _set_updated_at,
) = (Match.__dict__[_each.name].__set__ for _each in fields(Match))


@dataclass(frozen=True, slots=True)
class Entry:
    """One value under a key of a namespace.

    Attributes:
        namespace: Strings from the widest to the narrowest; it may be empty.
        key: Any non-empty string; unique within its namespace.
        value: Anything that JSON has.
        created_at: When it was first written, in UTC; the database's clock sets it.
        updated_at: When it was last written, in UTC; the database's clock sets it.
        expires_at: When it is gone, in UTC, or None; follows from ``ttl_minutes``.
        ttl_minutes: Minutes that it lives after its last write or refresh; None: for good.
    """

    namespace: tuple[str, ...]
    key: str
    value: Any
    created_at: datetime | None = None
    updated_at: datetime | None = None
    expires_at: datetime | None = None
    ttl_minutes: float | None = None


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes under a key of a namespace.

    Attributes:
        namespace: Strings from the widest to the narrowest; it may be empty.
        key: Any non-empty string; unique within its namespace.
        value: The bytes, 1,000,000,000 at most; None where they were not asked for.
        content_type: What they are, by the writer's words.
        metadata: What it is found by: anything of a JSON object.
        created_at: When it was first written, in UTC; the database's clock sets it.
        updated_at: When it was last written, in UTC; the database's clock sets it.
        expires_at: When it is gone, in UTC, or None; follows from ``ttl_minutes``.
        ttl_minutes: Minutes that it lives after its last write or refresh; None: for good.
        size: How many bytes there are.
        number: Of two blobs, the one that came first has the lower; the database gives it.
    """

    namespace: tuple[str, ...]
    key: str
    value: bytes | None = None
    content_type: str | None = None
    metadata: Mapping[str, Any] | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    expires_at: datetime | None = None
    ttl_minutes: float | None = None
    size: int | None = None
    number: int | None = None


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


class Matches(list[Match]):
    """What a search found, best first: a list.

    Attributes:
        explanation: How it ran, where ``explain=True`` asked for it.
    """

    explanation: Explanation | None = None


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


@dataclass(frozen=True, slots=True)
class PoolStatistics:
    """How busy a store's connections are: of an ``AsyncStore``, those of the running event loop.

    Attributes:
        connections: Connections open now; 0 before the first call.
        idle: Those at rest.
        waiting: Calls that wait for one.
        maximum: Connections that the pool opens at most.
        replicas: The same of the connections to replicas, where a read used one.
    """

    connections: int
    idle: int
    waiting: int
    maximum: int
    replicas: PoolStatistics | None = None


@dataclass(frozen=True, slots=True)
class IndexProgress:
    """How far the build of an index is, or a re-embedding.

    Attributes:
        phase: PostgreSQL's name of what it does now, such as ``building index: loading tuples``;
            ``embedding texts`` while a re-embedding fills its collection. Told once, when it comes
            to that: ``building index: the graph no longer fits into memory``, and ``building index:
            once more, without parallel workers``.
        done: Blocks or rows of the phase that are done.
        total: Blocks or rows of the phase in all; 0 where PostgreSQL does not know.
        memory_needed: Bytes that would hold what did not fit, in those two phases: memory for the
            build, to be given as ``build_memory``, or shared memory; else None.
    """

    phase: str
    done: int
    total: int
    memory_needed: int | None = None


@dataclass(frozen=True, slots=True)
class RecallReport:
    """What a collection's index finds of what is there, measured on its own vectors.

    The questions are made of stored vectors, and are none: each is mirrored at its neighbours, for
    an index finds what lies around a vector that it holds far more easily.

    Attributes:
        recall: Mean share of the true ``k`` nearest neighbours that the index found, 0 to 1.
        low: Lower end of the 95 % confidence interval (Wilson's score interval over the queries).
        high: Upper end of it.
        k: Neighbours asked for.
        sample: Vectors that served as queries.
        settings: What the index was asked with: ``ef_search`` or ``probes``, and of a binary index
            how many candidates were ``reranked`` by full vectors.
        exact_ms: Median milliseconds of an exact search.
        index_ms: Median milliseconds of a search by the index.
        promise: What was asked for, and what was measured when the effort was pinned.
    """

    recall: float
    low: float
    high: float
    k: int
    sample: int
    settings: Mapping[str, int]
    exact_ms: float
    index_ms: float
    promise: RecallPromise | None = None


@dataclass(frozen=True, slots=True)
class PrewarmReport:
    """What was read into memory of a collection.

    Attributes:
        table_bytes: Of its table, with what that keeps out of line.
        index_bytes: Of its indexes.
        method: ``"pg_prewarm"``, or ``"reading"`` where the database has no such extension or the
            role may not use it on all of them.
    """

    table_bytes: int
    index_bytes: int
    method: str


Questions: TypeAlias = "Iterable[str | Question | tuple[str, Iterable[str] | Mapping[str, float]]]"
"""What searches are judged by: ``Question`` values, texts with the ids that answer them or with
their grades, or, where nothing is known to answer them, texts."""


@dataclass(frozen=True, slots=True)
class ReembedReport:
    """What a re-embedding did, and what its questions found before and after.

    Attributes:
        rows: Items of the new collection.
        embedded: Texts that this call had embedded; those of an interrupted call before are done.
        seconds: How long this call took.
        kept: Name of the old collection, which is read until it is dropped; None where the new one
            did not take its place.
        questions: How many questions were asked.
        overlap: Mean share of the old collection's first 10 answers that are among the new one's,
            0 to 1; None unless both were asked.
        old_recall: Mean share of a question's relevant items among the old collection's first 10,
            0 to 1; None unless it was asked, with relevant items.
        new_recall: The same of the new collection.
        old_ndcg: Mean nDCG@10 of the old collection's answers, 0 to 1; None as ``old_recall``.
        new_ndcg: The same of the new collection.
    """

    rows: int
    embedded: int
    seconds: float
    kept: str | None = None
    questions: int = 0
    overlap: float | None = None
    old_recall: float | None = None
    new_recall: float | None = None
    old_ndcg: float | None = None
    new_ndcg: float | None = None


@dataclass(frozen=True, slots=True)
class MaintenanceFinding:
    """One piece of work that was due, and what became of it.

    Attributes:
        tenant: Whose it is; empty of what is of no tenant alone.
        collection: The collection's name; None of what is in none.
        task: The kind of work, such as ``restore indexes``; ``docs/how-to/maintain.md`` lists them.
        what: What was found.
        outcome: ``done``. ``due``: a dry run only says so. ``left``: something would have had to be
            waited for; the next call tries again. ``refused``: this role may not. ``failed``: the
            server could not. ``told``: only a call of the user's own can, the one in ``verb``.
        reason: Why it was not done; empty where it was.
        verb: The call that does the same for one collection.
        seconds: How long it took.
    """

    tenant: str
    collection: str | None
    task: str
    what: str
    outcome: str
    reason: str = ""
    verb: str = ""
    seconds: float = 0.0

    @property
    def where(self) -> str:
        """Where it was found: a tenant, a tenant's collection, or all tenants."""
        if self.collection is not None:
            return f"{self.tenant}/{self.collection}"
        return self.tenant or "all tenants"

    def __str__(self) -> str:
        """Say it in one line."""
        told = f"{self.outcome}: {self.where}: {self.what}"
        if self.outcome == "done":
            return f"{told} ({self.task}, {self.seconds:.1f} s)"
        return f"{told} ({self.reason})" if self.reason else f"{told} ({self.task})"


@dataclass(frozen=True, slots=True)
class MaintenanceReport:
    """What ``maintain`` found due, and what became of it; as text, a line for each.

    Attributes:
        findings: In the order of the work: by tenant and collection, from some one of them on where
            the time was limited.
        collections: How many collections were looked at.
        unseen: How many were not, because the time was over.
        seconds: How long it all took.
    """

    findings: tuple[MaintenanceFinding, ...]
    collections: int
    unseen: int
    seconds: float

    @property
    def done(self) -> tuple[MaintenanceFinding, ...]:
        """What was done."""
        return tuple(one for one in self.findings if one.outcome == "done")

    @property
    def remaining(self) -> tuple[MaintenanceFinding, ...]:
        """What a call of ``maintain`` can do, and this one has not: due, left, refused, failed."""
        return tuple(one for one in self.findings if one.outcome not in {"done", "told"})

    def __str__(self) -> str:
        """Say it in a line for each finding, and one for all."""
        unseen = f", {self.unseen:,} not: the time was over" if self.unseen else ""
        looked = f"{self.collections:,} collections looked at{unseen}"
        counts = {one.outcome: 0 for one in self.findings}
        for one in self.findings:
            counts[one.outcome] += 1
        told = ", ".join(f"{count:,} {outcome}" for outcome, count in counts.items())
        total = f"{looked}: {told or ('nothing was found due' if unseen else 'nothing is due')}"
        return "\n".join([*map(str, self.findings), total])


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What ``forget`` removed, or with ``dry_run`` would; as text, in one line.

    What has expired and was still there counts. All but ``tables_kept`` is a number.

    Attributes:
        items: Items of collections, those that made something else searchable included.
        entries: Entries: what agents remember and key-value stores keep as JSON.
        blobs: Blobs: what byte stores, document stores and caches keep.
        threads: Threads of which there were checkpoints.
        sessions: Chats, each with all of its messages.
        collections: Collections.
        records: Records of what was indexed.
        log_rows: Rows of the search log.
        tables_kept: Collections that stand on a table of your own, none of whose rows is touched.
        dry_run: Whether nothing was removed.
    """

    items: int = 0
    entries: int = 0
    blobs: int = 0
    threads: int = 0
    sessions: int = 0
    collections: int = 0
    records: int = 0
    log_rows: int = 0
    tables_kept: tuple[str, ...] = ()
    dry_run: bool = False

    @property
    def counts(self) -> dict[str, int]:
        """The numbers by their names."""
        return {kind: getattr(self, kind) for kind in _FORGOTTEN}

    @property
    def told(self) -> str:
        """The numbers in words: ``3 items, 1 thread``."""
        told = (
            f"{count:,} {one if count == 1 else several}"
            for (one, several), count in zip(_FORGOTTEN.values(), self.counts.values(), strict=True)
            if count
        )
        return ", ".join(told) or "nothing"

    def __str__(self) -> str:
        """Say it in one line."""
        line = f"{'would remove' if self.dry_run else 'removed'} {self.told}"
        if self.tables_kept:
            names = ", ".join(map(repr, self.tables_kept))
            line += f"; the rows of your own tables stay: {names}"
        return line


_FORGOTTEN = {
    "items": ("item", "items"),
    "entries": ("entry", "entries"),
    "blobs": ("blob", "blobs"),
    "threads": ("thread", "threads"),
    "sessions": ("session", "sessions"),
    "collections": ("collection", "collections"),
    "records": ("record", "records"),
    "log_rows": ("row of the log", "rows of the log"),
}


def _same_vector(left: object, right: object) -> bool:
    if left is None or right is None:
        return left is right
    try:
        return bool(np.array_equal(np.asarray(left), np.asarray(right)))
    except ValueError:  # lists of several lengths, which are no vector: told when they are written
        return _same(
            *(one.tolist() if isinstance(one, np.ndarray) else one for one in (left, right))
        )


def _same(left: object, right: object) -> bool:
    """Compare what metadata may hold: arrays, wherever they stand, by their numbers."""
    if left is right:
        return True
    if hasattr(left, "__array__") or hasattr(right, "__array__"):
        return _same_vector(left, right)
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(_same(left[key], right[key]) for key in left)
    for kind in (list, tuple):
        if isinstance(left, kind) and isinstance(right, kind):
            return len(left) == len(right) and all(map(_same, left, right))
    return bool(left == right)
