"""The registry of collections: the statements that read and change it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from psycopg import sql

from pgrecall._statements.adopted.adopted import read_adopted
from pgrecall._statements.collections import declared
from pgrecall._statements.layout import (
    NUMBER_BYTES,
    PAGE_BYTES,
    ROW_BYTES,
    Stored,
    configuration,
    estimated_rows,
    text_search_of,
)
from pgrecall._statements.names import identifier, literal, qualified_name, quoted_name
from pgrecall._statements.rendered import rendered
from pgrecall._statements.statement import Statement
from pgrecall.indexes import (
    fields_from_json,
    index_from_json,
    index_to_json,
    kinds_of,
)
from pgrecall.models import Collection, Metric

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pgrecall._statements.layout import Server
    from pgrecall.indexes import Index

FORMER_NAMES, MOST_FORMER = "former_names", 20
"""Key of a collection's settings for the names that it had, the last so many."""


_COLUMNS = sql.SQL(
    "id, tenant, name, dimensions, embedding_model, metric, storage, text_search,"
    " fields::text, index::text, table_name, settings::text, indexes_pending, {rows}, {source},"
    " {analysis}"
)

# a registry that is older lacks the column, and may be migrated between two calls
_SOURCE = sql.SQL("(pg_catalog.to_jsonb(collections) -> 'source')::text")

# what the table was made with, and not what somebody said of it: a client that does not know of it
# may have put another table in its place
_ANALYSIS = sql.SQL(
    "(SELECT max(substr(p.proname::text, 10)::int) FROM"
    # OFFSET 0 keeps the order: of what depends on the function there is one for each collection
    " (SELECT a.oid, c.relnamespace FROM pg_catalog.pg_class AS c"
    " JOIN pg_catalog.pg_attrdef AS a ON a.adrelid = c.oid"
    " WHERE c.relname = table_name AND c.relnamespace = (SELECT r.relnamespace"
    " FROM pg_catalog.pg_class AS r WHERE r.oid = collections.tableoid) OFFSET 0) AS made"
    " CROSS JOIN LATERAL (SELECT d.refobjid FROM pg_catalog.pg_depend AS d"
    " WHERE d.classid = 'pg_catalog.pg_attrdef'::regclass AND d.objid = made.oid"
    " AND d.refclassid = 'pg_catalog.pg_proc'::regclass OFFSET 0) AS used"
    " JOIN pg_catalog.pg_proc AS p ON p.oid = used.refobjid AND p.pronamespace = made.relnamespace"
    " WHERE p.proname ~ '^analysis_[0-9]+$')"
)

_ROWS = sql.SQL(
    "coalesce((SELECT {estimate} FROM pg_catalog.pg_class c"
    " JOIN pg_catalog.pg_namespace s ON s.oid = c.relnamespace"
    " WHERE s.nspname = {schema} AND c.relname = table_name), 0)::float8"
)

_WITHOUT_ROWS = _COLUMNS.format(rows=sql.SQL("0::float8"), source=_SOURCE, analysis=_ANALYSIS)


def find(schema: str, tenant: str, name: str) -> Statement:
    """Read one collection's row."""
    return Statement(_find(schema), {"tenant": tenant, "name": name}, prepare=None)


@rendered
def _find(schema: str) -> sql.Composable:
    return sql.SQL("SELECT {} FROM {} WHERE tenant = %(tenant)s AND name = %(name)s").format(
        _columns(schema), _registry(schema)
    )


def find_all(
    schema: str, tenant: str, *, limit: int | None = None, after: str | None = None
) -> Statement:
    """Read a tenant's rows, by name; their tables, which somebody may have locked, are left alone.

    So the rows of each are not estimated: they come as 0.

    Args:
        schema: The store's schema.
        tenant: The tenant.
        limit: Rows at most; None for every one.
        after: The name before the first one; None begins with the first of all.
    """
    return _listed(schema, _WITHOUT_ROWS, tenant, limit, after)


def find_every(
    schema: str, tenant: str | None = None, *, limit: int | None = None, after: str | None = None
) -> Statement:
    """Read the rows of a tenant, or of all, by tenant and name, with about how many items each has.

    Args:
        schema: The store's schema.
        tenant: The tenant; None for all.
        limit: Rows at most; None for every one.
        after: The name before the first one, where there is a tenant.
    """
    return _listed(schema, _columns(schema), tenant, limit, after)


def table_names(schema: str) -> Statement:
    """Read the names of every collection's table."""
    return Statement(sql.SQL("SELECT table_name FROM {}").format(_registry(schema)))


