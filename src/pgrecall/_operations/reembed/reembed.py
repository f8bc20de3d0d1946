"""Re-embed a collection with another model while it is read and written.

A successor is filled in id order; triggers note every row that is written or removed meanwhile, and
the notes are followed until few are left. Those few are followed, and the names swapped, in one
transaction that keeps writers out. What is done is what the successor holds, so that a call that
died is gone on with by calling again. A call takes over from any before: at each of its writes it
makes sure that none has from it.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from pgrecall._operations.adopted.refusals import refuse_adopted
from pgrecall._operations.collections.checks import asked, check_indexes, checked
from pgrecall._operations.context import check_own_transaction, look_up, resolve_anew
from pgrecall._operations.embedding import embedded
from pgrecall._operations.indexes.aside import analyzing
from pgrecall._operations.items.items import kind_of
from pgrecall._operations.on_table import on_collection
from pgrecall._operations.reembed.questions import ask, checked_questions, compared
from pgrecall._operations.reembed.successor import (
    ASKED,
    FEW,
    REEMBED,
    Run,
    begun,
    cut,
    index,
    remove_successor,
    successor_name,
    taken_over,
)
from pgrecall._operations.tracing import traced
from pgrecall._operations.work import PROGRESS, Call, Work, one
from pgrecall._statements.collections import registry, tables
from pgrecall._statements.reembed import reembed as statements
from pgrecall._values.numbers import checked_whole
from pgrecall._values.rows import Batch
from pgrecall.errors import (
    InvalidArgumentError,
    OutcomeUnknownError,
)
from pgrecall.models import Collection, IndexProgress, Item, ReembedReport

if TYPE_CHECKING:
    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation, Steps
    from pgrecall._statements.layout import Stored
    from pgrecall.models import Questions

Embed: TypeAlias = Callable[[list[str]], Any]


class _Row(NamedTuple):
    id: str
    text: str
    digest: str
    has_vector: bool
    done: bool


@dataclass(slots=True)
class _Run(Run):
    """One call with its model, and what it has done."""

    embed: Embed
    batch_size: int
    embedded: int = 0


@traced("reembed")
def reembed(
    context: Context,
    tenant: str,
    name: str,
    *,
    to: Collection,
    embed: Embed,
    questions: Questions | None,
    ask_old: Embed | None,
    ask_new: Embed | None,
    accept: Callable[[ReembedReport], object] | None,
    batch_size: int,
    progress: Callable[[IndexProgress], object] | None,
) -> Operation[ReembedReport]:
    """Fill a successor, compare the two, and swap their names."""
    check_own_transaction(context, "reembed")
    started = time.monotonic()
    asked = checked_questions(questions)
    batch_size = checked_whole("batch_size", batch_size)
    for what, function in (("embed", embed), ("ask_old", ask_old), ("ask_new", ask_new)):
        if not callable(function) and (function is not None or what == "embed"):
            msg = f"{what} must be a function of a list of texts, not {type(function).__name__}"
            raise InvalidArgumentError(msg)
    old = yield from resolve_anew(context, tenant, name)
    refuse_adopted(old, "reembed")
    wanted = _wanted(old, checked(context, tenant, to))
    token = uuid.uuid4().hex
    new = yield from begun(context, old, wanted, token, verb=REEMBED)
    run = _Run(context, old, new, token, embed, batch_size)
    try:
        yield from _copy(run, progress)
    except InvalidArgumentError:
        yield from _take_back(run)
        raise
    yield from _follow(run)
    yield from index(run, wanted, progress)
    yield from _follow(run)
    yield analyzing(run.new)
    run.new = yield from resolve_anew(context, tenant, run.new.collection.name)
    counted = yield one(tables.count(run.new))
    report = ReembedReport(counted.rows[0][0], run.embedded, time.monotonic() - started)
    if asked:
        before = (yield from ask(context, old, asked, ask_old)) if ask_old else None
        after = yield from ask(context, run.new, asked, ask_new or embed)
        report = replace(report, **compared(asked, before, after))
    if accept is not None:
        accepted = yield Call(accept, (report,))
        if not accepted:
            return report
    kept = yield from _swap(run)
    context.forget(tenant, run.new.collection.name)
    swapped = yield from look_up(context, tenant, name)
    if swapped is not None and swapped.id == run.new.id:
        context.agree(swapped)  # who asked for another pin knows it
    counted = yield one(tables.count(run.new))
    seconds = time.monotonic() - started
    rows = counted.rows[0][0]
    return replace(report, rows=rows, embedded=run.embedded, seconds=seconds, kept=kept)


@traced("abandon_reembed")
def abandon(context: Context, tenant: str, name: str) -> Operation[int]:
    """Remove the successor of a collection that goes on as it is."""
    old = yield from resolve_anew(context, tenant, name)

    def body() -> Steps[tuple[str, int] | None]:
        found = yield statements.unfinished(old)
        if not found.rows:
            return None
        successor = found.rows[0][0]
        count = yield from remove_successor(old, successor)
        return None if count is None else (successor, count)

    removed: tuple[str, int] | None = yield Work(body, writes=True, transaction=True)
    if removed is None:
        return 0
    context.forget(tenant, removed[0])
    return removed[1]


def _take_back(run: _Run) -> Operation[None]:
    """Remove a successor that is still empty: its first vectors were refused."""

    def body() -> Steps[None]:
        held = yield statements.hold(run.new, run.token, exclusive=True)
        if not held.rows:
            return
        counted = yield tables.count(run.new)
        if not counted.rows[0][0]:
            yield from remove_successor(run.old, run.new.collection.name)

    yield Work(body, writes=True, transaction=True)
    run.context.forget(run.old.tenant, run.new.collection.name)


def _wanted(old: Stored, to: Collection) -> Collection:
    base = old.collection
    if base.distributed or to.distributed:
        msg = "a distributed collection cannot be re-embedded in place: load another one"
        raise InvalidArgumentError(msg)
    if statements.OF in old.settings or statements.INTO in old.settings:
        msg = f"collection {base.name!r} is part of a re-embedding itself: name the one that serves"
        raise InvalidArgumentError(msg)
    said = asked(to)
    kept = {field: getattr(base, field) for field in (*ASKED, "index") if field not in said}
    wanted = replace(to, **kept)
    if wanted.table_name == old.table_name:  # a described collection names its table
        if not old.has_derived_name:
            msg = (
                f"table_name={old.table_name!r} is the table that collection {base.name!r} keeps"
                " after the swap: name another one for the new vectors, or None"
            )
            raise InvalidArgumentError(msg)
        wanted = replace(wanted, table_name=None)
    check_indexes(wanted)
    successor = successor_name(base.name) if to.name == base.name else to.name
    return replace(wanted, name=successor)


def _copy(run: _Run, progress: Callable[[IndexProgress], object] | None) -> Operation[None]:
    counted = yield from on_collection(run.context, run.old, one(tables.count(run.old)))
    total, done, after = counted.rows[0][0], 0, None
    while True:
        query = statements.page(run.old, run.new, after, run.batch_size)
        result = yield from on_collection(run.context, run.old, one(query))
        rows = [_Row(*row) for row in result.rows]
        if not rows:
            return
        batch = yield from _embedded(run, [row for row in rows if not row.done])
        if len(batch):
            yield from _write(run, batch)
        after, done = rows[-1].id, done + len(rows)
        if progress is not None:
            yield Call(
                progress, (IndexProgress("embedding texts", done, max(total, done)),), PROGRESS
            )


def _follow(run: _Run) -> Operation[None]:
    """Follow the notes that there are; those made meanwhile wait."""
    while True:
        noted = yield one(statements.changes(run.new, run.batch_size))
        if not noted.rows:
            return
        ids = [id_ for _, id_ in noted.rows]
        query = statements.changed(run.old, run.new, sorted(set(ids)))
        needed = yield from on_collection(run.context, run.old, one(query))
        batch = yield from _embedded(run, [_Row(*row) for row in needed.rows])
        yield from _write(run, batch, noted.rows)
        if len(noted.rows) < run.batch_size:
            return


def _embedded(run: _Run, rows: Sequence[_Row]) -> Generator[Call, Any, Batch]:
    """Embed the texts of rows that have a vector; their digests stand for the texts."""
    texts = [row.text for row in rows if row.has_vector]
    vectors: Any = []
    if texts:
        vectors = yield from embedded(run.embed, texts)
        run.embedded += len(texts)
    each = iter(vectors)
    batch = Batch(kind_of(run.new))
    items = [Item(row.id, next(each) if row.has_vector else None, row.digest) for row in rows]
    if items:
        batch.add(items)
    return batch.closed()


def _write(run: _Run, batch: Batch, noted: Sequence[tuple[int, str]] = ()) -> Operation[None]:
    def body() -> Steps[None]:
        held = yield statements.hold(run.new, run.token)
        if not held.rows:
            raise taken_over(run.context, run.old)
        yield from _writes(run, batch, noted)

    work = Work(body, writes=True, transaction=True)
    yield from on_collection(run.context, run.old, work)


def _writes(run: _Run, batch: Batch, noted: Sequence[tuple[int, str]]) -> Steps[None]:
    for columns in batch.columns():
        yield statements.write(run.old, run.new, columns)
    if noted:
        for statement in statements.follow(run.old, run.new, sorted({id_ for _, id_ in noted})):
            yield statement
        yield statements.forget(run.new, [place for place, _ in noted])


def _swap(run: _Run) -> Operation[str]:
    few = FEW
    while True:
        try:
            kept: str | None = yield _swapping(run, few)
        except OutcomeUnknownError:
            kept = yield from _kept(run)
        if kept is not None:
            return kept
        few *= 2
        yield from _follow(run)


def _kept(run: _Run) -> Operation[str | None]:
    """Ask whether the swap was committed, and under which name the old collection is kept."""
    found = yield one(statements.name_of(run.old))
    if not found.rows or found.rows[0][0] == run.old.collection.name:
        return None
    return str(found.rows[0][0])


def _swapping(run: _Run, few: int) -> Work[str | None]:
    def body() -> Steps[str | None]:
        found = yield registry.lock(run.old)
        held = yield statements.hold(run.new, run.token, exclusive=True)
        if not found.rows or not held.rows:
            raise taken_over(run.context, run.old)
        yield tables.lock_writers_out(run.old)
        noted = yield statements.changes(run.new, few + 1)
        if len(noted.rows) > few:
            return None
        ids = sorted({id_ for _, id_ in noted.rows})
        needed = yield statements.changed(run.old, run.new, ids)
        batch = yield from _embedded(run, [_Row(*row) for row in needed.rows])
        yield from _writes(run, batch, noted.rows)
        yield statements.drop_notes(run.new)
        records = yield statements.has_records(run.old)
        if records.rows[0][0]:
            yield statements.move_records(run.old, run.new)
        rename, promote = statements.swap(run.old, run.new, cut(run.old.collection.name))
        renamed = yield rename
        yield promote
        return str(renamed.rows[0][0])

    return Work(body, writes=True, transaction=True)
