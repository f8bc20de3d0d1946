"""Statements that tell what is in a collection: facets, ranges, samples, vectors for a map."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import sql

from pgrecall._statements import probing
from pgrecall._statements.columns import TIMES_CARRIED, microseconds
from pgrecall._statements.ctes import with_ctes
from pgrecall._statements.distributed import Forms
from pgrecall._statements.items.fields import field_sql
from pgrecall._statements.items.where import Where, where_of
from pgrecall._statements.parameters import Parameters, Template
from pgrecall._statements.rendered import rendered
from pgrecall._statements.sampling import sampled
from pgrecall._statements.search.compared import present
from pgrecall._statements.search.drawing import SAMPLED_FROM
from pgrecall._statements.statement import Statement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall._statements.layout import Stored
    from pgrecall.filters import Filter

# each item counts once for a value, however often its array has it; null is no value
_FACET = sql.SQL(
    "SELECT {shown}, counted FROM (SELECT {time}value, {counted} AS counted FROM ({members})"
    " AS members,"
    " LATERAL (SELECT DISTINCT element FROM jsonb_array_elements(CASE jsonb_typeof(member)"
    " WHEN 'array' THEN member ELSE jsonb_build_array(member) END) AS one (element)"
    " WHERE element <> 'null'::jsonb) AS had (value) GROUP BY {time}value) AS counts"
    " ORDER BY counted DESC, {time}CASE WHEN jsonb_typeof(value) = 'number'"
    " THEN value::numeric END,"
    " (CASE WHEN jsonb_typeof(value) = 'string' THEN value #>> '{{}}' END) COLLATE \"C\", value"
    " LIMIT %(limit)s::bigint"
)
_MEMBERS = Forms(
    local=sql.SQL("SELECT {member} AS member FROM {source}"),
    # a shard takes no array apart beside its rows: it counts what they have, whole arrays as one
    spread=sql.SQL("SELECT {member} AS member, count(*) AS items FROM {source} GROUP BY {places}"),
)
_COUNTED = Forms(local=sql.SQL("count(*)"), spread=sql.SQL("sum(items)::bigint"))
# a time counts as what it is, however it is written: there all such texts are one value
_MEMBER_OR_TIME = sql.SQL(
    "{key} AS time, CASE WHEN {key} IS NULL THEN {json} ELSE 'true'::jsonb END"
)
_SHOWN = sql.SQL("value::text, NULL::bigint")
_SHOWN_OR_TIME = sql.SQL("CASE WHEN time IS NULL THEN value::text END, {}").format(
    microseconds(sql.SQL("time"))
)

_AS_JSON = Template("pg_catalog.to_jsonb({})::text")
_ENDS = {
    "number": (Template("min({})"), Template("max({})")),
    "text": (Template("min({})"), Template("max({})")),
    "datetime": (Template("min({})"), Template("max({})")),
    "boolean": (Template("bool_and({})"), Template("bool_or({})")),
}
_DRAWN = sql.SQL("SELECT {given} FROM {source} ORDER BY {order} LIMIT %(size)s::bigint")
_BY_CHANCE = sql.SQL("random()")
# the same rows each time, for the same seed
_BY_ID = sql.SQL(
    'pg_catalog.hashtextextended({id} COLLATE "C", %(seed)s::bigint), {id} COLLATE "C"'
)
# what colours are of is short: a text of a megabyte an item is none
_VALUE = sql.SQL(
    "CASE WHEN octet_length(({json})::text) <= %(most_bytes)s::bigint THEN ({json})::text END"
    " AS value, {time} AS time"
)
_NO_VALUE = sql.SQL("NULL::text AS value, NULL::bigint AS time")
_IS_SHORT = sql.SQL("(SELECT count(*) FROM drawn) < %(size)s")


def facet(
    stored: Stored, field: str | tuple[str, ...], filter_: Filter | None, limit: int
) -> Statement:
    """Count the items by a field's values, the most first.

    Each row has a value as JSON, or a time as microseconds since 1970, and its count.
    """
    parameters = Parameters()
    where = where_of(stored, filter_, parameters)
    json, keys = field_sql(stored, field, parameters)
    text = _facet(stored, where, json, keys.get("datetime"))
    return Statement(text, {**parameters.values, "limit": limit})


@rendered
def _facet(stored: Stored, where: Where, json: str, time: str | None) -> sql.Composable:
    member: sql.Composable = sql.SQL(json)
    if time is not None:
        member = _MEMBER_OR_TIME.format(key=sql.SQL(time), json=member)
    members = _MEMBERS.of(stored).format(
        member=member,
        source=probing.source(stored.items, where.beside(f"{json} IS NOT NULL")),
        places=sql.SQL("1" if time is None else "1, 2"),
    )
    made = _FACET.format(
        shown=_SHOWN if time is None else _SHOWN_OR_TIME,
        time=sql.SQL("" if time is None else "time, "),
        counted=_COUNTED.of(stored),
        members=members,
    )
    return probing.before(made, where.probe)


def ends(
    stored: Stored, field: str | tuple[str, ...], kinds: Sequence[str], filter_: Filter | None
) -> Statement:
    """Find the least and the greatest value of each kind: two columns a kind.

    They are JSON, or microseconds since 1970 where the kind is ``"datetime"``.
    """
    parameters = Parameters()
    where = where_of(stored, filter_, parameters)
    keys = field_sql(stored, field, parameters).keys
    asked = tuple((kind, keys[kind]) for kind in kinds)
    return Statement(_ends(stored, where, asked), parameters.values)


@rendered
def _ends(stored: Stored, where: Where, keys: tuple[tuple[str, str], ...]) -> sql.Composable:
    found = [
        (microseconds if kind == "datetime" else _AS_JSON)(end(sql.SQL(key)))
        for kind, key in keys
        for end in _ENDS[kind]
    ]
    rows = probing.source(stored.items, where)
    made = sql.SQL("SELECT {} FROM {}").format(sql.SQL(", ").join(found), rows)
    return probing.before(made, where.probe)


def sample(stored: Stored, size: int, filter_: Filter | None) -> Statement:
    """Take items at random: id, text, metadata, vector, times; ``size`` whenever so many match."""
    parameters = Parameters()
    where = where_of(stored, filter_, parameters)
    percent = _percent(stored, size)
    values = {**parameters.values, "size": size, "percent": percent}
    return Statement(_sample(stored, where, percent is not None), values)


@rendered
def _sample(stored: Stored, where: Where, is_drawn: bool) -> sql.Composable:
    names = ("id", "text", "metadata", "embedding", "created_at", "updated_at")
    rows = sql.SQL(
        "SELECT {id}, text, metadata::text, {send}(embedding), {times} FROM found"
    ).format(
        id=stored.columns.id_text(sql.SQL("id")), send=stored.send_function, times=TIMES_CARRIED
    )
    return with_ctes(_found(stored, where, stored.columns.given(*names), is_drawn), rows)


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
    return with_ctes(
        _found(stored, Where("true"), stored.columns.given("metadata"), is_drawn), rows
    )


def mapped(
    stored: Stored,
    size: int,
    filter_: Filter | None,
    field: str | tuple[str, ...] | None,
    *,
    seed: int,
    most_bytes: int,
) -> Statement:
    """Take items that have a vector, the same ones for the same seed.

    Each row has the id, the vector, and the field's value: as JSON where that is no longer than
    ``most_bytes``, or as microseconds since 1970 where it is a time.
    """
    parameters = Parameters()
    where = where_of(stored, filter_, parameters)
    read = None
    if field is not None:
        json, keys = field_sql(stored, field, parameters)
        read = json, keys.get("datetime")
    percent = _percent(stored, size)
    drawn = {"size": size, "percent": percent, "seed": seed, "most_bytes": most_bytes}
    text = _mapped(stored, where, read, percent is not None)
    return Statement(text, {**parameters.values, **drawn})


@rendered
def _mapped(
    stored: Stored, where: Where, read: tuple[str, str | None] | None, is_drawn: bool
) -> sql.Composable:
    value: sql.Composable = _NO_VALUE
    if read is not None:
        json, key = read
        time = sql.SQL("NULL::bigint") if key is None else microseconds(sql.SQL(key))
        value = _VALUE.format(json=sql.SQL(json), time=time)
    columns = stored.columns
    given = sql.SQL("{}, {}").format(columns.given("id", "embedding"), value)
    there = where.beside(present(stored).as_string(None))
    order = _BY_ID.format(id=columns.id_text())
    rows = sql.SQL("SELECT {id}, {send}(embedding), value, time FROM found").format(
        id=columns.id_text(sql.SQL("id")), send=stored.send_function
    )
    return with_ctes(_found(stored, there, given, is_drawn, order=order), rows)


def _found(
    stored: Stored,
    where: Where,
    given: sql.Composable,
    is_drawn: bool,
    *,
    order: sql.Composable = _BY_CHANCE,
) -> list[tuple[str, sql.Composable]]:
    """Write the CTEs that take rows in an order, at random where none is given.

    The last is named ``found``. Where there is an order, the pages drawn are the same ones too.
    """
    ctes: list[tuple[str, sql.Composable]] = []
    if where.probe:
        ctes = [(probing.NAME.as_string(), sql.SQL(where.probe))]
    if not is_drawn:
        rows = probing.source(stored.items, where)
        return [*ctes, ("found", _DRAWN.format(given=given, source=rows, order=order))]
    is_same = order is not _BY_CHANCE
    taken = sampled(stored, sql.Placeholder("percent"), repeatable=is_same, by_row=is_same)
    pages = sql.SQL("{} WHERE {}").format(taken, sql.SQL(where.test))
    drawn = _DRAWN.format(given=given, source=pages, order=order)
    # pages drawn may hold too few that match: then every row takes part
    every = probing.source(stored.items, where.beside(_IS_SHORT.as_string()))
    rest = _DRAWN.format(given=given, source=every, order=order)
    return [
        *ctes,
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
