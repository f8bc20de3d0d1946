"""Another name for a collection's table and its indexes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import sql

from pgrecall._statements.names import identifier, qualified_name
from pgrecall._statements.statement import Statement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall._statements.layout import Stored


def rename_table(before: Stored, after: Stored) -> Statement:
    """Give the table the name of ``after``: from then on nobody else touches its indexes."""
    return Statement(
        sql.SQL("ALTER TABLE {} RENAME TO {}").format(before.table, identifier(after.table_name))
    )


def index_names(stored: Stored) -> Statement:
    """Name the indexes of the table, and tell which is of its key."""
    query = sql.SQL(
        "SELECT c.relname::text, i.indisprimary FROM pg_catalog.pg_index i"
        " JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid"
        " WHERE i.indrelid = to_regclass(%(table)s) ORDER BY 1"
    )
    return Statement(query, {"table": qualified_name(stored.schema, stored.table_name)})


def rename_indexes(
    before: Stored, after: Stored, names: Sequence[tuple[str, bool]]
) -> list[Statement]:
    """Give those of the table's indexes that are pgrecall's, its key among them, new names."""
    marker = f"_{before.id}_"
    renamed = []
    for name, is_key in names:
        purpose = "pkey" if is_key else name.rpartition(marker)[2]
        if is_key or (purpose != name and before.index_name(purpose) == name):
            old, new = identifier(before.schema, name), identifier(after.index_name(purpose))
            renamed.append(Statement(sql.SQL("ALTER INDEX {} RENAME TO {}").format(old, new)))
    return renamed


def rows_follow(schema: str, tenant: str, table: str, space: str, new: str) -> Statement:
    """Let entries or blobs go with the new name of what makes them searchable."""
    query = sql.SQL(
        "UPDATE {} SET space = %(new)s WHERE tenant = %(tenant)s AND space = %(space)s"
    ).format(identifier(schema, table))
    return Statement(query, {"tenant": tenant, "space": space, "new": new})


def records_follow(stored: Stored, name: str) -> Statement:
    """Let the records of what was indexed go with a collection's new name."""
    query = sql.SQL("UPDATE {} SET collection = %(name)s WHERE collection_id = %(id)s").format(
        identifier(stored.schema, "records")
    )
    return Statement(query, {"name": name, "id": stored.id})
