"""Copy tables of other vector stores into collections, inside the server."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from pgrecall._operations.adopted.refusals import refuse_adopted
from pgrecall._operations.collections import collections, creating
from pgrecall._operations.context import check_names, look_up, resolve
from pgrecall._operations.indexes.aside import at_work, give_up, put_aside, restore_indexes
from pgrecall._operations.items.items import DEFAULT_BATCH
from pgrecall._operations.items.load import MANY_ROWS
from pgrecall._operations.on_table import on_collection
from pgrecall._operations.search import calibration
from pgrecall._operations.work import Work, one, unhurried
from pgrecall._statements.collections import tables
from pgrecall._statements.copying import pages
from pgrecall._statements.distributed import LOCAL
from pgrecall._statements.limits import lifted
from pgrecall._statements.statement import Many
from pgrecall._values.conversions import MAX_DEPTH
from pgrecall._values.said import UNSAID, said_of
from pgrecall.errors import SKIP_BAD, Advice, DatabaseError, InvalidArgumentError, PgRecallError
from pgrecall.indexes import kinds_of
from pgrecall.models import Metric

if TYPE_CHECKING:
    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation, Steps
    from pgrecall._statements.copying.pages import Range, Wanted
    from pgrecall._statements.copying.source import Source
    from pgrecall._statements.layout import Server, Stored
    from pgrecall._statements.statement import Statement
    from pgrecall.models import Collection

PAGE_ROWS = 5_000
"""Rows that one transaction copies."""

PAGE_ROWS_REPEATED = 50_000
"""The same where ids come more than once: each page looks for later rows in the whole table."""

Progress: TypeAlias = Callable[[str, int, int], object]
"""Told what is done (``checking`` or ``copying``), the rows done and the rows in all."""

_SETTINGS = {
    # the planner knows nothing of a page's rows: it would read the whole target for each
    "enable_seqscan": "off",
    "jit": "off",
}

_REASONS = {
    "no id": "no id",
    "long id": "an id of more than 2,000 bytes",
    "json": "metadata that jsonb cannot hold (NUL or a lone surrogate)",
    "no object": "metadata that is no JSON object",
    "deep": f"metadata that nests deeper than {MAX_DEPTH} levels",
    "dimensions": "a vector of another length than {dimensions}",
    "range": "a vector with numbers beyond halfvec's 65,504",
    "direction": "a vector without a direction, such as zero, which cosine cannot compare",
    "long field": "a declared text field of more than 2,000 bytes",
}


@dataclass(slots=True)
class Tally:
    """What was found, or done, so far.

    Attributes:
        rows: Rows of the source that were looked at.
        copied: Rows that are new in the target.
        same: Rows that the target had already, equal.
        different: Rows whose id the target had with another content.
        older: Rows left out for a later one of the same id.
        without_vector: Copied rows that have no vector.
        bad: Rows that the target cannot hold: reason to count and first ids.
    """

    rows: int = 0
    copied: int = 0
    same: int = 0
    different: int = 0
    older: int = 0
    without_vector: int = 0
    bad: dict[str, tuple[int, list[str]]] = field(default_factory=dict)

    @property
    def skipped(self) -> int:
        """Rows that the target cannot hold."""
        return sum(count for count, _ in self.bad.values())

    def add(self, scanned: int | None, row: tuple[Any, ...]) -> None:
        """Add a page, of which so many rows were scanned and some of them judged."""
        judged, without_vector, copied, same, different, bad = row
        scanned = judged if scanned is None else scanned
        self.rows += scanned
        self.older += scanned - judged
        self.without_vector += without_vector
        self.copied += copied
        self.same += same
        self.different += different
        for kind, count, ids in json.loads(bad):
            known, shown = self.bad.get(kind, (0, []))
            self.bad[kind] = known + count, [*shown, *ids][: pages.SHOWN_IDS]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One source, and what came of it.

    Attributes:
        source: Its name.
        collection: The target as wanted, with its dimensions where they are known.
        tally: Counts; of what would be done where nothing was.
        bad: What is wrong with rows that were left out, in words: reason, count, first ids.
    """

    source: str
    collection: Collection
    tally: Tally
    bad: list[tuple[str, int, list[str]]]


