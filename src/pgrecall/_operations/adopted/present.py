"""What is so of an adopted table now."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from psycopg import sql

from pgrecall._statements.adopted.adopted import Present
from pgrecall._statements.statement import Statement

if TYPE_CHECKING:
    from pgrecall._operations.work import Steps
    from pgrecall._statements.layout import Stored


def present_of(stored: Stored) -> Steps[Stored]:
    """Complete what the registry says of a collection on an adopted table."""
    query = sql.SQL("EXPLAIN (FORMAT JSON) SELECT FROM {}").format(stored.items)
    result = yield Statement(query)
    rows = float(result.rows[0][0][0]["Plan"]["Plan Rows"])
    return replace(stored, rows=rows, present=Present(rows=rows))
