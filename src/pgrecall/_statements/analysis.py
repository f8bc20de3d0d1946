"""What full text search reads: the analysis that texts and questions go through before PostgreSQL.

PostgreSQL's parser takes a host, a path, an e-mail address, a tag or a signed number for one word,
and knows nothing of scripts without spaces. So its text is written anew first, of letters, digits
and two signs that it takes for nothing: ``=`` where a question's compound is joined (``_`` until
all is read: from each word on its parser would look ahead for a host), ``^`` between the
overlapping pairs of characters of such a script. Both leave the words adjacent, and a compound one
operand of a query; blanks part the words of what is stored. What is not in the text as a word of
its own follows at its end, so that phrases are not disturbed: the compound as one word, its
neighbouring parts in twos, and the parts of a word that is written in camelCase or of letters and
digits.

The functions are numbered and never replaced, for rows are stored by them: another analysis is
another function. They are made of what is immutable, each name read once, when they are made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import sql

from pgrecall._statements import languages
from pgrecall._statements.analysis_1 import body as body_1
from pgrecall._statements.analysis_1.characters import NO_HYPHENS, UNITS, UNSETTLED, WRITTEN_ANEW
from pgrecall._statements.analysis_2 import body as body_2
from pgrecall._statements.analysis_3 import marks
from pgrecall._statements.names import identifier, literal, qualified_name
from pgrecall._statements.statement import Statement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall._statements.layout import Stored

NEWEST = 3
"""The analysis of a new collection."""

SINCE = {1: 5, 2: 6, 3: 7}
"""The version of the registry that brought each."""

INDEXED_CHARACTERS = 130_000
"""How much of a text full text search covers, and of what its analysis makes of it.

A tsvector holds 1 MB at most. The costliest text we found, pairs of hyphenated letters of 4 bytes,
takes 7.5 bytes a character, so this many always fit.
"""

TITLE_CHARACTERS = 5_000
"""How much of a title full text search covers: what a text may take leaves so much of the 1 MB."""

GAP, APART_SINCE = body_2.GAP, 2
"""A word between those at a text's end, which ``lexemes`` takes out; and which analysis has it."""

_CREATE_FORM = sql.SQL(
    "CREATE OR REPLACE FUNCTION {form}(text, stored boolean, tail boolean) RETURNS text"
    " LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $analysis${body}$analysis$"
)
# inlined where a statement has it, so a plain text costs no call
_CREATE = sql.SQL(
    "CREATE OR REPLACE FUNCTION {analysis}(text) RETURNS text LANGUAGE sql IMMUTABLE"
    ' PARALLEL SAFE RETURN CASE WHEN $1 ~ {anew} COLLATE "C" OR'
    " (pg_catalog.octet_length($1) <> pg_catalog.char_length($1)"
    ' AND $1 ~ {unsettled} COLLATE "C") THEN {form}({cut}, true, true)'
    " WHEN pg_catalog.strpos($1, '-') > 0 THEN pg_catalog.replace({cut}, '-', '=') || "
    " {wholes} ELSE $1 END"
)
_WHOLES = sql.SQL(
    "pg_catalog.replace(pg_catalog.regexp_replace(' ' || {cut} COLLATE \"C\" || ' ',"
    " {no_hyphens}, ' ', 'g'), '-', '')"
)
_APART = sql.SQL("{} || {}")


def create(schema: str, number: int) -> list[Statement]:
    """Make the functions, for every role: who writes a row needs them for its tsvector."""
    form, analysis = (identifier(schema, name) for name in _names(number))
    cut = sql.SQL("pg_catalog.left($1, {})").format(sql.Literal(INDEXED_CHARACTERS))
    wholes: sql.Composable = _WHOLES.format(cut=cut, no_hyphens=literal(NO_HYPHENS))
    if number == 1:
        body = body_1.written(body_1.BODY)
    else:
        body = body_1.written(body_2.BODY, body_2.LITERALS, body_2.REPLACED)
        wholes = _APART.format(literal(f" {GAP}"), wholes)
    parts = {
        "anew": literal(WRITTEN_ANEW),
        "unsettled": literal(UNSETTLED),
        "wholes": wholes,
        "cut": cut,
    }
    granted = sql.SQL("GRANT EXECUTE ON FUNCTION {}({}) TO PUBLIC")
    return [
        Statement(_CREATE_FORM.format(form=form, body=body)),
        Statement(_CREATE.format(form=form, analysis=analysis, **parts)),
        Statement(granted.format(form, sql.SQL("text, boolean, boolean"))),
        Statement(granted.format(analysis, sql.SQL("text"))),
        *(marks.create(schema, number) if number >= marks.SINCE else []),
    ]


def share(schema: str, number: int) -> list[Statement]:
    """Let Citus take the functions to its workers; to those that have them too."""
    query = sql.SQL("SELECT pg_catalog.create_distributed_function(%(name)s::regprocedure)")
    form, analysis = (qualified_name(schema, name) for name in _names(number))
    names = [f"{form}(text, boolean, boolean)", f"{analysis}(text)"]
    if number >= marks.SINCE:
        names += marks.signatures(schema, number)
    return [Statement(query, {"name": name}) for name in names]


