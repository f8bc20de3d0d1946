"""Statements that tell what is in a collection: facets, ranges and samples."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import sql

from pgrecall._statements.columns import TIMES_CARRIED
from pgrecall._statements.distributed import dialect_of
from pgrecall._statements.items.fields import OWN_TIMES, field_sql, own_time
from pgrecall._statements.items.items import matching
from pgrecall._statements.parameters import Parameters
from pgrecall._statements.rendered import rendered
from pgrecall._statements.search.vector import SAMPLED_FROM, with_ctes
from pgrecall._statements.statement import Statement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall._statements.layout import Stored
    from pgrecall.filters import Filter

# each item counts once for a value, however often its array has it; null is no value
_FACET = sql.SQL(
    "SELECT value::text, counted FROM (SELECT value, count(*) AS counted FROM"
    " (SELECT {json} AS member FROM {table} WHERE {where}) AS members,"
    " LATERAL (SELECT DISTINCT element FROM jsonb_array_elements(CASE jsonb_typeof(member)"
    " WHEN 'array' THEN member ELSE jsonb_build_array(member) END) AS one (element)"
    " WHERE element <> 'null'::jsonb) AS had (value) GROUP BY value) AS counts"
    " ORDER BY counted DESC, CASE WHEN jsonb_typeof(value) = 'number' THEN value::numeric END,"
    " (CASE WHEN jsonb_typeof(value) = 'string' THEN value #>> '{{}}' END) COLLATE \"C\", value"
    " LIMIT %(limit)s::bigint"
)
_ENDS = sql.SQL("pg_catalog.to_jsonb(min({key}))::text, pg_catalog.to_jsonb(max({key}))::text")
_DRAWN = sql.SQL(
    "SELECT {given} FROM {table}{sample} WHERE {where} ORDER BY random() LIMIT %(size)s::bigint"
)
_IS_SHORT = sql.SQL("(SELECT count(*) FROM drawn) < %(size)s")


def facet(
    stored: Stored, field: str | tuple[str, ...], filter_: Filter | None, limit: int
) -> Statement:
    """Count the items by a field's values: each as JSON, with its count, the most first."""
    parameters = Parameters()
    where = matching(stored, filter_, parameters)
    json = field_sql(stored, field, parameters).json
    return Statement(_facet(stored, where, json), {**parameters.values, "limit": limit})


@rendered
def _facet(stored: Stored, where: str, json: str) -> sql.Composable:
    condition = sql.SQL("({}) AND {} IS NOT NULL").format(sql.SQL(where), sql.SQL(json))
    return _FACET.format(json=sql.SQL(json), table=stored.table, where=condition)


def ends(
    stored: Stored, field: str | tuple[str, ...], kinds: Sequence[str], filter_: Filter | None
) -> Statement:
    """Find the least and the greatest value of each kind, as JSON: two columns a kind."""
    parameters = Parameters()
    where = matching(stored, filter_, parameters)
    written = field_sql(stored, field, parameters)
    keys = tuple(written.of_kind(kind) for kind in kinds)
    return Statement(_ends(stored, where, keys), parameters.values)


@rendered
def _ends(stored: Stored, where: str, keys: tuple[str, ...]) -> sql.Composable:
    found = sql.SQL(", ").join(_ENDS.format(key=sql.SQL(key)) for key in keys)
    return sql.SQL("SELECT {} FROM {} WHERE {}").format(found, stored.table, sql.SQL(where))


def time_ends(stored: Stored, field: str, filter_: Filter | None) -> Statement:
    """Find the first and the last of one of an item's own times."""
    parameters = Parameters()
    where = matching(stored, filter_, parameters)
    return Statement(_time_ends(stored, where, field), parameters.values)


@rendered
def _time_ends(stored: Stored, where: str, field: str) -> sql.Composable:
    assert field in OWN_TIMES  # noqa: S101  # a key has another type
    return sql.SQL("SELECT min({time}), max({time}) FROM {table} WHERE {where}").format(
        time=own_time(stored, field), table=stored.table, where=sql.SQL(where)
    )


def sample(stored: Stored, size: int, filter_: Filter | None) -> Statement:
    """Take items at random: id, text, metadata, vector, times; ``size`` whenever so many match."""
    parameters = Parameters()
    where = matching(stored, filter_, parameters)
    percent = _percent(stored, size)
    values = {**parameters.values, "size": size, "percent": percent}
    return Statement(_sample(stored, where, percent is not None), values)


@rendered
def _sample(stored: Stored, where: str, is_drawn: bool) -> sql.Composable:
    names = ("id", "text", "metadata", "embedding", "created_at", "updated_at")
    rows = sql.SQL(
        "SELECT {id}, text, metadata::text, {send}(embedding), {times} FROM found"
    ).format(
        id=stored.columns.id_text(sql.SQL("id")), send=stored.send_function, times=TIMES_CARRIED
    )
    return with_ctes(_found(stored, where, names, is_drawn), rows)


def sample_metadata(stored: Stored, size: int, most_bytes: int) -> Statement:
    """Take metadata of items at random: ``size`` of them, or as many as ``most_bytes`` holds."""
    percent = _percent(stored, size)
    values = {"size": size, "percent": percent, "most_bytes": most_bytes}
    return Statement(_sample_metadata(stored, percent is not None), values)


@rendered
def _sample_metadata(stored: Stored, is_drawn: bool) -> sql.Composable:
    rows = sql.SQL(
        "SELECT body FROM (SELECT body,"
        " sum(octet_length(body)) OVER (ROWS UNBOUNDED PRECEDING) - octet_length(body) AS before"
        " FROM (SELECT metadata::text AS body FROM found) AS bodies) AS summed"
        " WHERE before < %(most_bytes)s::bigint"
    )
    return with_ctes(_found(stored, "true", ("metadata",), is_drawn), rows)


def _found(
    stored: Stored, where: str, names: tuple[str, ...], is_drawn: bool
) -> list[tuple[str, sql.Composable]]:
    """Write the CTEs that take rows at random; the last is named ``found``."""
    whole = {
        "given": stored.columns.given(*names),
        "table": stored.table,
        "where": sql.SQL(where),
        "sample": sql.SQL(""),
    }
    if not is_drawn:
        return [("found", _DRAWN.format(**whole))]
    taken = dialect_of(stored).any_sample.format(percent=sql.Placeholder("percent"))
    drawn = _DRAWN.format(**whole | {"sample": sql.SQL(" {}").format(taken)})
    # pages drawn may hold too few that match: then every row takes part
    short = sql.SQL("({}) AND {}").format(sql.SQL(where), _IS_SHORT)
    rest = _DRAWN.format(**whole | {"where": short})
    return [
        ("drawn", drawn),
        (
            "found",
            sql.SQL("SELECT * FROM drawn WHERE NOT {} UNION ALL ({})").format(_IS_SHORT, rest),
        ),
    ]


def _percent(stored: Stored, size: int) -> float | None:
    """Give the part of the pages that is drawn from; None for a table that is small."""
    # whole pages come: of many, rows that were written together seldom come together
    wanted = max(20 * size, SAMPLED_FROM)
    return None if stored.rows <= wanted else 100.0 * wanted / stored.rows
