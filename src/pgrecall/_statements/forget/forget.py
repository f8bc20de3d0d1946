"""What a tenant has in the tables of every tenant: counted, or removed and counted.

Rows are locked in the order of their keys, as all writers lock them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, LiteralString

from psycopg import sql

from pgrecall._statements.entries.paths import array_text, end_of
from pgrecall._statements.entries.table import ASKED, filled, keys_of, place_of
from pgrecall._statements.items.where import choosing
from pgrecall._statements.names import identifier
from pgrecall._statements.parameters import Parameters
from pgrecall._statements.rendered import rendered
from pgrecall._statements.statement import Statement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall._statements.entries.table import Key, Table
    from pgrecall._statements.layout import Stored
    from pgrecall.filters import Filter

# one look-up in the index a space, however many rows each has
_SPACES = (
    "WITH RECURSIVE each AS ((SELECT e.space FROM {entries} AS e WHERE e.tenant = %(tenant)s"
    " ORDER BY e.space LIMIT 1) UNION ALL SELECT (SELECT e.space FROM {entries} AS e"
    " WHERE e.tenant = %(tenant)s AND e.space > each.space ORDER BY e.space LIMIT 1)"
    " FROM each WHERE each.space IS NOT NULL)"
    " SELECT space FROM each WHERE space IS NOT NULL"
)
_REMOVED = (
    "WITH one AS MATERIALIZED (SELECT {key} FROM {source}),"
    " gone AS (DELETE FROM {entries} AS e USING one WHERE {same}"
    " RETURNING e.space, e.namespace, e.{id} AS key)"
)
_SEEN = "WITH gone AS (SELECT e.space, e.namespace, e.{id} AS key FROM {source})"
_OF_TENANT = (
    "(SELECT * FROM {entries} AS e WHERE e.tenant = %(tenant)s"
    " ORDER BY e.space, e.namespace, e.{id}{lock}) AS e"
)
_WITHIN = (
    "unnest(%(begins)s::text[], %(ends)s::text[]) AS asked (begins, ends)"
    " CROSS JOIN LATERAL (SELECT * FROM {entries} AS e WHERE {here}"
    " AND e.namespace >= asked.begins::text[] AND e.namespace < asked.ends::text[]"
    " ORDER BY e.namespace, e.{id} OFFSET 0{lock}) AS e"
)
_NEXT = (
    "(SELECT * FROM {entries} AS e WHERE {here}"
    " AND (e.namespace, e.{id}) > (%(after)s::text[], %(after_key)s::text)"
    " AND e.namespace < %(end)s::text[] ORDER BY e.namespace, e.{id} LIMIT %(most)s{lock}) AS e"
)
_BY_SPACE = (
    " SELECT space, count(*), count(DISTINCT namespace[1]),"
    " count(*) FILTER (WHERE namespace = ARRAY['sessions']) FROM gone GROUP BY space ORDER BY space"
)
_KEYS = " SELECT namespace, key FROM gone ORDER BY namespace, key"
_LOCKED: LiteralString = " FOR UPDATE"

_RECORDS = sql.SQL(
    "WITH one AS MATERIALIZED (SELECT r.tenant, r.namespace, r.collection, r.scope, r.key"
    " FROM {table} AS r WHERE r.tenant = %(tenant)s"
    " ORDER BY r.namespace, r.collection, r.scope, r.key FOR UPDATE)"
    " DELETE FROM {table} AS r USING one WHERE r.tenant = one.tenant"
    " AND r.namespace = one.namespace AND r.collection = one.collection AND r.scope = one.scope"
    " AND r.key = one.key"
)
_LOG = sql.SQL("DELETE FROM {table} AS l WHERE l.tenant = %(tenant)s")
_COUNT = sql.SQL("SELECT pg_catalog.count(*) FROM {table} AS t WHERE t.tenant = %(tenant)s")

_MATCHING = sql.SQL(
    "SELECT {id}, pg_catalog.jsonb_build_array({metadata} -> 'namespace',"
    " {metadata} -> 'key')::text FROM {table} WHERE {where} ORDER BY {id}"
)
_ITEMS = sql.SQL(
    "SELECT pg_catalog.count(*) FROM pg_catalog.unnest(%(owners)s::text[]) AS one (owner)"
    " JOIN {table} AS t ON {t.id} >= one.owner || ':' AND {t.id} < one.owner || ';'"
)


def spaces(schema: str, tenant: str, of: Table) -> Statement:
    """Name the spaces in which a tenant has rows."""
    return Statement(filled(schema, _SPACES, of), {"tenant": tenant})


def of_tenant(schema: str, tenant: str, of: Table, *, removing: bool) -> Statement:
    """Count all rows of a tenant, or remove and count them.

    By space: rows, the first parts of their namespaces, and rows of the namespace ``sessions``.
    """
    return _counted(schema, of, _OF_TENANT, {"tenant": tenant}, removing=removing)


def within(
    schema: str,
    tenant: str,
    space: str,
    prefixes: Sequence[tuple[str, ...]],
    of: Table,
    *,
    removing: bool,
) -> Statement:
    """Do the same to the rows of a space below any of several prefixes, in their order."""
    bound = {
        "begins": [array_text(prefix) for prefix in prefixes],
        "ends": [array_text(end_of(prefix)) for prefix in prefixes],
    }
    return _counted(schema, of, _WITHIN, {**place_of(tenant, space), **bound}, removing=removing)


def named(
    schema: str, tenant: str, space: str, keys: Sequence[Key], of: Table, *, removing: bool
) -> Statement:
    """Do the same to the rows of some keys, in the order given."""
    bound = place_of(tenant, space) | keys_of(keys)
    return _counted(schema, of, ASKED, bound, removing=removing)


def next_below(
    schema: str,
    tenant: str,
    space: str,
    prefix: tuple[str, ...],
    of: Table,
    *,
    after: Key | None,
    most: int,
    removing: bool,
) -> Statement:
    """Read or remove the next so many rows below a prefix: namespaces and keys, in their order."""
    namespace, key = after or (prefix, "")  # no key is empty
    bound = {
        "after": array_text(namespace),
        "after_key": key,
        "end": array_text(end_of(prefix)),
        "most": most,
    }
    return _of_rows(schema, of, _NEXT, _KEYS, place_of(tenant, space) | bound, removing=removing)


def records(schema: str, tenant: str, *, removing: bool) -> Statement:
    """Count a tenant's records, or remove them."""
    return _of_table(schema, "records", tenant, _RECORDS if removing else _COUNT)