def _listed(
    schema: str, columns: sql.Composed, tenant: str | None, limit: int | None, after: str | None
) -> Statement:
    # in the order of the index on both: what comes before the page is not read
    wanted = {"tenant": (tenant, "tenant = %(tenant)s"), "after": (after, "name > %(after)s")}
    said = {name: one for name, one in wanted.items() if one[0] is not None}
    conditions = sql.SQL(" AND ").join(sql.SQL(condition) for _, condition in said.values())
    query = sql.SQL("SELECT {} FROM {}{} ORDER BY tenant, name{}").format(
        columns,
        _registry(schema),
        sql.SQL(" WHERE {}").format(conditions) if said else sql.SQL(""),
        sql.SQL("" if limit is None else " LIMIT %(limit)s"),
    )
    values: dict[str, Any] = {name: value for name, (value, _) in said.items()}
    if limit is not None:
        values["limit"] = limit
    return Statement(query, values, prepare=None)


def insert(
    schema: str,
    tenant: str,
    collection: Collection,
    prefix: str,
    *,
    textsearch_schema: str | None = None,
    source: str | None = None,
) -> Statement:
    """Claim (tenant, name): a row comes back to the one client that creates the collection.

    A derived table name ends with the row's id: no other collection, and no earlier one of the
    same name, ever had it. Behind the row comes whether something of the table's name is there.

    Args:
        schema: The store's schema.
        tenant: The tenant.
        collection: What it is.
        prefix: How a derived table name begins.
        textsearch_schema: The schema of the extension that ranks its texts, where one does.
        source: What table of somebody else's it stands on, as JSON; the registry is of version 3
            then, or later.
    """
    named = {} if source is None else {"source": source}
    return Statement(
        _insert(schema, adopts=source is not None),
        {
            "tenant": tenant,
            "name": collection.name,
            "dimensions": collection.dimensions,
            "embedding_model": collection.embedding_model,
            "metric": str(collection.metric),
            "storage": collection.storage,
            "text_search": configuration(schema, collection.text_search),
            "fields": json.dumps(kinds_of(collection.fields)),
            "index": index_to_json(collection.index),
            "table_name": collection.table_name,
            "prefix": prefix,
            "settings": json.dumps(declared.first_settings(collection, textsearch_schema)),
            "registry": qualified_name(schema, "collections"),
            "schema": quoted_name(schema),
            **named,
        },
        prepare=None,
    )


@rendered
def _insert(schema: str, *, adopts: bool) -> sql.Composable:
    # an older registry has no such column
    column, value = (", source", ", %(source)s::jsonb") if adopts else ("", "")
    return sql.SQL(
        "INSERT INTO {registry} (id, tenant, name, dimensions, embedding_model, metric, storage,"
        " text_search, fields, index, table_name, settings{column})"
        " SELECT next.id, %(tenant)s, %(name)s, %(dimensions)s, %(embedding_model)s, %(metric)s,"
        " %(storage)s, %(text_search)s, %(fields)s::jsonb, %(index)s::jsonb,"
        " coalesce(%(table_name)s::text, %(prefix)s::text || '_' || next.id), %(settings)s::jsonb"
        "{value} FROM (SELECT nextval(pg_get_serial_sequence(%(registry)s, 'id')) AS id) AS next"
        " ON CONFLICT (tenant, name) DO NOTHING RETURNING {columns}, to_regclass("
        "%(schema)s::text || '.' || pg_catalog.quote_ident(table_name)) IS NOT NULL"
    ).format(
        registry=_registry(schema),
        columns=_WITHOUT_ROWS,
        column=sql.SQL(column),
        value=sql.SQL(value),
    )


def delete(schema: str, tenant: str, name: str) -> Statement:
    """Remove one collection's row and give it back."""
    query = sql.SQL(
        "DELETE FROM {} WHERE tenant = %(tenant)s AND name = %(name)s RETURNING {}"
    ).format(_registry(schema), _columns(schema))
    return Statement(query, {"tenant": tenant, "name": name})


def rename(stored: Stored, name: str, table_name: str) -> Statement:
    """Give a collection another name; its former ones are kept, to tell who asks for them."""
    before = stored.collection.name
    kept = stored.settings.get(FORMER_NAMES)
    names = kept if isinstance(kept, list) else ()
    former = [one for one in names if isinstance(one, str) and one not in {before, name}]
    query = sql.SQL(
        "UPDATE {} SET name = %(name)s, table_name = %(table)s,"
        " settings = settings || %(former)s::jsonb WHERE id = %(id)s"
    ).format(_registry(stored.schema))
    noted = json.dumps({FORMER_NAMES: [*former, before][-MOST_FORMER:]})
    return Statement(query, {"name": name, "table": table_name, "former": noted, "id": stored.id})


def renamed(schema: str, tenant: str, name: str) -> Statement:
    """Ask what a collection is called now that was called so before."""
    query = sql.SQL(
        "SELECT name FROM {} WHERE tenant = %(tenant)s AND settings -> %(key)s::text ? %(name)s"
        " ORDER BY id DESC LIMIT 1"
    ).format(_registry(schema))
    return Statement(query, {"tenant": tenant, "key": FORMER_NAMES, "name": name})


