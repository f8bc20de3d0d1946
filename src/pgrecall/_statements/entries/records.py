"""Records: what was indexed when, from which source; those of a collection go with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, LiteralString, NamedTuple

from psycopg import sql

from pgrecall._statements.names import identifier
from pgrecall._statements.rendered import rendered
from pgrecall._statements.statement import Statement
from pgrecall._values.arrays import text_array

if TYPE_CHECKING:
    from collections.abc import Sequence

# a collection that is made anew has another id: records of the one before are not its own, nor
# are those written while there was none, whose scope is 0
_CREATE = """
CREATE TABLE IF NOT EXISTS {records} (
    tenant text COLLATE "C" NOT NULL,
    namespace text COLLATE "C" NOT NULL,
    collection text COLLATE "C" NOT NULL,
    collection_id bigint REFERENCES {collections} (id) ON DELETE CASCADE,
    scope bigint GENERATED ALWAYS AS (coalesce(collection_id, 0)) STORED,
    key text COLLATE "C" NOT NULL,
    group_id text COLLATE "C",
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant, namespace, collection, scope, key)
)"""
# a source may be longer than an index takes
_CREATE_BY_GROUP = (
    "CREATE INDEX IF NOT EXISTS records_group ON {records} (hashtextextended(group_id, 0))"
    " WHERE group_id IS NOT NULL"
)
# what drops a collection looks for its records
_CREATE_BY_COLLECTION = (
    "CREATE INDEX IF NOT EXISTS records_collection ON {records} (collection_id)"
    " WHERE collection_id IS NOT NULL"
)

_ID = (
    "(SELECT c.id FROM {collections} AS c WHERE c.tenant = %(tenant)s AND c.name = %(collection)s)"
)
_HERE = (
    "r.tenant = %(tenant)s AND r.namespace = %(namespace)s AND r.collection = %(collection)s"
    " AND r.scope = coalesce({id}, 0)"
)
_UPDATE = (
    "WITH clock AS MATERIALIZED (SELECT clock_timestamp() AS at),"
    # what was written while there was no collection is not in it
    " stale AS (DELETE FROM {records} AS r WHERE r.tenant = %(tenant)s"
    " AND r.namespace = %(namespace)s AND r.collection = %(collection)s AND r.scope = 0"
    " AND {id} IS NOT NULL),"
    " written AS (INSERT INTO {records}"
    " (tenant, namespace, collection, collection_id, key, group_id, updated_at)"
    " SELECT %(tenant)s, %(namespace)s, %(collection)s, {id}, one.key, one.group_id, clock.at"
    " FROM unnest(%(keys)s::text[], %(groups)s::text[]) AS one (key, group_id), clock"
    " WHERE clock.at >= coalesce(to_timestamp(%(at_least)s::float8), '-infinity')"
    " ON CONFLICT (tenant, namespace, collection, scope, key) DO UPDATE"
    " SET group_id = excluded.group_id, updated_at = excluded.updated_at)"
    " SELECT extract(epoch FROM at)::float8,"
    " at >= coalesce(to_timestamp(%(at_least)s::float8), '-infinity') FROM clock"
)
# OFFSET 0 keeps it a look-up by key for each: the planner takes a namespace it knows nothing of
# for one row, and would compare all of its records with all that is asked
_ASKED = (
    "pg_catalog.unnest(%(keys)s::text[]) AS asked (key)"
    " CROSS JOIN LATERAL (SELECT * FROM {records} AS r WHERE {here} AND r.key = asked.key OFFSET 0"
    "{lock}) AS r"
)
_LOCKED = " FOR UPDATE"
_EXISTING = "SELECT r.key FROM {asked}"
_LIST = (
    "SELECT r.key FROM {records} AS r WHERE {here}{tests} ORDER BY r.key LIMIT %(limit)s::bigint"
)
_DELETE = (
    "WITH one AS MATERIALIZED"
    " (SELECT r.tenant, r.namespace, r.collection, r.scope, r.key FROM {asked})"
    " DELETE FROM {records} AS r USING one WHERE r.tenant = one.tenant"
    " AND r.namespace = one.namespace AND r.collection = one.collection AND r.scope = one.scope"
    " AND r.key = one.key"
)
_BEFORE = " AND r.updated_at < to_timestamp(%(before)s::float8)"
_AFTER = " AND r.updated_at > to_timestamp(%(after)s::float8)"
_GROUPS = (
    " AND hashtextextended(r.group_id, 0) = ANY(ARRAY(SELECT hashtextextended(g, 0)"
    " FROM pg_catalog.unnest(%(groups)s::text[]) AS g)) AND r.group_id = ANY(%(groups)s::text[])"
)


class Place(NamedTuple):
    """Where records are: ``collection`` is empty where they belong to none."""

    tenant: str
    namespace: str
    collection: str


def create(schema: str) -> list[Statement]:
    """Create the table and its indexes where they are missing."""
    texts = (_CREATE, _CREATE_BY_GROUP, _CREATE_BY_COLLECTION)
    return [Statement(_filled(schema, text)) for text in texts]


def clock() -> Statement:
    """Ask for the server's time, in seconds since 1970."""
    return Statement(sql.SQL("SELECT extract(epoch FROM clock_timestamp())::float8"))


def update(
    schema: str,
    place: Place,
    keys: Sequence[str],
    groups: Sequence[str | None],
    at_least: float | None,
) -> Statement:
    """Insert or replace records in the order given, unless the clock is before ``at_least``.

    One row comes back: the server's time, and whether it was late enough. The order is that of
    the locks: sort the keys, each once.
    """
    values = {"keys": list(keys), "groups": text_array(groups), "at_least": at_least}
    return Statement(_filled(schema, _UPDATE), place._asdict() | values, prepare=None)


def existing(schema: str, place: Place, keys: Sequence[str]) -> Statement:
    """Give those of the keys that are there."""
    return Statement(_filled(schema, _EXISTING), place._asdict() | {"keys": list(keys)})


def list_keys(
    schema: str,
    place: Place,
    *,
    before: float | None,
    after: float | None,
    groups: Sequence[str] | None,
    limit: int | None,
) -> Statement:
    """Give keys in order."""
    values: dict[str, Any] = {"limit": limit}
    tests: LiteralString = ""
    if before is not None:
        tests += _BEFORE
        values["before"] = before
    if after is not None:
        tests += _AFTER
        values["after"] = after
    if groups is not None:
        tests += _GROUPS
        values["groups"] = list(groups)
    return Statement(_filled(schema, _LIST, tests=tests), place._asdict() | values)


def delete(schema: str, place: Place, keys: Sequence[str]) -> Statement:
    """Remove records by key, locked in the order given."""
    return Statement(_filled(schema, _DELETE, lock=_LOCKED), place._asdict() | {"keys": list(keys)})


@rendered
def _filled(
    schema: str, text: LiteralString, *, lock: LiteralString = "", tests: LiteralString = ""
) -> sql.Composable:
    """Fill a text with what many have in common."""
    collections = identifier(schema, "collections")
    id_ = sql.SQL(_ID).format(collections=collections)
    common = {
        "records": identifier(schema, "records"),
        "collections": collections,
        "id": id_,
        "here": sql.SQL(_HERE).format(id=id_),
        "lock": sql.SQL(lock),
        "tests": sql.SQL(tests),
    }
    return sql.SQL(text).format(**common, asked=sql.SQL(_ASKED).format(**common))
