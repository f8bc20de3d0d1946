"""Marks of a row in its tsvector, by which its index finds where a common word counts much.

A GIN index knows which rows hold a word, not how good they are. So a tsvector has lexemes without a
place beside its words: one of the class of the text's length, and for a word that is there several
times one of how often. No parser makes a lexeme that begins with ``=``; and what has no place
counts for no phrase and no rank.

By one word a row scores at most that word's weight times ``tf / (tf + base + per_byte * bytes)``,
which the class and the number bound. So of the rows that hold a common word alone, those that can
reach a bar are in short lists.

The functions are numbered and never replaced: rows are stored by the first, and the others ask for
what it wrote.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from psycopg import sql

from pgrecall._statements.names import identifier, literal, qualified_name
from pgrecall._statements.statement import Statement

if TYPE_CHECKING:
    from pgrecall._statements.layout import Stored

SINCE = 3
"""The analysis that brought them."""

_TYPES = {
    "marks": "tsvector, integer",
    "reaching": "text, text[], float8, float8, float8, float8, bigint[], float4[], float8",
    "first": "text, float8, float8, float8, float8, float8, float8, bigint[], float4[]",
}
"""The types of the functions' arguments, by what their names end in."""

_CLASSES = 41
"""Each class begins at 1.4 times the bytes of the one before, the last at 1.5 MB."""
_LONG = 18
"""In texts from this class on, 512 bytes, a word is marked from four times on: most of their words
are there twice, and up to three times is no sign of much there."""
_LONGEST = 2_000
"""Bytes of a lexeme that is marked: with its mark it has to be one, of 2,046 at most."""
_MOSTLY = 0.5
"""Classes that hold more of the rows are not asked for beside a mark: most rows have them."""
_LEAST = 1e-6
"""Of less than this part of what a row can score no bound is told: all rows have it."""

_LEVELS = (
    ("", 1, 0, _LONG - 1),
    ("", 3, _LONG, _CLASSES),
    ("2", 2, 0, _LONG - 1),
    ("3", 3, 0, _LONG - 1),
    *((mark, 8 * 2**step - 1, 0, _CLASSES) for step, mark in enumerate("45678")),
    ("9", 10**9, 0, _CLASSES),
)
"""How often a word is there: its mark, how often at most, the first and the last class of the texts
that have it. 4 says four to seven times, 5 eight to 15, and so on."""

_BYTES = [math.ceil(2 ** (number / 2)) for number in range(1, _CLASSES + 1)]
"""The least bytes of each class but the first, which has texts without a byte too."""

_CREATE_MARKS = sql.SQL(
    "CREATE OR REPLACE FUNCTION {marks}(tsvector, bytes integer) RETURNS tsvector"
    """ LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $marks$
DECLARE
    class CONSTANT integer := pg_catalog.width_bucket(bytes, {bytes}::pg_catalog.int4[]);
    fewest CONSTANT integer := CASE WHEN pg_catalog.int4lt(class, {long}) THEN 2 ELSE 4 END;
    often pg_catalog.text[];
BEGIN
    -- without a comma each word stands once
    IF pg_catalog.int4gt(pg_catalog.strpos($1::pg_catalog.text, ','), 0) THEN
        often := (SELECT pg_catalog.array_agg(pg_catalog.textcat(pg_catalog.textcat('=',
            pg_catalog.chr(pg_catalog.int4pl(48, CASE WHEN pg_catalog.int4lt(n, 4) THEN n ELSE
                pg_catalog.int4pl(4, pg_catalog.width_bucket(n, {fours}::pg_catalog.int4[])) END))),
            lexeme))
            FROM (SELECT lexeme, pg_catalog.cardinality(positions) AS n
                FROM pg_catalog.unnest($1) OFFSET 0) AS held
            WHERE pg_catalog.int4ge(n, fewest)
            AND pg_catalog.int4le(pg_catalog.octet_length(lexeme), {longest}));
    END IF;
    RETURN pg_catalog.tsvector_concat($1, pg_catalog.array_to_tsvector(pg_catalog.array_append(
        often, pg_catalog.textcat('==', class::pg_catalog.text))));
END $marks$"""
)

# a lexeme's share of the rows, where it is among the common ones
_SHARE = sql.SQL(
    "LATERAL (SELECT coalesce(CASE WHEN hashes[place] = hash THEN shares[place] END, 0) AS share"
    " FROM hashtextextended({}, 0) AS hash, width_bucket(hash, hashes) AS place)"
)

# the classes of texts in which a word that stands so often can count so much: the longer a text,
# the less. Where b is 0, or k1, a text's length counts for nothing
_ROOM = sql.SQL("(most * times * (1 / needed - 1) - base)")
_CREATE_REACHING = sql.SQL(
    "CREATE OR REPLACE FUNCTION {reaching}(term text, beside text[], needed float8, base float8,"
    " per_byte float8, times float8, hashes bigint[], shares float4[], most_rows float8)"
    " RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN ("
    "WITH lists AS MATERIALIZED (SELECT mark, string_agg('''==' || class || '''', '|') AS classes,"
    " sum(share) AS share FROM {levels}, generate_series(since, least(until,"
    " CASE WHEN needed > {least} AND {room} >= 0 THEN width_bucket("
    "coalesce({room} / nullif(per_byte, 0), 'Infinity'), {bytes}::float8[]) ELSE -1 END))"
    " AS class, {of_class} AS known GROUP BY mark)"
    " SELECT ARRAY[(SELECT '(' || term || '&(' || classes || '))' FROM lists WHERE mark = ''),"
    " (SELECT string_agg('(''=' || mark || substr(other, 2)"
    " || CASE WHEN other <> term THEN '&' || term ELSE '' END"
    " || CASE WHEN share > {mostly} THEN '' ELSE '&(' || classes || ')' END || ')', '|')"
    " FROM lists, unnest(beside) AS other WHERE mark <> '')]"
    " WHERE needed > {least} AND right(term, 1) = ''''"
    " AND {longest} >= (SELECT max(octet_length(other)) FROM unnest(beside) AS other)"
    " AND coalesce((SELECT share FROM lists WHERE mark = ''), 0) <= most_rows)"
)

