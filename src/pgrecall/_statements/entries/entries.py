"""Entries: JSON values under the keys of nested namespaces, in one table for every tenant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, LiteralString, NamedTuple, TypeAlias

from psycopg import sql

from pgrecall._statements.columns import microseconds
from pgrecall._statements.conditions import Subject, compile_filter
from pgrecall._statements.distributed import Forms
from pgrecall._statements.names import identifier, qualified_name
from pgrecall._statements.parameters import Parameters, joined
from pgrecall._statements.rendered import rendered
from pgrecall._statements.statement import Statement
from pgrecall._values.arrays import float_array, text_array

if TYPE_CHECKING:
    from pgrecall._statements.layout import Stored
    from pgrecall.filters import Filter


class Table(NamedTuple):
    """A table whose rows have a tenant, a space, a namespace, a key and a time to live.

    Attributes:
        name: The table.
        key: Its column of the key within a namespace.
        since: The version of the registry that brought it.
    """

    name: str
    key: str
    since: int


ENTRIES = Table("entries", "id", 2)
BLOBS = Table("blobs", "key", 3)

_FILTERED = Subject(
    sql.SQL("id"), sql.SQL("metadata"), sql.SQL("created_at"), sql.SQL("updated_at")
)
"""What filters are about: the key, the value and the entry's times."""

_CREATE = """
CREATE TABLE IF NOT EXISTS {entries} (
    tenant text COLLATE "C" NOT NULL,
    space text COLLATE "C" NOT NULL,
    namespace text[] COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    metadata jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    expires_at timestamptz,
    ttl_minutes double precision,
    PRIMARY KEY (tenant, space, namespace, id)
)"""
_CREATE_EXPIRY = (
    "CREATE INDEX IF NOT EXISTS entries_expiry ON {entries} (expires_at)"
    " WHERE expires_at IS NOT NULL"
)

# what a client makes of a timestamptz depends on its session, and on the connection's loaders
TIMES = (
    sql.SQL(", ")
    .join(microseconds(sql.SQL(f"e.{name}")) for name in ("created_at", "updated_at", "expires_at"))
    .as_string(None)
)
COLUMNS = f"e.namespace, e.id, e.metadata::text, {TIMES}, e.ttl_minutes"
_LIVE = "(e.expires_at IS NULL OR e.expires_at > now())"
_HERE = "e.tenant = %(tenant)s AND e.space = %(space)s"
_SAME = (
    "e.tenant = one.tenant AND e.space = one.space AND e.namespace = one.namespace"
    " AND e.{id} = one.{id}"
)
_KEY = "e.tenant, e.space, e.namespace, e.{id}"
# an array of arrays would have to be rectangular: each namespace comes as an array's text.
# OFFSET 0 keeps it a look-up by key for each: the planner takes a tenant it knows nothing of for
# one row, and would compare all of its entries with all that is asked
ASKED = (
    "unnest(%(namespaces)s::text[], %(keys)s::text[]) WITH ORDINALITY AS asked (namespace, id, n)"
    " CROSS JOIN LATERAL (SELECT * FROM {entries} AS e WHERE {here}"
    " AND e.namespace = asked.namespace::text[] AND e.{id} = asked.id OFFSET 0{lock}) AS e"
)
_LOCKED, _LOCKED_IF_FREE = " FOR UPDATE", " FOR UPDATE SKIP LOCKED"

