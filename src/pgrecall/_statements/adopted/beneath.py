"""Which index the planner would take for a search of a view."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import sql

from pgrecall._statements.indexes.indexes import distance_by_index
from pgrecall._statements.names import quoted_name
from pgrecall._statements.statement import Statement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall._statements.adopted.columns import TableColumn
    from pgrecall._statements.layout import Stored
    from pgrecall.indexes import Index

_EXPLAINED = sql.SQL(
    "EXPLAIN (FORMAT JSON, VERBOSE) SELECT FROM {items} WHERE {embedding} IS NOT NULL"
    " ORDER BY {distance} LIMIT 10"
)
_INDEX = sql.SQL(
    "SELECT m.amname::text, coalesce(x.reloptions, '{}'), x.reltuples::float8,"
    " i.indpred IS NOT NULL FROM pg_catalog.pg_class AS x"
    " JOIN pg_catalog.pg_index AS i ON i.indexrelid = x.oid"
    " JOIN pg_catalog.pg_am AS m ON m.oid = x.relam"
    " JOIN pg_catalog.pg_namespace AS n ON n.oid = x.relnamespace"
    " WHERE n.nspname = %(schema)s AND x.relname = %(name)s AND m.amname IN ('hnsw', 'ivfflat')"
)


def cast(stored: Stored, column: TableColumn) -> str:
    """Write a vector whose column does not say how long it is, as an index can have it."""
    type_ = f"{quoted_name(stored.server.vector_schema)}.{stored.collection.storage}"
    return f"({quoted_name(column.name)})::{type_}({stored.dimensions})"


def explained(stored: Stored, index: Index) -> Statement:
    """Ask for the plan of a search, written as an index has the vectors."""
    query = _EXPLAINED.format(
        items=stored.items,
        embedding=stored.columns.embedding,
        distance=distance_by_index(stored, index),
    )
    return Statement(query, {"query": f"[{','.join(['1'] * stored.dimensions)}]"})


def settings(names: Sequence[str]) -> Statement:
    """Ask for settings as they are: name and value."""
    query = sql.SQL(
        "SELECT name, pg_catalog.current_setting(name) FROM pg_catalog.unnest(%(names)s::text[])"
        " AS name"
    )
    return Statement(query, {"names": list(names)})


def index(schema: str, name: str) -> Statement:
    """Ask what an approximate index is: method, options, about its rows, whether of some alone."""
    return Statement(_INDEX, {"schema": schema, "name": name})
