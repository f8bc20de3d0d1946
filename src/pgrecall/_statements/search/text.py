"""The text search: rows that match a query, ranked by BM25 or by what PostgreSQL has built in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from psycopg import sql

from pgrecall._statements import analysis, languages, probing
from pgrecall._statements.analysis import INDEXED_CHARACTERS
from pgrecall._statements.ctes import with_ctes
from pgrecall._statements.distributed import Forms, dialect_of
from pgrecall._statements.items.items import SOONER, Where, where_of
from pgrecall._statements.parameters import Parameters
from pgrecall._statements.rendered import rendered
from pgrecall._statements.search import bm25, spelling, textsearch
from pgrecall._statements.search.compared import sent
from pgrecall._statements.search.drawing import sample
from pgrecall._statements.search.sending import (
    REPLANNED,
    effort,
    sending_of_words,
    written_out,
)
from pgrecall._statements.search.trust import FILTER_SHARE
from pgrecall._statements.statement import Statement
from pgrecall._values.tsquery import HIDDEN, HIDING, OPERATORS

if TYPE_CHECKING:
    from pgrecall._statements.columns import ItemColumns
    from pgrecall._statements.layout import Stored
    from pgrecall._statements.search.bm25 import Frequencies
    from pgrecall._statements.search.sending import Numbers
    from pgrecall.filters import Filter

QUERY_CHARACTERS = 10_000
"""How much of a query is read where it becomes a tree: PostgreSQL walks trees by its stack."""
FILTER_SAMPLE = 500
"""Rows looked at for the share that a filter lets through."""

_PARSERS = {
    "web": sql.SQL("websearch_to_tsquery"),
    "all": sql.SQL("plainto_tsquery"),
    "phrase": sql.SQL("phraseto_tsquery"),
    "raw": sql.SQL("to_tsquery"),
}
# 1 divides by the logarithm of the length: on every set measured better than without
_BUILT_IN = {
    "ts_rank": sql.SQL("coalesce(ts_rank({}, (SELECT all_query FROM wanted), 1), 0)::float8"),
    "ts_rank_cd": sql.SQL("coalesce(ts_rank_cd({}, (SELECT all_query FROM wanted), 1), 0)::float8"),
}
SYNTAXES = ("any", *_PARSERS)
RANKINGS = ("bm25", *_BUILT_IN)

CAPS = ("bm25_row_cap", "fill_row_cap", textsearch.CAP)
"""Limits of ``text_arm`` by the names of their values."""

TEXT_GUCS = {"enable_seqscan": "off", "jit": "off", "max_parallel_workers_per_gather": "0"}
"""PostgreSQL's settings for a text search: a sequential scan reads every text; compiling costs more
than the search, and so do parallel workers."""


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
        " AND {where} AND {tsv} @@ (SELECT {fill_query} FROM wanted)"
        " LIMIT %(fill_row_cap)s) AS found"
    ),
    spread=sql.SQL(
        "SELECT {given}, {score} AS text_score FROM {items}"
        " WHERE {so_far} < {limit}"
        " AND {where} AND {tsv} @@ (SELECT {fill_query} FROM wanted) LIMIT %(fill_row_cap)s"
    ),
)

# what is left out is not scored, and OFFSET keeps what is computed once from being twice
_OTHERS = Forms(
    local=sql.SQL(
        "SELECT id, {carried_score} AS text_score FROM (SELECT id, text,"
        " ts_filter(tsv, '{{a,b,c,d}}') AS tsv FROM (SELECT {given_tsv}, {rank} AS rank"
        " FROM {items} WHERE {where} AND {tsv} @@ (SELECT reach_query FROM reach) OFFSET 0)"
        " AS ranked WHERE {carried_test} OFFSET 0) AS found"
    ),
    spread=sql.SQL(
        "SELECT {given}, {score} AS text_score FROM {items}"
        " WHERE {where} AND {tsv} @@ (SELECT reach_query FROM reach) AND {test}"
    ),
)

_BEST = sql.SQL("SELECT id, text_score FROM {found} ORDER BY text_score DESC, id LIMIT {limit}")
_NARROWED = sql.SQL(
    "SELECT CASE WHEN by_terms.all_query IS NULL THEN query ELSE query && likely_query END"
    " AS likely_query, {more}query AS all_query FROM asked, by_terms"
)
_NARROWED_MORE = sql.SQL("query && next_query AS next_query, rest_query, ")
_LIKELY_MATCH = sql.SQL("{} @@ (SELECT likely_query FROM wanted)")
_EVERY_MATCH = sql.SQL("{} @@ (SELECT all_query FROM wanted)")
_IF_MATCHING = sql.SQL("CASE WHEN {match} THEN {score} ELSE 0 END")
# what was found twice has the same score twice
_FOUND_ROWS = sql.SQL("TABLE likely_rows UNION TABLE pair_rows UNION TABLE next_rows")
_LIKELY = sql.SQL("(SELECT count(*) FROM likely_rows)")
_PAIRED = sql.SQL("{} + (SELECT count(*) FROM pair_rows)").format(_LIKELY)
_EVERY_ROW = sql.SQL("(TABLE found_rows UNION TABLE other_rows) AS found")
_AS_FOUND = sql.SQL("({}) AS found")
_EVERY_ROW_AND_INDEX = sql.SQL(
    "(TABLE found_rows UNION TABLE other_rows UNION TABLE index_rows) AS found"
)
_TEXT, _TSV = sql.SQL("text"), sql.SQL("tsv")

_HITS = sql.SQL(
    "SELECT {item.id_text}, texts.text_score, {item.text}, {item.metadata_text}, {snippet}"
    "{vector}, {item.times}, {share} FROM texts JOIN {table} AS item ON {item.id = texts.id}"
    " ORDER BY texts.text_score DESC, {item.id}"
)
_SNIPPET = sql.SQL("ts_headline({config}, {text}, (SELECT all_query FROM wanted))")


def fitted(stored: Stored, query: TextQuery, limit: int, known: Frequencies) -> TextQuery:
    """Let a search for so many rows rank every one that matches, where they are few.

    Where they have become many since they were counted, they are ranked all the same.
    """
    if query.ranking != "bm25" or query.share is None:
        return query
    rows = max(stored.rows, known.rows)
    matching = rows * max(query.share, _least_share(rows))
    return replace(query, whole=matching <= bm25.budget(limit))


def text(  # the search's own arguments
    stored: Stored,
    words: str,
    limit: int,
    filter_: Filter | None,
    query: TextQuery,
    known: Frequencies,
    *,
    highlight: bool,
    include_vectors: bool = False,
) -> Statement:
    """Find the best rows: id, text score, text, metadata, snippet, vector if asked, times, share.

    ``share`` is the part of the table's sampled rows that match the filter, where the statement
    sampled.
    """
    query = fitted(stored, query, limit, known)
    parameters = Parameters()
    where = where_of(stored, filter_, parameters, within=SOONER)
    values = {
        **parameters.values,
        **text_values(stored, words, limit, query, known),
        "limit": limit,
    }
    if query.share is None:
        values["sample_percent"] = sample_percent(stored)
    sending = sending_of_words("text", stored, filtered=filter_ is not None, rows=limit)
    numbers: Numbers = ()
    if sending.is_within:
        numbers = tuple((name, values[name]) for name in ("limit", *CAPS) if name in values)
    made = _text(stored, query, numbers, where, highlight, include_vectors)
    before = None
    if sending.is_before:
        before = text_settings(stored, replanned=sending.replanned)
    return Statement(made, values, prepare=sending.prepare, before=before)


@rendered
def _text(
    stored: Stored,
    query: TextQuery,
    numbers: Numbers,
    where: Where,
    highlight: bool,
    include_vectors: bool,
) -> sql.Composable:
    ctes = text_arm(stored, where, query, limit=sql.Placeholder("limit"))
    sampled = query.share is None
    if sampled:
        ctes.insert(0, sample(stored, sql.SQL(where.test)))
    if numbers:
        ctes.insert(0, effort({}))
    item = stored.columns.of("item")
    vector = sql.SQL(", {}").format(sent(stored, item.embedding))
    hits = _HITS.format(
        **item.holes,
        snippet=snippet_of(stored, item, wanted=highlight),
        vector=vector if include_vectors else sql.SQL(""),
        share=FILTER_SHARE if sampled else sql.SQL("NULL"),
        table=stored.relation,
    )
    return written_out(with_ctes(ctes, hits), numbers)


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
        "score": text_score(stored, query, columns.text, columns.tsv),
        "carried_score": text_score(stored, query, _TEXT, _TSV),
    }
    # where every word is asked for, a compound is too: whole it ranks first
    words = {"any"} if stored.analysis is None else {"any", "all"}
    in_each = query.is_in_each(stored)
    terms = bm25.terms(stored, of_query=query.syntax not in words, in_each=in_each)
    ctes = [*_asked(stored, query), *terms, *_wanted(query)]
    if where.probe:
        ctes.insert(0, ("probed", sql.SQL(where.probe)))
    own: sql.Composable = sql.SQL("")
    if query.has_own_trees(stored):
        number = languages.number_of_row(stored, columns.metadata)
        own = sql.SQL(" AND {}").format(languages.own_tree(columns.tsv, number))
    tests, every = _tests(where, own), _EVERY_ROW
    if textsearch.serves(stored, query):
        ctes.append(textsearch.question(stored, _share(query)))
        ctes.append(textsearch.rows(stored, where, common["carried_score"]))
        # where it brought enough, nothing of what follows runs
        tests = [sql.Composed([test, textsearch.ENOUGH.format(limit)]) for test in tests]
        every = _EVERY_ROW_AND_INDEX

    def matching(form: Forms, **more: sql.Composable) -> sql.Composable:
        arms = [form.of(stored).format(**common, **more, where=test) for test in tests]
        return arms[0] if len(arms) == 1 else sql.SQL("({}) UNION ALL ({})").format(*arms)

    def fill(so_far: sql.Composable, wanted: str) -> sql.Composable:
        return matching(_FILL, so_far=so_far, fill_query=sql.SQL(wanted))

    if query.whole:
        found = matching(_FOUND, match=_LIKELY_MATCH.format(columns.tsv))
        ctes.append(("texts", _BEST.format(found=_AS_FOUND.format(found), limit=limit)))
    elif query.ranking == "bm25":
        rank = bm25.rank(columns.tsv)
        test = bm25.can_reach(stored, rank, columns.text, columns.tsv)
        carried_test = bm25.can_reach(stored, sql.SQL("rank"), _TEXT, _TSV)
        ctes += [
            ("likely_rows", matching(_FOUND, match=_LIKELY_MATCH.format(columns.tsv))),
            # with another common term, and with the rarest of them alone
            ("pair_rows", fill(_LIKELY, "next_query && rest_query")),
            ("next_rows", fill(_PAIRED, "next_query")),
            ("found_rows", _FOUND_ROWS),
            *_reach(query),
            ("other_rows", matching(_OTHERS, rank=rank, test=test, carried_test=carried_test)),
            ("texts", _BEST.format(found=every, limit=limit)),
        ]
    else:
        found = matching(_FOUND, match=_EVERY_MATCH.format(columns.tsv))
        ctes.append(("texts", _BEST.format(found=_AS_FOUND.format(found), limit=limit)))
    return ctes


def _tests(where: Where, own: sql.Composable) -> list[sql.Composable]:
    """Write the filter of a row that has the words; or two, of which a probe lets one be asked."""
    test = sql.Composed([sql.SQL(where.test), own])
    if where.probe:
        few = sql.Composed([test, probing.FEW, probing.AMONG])
        return [few, sql.Composed([test, probing.MANY])]
    return [sql.Composed([test, sql.SQL(where.narrow if where.is_short else "")])]


def text_score(stored: Stored, query: TextQuery, text: sql.SQL, tsv: sql.SQL) -> sql.Composable:
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
    return _SNIPPET.format(config=config, text=analysis.asked(stored, covered))


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
    values |= {
        **_question(stored, words, query),
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


def _question(stored: Stored, words: str, query: TextQuery) -> dict[str, Any]:
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
    return Statement(_has_words(stored, query), _question(stored, words, query))


@rendered
def _has_words(stored: Stored, query: TextQuery) -> sql.Composable:
    if query.syntax == "any":
        text = analysis.asked(stored, sql.SQL("%(text)s::text"))
        if query.is_in_each(stored):
            has_any = sql.SQL("SELECT bool_or(to_tsvector({}, {}) <> '') FROM {}")
            return has_any.format(languages.EACH, text, languages.OF_EACH)
        return sql.SQL("SELECT to_tsvector({}, {}) <> ''").format(languages.ONE, text)
    return with_ctes(_asked(stored, query), sql.SQL("SELECT numnode(query) > 0 FROM asked"))


def asks_index(
    stored: Stored, words: str, limit: int, query: TextQuery, known: Frequencies
) -> Statement:
    """Ask whether an extension's index is asked, where the filter lets enough rows through."""
    query = replace(query, share=1.0 if query.share is None else query.share)
    values = text_values(stored, words, limit, query, known)
    return Statement(_asks_index(stored, query), values)


