"""The exact vector search."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import sql

from pgrecall._statements.items import condition
from pgrecall._statements.parameters import Parameters
from pgrecall._statements.statement import Statement

if TYPE_CHECKING:
    from pgrecall._statements.layout import Stored
    from pgrecall._vectors import Encoded
    from pgrecall.filters import Filter

# text and metadata of the hits alone leave their rows; "+ 0" keeps an approximate index away
_EXACT = sql.SQL(
    "SELECT id, distance, text, metadata::text, {vector} FROM"
    " (SELECT id, text, metadata, embedding,"
    " (embedding {operator} %(query)s::{type}) + 0 AS distance"
    " FROM {table} WHERE embedding IS NOT NULL AND {where}"
    " ORDER BY distance, id LIMIT %(limit)s) AS hits ORDER BY distance, id"
)


def exact(
    stored: Stored, query: Encoded, limit: int, filter_: Filter | None, *, include_vectors: bool
) -> Statement:
    """Compare the query with every row that matches the filter: recall 1.0."""
    parameters = Parameters()
    where = condition(stored, filter_, parameters)
    vector = sql.SQL("{}(embedding)").format(stored.send_function)
    text = _EXACT.format(
        vector=vector if include_vectors else sql.SQL("NULL"),
        operator=stored.distance_operator,
        type=stored.vector_type,
        table=stored.table,
        where=where,
    )
    values = {**parameters.values, "query": query, "limit": limit}
    # an index on a declared field matches only values known at planning: no generic plan there
    return Statement(text, values, prepare=None if filter_ is None else False)