_PUT = (
    "INSERT INTO {entries} AS e (tenant, space, namespace, id, metadata, created_at, updated_at,"
    " expires_at, ttl_minutes)"
    " SELECT %(tenant)s, %(space)s, one.namespace::text[], one.id, one.value::jsonb, now(), now(),"
    " now() + one.ttl * interval '1 minute', one.ttl"
    " FROM unnest(%(namespaces)s::text[], %(keys)s::text[], %(values)s::text[], %(ttls)s::float8[])"
    " AS one (namespace, id, value, ttl)"
    " ON CONFLICT (tenant, space, namespace, id) DO UPDATE SET metadata = excluded.metadata,"
    " created_at = CASE WHEN e.expires_at <= now() THEN now() ELSE e.created_at END,"
    " updated_at = now(), expires_at = excluded.expires_at, ttl_minutes = excluded.ttl_minutes"
)
GET = "SELECT {columns} FROM {source} WHERE {live} ORDER BY asked.n"
_FIND = (
    "SELECT {columns} FROM {entries} AS e WHERE {here} AND {live} AND {where}"
    " ORDER BY e.updated_at DESC, e.namespace, e.id LIMIT %(limit)s OFFSET %(offset)s"
)
_TOUCH = (
    "WITH one AS MATERIALIZED (SELECT {key} FROM {source}"
    " WHERE {live} AND e.ttl_minutes IS NOT NULL)"
    " UPDATE {entries} AS e SET expires_at = now() + e.ttl_minutes * interval '1 minute'"
    " FROM one WHERE {same}"
)
_DELETE = (
    "WITH one AS MATERIALIZED (SELECT {key} FROM {source}),"
    " gone AS (DELETE FROM {entries} AS e USING one WHERE {same}"
    " RETURNING {live} AS live, e.namespace, e.{id})"
)
_EVERY = (
    "(SELECT * FROM {entries} AS e WHERE {here} AND {where}"
    " ORDER BY e.namespace, e.{id} FOR UPDATE) AS e"
)
_SOME = (
    "(SELECT * FROM {entries} AS e WHERE {here} AND {where}"
    " ORDER BY e.namespace, e.{id} LIMIT %(most)s FOR UPDATE SKIP LOCKED) AS e"
)
_EXPIRED = (
    "SELECT e.tenant, e.space, count(*) FROM {entries} AS e WHERE e.expires_at <= now() AND {where}"
    " GROUP BY e.tenant, e.space ORDER BY e.tenant, e.space"
)
_COUNTED = " SELECT count(*) FILTER (WHERE live) FROM gone"
_LISTED = " SELECT namespace, {id} FROM gone"
_NAMESPACES = (
    "SELECT DISTINCT e.namespace{cut} AS namespace FROM {entries} AS e"
    " WHERE {here} AND {live} AND {where} ORDER BY 1 LIMIT %(limit)s OFFSET %(offset)s"
)

_TRUE = sql.SQL("true")

# OFFSET 0 and ANY(ARRAY()) keep both look-ups by id: a range has no estimate but a large one
_REMOVE_ITEMS = Forms(
    local=sql.SQL(
        "WITH doomed AS MATERIALIZED (SELECT found.id"
        " FROM pg_catalog.unnest(%(owners)s::text[]) AS one (owner)"
        " CROSS JOIN LATERAL (SELECT {given} FROM {table} AS t WHERE {t.id} >= one.owner || ':'"
        " AND {t.id} < one.owner || ';' ORDER BY {t.id} OFFSET 0 FOR UPDATE) AS found)"
        " DELETE FROM {table} AS t WHERE {t.id} = ANY(ARRAY(SELECT doomed.id FROM doomed))"
    ),
    spread=sql.SQL(
        "DELETE FROM {table} AS t USING pg_catalog.unnest(%(owners)s::text[]) AS one (owner)"
        " WHERE {t.id} >= one.owner || ':' AND {t.id} < one.owner || ';'"
    ),
)

Key: TypeAlias = tuple[tuple[str, ...], str]
"""A namespace and a key."""


def create(schema: str) -> list[Statement]:
    """Create the table and its indexes where they are missing."""
    return [
        Statement(filled(schema, _CREATE, ENTRIES)),
        Statement(filled(schema, _CREATE_EXPIRY, ENTRIES)),
    ]


def put(
    schema: str,
    tenant: str,
    space: str,
    rows: Sequence[tuple[tuple[str, ...], str, str, float | None]],
) -> Statement:
    """Insert or replace rows of namespace, key, JSON and minutes to live, in the order given.

    The order is that of their locks: sort them, each key once.
    """
    namespaces, keys, values, ttls = zip(*rows, strict=True)
    asked = place_of(tenant, space) | keys_of(zip(namespaces, keys, strict=True))
    return Statement(
        filled(schema, _PUT, ENTRIES),
        {**asked, "values": list(values), "ttls": float_array(ttls)},
        prepare=None,
    )