@rendered
def _asks_index(stored: Stored, query: TextQuery) -> sql.Composable:
    ctes = [*bm25.terms(stored, of_query=False), textsearch.question(stored, _share(query))]
    return with_ctes(ctes, sql.SQL("SELECT count(*) > 0 FROM index_question"))


def sample_percent(stored: Stored) -> float:
    """Give the part of the table to look at for a filter's share."""
    return min(100.0, 100.0 * FILTER_SAMPLE / max(stored.rows, 1.0))


def text_settings(stored: Stored, *, replanned: bool = False) -> Statement:
    """Set for one transaction what a text search needs; ``replanned`` as ``Sending`` has it."""
    return dialect_of(stored).set_local(TEXT_GUCS | REPLANNED if replanned else TEXT_GUCS)


def _asked(stored: Stored, query: TextQuery) -> list[tuple[str, sql.Composable]]:
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


def _wanted(query: TextQuery) -> list[tuple[str, sql.Composable]]:
    by_terms = bm25.wanted(None if query.whole else _share(query))
    if query.syntax == "any":
        return [by_terms]
    # the terms choose which of the matching rows are looked at first
    narrowed = _NARROWED.format(more=sql.SQL("") if query.whole else _NARROWED_MORE)
    return [("by_terms", by_terms[1]), ("wanted", narrowed)]


def _reach(query: TextQuery) -> list[tuple[str, sql.Composable]]:
    made = bm25.reach(_share(query), sql.SQL("%(before_sure)s::bigint"))
    if query.syntax == "any":
        return made
    [*before, (_, told)] = made
    narrowed = sql.SQL(
        "SELECT query && reach_query AS reach_query, common_query, scale, most, least"
        " FROM asked, by_reach"
    )
    return [*before, ("by_reach", told), ("reach", narrowed)]


def _share(query: TextQuery) -> sql.Composable:
    return FILTER_SHARE if query.share is None else sql.SQL("%(filter_share)s::float8")
