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

import re
from typing import TYPE_CHECKING, NamedTuple

from psycopg import sql

from pgrecall._statements.layout import identifier, literal, qualified_name
from pgrecall._statements.statement import Statement

if TYPE_CHECKING:
    from pgrecall._statements.layout import Stored

NEWEST = 1
"""The analysis of a new collection."""

SINCE = 5
"""The version of the registry that brought it."""

INDEXED_CHARACTERS = 130_000
"""How much of a text full text search covers, and of what its analysis makes of it.

A tsvector holds 1 MB at most. The costliest text we found, pairs of hyphenated letters of 4 bytes,
takes 7.5 bytes a character, so this many always fit.
"""

TITLE_CHARACTERS = 5_000
"""How much of a title full text search covers: what a text may take leaves so much of the 1 MB."""

FORM, ANALYSIS = "analysis_1_form", "analysis_1"

MOST_CHARACTERS = 100
"""A longer compound, in characters, is found by its parts alone."""

# Ranges are by code point, whatever the database's collation: every expression has COLLATE "C".
_UNIT = (  # a character of a script without spaces
    r"\u0E01-\u0E30\u0E32\u0E33\u0E40-\u0E46\u0E81-\u0EB0\u0EB2\u0EB3\u0EBD-\u0EC6\u0EDC-\u0EDF"
    r"\u1000-\u102A\u103F\u1050-\u1055\u105A-\u105D\u1061\u1065\u1066\u106E-\u1070\u1075-\u1081"
    r"\u1100-\u115E\u1161-\u11FF\u1780-\u17B3\u17D7\u17DC\u1950-\u19AB\u1A00-\u1A16\u1A20-\u1A54"
    r"\u2E80-\u2FDF\u3005-\u3007\u3021-\u3029\u3031-\u3035\u3038-\u303C\u3041-\u3096\u309D-\u309F"
    r"\u30A1-\u30FA\u30FC-\u30FF\u3105-\u312F\u3131-\u3163\u3165-\u318E\u31A0-\u31BF\u31F0-\u31FF"
    r"\u3400-\u4DBF\u4E00-\uA48C\uA960-\uA97C\uA9E0-\uA9FE\uAA60-\uAA76\uAA80-\uAADD\uAC00-\uD7FB"
    r"\uF900-\uFAFF\U0001B000-\U0001B16F\U00020000-\U0003FFFD"
)
_MARK = (  # what stands above, below or behind such a character, and belongs to it
    r"\u0E31\u0E34-\u0E3A\u0E47-\u0E4E\u0EB1\u0EB4-\u0EBC\u0EC8-\u0ECE\u102B-\u103E\u1056-\u1059"
    r"\u105E-\u1060\u1062-\u1064\u1067-\u106D\u1071-\u1074\u1082-\u108D\u108F\u109A-\u109D"
    r"\u17B6-\u17D3\u17DD\u19B0-\u19C9\u1A17-\u1A1B\u1A55-\u1A7F\u3099\u309A"
)
_INVISIBLE = (
    r"\u0591-\u05BD\u05BF\u05C1\u05C2\u05C4\u05C5\u05C7\u0610-\u061A\u0640\u064B-\u065F\u0670"
    r"\u06D6-\u06DC\u06DF-\u06E4\u06E7\u06E8\u06EA-\u06ED"  # vowel signs, and what stretches
    r"\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180B-\u180F\u200B-\u200F\u202A-\u202E"
    r"\u2060-\u206F\u3164\uFE00-\uFE0F\uFEFF\uFFF9-\uFFFB\U000E0000-\U000E0FFF"
)
# signs that a database without a locale takes for letters
_SIGNS = (
    r"\u0080-\u00A9\u00AB-\u00B1\u00B4\u00B6-\u00B8\u00BB\u00BF\u00D7\u00F7\u2000-\u200A\u2014-\u2017"
    r"\u201A\u201C-\u201F\u2020-\u2029\u202F-\u2031\u2033-\u2043\u2045-\u205F\u20A0-\u20CF"
    r"\u2190-\u2211\u2213\u2214\u2216-\u266E\u2670-\u2BFF\u2E00-\u2E7F\u3000-\u3004\u3008-\u3020\u3030\u3036"
    r"\u3037\u303D-\u303F\u30A0\u30FB\uFE10-\uFE6F\uFF01-\uFF0F\U0001F000-\U0001FAFF"
)
_LETTER = r"[^\x01-\x40\x5B-\x60\x7B-\x7F]"
_SMALL = r"[^\x01-\x60\x7B-\x7F]"
# what is in no compound: no letter, digit or _; a script without spaces has none either
_APART_OF_ASCII = r"\x03-\x2F\x3A-\x40\x5B-\x5E\x60\x7B-\x7F"
_APART = rf"{_APART_OF_ASCII}{_UNIT}{_MARK}"

