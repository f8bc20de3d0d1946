"""Blobs: bytes under the keys of nested namespaces, in one table for every tenant.

What they have in common with entries, ``entries`` writes for both.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, LiteralString, NamedTuple

from psycopg import sql

from pgrecall._statements.entries.entries import GET
from pgrecall._statements.entries.paths import array_text, below
from pgrecall._statements.entries.table import ASKED, BLOBS, TIMES, fill, filled, keys_of, place_of
from pgrecall._statements.names import identifier
from pgrecall._statements.parameters import Parameters, joined
from pgrecall._statements.rendered import rendered
from pgrecall._statements.statement import Statement
from pgrecall._values.arrays import bytea_array, float_array, text_array

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall._statements.entries.table import Key

# as entries: who keeps it (space), where (namespace), under which key; what is to come in an order
# has keys that sort so. metadata is what blobs are found by without reading them, number the order
# in which they first came
_CREATE = sql.SQL("""
CREATE TABLE IF NOT EXISTS {blobs} (
    tenant text COLLATE "C" NOT NULL,
    space text COLLATE "C" NOT NULL,
    namespace text[] COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    number bigint GENERATED ALWAYS AS IDENTITY,
    value bytea NOT NULL,
    content_type text,
    metadata jsonb NOT NULL DEFAULT '{{}}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    ttl_minutes double precision,
    PRIMARY KEY (tenant, space, namespace, key)
)""")
_CREATE_EXPIRY = sql.SQL(
    "CREATE INDEX IF NOT EXISTS blobs_expiry ON {blobs} (expires_at) WHERE expires_at IS NOT NULL"
)
# most blobs have none, and pay nothing for it
_CREATE_METADATA = sql.SQL(
    "CREATE INDEX IF NOT EXISTS blobs_metadata ON {blobs} USING gin (metadata jsonb_path_ops)"
    " WHERE metadata <> '{{}}'"
)

PUT = (
    "INSERT INTO {entries} AS e {source}"
    " ON CONFLICT (tenant, space, namespace, key) DO UPDATE SET value = excluded.value,"
    " content_type = excluded.content_type, metadata = excluded.metadata,"
    " created_at = CASE WHEN e.expires_at <= now() THEN now() ELSE e.created_at END,"
    " updated_at = now(), expires_at = excluded.expires_at, ttl_minutes = excluded.ttl_minutes"
)
# the times are the columns' defaults
_INTO: LiteralString = "(tenant, space, namespace, key, value, content_type, metadata"
_EXPIRING: LiteralString = ", expires_at, ttl_minutes"
# unnest in the list, not in FROM, which would keep every value in a file before the first is used
_MANY_ROWS: LiteralString = (
    "SELECT %(tenant)s, %(space)s, one.namespace::text[], one.key, one.value, one.content_type,"
    " coalesce(one.metadata::jsonb, '{{}}'), now() + one.ttl * interval '1 minute',"
    " one.ttl FROM (SELECT unnest(%(namespaces)s::text[]) AS namespace,"
    " unnest(%(keys)s::text[]) AS key, unnest(%(values)s::bytea[]) AS value,"
    " unnest(%(types)s::text[]) AS content_type, unnest(%(metadata)s::text[]) AS metadata,"
    " unnest(%(ttls)s::float8[]) AS ttl) AS one"
)
# few go by themselves: large ones are copied once less
_ROW: LiteralString = (
    "%(tenant)s, %(space)s, %(namespace<n>)s::text[], %(key<n>)s::text, %(value<n>)s::bytea,"
    " %(type<n>)s::text, coalesce(%(metadata<n>)s::jsonb, '{{}}')"
)
_EXPIRES: LiteralString = ", now() + %(ttl<n>)s::float8 * interval '1 minute', %(ttl<n>)s::float8"
_OF_ROW = ("namespace", "key", "value", "type", "metadata", "ttl")
_NUMBERS: tuple[LiteralString, ...] = ("0", "1", "2", "3", "4", "5", "6", "7")
# a row that is held stays until the transaction ends; who waited for its end finds it gone
_HELD: LiteralString = "SELECT one.* FROM ({source}) AS one WHERE {held}"
_HELD_ROW: LiteralString = (
    "(SELECT e.key FROM {entries} AS e WHERE {here} AND e.namespace = %(held_namespace<n>)s::text[]"
    " AND e.key = %(held_key<n>)s::text FOR KEY SHARE) IS NOT NULL"
)
_HELD_ROWS: LiteralString = "(SELECT count(*) FROM (SELECT FROM {asked}) AS held) = %(held)s::int8"
_ASKED_OF_HELD = ASKED.replace("%(namespaces)s", "%(held_namespaces)s").replace(
    "%(keys)s", "%(held_keys)s"
)
_KEPT_THERE: LiteralString = " FOR KEY SHARE"
IF_MISSING = " WHERE e.expires_at <= now()"
# the length of what is out of line is beside its pointer
_COLUMNS = (
    f"octet_length(e.value)::int8, e.content_type, e.metadata::text, {TIMES}, e.ttl_minutes,"
    " e.number"
)
_WHOLE = f"e.namespace, e.key, e.value, {_COLUMNS}"
_BARE = f"e.namespace, e.key, NULL::bytea, {_COLUMNS}"
_FIND = "SELECT {columns} FROM {entries} AS e WHERE {here} AND {live} AND {where}"
_PAGE = " LIMIT %(limit)s OFFSET %(offset)s"
_UP = " ORDER BY e.namespace, e.key"
_DOWN = " ORDER BY e.namespace DESC, e.key DESC"
_FIRST_CAME, _LAST_CAME = " ORDER BY e.number", " ORDER BY e.number DESC"


class Row(NamedTuple):
    """A blob as it is written; ``metadata`` is JSON, None for none of it."""

    namespace: tuple[str, ...]
    key: str
    value: bytes
    content_type: str | None
    metadata: str | None
    ttl: float | None


def create(schema: str) -> list[Statement]:
    """Create the table and its indexes where they are missing."""
    blobs = identifier(schema, "blobs")
    made = (_CREATE, _CREATE_EXPIRY, _CREATE_METADATA)
    return [Statement(statement.format(blobs=blobs)) for statement in made]


def put(
    schema: str,
    tenant: str,
    space: str,
    rows: Sequence[Row],
    *,
    text: LiteralString = PUT,
    held: Sequence[Key] = (),
) -> Statement:
    """Insert or replace blobs in the order given; ``PUT + IF_MISSING`` replaces none.

    The order is that of their locks: sort them, each key once. Where one of ``held`` is not there
    nothing is written; those that are cannot be removed before the transaction ends.
    """
    expiring = [row for row in rows if row.ttl is not None]
    few = len(rows) if len(rows) <= len(_NUMBERS) else 0
    few_held = len(held) if len(held) <= len(_NUMBERS) else 0
    values: list[Any] = [tenant, space]
    for namespace, *rest in rows if few else ():
        values += (array_text(namespace), *rest)
    for namespace, key in held if few_held else ():
        values += (array_text(namespace), key)
    bound = dict(zip(_names(few, few_held), values, strict=True))
    if not few:
        bound |= _as_arrays(rows)
    if held and not few_held:
        bound |= {f"held_{name}": value for name, value in keys_of(held).items()}
        bound["held"] = len(held)
    query = _put(schema, text, few, few_held, bool(held), bool(expiring))
    return Statement(query, bound, prepare=None)


@cache
def _names(few: int, few_held: int) -> tuple[str, ...]:
    """Name the values of so many rows and held ones, in their order."""
    of_rows = [f"{name}{n}" for n in _NUMBERS[:few] for name in _OF_ROW]
    of_held = [f"held_{name}{n}" for n in _NUMBERS[:few_held] for name in ("namespace", "key")]
    return ("tenant", "space", *of_rows, *of_held)


def _as_arrays(rows: Sequence[Row]) -> dict[str, Any]:
    namespaces, keys, values, types, metadata, ttls = zip(*rows, strict=True)
    return keys_of(zip(namespaces, keys, strict=True)) | {
        "values": bytea_array(values),
        "types": text_array(types),
        "metadata": text_array(metadata),
        "ttls": float_array(ttls),
    }


@rendered
def _put(
    schema: str,
    text: LiteralString,
    few: int,
    few_held: int,
    is_held: bool,  # no words to be hashed at each write
    expiring: bool,
) -> sql.Composable:
    """Write the SQL for so many rows and held ones; 0 where they come as arrays."""
    into, source = _INTO + _EXPIRING, _MANY_ROWS
    if few:
        into, row = (into, _ROW + _EXPIRES) if expiring else (_INTO, _ROW)
        source = "VALUES " + ", ".join([f"({row})".replace("<n>", n) for n in _NUMBERS[:few]])
    if is_held:
        each = " AND ".join([_HELD_ROW.replace("<n>", n) for n in _NUMBERS[:few_held]])
        held = each or _HELD_ROWS.replace("{asked}", _ASKED_OF_HELD)
        source = _HELD.replace("{source}", source).replace("{held}", held)
    return fill(schema, text, BLOBS, source=f"{into}) {source}", lock=_KEPT_THERE)


def get(
    schema: str, tenant: str, space: str, keys: Sequence[Key], *, values: bool = True
) -> Statement:
    """Read blobs by key, in the order asked; what is missing is left out."""
    columns = _WHOLE if values else _BARE
    return Statement(
        filled(schema, GET, BLOBS, source=ASKED, columns=columns),
        place_of(tenant, space) | keys_of(keys),
        prepare=None,
    )


def find(
    schema: str,
    tenant: str,
    space: str,
    *,
    prefix: Sequence[str],
    exactly: bool,
    key_prefix: str,
    contains: str | None,
    after: Key | None,
    descending: bool,
    by_number: bool,
    values: bool,
    limit: int,
    offset: int,
) -> Statement:
    """Read blobs of a namespace, or of all that begin with it, in order."""
    parameters = Parameters()
    where = [below(prefix, parameters, exactly=exactly)]
    if key_prefix:
        # an older server makes no range of ^@ by itself
        begin = parameters.add(key_prefix)
        where.append(
            sql.SQL("e.key >= {}::text AND e.key OPERATOR(pg_catalog.^@) {}::text").format(
                begin, begin
            )
        )
    if contains is not None:
        # the index has none of those without metadata
        within = parameters.add(contains)
        where.append(sql.SQL("e.metadata @> {}::jsonb AND e.metadata <> '{{}}'").format(within))
    if after is not None:
        namespace, key = parameters.add(array_text(after[0])), parameters.add(after[1])
        beyond = sql.SQL("<" if descending else ">")
        where.append(
            sql.SQL("(e.namespace, e.key) {} ({}::text[], {}::text)").format(beyond, namespace, key)
        )
    order = (_LAST_CAME if descending else _FIRST_CAME) if by_number else None
    order = order or (_DOWN if descending else _UP)
    bound: dict[str, Any] = {"limit": limit, "offset": offset, **parameters.values}
    query = filled(
        schema,
        _FIND + order + _PAGE,
        BLOBS,
        where=joined(" AND ", where).as_string(None),
        columns=_WHOLE if values else _BARE,
    )
    return Statement(query, place_of(tenant, space) | bound)
