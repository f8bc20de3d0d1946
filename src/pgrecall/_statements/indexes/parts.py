"""The indexes of hot values: which values have many rows, and an index on the rows of one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from psycopg import sql

from pgrecall._statements import instants
from pgrecall._statements.distributed import dialect_of
from pgrecall._statements.expressions import field_expression
from pgrecall._statements.indexes.indexes import definition, drop_by_name, index_name
from pgrecall._statements.names import identifier, literal, qualified_name
from pgrecall._statements.parts import HOT, Part
from pgrecall._statements.statement import Statement

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pgrecall._statements.layout import Stored
    from pgrecall.indexes import Hot

COUNTED_ROWS = 100_000
"""Rows up to which all are counted; of more, about so many pages' rows stand for them."""

_JSON_TYPES = {"text": "string", "boolean": "boolean"}
_TYPES = {"text": "text", "number": "numeric", "boolean": "boolean"}

# one that has no index yet, and one that keeps its own as long as half of its rows are there
_COUNT = sql.SQL(
    "SELECT value::text, rows FROM (SELECT {field} AS value, count(*)::float8 * {weight} AS rows"
    " FROM {table}{sample} WHERE {embedding} IS NOT NULL GROUP BY 1) AS counted"
    " WHERE value IS NOT NULL AND rows > %(least)s::float8 ORDER BY rows DESC, value::text"
    " LIMIT %(most)s"
)
_RECOUNT = sql.SQL(
    "SELECT value::text, count(*)::float8 FROM (SELECT {field} AS value FROM {table}"
    " WHERE {embedding} IS NOT NULL AND {field} = ANY(%(values)s::{type}[])) AS counted GROUP BY 1"
)


def index_test(stored: Stored, part: Part) -> sql.Composable:
    """Write what is true of the rows of a part, the same words in its index and in each search.

    Every write asks this of every part. What ``part_test`` says takes four times as long.
    """
    if part.kind == "number":  # which has many spellings
        return part_test(stored, part)
    text = sql.SQL("{} ->> {}::text").format(stored.columns.metadata, literal(part.field))
    member = sql.SQL("{} -> {}::text").format(stored.columns.metadata, literal(part.field))
    return sql.SQL('({}) COLLATE "C" = {}::text AND jsonb_typeof({}) = {}').format(
        text, literal(part.value), member, literal(_JSON_TYPES[part.kind])
    )


def part_test(stored: Stored, part: Part) -> sql.Composable:
    """Write the same by the field's own expression, whose index finds the rows."""
    return sql.SQL("{} = {}::{}").format(
        _expression(stored, part.field, part.kind),
        literal(part.value),
        sql.SQL(_TYPES[part.kind]),
    )


def is_sampled(stored: Stored) -> bool:
    """Tell whether ``count`` looks at some rows of many."""
    return stored.table_rows > COUNTED_ROWS


def count(stored: Stored, field: str, hot: Hot) -> Statement:
    """Count the rows of each value of a field that may be worth an index, the most first."""
    weight, sample, margin = 1.0, sql.SQL(""), 1
    if is_sampled(stored):
        weight, margin = stored.table_rows / COUNTED_ROWS, 2
        percent = literal(min(100.0, 100.0 / weight))
        sample = sql.SQL(f" {dialect_of(stored).any_sample.format(percent=percent).as_string()}")
    query = _COUNT.format(
        field=_expression(stored, field, hot.kind),
        weight=literal(weight),
        table=stored.table,
        sample=sample,
        embedding=stored.columns.embedding,
    )
    return Statement(query, {"least": hot.rows / (2 * margin), "most": 2 * margin * hot.most})


def recount(stored: Stored, field: str, hot: Hot, values: Iterable[str]) -> Statement:
    """Count every row of some values of a field; a value without rows is left out."""
    query = _RECOUNT.format(
        field=_expression(stored, field, hot.kind),
        table=stored.table,
        embedding=stored.columns.embedding,
        type=sql.SQL(_TYPES[hot.kind]),
    )
    return Statement(query, {"values": list(values)})


def may_read(stored: Stored) -> Statement:
    """Ask whether this role may read the table."""
    query = sql.SQL(
        "SELECT coalesce(pg_catalog.has_table_privilege(to_regclass(%(table)s), 'SELECT'), false)"
    )
    return Statement(query, {"table": stored.holder})


def create_concurrently(stored: Stored) -> Statement:
    """Build the index of a part while others read and write; in no transaction."""
    assert stored.part is not None  # noqa: S101  # the caller made it one
    query = sql.SQL("CREATE INDEX CONCURRENTLY {} ON {} {} WHERE {}").format(
        identifier(index_name(stored)),
        stored.table,
        definition(stored, stored.part.index),
        index_test(stored, stored.part),
    )
    return Statement(query)


def hot_mark(stored: Stored) -> str:
    """Give what is in the name of each index of a hot value, and in no other's."""
    return f"_{stored.id}_hot_"


def note(stored: Stored) -> Statement:
    """Tell every client of a part's index, if it is there and valid: the row comes back then."""
    assert stored.part is not None  # noqa: S101  # the caller made it one
    query = sql.SQL(
        "UPDATE {} SET settings = settings || jsonb_build_object(%(key)s::text,"
        " coalesce(settings -> %(key)s::text, '{{}}') || %(part)s::jsonb)"
        " WHERE id = %(id)s AND table_name = %(table_name)s AND EXISTS (SELECT FROM"
        " pg_catalog.pg_index i WHERE i.indexrelid = to_regclass(%(index)s) AND i.indisvalid)"
        " RETURNING id"
    ).format(identifier(stored.schema, "collections"))
    part = json.dumps({stored.part.purpose: stored.part.settings()})
    values = {"key": HOT, "part": part, "id": stored.id, "table_name": stored.table_name}
    index = qualified_name(stored.schema, index_name(stored))
    return Statement(query, {**values, "index": index})


def forget(stored: Stored, purposes: Sequence[str]) -> Statement:
    """Tell every client that some parts have no index any more."""
    query = sql.SQL(
        "UPDATE {} SET settings = settings || jsonb_build_object(%(key)s::text,"
        " coalesce(settings -> %(key)s::text, '{{}}') - %(gone)s::text[]) WHERE id = %(id)s"
    ).format(identifier(stored.schema, "collections"))
    return Statement(query, {"key": HOT, "gone": list(purposes), "id": stored.id})


def is_valid(stored: Stored) -> Statement:
    """Ask whether a part's index is there and valid: a row comes back then."""
    query = sql.SQL(
        "SELECT FROM pg_catalog.pg_index WHERE indexrelid = to_regclass(%(index)s) AND indisvalid"
    )
    return Statement(query, {"index": qualified_name(stored.schema, index_name(stored))})


def names_of(stored: Stored) -> dict[str, Part]:
    """Give the parts that every client knows of, by the name of the index."""
    return {stored.index_name(part.purpose): part for part in stored.parts.values()}


def drops(stored: Stored, names: Iterable[str]) -> list[Statement]:
    """Forget and drop some indexes of hot values, in one transaction."""
    mark = hot_mark(stored)
    doomed = {name: f"hot_{name.rpartition(mark)[2]}" for name in names}
    if not doomed:
        return []
    gone = [drop_by_name(stored, name) for name in doomed]
    return [forget(stored, [*doomed.values()]), *gone]


def _expression(stored: Stored, field: str, kind: str) -> sql.Composable:
    return field_expression(
        sql.SQL("{}::text").format(literal(field)),
        kind,
        stored.columns.metadata,
        instants.function(stored.schema),
    )
