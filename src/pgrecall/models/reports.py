"""What verbs report: of indexes, connections, and of what was changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from pgrecall.evaluation.questions import Question


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
        several = "collection" if self.collections == 1 else "collections"
        looked = f"{self.collections:,} {several} looked at{unseen}"
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
        log_rows: Rows of the search log, and reports that were kept.
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