def get(schema: str, tenant: str, space: str, keys: Sequence[Key]) -> Statement:
    """Read entries by key, in the order asked; what is missing is left out."""
    return Statement(
        filled(schema, GET, ENTRIES, source=ASKED),
        place_of(tenant, space) | keys_of(keys),
        prepare=None,
    )


def find(
    schema: str,
    tenant: str,
    space: str,
    *,
    prefix: Sequence[str],
    filter_: Filter | None,
    limit: int,
    offset: int,
) -> Statement:
    """Read the entries below a prefix that match, the last written first."""
    parameters = Parameters()
    where = below(prefix, parameters)
    if filter_ is not None:
        where = joined(" AND ", (where, compile_filter(filter_, {}, parameters, _FILTERED)))
    values = {**place_of(tenant, space), "limit": limit, "offset": offset, **parameters.values}
    return Statement(filled(schema, _FIND, ENTRIES, where=where.as_string(None)), values)


def touch(
    schema: str, tenant: str, space: str, keys: Sequence[Key], of: Table = ENTRIES
) -> Statement:
    """Let entries live on as long as they did after they were written.

    What another writes at this moment is left alone: it lives anew after that, or is gone.
    """
    return Statement(
        filled(schema, _TOUCH, of, source=ASKED, lock=_LOCKED_IF_FREE),
        place_of(tenant, space) | keys_of(keys),
    )


def delete(
    schema: str, tenant: str, space: str, keys: Sequence[Key], of: Table = ENTRIES
) -> Statement:
    """Remove entries by key, locked in that order, and count those that had not expired."""
    query = filled(schema, _DELETE + _COUNTED, of, source=ASKED, lock=_LOCKED)
    return Statement(query, place_of(tenant, space) | keys_of(keys))


def clear(
    schema: str,
    tenant: str,
    space: str,
    prefix: Sequence[str],
    of: Table = ENTRIES,
    *,
    exactly: bool = False,
) -> Statement:
    """Remove the entries below a prefix, or in it alone, and count those that had not expired."""
    parameters = Parameters()
    within = below(prefix, parameters, exactly=exactly).as_string(None)
    query = filled(schema, _DELETE + _COUNTED, of, source=_EVERY, where=within)
    return Statement(query, place_of(tenant, space) | parameters.values)


def sweep(schema: str, tenant: str, space: str, of: Table = ENTRIES) -> Statement:
    """Remove what has expired and give its namespaces and keys."""
    query = filled(schema, _DELETE + _LISTED, of, source=_EVERY, where="e.expires_at <= now()")
    return Statement(query, place_of(tenant, space))


def sweep_some(schema: str, tenant: str, space: str, most: int, of: Table = ENTRIES) -> Statement:
    """Do the same to so many, those left alone that another writes at this moment."""
    query = filled(schema, _DELETE + _LISTED, of, source=_SOME, where="e.expires_at <= now()")
    return Statement(query, {**place_of(tenant, space), "most": most})


def expired(schema: str, tenant: str | None, of: Table = ENTRIES) -> Statement:
    """Count what has expired and is still kept, by tenant and space."""
    if tenant is None:
        return Statement(filled(schema, _EXPIRED, of))
    query = filled(schema, _EXPIRED, of, where="e.tenant = %(tenant)s")
    return Statement(query, {"tenant": tenant})


def namespaces(
    schema: str,
    tenant: str,
    space: str,
    *,
    conditions: Iterable[tuple[str, Sequence[str]]],
    max_depth: int | None,
    limit: int,
    offset: int,
    of: Table = ENTRIES,
) -> Statement:
    """List the namespaces that meet every condition, cut to a depth, each once, in order."""
    parameters = Parameters()
    where = [_meets(kind, path, parameters) for kind, path in conditions]
    cut = ""
    if max_depth is not None:
        cut = f"[1:{parameters.add(max_depth).as_string(None)}::int]"
    values = {**place_of(tenant, space), "limit": limit, "offset": offset, **parameters.values}
    every = joined(" AND ", [_TRUE, *where]).as_string(None)
    return Statement(filled(schema, _NAMESPACES, of, where=every, cut=cut), values)


def remove_items(stored: Stored, owners: Sequence[str]) -> Statement:
    """Remove the items whose ids are an owner, a colon and a number, locked in that order."""
    return Statement(_remove_items(stored), {"owners": list(owners)})


