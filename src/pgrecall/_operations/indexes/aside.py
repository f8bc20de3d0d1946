"""Indexes that a load puts aside, and who brings them back.

A load notes in the registry that it is at work: by its store's token, and by a server session of
its own, which is gone when its process is. So what is left of a load that died can be told from
one that goes on, without a lock that anybody would wait for.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from pgrecall._operations.context import look_up, rows_anywhere
from pgrecall._operations.gone import dropped
from pgrecall._operations.indexes.memory import granted, in_memory
from pgrecall._operations.on_table import on_collection
from pgrecall._operations.work import Work, one, unhurried
from pgrecall._statements.collections import loaders, registry, tables
from pgrecall._statements.collections.settings import Kept, without
from pgrecall._statements.distributed import dialect_of
from pgrecall._statements.indexes import indexes, parts
from pgrecall._statements.statement import Heard
from pgrecall.errors import DatabaseError, PgRecallError
from pgrecall.indexes import IvfFlat, lists_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pgrecall._operations.context import Context
    from pgrecall._operations.indexes.memory import Grant
    from pgrecall._operations.work import Operation, Steps
    from pgrecall._statements.layout import Stored
    from pgrecall._statements.statement import Result, Statement
    from pgrecall.models import IndexProgress

LOCK_TIMEOUT, TRIES = "200ms", 3
"""How long, and how often, dropping an index waits for readers: new readers wait behind it."""

# lock_not_available, insufficient_privilege, read_only_sql_transaction
_NOT_NOW = {"55P03", "42501", "25006"}


@contextmanager
def at_work(context: Context, stored: Stored) -> Iterator[None]:
    """Know that a load of this store fills a collection."""
    mark = object()
    context.loading[id(mark)] = stored.id
    try:
        yield
    finally:
        del context.loading[id(mark)]


def put_aside(
    context: Context, stored: Stored, drops: Callable[[Stored], Sequence[Statement]]
) -> Operation[bool]:
    """Drop an empty collection's indexes for a load, where this role may; tell whether it did.

    Where readers keep a lock on them, they stay, and are brought up to date row by row.
    """
    for _ in range(TRIES):
        work = _putting_aside(context, stored, drops)
        try:
            return (yield from on_collection(context, stored, work, vectors=True))
        except DatabaseError as error:
            if error.sqlstate != "55P03":  # lock_not_available
                raise
    work = _putting_aside(context, stored, lambda _: ())
    return (yield from on_collection(context, stored, work, vectors=True))


def _putting_aside(
    context: Context, stored: Stored, drops: Callable[[Stored], Sequence[Statement]]
) -> Work[bool]:
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
        yield loaders.set_indexes_pending(stored, pending=True)
        yield loaders.note_loader(stored, context.token)
        if doomed := drops(stored):
            doomed = [*doomed, *parts.drops(now, parts.names_of(now))]
            yield dialect_of(stored).set_local({"lock_timeout": LOCK_TIMEOUT})
            for statement in doomed:
                yield statement
        return True

    return Work(body, writes=True, transaction=True)


def go_on(context: Context, stored: Stored) -> list[Statement]:
    """Say that the load goes on, where the session that said so is gone; of a load's own batch."""
    return [loaders.note_loader(stored, context.token, unless_alive=True)]


def give_up(context: Context, stored: Stored) -> Operation[None]:
    """Say, where the database takes it, that the load has ended and left its indexes aside."""
    with suppress(PgRecallError):  # the database is in trouble as it is
        yield one(loaders.forget_loader(stored, context.token), writes=True)


