"""Bulk loading by COPY; an empty collection's indexes are built after its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrecall._operations.collections import restore_indexes
from pgrecall._operations.context import on_collection, resolve
from pgrecall._operations.items import DEFAULT_BATCH, upserts, write_batches
from pgrecall._operations.tracing import traced
from pgrecall._operations.work import Work
from pgrecall._statements import items as statements
from pgrecall._statements import registry, tables
from pgrecall._statements.distributed import dialect_of
from pgrecall._statements.limits import lifted
from pgrecall._statements.statement import Many
from pgrecall.errors import PgRecallError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from pgrecall._operations.ahead import ReadAhead
    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation, Steps
    from pgrecall._rows import Batch
    from pgrecall._statements.layout import Stored
    from pgrecall._statements.statement import Statement
    from pgrecall.models import Item


MANY_ROWS = 50_000
"""Rows of one load from which building every index at the end beats keeping them, and from which
its own ANALYZE is worth its time: below, autovacuum's comes within a minute, and moves what GIN
has put off.
"""


@traced("load")
def load(
    context: Context,
    tenant: str,
    name: str,
    items: Iterable[Item],
    *,
    progress: Callable[[int], object] | None,
) -> Operation[int]:
    """Insert or replace items in bulk, a transaction a batch.

    The collection stays readable throughout. A load that dies leaves its committed batches and
    a note in the registry; the next ``load`` or ``ensure_collection`` builds the indexes.
    """
    stored = yield from resolve(context, tenant, name)
    deferred = yield from on_collection(context, stored, put_aside(stored, tables.drop_ann))
    written = 0

    def write(context: Context, stored: Stored, batch: Batch, ahead: ReadAhead) -> Operation[None]:
        nonlocal written
        yield from on_collection(context, stored, _load_batch(stored, batch, ahead))
        if deferred and written < MANY_ROWS <= written + len(batch):
            yield from on_collection(context, stored, put_aside(stored, tables.drop_indexes))
        written += len(batch)

    try:
        yield from write_batches(context, stored, items, DEFAULT_BATCH, progress, write)
    except Exception as error:
        # a database in trouble is left alone: the note in the registry stays for the next call
        if deferred and (isinstance(error, ValueError) or not isinstance(error, PgRecallError)):
            yield from restore_indexes(context, stored, analyze=written >= MANY_ROWS)
        raise
    if deferred:
        yield from restore_indexes(context, stored, analyze=written >= MANY_ROWS)
    return written


def put_aside(stored: Stored, drops: Callable[[Stored], Sequence[Statement]]) -> Work[bool]:
    """Drop an empty collection's indexes for a load, where this role may; tell whether it did."""

    def body() -> Steps[bool]:
        owned = yield tables.is_owned(stored)
        if not owned.rows[0][0]:
            return False
        # the registry's row first, as a drop does: neither waits for the other in a circle
        found = yield registry.lock(stored)
        if not found.rows:
            return False
        yield tables.lock_writers_out(stored)
        now = registry.stored_from(stored.schema, stored.server, found.rows[0])
        result = yield tables.is_empty(stored)
        if not result.rows[0][0] and not now.indexes_pending:
            return False
        yield registry.set_indexes_pending(stored, pending=True)
        for statement in drops(stored):
            yield statement
        return True

    return Work(body, writes=True, transaction=True)


def _load_batch(stored: Stored, batch: Batch, ahead: ReadAhead) -> Work[None]:
    def body() -> Steps[None]:
        # the lock makes the look-up true until COMMIT: COPY cannot meet an id twice
        lock, look = (
            tables.lock_writers_out(stored),
            statements.any_present(stored, batch.id_array()),
        )
        settings = {"enable_seqscan": "off", **lifted(stored.server)}
        # after the lock: waiting for others is as long as the role may
        results = yield Many([lock, dialect_of(stored).set_local(settings), look])
        if results[-1].rows[0][0]:
            yield Many(upserts(stored, batch, ahead))
        else:
            yield statements.copy(stored, _copied(batch, ahead))

    return Work(body, writes=True, transaction=True)


def _copied(batch: Batch, ahead: ReadAhead) -> Iterator[bytes]:
    for block in batch.copy_blocks():
        yield block
        ahead.read()
