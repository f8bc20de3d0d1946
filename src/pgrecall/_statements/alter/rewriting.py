"""Statements that take rows over to a table of another layout, and put it in place of the old."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from psycopg import sql

from pgrecall._statements.collections.tables import field_mark, secondary_indexes
from pgrecall._statements.indexes.indexes import index_name
from pgrecall._statements.indexes.parts import hot_mark
from pgrecall._statements.names import identifier, qualified_name
from pgrecall._statements.statement import Statement
from pgrecall.indexes import index_to_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pgrecall._statements.layout import Stored

_MADE = ("tsv", "analysed")
_WRITTEN = ("text", "embedding", "metadata", "created_at", "updated_at")


def last(new: Stored) -> Statement:
    """Give the last id that was taken over; they come in order."""
    return Statement(sql.SQL("SELECT max({}) FROM {}").format(new.columns.id, new.table))


def take_page(old: Stored, new: Stored, after: str | None, rows: int) -> Statement:
    """Take over the rows that follow an id; gives the last one's id and how many there were."""
    # by the key alone: joined with a page of ids, the planner reads the whole table a page
    source = old.columns.of("o")
    query = sql.SQL(
        "WITH taken AS ({taken} WHERE {start} ORDER BY {o.id} LIMIT %(rows)s {conflict}"
        " RETURNING {existing.id} AS id) SELECT max(id), count(*) FROM taken"
    ).format(
        **source.holes,
        **new.columns.of("existing").holes,
        start=sql.SQL("true" if after is None else "{} > %(after)s").format(source.id),
        taken=_taken(old, new),
        conflict=_conflict(new),
    )
    return Statement(query, {"rows": rows} if after is None else {"rows": rows, "after": after})


def take_noted(old: Stored, new: Stored, ids: Sequence[str]) -> list[Statement]:
    """Do to the new table what was done to rows of the old one."""
    taken = sql.SQL(
        "{taken} WHERE {o.id} = ANY(%(ids)s::text[]) ORDER BY {o.id} {conflict}"
    ).format(**old.columns.of("o").holes, taken=_taken(old, new), conflict=_conflict(new))
    gone = sql.SQL(
        "DELETE FROM {new} AS n WHERE {n.id} = ANY(%(ids)s::text[])"
        " AND NOT EXISTS (SELECT FROM {old} AS o WHERE {o.id} = {n.id})"
    ).format(**old.columns.of("o").holes, **new.columns.of("n").holes, old=old.table, new=new.table)
    return [Statement(query, {"ids": list(ids)}) for query in (taken, gone)]


def _taken(old: Stored, new: Stored) -> sql.Composed:
    source = old.columns.of("o")
    given = [
        source.id,
        source.text,
        sql.SQL("{}::{}").format(source.embedding, new.vector_type),
        source.metadata,
        source.created_at,
        source.updated_at,
    ]
    return sql.SQL("INSERT INTO {} AS existing ({}, {}) SELECT {} FROM {} AS o").format(
        new.table,
        new.columns.id,
        new.columns.listed(*_WRITTEN),
        sql.SQL(", ").join(given),
        old.table,
    )


def _conflict(new: Stored) -> sql.Composed:
    return sql.SQL("ON CONFLICT ({}) DO UPDATE SET {}").format(
        new.columns.id, new.columns.assigned("excluded", *_WRITTEN)
    )


def may_make(stored: Stored) -> Statement:
    """Ask whether this role may make a table in the schema."""
    query = sql.SQL("SELECT pg_catalog.has_schema_privilege(%(schema)s, 'CREATE')")
    return Statement(query, {"schema": stored.schema})


