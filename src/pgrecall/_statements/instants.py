"""Instants that stand in metadata as text: the expression that reads them, and its function.

The expression is total: what says no instant gives NULL, never an error. It depends on no setting
and is made of what is immutable alone. An index needs a name for it that lasts: the function has
the expression's version in its own. Another grammar would be another function, and other indexes.
"""

from __future__ import annotations

from psycopg import sql

from pgrecall._statements.names import identifier, qualified_name
from pgrecall._statements.parameters import Template
from pgrecall._statements.statement import Statement
from pgrecall._values.instants import FRACTION_DIGITS, GRAMMAR

FUNCTION = "instant_1"
"""The function's name in the store's schema; the number is the grammar's version."""

SINCE = 4
"""The version of the registry that brought it."""

# every part of a text that matches stands in its place; the offset alone may be missing
_OFFSET = "pg_catalog.substring({} COLLATE \"C\", '[+-][0-9][0-9]:[0-9][0-9]$')"
_PARTS = (
    "(CASE WHEN ({} COLLATE \"C\") ~ '^(?:<grammar>)$' THEN"
    " (pg_catalog.make_timestamp(pg_catalog.substr({}, 1, 4)::int,"
    " pg_catalog.substr({}, 6, 2)::int, pg_catalog.substr({}, 9, 2)::int, 0, 0, 0)"
    " + pg_catalog.make_interval(0, 0, 0, 0, ('0' || pg_catalog.substr({}, 12, 2))::int,"
    " ('0' || pg_catalog.substr({}, 15, 2))::int"
    " - coalesce((pg_catalog.left(<offset>, 1) || '1')::int"
    " * (pg_catalog.substr(<offset>, 2, 2)::int * 60 + pg_catalog.right(<offset>, 2)::int), 0),"
    " ('0' || pg_catalog.substr({}, 18, 2))::int + pg_catalog.round(('0' || coalesce("
    "pg_catalog.left(pg_catalog.substring({} COLLATE \"C\", '[.][0-9]+'), <digits>), ''))::float8"
    " * 1000000) / 1000000)) AT TIME ZONE 'UTC' END)"
)
_INSTANT = Template(
    _PARTS.replace("<offset>", _OFFSET)
    .replace("<grammar>", GRAMMAR)
    .replace("<digits>", str(FRACTION_DIGITS + 1))
)

# inlined where a query or an index has it, so it costs no call. What RETURN has is read once, when
# the function is made: text would be read by each caller's search_path, which may hide operators
_CREATE = sql.SQL(
    "CREATE OR REPLACE FUNCTION {function}(text) RETURNS timestamptz LANGUAGE sql"
    " IMMUTABLE PARALLEL SAFE RETURN {value}"
)
_GRANT = sql.SQL("GRANT EXECUTE ON FUNCTION {function}(text) TO PUBLIC")


def instant_of(text: sql.Composable) -> sql.SQL:
    """Write the instant that a text says, as timestamptz; NULL where it says none.

    Args:
        text: An expression of type text, which is written out some ten times: something cheap.
    """
    return _INSTANT.filled(text)


def function(schema: str) -> sql.SQL:
    """Name the function that is ``instant_of`` of its argument."""
    return identifier(schema, FUNCTION)


def create(schema: str) -> list[Statement]:
    """Make the function, for every role: who writes a row needs it for the row's index."""
    made = _CREATE.format(function=function(schema), value=instant_of(sql.SQL("$1")))
    return [Statement(made), Statement(_GRANT.format(function=function(schema)))]


def is_there(schema: str) -> Statement:
    """Ask whether the schema has the function."""
    query = sql.SQL("SELECT to_regprocedure(%(name)s) IS NOT NULL")
    return Statement(query, {"name": f"{qualified_name(schema, FUNCTION)}(text)"})


def share(schema: str) -> Statement:
    """Let Citus take the function to its workers; to those that have it too."""
    query = sql.SQL("SELECT pg_catalog.create_distributed_function(%(name)s::regprocedure)")
    return Statement(query, {"name": f"{qualified_name(schema, FUNCTION)}(text)"})
