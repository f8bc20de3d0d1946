"""Entries that go: by key, below a prefix, or once they have expired; and items that are theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import sql

from pgrecall._statements.distributed import Forms
from pgrecall._statements.entries.paths import below
from pgrecall._statements.entries.table import ASKED, ENTRIES, Table, filled, keys_of, place_of
from pgrecall._statements.parameters import Parameters
from pgrecall._statements.rendered import rendered
from pgrecall._statements.statement import Statement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall._statements.entries.table import Key
    from pgrecall._statements.layout import Stored


_LOCKED = " FOR UPDATE"
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


def remove_items(stored: Stored, owners: Sequence[str]) -> Statement:
    """Remove the items whose ids are an owner, a colon and a number, locked in that order."""
    return Statement(_remove_items(stored), {"owners": list(owners)})


@rendered
def _remove_items(stored: Stored) -> sql.Composable:
    columns = stored.columns.of("t")
    return _REMOVE_ITEMS.of(stored).format(
        table=stored.table, **columns.holes, given=columns.given("id")
    )
