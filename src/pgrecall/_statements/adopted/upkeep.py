"""What is asked of an adopted table to tell whether its searches are as quick as they could be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import sql

from pgrecall._statements.names import literal, qualified_name, quoted_name
from pgrecall._statements.statement import Statement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall._statements.adopted.adopted import Adopted
    from pgrecall._statements.layout import Stored

_BEFORE_ROW, _INSERT, _UPDATE = 1 | 2, 4, 16  # bits of pg_trigger.tgtype

_KEPT = sql.SQL("""
SELECT EXISTS (SELECT FROM pg_catalog.pg_trigger g WHERE g.tgrelid = to_regclass(%(table)s)
    AND g.tgtype & {before_row} = {before_row} AND g.tgtype & {insert} > 0
    AND g.tgenabled <> 'D'),
    EXISTS (SELECT FROM pg_catalog.pg_trigger g WHERE g.tgrelid = to_regclass(%(table)s)
    AND g.tgtype & {before_row} = {before_row} AND g.tgtype & {update} > 0
    AND g.tgenabled <> 'D')""").format(
    before_row=literal(_BEFORE_ROW), insert=literal(_INSERT), update=literal(_UPDATE)
)


def is_kept(stored: Stored) -> Statement:
    """Ask whether triggers fill columns of a row that is inserted, and of one that is updated."""
    return Statement(_KEPT, {"table": stored.holder})


def tokens(configuration: str, text: Sequence[str]) -> str:
    """Write the tsvector of a text in columns, as an index can have it.

    It has the words that are computed without one: concat_ws() is none that an index can have.
    """
    parts = [f"coalesce({quoted_name(name)}::text, '')" for name in text]
    written = r" || E'\n\n' || ".join(parts)
    named = sql.Literal(configuration).as_string(None)
    return f"to_tsvector({named}::regconfig, {written})"


def of_column(name: str) -> str:
    """Write a column for ``index_tokens``."""
    return quoted_name(name)


def index_tokens(adopted: Adopted, expression: str) -> str:
    """Write what makes search by text quick, beside readers and writers."""
    table = qualified_name(adopted.schema, adopted.name)
    return f"CREATE INDEX CONCURRENTLY ON {table} USING gin ({expression})"


def index_ids(adopted: Adopted) -> str:
    """Write what tells that no two rows have an id."""
    columns = ", ".join(quoted_name(one.name) for one in adopted.id)
    table = qualified_name(adopted.schema, adopted.name)
    return f"CREATE UNIQUE INDEX CONCURRENTLY ON {table} ({columns})"


def repeated_ids(adopted: Adopted) -> str:
    """Write what shows ids that several rows have."""
    columns = ", ".join(quoted_name(one.name) for one in adopted.id)
    table = qualified_name(adopted.schema, adopted.name)
    return f"SELECT {columns}, count(*) FROM {table} GROUP BY {columns} HAVING count(*) > 1"  # noqa: S608  # shown, never run