_TAGS = (
    "a|abbr|article|aside|b|blockquote|body|br|button|center|cite|code|col|dd|del|details|div|dl|dt"
    "|em|figcaption|figure|font|footer|form|h[1-6]|head|header|hr|html|i|iframe|img|input|ins|kbd"
    "|label|li|link|main|mark|meta|nav|ol|option|p|path|pre|q|s|samp|script|section|select|small"
    "|span|strike|strong|style|sub|summary|sup|svg|table|tbody|td|textarea|tfoot|th|thead|title|tr"
    "|tt|u|ul|video"
)


class _Step(NamedTuple):
    """One replacement.

    Attributes:
        pattern: What is replaced, everywhere.
        by: What comes in its place.
        case: How letters compare: ``g``, or ``gi``.
    """

    pattern: str
    by: str
    flags: str = "g"


# where a hyphen at a line's end was: the word is one, and may be two
_LINE_END = r"[-\u2010\u2011\u00AC\u00AD][ \t]*\r?\n[ \t]*"
_LINE_ENDS = _Step(
    rf"({_LETTER}){_LINE_END}(?={_SMALL})|([A-Z][A-Z]){_LINE_END}(?=[A-Z][A-Z])", "\\1\\2\x05"
)
_UNSEEN = _Step(f"[{_INVISIBLE}]+", "")
_BLANK = _Step(f"[{_SIGNS}]+", " ")
# by code point: a database that is not in UTF8 has no such characters, and never comes there
_PLAIN_FORMS = {0x2010: "-", 0x2011: "-", 0x2012: "-", 0x2013: "-", 0x2212: "-"} | {
    0x2018: "'", 0x2019: "'", 0x201B: "'", 0x02BB: "'", 0x02BC: "'", 0x05F3: "'", 0x2032: "'",
    0x266F: "#", 0x2044: "/", 0x2215: "/",
}  # fmt: skip
# what PostgreSQL does not read as one means it: a sign within words, or a number's
_CONTRACTED = "(?:s|t|d|m|ll|re|ve)(?![[:alnum:]])"
_JOINED = (
    r"[./\\@:&+#_<>~^%][^[:space:]]|[0-9][-,']|-[^[:space:]]|[A-Za-z][#+]|-[ \t\r]*\n"
    r"|[A-Za-z]'(?:[A-Za-z]{3}|[^DLMRSTVdlmrstv[:space:]])"
)
# List<Path> has no tag, and a<b and c>d neither
_TAG = _Step(
    rf"</?(?:{_TAGS}|{_TAGS.upper()})(?:[[:space:]]+[A-Za-z:-]+=[^<>]*)?[[:space:]]*/?>|<!--.*?-->",
    " ",
)
_CODES = _Step(
    r"&(?:[a-z]{2,8}|#[0-9]{1,7}|#x[0-9a-f]{1,6});|%(?:20|[23][a-f]|[57][b-f])(?=[[:alnum:]])",
    "_",
    "gi",
)
_PLUS = _Step(r"((?:^|[^[:alnum:]_])[A-Za-z])[+][+](?![[:alpha:]+])", r"\1plusplus_")
_SHARP = _Step(r"((?:^|[^[:alnum:]_&])[A-Za-z])#(?![[:alpha:]_])", r"\1sharp_")
_NET = _Step(r"(^|[^[:alnum:]_])[.]net(?![[:alpha:]_])", r"\1dotnet", "gi")


def _grouped(by: str) -> _Step:
    """Join a number's groups, up to 999 billion; what stands behind a year is another number."""
    more = f"(?:[{by}]([0-9]{{3}}))?"
    number = f"((?:^|[^0-9])[0-9]{{1,3}})[{by}]([0-9]{{3}})"
    return _Step(f"{number}{more}{more}(?![0-9])", r"\1\2\3\4")


