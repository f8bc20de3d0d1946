"""The indexes of declared fields, built beside readers and writers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from psycopg import sql

from pgrecall._statements.collections.declared import HOT_FIELDS
from pgrecall._statements.collections.tables import field_indexes, field_mark
from pgrecall._statements.names import identifier, qualified_name
from pgrecall._statements.statement import Statement
from pgrecall.indexes import hot_to_json

if TYPE_CHECKING:
    from pgrecall._statements.layout import Stored


def new_name(stored: Stored, purpose: str, kind: str) -> str:
    """Name a field's index until it is put in its place: what it is on, in the name."""
    return stored.index_name(f"{purpose}_{kind}")


def build(stored: Stored, purpose: str, kind: str) -> Statement:
    """Build a field's index under a name of its own; in no transaction."""
    return Statement(
        sql.SQL("CREATE INDEX CONCURRENTLY {} ON {} {}").format(
            identifier(new_name(stored, purpose, kind)),
            stored.table,
            field_indexes(stored)[purpose],
        )
    )


def there(stored: Stored) -> Statement:
    """Name the table's indexes of fields, and tell whether each is valid."""
    query = sql.SQL(
        "SELECT c.relname::text, i.indisvalid FROM pg_catalog.pg_index i"
        " JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid"
        " WHERE i.indrelid = to_regclass(%(table)s) AND position(%(mark)s in c.relname) > 0"
    )
    table = qualified_name(stored.schema, stored.table_name)
    return Statement(query, {"table": table, "mark": field_mark(stored)})


def put_in_place(stored: Stored, purpose: str, kind: str) -> list[Statement]:
    """Give an index that was built its own name, which another kind's had."""
    name = stored.index_name(purpose)
    drop = sql.SQL("DROP INDEX IF EXISTS {}").format(identifier(stored.schema, name))
    rename = sql.SQL("ALTER INDEX {} RENAME TO {}").format(
        identifier(stored.schema, new_name(stored, purpose, kind)), identifier(name)
    )
    return [Statement(drop), Statement(rename)]


def declare(stored: Stored) -> Statement:
    """Note which fields are declared, and which of them are hot."""
    query = sql.SQL(
        "UPDATE {} SET fields = %(fields)s::jsonb,"
        " settings = (settings - %(key)s::text) || %(hot)s::jsonb WHERE id = %(id)s"
    ).format(identifier(stored.schema, "collections"))
    hot = hot_to_json(stored.collection.fields)
    values = {
        "fields": json.dumps(dict(stored.fields)),
        "key": HOT_FIELDS,
        "hot": json.dumps({HOT_FIELDS: hot} if hot else {}),
    }
    return Statement(query, {**values, "id": stored.id})