_CREATE_FIRST = sql.SQL(
    "CREATE OR REPLACE FUNCTION {first}(term text, held float8, total float8, wanted float8,"
    " base float8, per_byte float8, times float8, hashes bigint[], shares float4[])"
    " RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN ("
    "SELECT 0.999999 * min(part) FROM (SELECT part, there,"
    " sum(there) OVER (ORDER BY part DESC) AS so_far FROM ("
    "SELECT most * times / (most * times + base + per_byte * bytes) AS part,"
    " known.share * CASE mark WHEN '' THEN held ELSE total * marked.share END AS there"
    " FROM {levels}, {of_mark} AS marked,"
    " unnest({bytes_of_all}::float8[]) WITH ORDINALITY AS length (bytes, number),"
    " {of_number} AS known WHERE number - 1 BETWEEN since AND until) AS cells WHERE there > 0)"
    " AS summed WHERE so_far - there < wanted HAVING sum(there) >= wanted)"
)
_GRANT = sql.SQL("GRANT EXECUTE ON FUNCTION {}({}) TO PUBLIC")


def create(schema: str, number: int) -> list[Statement]:
    """Make an analysis' functions, for every role: who writes a row needs the first."""
    levels = [sql.SQL("({}, {}, {}, {})").format(*map(sql.Literal, level)) for level in _LEVELS]
    parts = {
        "levels": sql.SQL("(VALUES {}) AS level (mark, most, since, until)").format(
            sql.SQL(", ").join(levels)
        ),
        "room": _ROOM,
        "of_class": _SHARE.format(sql.SQL("'==' || class")),
        "of_number": _SHARE.format(sql.SQL("'==' || number - 1")),
        "of_mark": _SHARE.format(sql.SQL("'=' || mark || btrim(term, '''')")),
        "bytes": literal(_array(_BYTES)),
        "bytes_of_all": literal(_array([0, *_BYTES])),
        "fours": literal(_array([8 << step for step in range(5)])),
        "long": sql.Literal(_LONG),
        "longest": sql.Literal(_LONGEST),
        "mostly": sql.Literal(_MOSTLY),
        "least": sql.Literal(_LEAST),
    }
    names = {name: identifier(schema, _named(number, name)) for name in _TYPES}
    made = (_CREATE_MARKS, _CREATE_REACHING, _CREATE_FIRST)
    return [
        *(Statement(one.format(**parts, **names)) for one in made),
        *(Statement(_GRANT.format(names[name], sql.SQL(of))) for name, of in _TYPES.items()),
    ]


def signatures(schema: str, number: int) -> list[str]:
    """Name an analysis' functions with the types of their arguments."""
    return [f"{qualified_name(schema, _named(number, name))}({of})" for name, of in _TYPES.items()]


def are_in(stored: Stored) -> bool:
    """Tell whether a collection's tsvectors have marks."""
    return stored.analysis is not None and stored.analysis >= SINCE


def marked(stored: Stored, tsv: sql.Composable) -> sql.Composable:
    """Write a row's tsvector with its marks, where its analysis has them."""
    if not are_in(stored):
        return tsv
    return _CALL.format(_function(stored, "marks"), tsv, stored.columns.text)


def without(stored: Stored, tsv: sql.Composable) -> sql.Composable:
    """Write a tsvector without its marks: ``ts_rank`` divides by how many lexemes there are."""
    return _WITHOUT.format(tsv) if are_in(stored) else tsv


def reaching(stored: Stored) -> sql.Composable:
    """Name the function that writes where a word can count so much, or tells that it is anywhere.

    Of a term, and of it and the lighter ones beside it, it takes the part of their weights that is
    needed, how texts are measured (``base``, ``per_byte``), how often a word counts at most where
    it stands once, the common lexemes' hashes and shares, and what part of the rows it is worth to
    look among. It gives two tsqueries as text, of rows without a mark and of rows with one; NULL
    where that part is exceeded.
    """
    return _function(stored, "reaching")


def first(stored: Stored) -> sql.Composable:
    """Name the function that tells by what part the best of a word's rows are found.

    It takes a term, how many rows hold it, how many there are and how many are wanted; the rest as
    ``reaching``. NULL where there are not so many by the shares.
    """
    return _function(stored, "first")


_WITHOUT = sql.SQL("ts_filter({}, '{{a,b,c,d}}')")
_CALL = sql.SQL("{}({}, octet_length({}))")


def _function(stored: Stored, name: str) -> sql.Composable:
    return identifier(stored.schema, _named(stored.analysis or SINCE, name))


def _named(number: int, name: str) -> str:
    return f"analysis_{number}_{name}"


def _array(numbers: list[int]) -> str:
    return "{" + ",".join(map(str, numbers)) + "}"
