"""The index of ranked texts that the extension pg_textsearch makes: its column, and what it needs.

It reads one column of texts, so the table has one more: what the words of its tsvector were read
from. Before 1.1 the extension takes no expression in its place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg import sql

from pgrecall._statements import analysis
from pgrecall._statements.layout import BM25
from pgrecall._statements.names import literal, qualified_name
from pgrecall._statements.search.bm25 import TITLE_WEIGHT
from pgrecall._statements.statement import Statement
from pgrecall.indexes import Bm25

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pgrecall._statements.layout import Stored
    from pgrecall.indexes import TextIndex

EXTENSION = "pg_textsearch"
LEAST_K1, MOST_K1 = 0.1, 10.0
"""What the extension takes: beyond them its choice is by the nearest."""


def look() -> Statement:
    """Ask for the extension's schema, whether its files are there, and whether it is loaded."""
    query = sql.SQL(
        "SELECT (SELECT n.nspname::text FROM pg_catalog.pg_extension AS e"
        " JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace"
        " WHERE e.extname = %(extension)s), EXISTS (SELECT FROM pg_catalog.pg_available_extensions"
        " WHERE name = %(extension)s), current_setting(%(loaded)s, true) IS NOT NULL"
    )
    return Statement(
        query, {"extension": EXTENSION, "loaded": f"{EXTENSION}.default_limit"}, prepare=None
    )


def to_json(index: TextIndex, schema: str | None) -> dict[str, Any]:
    """Write a collection's index as the registry keeps it, with the schema of its extension."""
    return {"kind": type(index).__name__, "schema": schema}


def from_settings(settings: Mapping[str, Any]) -> TextIndex | None:
    """Read it; None too where a later version made another."""
    found = settings.get("text_index")
    return Bm25() if isinstance(found, dict) and found.get("kind") == "Bm25" else None


def column(stored: Stored) -> sql.Composed:
    """Write the column's definition.

    A word of the title counts as several of the text do, so the title stands there as often.
    """
    text = analysis.covered(stored, stored.columns.text, analysis.INDEXED_CHARACTERS)
    if stored.collection.title is not None:
        text = sql.SQL("coalesce(repeat({} || ' ', {}), '') || {}").format(
            analysis.title(stored), sql.Literal(TITLE_WEIGHT), text
        )
    made = sql.SQL("{} text GENERATED ALWAYS AS ({}) STORED")
    return made.format(stored.columns.analysed, analysis.apart(stored, text))


def definition(stored: Stored) -> sql.Composable:
    """Write what follows ``CREATE INDEX name ON table``."""
    return sql.SQL("USING bm25 ({}) WITH (text_config = {}, k1 = {}, b = {})").format(
        stored.columns.analysed,
        literal(stored.config),
        literal(max(LEAST_K1, min(MOST_K1, stored.collection.k1))),
        literal(stored.collection.b),
    )


def named(stored: Stored) -> str:
    """Name the index, as ``regclass`` and the extension read it."""
    return qualified_name(stored.schema, stored.index_name(BM25))
