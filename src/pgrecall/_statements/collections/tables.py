"""The item table of a collection and its indexes."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from psycopg import sql

from pgrecall._statements import analysis, instants
from pgrecall._statements.collections import textsearch
from pgrecall._statements.distributed import distribute
from pgrecall._statements.expressions import field_expression
from pgrecall._statements.indexes.indexes import definition, index_name, parallel_is_safe
from pgrecall._statements.layout import BM25
from pgrecall._statements.names import identifier, literal, qualified_name
from pgrecall._statements.statement import Statement
from pgrecall.indexes import Hnsw
from pgrecall.sizes import LONG_ROW

if TYPE_CHECKING:
    from pgrecall._statements.layout import Stored

TEXT_STATISTICS = 200
"""ANALYZE keeps the frequencies of ten times as many lexemes, which ranking reads."""


def exists(stored: Stored) -> Statement:
    """Ask whether something of the table's name is there already."""
    query = sql.SQL("SELECT to_regclass(%(name)s) IS NOT NULL")
    return Statement(query, {"name": qualified_name(stored.schema, stored.table_name)})


def check_text_search(name: str) -> Statement:
    """Ask for a text search configuration: false or an error where there is none.

    A number is read as an OID, whether or not there is such a configuration.
    """
    query = sql.SQL(
        "SELECT EXISTS (SELECT FROM pg_catalog.pg_ts_config WHERE oid = %(name)s::text::regconfig)"
    )
    return Statement(query, {"name": name}, prepare=None)


def create(stored: Stored) -> list[Statement]:
    """Create the item table; its secondary indexes come by ``create_indexes``."""
    text_search = stored.config
    columns = stored.columns
    definitions = [
        sql.SQL('{} text COLLATE "C" PRIMARY KEY').format(columns.id),
        sql.SQL("{} text NOT NULL").format(columns.text),
        sql.SQL("{} {}({})").format(
            columns.embedding, stored.vector_type, literal(stored.dimensions)
        ),
        sql.SQL("{} jsonb NOT NULL").format(columns.metadata),
        sql.SQL("{} timestamptz NOT NULL DEFAULT now()").format(columns.created_at),
        sql.SQL("{} timestamptz NOT NULL DEFAULT now()").format(columns.updated_at),
    ]
    if text_search is not None:
        definitions.append(
            sql.SQL("{} tsvector GENERATED ALWAYS AS ({}) STORED").format(
                columns.tsv, analysis.tokens(stored)
            )
        )
    if stored.collection.text_index is not None:
        definitions.append(textsearch.column(stored))
    table = sql.SQL("CREATE TABLE {} ({})").format(stored.table, sql.SQL(", ").join(definitions))
    if stored.longest_row > LONG_ROW:
        kept = sql.SQL("{} WITH (toast_tuple_target = {})")
        table = kept.format(table, literal(stored.longest_row))
    changes = [
        sql.SQL("ALTER COLUMN {} SET STORAGE {}").format(
            columns.embedding, sql.SQL("PLAIN" if stored.is_plain else "EXTERNAL")
        )
    ]
    if text_search is not None:
        changes.append(
            sql.SQL("ALTER COLUMN {} SET STATISTICS {}").format(
                columns.tsv, sql.Literal(TEXT_STATISTICS)
            )
        )
    changed = sql.SQL("ALTER TABLE {} {}").format(stored.table, sql.SQL(", ").join(changes))
    statements = [*functions_needed(stored), Statement(table), Statement(changed)]
    if stored.collection.distributed:
        safe = parallel_is_safe(stored.server.vector_version)
        statements += distribute(stored, parallel_is_safe=safe)
    return statements


def functions_needed(stored: Stored) -> list[Statement]:
    """Take the functions to the workers that the table and its indexes stand on."""
    shared = instants_needed(stored)
    if stored.collection.distributed and stored.analysis is not None:
        shared += analysis.share(stored.schema, stored.analysis)
    return shared


def instants_needed(stored: Stored) -> list[Statement]:
    """Take the function to the workers that indexes on fields of times stand on."""
    if not stored.collection.distributed or "datetime" not in stored.fields.values():
        return []
    # before anything on shards: Citus does it one after the other, and says so where it is too late
    return [instants.share(stored.schema)]


def create_indexes(stored: Stored) -> list[Statement]:
    """Create what secondary indexes are missing."""
    return [
        Statement(
            sql.SQL("CREATE INDEX IF NOT EXISTS {} ON {} {}").format(
                identifier(name), stored.table, definition
            )
        )
        for name, definition in secondary_indexes(stored).items()
    ]


def drop_indexes(stored: Stored) -> list[Statement]:
    """Drop the secondary indexes: a load into an empty collection builds them after its rows."""
    return [
        Statement(sql.SQL("DROP INDEX IF EXISTS {}").format(identifier(stored.schema, name)))
        for name in secondary_indexes(stored)
    ]


