"""Bring about a layout that needs every row written anew: beside the table, while it serves.

A successor is filled inside the server, in id order; what is written meanwhile is noted by
triggers and followed. It takes the table's place in one transaction that keeps writers out for a
moment. What is done is what the successor holds: the same call goes on with one that died.
"""

from __future__ import annotations

import logging
import time
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING

from pgrecall._operations.alter.checks import locked
from pgrecall._operations.alter.turns import in_turn
from pgrecall._operations.collections.checks import check_indexes
from pgrecall._operations.collections.configurations import check_text_search
from pgrecall._operations.context import resolve_anew
from pgrecall._operations.indexes.aside import analyzing
from pgrecall._operations.indexes.indexes import SWAP_TIMEOUT
from pgrecall._operations.on_table import on_collection
from pgrecall._operations.reembed.successor import (
    ALTER,
    FEW,
    Run,
    begun,
    index,
    remove_successor,
    successor_name,
    taken_over,
)
from pgrecall._operations.work import PROGRESS, Call, Work, one
from pgrecall._statements.alter import renaming
from pgrecall._statements.alter import rewriting as statements
from pgrecall._statements.collections import registry, tables
from pgrecall._statements.collections.settings import Kept, without
from pgrecall._statements.distributed import dialect_of
from pgrecall._statements.layout import next_table_name
from pgrecall._statements.limits import lifted
from pgrecall._statements.reembed import reembed
from pgrecall.errors import (
    CollectionNotFoundError,
    DatabaseError,
    InvalidArgumentError,
    OutcomeUnknownError,
    PgRecallError,
)
from pgrecall.models import IndexProgress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation, Steps
    from pgrecall._statements.layout import Stored
    from pgrecall._statements.statement import Statement
    from pgrecall.models import Collection

    Progress = Callable[[IndexProgress], object]

_logger = logging.getLogger("pgrecall")

REWRITTEN = ("storage", "text_search", "title", "text_index")
"""Fields that are in every row."""

PAGE = 2_000
"""Rows taken over in one transaction: some tenths of a second."""


def check_rewritable(old: Stored, wanted: Collection) -> Operation[None]:
    """Raise what a rewrite would end in, before anything is done."""
    name = old.collection.name
    if old.collection.distributed:
        msg = (
            f"collection {name!r} is distributed: its text_search, title and storage cannot be"
            " changed in place, for Citus runs no trigger that notes what is written meanwhile;"
            " load another collection, then rename_collection()"
        )
        raise InvalidArgumentError(msg)
    check_indexes(wanted, dimensions=old.dimensions, metric=old.metric)
    if wanted.text_search is not None:
        yield from check_text_search(old.schema, wanted.text_search)
    may = yield one(statements.may_make(old))
    if not may.rows[0][0]:
        msg = (
            f"this role may not make a table in schema {old.schema!r}, which alter_collection()"
            f" needs for collection {name!r}: nothing was begun; let the schema's owner call it"
        )
        raise DatabaseError(msg, sqlstate="42501")
    added = yield one(statements.added(old))
    if added.rows:
        what = ", ".join(sorted(row[0] for row in added.rows))
        msg = (
            f"the table of collection {name!r} has what the table in its place would not have"
            f" ({what}): take it off, and put it on again after alter_collection()"
        )
        raise InvalidArgumentError(msg)


def rewrite(
    context: Context,
    old: Stored,
    wanted: Collection,
    said: Iterable[str],
    progress: Progress | None,
) -> Operation[None]:
    """Fill a successor and put it in the collection's place.

    Args:
        context: The store's.
        old: The collection.
        wanted: What it is to be.
        said: The fields that were asked for: an index that was not is the one that there is when
            the rows are, whatever others make of it meanwhile.
        progress: Told how far it is.
    """
    yield from check_rewritable(old, wanted)
    name, token = old.collection.name, uuid.uuid4().hex
    wanted = replace(wanted, name=successor_name(name), table_name=None)
    new = yield from begun(context, old, wanted, token, verb=ALTER)
    run = Run(context, old, new, token)
    follows = "index" not in said
    try:
        yield from _copy(run, progress)
        yield from _follow(run)
        yield from _index(run, wanted, progress, follows=follows)
        yield from _follow(run)
    except DatabaseError as error:
        if (error.sqlstate or "")[:2] != "22":  # data exception
            raise
        yield Work(
            lambda: remove_successor(old, new.collection.name), writes=True, transaction=True
        )
        context.forget(old.tenant, new.collection.name)
        msg = f"collection {name!r} stays as it is, for an item does not fit what is wanted"
        raise error.explained(msg) from error
    yield analyzing(run.new)
    run.new = yield from resolve_anew(context, old.tenant, new.collection.name)
    while not (yield from _swap(run, progress, follows=follows)):
        yield from _index(run, wanted, progress, follows=follows)
        yield from _follow(run)
    context.forget(old.tenant, new.collection.name)
    context.calibrations.pop(old.id)
    context.frequencies.pop(old.id)


