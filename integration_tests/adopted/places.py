"""A schema of a test's own, in which somebody else makes tables."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Place:
    """A schema, and an owner's connection whose search_path begins with it.

    Attributes:
        schema: The schema.
        connection: The connection, in autocommit mode.
    """

    schema: str
    connection: psycopg.Connection[Any]

    def run(self, statements: str) -> None:
        """Run statements, each of which may name what is in the schema without it."""
        for statement in statements.split(";"):
            if statement.strip():
                self.connection.execute(statement.encode())

    def ask(self, statement: str) -> list[tuple[Any, ...]]:
        """Give the rows of a statement."""
        return self.connection.execute(statement.encode()).fetchall()

    def __call__(self, name: str) -> str:
        """Give the whole name of what the schema has."""
        return f"{self.schema}.{name}"


def places(dsn: str) -> Iterator[Place]:
    """Give a schema that is new, with what is in it until it is thrown away with the database."""
    schema = f"s_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
        connection.execute("SELECT set_config('search_path', %s, false)", (f"{schema}, public",))
        yield Place(schema, connection)
