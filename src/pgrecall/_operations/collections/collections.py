"""Create, verify, describe, list and drop collections."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from functools import partial
from typing import TYPE_CHECKING, Any, get_args

from pgrecall._operations.collections.pins import Expectation, Pin
from pgrecall._operations.context import check_names, dropped, look_up, resolve_anew
from pgrecall._operations.indexes.aside import repair_indexes
from pgrecall._operations.items.ahead import check_not_within
from pgrecall._operations.tracing import traced
from pgrecall._operations.work import Work, one
from pgrecall._statements import distributed
from pgrecall._statements.collections import registry, tables
from pgrecall._statements.layout import (
    MAX_IDENTIFIER_BYTES,
    derived_table_prefix,
    own_table_name,
    qualified_name,
)
from pgrecall._statements.reembed import reembed
from pgrecall._values.conversions import whole_number
from pgrecall._values.rows import check_name
from pgrecall._values.said import said_of
from pgrecall.errors import (
    CollectionConflictError,
    CollectionNotFoundError,
    DatabaseError,
    InvalidArgumentError,
)
from pgrecall.indexes import Index, IvfFlat, check_index, settled_index
from pgrecall.models import Collection, Metric

if TYPE_CHECKING:
    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation, Steps
    from pgrecall._statements.layout import Stored

MAX_DIMENSIONS = 16_000
"""pgvector's limit for vector and halfvec columns."""

# classes of SQLSTATE: no such object or no right to it, no such schema, another database, no number
_ABOUT_NAMES = {"42", "3F", "0A", "22"}
_WHATEVER = ("dimensions", "metric", "table_name")
"""Fields whose None is nothing that a collection could have."""


@traced("ensure_collection", collection="collection")
def ensure(context: Context, tenant: str, collection: Collection) -> Operation[Collection]:
    """Create a collection, or verify that it is what the caller expects."""
    wanted = checked(context, tenant, collection)
    stored = yield from look_up(context, tenant, wanted.name)
    if stored is None:
        stored = yield from _create(context, tenant, wanted)
    _verify(stored, wanted)
    context.hold(stored, vectors=False)
    if stored.indexes_pending:
        yield from repair_indexes(context, stored)
    context.agree(stored)
    return _own_copy(stored.collection)


def create_missing(context: Context, tenant: str, collection: Collection) -> Operation[None]:
    """Create a collection unless there is one; what is there is left to the next call to verify."""
    wanted = checked(context, tenant, collection)
    if (yield from look_up(context, tenant, wanted.name)) is None:
        yield from _create(context, tenant, wanted)


def expectation(context: Context, tenant: str, wanted: Collection) -> Expectation:
    """Say that one caller expects a collection to be as ``wanted`` says.

    Raises:
        InvalidArgumentError: A field cannot be used.
    """
    wanted = checked(context, tenant, wanted)
    said = frozenset(asked(wanted)).intersection(Pin._fields)
    return Expectation(tenant, wanted.name, partial(_verify, wanted=wanted), said)


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
def list_(context: Context, tenant: str) -> Operation[list[Collection]]:
    """Give a tenant's collections, by name."""
    check_names(tenant, "-")
    result = yield one(registry.find_all(context.schema, tenant))
    server = context.ready_server()
    found = [registry.stored_from(context.schema, server, row) for row in result.rows]
    return [stored.collection for stored in found]


@traced("drop_collection")
def drop(context: Context, tenant: str, name: str) -> Operation[int]:
    """Remove a collection with its rows."""
    check_names(tenant, name)

    def body() -> Steps[int]:
        result = yield registry.delete(context.schema, tenant, name)
        if not result.rows:
            return 0
        stored = registry.stored_from(context.schema, context.ready_server(), result.rows[0])
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

    context.forget(tenant, name)
    removed: int = yield Work(body, writes=True, transaction=True)
    return removed


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
        marks = {key: value for key, value in stored.settings.items() if key in reembed.MARKS}
        settings = {**registry.first_settings(stored.collection), **marks}
        yield registry.update_index(stored, stored.collection.index, settings)
        return int(counted.rows[0][0])

    removed: int = yield Work(body, writes=True, transaction=True)
    context.calibrations.pop(found.id)
    context.frequencies.pop(found.id)
    yield from look_up(context, tenant, name)
    return removed


