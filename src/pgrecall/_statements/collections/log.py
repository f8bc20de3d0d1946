"""The log: what was done with collections and what it gave, each row for as long as it says."""

from __future__ import annotations

from typing import TYPE_CHECKING, LiteralString, NamedTuple

from psycopg import sql

from pgrecall._statements.names import identifier, qualified_name
from pgrecall._statements.rendered import rendered
from pgrecall._statements.statement import Statement
from pgrecall._values.arrays import float_array, text_array

if TYPE_CHECKING:
    from collections.abc import Sequence

# kind says what the document is: a search that was asked, a report of an evaluation. The collection
# is told by its number, which no other one ever has, and by its name then: rows outlive renames and
# drops. No foreign key: a drop would look through all that was logged
_CREATE = sql.SQL("""
CREATE TABLE IF NOT EXISTS {log} (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    collection_id bigint,
    collection text COLLATE "C",
    at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    document jsonb NOT NULL
)""")
_CREATE_BY_TIME = sql.SQL(
    "CREATE INDEX IF NOT EXISTS log_time ON {log} (tenant, kind, collection_id, at)"
)
_CREATE_EXPIRY = sql.SQL(
    "CREATE INDEX IF NOT EXISTS log_expiry ON {log} (expires_at) WHERE expires_at IS NOT NULL"
)

_KEEP = (
    "INSERT INTO {log} (tenant, kind, collection_id, collection, at, expires_at, document)"
    " SELECT one.tenant, %(kind)s::text, one.collection_id, one.collection,"
    " pg_catalog.to_timestamp(one.at), now() + %(seconds)s::float8 * interval '1 second',"
    " one.document::jsonb"
    " FROM unnest(%(tenants)s::text[], %(ids)s::bigint[], %(collections)s::text[],"
    " %(times)s::float8[], %(documents)s::text[])"
    " AS one (tenant, collection_id, collection, at, document)"
)
_EXPIRED = (
    "SELECT l.tenant, pg_catalog.count(*) FROM {log} AS l WHERE l.expires_at <= now() AND {where}"
    " GROUP BY l.tenant ORDER BY l.tenant"
)
_REMOVE = (
    "DELETE FROM {log} AS l WHERE l.id = ANY(ARRAY(SELECT e.id FROM {log} AS e"
    " WHERE e.expires_at <= now() AND {where} ORDER BY e.expires_at LIMIT %(most)s::bigint))"
)
# the newest first: before is the number of the oldest that was read. A collection that was
# re-embedded has another number and the same name
_READ = (
    "SELECT l.id, extract(epoch FROM l.at)::float8, l.document::text FROM {log} AS l"
    " WHERE l.tenant = %(tenant)s AND l.kind = %(kind)s"
    " AND (l.collection_id = %(collection_id)s OR l.collection = %(collection)s)"
    " AND l.at >= pg_catalog.to_timestamp(%(since)s::float8)"
    " AND l.id < %(before)s::bigint ORDER BY l.id DESC LIMIT %(most)s::bigint"
)
_ALL: LiteralString = "true"
_OF_ONE: LiteralString = "{one}.tenant = %(tenant)s"

SEARCH = "search"
"""The kind of a search that was answered."""


class Row(NamedTuple):
    """What is kept of one thing that was done.

    Attributes:
        at: When, in seconds since 1970.
        document: What, as JSON.
    """

    tenant: str
    collection_id: int
    collection: str
    at: float
    document: str


def keep(schema: str, kind: str, rows: Sequence[Row], seconds: float) -> Statement:
    """Keep rows for so many seconds by the server's clock: it tells what has expired, too."""
    values = {
        "kind": kind,
        "seconds": seconds,
        "tenants": text_array([row.tenant for row in rows]),
        "ids": [row.collection_id for row in rows],
        "collections": text_array([row.collection for row in rows]),
        "times": float_array([row.at for row in rows]),
        "documents": text_array([row.document for row in rows]),
    }
    return Statement(_filled(schema, _KEEP, ""), values, prepare=None)


def exists(schema: str) -> Statement:
    """Ask whether the table is there."""
    query = sql.SQL("SELECT to_regclass(%(name)s) IS NOT NULL")
    return Statement(query, {"name": qualified_name(schema, "log")})


def expired(schema: str, tenant: str | None) -> Statement:
    """Count what has expired and is still kept, by tenant."""
    return _of(schema, _EXPIRED, "l", tenant)


def remove_expired(schema: str, tenant: str | None, most: int) -> Statement:
    """Remove so many of the rows that have expired, the oldest first."""
    return _of(schema, _REMOVE, "e", tenant, most=most)


def read(
    schema: str,
    tenant: str,
    kind: str,
    *,
    collection_id: int,
    collection: str,
    since: float,
    before: int,
    most: int,
) -> Statement:
    """Read what was kept of a collection, the newest first: number, time, document."""
    values = {
        "tenant": tenant,
        "kind": kind,
        "collection_id": collection_id,
        "collection": collection,
        "since": since,
        "before": before,
        "most": most,
    }
    return Statement(_filled(schema, _READ, ""), values)


def _of(
    schema: str, text: LiteralString, one: LiteralString, tenant: str | None, **values: object
) -> Statement:
    where = _ALL if tenant is None else _OF_ONE.format(one=one)
    of_one = {} if tenant is None else {"tenant": tenant}
    return Statement(_filled(schema, text, where), {**of_one, **values})


@rendered
def _filled(schema: str, text: LiteralString, where: LiteralString) -> sql.Composed:
    return sql.SQL(text).format(log=identifier(schema, "log"), where=sql.SQL(where))


def create(schema: str) -> list[Statement]:
    """Create the table and its indexes where they are missing."""
    log = identifier(schema, "log")
    made = (_CREATE, _CREATE_BY_TIME, _CREATE_EXPIRY)
    return [Statement(statement.format(log=log)) for statement in made]
