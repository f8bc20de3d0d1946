"""A question as a tsquery, whose compounds are asked for in each way that a text may spell them.

``rfc2616`` stands in a text as one word, or as two. In a tsquery it is either: so a word of the
question that its analysis spells in several ways goes to PostgreSQL's parser as a stand-in, a word
that means nothing, and all of its spellings come to where that is in the tsquery. So operators,
phrases and what is excluded have them too. A phrase comes there once for each number of places that
its compounds may take, for PostgreSQL lets what follows an OR stand behind the longest of what it
found of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import sql

from pgrecall._statements import analysis
from pgrecall._statements.names import literal
from pgrecall._values.tsquery import HIDDEN, OPERATORS

if TYPE_CHECKING:
    from pgrecall._statements.layout import Stored

MOST = 30_000
"""Characters of an analysed question: PostgreSQL walks a tsquery by its stack."""

SPELT = 100
"""Words of a question that are asked for in each spelling: each takes an analysis."""

PHRASES = 32
"""Phrases that one with compounds is asked for as; compounds after those stand as written."""

OPERANDS = 600
"""Lexemes of these phrases, about: a GIN index takes the square of their number."""

_STAND_IN = "pgrecallspelling"
# of a tsquery that is printed
_LEXEME = "'(?:[^']|'')*'(?::[*A-D]+)?"
_BEFORE = "<(?:-|[0-9]+)>"
# a word, and what is between it and the next
_WORD = f"([^[:space:]{HIDDEN}]*)([[:space:]{HIDDEN}]*)"
# what its analysis may spell otherwise; not pairs of characters of a script without spaces
_VARIES = (
    r"^[^^]*(?:[_.]|[a-z\u00DF-\u00FF][A-Z\u00C0-\u00DE]|[A-Z][A-Z][a-z]|[^0-9][0-9]|[0-9][^0-9])"
    r"[^^]*$"
)
# an operand with flags is a beginning: its spellings have other ones
_FLAGGED = f"^{HIDDEN[OPERATORS.index(chr(39))]}{HIDDEN[OPERATORS.index(':')]}"

_WORDS = sql.SQL(
    "SELECT number, parts[1] AS word, parts[2] AS apart, CASE WHEN varies AND nth <= {spelt}"
    " THEN ARRAY(SELECT DISTINCT one FROM regexp_split_to_table({form}, '[[:space:]]+') AS one"
    " WHERE translate(one, '=_.', '') = translate(parts[1], '=_.', '')) END AS forms"
    " FROM (SELECT *, count(*) FILTER (WHERE varies) OVER (ORDER BY number) AS nth"
    ' FROM (SELECT *, parts[1] ~ {varies} COLLATE "C" AND NOT parts[2] ~ {flagged} AS varies'
    " FROM regexp_matches(left({text}, {most}) COLLATE \"C\", {word}, 'g')"
    " WITH ORDINALITY AS found (parts, number)) AS words) AS counted_words"
)
# those of as many places together, first the word as it is written; and the stop words around them
_SPELT = sql.SQL(
    "SELECT number, word, apart, spellings, befores, afters FROM question_words,"
    " LATERAL (SELECT array_agg(form ORDER BY nth) AS spellings,"
    " array_agg(translate(before, '-', '1')::integer - 1 ORDER BY nth) AS befores,"
    " array_agg(translate(after, '-', '1')::integer - 1 ORDER BY nth) AS afters"
    " FROM (SELECT cut[1] AS before, cut[3] AS after,"
    " '( ' || string_agg('( ' || cut[2] || ' )', ' | ' ORDER BY cut[2]) || ' )' AS form,"
    " row_number() OVER (ORDER BY bool_or(one = translate(word, '_', '=')) DESC, min(cut[2]))"
    " AS nth"
    " FROM (SELECT one, regexp_match(phraseto_tsquery({config},"
    " concat_ws(' ', {beside}, one, {beside}))::text, {cut}) AS cut"
    " FROM pg_catalog.unnest(forms) AS one) AS spelt WHERE cut IS NOT NULL"
    " GROUP BY cut[1], cut[3], regexp_replace(cut[2], {lexeme}, '', 'g')) AS found) AS made"
)
_PARSED = sql.SQL(
    "SELECT {parser}({config}, translate(string_agg(CASE WHEN spellings IS NULL"
    " THEN word ELSE {stand_in} || CASE WHEN"
    " numnode(phraseto_tsquery({config}, translate(word, '_', '='))) = 0"
    " THEN 'whole' ELSE '' END || number END || apart, '' ORDER BY number),"
    " '_' || %(hidden)s::text, '=' || %(operators)s::text)) AS query FROM spelt_words"
)
# what stop words spell stands beside no other word as it is: in a phrase, it is there at all
_LOOSENED = sql.SQL(
    "SELECT *, (char_length(loosened) - char_length(replace(loosened, '''', ''))) / 2"
    " AS lexemes FROM (SELECT query, regexp_replace(regexp_replace(query::text,"
    " {before}, {first}, 'g'), {after}, {second}, 'g') AS loosened FROM parsed) AS made"
)
# phrases, and what is between them; each cut behind its stand-ins, with the distances to both
_PIECES = sql.SQL(
    "SELECT *, NOT negated AND upto < ln(least({most}, {operands} / lexemes) + '0.5'::float8)"
    " AS varies,"
    " translate(substring(before FROM '^ <([0-9-]+)>'), '-', '1')::integer AS first,"
    " regexp_replace(before, '^ <[0-9-]+>|<[0-9-]+> $', '', 'g') AS between,"
    " translate(substring(before FROM '[^ ] <([0-9-]+)> $'), '-', '1')::integer AS last"
    " FROM (SELECT *, sum(CASE WHEN negated THEN 0 ELSE ln(cardinality(spellings)::float8) END)"
    " OVER (PARTITION BY phrase ORDER BY place) AS upto FROM"
    " (SELECT phrase, place, lexemes, parts[1] AS before, parts[1] LIKE '%%!' AS negated,"
    " befores, afters, coalesce(spellings,"
    " ARRAY[coalesce('''' || {stand_in} || parts[2] || '''', '')"
    "]) AS spellings FROM loosened, regexp_matches(loosened, {phrase}, 'g')"
    " WITH ORDINALITY AS found (phrases, phrase),"
    " regexp_matches(phrases[1], {split}, 'g') WITH ORDINALITY AS cut (parts, place)"
    " LEFT JOIN spelt_words ON number::text = parts[2]"
    " WHERE loosened ~ {stand_in}) AS pieces) AS counted"
)
# each phrase with other spellings: of piece after piece, as the digits of its number tell; stop
# words around a compound keep their places
_WAYS = sql.SQL(
    "SELECT phrase, nth, string_agg(coalesce(' <' || first + least(16384 - first, behind"
    " + CASE WHEN last IS NULL THEN ahead ELSE 0 END) || '>', '') || between"
    " || coalesce('<' || last + least(16384 - last, ahead) || '> ', '') || CASE WHEN negated"
    " THEN {together} ELSE spellings[chosen] END, '' ORDER BY place) AS made"
    " FROM (SELECT *, coalesce(CASE WHEN NOT negated THEN befores[chosen] END, 0) AS ahead,"
    " coalesce(lag(CASE WHEN NOT negated THEN afters[chosen] END)"
    " OVER (PARTITION BY phrase, nth ORDER BY place), 0) AS behind"
    " FROM (SELECT *, CASE WHEN varies THEN 1 + nth / (round(exp(upto))::integer"
    " / cardinality(spellings)) %% cardinality(spellings) ELSE 1 END AS chosen FROM pieces"
    " JOIN (SELECT phrase, generate_series(1, round(exp(coalesce(max(upto)"
    " FILTER (WHERE varies), 0)))::integer) - 1 AS nth FROM pieces GROUP BY phrase) AS numbers"
    " USING (phrase)) AS numbered) AS placed GROUP BY phrase, nth"
)
_ASKED = sql.SQL(
    "SELECT CASE WHEN loosened ~ {stand_in} THEN (SELECT string_agg(made, '' ORDER BY phrase)"
    " FROM (SELECT phrase, CASE count(*) WHEN 1 THEN min(made)"
    " ELSE '( ' || string_agg('( ' || made || ' )', ' | ') || ' )' END AS made"
    " FROM ways GROUP BY phrase) AS phrases)::tsquery ELSE query END AS query,"
    " CASE WHEN loosened ~ {stand_in} THEN (SELECT string_agg(before || {together}, ''"
    " ORDER BY phrase, place) FROM pieces)::tsquery ELSE query END AS words FROM loosened"
)
_TOGETHER = sql.SQL(
    "CASE cardinality(spellings) WHEN 1 THEN spellings[1]"
    " ELSE '( ' || array_to_string(spellings, ' | ') || ' )' END"
)


def words(stored: Stored, *, most: int = MOST) -> tuple[str, sql.Composable]:
    """Write the CTE of the words of ``%(text)s``, each with the ways it may be spelt."""
    made = _WORDS.format(
        form=analysis.form(stored, sql.SQL("parts[1]"), tail=True),
        text=analysis.form(stored, sql.SQL("%(text)s::text"), tail=False),
        varies=literal(_VARIES),
        flagged=literal(_FLAGGED),
        word=literal(_WORD),
        most=sql.Literal(most),
        spelt=sql.Literal(SPELT),
    )
    return ("question_words", made)


def asked(
    stored: Stored, parser: sql.SQL, *, config: sql.Composable
) -> list[tuple[str, sql.Composable]]:
    """Write the CTEs that make a tsquery of ``words`` by a configuration; the last is ``asked``.

    Its ``query`` finds rows, its ``words`` is the same with each word once: ranking counts them.
    """
    stand_in = literal(_STAND_IN)
    whole = f"('{_STAND_IN}whole[0-9]+')"
    loosened = _LOOSENED.format(
        before=literal(f"{whole} {_BEFORE}"),
        first=literal(r"\1 &"),
        after=literal(f"{_BEFORE} {whole}"),
        second=literal(r"& \1"),
    )
    pieces = _PIECES.format(
        stand_in=stand_in,
        phrase=literal(f"(!*{_LEXEME}(?: {_BEFORE} !*{_LEXEME})*|[^'!]+|!)"),
        # up to the next stand-in, or to the end
        split=literal(f"(.*?)(?:'{_STAND_IN}(?:whole)?([0-9]+)'|$)"),
        most=sql.Literal(PHRASES),
        operands=sql.Literal(OPERANDS),
    )
    spelt = sql.SQL("SELECT {}, {} FROM ({}) AS spelt").format(
        sql.SQL("{} AS query").format(analysis.with_beginnings(stored, sql.SQL("query"))),
        sql.SQL("{} AS words").format(analysis.with_beginnings(stored, sql.SQL("words"))),
        _ASKED.format(stand_in=stand_in, together=_TOGETHER),
    )
    beside = f"{_STAND_IN}0"
    cut = f"^'{beside}' <(-|[0-9]+)> (.+) <(-|[0-9]+)> '{beside}'$"
    spelt_words = _SPELT.format(
        config=config, beside=literal(beside), cut=literal(cut), lexeme=literal(_LEXEME)
    )
    return [
        ("spelt_words", spelt_words),
        ("parsed", _PARSED.format(parser=parser, config=config, stand_in=stand_in)),
        ("loosened", loosened),
        ("pieces", pieces),
        ("ways", _WAYS.format(together=_TOGETHER)),
        ("asked", spelt),
    ]
