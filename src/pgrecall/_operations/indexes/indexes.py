"""Build, drop and rebuild a collection's approximate index while others read and write."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from pgrecall._operations.adopted.refusals import refuse_adopted
from pgrecall._operations.context import check_own_transaction, look_up, resolve_anew
from pgrecall._operations.gone import became, dropped
from pgrecall._operations.indexes import promise
from pgrecall._operations.indexes.aside import index_settings, repair_indexes, restore_indexes
from pgrecall._operations.indexes.claims import at_build, carried, claim, forget_claim
from pgrecall._operations.indexes.memory import allowing, in_memory
from pgrecall._operations.search import calibration
from pgrecall._operations.tracing import traced
from pgrecall._operations.work import Build, Work, one
from pgrecall._statements.collections import loaders, registry, tables
from pgrecall._statements.collections.settings import Kept, without
from pgrecall._statements.distributed import dialect_of
from pgrecall._statements.indexes import indexes as statements
from pgrecall.errors import (
    CREATE_INDEX,
    DatabaseError,
    InvalidArgumentError,
    PgRecallError,
)
from pgrecall.indexes import check_index, settled_index

if TYPE_CHECKING:
    from collections.abc import Callable

    from pgrecall._operations.context import Context
    from pgrecall._operations.indexes.memory import Grant
    from pgrecall._operations.work import Operation, Steps
    from pgrecall._statements.layout import Stored
    from pgrecall._statements.statement import Statement
    from pgrecall.indexes import Index
    from pgrecall.models import IndexProgress

SWAP_TIMEOUT, SWAP_TRIES = "200ms", 50
"""How long, and how often, an impatient build waits for readers to put its index in its place."""

BUILD_PATIENCE = "10min"
"""How long such a build waits for one transaction that began before it; it keeps nobody waiting."""

_NO_INDEX = {"42P01", "42704"}  # undefined_table, undefined_object


@traced("create_index")
def create(
    context: Context,
    tenant: str,
    name: str,
    index: Index,
    *,
    progress: Callable[[IndexProgress], object] | None,
    build_memory: int | str | None = None,
    dry_run: bool = False,
) -> Operation[list[str] | None]:
    """Build an index beside the one that is there, then put it in its place.

    Of a table that somebody else made, build one where none serves. Where nothing is to be run, the
    statements are given that would be.
    """
    check_own_transaction(context, "create_index")
    context = allowing(context, build_memory)
    began = time.monotonic()
    stored = yield from resolve_anew(context, tenant, name)
    collection = stored.collection
    check_index(
        index,
        dimensions=stored.dimensions,
        metric=str(stored.metric),
        storage=collection.storage,
    )
    if not isinstance(dry_run, bool):
        msg = f"dry_run must be True or False, not {dry_run!r}"
        raise InvalidArgumentError(msg)
    if stored.adopted is not None:
        from pgrecall._operations.adopted import indexing  # noqa: PLC0415  # rare

        settled = settled_index(index)
        how = partial(watched, patient=True)
        return (
            yield from indexing.create(
                context, stored, settled, watched=how, progress=progress, dry_run=dry_run
            )
        )
    if dry_run:
        return (yield from _statements_of(stored, settled_index(index)))
    if stored.indexes_pending:
        yield from repair_indexes(context, stored)
    with at_build(context) as token:
        yield Work(partial(claim, context, stored, token), writes=True, transaction=True)
        yield from build(context, stored, token, settled_index(index), progress=progress)
    yield from calibration.keep_after(context, tenant, name)
    yield from promise.keep_after(context, tenant, name, began, progress=progress)
    return None


def _statements_of(stored: Stored, index: Index) -> Operation[list[str]]:
    """Write what a build would run, as the server is sent it."""
    wanted = replace(stored, collection=replace(stored.collection, index=index))
    found = yield one(statements.invalid(stored))
    made = tables.create_indexes(stored) if stored.indexes_pending else []
    made += [statements.drop_concurrently(stored, leftover) for (leftover,) in found.rows]
    made.append(statements.create_concurrently(wanted, index))
    made += [statements.drop(stored), statements.rename_new(stored)]
    return [statement.sent()[0] for statement in made]


def build(
    context: Context,
    stored: Stored,
    token: str,
    index: Index,
    *,
    progress: Callable[[IndexProgress], object] | None = None,
    patient: bool = True,
) -> Operation[None]:
    """Build an index that was claimed beside the one that is there, and put it in its place.

    Args:
        context: The store's.
        stored: The collection.
        token: What claimed it.
        index: What to build.
        progress: Told how far it is.
        patient: Wait for readers as long as they take, and let new ones wait too; else give up
            where they let nobody in between them.
    """
    wanted = replace(stored, collection=replace(stored.collection, index=index))
    try:
        if patient:
            yield from sweep(stored)
        beside = partial(_build_beside, wanted, index, token, patient=patient)
        yield from in_memory(context, wanted, beside, progress, alone=True)
        yield from _put_in_place(wanted, index, patient=patient)
    except PgRecallError:
        yield from forget_claim(stored, token)
        raise
    yield from look_up(context, stored.tenant, stored.collection.name)


def _build_beside(
    wanted: Stored, index: Index, token: str, grant: Grant, *, patient: bool
) -> Operation[None]:
    create = statements.create_concurrently(wanted, index)
    try:
        yield carried(watched(grant, create, patient=patient), wanted, token)
    except DatabaseError as error:
        if error.sqlstate == "42P01":  # undefined_table
            raise (yield Work(partial(became, wanted, error))) from error
        if error.sqlstate == "42P07":  # duplicate_table
            told = error.explained(
                f"another call builds an index of collection {wanted.collection.name!r}: call again"
                " when it has ended"
            )
            raise told from error.__cause__
        # what is left of it costs every write, and a full disk its room
        yield from _clean(wanted, patient=patient)
        if error.sqlstate == "40P01":  # deadlock_detected: of who builds or drops without a claim
            told = error.explained(
                "another statement built or dropped an index of collection"
                f" {wanted.collection.name!r} meanwhile: call again"
            )
            raise told from error.__cause__
        raise


def watched(grant: Grant, statement: Statement, *, patient: bool) -> Build:
    """Give a concurrent build with what it needs of its session."""
    settings = statements.session_settings(grant.stored, grant.resources)
    if not patient:
        settings.append(statements.lock_timeout(BUILD_PATIENCE))
    poll = statements.progress(grant.stored)
    return Build(settings, statement, poll, grant.progress, grant.tell, grant.leave_out)


def discard(stored: Stored, name: str) -> Operation[None]:
    """Drop what a build left, if that can be had at once."""

    def body() -> Steps[None]:
        yield dialect_of(stored).set_local({"lock_timeout": SWAP_TIMEOUT})
        yield statements.drop_by_name(stored, name)

    with suppress(PgRecallError):  # the next call of maintain() does it
        yield Work(body, writes=True, transaction=True)


def _clean(wanted: Stored, *, patient: bool) -> Operation[None]:
    if patient:
        with suppress(PgRecallError):  # the next build sweeps as well
            yield from sweep(wanted)
    else:
        yield from discard(wanted, wanted.index_name("ann_new"))


def _put_in_place(wanted: Stored, index: Index, *, patient: bool) -> Operation[None]:
    def swap() -> Steps[None]:
        if not patient:
            yield dialect_of(wanted).set_local({"lock_timeout": SWAP_TIMEOUT})
        found = yield registry.lock(wanted)
        if not found.rows:
            raise dropped(wanted.tenant, wanted.collection.name)
        now = registry.stored_from(wanted.schema, wanted.server, found.rows[0])
        # its table may have been renamed meanwhile, with what was built
        yield statements.drop(now)
        yield statements.rename_new(now)
        kept = without(now.settings, Kept.WITH_INDEX)
        kept.pop(loaders.BUILDER, None)
        yield registry.update_index(wanted, index, {**kept, **index_settings(wanted)})

    tries = 1 if patient else SWAP_TRIES
    while True:
        tries -= 1
        try:
            yield Work(swap, writes=True, transaction=True)
        except PgRecallError as error:
            if tries and isinstance(error, DatabaseError) and error.sqlstate == "55P03":
                continue  # lock_not_available: the readers that waited go first
            yield from _clean(wanted, patient=patient)
            if isinstance(error, DatabaseError) and error.sqlstate in _NO_INDEX:
                told = error.explained(
                    "another call that builds or drops an index of collection"
                    f" {wanted.collection.name!r} removed what this one had built: call again"
                )
                raise told from error.__cause__
            raise
        return


@traced("drop_index")
def drop(context: Context, tenant: str, name: str) -> Operation[None]:
    """Forget the index, then drop it: searches in between are exact."""
    check_own_transaction(context, "drop_index")
    stored = yield from resolve_anew(context, tenant, name)
    refuse_adopted(stored, "drop_index")

    def forget() -> Steps[None]:
        found = yield registry.lock(stored)
        if not found.rows:
            raise dropped(tenant, name)
        # what others have written since they were read stays
        now = registry.stored_from(stored.schema, stored.server, found.rows[0])
        yield registry.update_index(now, None, without(now.settings, Kept.WITH_INDEX))

    yield Work(forget, writes=True, transaction=True)
    yield from look_up(context, tenant, name)
    yield one(statements.drop_concurrently(stored, statements.index_name(stored)), writes=True)
    yield from sweep(stored)


@traced("reindex")
def rebuild(
    context: Context,
    tenant: str,
    name: str,
    *,
    progress: Callable[[IndexProgress], object] | None,
    build_memory: int | str | None = None,
) -> Operation[None]:
    """Build the index anew from the rows that are there now; the old one serves meanwhile."""
    check_own_transaction(context, "reindex")
    context = allowing(context, build_memory)
    stored = yield from resolve_anew(context, tenant, name)
    refuse_adopted(stored, "reindex")
    if stored.indexes_pending:
        # every index is built from the rows that are there, whatever became of the load
        began = time.monotonic()
        yield from restore_indexes(context, stored, progress=progress)
        yield from calibration.keep_after(context, tenant, name)
        yield from promise.keep_after(context, tenant, name, began, progress=progress)
        return
    from pgrecall._operations.alter.renewing import renew  # noqa: PLC0415  # it stands on this file

    index, began = stored.collection.index, time.monotonic()
    if (yield from renew(context, stored, progress)):
        # every index of the table in its place was built anew
        yield from calibration.keep_after(context, tenant, name)
        if index is not None:
            yield from promise.keep_after(context, tenant, name, began, progress=progress)
        return
    if index is None:
        msg = f"collection {name!r} has no index to rebuild: {CREATE_INDEX}"
        raise InvalidArgumentError(msg, advice=CREATE_INDEX)
    yield from create(context, tenant, name, index, progress=progress)


def sweep(stored: Stored) -> Operation[None]:
    """Drop what builds left: it costs every write and serves no search."""
    found = yield one(statements.invalid(stored))
    for (leftover,) in found.rows:
        yield one(statements.drop_concurrently(stored, leftover), writes=True)
