"""Common table expressions before a SELECT."""

from __future__ import annotations

from psycopg import sql

from pgrecall._statements.names import identifier


def with_ctes(ctes: list[tuple[str, sql.Composable]], rows: sql.Composable) -> sql.Composed:
    """Put CTEs, each computed once, before a SELECT."""
    if not ctes:
        return sql.Composed([rows])
    written = [
        sql.SQL("{} AS MATERIALIZED ({})").format(identifier(name), body) for name, body in ctes
    ]
    return sql.SQL("WITH {} {}").format(sql.SQL(", ").join(written), rows)