def applies(schema: str, configs: Sequence[str]) -> Statement:
    """Ask by which analysis a collection's texts can be analysed; NULL: by none.

    The schema has to have the functions, and every configuration PostgreSQL's own parser: another
    one, as there are for Chinese, finds words in a text as it was written.
    """
    query = sql.SQL(
        "SELECT (SELECT max(made.number) FROM pg_catalog.unnest(%(names)s::text[])"
        " WITH ORDINALITY AS made (name, number) WHERE to_regprocedure(made.name) IS NOT NULL"
        " AND (SELECT count(*) FROM pg_catalog.pg_ts_config AS c"
        " JOIN pg_catalog.pg_ts_parser AS p ON p.oid = c.cfgparser"
        " WHERE c.oid = ANY (%(configs)s::text[]::regconfig[]) AND p.prsname = 'default'"
        " AND p.prsnamespace = 'pg_catalog'::regnamespace)"
        " = (SELECT count(DISTINCT one::regconfig)"
        " FROM pg_catalog.unnest(%(configs)s::text[]) AS one))"
    )
    names = [f"{qualified_name(schema, _names(one)[1])}(text)" for one in range(1, NEWEST + 1)]
    return Statement(query, {"names": names, "configs": list(configs)})


def _names(number: int | None) -> tuple[str, str]:
    """Name an analysis's functions: of questions, and of what is stored."""
    return f"analysis_{number}_form", f"analysis_{number}"


# A list's strings are read one after the other: what JSON writes by a backslash parts words.
_TITLE = sql.SQL(
    "CASE jsonb_typeof({metadata} -> {key}::text) WHEN 'string' THEN {metadata} ->> {key}::text"
    " WHEN 'array' THEN regexp_replace(jsonb_path_query_array({metadata} -> {key}::text,"
    " 'strict $[*] ? (@.type() == \"string\")')::text, {escapes}, ' ', 'g') END"
)
_ESCAPES = r"[\\](?:u[0-9a-f]{4}|.)"

# What stood between the two leaves its place behind, so that no phrase goes from one to the other.
_WITH_TITLE = sql.SQL(
    "ts_delete(coalesce(setweight({of_title}, 'A') || ''' '':1'::tsvector, '') || {text}, ' ')"
)


def tokens(stored: Stored) -> sql.Composable:
    """Write a row's tsvector: of its text, before it of its title with weight A, and its marks."""
    config = languages.of_row(stored, stored.columns.metadata)

    def read(text: sql.Composable) -> sql.Composable:
        return lexemes(stored, sql.SQL("to_tsvector({}, {})").format(config, text))

    text = read(covered(stored, stored.columns.text, INDEXED_CHARACTERS))
    if stored.collection.title is not None:
        text = _WITH_TITLE.format(of_title=read(title(stored)), text=text)
    return marks.marked(stored, text)


def lexemes(stored: Stored, made: sql.Composable) -> sql.Composable:
    """Write a tsvector of what ``covered`` gives, without what only keeps words apart."""
    if stored.analysis is None or stored.analysis < APART_SINCE:
        return made
    return sql.SQL("ts_delete({}, {})").format(made, literal(GAP))


def apart(stored: Stored, text: sql.Composable) -> sql.Composable:
    """Write what ``covered`` gives for a reader that knows of no phrases."""
    if stored.analysis is None or stored.analysis < APART_SINCE:
        return text
    return sql.SQL("replace({}, {}, '')").format(text, literal(f" {GAP}"))


def covered(stored: Stored, text: sql.Composable, characters: int) -> sql.Composable:
    """Write what a text's words are read from."""
    if stored.analysis is not None:
        _, analysis = _names(stored.analysis)
        text = sql.SQL("{}({})").format(identifier(stored.schema, analysis), text)
    return sql.SQL("left({}, {})").format(text, sql.Literal(characters))


def title(stored: Stored) -> sql.Composable:
    """Write the same of a row's title."""
    made = _TITLE.format(
        metadata=stored.columns.metadata,
        key=literal(stored.collection.title),
        escapes=literal(_ESCAPES),
    )
    cut = sql.SQL("left({}, {})").format(made, sql.Literal(TITLE_CHARACTERS))
    return covered(stored, cut, TITLE_CHARACTERS)


def asked(stored: Stored, text: sql.Composable, *, words: bool = False) -> sql.Composable:
    """Write a question, or a text that is shown, as the collection's texts are analysed.

    Args:
        stored: The collection.
        text: What is asked.
        words: Let the compounds follow as one word each: where words are asked for one by one.
    """
    if stored.analysis is None:
        return text
    made = form(stored, text, tail=words)
    return made if words else sql.SQL("translate({}, '_', '=')").format(made)


def form(stored: Stored, text: sql.Composable, *, tail: bool) -> sql.Composable:
    """Write a question as it is analysed, where compounds are joined by ``_`` without a tail."""
    name, _ = _names(stored.analysis)
    return sql.SQL("{}({}, false, {})").format(
        identifier(stored.schema, name), text, sql.SQL("true" if tail else "false")
    )


def begins(stored: Stored, lexeme: sql.Composable) -> sql.Composable:
    """Tell a lexeme of one character of a script without spaces: it is asked for as a beginning."""
    if stored.analysis is None:
        return sql.SQL("false")
    # an expression costs more than a look at the bytes, and few questions have such a lexeme
    return sql.SQL(
        '(octet_length({lexeme}) > char_length({lexeme}) AND {lexeme} ~ {unit} COLLATE "C")'
    ).format(lexeme=lexeme, unit=literal(f"^{UNITS}$"))


def with_beginnings(stored: Stored, query: sql.Composable) -> sql.Composable:
    """Let a tsquery ask for such a lexeme as a beginning: every character begins one."""
    if stored.analysis is None:
        return query
    return sql.SQL("regexp_replace({}::text COLLATE \"C\", {}, {}, 'g')::tsquery").format(
        query, literal(f"'({UNITS})'(?!:)"), literal(r"'\1':*")
    )
