"""The tables of langchain-postgres: PGVector's pair, and PGVectorStore's one for each store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from psycopg import sql

from pgrecall._statements.copying.catalog import EMBEDDINGS
from pgrecall._statements.copying.source import ROW, Column, Source, json_column, json_texts
from pgrecall._statements.names import identifier
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Mapping

_UNCOPIED = {"tsvector", "vector", "halfvec", "sparsevec"}
"""Types that hold what the store computes, not metadata."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a PGVectorStore, with the defaults that it has itself.

    Attributes:
        id: Column of the id.
        content: Column of the text.
        embedding: Column of the vector.
        json: Column of the metadata that has no column of its own; it may be missing.
        metadata: Columns of metadata; None: every other one.
        ignored: Columns to leave out.
    """

    id: str = "langchain_id"
    content: str = "content"
    embedding: str = "embedding"
    json: str = "langchain_metadata"
    metadata: tuple[str, ...] | None = None
    ignored: tuple[str, ...] = ()


def pgvector(schema: str, name: str, uuid: str, columns: Mapping[str, Column]) -> Source:
    """Describe one collection of PGVector; tables older than version 0.0.6 are told by ``uuid``."""
    table = f"{schema}.{EMBEDDINGS}"
    is_old = "id" not in columns
    key = required(columns, "uuid" if is_old else "id", table)
    metadata = required(columns, "cmetadata", table)
    return Source(
        name=name,
        schema=schema,
        table_name=EMBEDDINGS,
        key=key,
        ids=("custom_id", "uuid") if is_old and "custom_id" in columns else (key.name,),
        text=required(columns, "document", table).name,
        embedding=vector_column(columns, "embedding", table),
        metadata=json_column(metadata),
        json_texts=json_texts([metadata]),
        scope=(required(columns, "collection_id", table), uuid),
        later=key.name if is_old else None,
    )


def pgvectorstore(
    schema: str, table_name: str, columns: Mapping[str, Column], wanted: Columns
) -> Source:
    """Describe the table of a PGVectorStore: its columns win over its JSON, as when it reads."""
    table = f"{schema}.{table_name}"
    key = required(columns, wanted.id, table)
    own = [key.name, wanted.content, wanted.embedding, wanted.json]
    if wanted.metadata is None:
        listed = [
            column
            for column in columns.values()
            if column.name not in own and column.kind not in _UNCOPIED
        ]
    else:
        listed = [required(columns, name, table) for name in wanted.metadata]
    for name in wanted.ignored:
        required(columns, name, table)
    listed = [column for column in listed if column.name not in wanted.ignored]
    extra = columns.get(wanted.json)
    parts = [json_column(extra)] if extra else []
    if listed:
        named = [identifier(ROW, column.name) for column in listed]
        # a row of a subquery: functions take 100 arguments, tables have up to 1,600 columns
        parts.append(
            sql.SQL("(SELECT to_jsonb(named) FROM (SELECT {}) AS named)").format(
                sql.SQL(", ").join(named)
            )
        )
    return Source(
        name=table_name,
        schema=schema,
        table_name=table_name,
        key=key,
        ids=(key.name,),
        text=required(columns, wanted.content, table).name,
        embedding=vector_column(columns, wanted.embedding, table),
        metadata=sql.SQL(" || ").join(parts) if parts else sql.SQL("'{}'::jsonb"),
        json_texts=json_texts([*listed, *([extra] if extra else [])]),
        # without a unique index, the row that stands last in the table counts
        later=None if key.is_unique else "ctid",
    )


def required(columns: Mapping[str, Column], name: str, table: str) -> Column:
    """Give a column.

    Raises:
        InvalidArgumentError: There is none; the message names those that there are.
    """
    if name not in columns:
        there = ", ".join(repr(column) for column in columns)
        raise InvalidArgumentError(f"table {table} has no column {name!r}; it has {there}")
    return columns[name]


def vector_column(columns: Mapping[str, Column], name: str, table: str) -> Column:
    """Give a column of vectors.

    Raises:
        InvalidArgumentError: There is none, or it holds something else.
    """
    column = required(columns, name, table)
    if not column.is_vector:
        raise InvalidArgumentError(
            f"column {name!r} of table {table} is of type {column.type}, not vector or halfvec"
        )
    return column
