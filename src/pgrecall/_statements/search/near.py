"""A search whose query is the mean of stored vectors: computed where they are, in its statement."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from psycopg import sql

from pgrecall._statements.names import identifier
from pgrecall._statements.rendered import rendered, replaced
from pgrecall._statements.statement import Statement
from pgrecall.models import Metric

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall._statements.layout import Stored
    from pgrecall.filters import Filter

_NEAR, _AWAY = sql.SQL("%(near)s::text[]"), sql.SQL("%(away)s::text[]")
_QUERY = "query"
_OF_EXAMPLES = "(SELECT query FROM examples)"

# no query, no rows: the search does not begin then
_SEARCH = sql.SQL(
    "WITH examples AS MATERIALIZED ({examples}) SELECT found.* FROM ({search}) AS found"
    " WHERE (SELECT query FROM examples) IS NOT NULL"
)
_EXAMPLES = sql.SQL(
    "SELECT CASE WHEN is_whole{directed} THEN query END AS query FROM"
    " (SELECT {query} AS query, {whole} AS is_whole FROM {means}) AS computed"
)
# pgvector's avg fails where it combines what two workers, or shards, have of no row: the rows come
# to one place first
_MEAN = sql.SQL(
    "(SELECT {schema}.avg(vector) AS mean, count(*) AS vectors FROM (SELECT {vector} AS vector"
    " FROM pg_catalog.unnest({ids}) AS asked (id) JOIN {table} AS item ON {item.id = asked.id}"
    " WHERE {item.embedding} IS NOT NULL OFFSET 0) AS vectors) AS {name}"
)
_MISSING = sql.SQL(
    "SELECT asked.id::text, {item.id} IS NOT NULL FROM pg_catalog.unnest({ids}) WITH ORDINALITY"
    " AS asked (id, place) LEFT JOIN {table} AS item ON {item.id = asked.id}"
    " WHERE {item.embedding} IS NULL ORDER BY asked.place"
)


@dataclass(frozen=True, slots=True)
class Examples:
    """Stored items whose vectors make a query.

    Attributes:
        near: Ids that the query is the mean of.
        away: Ids whose mean it is moved away from.
        within: The caller's filter, without what leaves the examples out.
    """

    near: tuple[str, ...]
    away: tuple[str, ...]
    within: Filter | None

    @property
    def values(self) -> dict[str, object]:
        """Give what their statements bind."""
        values: dict[str, object] = {"near": list(self.near)}
        return values | {"away": list(self.away)} if self.away else values


def asked_by(stored: Stored, statement: Statement) -> Statement:
    """Give a search as it is, or, where examples stand for its query, one that computes it."""
    examples = statement.parameters.get("query")
    if not isinstance(examples, Examples):
        return statement
    text = statement.sql.decode() if isinstance(statement.sql, bytes) else statement.sql.as_string()
    values = {name: value for name, value in statement.parameters.items() if name != "query"}
    return replace(
        statement,
        sql=_search(stored, text, bool(examples.away)),
        parameters=values | examples.values,
    )


@rendered
def _search(stored: Stored, search: str, has_away: bool) -> sql.Composable:
    return _SEARCH.format(
        examples=_examples(stored, has_away=has_away),
        search=sql.SQL(replaced(search, {_QUERY: _OF_EXAMPLES})),
    )


def query_of(stored: Stored, examples: Examples) -> Statement:
    """Compute the query alone, in binary form; NULL where there is none."""
    return Statement(_query_of(stored, bool(examples.away)), examples.values)


@rendered
def _query_of(stored: Stored, has_away: bool) -> sql.Composable:
    return sql.SQL("SELECT {}(query::{}) FROM ({}) AS examples").format(
        stored.send_function, stored.vector_type, _examples(stored, has_away=has_away)
    )


def without_vectors(stored: Stored, ids: Sequence[str]) -> Statement:
    """Find the ids that have no vector, in their order, and whether the item is there."""
    return Statement(_without_vectors(stored), {"ids": list(ids)})


@rendered
def _without_vectors(stored: Stored) -> sql.Composable:
    columns = stored.columns.of("item")
    ids = columns.as_id(sql.SQL("%(ids)s::text[]"))
    return _MISSING.format(**columns.holes, ids=ids, table=stored.relation)


def _examples(stored: Stored, *, has_away: bool) -> sql.Composable:
    schema = identifier(stored.server.vector_schema)
    names = ("near", "away") if has_away else ("near",)
    query = sql.SQL("near.mean")
    if has_away:
        query = sql.SQL("near.mean {plus} (near.mean {minus} away.mean)").format(
            plus=sql.SQL("OPERATOR({}.+)").format(schema),
            minus=sql.SQL("OPERATOR({}.-)").format(schema),
        )  # type: ignore[assignment]  # a part of the statement either way
    whole = [
        sql.SQL("{}.vectors = cardinality({})").format(sql.SQL(name), _ids(name)) for name in names
    ]
    # of a mean that has no direction nothing is the nearest
    directed = sql.SQL(" AND {}.vector_norm(query) > 0").format(schema)
    return _EXAMPLES.format(
        query=query,
        directed=directed if stored.metric is Metric.COSINE else sql.SQL(""),
        whole=sql.SQL(" AND ").join(whole),
        means=sql.SQL(", ").join(_mean(stored, name) for name in names),
    )


def _mean(stored: Stored, name: str) -> sql.Composable:
    columns = stored.columns.of("item")
    schema = identifier(stored.server.vector_schema)
    vector = sql.SQL("{}::{}.vector").format(columns.embedding, schema)
    if stored.metric is Metric.COSINE:
        vector = sql.SQL("{}.l2_normalize({})").format(schema, vector)
    return _MEAN.format(
        **columns.holes,
        schema=schema,
        vector=vector,
        ids=columns.as_id(_ids(name)),
        table=stored.relation,
        name=sql.SQL(name),
    )


def _ids(name: str) -> sql.SQL:
    return _NEAR if name == "near" else _AWAY
