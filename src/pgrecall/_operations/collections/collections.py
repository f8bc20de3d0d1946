"""Create, verify, describe, list and drop collections."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from pgrecall._operations.adopted.refusals import refuse_adopted
from pgrecall._operations.collections.checks import asked, checked, verify
from pgrecall._operations.collections.creating import create
from pgrecall._operations.collections.fields import PINS
from pgrecall._operations.collections.pins import Expectation
from pgrecall._operations.context import check_names, check_source, look_up, resolve_anew
from pgrecall._operations.gone import dropped
from pgrecall._operations.indexes.aside import repair_indexes
from pgrecall._operations.items.ahead import check_not_within
from pgrecall._operations.search.checks import checked_limit
from pgrecall._operations.tracing import traced
from pgrecall._operations.work import Work, one
from pgrecall._statements.collections import registry, tables, versions
from pgrecall._statements.collections.settings import Kept, without
from pgrecall._statements.evaluate import reports
from pgrecall._statements.indexes import parts
from pgrecall._statements.reembed import reembed
from pgrecall._values.strings import check_name
from pgrecall.errors import InvalidArgumentError
from pgrecall.indexes import IvfFlat
from pgrecall.models import Collection

if TYPE_CHECKING:
    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation, Steps
    from pgrecall._statements.layout import Stored


@traced("ensure_collection", collection="collection")
def ensure(context: Context, tenant: str, collection: Collection) -> Operation[Collection]:
    """Create a collection, or verify that it is what the caller expects."""
    wanted = checked(context, tenant, collection)
    stored = yield from look_up(context, tenant, wanted.name)
    if stored is None:
        stored = yield from create(context, tenant, wanted)
    verify(stored, asked(wanted))
    context.hold(stored, vectors=False)
    if stored.indexes_pending and not context.is_callers:
        yield from repair_indexes(context, stored)
    context.agree(stored)
    return _own_copy(stored.collection)


def create_missing(context: Context, tenant: str, collection: Collection) -> Operation[None]:
    """Create a collection unless there is one; what is there is left to the next call to verify."""
    wanted = checked(context, tenant, collection)
    if (yield from look_up(context, tenant, wanted.name)) is None:
        yield from create(context, tenant, wanted)


def expectation(context: Context, tenant: str, wanted: Collection) -> Expectation:
    """Say that one caller expects a collection to be as ``wanted`` says.

    Raises:
        InvalidArgumentError: A field cannot be used.
    """
    wanted = checked(context, tenant, wanted)
    fields = asked(wanted)  # once: every call of the caller's is held to them
    said = frozenset(fields).intersection(PINS)
    return Expectation(tenant, wanted.name, partial(verify, wanted=fields), said)


def _own_copy(collection: Collection) -> Collection:
    return replace(collection, fields=dict(collection.fields) if collection.fields else None)


@traced("describe_collection")
def describe(context: Context, tenant: str, name: str) -> Operation[Collection | None]:
    """Give a collection as the registry has it."""
    check_names(tenant, name)
    stored = yield from look_up(context, tenant, name)
    if stored is None:
        return None
    # who reads the pin knows it
    context.agree(context.hold(stored, vectors=False))
    return _own_copy(stored.collection)


@traced("list_collections", collection=None)
def list_(
    context: Context,
    tenant: str,
    *,
    limit: int | None = None,
    after: str | Collection | None = None,
) -> Operation[list[Collection]]:
    """Give a tenant's collections, by name, a page at a time where ``limit`` says so."""
    check_names(tenant, "-")
    if limit is not None:
        limit = checked_limit(limit)
    name = _name_before(after)
    result = yield one(registry.find_all(context.schema, tenant, limit=limit, after=name))
    server = context.ready_server()
    found = [registry.stored_from(context.schema, server, row) for row in result.rows]
    return [stored.collection for stored in found]


def _name_before(after: object) -> str | None:
    """Give the name that a page begins behind."""
    if after is None:
        return None
    name = after.name if isinstance(after, Collection) else after
    if not isinstance(name, str):
        msg = (
            "after must be the last Collection of the page before, or its name, not of type"
            f" {type(name).__name__}"
        )
        raise InvalidArgumentError(msg)
    check_name("after", name, limit=None)
    return name


@traced("drop_collection")
def drop(context: Context, tenant: str, name: str) -> Operation[int]:
    """Remove a collection with its rows."""
    check_names(tenant, name)

    def body() -> Steps[int]:
        result = yield registry.delete(context.schema, tenant, name)
        if not result.rows:
            return 0
        stored = registry.stored_from(context.schema, context.ready_server(), result.rows[0])
        check_source(stored)
        yield from _drop_reports(context, stored)
        return (yield from drop_table(context, stored))

    context.forget(tenant, name)
    removed: int = yield Work(body, writes=True, transaction=True)
    return removed


def _drop_reports(context: Context, stored: Stored) -> Steps[None]:
    """Remove what was kept of a collection whose line is gone, where this role may."""
    has = yield versions.read(context.schema)
    if has.rows[0][1] < reports.SINCE:
        return
    may = yield reports.may_drop(context.schema)
    if may.rows[0][0]:
        yield reports.drop(stored)


def drop_table(context: Context, stored: Stored) -> Steps[int]:
    """Remove the rows of a collection whose line of the registry is gone, and count them."""
    check_not_within(stored)
    context.hold(stored, vectors=False)
    there = yield tables.exists(stored)
    if not there.rows[0][0]:
        return 0
    yield tables.lock(stored)
    counted = yield tables.count(stored)
    yield tables.drop(stored)
    yield from _drop_successor(context, stored)
    return int(counted.rows[0][0])


def _drop_successor(context: Context, stored: Stored) -> Steps[None]:
    # what reembed() left beside the table: functions, notes, and a collection half filled
    for statement in reembed.drop_function(stored):
        yield statement
    if reembed.OF in stored.settings:
        for statement in reembed.stop_noting(stored):
            yield statement
    found = yield reembed.unfinished(stored)
    for (name,) in found.rows:
        deleted = yield registry.delete(context.schema, stored.tenant, name)
        successor = registry.stored_from(context.schema, stored.server, deleted.rows[0])
        for statement in [tables.drop(successor), *reembed.stop_noting(successor)]:
            yield statement


@traced("clear")
def clear(context: Context, tenant: str, name: str) -> Operation[int]:
    """Remove a collection's rows, and what was measured on them; the collection stays."""
    found = yield from resolve_anew(context, tenant, name)
    refuse_adopted(found, "clear")

    def body() -> Steps[int]:
        result = yield registry.lock(found)
        if not result.rows:
            raise dropped(tenant, name)
        stored = registry.stored_from(context.schema, found.server, result.rows[0])
        yield tables.lock(stored)
        counted = yield tables.count(stored)
        yield tables.truncate(stored)
        if isinstance(stored.collection.index, IvfFlat):
            # its lists were learned from rows that are gone
            for statement in tables.drop_ann(stored):
                yield statement
        for statement in parts.drops(stored, parts.names_of(stored)):
            yield statement
        settings = without(stored.settings, Kept.WITH_INDEX, Kept.WITH_ROWS, Kept.WITH_TABLE)
        yield registry.update_index(stored, stored.collection.index, settings)
        return int(counted.rows[0][0])

    removed: int = yield Work(body, writes=True, transaction=True)
    context.calibrations.pop(found.id)
    context.frequencies.pop(found.id)
    yield from look_up(context, tenant, name)
    return removed