_THOUSANDS = _grouped(",'")
_JOINTS = "-./\\@:&+#<>~^"
_APOSTROPHE = _Step(f"([A-Za-z])'(?!{_CONTRACTED})", r"\1_", "gi")
# where a part of a word ends that camelCase joins, or that is of letters and digits: PDFs and B12
# are one, and so is a hash in hexadecimal
_LOWER = r"a-z\u00DF-\u00F6\u00F8-\u00FF\u03AC-\u03CE\u0430-\u045F"
_UPPER = r"A-Z\u00C0-\u00D6\u00D8-\u00DE\u0391-\u03AB\u0400-\u042F"
_ALPHABETIC = r"A-Za-z\u00B5\u00C0-\u052F"
_CAMEL = _Step(f"(?<=[{_LOWER}])(?=[{_UPPER}])|(?<=[A-Z])(?=[A-Z][a-z][a-z]|v[0-9])", "\x01")
_DIGITS = _Step(
    f"([{_ALPHABETIC}][{_ALPHABETIC}]|[^A-Za-z0-9][Vv]|[0-9][A-Za-z])(?=[0-9])"
    f"|([0-9])(?=[{_ALPHABETIC}])",
    "\\1\\2\x01",
)
# whether a text has any
_PARTED = (
    f"[{_LOWER}][{_UPPER}]|[A-Z][A-Z][a-z][a-z]"
    f"|[{_ALPHABETIC}][{_ALPHABETIC}][0-9]|[0-9][{_ALPHABETIC}]|[Vv][0-9]|\x01"
)
# letters that are in normal form as they are
_SETTLED = (
    r"\x09-\x7E\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u0131\u0134-\u013E\u0141-\u0148\u014A-\u017E"
    r"\u0386\u0388-\u03A2\u03A4-\u03CE\u0400-\u0481"
)
# a text without any of it is not looked at again
_WRITTEN_ANEW = (
    r"[./\\@:&+#_<>~^%'][^[:space:]]|[a-z][A-Z]|[A-Z][A-Z][a-z][a-z]"
    r"|[A-Za-z][0-9#+]|[0-9](?:-|,[0-9]|[A-Za-z])|-(?:[0-9]|[ \t\r]*\n)"
)
_UNSETTLED = f"[^{_SETTLED}]|[{_LOWER}][{_UPPER}]"
# what a text may have besides to be in normal form: putting it there costs more than all the rest
NOT_NORMAL = (
    rf"[^{_SETTLED}\u00A1-\u00A7\u00A9\u00AB\u00AC\u00AE\u00B0\u00B1\u00B6\u00B7\u00BB\u00BF\u00D7\u00F7"
    r"\u2010\u2012-\u2016\u2018-\u2023\u2030-\u2032\u2039-\u203B\u20A0-\u20A7\u20A9-\u20BF"
    r"\u2190-\u222B\u2231-\u2328\u2500-\u2A0B\u3001-\u3029\u3041-\u3096\u30A1-\u30FE"
    r"\u4E00-\u9FEF\uAC00-\uD7A3]"
)
# between words that have a sign inside: all other words, and what is in no word
_OTHERS = _Step(f"_*[{_APART}]_*(?:[^_{_APART}]*_*[{_APART}]_*)*", " ")
# the same, and between words where a part may end: few are left, so what follows costs little
# what is between words with a hyphen, in a text without other signs
_NO_HYPHENS = (
    r"-*[\x01-\x2C\x2E-\x2F\x3A-\x40\x5B-\x60\x7B-\x7F]-*"
    r"(?:[^\x01-\x2F\x3A-\x40\x5B-\x60\x7B-\x7F]*-*[\x01-\x2C\x2E-\x2F\x3A-\x40\x5B-\x60\x7B-\x7F]-*)*"
)


def _plain(apart: str, upper: str) -> _Step:
    word = f"[{upper}]?[^_0-9\\u0001{upper}{apart}]*"
    return _Step(f"_*[{apart}]_*(?:(?:{word}|[A-Z]+|[0-9]+)_*[{apart}]_*)*", " ")


