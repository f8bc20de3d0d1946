"""Which rows with common terms alone can be among the best, and which of them are looked at first.

No term adds more to a score than its weight, so a row needs terms that add up to the bar: what the
last of the places that have to be right has so far. Where one common term is enough, the rows that
hold it are many; where the tsvectors have marks, these tell the few of them that count it so much.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import sql

from pgrecall._statements.analysis_3 import marks
from pgrecall._statements.names import literal
from pgrecall._statements.search.bm25 import LIMIT, budget_of

if TYPE_CHECKING:
    from pgrecall._statements.layout import Stored

WORTH = 0.2
"""Where short texts that can reach the bar are more of all rows, their lists are not worth it."""
MARKED = ("short_query", "often_query")
"""What asks for rows by their marks: those without one, and those with one."""
MAX_BESIDE = 12
"""Up to so many common terms are asked for beside the others that a row needs, not each alone."""

_COMMON = sql.SQL(
    "SELECT term, weight, sum(weight) OVER heavier AS upto, row_number() OVER heavier AS place,"
    " count(*) OVER () AS terms{beside} FROM terms, {budget} WHERE summed > rows"
    " WINDOW heavier AS (ORDER BY weight, term::text)"
)

_BESIDE = sql.SQL(", array_agg(term::text) OVER heavier AS beside")

_BAR = sql.SQL(
    "SELECT coalesce((SELECT text_score * 0.999999 FROM found_rows"
    " ORDER BY text_score DESC OFFSET {before_sure} LIMIT 1), 0) AS least{lowest}"
)
# what cannot be among all that are brought is not missed by the places that need not be right
_LOWEST = sql.SQL(
    ", coalesce((SELECT text_score * 0.999999 FROM found_rows"
    " ORDER BY text_score DESC OFFSET %(before_last)s::bigint LIMIT 1), 0) AS lowest"
)
# No term adds more than its weight. So a row whose heaviest term is this one needs it alone, or
# one or two others beside it, or cannot reach the bar
_REACH = sql.SQL(
    "SELECT (SELECT string_agg(CASE {is_marked}WHEN weight >= least OR terms > {beside}"
    " THEN term::text ELSE '(' || term::text || '&(' || (SELECT string_agg(CASE"
    " WHEN common.weight + second.weight >= least THEN second.term::text"
    " ELSE '(' || second.term::text || '&(' || (SELECT string_agg(third.term::text, '|')"
    " FROM common AS third WHERE third.place < second.place"
    " AND common.weight + second.weight + third.upto >= least) || '))' END, '|')"
    " FROM common AS second WHERE second.place < common.place"
    " AND common.weight + second.upto >= least) || '))' END, '|')::tsquery"
    " FROM common WHERE upto >= least) AS reach_query, {marked}common_query,"
    " common_terms * '{limit}'::float8 AS scale, most,"
    " CASE WHEN prefixed THEN 0 ELSE least END AS least FROM bar,"
    " (SELECT string_agg(term::text, '|')::tsquery AS common_query, count(*) AS common_terms,"
    " bool_or(term::text LIKE '%%:%%') AS prefixed, array_agg(upto_heavier ORDER BY upto_heavier)"
    " AS most FROM (SELECT term, sum(weight) OVER (ORDER BY place DESC) AS upto_heavier"
    " FROM common) AS heaviest_first) AS every"
)
# one that is enough alone, where few rows count it and the lighter ones so much
_MARKED = sql.SQL(
    "SELECT place, {reaching}(term::text, beside, lowest / upto, {measured}, {worth}) AS queries"
    " FROM common, bar, listed WHERE weight >= least AND terms <= {beside}"
    " AND NOT EXISTS (SELECT FROM common WHERE term::text LIKE '%%:%%')"
)
_IS_MARKED = sql.SQL(
    "WHEN place IN (SELECT place FROM marked WHERE queries IS NOT NULL) THEN NULL "
)
_MARKED_QUERIES = sql.SQL(
    "(SELECT string_agg(queries[1], '|')::tsquery FROM marked) AS short_query,"
    " (SELECT string_agg(queries[2], '|')::tsquery FROM marked) AS often_query, "
)
# the rarest of the common terms, in the rows that count it most: as many as tell what is good
_BEST = sql.SQL(
    "SELECT coalesce(queries[1], CASE WHEN queries IS NULL THEN term::text END)::tsquery"
    " AS short_query, queries[2]::tsquery AS often_query FROM (SELECT term, {reaching}(term::text,"
    " ARRAY[term::text], {first}(term::text, df, %(total_rows)s::float8,"
    " %(best_rows_wanted)s::float8 / greatest({filter_share}, %(least_filter_share)s::float8),"
    " {measured}), {measured}, 1) AS queries FROM terms, listed, {budget}"
    " WHERE summed > rows AND summed - df <= rows) AS next"
)
_MEASURED = sql.SQL("%(base)s::float8, %(per_byte)s::float8, {once}, hashes, shares")
_ASKED = sql.SQL("{} @@ (SELECT reach_query FROM reach)")
_NARROWED = sql.SQL("SELECT {}, common_query, scale, most, least FROM asked, by_reach")
_EITHER = sql.SQL(
    "{tsv} @@ (SELECT short_query FROM {of}) OR {tsv} @@ (SELECT often_query FROM {of})"
)

# A row's rank by all common terms tells how many of them it has at most. Where it has each of them
# once it is that number, at which a sine is 0; the rank of fewer that stand more often may be one,
# too, but is less without their places. A prefix may be several words, each of them once, and what
# stands once may stand in the title
_RANK = sql.SQL(
    "(ts_rank('{{1,1,1,1}}', {tsv}, (SELECT common_query FROM reach)) * (SELECT scale FROM reach))"
)
_CAN_REACH = sql.SQL(
    "coalesce((SELECT most FROM reach)[floor({rank} + 0.01)::integer]"
    " * CASE WHEN abs(sind(180 * {rank})) < 0.03"
    " AND ({rank} < 2.5 OR {unplaced} > {rank} - 0.5) THEN {once}::float8"
    " / ({once}::float8 + %(base)s::float8 + %(per_byte)s::float8 * octet_length({text}))"
    " ELSE 1 END, '1e300'::float8) >= (SELECT least FROM reach)"
)


def best(stored: Stored, filter_share: sql.Composable) -> list[tuple[str, sql.Composable]]:
    """Write the CTE ``next_best``: what asks for the best rows of the rarest common term."""
    made = _BEST.format(
        reaching=marks.reaching(stored),
        first=marks.first(stored),
        measured=_measured(stored),
        filter_share=filter_share,
        budget=budget_of(filter_share),
    )
    return [("next_best", made)]


def reach(
    stored: Stored, filter_share: sql.Composable, before_sure: sql.Composable
) -> list[tuple[str, sql.Composable]]:
    """Write the CTEs that tell which other rows can reach what the CTE ``found_rows`` has.

    Args:
        stored: The collection.
        filter_share: As of ``wanted``.
        before_sure: One less than the places that have to be right.
    """
    has_marks = marks.are_in(stored)
    nothing = sql.SQL("")
    common = _COMMON.format(
        budget=budget_of(filter_share), beside=_BESIDE if has_marks else nothing
    )
    made = _REACH.format(
        limit=LIMIT,
        beside=sql.Literal(MAX_BESIDE),
        is_marked=_IS_MARKED if has_marks else nothing,
        marked=_MARKED_QUERIES if has_marks else nothing,
    )
    bar = _BAR.format(before_sure=before_sure, lowest=_LOWEST if has_marks else nothing)
    ctes: list[tuple[str, sql.Composable]] = [("common", common), ("bar", bar), ("reach", made)]
    if has_marks:
        marked = _MARKED.format(
            beside=sql.Literal(MAX_BESIDE),
            reaching=marks.reaching(stored),
            measured=_measured(stored),
            worth=sql.SQL("{}::float8").format(literal(str(WORTH))),
        )
        ctes.insert(2, ("marked", marked))
    return ctes


def narrowed(stored: Stored) -> sql.Composable:
    """Write ``reach`` anew of the CTE ``by_reach``: of rows that match a tree, too."""
    names = ["reach_query", *(MARKED if marks.are_in(stored) else ())]
    both = [sql.SQL("query && {0} AS {0}").format(sql.SQL(name)) for name in names]
    return _NARROWED.format(sql.SQL(", ").join(both))


def are_best(tsv: sql.Composable) -> sql.Composable:
    """Write the condition of a row that the CTE ``next_best`` asks for."""
    return sql.SQL("({})").format(_EITHER.format(tsv=tsv, of=sql.SQL("next_best")))


def are_asked(stored: Stored, tsv: sql.Composable) -> sql.Composable:
    """Write the condition of a row that the CTE ``reach`` asks for, by its index alone."""
    asked = _ASKED.format(tsv)
    if not marks.are_in(stored):
        return asked
    return sql.SQL("({} OR {})").format(asked, _EITHER.format(tsv=tsv, of=sql.SQL("reach")))


def rank(tsv: sql.Composable) -> sql.Composable:
    """Write the rank of a row that ``can_reach`` takes, from its tsvector."""
    return _RANK.format(tsv=tsv)


def can_reach(
    stored: Stored, rank_: sql.Composable, text: sql.Composable, tsv: sql.Composable
) -> sql.Composable:
    """Write the condition of a row that can reach the bar, from its rank, text and tsvector."""
    once = sql.SQL("1" if stored.collection.title is None else "%(title_weight)s")
    unplaced = rank(sql.SQL("strip({})").format(tsv))
    return _CAN_REACH.format(rank=rank_, text=text, once=once, unplaced=unplaced)


def _measured(stored: Stored) -> sql.Composable:
    """Write how a row's words are measured: the arguments that ``marks``' functions share."""
    once = sql.SQL("1" if stored.collection.title is None else "%(title_weight)s::float8")
    return _MEASURED.format(once=once)
