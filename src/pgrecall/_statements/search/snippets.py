"""Passages of texts with the words in them that were asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import sql

from pgrecall._statements import analysis, languages
from pgrecall._statements.analysis import INDEXED_CHARACTERS

if TYPE_CHECKING:
    from pgrecall._statements.columns import ItemColumns
    from pgrecall._statements.layout import Stored

MOST_NODES = 60
"""Words and operators of a question, up to which a passage is chosen that matches it as a whole."""

# a phrase of hundreds of words is held to each place where one of them stands
_SNIPPET = sql.SQL(
    "ts_headline({config}, {text}, coalesce((SELECT all_query FROM wanted WHERE numnode(all_query)"
    " <= {most}), (SELECT string_agg(term::text, '|')::tsquery FROM terms)))"
)


def snippet_of(stored: Stored, item: ItemColumns, *, wanted: bool) -> sql.Composable:
    """Write a passage of a text with its matching words marked, or NULL where none is wanted.

    It is of the text as it was analysed: ``_values.snippets`` takes the marks over to the text.
    """
    if not wanted:
        return sql.SQL("NULL")
    covered = sql.SQL("left({}, {})").format(item.text, sql.Literal(INDEXED_CHARACTERS))
    config: sql.Composable = languages.ONE
    if stored.by_field is not None:
        config = languages.of_row(stored, item.metadata)
    return _SNIPPET.format(
        config=config,
        text=analysis.asked(stored, covered),
        most=sql.Literal(MOST_NODES),
    )
