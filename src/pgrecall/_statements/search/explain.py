"""A statement under EXPLAIN, and its text."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pgrecall._statements.rendered import Rendered

if TYPE_CHECKING:
    from pgrecall._statements.statement import Statement

_ANALYZE = "EXPLAIN (ANALYZE, BUFFERS) "


def analyze(statement: Statement) -> Statement:
    """Run a statement and say how PostgreSQL ran it, in place of its rows."""
    return replace(statement, sql=Rendered.of(_ANALYZE + text_of(statement)), prepare=False)


def text_of(statement: Statement) -> str:
    """Give a statement's text, its values left out: each is named in its place."""
    if isinstance(statement.sql, bytes):
        return statement.sql.decode()
    return statement.sql.as_string(None)