def drop_ann(stored: Stored) -> list[Statement]:
    """Drop the approximate index alone: row by row it costs most."""
    drop_index = sql.SQL("DROP INDEX IF EXISTS {}")
    return [Statement(drop_index.format(identifier(stored.schema, index_name(stored))))]


def drop(stored: Stored) -> Statement:
    """Drop the item table."""
    return Statement(sql.SQL("DROP TABLE IF EXISTS {}").format(stored.table))


def truncate(stored: Stored) -> Statement:
    """Remove every row, and give its space back."""
    return Statement(sql.SQL("TRUNCATE {}").format(stored.table))


def lock(stored: Stored) -> Statement:
    """Keep every other client off the table until the transaction ends."""
    return Statement(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(stored.table))


def lock_writers_out(stored: Stored, *, wait: bool = True) -> Statement:
    """Keep other writers off the table until the transaction ends; readers go on."""
    query = sql.SQL("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE{}")
    return Statement(query.format(stored.table, sql.SQL("" if wait else " NOWAIT")))


def lock_builders_out(stored: Stored) -> Statement:
    """Fail where another builds an index, loads or vacuums; readers and writers go on."""
    query = sql.SQL("LOCK TABLE {} IN SHARE UPDATE EXCLUSIVE MODE NOWAIT")
    return Statement(query.format(stored.table))


def lock_rows(stored: Stored) -> Statement:
    """Take the lock that every write takes, before its rows are on their way.

    A server that waits for a lock reads nothing: rows that wait between the two look like a
    server that is gone.
    """
    return Statement(sql.SQL("LOCK TABLE {} IN ROW EXCLUSIVE MODE").format(stored.table))


def count(stored: Stored) -> Statement:
    """Count the rows."""
    return Statement(sql.SQL("SELECT count(*) FROM {}").format(stored.table))


def is_empty(stored: Stored) -> Statement:
    """Ask whether there is no row."""
    return Statement(sql.SQL("SELECT NOT EXISTS (SELECT 1 FROM {})").format(stored.table))


def is_owned(stored: Stored) -> Statement:
    """Ask whether this role may create and drop the table's indexes."""
    query = sql.SQL(
        "SELECT coalesce((SELECT pg_has_role(c.relowner, 'USAGE') FROM pg_catalog.pg_class c"
        " WHERE c.oid = to_regclass(%(name)s)), false)"
    )
    return Statement(query, {"name": qualified_name(stored.schema, stored.table_name)})


def analyze(stored: Stored) -> Statement:
    """Gather the planner's statistics."""
    return Statement(sql.SQL("ANALYZE {}").format(stored.table))


def field_purposes(stored: Stored) -> dict[str, str]:
    """Give the type of each declared field, by what its index is named for."""
    return {_field_purpose(key): kind for key, kind in stored.fields.items()}


def field_indexes(stored: Stored) -> dict[str, sql.Composable]:
    """Give the definition of each declared field's index, by what it is named for."""
    return {
        _field_purpose(key): sql.SQL("(({}))").format(
            field_expression(
                sql.SQL("{}::text").format(literal(key)),
                kind,
                stored.columns.metadata,
                instants.function(stored.schema),
            )
        )
        for key, kind in stored.fields.items()
    }


def _field_purpose(key: str) -> str:
    # the digest tells apart keys whose names are cut or differ by case alone
    return f"field_{hashlib.sha256(key.encode()).hexdigest()[:8]}"


def field_mark(stored: Stored) -> str:
    """Give what is in the name of each index of a declared field, and in no other's."""
    return f"_{stored.id}_field_"


def secondary_indexes(stored: Stored) -> dict[str, sql.Composable]:
    """Give what follows ``CREATE INDEX name ON table``, by the index's name."""
    columns = stored.columns
    indexes: dict[str, sql.Composable] = {
        stored.index_name("metadata"): sql.SQL("USING gin ({} jsonb_path_ops)").format(
            columns.metadata
        ),
    }
    if stored.collection.text_search is not None:
        indexes[stored.index_name("tsv")] = sql.SQL("USING gin ({})").format(columns.tsv)
    if stored.collection.text_index is not None:
        indexes[stored.index_name(BM25)] = textsearch.definition(stored)
    for purpose, definition_ in field_indexes(stored).items():
        indexes[stored.index_name(purpose)] = definition_
    index = stored.collection.index
    # IVFFlat learns its lists from the rows: on an empty table there is nothing to learn
    if isinstance(index, Hnsw) or (index is not None and stored.rows > 0):
        indexes[index_name(stored)] = definition(stored, index)
    return indexes
