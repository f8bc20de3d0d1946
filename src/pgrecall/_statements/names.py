"""Names and values of users as SQL has them."""

from __future__ import annotations

import re

from psycopg import sql

# the reserved words of PostgreSQL 18 (pg_get_keywords(), catcode R and T)
_RESERVED = frozenset(
    (  # noqa: SIM905  # words read best as words
        "all analyse analyze and any array as asc asymmetric authorization binary both case cast "
        "check collate collation column concurrently constraint create cross current_catalog "
        "current_date current_role current_schema current_time current_timestamp current_user "
        "default deferrable desc distinct do else end except false fetch for foreign freeze from "
        "full grant group having ilike in initially inner intersect into is isnull join lateral "
        "leading left like limit localtime localtimestamp natural not notnull null offset on only "
        "or order outer overlaps placing primary references returning right select session_user "
        "similar some symmetric system_user table tablesample then to trailing true union unique "
        "user using variadic verbose when where window with "
    ).split()
)
_PLAIN_NAME = re.compile(r"[a-z_][a-z0-9_]*\Z")


def identifier(*parts: str) -> sql.SQL:
    """Quote a name for a statement that psycopg searches for placeholders: ``%`` is doubled."""
    return sql.SQL(sql.Identifier(*parts).as_string(None).replace("%", "%%"))


def literal(value: object) -> sql.SQL:
    """Quote a value for such a statement, whatever the server's standard_conforming_strings."""
    if isinstance(value, str) and "\\" in value:
        # libpq would ask the connection that it opened last, of whatever server
        escaped = value.replace("\\", "\\\\").replace("'", "''")
        return sql.SQL(f" E'{escaped}'".replace("%", "%%"))
    return sql.SQL(sql.Literal(value).as_string(None).replace("%", "%%"))


def qualified_name(schema: str, table: str) -> str:
    """Name a table as SQL needs it: ``pgrecall.docs_1``, ``pgrecall."My table"``."""
    return f"{quoted_name(schema)}.{quoted_name(table)}"


def quoted_name(name: str) -> str:
    """Quote a name where SQL needs it, for what is bound and read as SQL: ``to_regclass($1)``."""
    return (
        name
        if _PLAIN_NAME.match(name) and name not in _RESERVED
        else '"' + name.replace('"', '""') + '"'
    )