def added(stored: Stored) -> Statement:
    """Name what somebody else put on the table, which a new one would not have."""
    query = sql.SQL(
        "WITH t AS (SELECT to_regclass(%(table)s) AS oid)"
        " SELECT 'column ' || a.attname::text FROM pg_catalog.pg_attribute a, t"
        " WHERE a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped"
        " AND a.attname <> ALL(%(columns)s::text[])"
        " UNION ALL SELECT 'index ' || c.relname::text FROM pg_catalog.pg_index i"
        " JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid, t WHERE i.indrelid = t.oid"
        " AND NOT i.indisprimary AND c.relname <> ALL(%(indexes)s::text[]) AND i.indisvalid"
        # what a call of ours left that died, or is at it
        " AND position(%(fields)s in c.relname) = 0 AND position(%(hot)s in c.relname) = 0"
        " UNION ALL SELECT 'trigger ' || g.tgname::text FROM pg_catalog.pg_trigger g, t"
        " WHERE g.tgrelid = t.oid AND NOT g.tgisinternal AND g.tgname !~ '^reembed_[0-9]+_'"
        " UNION ALL SELECT 'constraint ' || k.conname::text FROM pg_catalog.pg_constraint k, t"
        " WHERE (k.conrelid = t.oid OR k.confrelid = t.oid) AND k.contype IN ('f', 'c', 'u', 'x')"
        " UNION ALL SELECT DISTINCT 'view ' || v.oid::regclass::text FROM t"
        " JOIN pg_catalog.pg_depend d ON d.refobjid = t.oid"
        " AND d.refclassid = 'pg_catalog.pg_class'::regclass"
        " AND d.classid = 'pg_catalog.pg_rewrite'::regclass"
        " JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid"
        " JOIN pg_catalog.pg_class v ON v.oid = r.ev_class AND v.oid <> t.oid"
        " UNION ALL SELECT 'publication ' || p.pubname::text FROM pg_catalog.pg_publication_rel l"
        " JOIN pg_catalog.pg_publication p ON p.oid = l.prpubid, t WHERE l.prrelid = t.oid"
        " UNION ALL SELECT 'right on column ' || a.attname::text FROM pg_catalog.pg_attribute a, t"
        " WHERE a.attrelid = t.oid AND a.attacl IS NOT NULL AND NOT a.attisdropped"
        " UNION ALL SELECT 'setting ' || pg_catalog.unnest(c.reloptions)"
        " FROM pg_catalog.pg_class c, t"
        " WHERE c.oid = t.oid"
        " UNION ALL SELECT 'row-level security' FROM pg_catalog.pg_class c, t"
        " WHERE c.oid = t.oid AND c.relrowsecurity"
    )
    columns = [getattr(stored.columns, name).as_string() for name in ("id", *_MADE, *_WRITTEN)]
    ours = [*secondary_indexes(stored), index_name(stored), stored.index_name("ann_new")]
    table = qualified_name(stored.schema, stored.table_name)
    marks = {"fields": field_mark(stored), "hot": hot_mark(stored)}
    return Statement(query, {"table": table, "columns": columns, "indexes": ours, **marks})


def too_long(stored: Stored, keys: Sequence[str], limit: int) -> Statement:
    """Name some items whose text under one of the keys is longer than its index takes."""
    metadata = stored.columns.metadata
    query = sql.SQL(
        "SELECT {id}, one.key, octet_length({metadata} ->> one.key) FROM {table},"
        " pg_catalog.unnest(%(keys)s::text[]) AS one (key)"
        " WHERE jsonb_typeof({metadata} -> one.key) = 'string'"
        " AND octet_length({metadata} ->> one.key) > %(limit)s::int ORDER BY 1 LIMIT 3"
    ).format(id=stored.columns.id_text(), metadata=metadata, table=stored.table)
    return Statement(query, {"keys": list(keys), "limit": limit})


def relaid(stored: Stored, new: Stored, table_name: str, settings: Mapping[str, Any]) -> Statement:
    """Note that a collection stands on another table, of another layout, from here on."""
    query = sql.SQL(
        "UPDATE {} SET table_name = %(table)s, storage = %(storage)s,"
        " text_search = %(text_search)s, fields = %(fields)s::jsonb, index = %(index)s::jsonb,"
        " settings = %(settings)s::jsonb, indexes_pending = false WHERE id = %(id)s"
    ).format(identifier(stored.schema, "collections"))
    values = {
        "table": table_name,
        "storage": new.collection.storage,
        "text_search": new.config,
        "fields": json.dumps(dict(new.fields)),
        "index": index_to_json(new.collection.index),
        "settings": json.dumps(dict(settings)),
    }
    return Statement(query, {**values, "id": stored.id})


def has_id(stored: Stored) -> Statement:
    """Ask whether a collection is in the registry still."""
    query = sql.SQL("SELECT id FROM {} WHERE id = %(id)s").format(
        identifier(stored.schema, "collections")
    )
    return Statement(query, {"id": stored.id})