@rendered
def _remove_items(stored: Stored) -> sql.Composable:
    columns = stored.columns.of("t")
    return _REMOVE_ITEMS.of(stored).format(
        table=stored.table, **columns.holes, given=columns.given("id")
    )


def exists(schema: str, of: Table = ENTRIES) -> Statement:
    """Ask whether the table is there."""
    query = sql.SQL("SELECT to_regclass(%(name)s) IS NOT NULL")
    return Statement(query, {"name": qualified_name(schema, of.name)})


def array_text(namespace: Iterable[str]) -> str:
    """Write a namespace as PostgreSQL writes an array of text."""
    parts = list(namespace)
    text = "".join(parts)
    if "\\" in text or '"' in text:
        parts = [part.replace("\\", "\\\\").replace('"', '\\"') for part in parts]
    return '{"' + '","'.join(parts) + '"}' if parts else "{}"


def _meets(kind: str, path: Sequence[str], parameters: Parameters) -> sql.Composable:
    parts: list[sql.Composable] = [
        sql.SQL("pg_catalog.cardinality(e.namespace) >= {}::int").format(parameters.add(len(path)))
    ]
    if kind == "prefix":
        # what stands before the first wildcard is a range of the index
        fixed = next((n for n, part in enumerate(path) if part == "*"), len(path))
        parts.append(below(path[:fixed], parameters))
    for place, part in enumerate(path):
        if part == "*":
            continue
        at = sql.SQL("{}::int").format(parameters.add(place + 1))
        if kind == "suffix":
            at = sql.SQL("pg_catalog.cardinality(e.namespace) - {}::int").format(
                parameters.add(len(path) - place - 1)
            )
        parts.append(sql.SQL("e.namespace[{}] = {}::text").format(at, parameters.add(part)))
    return joined(" AND ", parts)


def below(
    prefix: Sequence[str], parameters: Parameters, *, exactly: bool = False
) -> sql.Composable:
    """Write a prefix as a range of the index; arrays are ordered as tuples are.

    ``exactly``: that namespace alone.
    """
    if exactly:
        only = parameters.add(array_text(prefix))
        return sql.SQL("e.namespace = {}::text[]").format(only)
    if not prefix:
        return _TRUE
    return sql.SQL("e.namespace >= {}::text[] AND e.namespace < {}::text[]").format(
        parameters.add(array_text(prefix)), parameters.add(array_text(end_of(prefix)))
    )


def end_of(prefix: Sequence[str]) -> tuple[str, ...]:
    """Give what comes first behind all that begins with a prefix of one part or more."""
    # no text lies between "a" and "a\1" but what begins so: all between the two begin with "a"
    return (*prefix[:-1], prefix[-1] + "\1")


def place_of(tenant: str, space: str) -> dict[str, Any]:
    """Bind a tenant and a space."""
    return {"tenant": tenant, "space": space}


def keys_of(keys: Iterable[Key]) -> dict[str, Any]:
    """Bind keys, as what is asked for or written has them."""
    asked = list(keys)
    return {
        "namespaces": text_array(array_text(namespace) for namespace, _ in asked),
        "keys": text_array(key for _, key in asked),
    }


def fill(
    schema: str,
    text: LiteralString,
    of: Table,
    *,
    source: LiteralString = "",
    lock: LiteralString = "",
    where: str = "true",
    cut: str = "",
    columns: str = COLUMNS,
) -> sql.Composable:
    """Fill a text, and the ``source`` that its rows come from, with what many have in common."""
    id_ = sql.SQL(of.key)
    common = {
        "entries": identifier(schema, of.name),
        "id": id_,
        "key": sql.SQL(_KEY).format(id=id_),
        "columns": sql.SQL(columns),
        "live": sql.SQL(_LIVE),
        "here": sql.SQL(_HERE),
        "same": sql.SQL(_SAME).format(id=id_),
        "lock": sql.SQL(lock),
        "where": sql.SQL(where),
        "cut": sql.SQL(cut),
    }
    return sql.SQL(text).format(**common, source=sql.SQL(source).format(**common))


filled = rendered(fill)
"""Fills each text once."""
