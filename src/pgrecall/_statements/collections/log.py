"""The log: what was done with collections and what it gave, each row for as long as it says."""

from __future__ import annotations

from psycopg import sql

from pgrecall._statements.layout import identifier
from pgrecall._statements.statement import Statement

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


def create(schema: str) -> list[Statement]:
    """Create the table and its indexes where they are missing."""
    log = identifier(schema, "log")
    made = (_CREATE, _CREATE_BY_TIME, _CREATE_EXPIRY)
    return [Statement(statement.format(log=log)) for statement in made]