_PLAIN, _PLAIN_OF_ASCII = _plain(_APART, _UPPER), _plain(_APART_OF_ASCII, "A-Z")
_HASHES = (
    rf"[{digits}_]*(?:[0-9]_*[{letters}]+_*[0-9]+_*[{letters}]|[{letters}]_*[0-9]+_*[{letters}]+_*[0-9])"
    rf"[{digits}_]*"
    for digits, letters in (("0-9a-f", "a-f"), ("0-9A-F", "A-F"))
)
_HEXADECIMAL = _Step(f" (?:{'|'.join(_HASHES)}|[^ ]*(?:[0-9]_*[A-Za-z]+_*){{5}}[^ ]*)(?= |$)", "")
# what stands for another number behind a digit: 10² is not 102, and 1½ not 11/2
_RAISED = _Step(r"([0-9])(?=[\u00B2\u00B3\u00B9\u2070-\u2079\u2080-\u2089])", r"\1^")
_FRACTION = _Step(r"([0-9])(?=[\u00BC-\u00BE\u2150-\u215E])", r"\1 ")
_GROUPS = _grouped(r"\u00A0\u2009\u202F")
_STRESS = _Step(r"([\u0410-\u044F])[\u0300\u0301]", r"\1")
# the mark of a tone comes before the round of sara am, however it was typed
_TONE = _Step(r"([\u0E4D\u0ECD])([\u0E48-\u0E4B\u0EC8-\u0ECB])", r"\2\1")
_SIGMA = _Step(r"([\u0370-\u03FF])\u03A3(?![\u0370-\u03FF])", r"\1")
_ZEROS = (
    *(0x0660, 0x06F0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66),
    *(0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x17E0, 0x1810),
)
_NUMERALS = "[" + "".join(rf"\u{zero:04X}-\u{zero + 9:04X}" for zero in _ZEROS) + "]"

