"""What the tests of collections look at on the server."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql


def execute(dsn: str, query: sql.SQL | sql.Composed) -> list[tuple[Any, ...]]:
    with psycopg.connect(dsn, autocommit=True) as connection:
        cursor = connection.execute(query)
        return cursor.fetchall() if cursor.description else []


def relation(table_name: str) -> sql.SQL:
    """What describe_collection calls the table, as SQL, unchanged."""
    return sql.SQL(table_name)  # type: ignore[arg-type]  # that it is SQL is what is tested