def still_named(stored: Stored) -> Statement:
    """Fail as for a table that is not there unless the item table is this collection's as it was.

    After a statement on the table, in its transaction: what holds the table's lock keeps it.
    """
    query = sql.SQL(
        "SELECT CASE WHEN NOT EXISTS (SELECT FROM {} WHERE id = %(id)s AND table_name = %(table)s"
        " AND name = %(name)s AND storage = %(storage)s"
        " AND text_search IS NOT DISTINCT FROM %(text_search)s) THEN %(gone)s::text::regclass END"
    ).format(_registry(stored.schema))
    gone = qualified_name(stored.schema, f"collection {stored.id}, which was dropped")
    expected = {
        "table": stored.table_name,
        "name": stored.collection.name,
        "storage": stored.kept_as or stored.collection.storage,
        "text_search": stored.config,
    }
    return Statement(query, {"id": stored.id, **expected, "gone": gone})


def lock(stored: Stored, *, wait: bool = True) -> Statement:
    """Read one collection's row and keep others from changing it."""
    query = sql.SQL("SELECT {} FROM {} WHERE id = %(id)s FOR UPDATE{}").format(
        _columns(stored.schema), _registry(stored.schema), sql.SQL("" if wait else " NOWAIT")
    )
    return Statement(query, {"id": stored.id})


def stored_from(schema: str, server: Server, row: Sequence[Any]) -> Stored:
    """Read a row of the registry."""
    (id_, tenant, name, dimensions, model, metric, storage) = row[:7]
    (text_search, fields, index, table_name, settings_text, pending, rows) = row[7:14]
    source, analysis = row[14:]
    settings = json.loads(settings_text)
    settings = settings if isinstance(settings, dict) else {}
    of = json.loads(source) if source else None
    adopted = None if of is None else read_adopted(of)
    named = (schema, table_name) if adopted is None else (adopted.schema, adopted.name)
    return Stored(
        id=id_,
        tenant=tenant,
        collection=Collection(
            name,
            dimensions or None,  # an adopted table may have no vectors
            model,
            Metric(metric),
            index=index_from_json(index),
            storage=storage,
            text_search=text_search_of(schema, text_search),
            fields=fields_from_json(json.loads(fields), settings.get(declared.HOT_FIELDS)) or None,
            table_name=qualified_name(*named),
            **declared.read(settings),
        ),
        schema=schema,
        table_name=table_name,
        server=server,
        settings=settings,
        indexes_pending=pending,
        rows=rows,
        source=of,
        analysis=analysis,
    )


def update_index(stored: Stored, index: Index | None, settings: Mapping[str, Any]) -> Statement:
    """Note which approximate index the collection has, and how to search it."""
    query = sql.SQL(
        "UPDATE {} SET index = %(index)s::jsonb, settings = %(settings)s::jsonb WHERE id = %(id)s"
    ).format(_registry(stored.schema))
    values = {"index": index_to_json(index), "settings": json.dumps(dict(settings))}
    return Statement(query, {**values, "id": stored.id})


def set_target(stored: Stored, target: float) -> Statement:
    """Note which recall is to be reached; an effort that was measured for another goes."""
    query = sql.SQL(
        "UPDATE {} SET settings = (settings - %(gone)s::text[]) || %(new)s::jsonb WHERE id = %(id)s"
    ).format(_registry(stored.schema))
    gone = ["ef_search", "probes", "tuned_k", "tuned_target", "measured"]
    return Statement(
        query, {"gone": gone, "new": json.dumps({declared.TARGET: target}), "id": stored.id}
    )


def update_settings(stored: Stored, settings: Mapping[str, Any], *, wait: bool = True) -> Statement:
    """Add to how a collection is searched, for every client.

    Args:
        stored: The collection.
        settings: What to add.
        wait: Wait for another who changes the row; else leave it as it is.
    """
    query = sql.SQL(
        "UPDATE {registry} SET settings = settings || %(new)s::jsonb WHERE id = {which}"
    ).format(
        registry=_registry(stored.schema),
        which=sql.SQL("%(id)s")
        if wait
        else sql.SQL("(SELECT id FROM {} WHERE id = %(id)s FOR UPDATE SKIP LOCKED)").format(
            _registry(stored.schema)
        ),
    )
    return Statement(query, {"new": json.dumps(dict(settings)), "id": stored.id})


def _columns(schema: str) -> sql.Composed:
    guess = sql.SQL("{} / (dimensions * {} + {})").format(
        literal(float(PAGE_BYTES)), literal(NUMBER_BYTES), literal(ROW_BYTES)
    )
    rows = _ROWS.format(estimate=estimated_rows(guess), schema=literal(schema))
    return _COLUMNS.format(rows=rows, source=_SOURCE, analysis=_ANALYSIS)


def _registry(schema: str) -> sql.SQL:
    return identifier(schema, "collections")
