"""The body of the function that writes a text anew: PL/pgSQL around the steps."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from psycopg import sql

from pgrecall._statements.analysis_1.characters import (
    JOINED,
    NOT_NORMAL,
    NUMBERED,
    NUMERALS,
    PARTED,
    UNIT,
    ZEROS,
)
from pgrecall._statements.analysis_1.steps import (
    JOINTS,
    MOST_CHARACTERS,
    PLAIN_FORMS,
    REPLACED,
    SIGMA,
    TAG_LIKE,
)
from pgrecall._statements.names import literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pgrecall._statements.analysis_1.steps import Step

# every name is qualified and there is no operator: no search_path has a say. What few texts need
# is behind a test that costs less: finding a sign is nearly free, an expression costs by what it
# finds, for each time its automaton is built anew
# what makes the words of a text, and what makes those that follow at its end
HEAD = r"""
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
        IF <has:<> OR <has:&> OR <has:%> OR <has:+> OR <has:#> OR
            pg_catalog.int4gt(pg_catalog.strpos(pg_catalog.lower(t), '.net'), 0) THEN
            IF <has:<> AND pg_catalog.textregexeq(t, <tag_like>) THEN
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
        IF (<has:,> OR <has:'>) AND pg_catalog.textregexeq(t, <grouped>) THEN
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
"""
_TAIL = r"""    IF pg_catalog.textregexeq(t, <parted>) THEN
        t := pg_catalog.concat(' ', t, ' ');
        IF NOT beyond AND pg_catalog.namene(pg_catalog.getdatabaseencoding(), 'UTF8') THEN
            t := <plain:t>;
        END IF;
        compounds := t;
        t := <camel:t>;
        IF pg_catalog.textregexeq(t, <numbered>) THEN
            t := <before_digits:t>;
            IF pg_catalog.textregexeq(t, '[0-9][A-Za-z][0-9]') THEN
                t := <before_digits:t>;
            END IF;
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
        IF pg_catalog.int4gt(pg_catalog.strpos(t, <joint>), 0) THEN
            t := pg_catalog.replace(pg_catalog.replace(t, '_', ' '), <end>, '_');
            parted := <compounds:t>;
        ELSE
            t := pg_catalog.replace(pg_catalog.replace(t, '_', <joint>), <end>, '_');
            parted := <whole:t>;
        END IF;
        IF pg_catalog.int4gt(pg_catalog.char_length(parted), <most>) THEN
            parted := <short:parted>;
        END IF;
        parted := pg_catalog.translate(parted, <joint_or_end>, '__');
        IF pg_catalog.textregexeq(parted, <alternating>) THEN
            parted := <hexadecimal:parted>;
        END IF;
    END IF;
    long := pg_catalog.concat(compounds, parted);
    IF pg_catalog.textlike(long, <twice>) AND pg_catalog.textregexeq(long, <threefold>) THEN
        long := pg_catalog.replace(long, ' ', '  ');
        long := pg_catalog.replace(<longer:long>, '  ', ' ');
        long := pg_catalog.replace(long, '_', '__');
        compounds := pg_catalog.concat(compounds, <pairs:long>);
    END IF;
    IF pg_catalog.int4gt(pg_catalog.strpos(compounds, '_'), 0) THEN
        compounds := pg_catalog.replace(<dotted:compounds>, '_', '');
    END IF;
    IF pg_catalog.int4gt(pg_catalog.strpos($1, '.NET'), 0)
        AND pg_catalog.textregexeq($1, '[[:alnum:]#][.]NET(?![[:alpha:]])') THEN
        parted := pg_catalog.concat(parted, ' dotnet');
    END IF;
    RETURN pg_catalog.replace(pg_catalog.concat(spaced, compounds, parted), '_', '=');
END
"""
BODY = HEAD + _TAIL
_CONTROL = re.compile(r"[\x01-\x08]")
LITERALS: dict[str, str | int] = {
    "joined": JOINED,
    "tag_like": TAG_LIKE,
    "not_normal": NOT_NORMAL,
    "parted": PARTED,
    "numbered": NUMBERED,
    "unit": f"[{UNIT}]",
    "beside_digits": (
        r"[0-9][\u00A0\u00B2\u00B3\u00B9\u00BC-\u00BE\u2009\u202F\u2070-\u2089\u2150-\u215E]"
    ),
    "foreign": rf"{NUMERALS}|[\u0300\u0301\u0E4D\u0ECD]",
    "grouped": "[0-9][,'][0-9]",
    # a compound of three parts; and what costs less to tell first
    "threefold": "_[^ _]+_[^ ]",
    "twice": r"%\_%\_%",
    # what every hash has, and few other words
    "alternating": "[0-9]_*[A-Za-z]+_*[0-9]",
    "line_end": "\x05",
    "end": "\x01",
    # where a part ends takes the place of what joins compounds, and that another, which was in a
    # text before only where nothing in it was joined
    "joint": "\x02",
    "joint_or_end": "\x02\x01",
    "unit_ends": "\x03\x04",
    "most": MOST_CHARACTERS,
}


def written(
    template: str,
    literals: Mapping[str, str | int] = LITERALS,
    replaced: Mapping[str, tuple[Step, ...]] = REPLACED,
) -> sql.SQL:
    """Fill a function's body.

    ``<name>`` is a literal, ``<name:variable>`` replacements in it, ``<has:sign>`` whether ``t``
    has a sign.
    """

    def put(found: re.Match[str]) -> str:
        name, text = found[1], found[2]
        if text is None:
            return _literal(literals[name])
        if name in _SPELT:
            return _SPELT[name](text)
        for step in replaced[name]:
            arguments = ", ".join(_literal(one) for one in step)
            text = f"pg_catalog.regexp_replace({text}, {arguments})"
        return text

    def look(found: re.Match[str]) -> str:
        sign = _literal(found[1].replace("\\n", "\n"))
        return f"pg_catalog.int4gt(pg_catalog.strpos(t, {sign}), 0)"

    template = re.sub("<has:(.+?)>(?= OR| AND| THEN|[)])", look, template)
    return sql.SQL(re.sub("<([a-z_]+)(?::([a-z]+))?>", put, template))


def _plain_forms(text: str) -> str:
    for code, sign in PLAIN_FORMS.items():
        text = f"pg_catalog.replace({text}, pg_catalog.chr({code}), {_literal(sign)})"
    return text


def _joints(text: str) -> str:
    for sign in f"{JOINTS}\x01\x02":
        text = f"pg_catalog.replace({text}, {_literal(sign)}, '_')"
    return text


def _numerals(text: str) -> str:
    signs, ten = ", ".join(map(_ten_of, ZEROS)), _literal("0123456789" * len(ZEROS))
    return f"pg_catalog.translate({text}, pg_catalog.concat({signs}), {ten})"


def _sigma(text: str) -> str:
    by = f"pg_catalog.concat({_literal(SIGMA.by)}, pg_catalog.chr(962))"
    return f"pg_catalog.regexp_replace({text}, {_literal(SIGMA.pattern)}, {by}, 'g')"


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