def check_creatable(context: Context, tenant: str, collection: Collection) -> Operation[Collection]:
    """Settle what a collection would be that is not there; dimensions may be unknown yet.

    Raises:
        InvalidArgumentError: This server cannot make one.
    """
    wanted = checked(context, tenant, collection)
    yield from _check_creatable(wanted)
    return replace(wanted, metric=wanted.metric or Metric.COSINE)


def _check_creatable(wanted: Collection) -> Operation[None]:
    _check_index(wanted)
    if wanted.text_search is not None:
        yield from check_text_search(wanted.text_search)
    if wanted.distributed:
        yield from _check_citus()


def _check_index(wanted: Collection) -> None:
    if wanted.index is not None:
        check_index(
            wanted.index,
            dimensions=wanted.dimensions or 0,
            metric=str(wanted.metric or Metric.COSINE),
            storage=wanted.storage,
        )


def _create(context: Context, tenant: str, wanted: Collection) -> Operation[Stored]:
    if wanted.dimensions is None:
        example = f"Collection({wanted.name!r}, dimensions=...)"
        raise CollectionNotFoundError(
            tenant,
            wanted.name,
            ", and creating one needs dimensions",
            f"give ensure_collection() the length of its vectors: {example}",
        )
    yield from _check_creatable(wanted)
    try:
        stored: Stored | None = yield creation(context, tenant, wanted)
    except DatabaseError as error:
        if error.sqlstate not in {"23505", "42P07"}:  # unique_violation, duplicate_table
            raise
        stored = yield from look_up(context, tenant, wanted.name)
        if stored is None:
            taken = "a table of another collection"
            raise CollectionConflictError("table_name", taken, wanted.table_name) from error
        return stored
    if stored is not None:
        if context.conflict(stored, vectors=True) is not None:
            context.agree(stored)  # who made it knows its pin
        return context.remember(stored)
    # another client was quicker
    stored = yield from look_up(context, tenant, wanted.name)
    if stored is None:
        detail = " any more (it was dropped while being created)"
        raise CollectionNotFoundError(tenant, wanted.name, detail, "call it again")
    return stored


def creation(context: Context, tenant: str, wanted: Collection) -> Work[Stored | None]:
    """Register a collection and make its table; None where the name is taken."""
    settled = replace(wanted, metric=wanted.metric or Metric.COSINE)
    _check_index(settled)
    prefix = derived_table_prefix(tenant, wanted.name)

    def body() -> Steps[Stored | None]:
        result = yield registry.insert(context.schema, tenant, settled, prefix)
        if not result.rows:
            return None
        stored = registry.stored_from(context.schema, context.ready_server(), result.rows[0])
        context.hold(stored, vectors=False)
        taken = yield tables.exists(stored)
        if taken.rows[0][0]:
            table = qualified_name(context.schema, stored.table_name)
            raise CollectionConflictError("table_name", f"{table}, not pgrecall's", table)
        for statement in [*tables.create(stored), *tables.create_indexes(stored)]:
            yield statement
        return stored

    return Work(body, writes=True, transaction=True)


def check_text_search(name: str) -> Operation[None]:
    """Raise InvalidArgumentError unless the server has the text search configuration."""
    msg = (
        f"text_search={name!r} is no text search configuration of this server"
        r" (psql's \dF lists them; None searches no text)"
    )
    try:
        found = yield one(tables.check_text_search(name))
    except DatabaseError as error:
        if (error.sqlstate or "")[:2] not in _ABOUT_NAMES:
            raise
        raise InvalidArgumentError(f"{msg}; the server says: {error}") from error
    if not found.rows[0][0]:
        raise InvalidArgumentError(msg)


def _check_citus() -> Operation[None]:
    found = yield one(distributed.is_available())
    if not found.rows[0][0]:
        msg = (
            "distributed=True needs the Citus extension, which this database does not have: install"
            " Citus on the server and its workers and run CREATE EXTENSION citus in each one's"
            " database, or leave distributed=False"
        )
        raise InvalidArgumentError(msg)


