"""The arm of a text search: CTEs that find the rows that match, and rank them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from psycopg import sql

from pgrecall._statements import languages, probing
from pgrecall._statements.analysis_3 import marks
from pgrecall._statements.distributed import Forms
from pgrecall._statements.search import bm25, textsearch
from pgrecall._statements.search import reach as reaching
from pgrecall._statements.search.text_query import asked, reach, share_of, values_of, wanted

if TYPE_CHECKING:
    from pgrecall._statements.items.where import Where
    from pgrecall._statements.layout import Stored
    from pgrecall._statements.search.bm25 import Frequencies
    from pgrecall._statements.search.text_query import TextQuery

FILTER_SAMPLE = 500
"""Rows looked at for the share that a filter lets through."""

# 1 divides by the logarithm of the length: on every set measured better than without
_BUILT_IN = {
    "ts_rank": sql.SQL("coalesce(ts_rank({}, (SELECT all_query FROM wanted), 1), 0)::float8"),
    "ts_rank_cd": sql.SQL("coalesce(ts_rank_cd({}, (SELECT all_query FROM wanted), 1), 0)::float8"),
}

CAPS = ("bm25_row_cap", "fill_row_cap", textsearch.CAP)
"""Limits of ``text_arm`` by the names of their values."""

# ts_filter with every weight takes the tsvector out of TOAST: once, not once a term
_FOUND = Forms(
    local=sql.SQL(
        "SELECT id, {carried_score} AS text_score"
        " FROM (SELECT {given_text}, ts_filter({tsv}, '{{a,b,c,d}}') AS tsv"
        " FROM {items} WHERE {where} AND {match} LIMIT %(bm25_row_cap)s) AS found"
    ),
    # every worker scores its own rows: ids and scores travel, texts do not
    spread=sql.SQL(
        "SELECT {given}, {score} AS text_score FROM {items} WHERE {where} AND {match}"
        " LIMIT %(bm25_row_cap)s"
    ),
)

# the rare terms gave too few: so many of the others as tell what is good
_FILL = Forms(
    local=sql.SQL(
        "SELECT id, {carried_score} AS text_score"
        " FROM (SELECT {given_text}, ts_filter({tsv}, '{{a,b,c,d}}') AS tsv"
        " FROM {items} WHERE {so_far} < {limit}"
        " AND {where} AND {match}"
        " LIMIT %(fill_row_cap)s) AS found"
    ),
    spread=sql.SQL(
        "SELECT {given}, {score} AS text_score FROM {items}"
        " WHERE {so_far} < {limit}"
        " AND {where} AND {match} LIMIT %(fill_row_cap)s"
    ),
)

# what is left out is not scored, and OFFSET keeps what is computed once from being twice
_OTHERS = Forms(
    local=sql.SQL(
        "SELECT id, {carried_score} AS text_score FROM (SELECT id, text,"
        " ts_filter(tsv, '{{a,b,c,d}}') AS tsv FROM (SELECT {given_tsv}, {rank} AS rank"
        " FROM {items} WHERE {where} AND {match} OFFSET 0)"
        " AS ranked WHERE {carried_test} OFFSET 0) AS found"
    ),
    spread=sql.SQL(
        "SELECT {given}, {score} AS text_score FROM {items} WHERE {where} AND {match} AND {test}"
    ),
)

_BEST = sql.SQL("SELECT id, text_score FROM {found} ORDER BY text_score DESC, id LIMIT {limit}")
_LIKELY_MATCH = sql.SQL("{} @@ (SELECT likely_query FROM wanted)")
_WANTED_MATCH = sql.SQL("{} @@ (SELECT {} FROM wanted)")
_EVERY_MATCH = sql.SQL("{} @@ (SELECT all_query FROM wanted)")
_IF_MATCHING = sql.SQL("CASE WHEN {match} THEN {score} ELSE 0 END")
# what was found twice has the same score twice
_FOUND_ROWS = sql.SQL("TABLE likely_rows UNION TABLE pair_rows UNION TABLE next_rows")
_FOUND_AND_BEST = sql.SQL("{} UNION TABLE best_rows").format(_FOUND_ROWS)
_LIKELY = sql.SQL("(SELECT count(*) FROM likely_rows)")
_PAIRED = sql.SQL("{} + (SELECT count(*) FROM pair_rows)").format(_LIKELY)
_BETTERED = sql.SQL("{} + (SELECT count(*) FROM best_rows)").format(_PAIRED)
_EVERY_ROW = sql.SQL("(TABLE found_rows UNION TABLE other_rows) AS found")
_AS_FOUND = sql.SQL("({}) AS found")
_EVERY_ROW_AND_INDEX = sql.SQL(
    "(TABLE found_rows UNION TABLE other_rows UNION TABLE index_rows) AS found"
)
_TEXT, _TSV = sql.SQL("text"), sql.SQL("tsv")


def fitted(stored: Stored, query: TextQuery, limit: int, known: Frequencies) -> TextQuery:
    """Let a search for so many rows rank every one that matches, where they are few.

    Where they have become many since they were counted, they are ranked all the same.
    """
    if query.ranking != "bm25" or query.share is None:
        return query
    rows = max(stored.rows, known.rows)
    matching = rows * max(query.share, _least_share(rows))
    return replace(query, whole=matching <= bm25.budget(limit))


def text_arm(
    stored: Stored, where: Where, query: TextQuery, *, limit: sql.Placeholder
) -> list[tuple[str, sql.Composable]]:
    """Write the CTEs that find the best ``limit`` rows; the last is named ``texts``.

    Its columns are id and text_score; the parameters are the limit's and those of ``text_values``.
    Where ``query.share`` is None, ``sample``'s CTE stands before these.
    """
    columns = stored.columns
    common: dict[str, sql.Composable] = {
        **columns.holes,
        "items": stored.items,
        "limit": limit,
        "given": columns.given("id"),
        "given_text": columns.given("id", "text"),
        "given_tsv": columns.given("id", "text", "tsv"),
        "score": text_score(stored, query, columns.text, marks.without(stored, columns.tsv)),
        "carried_score": text_score(stored, query, _TEXT, _TSV),
    }
    # where every word is asked for, a compound is too: whole it ranks first
    words = {"any"} if stored.analysis is None else {"any", "all"}
    in_each = query.is_in_each(stored)
    terms = bm25.terms(stored, of_query=query.syntax not in words, in_each=in_each)
    ctes = [*asked(stored, query), *terms, *wanted(query)]
    if where.probe:
        ctes.insert(0, ("probed", sql.SQL(where.probe)))
    own: sql.Composable = sql.SQL("")
    if query.has_own_trees(stored):
        number = languages.number_of_row(stored, columns.metadata)
        own = sql.SQL(" AND {}").format(languages.own_tree(columns.tsv, number))
    tests, every = _tests(where, own), _EVERY_ROW
    if textsearch.serves(stored, query):
        ctes.append(textsearch.question(stored, share_of(query)))
        ctes.append(textsearch.rows(stored, where, common["carried_score"], limit))
        # where it brought enough, nothing of what follows runs
        tests = [sql.Composed([test, textsearch.ENOUGH.format(limit)]) for test in tests]
        every = _EVERY_ROW_AND_INDEX

    def matching(form: Forms, **more: sql.Composable) -> sql.Composable:
        arms = [form.of(stored).format(**common, **more, where=test) for test in tests]
        return arms[0] if len(arms) == 1 else sql.SQL("({}) UNION ALL ({})").format(*arms)

    def fill(so_far: sql.Composable, match: sql.Composable) -> sql.Composable:
        return matching(_FILL, so_far=so_far, match=match)

    if query.whole:
        found = matching(_FOUND, match=_LIKELY_MATCH.format(columns.tsv))
        ctes.append(("texts", _BEST.format(found=_AS_FOUND.format(found), limit=limit)))
    elif query.ranking == "bm25":
        rank = reaching.rank(columns.tsv)
        test = reaching.can_reach(stored, rank, columns.text, columns.tsv)
        carried_test = reaching.can_reach(stored, sql.SQL("rank"), _TEXT, _TSV)
        others = {"rank": rank, "test": test, "carried_test": carried_test}
        match = reaching.are_asked(stored, columns.tsv)
        best = reaching.best(stored, share_of(query)) if has_best(stored, query) else []
        pair_match = _WANTED_MATCH.format(columns.tsv, sql.SQL("next_query && rest_query"))
        next_match = _WANTED_MATCH.format(columns.tsv, sql.SQL("next_query"))
        ctes += [
            *best,
            ("likely_rows", matching(_FOUND, match=_LIKELY_MATCH.format(columns.tsv))),
            # with another common term, and with the rarest of them alone
            ("pair_rows", fill(_LIKELY, pair_match)),
            *([("best_rows", fill(_PAIRED, reaching.are_best(columns.tsv)))] if best else []),
            ("next_rows", fill(_BETTERED if best else _PAIRED, next_match)),
            ("found_rows", _FOUND_AND_BEST if best else _FOUND_ROWS),
            *reach(stored, query),
            ("other_rows", matching(_OTHERS, match=match, **others)),
            ("texts", _BEST.format(found=every, limit=limit)),
        ]
    else:
        found = matching(_FOUND, match=_EVERY_MATCH.format(columns.tsv))
        ctes.append(("texts", _BEST.format(found=_AS_FOUND.format(found), limit=limit)))
    return ctes


def has_best(stored: Stored, query: TextQuery) -> bool:
    """Tell whether a word's best rows can be asked for: how many a tree has is not known."""
    chosen = query.ranking == "bm25" and not query.whole
    return chosen and query.syntax == "any" and marks.are_in(stored)


