"""Entries: JSON values under the keys of nested namespaces, in one table for every tenant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import sql

from pgrecall._statements.conditions import Subject, compile_filter
from pgrecall._statements.entries.paths import below
from pgrecall._statements.entries.table import ASKED, ENTRIES, Table, filled, keys_of, place_of
from pgrecall._statements.parameters import Parameters, joined
from pgrecall._statements.statement import Statement
from pgrecall._values.arrays import float_array

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall._statements.entries.table import Key
    from pgrecall.filters import Filter


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
_LOCKED_IF_FREE = " FOR UPDATE SKIP LOCKED"
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
