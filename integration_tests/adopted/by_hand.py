"""Adopt a table by hand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import psycopg

from pgrecall._statements.adopted.adopted import Adopted
from pgrecall._statements.adopted.columns import TableColumn

if TYPE_CHECKING:
    from pgrecall.models.tables import Table

KINDS = {
    "smallint": "integer",
    "integer": "integer",
    "bigint": "integer",
    "numeric": "numeric",
    "real": "float",
    "double precision": "float",
    "text": "text",
    "character varying": "text",
    "character": "text",
    "uuid": "uuid",
    "boolean": "boolean",
    "date": "date",
    "timestamp without time zone": "timestamp",
    "timestamp with time zone": "timestamptz",
    "json": "json",
    "jsonb": "json",
}


def adopt(dsn: str, tenant: str, name: str, table: Table, *, dimensions: int = 2) -> None:
    """Register a table."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("SET search_path = ''")
        oid, schema, relname = connection.execute(
            "SELECT c.oid, n.nspname, c.relname FROM pg_class c JOIN pg_namespace n"
            " ON n.oid = c.relnamespace WHERE c.oid = %s::regclass",
            [table.name],
        ).fetchone() or ("", "", "")
        found = {
            column: (kind, is_array)
            for column, kind, is_array in connection.execute(
                "SELECT attname, format_type(coalesce(nullif(t.typelem, 0), t.oid), NULL),"
                " t.typelem <> 0 FROM pg_attribute a"
                " JOIN pg_type t ON t.oid = a.atttypid WHERE attrelid = %s AND attnum > 0",
                [oid],
            )
        }

        def column(of: Any) -> Any:
            if of is None:
                return None
            kind, is_array = found[of]
            return TableColumn(of, kind, KINDS.get(kind, "enum"), is_array)

        def columns(of: Any) -> Any:
            return tuple(map(column, [of] if isinstance(of, str) else of or ()))

        vector = column(table.vector)
        adopted = Adopted(
            schema,
            relname,
            oid,
            "table",
            columns(table.id),
            columns(table.text),
            vector,
            True,
            columns(table.metadata),
            column(table.metadata_json),
            table.tsvector,
            column(table.created_at),
            column(table.updated_at),
            None if table.where is None else json.dumps(table.where),
            columns(list(table.where or ())),
            table.writable,
        )
        id_ = connection.execute(
            "INSERT INTO pgrecall.collections (tenant, name, dimensions, embedding_model, metric,"
            " storage, text_search, fields, index, table_name, settings, source)"
            " VALUES (%s, %s, %s, '', 'cosine', %s, 'pg_catalog.english', '{}', NULL, '', '{}', %s)"
            " RETURNING id",
            [
                tenant,
                name,
                dimensions,
                "halfvec" if vector and "halfvec" in vector.type else "vector",
                adopted.to_json(),
            ],
        ).fetchone()
        marker = f"items_{relname.lower()[:20]}_{id_ and id_[0]}"
        connection.execute(
            "UPDATE pgrecall.collections SET table_name = %s WHERE id = %s",
            [marker, id_ and id_[0]],
        )
        connection.execute(f'CREATE TABLE pgrecall."{marker}" ()')
