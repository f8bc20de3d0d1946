"""Another name for a collection's table and its indexes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import sql

from pgrecall._statements.layout import identifier, qualified_name
from pgrecall._statements.statement import Statement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall._statements.layout import Stored


def index_names(stored: Stored) -> Statement:
    """Name the indexes of the table."""
    query = sql.SQL(
        "SELECT c.relname::text FROM pg_catalog.pg_index i"
        " JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid"
        " WHERE i.indrelid = to_regclass(%(table)s) ORDER BY 1"
    )
    return Statement(query, {"table": qualified_name(stored.schema, stored.table_name)})


def rename_table(before: Stored, after: Stored, names: Sequence[str]) -> list[Statement]:
    """Give the table and those of its indexes that are pgrecall's the names of ``after``."""
    marker = f"_{before.id}_"
    indexes = []
    for name in names:
        purpose = name.rpartition(marker)[2]
        if purpose != name and before.index_name(purpose) == name:
            indexes.append((name, after.index_name(purpose)))
    table = sql.SQL("ALTER TABLE {} RENAME TO {}").format(
        before.table, identifier(after.table_name)
    )
    renamed = [
        sql.SQL("ALTER INDEX {} RENAME TO {}").format(
            identifier(before.schema, name), identifier(new)
        )
        for name, new in indexes
    ]
    return [Statement(query) for query in (table, *renamed)]


def records_follow(stored: Stored, name: str) -> Statement:
    """Let the records of what was indexed go with a collection's new name."""
    query = sql.SQL("UPDATE {} SET collection = %(name)s WHERE collection_id = %(id)s").format(
        identifier(stored.schema, "records")
    )
    return Statement(query, {"name": name, "id": stored.id})