def log_rows(schema: str, tenant: str, *, removing: bool) -> Statement:
    """Count a tenant's rows of the log, or remove them."""
    return _of_table(schema, "log", tenant, _LOG if removing else _COUNT)


def matching(stored: Stored, filter_: Filter) -> Statement:
    """Read of the items that match the id, and the namespace and key that their metadata names."""
    parameters = Parameters()
    where = choosing(stored, filter_, parameters)
    return Statement(_matching(stored, where), parameters.values)


def _counted(
    schema: str, of: Table, source: LiteralString, values: dict[str, Any], *, removing: bool
) -> Statement:
    return _of_rows(schema, of, source, _BY_SPACE, values, removing=removing)


def _of_rows(
    schema: str,
    of: Table,
    source: LiteralString,
    given: LiteralString,
    values: dict[str, Any],
    *,
    removing: bool,
) -> Statement:
    first: LiteralString = _REMOVED if removing else _SEEN
    lock: LiteralString = _LOCKED if removing else ""
    return Statement(filled(schema, first + given, of, source=source, lock=lock), values)


def count_items(stored: Stored, owners: Sequence[str]) -> Statement:
    """Count the items whose ids are an owner, a colon and a number."""
    return Statement(_count_items(stored), {"owners": list(owners)})


@rendered
def _count_items(stored: Stored) -> sql.Composable:
    return _ITEMS.format(table=stored.table, **stored.columns.of("t").holes)


def _of_table(schema: str, table: str, tenant: str, text: sql.SQL) -> Statement:
    return Statement(text.format(table=identifier(schema, table)), {"tenant": tenant})


@rendered
def _matching(stored: Stored, where: str) -> sql.Composable:
    return _MATCHING.format(table=stored.table, **stored.columns.holes, where=sql.SQL(where))