# every name is qualified and there is no operator: no search_path has a say. What few texts need
# is behind a test that costs less: finding a sign is nearly free, an expression costs by what it
# finds, for each time its automaton is built anew
_FORM = r"""
DECLARE
    t text COLLATE pg_catalog."C" := $1;
    compounds text COLLATE pg_catalog."C";
    parted text COLLATE pg_catalog."C";
    long text COLLATE pg_catalog."C";
    spaced text COLLATE pg_catalog."C";
    beyond boolean := pg_catalog.int4ne(pg_catalog.octet_length($1), pg_catalog.char_length($1))
        AND pg_catalog.nameeq(pg_catalog.getdatabaseencoding(), 'UTF8');
BEGIN
    IF beyond THEN
        IF <has:\n> THEN
            t := <line_ends:t>;
        END IF;
        IF pg_catalog.textregexeq(t, <not_normal>) THEN
            IF pg_catalog.textregexeq(t, <beside_digits>) THEN
                t := <groups:t>;
                t := <raised:t>;
                t := <fraction:t>;
            END IF;
            t := pg_catalog.replace(t, pg_catalog.chr(8482), ' ');
            t := pg_catalog."normalize"(t, 'NFKC');
            t := <invisible:t>;
            IF pg_catalog.textregexeq(t, <foreign>) THEN
                t := <numerals:t>;
                t := <stress:t>;
                t := <tone:t>;
            END IF;
        END IF;
        IF pg_catalog.int4gt(pg_catalog.strpos(t, pg_catalog.chr(931)), 0) THEN
            t := <sigma:t>;
        END IF;
        t := <signs:t>;
        t := <plain_forms:t>;
    END IF;
    IF stored AND NOT beyond OR pg_catalog.textregexeq(t, <joined>) THEN
        IF <has:\n> THEN
            t := <line_ends:t>;
        END IF;
        IF pg_catalog.textregexeq(t, <rare>) THEN
            IF <has:<> THEN
                t := <tags:t>;
            END IF;
            IF <has:&> OR <has:%> THEN
                t := <codes:t>;
            END IF;
            IF <has:+> THEN
                t := <plus:t>;
            END IF;
            IF <has:#> THEN
                t := <sharp:t>;
            END IF;
            t := <net:t>;
        END IF;
        IF pg_catalog.textregexeq(t, <grouped>) THEN
            t := <thousands:t>;
        END IF;
        t := <joints:t>;
        IF <has:'> THEN
            t := <apostrophe:t>;
        END IF;
    END IF;
    spaced := t;
    IF pg_catalog.int4gt(pg_catalog.strpos(t, <line_end>), 0) THEN
        spaced := pg_catalog.replace(t, <line_end>, '');
        t := pg_catalog.replace(t, <line_end>, <end>);
    END IF;
    IF beyond AND pg_catalog.textregexeq(t, <unit>) THEN
        spaced := pg_catalog.translate(spaced, <unit_ends>, '');
        spaced := <double:spaced>;
        IF NOT stored THEN
            spaced := <asked:spaced>;
        END IF;
        spaced := pg_catalog.translate(<single:spaced>, <unit_ends>, '^^');
    END IF;
    IF stored THEN
        spaced := pg_catalog.replace(spaced, '_', ' ');
    END IF;
    IF NOT tail THEN
        RETURN spaced;
    END IF;
    IF pg_catalog.textregexeq(t, <parted>) THEN
        t := pg_catalog.concat(' ', t, ' ');
        IF beyond THEN
            t := <plain:t>;
        ELSE
            t := <plain_of_ascii:t>;
        END IF;
        compounds := t;
        t := <camel:t>;
        IF pg_catalog.textregexeq(t, '[0-9]') THEN
            t := <digits:t>;
        END IF;
    ELSIF <has:_> THEN
        compounds := pg_catalog.concat(' ', t, ' ');
    ELSE
        RETURN spaced;
    END IF;
    compounds := pg_catalog.replace(compounds, <end>, '');
    IF pg_catalog.int4gt(pg_catalog.strpos(compounds, '_'), 0) THEN
        compounds := <compounds:compounds>;
        IF pg_catalog.int4gt(pg_catalog.char_length(compounds), <most>) THEN
            compounds := <short:compounds>;
        END IF;
    ELSE
        compounds := ' ';
    END IF;
    IF pg_catalog.int4gt(pg_catalog.strpos(t, <end>), 0) THEN
        t := pg_catalog.replace(pg_catalog.replace(t, '_', <joint>), <end>, '_');
        parted := <compounds:t>;
        IF pg_catalog.int4gt(pg_catalog.char_length(parted), <most>) THEN
            parted := <short:parted>;
        END IF;
        parted := pg_catalog.translate(parted, <joint_or_end>, '__');
        IF pg_catalog.textregexeq(parted, '[0-9]') THEN
            parted := <hexadecimal:parted>;
        END IF;
    END IF;
    long := pg_catalog.concat(compounds, parted);
    IF pg_catalog.textregexeq(long, '_[^ _]+_[^ ]') THEN
        compounds := pg_catalog.concat(compounds, <pairs:long>);
    END IF;
    IF pg_catalog.int4gt(pg_catalog.strpos(compounds, '_'), 0) THEN
        compounds := pg_catalog.replace(<dotted:compounds>, '_', '');
    END IF;
    IF pg_catalog.int4gt(pg_catalog.strpos($1, '.NET'), 0)
        AND pg_catalog.textregexeq($1, '[[:alnum:]#][.]NET(?![[:alpha:]])') THEN
        parted := pg_catalog.concat(parted, ' dotnet');
    END IF;
    RETURN pg_catalog.translate(pg_catalog.concat(spaced, compounds, parted), '_', '=');
END
"""
_CONTROL = re.compile(r"[\x01-\x08]")
_UNITS = f"[{_UNIT}][{_MARK}]*"
_REPLACED = {
    "line_ends": (_LINE_ENDS,),
    "invisible": (_UNSEEN,),
    "signs": (_BLANK,),
    "tags": (_TAG,),
    "codes": (_CODES,),
    "plus": (_PLUS,),
    "sharp": (_SHARP,),
    "net": (_NET,),
    "thousands": (_THOUSANDS,),
    "groups": (_GROUPS,),
    "raised": (_RAISED,),
    "fraction": (_FRACTION,),
    "stress": (_STRESS,),
    "tone": (_TONE,),
    "apostrophe": (_APOSTROPHE,),
    # each character twice, of which the first of a run goes: AABBCC, A BB CC, AB BC C
    "double": (
        _Step(f"({_UNITS})", "\\1\x03\\1\x04"),
        _Step(f"(^|[^\x04]){_UNITS}\x03", r"\1^"),
    ),
    # a question ends with two characters, not with one that nothing follows
    "asked": (_Step(f"\x03{_UNITS}\x04(?=[[:space:]\x10-\x1a]|$)", "^"),),
    "single": (_Step(f"\x04(?=[{_UNIT}])", ""),),
    "compounds": (_OTHERS,),
    "camel": (_CAMEL,),
    # what one match has taken is in none that overlaps
    "digits": (_DIGITS, _DIGITS),
    "plain": (_PLAIN,),
    "plain_of_ascii": (_PLAIN_OF_ASCII,),
    "hexadecimal": (_HEXADECIMAL,),
    "short": (_Step(f" [^ ]{{{MOST_CHARACTERS}}}[^ ]+", ""),),
    # those of two parts are whole already
    "pairs": (
        _Step(" [^ _]+_+[^ _]+(?= )", ""),
        _Step("_+([^ _]+)(?=_+[^ ])", r"_\1 \1"),
    ),
    "dotted": (_Step("([0-9])_+(?=[0-9])", r"\1."),),
}
_LITERALS: dict[str, str | int] = {
    "joined": _JOINED,
    "rare": "[<&%+#]|[.][Nn][Ee][Tt]",
    "not_normal": NOT_NORMAL,
    "parted": _PARTED,
    "unit": f"[{_UNIT}]",
    "beside_digits": (
        r"[0-9][\u00A0\u00B2\u00B3\u00B9\u00BC-\u00BE\u2009\u202F\u2070-\u2089\u2150-\u215E]"
    ),
    "foreign": rf"{_NUMERALS}|[\u0300\u0301\u0E4D\u0ECD]",
    "grouped": "[0-9][,'][0-9]",
    "line_end": "\x05",
    "end": "\x01",
    # where a part ends takes the place of what joins compounds, and that another
    "joint": "\x02",
    "joint_or_end": "\x02\x01",
    "unit_ends": "\x03\x04",
    "most": MOST_CHARACTERS,
}
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
    " pg_catalog.replace(pg_catalog.regexp_replace(' ' || {cut} COLLATE \"C\" || ' ',"
    " {no_hyphens}, ' ', 'g'), '-', '') ELSE $1 END"
)


