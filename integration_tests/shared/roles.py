"""Roles that may read, and what else is said."""

from __future__ import annotations

import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg
from psycopg.conninfo import make_conninfo

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def role(dsn: str, *rights: str) -> Iterator[str]:
    """Make a role that may read, and what else is said; give its DSN."""
    name = f"reader_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(dsn, autocommit=True) as connection:
        for statement in (
            "CREATE ROLE {} LOGIN",
            "GRANT USAGE ON SCHEMA pgrecall TO {}",
            "GRANT SELECT ON ALL TABLES IN SCHEMA pgrecall TO {}",
            *rights,
        ):
            connection.execute(statement.format(name).encode())
        yield make_conninfo(dsn, user=name)
        connection.execute(f"DROP OWNED BY {name}".encode())
        connection.execute(f"DROP ROLE {name}".encode())
