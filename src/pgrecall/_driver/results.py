"""What a cursor has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg.pq import ExecStatus

if TYPE_CHECKING:
    import psycopg


def has_rows(cursor: psycopg.Cursor[Any] | psycopg.AsyncCursor[Any]) -> bool:
    """Tell whether there is something to fetch."""
    # cursor.description would tell too, at the price of an object a column
    result = cursor.pgresult
    return result is not None and result.status == ExecStatus.TUPLES_OK
