"""Statements that give the words of a text, or of an item, as full text search has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import sql

from pgrecall._statements.analysis import INDEXED_CHARACTERS, covered, lexemes
from pgrecall._statements.rendered import rendered
from pgrecall._statements.statement import Statement

if TYPE_CHECKING:
    from pgrecall._statements.layout import Stored

_CONFIG = sql.SQL("%(config)s::regconfig")
_TEXT = sql.SQL("%(text)s::text")
_OF_TEXT = sql.SQL(
    "SELECT lexeme, positions, false FROM pg_catalog.unnest({made})"
    ' ORDER BY positions[1], lexeme COLLATE "C"'
)
# of an item without a word there is a row of nothing; what has no place is no word
_OF_ITEM = sql.SQL(
    "SELECT words.lexeme, words.positions, words.weights IS NOT NULL AND 'A' = ANY (words.weights)"
    " FROM {table} AS t LEFT JOIN LATERAL pg_catalog.unnest({t.tsv}) AS words"
    " ON words.positions IS NOT NULL"
    ' WHERE {t.id} = {id} ORDER BY words.positions[1], words.lexeme COLLATE "C"'
)


def of_text(stored: Stored, text: str, language: str | None) -> Statement:
    """Analyse a text as one that is stored."""
    return Statement(_of_text(stored), {"config": stored.config_of(language), "text": text})


def of_item(stored: Stored, id_: str) -> Statement:
    """Read the words of an item; no row where there is none."""
    possible = stored.possible([id_])
    return Statement(_of_item(stored), {"id": possible[0] if possible else None})


@rendered
def _of_text(stored: Stored) -> sql.Composable:
    text = covered(stored, _TEXT, INDEXED_CHARACTERS)
    made = sql.SQL("to_tsvector({}, {})").format(_CONFIG, text)
    return _OF_TEXT.format(made=lexemes(stored, made))


@rendered
def _of_item(stored: Stored) -> sql.Composable:
    columns = stored.columns.of("t")
    asked = columns.as_id(sql.SQL("%(id)s::text"))
    return _OF_ITEM.format(**columns.holes, id=asked, table=stored.relation)
