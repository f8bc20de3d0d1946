"""What a text search asks for: its words, and the trees that they become."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg import sql

from pgrecall._statements import analysis, languages
from pgrecall._statements.analysis import INDEXED_CHARACTERS
from pgrecall._statements.ctes import with_ctes
from pgrecall._statements.rendered import rendered
from pgrecall._statements.search import bm25, spelling
from pgrecall._statements.search import reach as reaching
from pgrecall._statements.search.trust import FILTER_SHARE
from pgrecall._statements.statement import Statement
from pgrecall._values.tsquery import HIDDEN, HIDING, OPERATORS

if TYPE_CHECKING:
    from pgrecall._statements.layout import Stored

QUERY_CHARACTERS = 10_000
"""How much of a query is read where it becomes a tree: PostgreSQL walks trees by its stack."""

_PARSERS = {
    "web": sql.SQL("websearch_to_tsquery"),
    "all": sql.SQL("plainto_tsquery"),
    "phrase": sql.SQL("phraseto_tsquery"),
    "raw": sql.SQL("to_tsquery"),
}
_NARROWED = sql.SQL(
    "SELECT CASE WHEN all_query IS NULL THEN query ELSE query && likely_query END"
    " AS likely_query, {more}query AS all_query FROM asked, by_terms"
)
_NARROWED_MORE = sql.SQL("query && next_query AS next_query, rest_query, ")
SYNTAXES = ("any", *_PARSERS)
RANKINGS = ("bm25", "ts_rank", "ts_rank_cd")


@dataclass(frozen=True, slots=True)
class TextQuery:
    """What a text search asks for, beside its words.

    Attributes:
        syntax: One of ``SYNTAXES``.
        ranking: One of ``RANKINGS``.
        share: What part of the rows the filter lets through: 1 without one; None where the
            statement has to look, in a CTE ``sampled``.
        language: A value of the field that tells a collection's languages apart: the one that the
            words are in. None asks in every one.
        whole: Whether so few rows match the filter that each with a word is ranked by BM25, as
            ``fitted`` says: the statement is a third of the other, which chooses among them, and
            finds the same.
        title_weight: How often BM25 counts a word of the title, where there is one.
    """

    syntax: str = "any"
    ranking: str = "bm25"
    share: float | None = 1.0
    language: str | None = None
    whole: bool = False
    title_weight: float = bm25.TITLE_WEIGHT

    @property
    def shape(self) -> tuple[str, str, bool, bool, bool]:
        """What the text of its SQL depends on."""
        return self.syntax, self.ranking, self.share is None, self.language is None, self.whole

    def is_in_each(self, stored: Stored) -> bool:
        """Tell whether the words are asked for in several languages."""
        return self.language is None and stored.by_field is not None

    def has_own_trees(self, stored: Stored) -> bool:
        """Tell whether each row is held to the tree of its own language."""
        return self.syntax != "any" and self.is_in_each(stored)


def values_of(stored: Stored, words: str, query: TextQuery) -> dict[str, Any]:
    """Give the parameters of ``asked``."""
    tree = query.syntax not in {"any", "raw"}
    words = words[: QUERY_CHARACTERS if tree else INDEXED_CHARACTERS]
    if stored.analysis is not None and query.syntax in HIDING:
        words = HIDING[query.syntax](words)
    asked = {"text": words, "hidden": HIDDEN, "operators": OPERATORS}
    if query.is_in_each(stored):
        return {"configs": list(stored.configs), **asked}
    return {"config": stored.config_of(query.language), **asked}


def has_words(stored: Stored, words: str, query: TextQuery) -> Statement:
    """Ask whether a question has a word that can be found."""
    return Statement(_has_words(stored, query), values_of(stored, words, query))


@rendered
def _has_words(stored: Stored, query: TextQuery) -> sql.Composable:
    if query.syntax == "any":
        text = analysis.asked(stored, sql.SQL("%(text)s::text"))
        if query.is_in_each(stored):
            has_any = sql.SQL("SELECT bool_or(to_tsvector({}, {}) <> '') FROM {}")
            return has_any.format(languages.EACH, text, languages.OF_EACH)
        return sql.SQL("SELECT to_tsvector({}, {}) <> ''").format(languages.ONE, text)
    return with_ctes(asked(stored, query), sql.SQL("SELECT numnode(query) > 0 FROM asked"))


def asked(stored: Stored, query: TextQuery) -> list[tuple[str, sql.Composable]]:
    """Write the CTEs that make a tsquery of the words, where the syntax makes one.

    The last is ``asked``, or ``asked_each``.
    """
    if query.syntax == "any":
        return []
    words = []
    if stored.analysis is not None:
        most = INDEXED_CHARACTERS if query.syntax == "raw" else spelling.MOST
        words.append(spelling.words(stored, most=most))
    if query.is_in_each(stored):
        return [*words, *languages.asked_in_each(_tree(stored, query, languages.EACH))]
    return [*words, *_tree(stored, query, languages.ONE)]


def _tree(
    stored: Stored, query: TextQuery, config: sql.Composable
) -> list[tuple[str, sql.Composable]]:
    """Write the CTEs that make a tsquery by a configuration; the last is ``asked``."""
    parser = _PARSERS[query.syntax]
    if stored.analysis is not None:
        return spelling.asked(stored, parser, config=config)
    made = sql.SQL("{}({}, %(text)s::text)").format(parser, config)
    return [("asked", sql.SQL("SELECT {} AS query").format(made))]


def wanted(query: TextQuery) -> list[tuple[str, sql.Composable]]:
    """Write the CTEs of which the last, ``wanted``, has what rows are looked for by."""
    by_terms = bm25.wanted(None if query.whole else share_of(query))
    if query.syntax == "any":
        return [by_terms]
    # the terms choose which of the matching rows are looked at first
    narrowed = _NARROWED.format(more=sql.SQL("") if query.whole else _NARROWED_MORE)
    return [("by_terms", by_terms[1]), ("wanted", narrowed)]


def reach(stored: Stored, query: TextQuery) -> list[tuple[str, sql.Composable]]:
    """Write the CTEs of which the last, ``reach``, has what other rows are looked for by."""
    made = reaching.reach(stored, share_of(query), sql.SQL("%(before_sure)s::bigint"))
    if query.syntax == "any":
        return made
    [*before, (_, told)] = made
    return [*before, ("by_reach", told), ("reach", reaching.narrowed(stored))]


def share_of(query: TextQuery) -> sql.Composable:
    """Write what part of the rows the filter lets through."""
    return FILTER_SHARE if query.share is None else sql.SQL("%(filter_share)s::float8")