def restore_indexes(
    context: Context,
    stored: Stored,
    *,
    analyze: bool = True,
    progress: Callable[[IndexProgress], object] | None = None,
) -> Operation[None]:
    """Build the secondary indexes that a load put aside; readers go on meanwhile."""

    def body(grant: Grant) -> Steps[Grant]:
        found = yield registry.lock(stored)
        if not found.rows:
            raise dropped(stored.tenant, stored.collection.name)
        now = registry.stored_from(stored.schema, stored.server, found.rows[0])
        yield tables.lock_writers_out(now)
        return (yield from _build(context, now, grant))

    def build(grant: Grant) -> Operation[None]:
        done: Grant = yield Work(partial(body, grant), writes=True, transaction=True)
        yield from done.tell_later()

    yield from in_memory(context, stored, build, progress)
    yield from _after(context, stored, analyze=analyze)


def repair_indexes(
    context: Context, stored: Stored, *, turn: Statement | None = None
) -> Operation[bool]:
    """Restore what a load that died put aside, where this role may; wait for nobody.

    Args:
        context: The store's.
        stored: The collection.
        turn: Asks in the same transaction whether it may go on.

    Returns:
        Whether the indexes are back: not where the role does not own the table, or a load is at
        work, or something would have to be waited for.
    """

    def build(grant: Grant) -> Operation[bool]:
        body = partial(_repairing, context, stored, turn, grant)
        done: bool = yield Work(body, writes=True, transaction=True)
        return done

    try:
        repaired = yield from in_memory(context, stored, build)
    except DatabaseError as error:
        if error.sqlstate not in _NOT_NOW:
            raise
        return False
    if repaired:
        yield from _after(context, stored, analyze=True)
    return repaired


def _repairing(
    context: Context, stored: Stored, turn: Statement | None, grant: Grant
) -> Steps[bool]:
    if turn is not None:
        taken = yield turn
        if not taken.rows[0][0]:
            return False
    if (yield from is_at_work(context, stored)):
        return False
    owned = yield tables.is_owned(stored)
    if not owned.rows[0][0]:
        return False
    found = yield registry.lock(stored, wait=False)
    if not found.rows:
        return False
    yield tables.lock_writers_out(stored, wait=False)
    # a load may have begun in between
    if (yield from is_at_work(context, stored)):
        return False
    now = registry.stored_from(stored.schema, stored.server, found.rows[0])
    if now.indexes_pending:
        yield from _build(context, now, grant)
    return True


def is_at_work(context: Context, stored: Stored) -> Steps[bool]:
    """Tell whether a load fills the collection whose indexes are aside."""
    result = yield loaders.loader(stored)
    for token, alive, _, _ in result.rows:
        if token == context.token:
            return stored.id in list(context.loading.values())
        return bool(alive)
    return False


def _build(context: Context, now: Stored, before: Grant) -> Steps[Grant]:
    now = yield from rows_anywhere(now)
    # by the rows that there are, which are the load's
    parallel = before.resources.parallel
    grant = yield from granted(context, now, before.progress, parallel=parallel)
    yield indexes.build_settings(now, grant.resources)
    for statement in tables.create_indexes(now):
        yield Heard(statement.sql, tell=grant.note)
    # the index is another one, of other rows: what was measured on the one before is gone
    settings = {**without(now.settings, Kept.WITH_INDEX), **index_settings(now)}
    yield registry.update_index(now, now.collection.index, settings)
    yield loaders.set_indexes_pending(now, pending=False)
    return grant


def _after(context: Context, stored: Stored, *, analyze: bool) -> Operation[None]:
    if analyze:
        yield from on_collection(context, stored, analyzing(stored))
    yield from look_up(context, stored.tenant, stored.collection.name)


def analyzing(stored: Stored) -> Work[Result]:
    """Let the planner learn about a table that was filled, however long that takes."""
    if stored.collection.distributed:
        return one(tables.analyze(stored), writes=True)
    return unhurried(stored.server, tables.analyze(stored), writes=True)


def index_settings(stored: Stored) -> dict[str, Any]:
    """Note what an IVFFlat index learned from: it ages as rows come."""
    index = stored.collection.index
    if not isinstance(index, IvfFlat) or stored.rows <= 0:
        return {}
    lists = index.lists or lists_for(stored.rows)
    return {"lists": lists, "rows_at_build": round(stored.rows)}
