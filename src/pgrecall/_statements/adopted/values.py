"""Columns of an adopted table as the metadata of items."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import sql

from pgrecall._statements.names import literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall._statements.adopted.columns import TableColumn


def metadata(columns: Sequence[tuple[TableColumn, sql.SQL]], json: sql.SQL | None) -> sql.SQL:
    """Write the metadata of a row."""
    parts: list[sql.Composable] = [json] if json else []
    parts += [
        sql.SQL(
            "CASE WHEN {e} IS NULL THEN '{{}}'::jsonb"
            " ELSE pg_catalog.jsonb_build_object({k}, {e}) END"
        ).format(e=expression, k=literal(column.name))
        for column, expression in columns
    ]
    written = sql.SQL(" || ").join(parts) if parts else sql.SQL("'{}'::jsonb")
    return sql.SQL(written.as_string(None))
