"""What tables of other vector stores a database has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg import sql

from pgrecall._statements.copying.source import Column
from pgrecall._statements.names import identifier
from pgrecall._statements.statement import Statement

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

COLLECTIONS, EMBEDDINGS = "langchain_pg_collection", "langchain_pg_embedding"
"""The tables of langchain-postgres' PGVector."""

SHOWN_TABLES = 20

_UNIQUE = sql.SQL(
    "EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND i.indisunique"
    " AND i.indisvalid AND i.indpred IS NULL AND i.indnkeyatts = 1 AND i.indkey[0] = a.attnum)"
)

_TABLES = sql.SQL(
    " FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid"
    " WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped"
)


def columns(schema: str, table_name: str) -> Statement:
    """Ask for a table's columns, in order; none where there is no such table."""
    query = sql.SQL(
        "SELECT a.attname::text, pg_catalog.format_type(a.atttypid, -1), a.atttypmod, a.attnotnull,"
        " {}{} AND n.nspname = %(schema)s AND c.relname = %(table)s ORDER BY a.attnum"
    ).format(_UNIQUE, _TABLES)
    return Statement(query, {"schema": schema, "table": table_name})


def read_columns(rows: Iterable[Sequence[Any]]) -> dict[str, Column]:
    """Read the rows of ``columns``, by name."""
    found = {}
    for name, type_, modifier, required, unique in rows:
        plain = Column(name, type_, None, required, unique)
        known = plain.is_vector and modifier > 0
        found[name] = Column(name, type_, modifier if known else None, required, unique)
    return found


def tables_with(names: Sequence[str], own_schema: str) -> Statement:
    """Ask for the tables that have a vector's column and all of the named ones, by name."""
    query = sql.SQL(
        "SELECT n.nspname::text, c.relname::text{} AND n.nspname <> %(own)s"
        " GROUP BY 1, 2"
        " HAVING array_agg(a.attname::text) @> %(names)s::text[] AND bool_or("
        " pg_catalog.format_type(a.atttypid, -1) ~ '(^|[.])\"?(vector|halfvec)\"?$')"
        " ORDER BY 1, 2 LIMIT %(limit)s"
    ).format(_TABLES)
    return Statement(query, {"own": own_schema, "names": list(names), "limit": SHOWN_TABLES})


def schemas_of(table_name: str) -> Statement:
    """Ask in which schemas a table of this name is."""
    query = sql.SQL(
        "SELECT DISTINCT n.nspname::text{} AND c.relname = %(table)s ORDER BY 1"
    ).format(_TABLES)
    return Statement(query, {"table": table_name})


def pgvector_collections(schema: str) -> Statement:
    """Read the name and the key of each of PGVector's collections, by name."""
    query = sql.SQL("SELECT name::text, uuid::text FROM {} ORDER BY name").format(
        identifier(schema, COLLECTIONS)
    )
    return Statement(query)
