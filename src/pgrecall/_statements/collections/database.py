"""What a store has to know of its server and database before anything else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from psycopg import sql

from pgrecall._statements.layout import Server
from pgrecall._statements.names import qualified_name
from pgrecall._statements.statement import Statement

if TYPE_CHECKING:
    from collections.abc import Sequence


def inspect(schema: str) -> Statement:
    """Ask what the server has: versions, pgvector's place and OIDs, the registry's version."""
    query = sql.SQL(
        "SELECT current_setting('server_version_num')::int, e.extversion, n.nspname,"
        " to_regtype(pg_catalog.quote_ident(n.nspname) || '.vector')::oid::bigint,"
        " to_regtype(pg_catalog.quote_ident(n.nspname) || '.halfvec')::oid::bigint,"
        " to_regclass(%(registry)s) IS NOT NULL"
        " FROM (VALUES (1)) AS one"
        " LEFT JOIN pg_catalog.pg_extension e ON e.extname = 'vector'"
        " LEFT JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace"
    )
    return Statement(query, {"registry": qualified_name(schema, "schema_version")})


class Identity(NamedTuple):
    """Tells a database from every other: that of a standby is its primary's."""

    system: int
    database: int


def identity() -> Statement:
    """Ask which database of which server this is; a role may lack the right to know."""
    return Statement(
        sql.SQL(
            "SELECT c.system_identifier, d.oid::bigint"
            " FROM pg_catalog.pg_control_system() c, pg_catalog.pg_database d"
            " WHERE d.datname = current_database()"
        )
    )


def vector_is_available() -> Statement:
    """Ask whether the server's disk has pgvector, whoever may create it."""
    query = sql.SQL(
        "SELECT EXISTS (SELECT FROM pg_catalog.pg_available_extensions WHERE name = 'vector')"
    )
    return Statement(query)


def server_from(row: Sequence[Any]) -> Server | None:
    """Read ``inspect``'s row; None where pgvector is not in the database."""
    version, vector_version, vector_schema, vector_oid, halfvec_oid, _ = row
    if vector_version is None:
        return None
    return Server(version, vector_version, vector_schema, vector_oid, halfvec_oid or 0)
