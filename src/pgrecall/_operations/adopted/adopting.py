"""Adopt a table that is there as a collection: look at all of it, then register it."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pgrecall._operations.adopted.asked import asked_of
from pgrecall._operations.adopted.mapping import adopted_from, numbered
from pgrecall._operations.adopted.peers import as_nodes, resolved, with_latest
from pgrecall._operations.adopted.relations import found_relation
from pgrecall._operations.adopted.tokens import checked_text_search, with_tokens
from pgrecall._operations.adopted.uniqueness import check_id
from pgrecall._operations.adopted.vectors import vectors_of
from pgrecall._operations.adopted.writability import check_lockable, check_writable
from pgrecall._operations.collections.configurations import made_without_accents
from pgrecall._operations.context import check_names, look_up
from pgrecall._operations.tracing import traced
from pgrecall._operations.work import Work, one
from pgrecall._statements.adopted import looking
from pgrecall._statements.adopted.columns import fields_of
from pgrecall._statements.adopted.relation import LLAMA_INDEX, scope_written
from pgrecall._statements.adopted.serving import best_index, metric_of
from pgrecall._statements.collections import registry
from pgrecall._statements.layout import derived_table_prefix
from pgrecall._statements.names import qualified_name
from pgrecall._values.strings import check_name
from pgrecall.errors import (
    CollectionConflictError,
    CollectionNotFoundError,
    DatabaseError,
    InvalidArgumentError,
)
from pgrecall.models import Collection, Metric
from pgrecall.models.tables import Table

if TYPE_CHECKING:
    from pgrecall._operations.adopted.asked import Asked
    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation, Steps
    from pgrecall._statements.adopted.adopted import Adopted
    from pgrecall._statements.layout import Stored

_logger = logging.getLogger("pgrecall")

_COMPARED = (
    ("id", "id"),
    ("text", "text"),
    ("vector", "vector"),
    ("metadata", "metadata"),
    ("metadata_json", "json"),
    ("tsvector", "tsvector"),
    ("created_at", "created_at"),
    ("updated_at", "updated_at"),
    ("where", "where"),
    ("writable", "writable"),
)
"""Fields of ``Table``, and what ``Adopted`` calls each."""


@traced("adopt_collection")
def adopt(
    context: Context,
    tenant: str,
    name: str,
    table: Table,
    *,
    embedding_model: str = "",
    metric: Metric | str | None = None,
    text_search: str | None = "english",
) -> Operation[Collection]:
    """Register a table as a collection, unless it is that already; the table stays as it is."""
    check_names(tenant, name)
    if isinstance(table, Table):
        table = yield from resolved(context, table)
    asked = asked_of(table)
    wanted = _checked_metric(metric)
    if embedding_model != "":
        check_name("embedding_model", embedding_model, limit=None)
    text_search = checked_text_search(text_search, tsvector=asked.tsvector)
    relation = yield from found_relation(context, asked.name)
    adopted = adopted_from(asked, relation)
    if table.peer is not None and table.peer.store == LLAMA_INDEX:
        adopted = as_nodes(adopted, relation)
    check_writable(relation, adopted)
    yield from check_lockable(relation, adopted)
    scope = scope_written(context.schema, adopted)
    adopted, text_search = yield from with_tokens(context, relation, adopted, text_search)
    adopted = numbered(adopted, relation)
    server = context.ready_server()
    if adopted.peer is None:
        yield from check_id(server, asked, relation, adopted, scope)
    else:
        adopted = yield from with_latest(server, adopted)
    vectors = yield from vectors_of(server, relation, adopted, scope)
    settled, index = wanted or Metric.COSINE, None
    if vectors is not None:
        settled = wanted or Metric(metric_of(relation, vectors) or Metric.COSINE)
        served = best_index(relation, vectors, settled)
        index = None if served is None else served.index
    collection = Collection(
        name,
        0 if vectors is None else vectors.dimensions,
        embedding_model,
        settled,
        index=index,
        storage="vector" if vectors is None else vectors.storage,
        text_search=text_search,
        fields=fields_of(adopted.metadata) or None,
    )
    found = yield from registered(context, tenant, name)
    if found is None and (yield from _register(context, tenant, collection, adopted)):
        yield from _tell_others(context, tenant, name)
    elif found is None:
        found = yield from registered(context, tenant, name)  # another was quicker
    if found is not None:
        _verify(found, asked, adopted, collection, is_metric_said=wanted is not None)
        yield from _renew(found, adopted)
    stored = yield from look_up(context, tenant, name)
    if stored is None:
        detail = " any more (it was dropped while being adopted)"
        raise CollectionNotFoundError(tenant, name, detail, "call it again")
    context.agree(context.hold(stored, vectors=False))
    fields = stored.collection.fields
    return replace(stored.collection, fields=dict(fields) if fields else None)


def _checked_metric(metric: Metric | str | None) -> Metric | None:
    if metric is None:
        return None
    if metric not in tuple(map(str, Metric)):
        names = ", ".join(repr(str(one)) for one in Metric)
        raise InvalidArgumentError(f"metric={metric!r} is unknown; it can be {names}")
    return Metric(metric)


def registered(context: Context, tenant: str, name: str) -> Operation[Stored | None]:
    """Give what has the name, however its table is."""
    check_names(tenant, name)
    result = yield one(registry.find(context.schema, tenant, name))
    if not result.rows:
        return None
    return registry.stored_from(context.schema, context.ready_server(), result.rows[0])


def _register(
    context: Context, tenant: str, collection: Collection, adopted: Adopted
) -> Operation[bool]:
    """Register the collection with its marker; False where another has the name."""
    prefix = derived_table_prefix(tenant, collection.name)

    def body() -> Steps[bool]:
        if collection.text_search is not None:
            yield from made_without_accents(context.schema, str(collection.text_search))
        insert = registry.insert(
            context.schema, tenant, collection, prefix, source=adopted.to_json()
        )
        result = yield insert
        if not result.rows:
            return False
        *row, _ = result.rows[0]
        yield looking.mark(registry.stored_from(context.schema, context.ready_server(), row))
        return True

    try:
        made: bool = yield Work(body, writes=True, transaction=True)
    except DatabaseError as error:
        if error.sqlstate == "42501":  # insufficient_privilege
            raise error.explained(
                f"adopting {qualified_name(adopted.schema, adopted.name)} writes a row of the"
                f" registry in schema {context.schema!r} and makes an empty table beside it, and"
                " this role may not: a role that may has to adopt it once, then SELECT on both is"
                " enough to read"
            ) from error.__cause__
        if error.sqlstate == "42703":  # undefined_column
            raise error.explained(
                f"the registry in schema {context.schema!r} is of an older version, which knows no"
                " adopted tables: let its owner open a store once with setup=True"
            ) from error.__cause__
        raise
    return made


def _verify(
    found: Stored, asked: Asked, adopted: Adopted, wanted: Collection, *, is_metric_said: bool
) -> None:
    """Raise CollectionConflictError unless what has the name is what would be made."""
    name, there, have = wanted.name, found.adopted, found.collection
    requested = qualified_name(adopted.schema, adopted.name)
    if there is None or (there.schema, there.name) != (adopted.schema, adopted.name):
        raise CollectionConflictError("table_name", have.table_name, requested, name)
    for field, attribute in _COMPARED:
        if field == "tsvector" and asked.tsvector is None:
            continue
        existing, want = (_bare(getattr(of, attribute)) for of in (there, adopted))
        if existing != want:
            raise CollectionConflictError(field, existing, want, name)
    said = ["text_search", "dimensions", "storage", "fields"]
    said += ["metric"] if is_metric_said else []
    said += ["embedding_model"] if wanted.embedding_model else []
    for field in said:
        existing, want = getattr(have, field), getattr(wanted, field)
        if (existing or None) != (want or None):
            raise CollectionConflictError(field, existing, want, name)


def _bare(value: Any) -> Any:
    """Give the names of columns."""
    if isinstance(value, tuple):
        return [one.name for one in value]
    return getattr(value, "name", value)


def _renew(found: Stored, adopted: Adopted) -> Operation[None]:
    """Note the table as it is by now: dumped and restored, it has another OID."""
    there = found.adopted
    if there is None or replace(adopted, tsvector=there.tsvector) == there:
        return
    try:
        yield one(looking.renew(found, replace(adopted, tsvector=there.tsvector)), writes=True)
    except DatabaseError as error:
        if error.sqlstate not in {"42501", "25006"}:  # who may only read, or a replica
            raise


def _tell_others(context: Context, tenant: str, name: str) -> Operation[None]:
    """Warn where two tenants see the same rows: nothing else tells them apart."""
    stored = yield from registered(context, tenant, name)
    if stored is None or stored.adopted is None:
        return
    shared = yield one(looking.others_of(stored, stored.adopted))
    if shared.rows[0][0]:
        _logger.warning(
            "%s is adopted under another tenant too, and both see the same rows: Table(..., where="
            "{...}) would hold each to its own",
            stored.collection.table_name,
        )
