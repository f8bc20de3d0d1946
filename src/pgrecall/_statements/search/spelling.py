"""A question as a tsquery, whose compounds are asked for in each way that a text may spell them.

``rfc2616`` stands in a text as one word, or as two. In a tsquery it is either: so a word of the
question that its analysis spells in several ways goes to PostgreSQL's parser as a stand-in, a word
that means nothing, and all of its spellings come to where that is in the tsquery. So operators,
phrases and what is excluded have them too.
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

_STAND_IN = "pgrecallspelling"
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
_SPELT = sql.SQL(
    "SELECT number, word, apart, CASE WHEN forms IS NOT NULL"
    " THEN (SELECT string_agg('( ' || phraseto_tsquery({config}, one)::text || ' )', ' | ')"
    " FROM pg_catalog.unnest(forms) AS one WHERE numnode(phraseto_tsquery({config}, one)) > 0) END"
    " AS spellings FROM question_words"
)
_PARSED = sql.SQL(
    "SELECT {parser}({config}, translate(string_agg(CASE WHEN spellings IS NULL"
    " THEN word ELSE {stand_in} || CASE WHEN"
    " numnode(phraseto_tsquery({config}, translate(word, '_', '='))) = 0"
    " THEN 'whole' ELSE '' END || number END || apart, '' ORDER BY number),"
    " '_' || %(hidden)s::text, '=' || %(operators)s::text)) AS query FROM spelt_words"
)
# what stop words spell stands beside no other word as it is: in a phrase, it is there at all
_ASKED = sql.SQL(
    "SELECT CASE WHEN query::text ~ {stand_in} THEN (SELECT string_agg(parts[1] || coalesce("
    "'( ' || (SELECT spellings FROM spelt_words WHERE number::text = parts[2]) || ' )',"
    " '''' || {stand_in} || parts[2] || '''', ''), '' ORDER BY place)"
    " FROM regexp_matches(regexp_replace(regexp_replace(query::text, {before}, {first}, 'g'),"
    " {after}, {second}, 'g'), {split}, 'g') WITH ORDINALITY AS found (parts, place))::tsquery"
    " ELSE query END AS query FROM parsed"
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
    """Write the CTEs that make a tsquery of ``words`` by a configuration; the last is ``asked``."""
    parsed = _PARSED.format(parser=parser, config=config, stand_in=literal(_STAND_IN))
    # up to the next stand-in, or to the end
    split = literal(f"(.*?)(?:'{_STAND_IN}(?:whole)?([0-9]+)'|$)")
    whole = f"('{_STAND_IN}whole[0-9]+')"
    spelt = sql.SQL("SELECT {} AS query FROM ({}) AS spelt").format(
        analysis.with_beginnings(stored, sql.SQL("query")),
        _ASKED.format(
            stand_in=literal(_STAND_IN),
            split=split,
            before=literal(f"{whole} <(?:-|[0-9]+)>"),
            first=literal(r"\1 &"),
            after=literal(f"<(?:-|[0-9]+)> {whole}"),
            second=literal(r"& \1"),
        ),
    )
    return [("spelt_words", _SPELT.format(config=config)), ("parsed", parsed), ("asked", spelt)]
