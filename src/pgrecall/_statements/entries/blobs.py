"""Blobs: bytes under the keys of nested namespaces, in one table for every tenant."""

from __future__ import annotations

from psycopg import sql

from pgrecall._statements.layout import identifier
from pgrecall._statements.statement import Statement

# as entries: who keeps it (space), where (namespace), under which key; what is to come in an order
# has keys that sort so. metadata is what blobs are found by without reading them, number the order
# in which they first came
_CREATE = sql.SQL("""
CREATE TABLE IF NOT EXISTS {blobs} (
    tenant text COLLATE "C" NOT NULL,
    space text COLLATE "C" NOT NULL,
    namespace text[] COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    number bigint GENERATED ALWAYS AS IDENTITY,
    value bytea NOT NULL,
    content_type text,
    metadata jsonb NOT NULL DEFAULT '{{}}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    ttl_minutes double precision,
    PRIMARY KEY (tenant, space, namespace, key)
)""")
_CREATE_EXPIRY = sql.SQL(
    "CREATE INDEX IF NOT EXISTS blobs_expiry ON {blobs} (expires_at) WHERE expires_at IS NOT NULL"
)
# most blobs have none, and pay nothing for it
_CREATE_METADATA = sql.SQL(
    "CREATE INDEX IF NOT EXISTS blobs_metadata ON {blobs} USING gin (metadata jsonb_path_ops)"
    " WHERE metadata <> '{{}}'"
)


def create(schema: str) -> list[Statement]:
    """Create the table and its indexes where they are missing."""
    blobs = identifier(schema, "blobs")
    made = (_CREATE, _CREATE_EXPIRY, _CREATE_METADATA)
    return [Statement(statement.format(blobs=blobs)) for statement in made]
