"""BM25 over a tsvector column: the query's terms with their weights, and the score of a row.

The common lexemes' frequencies come with the statement (``frequencies`` reads them now and then);
those of all others are counted by the GIN index as it runs. Rows that hold the common terms alone
are looked at only where they can reach the best that rarer terms gave: see ``reach``.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from psycopg import sql

from pgrecall._statements import analysis, languages
from pgrecall._statements.distributed import Forms
from pgrecall._values.vectors import Encoded

if TYPE_CHECKING:
    from pgrecall._statements.layout import Stored

MAX_TERMS = 100
"""Distinct lexemes of a query that are ranked by: those that occur most and are rarest."""
MAX_COUNTED = 2_000
"""Rows counted for a term that is not among the listed ones: its frequency, at most."""
BUDGET = 1_000
"""Rows, by the summed frequencies of the rarest terms, that are candidates anyway."""
MAX_CANDIDATES = 20_000
BEST = 100
"""Rows looked for first among those that count a word most, or twice the limit: what the shares say
of how many there are is a guess."""
FILL = 500
"""Rows looked at first of those without a rare term, where rows with one are too few."""

# array_send in PostgreSQL's arrayfuncs.c: no dimensions, no nulls, the type's OID
_NO_HASHES = Encoded(struct.pack(">iiI", 0, 0, 20))
_NO_SHARES = Encoded(struct.pack(">iiI", 0, 0, 700))


@dataclass(frozen=True, slots=True)
class Frequencies:
    """What BM25 has to know of a collection beforehand.

    Attributes:
        rows: Rows of the table.
        rows_per_byte: Rows by the size of the table: as it grows, so does their number.
        average_bytes: Length of a text that is not empty.
        hashes: ``hash_of`` the common lexemes, in order, as a binary ``bigint[]``.
        shares: What part of the rows holds each, as a binary ``float4[]``.
    """

    rows: float
    rows_per_byte: float
    average_bytes: float
    hashes: Encoded = _NO_HASHES
    shares: Encoded = _NO_SHARES


# A backslash is chr(92) here, and no regular expression has one: what it means in a literal is the
# server's to say, by standard_conforming_strings. In quotes, nothing in a lexeme means anything.
_WORDS_OF_TEXT = sql.SQL(
    "SELECT CASE WHEN NOT begins THEN lexeme END AS lexeme,"
    " occurrences,"
    " '''' || replace(replace(lexeme, chr(92), repeat(chr(92), 2)), '''', '''''') || ''''"
    " || CASE WHEN begins THEN ':*' ELSE '' END AS term"
    " FROM (SELECT lexeme, cardinality(positions) AS occurrences, {begins} AS begins"
    " FROM {of_each}unnest(to_tsvector({config}, {text}))) AS found"
)

# what a tsquery prints: the innermost groups that are negated, and lexemes with their flags. Where
# a word is to stand tells which rows match: ts_rank counts it wherever it stands
_WORDS_OF_QUERY = sql.SQL(
    "SELECT CASE WHEN found[3] IS NULL"
    " THEN replace(replace(found[2], '''''', ''''), repeat(chr(92), 2), chr(92)) END AS lexeme,"
    " count(*) AS occurrences, '''' || found[2] || '''' || coalesce(found[3], '') AS term"
    " FROM {asked}, regexp_matches({query}::text,"
    " '![(] (?:[^''()]|''(?:[^'']|'''')*'')* [)]|(!?)''((?:[^'']|'''')*)''(:[*])?', 'g')"
    " AS found WHERE found[1] = '' GROUP BY {of_each}found[2], found[3]"
)

_HASH = sql.SQL("hashtextextended({}, 0)")

# numbers of one length are found in some steps; of as many texts the reading alone takes longer.
# EXPLAIN would print the lists wherever they are used, but not of a CTE
_LISTED = sql.SQL("SELECT %(hashes)s::bigint[] AS hashes, %(shares)s::float4[] AS shares")
_HEAVIEST = sql.SQL(
    "SELECT term::tsquery AS term, occurrences, term_share FROM words, listed, {hash} AS hash,"
    " width_bucket(hash, hashes) AS place,"
    " LATERAL (SELECT CASE WHEN hashes[place] = hash THEN shares[place] END AS term_share) AS held"
    " ORDER BY occurrences * ln(1 + 1 / coalesce(term_share, 1e-6)) DESC, words.term"
    " LIMIT {max_terms}"
)

_COUNTED = Forms(
    local=sql.SQL(
        "SELECT term, occurrences, total,"
        " coalesce(term_share * total, (SELECT count(*) FROM (SELECT FROM {items}"
        " WHERE {tsv} @@ heaviest.term LIMIT {max_counted}) AS holders))::float8 AS df"
        " FROM heaviest, (SELECT greatest(%(total_rows)s::float8,"
        " pg_relation_size(%(table)s::regclass) * %(rows_per_byte)s::float8) AS total) AS size"
    ),
    spread=sql.SQL(
        "SELECT heaviest.term, occurrences, total,"
        " coalesce(term_share * total, held, 0)::float8 AS df FROM heaviest LEFT JOIN"
        " (SELECT asked.term::text AS name, count(*) AS held"
        " FROM heaviest AS asked JOIN {table} AS item ON {item.tsv} @@ asked.term"
        " WHERE asked.term_share IS NULL GROUP BY asked.term::text) AS holders"
        " ON holders.name = heaviest.term::text"
        " CROSS JOIN (SELECT %(total_rows)s::float8 AS total) AS size"
    ),
)

_TERMS = sql.SQL(
    "SELECT term, df, sum(df) OVER (ORDER BY df, term::text) AS summed,"
    " occurrences * ln(1 + (greatest(total, max(df) OVER ()) - df + 0.5)"
    " / (df + 0.5)) AS weight FROM counted WHERE df > 0"
)

_BUDGET = sql.SQL(
    "(SELECT %(row_budget)s::float8"
    " / greatest({filter_share}, %(least_filter_share)s::float8) AS rows) AS budget"
)

# all of the rare terms, and the rarest of the common ones
_WANTED = sql.SQL(
    "SELECT (string_agg(term::text, '|') FILTER (WHERE summed <= rows))::tsquery AS likely_query,"
    " (string_agg(term::text, '|')"
    " FILTER (WHERE summed > rows AND summed - df <= rows))::tsquery AS next_query,"
    " (string_agg(term::text, '|') FILTER (WHERE summed - df > rows))::tsquery AS rest_query,"
    " string_agg(term::text, '|')::tsquery AS all_query FROM terms, {budget}"
)

# where few rows match, each is looked at
_EVERY = sql.SQL(
    "SELECT string_agg(term::text, '|')::tsquery AS likely_query,"
    " string_agg(term::text, '|')::tsquery AS all_query FROM terms"
)

TITLE_WEIGHT = 4
"""How often a word of the title counts as one of the text, where nothing else was learned."""

# A term's ts_rank, all weights 1, is the sum of 1/n^2 up to its number of occurrences, over pi^2/6.
# What the sum lacks is near 1/(n + 1/2). Above 1 stand prefixes that several lexemes share.
_SCORE = sql.SQL(
    "coalesce((SELECT sum(weight * tf / (tf + %(base)s::float8"
    " + %(per_byte)s::float8 * octet_length({text}))) FROM"
    " (SELECT weight, {tf} AS tf FROM"
    " (SELECT weight, {parts} FROM terms OFFSET 0) AS ranks"
    " WHERE part > 0) AS counts), 0)"
)
_COUNT = sql.SQL(
    "CASE WHEN {part} < 1"
    " THEN round(1 / ('{limit}'::float8 * (1 - {part}::float8)) - 0.5)"
    " ELSE '{limit}'::float8 * {part} END"
)
_PART = sql.SQL("ts_rank('{{1,1,1,1}}', {tsv}, term) AS part")
# the title stands first, so of weight A there are the first occurrences, by the same formula
_TITLE_PART = sql.SQL("ts_rank('{{0,0,0,1}}', {tsv}, term) AS title_part")
_WEIGHTED = sql.SQL("{tf} + (%(title_weight)s::float8 - 1) * ({of_title})")
LIMIT = sql.SQL("1.6449340668482264")
"""The sum of 1/n^2, pi^2/6: what the rank of a word that never ends would be."""


def terms(
    stored: Stored, *, of_query: bool, in_each: bool = False
) -> list[tuple[str, sql.Composable]]:
    """Write the CTEs that weigh a query's terms; the last is named ``terms``.

    Args:
        stored: The collection.
        of_query: Take the lexemes that the tsquery of ``asked`` does not negate, in place of
            those of the text ``%(text)s``.
        in_each: Take those of every language of the collection.
    """
    counted = _COUNTED.of(stored).format(
        table=stored.relation,
        items=stored.items,
        max_counted=sql.Literal(MAX_COUNTED),
        **stored.columns.holes,
        **stored.columns.of("item").holes,
    )
    many = len(stored.configs) if in_each else 1
    heaviest = _HEAVIEST.format(
        hash=hash_of(sql.SQL("lexeme")), max_terms=sql.Literal(MAX_TERMS * many)
    )
    return [
        ("words", _words(stored, of_query=of_query, in_each=in_each)),
        ("listed", _LISTED),
        ("heaviest", heaviest),
        ("counted", counted),
        ("terms", _TERMS),
    ]


def hash_of(lexeme: sql.Composable) -> sql.Composable:
    """Write the number by which a lexeme is looked for among the common ones."""
    return _HASH.format(lexeme)


def _words(stored: Stored, *, of_query: bool, in_each: bool) -> sql.Composable:
    """Write the words of a query: their lexemes, how often each is there, and what asks for it."""
    if of_query:
        asked, of_each = ("asked_each", "number, ") if in_each else ("asked", "")
        # each word once, in however many phrases it is asked for
        query = sql.SQL("query" if stored.analysis is None else "words")
        words = _WORDS_OF_QUERY.format(asked=sql.SQL(asked), of_each=sql.SQL(of_each), query=query)
    else:
        words = _WORDS_OF_TEXT.format(
            begins=analysis.begins(stored, sql.SQL("lexeme")),
            of_each=sql.SQL("{}, ").format(languages.OF_EACH) if in_each else sql.SQL(""),
            config=languages.EACH if in_each else languages.ONE,
            text=analysis.asked(stored, sql.SQL("%(text)s::text"), words=True),
        )
    return languages.most_often(words) if in_each else words


def wanted(filter_share: sql.Composable | None) -> tuple[str, sql.Composable]:
    """Write the CTE ``wanted``: the queries for likely rows, for more, and for all with a term.

    Args:
        filter_share: What part of the rows the filter lets through; None where every row with a
            term is likely, and there is no query for more.
    """
    if filter_share is None:
        return ("wanted", _EVERY)
    return ("wanted", _WANTED.format(budget=budget_of(filter_share)))


def budget_of(filter_share: sql.Composable) -> sql.Composable:
    """Write what has, as ``rows``, how many rows of the rarest terms are candidates anyway."""
    return _BUDGET.format(filter_share=filter_share)


def score(stored: Stored, text: sql.Composable, tsv: sql.Composable) -> sql.Composable:
    """Write a row's BM25 over the CTE ``terms``, from its text and its tsvector.

    A word of the title counts as several of the text do, and adds nothing to the text's length:
    BM25F (Robertson, Zaragoza, Taylor 2004), where a weighted sum over the fields takes the place
    of the frequency, with a length of the text alone.
    """
    tf: sql.Composable = _COUNT.format(limit=LIMIT, part=sql.SQL("part"))
    parts = [_PART.format(tsv=tsv)]
    if stored.collection.title is not None:
        of_title = _COUNT.format(limit=LIMIT, part=sql.SQL("title_part"))
        tf = _WEIGHTED.format(tf=tf, of_title=of_title)
        parts.append(_TITLE_PART.format(tsv=tsv))
    return _SCORE.format(text=text, tf=tf, parts=sql.SQL(", ").join(parts))


def budget(limit: int) -> int:
    """Give how many rows are candidates anyway."""
    return max(BUDGET, 10 * limit)


def values(
    stored: Stored, known: Frequencies, limit: int, title_weight: float
) -> dict[str, object]:
    """Give the parameters of these CTEs beside the query's own.

    ``title_weight`` is 1 or more: below it, what a row can reach would be less than it has.
    """
    k1, b = stored.collection.k1, stored.collection.b
    return {
        "table": stored.holder,
        "total_rows": known.rows,
        "rows_per_byte": known.rows_per_byte,
        "base": k1 * (1 - b),
        "per_byte": k1 * b / max(known.average_bytes, 1.0),
        "hashes": known.hashes,
        "shares": known.shares,
        "row_budget": budget(limit),
        **({} if stored.collection.title is None else {"title_weight": float(title_weight)}),
    }
