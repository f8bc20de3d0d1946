"""What maintenance asks: its turn, the collections there are, and the indexes it brings back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import sql

from pgrecall._statements.collections.tables import secondary_indexes
from pgrecall._statements.names import identifier
from pgrecall._statements.statement import Statement

if TYPE_CHECKING:
    from pgrecall._statements.layout import Stored


def take_turn(schema: str) -> Statement:
    """Ask to be the one maintainer of a schema until the transaction ends; waits for nobody."""
    query = sql.SQL(
        "SELECT pg_try_advisory_xact_lock(hashtext('pgrecall maintain'), hashtext(%(schema)s))"
    )
    return Statement(query, {"schema": schema})


def collections(schema: str, tenant: str | None) -> Statement:
    """Name the collections of a tenant, or of all, by tenant and name; touches no item table."""
    query = sql.SQL("SELECT tenant, name FROM {}{} ORDER BY tenant, name").format(
        identifier(schema, "collections"),
        sql.SQL("") if tenant is None else sql.SQL(" WHERE tenant = %(tenant)s"),
    )
    return Statement(query, {} if tenant is None else {"tenant": tenant})


def build_missing(stored: Stored, name: str) -> Statement:
    """Build one of the indexes that should be there, beside readers and writers."""
    query = sql.SQL("CREATE INDEX CONCURRENTLY IF NOT EXISTS {} ON {} {}").format(
        identifier(name), stored.table, secondary_indexes(stored)[name]
    )
    return Statement(query)


def vacuum(stored: Stored) -> Statement:
    """Free what dead rows take in the table and in every index; keeps nobody from the table."""
    return Statement(
        sql.SQL("VACUUM (ANALYZE, INDEX_CLEANUP ON, TRUNCATE OFF) {}").format(stored.table)
    )


def vacuum_settings(lock_timeout: str, patience: str) -> list[Statement]:
    """Let its session wait so long for the table's lock, and take so long in all."""
    change = sql.SQL("SELECT set_config(%(name)s, %(value)s, false)")
    values = {"lock_timeout": lock_timeout, "statement_timeout": patience}
    return [Statement(change, {"name": name, "value": values[name]}) for name in values]