def _written(template: str) -> sql.SQL:
    """Fill a function's body.

    ``<name>`` is a literal, ``<name:variable>`` replacements in it, ``<has:sign>`` whether ``t``
    has a sign.
    """

    def put(found: re.Match[str]) -> str:
        name, text = found[1], found[2]
        if text is None:
            return _literal(_LITERALS[name])
        if name in _SPELT:
            return _SPELT[name](text)
        for step in _REPLACED[name]:
            arguments = ", ".join(_literal(one) for one in step)
            text = f"pg_catalog.regexp_replace({text}, {arguments})"
        return text

    def look(found: re.Match[str]) -> str:
        sign = _literal(found[1].replace("\\n", "\n"))
        return f"pg_catalog.int4gt(pg_catalog.strpos(t, {sign}), 0)"

    template = re.sub("<has:(.+?)>(?= OR| AND| THEN)", look, template)
    return sql.SQL(re.sub("<([a-z_]+)(?::([a-z]+))?>", put, template))


def _plain_forms(text: str) -> str:
    for code, sign in _PLAIN_FORMS.items():
        text = f"pg_catalog.replace({text}, pg_catalog.chr({code}), {_literal(sign)})"
    return text


def _joints(text: str) -> str:
    for sign in f"{_JOINTS}\x01\x02":
        text = f"pg_catalog.replace({text}, {_literal(sign)}, '_')"
    return text


def _numerals(text: str) -> str:
    signs, ten = ", ".join(map(_ten_of, _ZEROS)), _literal("0123456789" * len(_ZEROS))
    return f"pg_catalog.translate({text}, pg_catalog.concat({signs}), {ten})"


def _sigma(text: str) -> str:
    by = f"pg_catalog.concat({_literal(_SIGMA.by)}, pg_catalog.chr(962))"
    return f"pg_catalog.regexp_replace({text}, {_literal(_SIGMA.pattern)}, {by}, 'g')"


_SPELT = {"plain_forms": _plain_forms, "joints": _joints, "numerals": _numerals, "sigma": _sigma}


def _ten_of(zero: int) -> str:
    """Write the digits of a script."""
    return f"pg_catalog.concat({', '.join(f'pg_catalog.chr({zero + n})' for n in range(10))})"


