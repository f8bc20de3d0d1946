"""What statements on entries have in common: the tables, the keys, and the texts they are of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, LiteralString, NamedTuple, TypeAlias

from psycopg import sql

from pgrecall._statements.columns import microseconds
from pgrecall._statements.entries.paths import array_text
from pgrecall._statements.names import identifier, qualified_name
from pgrecall._statements.rendered import rendered
from pgrecall._statements.statement import Statement
from pgrecall._values.arrays import text_array


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
Key: TypeAlias = tuple[tuple[str, ...], str]
"""A namespace and a key."""


def exists(schema: str, of: Table = ENTRIES) -> Statement:
    """Ask whether the table is there."""
    query = sql.SQL("SELECT to_regclass(%(name)s) IS NOT NULL")
    return Statement(query, {"name": qualified_name(schema, of.name)})


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