def _index(
    run: Run, wanted: Collection, progress: Progress | None, *, follows: bool
) -> Operation[None]:
    """Build the index that was asked for, else the one that the collection has by now."""
    if follows:
        now = yield from resolve_anew(run.context, run.old.tenant, run.old.collection.name)
        wanted = replace(wanted, index=now.collection.index)
    yield from index(run, wanted, progress)


def _copy(run: Run, progress: Progress | None) -> Operation[None]:
    counted = yield one(tables.count(run.old))
    there = yield one(tables.count(run.new))
    found = yield one(statements.last(run.new))
    total, done, after = counted.rows[0][0], there.rows[0][0], found.rows[0][0]
    while True:
        page = statements.take_page(run.old, run.new, after, PAGE)
        after, rows = yield from _write(run, [page])
        done += rows
        if progress is not None and rows:
            yield Call(
                progress, (IndexProgress("copying items", done, max(total, done)),), PROGRESS
            )
        if rows < PAGE:
            return


def _follow(run: Run) -> Operation[None]:
    """Follow the notes that there are; those made meanwhile wait."""
    while True:
        noted = yield one(reembed.changes(run.new, PAGE))
        if noted.rows:
            yield from _write(run, list(_followed(run, noted.rows)))
        if len(noted.rows) < PAGE:
            return


def _followed(run: Run, noted: list[tuple[int, str]]) -> Iterator[Statement]:
    yield from statements.take_noted(run.old, run.new, sorted({id_ for _, id_ in noted}))
    yield reembed.forget(run.new, [place for place, _ in noted])


def _write(run: Run, todo: list[Statement]) -> Operation[tuple[str | None, int]]:
    """Write to the successor while no other call has taken over."""

    def body() -> Steps[tuple[str | None, int]]:
        held = yield reembed.hold(run.new, run.token)
        if not held.rows:
            raise taken_over(run.context, run.old)
        yield dialect_of(run.old).set_local(lifted(run.old.server))
        for statement in todo:
            result = yield statement
        return result.rows[0] if result.rows else (None, 0)

    work = Work(body, writes=True, transaction=True)
    return (yield from on_collection(run.context, run.old, work))


def _swap(run: Run, progress: Progress | None, *, follows: bool) -> Operation[bool]:
    """Put the successor in the collection's place; not where that has another index by now."""
    few = FEW
    while True:
        waited: list[float] = []
        try:
            yield from in_turn(run.old, ALTER, _swapping(run, few, waited, follows=follows))
        except _OtherIndexError:
            return False
        except OutcomeUnknownError:
            found = yield one(statements.has_id(run.new))
            if found.rows:
                continue
        if waited:
            break
        few *= 2
        yield from _follow(run)
    seconds = time.monotonic() - waited[0]
    said = f"writers waited {seconds:.3f} s"
    _logger.info("collection %r is altered; its %s", run.old.collection.name, said)
    if progress is not None:
        yield Call(progress, (IndexProgress(said, 1, 1),), PROGRESS)
    return True


class _OtherIndexError(PgRecallError):
    """Another call made another index of the collection, or dropped it."""


def _swapping(run: Run, few: int, waited: list[float], *, follows: bool) -> Work[None]:
    old = run.old

    def body() -> Steps[None]:
        waited.clear()
        yield dialect_of(old).set_local({"lock_timeout": SWAP_TIMEOUT, **lifted(old.server)})
        try:
            now = yield from locked(run.context, old)
        except CollectionNotFoundError as error:
            raise taken_over(run.context, old) from error
        held = yield reembed.hold(run.new, run.token, exclusive=True)
        if not held.rows:
            raise taken_over(run.context, old)
        if follows:
            found = yield registry.lock(run.new)
            new = registry.stored_from(old.schema, old.server, found.rows[0])
            if new.collection.index != now.collection.index:
                raise _OtherIndexError
        began = time.monotonic()
        yield tables.lock_writers_out(old)
        noted = yield reembed.changes(run.new, few + 1)
        if len(noted.rows) > few:
            return
        for statement in _followed(run, noted.rows):
            yield statement
        # readers who are at it end first; those who come later find the new table
        yield tables.lock(old)
        for statement in reembed.stop_noting(run.new):
            yield statement
        yield tables.drop(old)
        yield from _take_place(run, now)
        waited.append(began)

    return Work(body, writes=True, transaction=True)


def _take_place(run: Run, now: Stored) -> Steps[None]:
    deleted = yield registry.delete(now.schema, now.tenant, run.new.collection.name)
    new = registry.stored_from(now.schema, now.server, deleted.rows[0])
    after = replace(now, table_name=next_table_name(now, now.collection.name))
    yield renaming.rename_table(new, after)
    indexes = yield renaming.index_names(after)
    for statement in renaming.rename_indexes(new, after, indexes.rows):
        yield statement
    same = new.collection.index == now.collection.index
    gone = [Kept.MEANWHILE, Kept.WITH_FIELDS, Kept.WITH_TOKENS, Kept.WITH_TABLE]
    gone += [] if same else [Kept.WITH_INDEX]
    measured = without(new.settings, Kept.MEANWHILE, Kept.ALWAYS)
    settings = {**without(now.settings, *gone), **measured}
    yield statements.relaid(now, new, after.table_name, settings)
