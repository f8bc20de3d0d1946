"""Items of entries, written beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from psycopg import sql

from pgrecall._statements.items import items
from pgrecall._statements.names import identifier
from pgrecall._statements.rendered import rendered
from pgrecall._statements.statement import Statement

if TYPE_CHECKING:
    from pgrecall._statements.layout import Stored
    from pgrecall._values.rows import Columns

# an item names its entry in its metadata; OFFSET 0 keeps the look-up by key, a row at a time
_UPSERT = sql.SQL(
    "INSERT INTO {table} AS existing ({id}, {written}, {updated_at}, {created_at})"
    " SELECT given.id, given.text, given.embedding, given.metadata, now(), e.created_at"
    " FROM unnest({ids}, %(texts)s::text[], %(vectors)s::{vector}[],"
    " %(metadata)s::jsonb[]) AS given (id, text, embedding, metadata)"
    " CROSS JOIN LATERAL (SELECT e.created_at FROM {entries} AS e WHERE e.tenant = %(tenant)s"
    " AND e.space = %(space)s AND e.namespace ="
    " ARRAY(SELECT pg_catalog.jsonb_array_elements_text(given.metadata -> %(namespace)s::text))"
    " AND e.id = given.metadata ->> %(key)s::text OFFSET 0) AS e"
    " ON CONFLICT ({id}) DO UPDATE SET {changes}"
)
_WRITTEN = ("text", "embedding", "metadata")


class Owner(NamedTuple):
    """Where the entries of items are.

    Attributes:
        tenant: The tenant.
        space: Their space.
        namespace: The key of an item's metadata that has its entry's namespace.
        key: The key of the metadata that has its entry's key.
    """

    tenant: str
    space: str
    namespace: str
    key: str


def upsert(schema: str, stored: Stored, owner: Owner, columns: Columns) -> Statement:
    """Insert or replace items of entries that the same transaction wrote, of the same creation.

    Args:
        schema: Where the entries are.
        stored: Where the items are.
        owner: Where their entries are, and how they name them.
        columns: The items.
    """
    if stored.collection.distributed:  # the entries are not: an item's time is its own there
        return items.upsert(stored, columns)
    values = {**columns.parameters(), **owner._asdict()}
    return Statement(_upsert(schema, stored), values, prepare=None)


@rendered
def _upsert(schema: str, stored: Stored) -> sql.Composable:
    columns = stored.columns
    return _UPSERT.format(
        **columns.holes,
        table=stored.table,
        entries=identifier(schema, "entries"),
        vector=stored.vector_type,
        ids=columns.as_id(sql.SQL("%(ids)s::text[]")),
        written=columns.listed(*_WRITTEN),
        changes=columns.assigned("excluded", *_WRITTEN, "updated_at", "created_at"),
    )