def _literal(value: str | int) -> str:
    """Quote a value; control characters are spelt, so that a dump is a text."""
    text = literal(value).as_string(None)
    if not _CONTROL.search(text):
        return text
    text = text.lstrip().removeprefix("E") if "\\" in str(value) else text
    return " E" + _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


def create(schema: str) -> list[Statement]:
    """Make the functions, for every role: who writes a row needs them for its tsvector."""
    form, analysis = (identifier(schema, name) for name in (FORM, ANALYSIS))
    parts = {
        "anew": literal(_WRITTEN_ANEW),
        "unsettled": literal(_UNSETTLED),
        "no_hyphens": literal(_NO_HYPHENS),
        "cut": sql.SQL("pg_catalog.left($1, {})").format(sql.Literal(INDEXED_CHARACTERS)),
    }
    granted = sql.SQL("GRANT EXECUTE ON FUNCTION {}({}) TO PUBLIC")
    return [
        Statement(_CREATE_FORM.format(form=form, body=_written(_FORM))),
        Statement(_CREATE.format(form=form, analysis=analysis, **parts)),
        Statement(granted.format(form, sql.SQL("text, boolean, boolean"))),
        Statement(granted.format(analysis, sql.SQL("text"))),
    ]


def share(schema: str) -> list[Statement]:
    """Let Citus take the functions to its workers; to those that have them too."""
    query = sql.SQL("SELECT pg_catalog.create_distributed_function(%(name)s::regprocedure)")
    names = (f"{FORM}(text, boolean, boolean)", f"{ANALYSIS}(text)")
    return [
        Statement(query, {"name": f"{qualified_name(schema, name.partition('(')[0])}({rest}"})
        for name, rest in ((name, name.partition("(")[2]) for name in names)
    ]


def applies(schema: str, text_search: str) -> Statement:
    """Ask whether a collection's texts can be analysed so.

    The schema has to have the functions, and the configuration PostgreSQL's own parser: another
    one, as there are for Chinese, finds words in a text as it was written.
    """
    query = sql.SQL(
        "SELECT to_regprocedure(%(name)s) IS NOT NULL AND EXISTS (SELECT"
        " FROM pg_catalog.pg_ts_config AS c"
        " JOIN pg_catalog.pg_ts_parser AS p ON p.oid = c.cfgparser"
        " WHERE c.oid = %(config)s::text::regconfig AND p.prsname = 'default'"
        " AND p.prsnamespace = 'pg_catalog'::regnamespace)"
    )
    name = f"{qualified_name(schema, ANALYSIS)}(text)"
    return Statement(query, {"name": name, "config": text_search})


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
    """Write the tsvector of a row: of its text, and before it of its title, with weight A."""

    def read(text: sql.Composable) -> sql.Composable:
        return sql.SQL("to_tsvector({}::regconfig, {})").format(literal(stored.config), text)

    text = read(covered(stored, stored.columns.text, INDEXED_CHARACTERS))
    if stored.collection.title is None:
        return text
    return _WITH_TITLE.format(of_title=read(title(stored)), text=text)


def covered(stored: Stored, text: sql.Composable, characters: int) -> sql.Composable:
    """Write what a text's words are read from."""
    if stored.analysis is not None:
        text = sql.SQL("{}({})").format(identifier(stored.schema, ANALYSIS), text)
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
    return sql.SQL("{}({}, false, {})").format(
        identifier(stored.schema, FORM), text, sql.SQL("true" if tail else "false")
    )


def begins(stored: Stored, lexeme: sql.Composable) -> sql.Composable:
    """Tell a lexeme of one character of a script without spaces: it is asked for as a beginning."""
    if stored.analysis is None:
        return sql.SQL("false")
    return sql.SQL('{} ~ {} COLLATE "C"').format(lexeme, literal(f"^{_UNITS}$"))


def with_beginnings(stored: Stored, query: sql.Composable) -> sql.Composable:
    """Let a tsquery ask for such a lexeme as a beginning: every character begins one."""
    if stored.analysis is None:
        return query
    return sql.SQL("regexp_replace({}::text COLLATE \"C\", {}, {}, 'g')::tsquery").format(
        query, literal(f"'({_UNITS})'(?!:)"), literal(r"'\1':*")
    )