def _tests(where: Where, own: sql.Composable) -> list[sql.Composable]:
    """Write the filter of a row that has the words; or two, of which a probe lets one be asked."""
    if where.probe:
        few = sql.Composed([sql.SQL(where.among), own, probing.FEW, probing.AMONG])
        return [few, sql.Composed([sql.SQL(where.test), own, probing.MANY])]
    return [sql.Composed([sql.SQL(where.every if where.is_short else where.test), own])]


def text_score(
    stored: Stored, query: TextQuery, text: sql.SQL, tsv: sql.Composable
) -> sql.Composable:
    """Write the score of a row, from its text and its tsvector, after ``text_arm``'s CTEs.

    A row that holds none of the query's terms has 0. ``ts_filter(tsv, '{a,b,c,d}')`` takes a
    tsvector out of TOAST once, not once a term.
    """
    if query.ranking == "bm25":
        return bm25.score(stored, text, tsv)
    return _BUILT_IN[query.ranking].format(tsv)


def matching_score(stored: Stored, query: TextQuery, text: sql.SQL, tsv: sql.SQL) -> sql.Composable:
    """Write the score of a row that may not match the query as a whole; it has 0 then.

    Where the query has own trees, the row carries the number of its language as ``language``.
    """
    score = text_score(stored, query, text, tsv)
    if query.syntax == "any":  # without a word of the query the sum is 0 anyway
        return score
    match: sql.Composable = _EVERY_MATCH.format(tsv)
    if query.has_own_trees(stored):
        match = languages.own_tree(tsv, sql.SQL("language"))
    return _IF_MATCHING.format(match=match, score=score)


