"""Bulk loading by COPY; an empty collection's indexes are built after its rows."""

from __future__ import annotations

import time
from collections.abc import Sized
from typing import TYPE_CHECKING

from pgrecall._operations.adopted.refusals import refuse_adopted
from pgrecall._operations.context import resolve
from pgrecall._operations.indexes import promise
from pgrecall._operations.indexes.aside import at_work, give_up, go_on, put_aside, restore_indexes
from pgrecall._operations.indexes.memory import allowing
from pgrecall._operations.items.items import (
    DEFAULT_BATCH,
    moved,
    reading_ahead,
    upsert_batch,
    write_batches,
    write_several,
)
from pgrecall._operations.moved import MovedError
from pgrecall._operations.on_table import on_collection
from pgrecall._operations.search import calibration
from pgrecall._operations.tracing import traced
from pgrecall._operations.work import Work
from pgrecall._statements.collections import tables
from pgrecall._statements.distributed import dialect_of
from pgrecall._statements.items import items as statements
from pgrecall._statements.limits import lifted
from pgrecall._statements.statement import Many
from pgrecall.errors import DatabaseError, PgRecallError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from pgrecall._operations.context import Context
    from pgrecall._operations.items.ahead import ReadAhead
    from pgrecall._operations.work import Operation, Steps
    from pgrecall._statements.layout import Stored
    from pgrecall._statements.statement import Statement
    from pgrecall._values.rows import Batch
    from pgrecall.models import Item


MANY_ROWS = 100_000
"""Rows of one load from which its own ANALYZE is worth its time, which is that of 20,000 rows and
grows no more from 60,000 on: below, autovacuum's comes within a minute.
"""


@traced("load")
def load(
    context: Context,
    tenant: str,
    name: str,
    items: Iterable[Item],
    *,
    progress: Callable[[int], object] | None,
    clean: bool = False,
    keep_times: bool = False,
    build_memory: int | str | None = None,
) -> Operation[int]:
    """Insert or replace items in bulk, a transaction a batch.

    The collection stays readable throughout. A load that dies leaves its committed batches and
    a note in the registry; the next ``load``, ``create_index`` or ``reindex`` builds the indexes,
    and so do ``ensure_collection`` and ``maintain`` where they need not wait.
    """
    context = allowing(context, build_memory)
    stored = yield from resolve(context, tenant, name, vectors=True)
    refuse_adopted(stored, "load")
    with at_work(context, stored):
        return (
            yield from _load(context, stored, items, progress, clean=clean, times=bool(keep_times))
        )


def _load(
    context: Context,
    stored: Stored,
    items: Iterable[Item],
    progress: Callable[[int], object] | None,
    *,
    clean: bool,
    times: bool,
) -> Operation[int]:
    began = time.monotonic()
    # with a second batch, every index is sooner built at the end than kept
    all_aside = isinstance(items, Sized) and len(items) > DEFAULT_BATCH
    drops = tables.drop_indexes if all_aside else tables.drop_ann
    stored, deferred = yield from _put_aside(context, stored, drops)
    written = 0
    ahead = reading_ahead(context, stored, items, DEFAULT_BATCH, clean=clean, times=times)

    def write(batch: Batch) -> Operation[int]:
        nonlocal written, stored, all_aside
        try:
            if deferred and written and not all_aside:
                all_aside = True
                yield from put_aside(context, stored, tables.drop_indexes)
            before = go_on(context, stored) if deferred else []
            if stored.kept_as is not None:  # what is read is encoded for another table
                yield from upsert_batch(context, stored, batch, ahead)
            else:
                work = _load_batch(stored, batch, ahead, before, times=times)
                yield from on_collection(context, stored, work, vectors=True)
        except MovedError:
            stored = yield from moved(context, stored)
            yield from upsert_batch(context, stored, batch, ahead)
        written += len(batch)
        return len(batch)

    try:
        yield from write_batches(ahead, write, progress)
    except Exception as error:
        # a database in trouble is left alone: the note in the registry stays for the next call
        if deferred and (isinstance(error, ValueError) or not isinstance(error, PgRecallError)):
            yield from _restored(context, stored, written)
        elif deferred and isinstance(error, DatabaseError):
            yield from give_up(context, stored)
        raise
    if deferred:
        yield from _restored(context, stored, written)
    tenant, name = stored.tenant, stored.collection.name
    yield from calibration.keep_after(context, tenant, name, written)
    yield from promise.keep_after(context, tenant, name, began, written=written)
    return written


def _restored(context: Context, stored: Stored, written: int) -> Operation[None]:
    """Build the indexes behind the rows; an error tells how many of these are stored."""
    try:
        yield from restore_indexes(context, stored, analyze=written >= MANY_ROWS)
    except PgRecallError as error:
        error.written = written
        raise


def _put_aside(
    context: Context, stored: Stored, drops: Callable[[Stored], Sequence[Statement]]
) -> Operation[tuple[Stored, bool]]:
    # dropped in a transaction of the caller's, they would be missed, and waited for, until its end
    if context.is_callers:
        return stored, False
    try:
        return stored, (yield from put_aside(context, stored, drops))
    except MovedError:
        now = yield from resolve(context, stored.tenant, stored.collection.name, vectors=True)
        return now, (yield from put_aside(context, now, drops))


def _load_batch(
    stored: Stored,
    batch: Batch,
    ahead: ReadAhead[Batch],
    before: Sequence[Statement],
    *,
    times: bool,
) -> Work[None]:
    def body() -> Steps[None]:
        # the lock makes the look-up true until COMMIT: COPY cannot meet an id twice
        lock, look = (
            tables.lock_writers_out(stored),
            statements.any_present(stored, batch.id_array()),
        )
        settings = {"enable_seqscan": "off", **lifted(stored.server)}
        # after the lock: waiting for others is as long as the role may
        results = yield Many([*before, lock, dialect_of(stored).set_local(settings), look])
        # COPY has no words for a time that is the database's to say
        if results[-1].rows[0][0] or not batch.has_all_times:
            yield from write_several(stored, batch, ahead)
        else:
            yield statements.copy(stored, _copied(batch, ahead), times=times)

    return Work(body, writes=True, transaction=True)


def _copied(batch: Batch, ahead: ReadAhead[Batch]) -> Iterator[bytes]:
    for block in batch.copy_blocks():
        yield block
        ahead.read()