def copy_rows(
    context: Context,
    tenant: str,
    wanted: Collection,
    source: Source,
    *,
    skip_bad: bool = False,
    overwrite: bool = False,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Operation[Outcome]:
    """Copy a source into a collection, which is made where it is missing.

    Every row is looked at before the first is written. Rows go a transaction a page, in the order
    of the source's key; what was copied by an earlier run is found equal and stays.

    Raises:
        InvalidArgumentError: Rows cannot be copied, and ``skip_bad`` was not asked for; or the
            collection is distributed.
        CollectionConflictError: The collection is there with another pin.
    """
    check_names(tenant, wanted.name)
    stored = yield from look_up(context, tenant, wanted.name)
    if wanted.distributed or (stored is not None and stored.collection.distributed):
        # one statement reads, compares and writes, which Citus does not do over several servers
        raise InvalidArgumentError(
            f"collection {wanted.name!r} is distributed, and rows are not copied into one within"
            " the database: import them into a local collection, then export and load that"
        )
    wanted = yield from _with_dimensions(context, wanted, source, stored)
    if stored is not None:
        refuse_adopted(stored, "import")
        # what is there keeps its fields, whatever a new one would get
        wanted = replace(wanted, fields=UNSAID)
        yield from collections.ensure(context, tenant, wanted)
    elif wanted.dimensions is not None:
        yield from creating.checked_creatable(context, tenant, wanted)
    server = context.ready_server()
    counted = yield unhurried(server, pages.count(source))
    total = counted.rows[0][0]
    if wanted.dimensions is None:
        if total > 0:
            advice = Advice(
                "dimensions", after=f" says how long those of collection {wanted.name!r} are to be"
            )
            raise InvalidArgumentError(
                f"no row of {source.name!r} has a vector: {advice}", advice=advice
            )
        return Outcome(source.name, wanted, Tally(), [])
    if source.later is not None:
        repeated = yield unhurried(server, pages.has_repeated_ids(source))
        if not repeated.rows[0][0]:
            source = replace(source, later=None)
    run = _Run(context, source, _limits(wanted, stored), total, progress)
    tally = yield from run.survey(stored)
    if tally.bad and not skip_bad:
        raise _refusal(source, run.in_words(tally), "so none was copied")
    if not dry_run:
        yield from collections.ensure(context, tenant, wanted)
        stored = yield from resolve(context, tenant, wanted.name)
        with at_work(context, stored):
            tally = yield from run.copy(stored, skip_bad=skip_bad, overwrite=overwrite)
    return Outcome(source.name, wanted, tally, run.in_words(tally))


@dataclass(frozen=True, slots=True)
class _Run:
    context: Context
    source: Source
    limits: Wanted
    total: int
    progress: Progress | None

    def survey(self, target: Stored | None) -> Operation[Tally]:
        tally, server = Tally(), self.context.ready_server()

        def visit(range_: Range) -> Operation[None]:
            statement = pages.survey(self.source, range_, self.limits, server, target)
            tally.add(range_.rows, (yield _on_page(server, statement, writes=False)))

        yield from self._each_page("checking", visit)
        return tally

    def copy(self, stored: Stored, *, skip_bad: bool, overwrite: bool) -> Operation[Tally]:
        tally = Tally()

        def visit(range_: Range) -> Operation[None]:
            statement = pages.copy(self.source, range_, self.limits, stored, overwrite=overwrite)
            check = None if skip_bad else self._check
            work = _on_page(stored.server, statement, writes=True, check=check)
            row = yield from on_collection(self.context, stored, work)
            tally.add(range_.rows, row)

        drops = tables.drop_indexes if self.total > DEFAULT_BATCH else tables.drop_ann
        deferred = yield from put_aside(self.context, stored, drops)
        try:
            yield from self._each_page("copying", visit)
        except Exception as error:
            # a database in trouble is left alone: the note in the registry stays for the next run
            if deferred and (isinstance(error, ValueError) or not isinstance(error, PgRecallError)):
                yield from restore_indexes(self.context, stored)
            elif deferred and isinstance(error, DatabaseError):
                yield from give_up(self.context, stored)
            raise
        if deferred:
            many = tally.copied >= MANY_ROWS
            yield from restore_indexes(self.context, stored, analyze=many)
        name = stored.collection.name
        yield from calibration.keep_after(self.context, stored.tenant, name, tally.copied)
        return tally

    def in_words(self, tally: Tally) -> list[tuple[str, int, list[str]]]:
        return [
            (_REASONS[kind].format(dimensions=self.limits.dimensions), count, ids)
            for kind, (count, ids) in tally.bad.items()
        ]

    def _check(self, row: tuple[Any, ...]) -> None:
        late = Tally()
        late.add(None, row)
        if late.bad:
            since = "and came while others were copied, which stay"
            raise _refusal(self.source, self.in_words(late), since)

    def _each_page(self, phase: str, visit: Callable[[Range], Operation[None]]) -> Operation[None]:
        size = PAGE_ROWS if self.source.later is None else PAGE_ROWS_REPEATED
        done, after = 0, None
        if not self.source.key.is_required:
            yield from visit(pages.Range(None, None, None))
        while True:
            if self.progress is not None:
                self.progress(phase, done, max(done, self.total))
            ends = yield one(pages.next_range(self.source, after, size))
            if not ends.rows:
                return
            upto, rows = ends.rows[0]
            yield from visit(pages.Range(after, upto, rows))
            done, after = done + rows, upto


def _on_page(
    server: Server,
    statement: Statement,
    *,
    writes: bool,
    check: Callable[[tuple[Any, ...]], None] | None = None,
) -> Work[tuple[Any, ...]]:
    def body() -> Steps[tuple[Any, ...]]:
        settings = {**_SETTINGS, **lifted(server)}
        results = yield Many([LOCAL.set_local(settings), statement])
        row: tuple[Any, ...] = results[-1].rows[0]
        if check is not None:
            check(row)
        return row

    return Work(body, writes=writes, transaction=True)


def _with_dimensions(
    context: Context, wanted: Collection, source: Source, stored: Stored | None
) -> Operation[Collection]:
    # a vector column may demand a length, or hold several: then the first row's, if nobody says
    known = wanted.dimensions or source.embedding.dimensions
    if known is None and stored is not None:
        known = stored.dimensions
    if known is None:
        found = yield one(pages.first_dimensions(source, context.ready_server()))
        known = found.rows[0][0] if found.rows else None
    wanted = replace(wanted, dimensions=known)
    if stored is None and "storage" not in said_of(wanted):
        wanted = replace(wanted, storage=source.embedding.kind)
    return wanted


def _limits(wanted: Collection, stored: Stored | None) -> Wanted:
    target = wanted if stored is None else stored.collection
    metric = Metric(target.metric or Metric.COSINE)
    fields = tuple(key for key, kind in kinds_of(target.fields).items() if kind == "text")
    return pages.Wanted(wanted.dimensions or 0, target.storage, metric is Metric.COSINE, fields)


def _refusal(
    source: Source, bad: list[tuple[str, int, list[str]]], then: str
) -> InvalidArgumentError:
    parts = "; ".join(
        f"{count:,} {'has' if count == 1 else 'have'} {reason} ({_listed(count, ids)})"
        for reason, count, ids in bad
    )
    total = sum(count for _, count, _ in bad)
    return InvalidArgumentError(
        f"{total:,} {'row' if total == 1 else 'rows'} of {source.name!r} cannot be copied,"
        f" {then}: {parts}. {SKIP_BAD}",
        advice=SKIP_BAD,
    )


def _listed(count: int, ids: list[str]) -> str:
    shown = ", ".join(ascii(id_) for id_ in ids)
    return f"{shown}, ..." if count > len(ids) else shown