def text_values(
    stored: Stored,
    words: str,
    limit: int,
    query: TextQuery,
    known: Frequencies,
    *,
    sure: int | None = None,
) -> dict[str, Any]:
    """Give the parameters of ``text_arm``.

    ``sure`` is how many of the first places have to be right, where that is not ``limit``: those
    that follow may be taken from what was looked at.
    """
    values = bm25.values(stored, known, limit, query.title_weight)
    if textsearch.serves(stored, query):
        values |= textsearch.values(stored, limit, min(limit, sure or limit))
    wide = query.whole or query.ranking != "bm25"
    if marks.are_in(stored) and not wide:
        values |= {"before_last": limit - 1, "best_rows_wanted": max(bm25.BEST, 2 * limit)}
    values |= {
        **values_of(stored, words, query),
        "bm25_row_cap": None if wide else max(bm25.MAX_CANDIDATES, limit),
        "fill_row_cap": max(bm25.FILL, 2 * limit),
        "before_sure": min(limit, sure or limit) - 1,
        "filter_share": query.share,
        "least_filter_share": _least_share(stored.rows),
    }
    return values


def _least_share(rows: float) -> float:
    """Give what a filter is taken to let through at least: a sample tells of no less."""
    return max(1.0 / FILTER_SAMPLE, 1.0 / max(rows, 1.0))


def sample_percent(stored: Stored) -> float:
    """Give the part of the table to look at for a filter's share."""
    return min(100.0, 100.0 * FILTER_SAMPLE / max(stored.rows, 1.0))