def checked(context: Context, tenant: str, collection: Collection) -> Collection:
    """Settle what a collection is asked to be; asks no server.

    Raises:
        InvalidArgumentError: A field cannot be used.
    """
    if not isinstance(collection, Collection):
        msg = f"collection must be a pgrecall.Collection, not {type(collection).__name__}"
        raise InvalidArgumentError(msg)
    check_names(tenant, collection.name)
    _check_choices(collection)
    _check_text("embedding_model", collection.embedding_model)
    if collection.dimensions is not None:
        _check_dimensions(collection.dimensions)
    if collection.text_search is not None:
        check_name("text_search", collection.text_search, limit=MAX_IDENTIFIER_BYTES * 2)
    table_name = collection.table_name
    if table_name is not None:
        check_name("table_name", table_name, limit=None)
        table_name = own_table_name(context.schema, table_name)
        check_name("table_name", table_name, limit=MAX_IDENTIFIER_BYTES)
    settled: dict[str, Any] = {
        "dimensions": whole_number(collection.dimensions),
        "index": settled_index(collection.index),
        "metric": None if collection.metric is None else Metric(collection.metric),
        "fields": _checked_fields(collection.fields),
        "table_name": table_name,
    }
    said = _said(collection)
    return Collection(**{key: settled.get(key, value) for key, value in said.items()})


def asked(collection: Collection) -> dict[str, Any]:
    """Give what is asked of a collection that exists: what was said, unless it says nothing."""
    said = _said(collection)
    return {
        field: value for field, value in said.items() if value is not None or field not in _WHATEVER
    }


def _said(collection: Collection) -> dict[str, Any]:
    """Give what was said of a collection; what a subclass adds is its user's own."""
    own = {field.name for field in fields(Collection)}
    return {field: value for field, value in said_of(collection).items() if field in own}


def _check_choices(collection: Collection) -> None:
    choices: list[tuple[str, object, tuple[object, ...]]] = [
        ("metric", collection.metric, (None, *(str(metric) for metric in Metric))),
        ("storage", collection.storage, ("vector", "halfvec")),
        ("distributed", collection.distributed, (False, True)),
    ]
    for field, value, allowed in choices:
        if value not in allowed:
            names = ", ".join(repr(choice) for choice in allowed if choice is not None)
            msg = f"{field}={value!r} is unknown; it can be {names}"
            raise InvalidArgumentError(msg)
    if collection.index is not None and not isinstance(collection.index, get_args(Index)):
        msg = f"index must be Hnsw(...), IvfFlat(...) or None, not {collection.index!r}"
        raise InvalidArgumentError(msg)


def _check_text(what: str, text: object) -> None:
    if text != "":
        check_name(what, text, limit=None)


def _check_dimensions(dimensions: object) -> None:
    whole = whole_number(dimensions)
    if whole is None or not 1 <= whole <= MAX_DIMENSIONS:
        msg = f"dimensions={dimensions!r} must be a whole number from 1 to {MAX_DIMENSIONS:,}"
        raise InvalidArgumentError(msg)


def _checked_fields(fields: Mapping[str, str] | None) -> dict[str, str] | None:
    if fields is None:
        return None
    if not isinstance(fields, Mapping):
        msg = f'fields must be a mapping such as {{"page": "number"}}, not {type(fields).__name__}'
        raise InvalidArgumentError(msg)
    for key, kind in fields.items():
        check_name("a key of fields", key, limit=MAX_DIMENSIONS)
        if kind not in {"number", "text"}:
            msg = f"fields[{key!r}]={kind!r} is unknown; it can be 'number' or 'text'"
            raise InvalidArgumentError(msg)
    return dict(fields) or None


def _verify(stored: Stored, wanted: Collection) -> None:
    existing = stored.collection
    for field, want in asked(wanted).items():
        if field == "index":  # create_index changes it
            continue
        have = stored.table_name if field == "table_name" else getattr(existing, field)
        if have != want:
            raise CollectionConflictError(field, have, want, existing.name)
