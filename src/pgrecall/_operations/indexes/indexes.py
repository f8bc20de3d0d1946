"""Build, drop and rebuild a collection's approximate index while others read and write."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from pgrecall._operations.context import dropped, look_up, resolve_anew
from pgrecall._operations.indexes.aside import index_settings, repair_indexes, restore_indexes
from pgrecall._operations.tracing import traced
from pgrecall._operations.work import Build, Work, one
from pgrecall._statements.collections import registry
from pgrecall._statements.collections.settings import Kept, without
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
    from pgrecall._operations.work import Operation, Steps
    from pgrecall._statements.layout import Stored
    from pgrecall.indexes import Index
    from pgrecall.models import IndexProgress


@traced("create_index")
def create(
    context: Context,
    tenant: str,
    name: str,
    index: Index,
    *,
    progress: Callable[[IndexProgress], object] | None,
) -> Operation[None]:
    """Build an index beside the one that is there, then put it in its place."""
    stored = yield from resolve_anew(context, tenant, name)
    collection = stored.collection
    check_index(
        index,
        dimensions=stored.dimensions,
        metric=str(stored.metric),
        storage=collection.storage,
    )
    index = settled_index(index)
    wanted = replace(stored, collection=replace(collection, index=index))
    if stored.indexes_pending:
        yield from repair_indexes(context, stored)
    yield from _sweep(stored)
    try:
        yield Build(
            settings=statements.session_settings(wanted, wanted.rows),
            statement=statements.create_concurrently(wanted, index),
            poll=statements.progress(wanted),
            progress=progress,
        )
    except DatabaseError as error:
        if error.sqlstate == "42P01":  # undefined_table
            raise dropped(tenant, name, error) from error
        # what is left of it costs every write, and a full disk its room
        if error.sqlstate != "42P07":  # another client builds it
            with suppress(PgRecallError):  # the next build sweeps as well
                yield from _sweep(stored)
        raise

    def swap() -> Steps[None]:
        found = yield registry.lock(wanted)
        if not found.rows:
            raise dropped(tenant, name)
        yield statements.drop(wanted)
        yield statements.rename_new(wanted)
        kept = without(stored.settings, Kept.WITH_INDEX)
        yield registry.update_index(wanted, index, {**kept, **index_settings(wanted)})

    try:
        yield Work(swap, writes=True, transaction=True)
    except PgRecallError:
        with suppress(PgRecallError):  # the next build sweeps as well
            yield from _sweep(stored)
        raise
    yield from look_up(context, tenant, name)


@traced("drop_index")
def drop(context: Context, tenant: str, name: str) -> Operation[None]:
    """Forget the index, then drop it: searches in between are exact."""
    stored = yield from resolve_anew(context, tenant, name)
    kept = without(stored.settings, Kept.WITH_INDEX)
    yield one(registry.update_index(stored, None, kept), writes=True)
    yield from look_up(context, tenant, name)
    yield one(statements.drop_concurrently(stored, statements.index_name(stored)), writes=True)
    yield from _sweep(stored)


@traced("reindex")
def rebuild(
    context: Context,
    tenant: str,
    name: str,
    *,
    progress: Callable[[IndexProgress], object] | None,
) -> Operation[None]:
    """Build the index anew from the rows that are there now; the old one serves meanwhile."""
    stored = yield from resolve_anew(context, tenant, name)
    if stored.indexes_pending:
        # every index is built from the rows that are there, whatever became of the load
        yield from restore_indexes(context, stored)
        return
    index = stored.collection.index
    if index is None:
        msg = f"collection {name!r} has no index to rebuild: {CREATE_INDEX}"
        raise InvalidArgumentError(msg, advice=CREATE_INDEX)
    yield from create(context, tenant, name, index, progress=progress)


def _sweep(stored: Stored) -> Operation[None]:
    # a build that died leaves an invalid index: it costs every write and serves no search
    found = yield one(statements.invalid(stored))
    for (leftover,) in found.rows:
        yield one(statements.drop_concurrently(stored, leftover), writes=True)
