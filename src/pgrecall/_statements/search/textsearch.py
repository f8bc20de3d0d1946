"""The text arm where an extension's index chooses what is ranked, and the tsvector is asked after.

What the index gives is ranked by the same BM25 as ever, so scores mean the same, titles count and
ties go by id. It is not asked for words that stand for beginnings, which it does not have, for more
words than are ranked by, for one alone where marks find it, and where a filter lets few rows
through; and where it brings fewer rows than are wanted, the arms that find by the tsvector run as
if it were not there.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from psycopg import sql

from pgrecall._statements import analysis
from pgrecall._statements.analysis_3 import marks
from pgrecall._statements.collections.textsearch import EXTENSION, named
from pgrecall._statements.names import identifier, literal
from pgrecall._statements.search import bm25

if TYPE_CHECKING:
    from pgrecall._statements.items.where import Where
    from pgrecall._statements.layout import Stored
    from pgrecall._statements.search.text_query import TextQuery

LEAST_SHARE = 0.1
"""Where a filter lets less of the rows through, the index passes over too many."""
RANKED, TIMES = 500, 50
"""Rows that are ranked at least, and how many times those that have to be right."""
MANY_ROWS = 200_000
"""Rows of a table beyond which more are ranked: twice as many with each fourfold."""
LONE, FEW, FEW_WORDS = 16, 2, 4
"""How many times as many rows are ranked for a lone word, and for fewer words than these: more rows
are alike to the index, which knows how many words each has, and ours go by their characters."""
WORTH = 4
"""The index is asked where so many times as many rows match as it is to choose: of fewer, to choose
takes as long as to rank them all."""
PASSED_OVER = 20
"""Rows that a filter may stop for each that is ranked."""
_INDEX_MOST = 100_000  # what the extension's setting takes
MOST_RANKED = 1_000
"""Rows up to which more are ranked than are wanted."""

# None is there while a load has put the indexes aside. How many rows the index looks for at first
# is a setting, where the planner does not know how many are wanted: with a filter it could go by
# the bound
_QUESTION = sql.SQL(
    "SELECT ranked, CASE WHEN share < 1 THEN ranked * {times} ELSE ranked END AS bound,"
    " pg_catalog.set_config({asked}, question, true) AS asked,"
    " pg_catalog.set_config({at_first}, least({index_most}, ceil(ranked / share))::integer::text,"
    " true) AS at_first FROM (SELECT {text} AS question, {share} AS share,"
    " {cap} * (SELECT CASE WHEN count(*) = 1 THEN {lone} WHEN count(*) < {few_words} THEN {few}"
    " ELSE 1 END FROM words) AS ranked"
    " FROM pg_catalog.pg_index WHERE indexrelid = pg_catalog.to_regclass({index}) AND indisvalid"
    " AND (SELECT count(*) BETWEEN {fewest} AND {most} AND count(lexeme) = count(*) FROM words)"
    " OFFSET 0) AS found"
    " WHERE share >= {least} AND (SELECT max(summed) FROM terms)"
    " > greatest(%(row_budget)s::float8, {worth} * ranked) / greatest(share, {least})"
)
# The filter is computed, not a condition: no other index may be taken for it. What a scan is
# ordered by is computed once more for each row, which splits its text into words: the question is a
# setting, that it is read from when the scan begins, and of which the first row leaves nothing: a
# subquery that names no column runs once, when that row is at hand. Where nothing is asked, a limit
# of 0 has the scan never begin. OFFSET keeps what is computed once from being twice. A row may be
# in the index twice; of those that come more often too few may be left, and the tsvector is asked
_ROWS = sql.SQL(
    "SELECT DISTINCT * FROM (SELECT id, text_score FROM (SELECT id, {score} AS text_score FROM"
    " (SELECT id, text, ts_filter(tsv, '{{a,b,c,d}}') AS tsv FROM (SELECT {given},"
    " ({where}) AS passes, (SELECT pg_catalog.set_config({asked}, '', true)) AS asked"
    " FROM {table} ORDER BY {analysed} OPERATOR({extension}.<@>) {extension}.to_bm25query("
    "nullif(pg_catalog.current_setting({asked}, true), ''), {index})"
    " LIMIT (SELECT coalesce(max(bound), 0) FROM index_question)) AS near"
    " WHERE passes AND asked = '' LIMIT (SELECT max(ranked) FROM index_question)) AS found"
    " OFFSET 0) AS scored WHERE text_score > 0 ORDER BY text_score DESC, id"
    " LIMIT 2 * {limit}::bigint) AS best"
)
CAP = "index_row_cap"
"""Name of the value that limits the rows that are ranked."""
_ASKED = literal("pgrecall.asked")
_CAP = sql.SQL("%(index_row_cap)s::bigint")

ENOUGH = sql.SQL(" AND (SELECT count(*) FROM index_rows) < {}")
"""Lets another arm run where the index brought too few."""


def serves(stored: Stored, query: TextQuery) -> bool:
    """Tell whether the index may be asked: it knows words, not how they stand to one another.

    Where every row with a word is ranked anyway, there is nothing to choose.
    """
    asked = query.syntax == "any" and query.ranking == "bm25" and not query.whole
    return asked and stored.collection.text_index is not None


def question(stored: Stored, share: sql.Composable) -> tuple[str, sql.Composable]:
    """Write the CTE ``index_question``: a row with what the index is asked, or none.

    Args:
        stored: The collection.
        share: What part of the rows the filter lets through.
    """
    made = _QUESTION.format(
        asked=_ASKED,
        text=analysis.asked(stored, sql.SQL("%(text)s::text"), words=True),
        index=literal(named(stored)),
        # by its marks a lone word's best rows are found, all of them, and sooner
        fewest=sql.Literal(2 if marks.are_in(stored) else 1),
        most=sql.Literal(bm25.MAX_TERMS),
        share=share,
        least=sql.SQL("{}::float8").format(literal(str(LEAST_SHARE))),
        cap=_CAP,
        times=sql.Literal(PASSED_OVER),
        lone=sql.Literal(LONE),
        few=sql.Literal(FEW),
        few_words=sql.Literal(FEW_WORDS),
        worth=sql.Literal(WORTH),
        index_most=sql.Literal(_INDEX_MOST),
        at_first=literal(f"{EXTENSION}.default_limit"),
    )
    return ("index_question", made)


def rows(
    stored: Stored, where: Where, score: sql.Composable, limit: sql.Composable
) -> tuple[str, sql.Composable]:
    """Write the CTE ``index_rows``: what the index brings, ranked.

    Args:
        stored: The collection.
        where: The filter.
        score: A row's score, from ``text`` and ``tsv``.
        limit: Rows that the arm brings.
    """
    columns = stored.columns
    made = _ROWS.format(
        score=score,
        limit=limit,
        given=columns.given("id", "text", "tsv"),
        where=sql.SQL(where.test),
        table=stored.table,
        analysed=columns.analysed,
        extension=identifier(stored.textsearch_schema or ""),
        index=literal(named(stored)),
        asked=_ASKED,
    )
    return ("index_rows", made)


def values(stored: Stored, limit: int, sure: int) -> dict[str, int]:
    """Give the parameters of these CTEs.

    Args:
        stored: The collection.
        limit: Rows that the arm brings at most.
        sure: How many of the first have to be right.
    """
    ranked = min(MOST_RANKED, max(RANKED, TIMES * sure))
    # in steps: with each number comes another statement to prepare
    steps = round(math.log2(max(1.0, stored.rows / MANY_ROWS)) / 2)
    return {CAP: max(limit, ranked << steps)}
