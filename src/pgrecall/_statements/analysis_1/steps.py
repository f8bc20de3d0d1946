"""What the analysis replaces: each step a regular expression, and the steps by their names."""

from __future__ import annotations

from typing import NamedTuple

from pgrecall._statements.analysis_1.characters import (
    ALPHABETIC,
    APART,
    APART_OF_ASCII,
    INVISIBLE,
    LETTER,
    LOWER,
    SIGNS,
    SMALL,
    UNIT,
    UNITS,
    UPPER,
)

MOST_CHARACTERS = 100
"""A longer compound, in characters, is found by its parts alone."""

_TAGS = (
    "a|abbr|article|aside|b|blockquote|body|br|button|center|cite|code|col|dd|del|details|div|dl|dt"
    "|em|figcaption|figure|font|footer|form|h[1-6]|head|header|hr|html|i|iframe|img|input|ins|kbd"
    "|label|li|link|main|mark|meta|nav|ol|option|p|path|pre|q|s|samp|script|section|select|small"
    "|span|strike|strong|style|sub|summary|sup|svg|table|tbody|td|textarea|tfoot|th|thead|title|tr"
    "|tt|u|ul|video"
)


class Step(NamedTuple):
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
_LINE_ENDS = Step(
    rf"({LETTER}){_LINE_END}(?={SMALL})|([A-Z][A-Z]){_LINE_END}(?=[A-Z][A-Z])", "\\1\\2\x05"
)
_UNSEEN = Step(f"[{INVISIBLE}]+", "")
_BLANK = Step(f"[{SIGNS}]+", " ")
# by code point: a database that is not in UTF8 has no such characters, and never comes there
PLAIN_FORMS = {0x2010: "-", 0x2011: "-", 0x2012: "-", 0x2013: "-", 0x2212: "-"} | {
    0x2018: "'", 0x2019: "'", 0x201B: "'", 0x02BB: "'", 0x02BC: "'", 0x05F3: "'", 0x2032: "'",
    0x266F: "#", 0x2044: "/", 0x2215: "/",
}  # fmt: skip
_CONTRACTED = "(?:s|t|d|m|ll|re|ve)(?![[:alnum:]])"
# List<Path> has no tag, and a<b and c>d neither
_TAG = Step(
    rf"</?(?:{_TAGS}|{_TAGS.upper()})(?:[[:space:]]+[A-Za-z:-]+=[^<>]*)?[[:space:]]*/?>|<!--.*?-->",
    " ",
)
# whether there may be one: what knows their names is as slow as all else together
TAG_LIKE = "</?[A-Za-z]+[1-6]?(?:[[:space:]]+[A-Za-z:-]+=[^<>]*)?[[:space:]]*/?>|<!--"
_CODES = Step(
    r"&(?:[a-z]{2,8}|#[0-9]{1,7}|#x[0-9a-f]{1,6});|%(?:20|[23][a-f]|[57][b-f])(?=[[:alnum:]])",
    "_",
    "gi",
)
_PLUS = Step(r"((?:^|[^[:alnum:]_])[A-Za-z])[+][+](?![[:alpha:]+])", r"\1plusplus_")
_SHARP = Step(r"((?:^|[^[:alnum:]_&])[A-Za-z])#(?![[:alpha:]_])", r"\1sharp_")
_NET = Step(r"(^|[^[:alnum:]_])[.]net(?![[:alpha:]_])", r"\1dotnet", "gi")


def _grouped(by: str) -> Step:
    """Join a number's groups, up to 999 billion; what stands behind a year is another number."""
    more = f"(?:[{by}]([0-9]{{3}}))?"
    number = f"((?:^|[^0-9])[0-9]{{1,3}})[{by}]([0-9]{{3}})"
    return Step(f"{number}{more}{more}(?![0-9])", r"\1\2\3\4")


_THOUSANDS = _grouped(",'")
JOINTS = "-./\\@:&+#<>~^"
_APOSTROPHE = Step(f"([A-Za-z])'(?!{_CONTRACTED})", r"\1_", "gi")
# where a part of a word ends that camelCase joins, or that is of letters and digits: PDFs and B12
# are one, and so is a hash in hexadecimal; in groups: what is looked at behind a place is read from
# the text's beginning, for each place
_CAMEL = (
    Step(f"([{LOWER}])([{UPPER}])", "\\1\x01\\2"),
    Step("([A-Z])([A-Z][a-z][a-z]|v[0-9])", "\\1\x01\\2"),
)
_BEFORE_DIGIT = Step(f"([{ALPHABETIC}][{ALPHABETIC}]|[0-9][A-Za-z])([0-9])", "\\1\x01\\2")
_VERSION = Step("([^A-Za-z0-9][Vv])([0-9])", "\\1\x01\\2")
_BEHIND_DIGIT = Step(f"([0-9])([{ALPHABETIC}])", "\\1\x01\\2")
# between words that have a sign inside: all other words, and what is in no word
_OTHERS = Step(f"_*[{APART}]_*(?:[^_{APART}]*_*[{APART}]_*)*", " ")
# the same where _ is between parts and another sign in compounds, which is at no end of a word
_WHOLE = Step(f"_*\\x02*[{APART}]\\x02*_*(?:[^_{APART}]*_*\\x02*[{APART}]\\x02*_*)*", " ")


# all other words than those where a part may end, in a database of another encoding than UTF8
_PLAIN = Step(
    f"_*[{APART_OF_ASCII}]_*"
    rf"(?:(?:[A-Z]?[^_0-9\u0001A-Z{APART_OF_ASCII}]*|[A-Z]+|[0-9]+)_*[{APART_OF_ASCII}]_*)*",
    " ",
)
_HASHES = (
    rf"[{digits}_]*(?:[0-9]_*[{letters}]+_*[0-9]+_*[{letters}]|[{letters}]_*[0-9]+_*[{letters}]+_*[0-9])"
    rf"[{digits}_]*"
    for digits, letters in (("0-9a-f", "a-f"), ("0-9A-F", "A-F"))
)
_HEXADECIMAL = Step(f" (?:{'|'.join(_HASHES)}|[^ ]*(?:[0-9]_*[A-Za-z]+_*){{5}}[^ ]*)(?= |$)", "")
# what stands for another number behind a digit: 10² is not 102, and 1½ not 11/2
_RAISED = Step(r"([0-9])(?=[\u00B2\u00B3\u00B9\u2070-\u2079\u2080-\u2089])", r"\1^")
_FRACTION = Step(r"([0-9])(?=[\u00BC-\u00BE\u2150-\u215E])", r"\1 ")
_GROUPS = _grouped(r"\u00A0\u2009\u202F")
_STRESS = Step(r"([\u0410-\u044F])[\u0300\u0301]", r"\1")
# the mark of a tone comes before the round of sara am, however it was typed
_TONE = Step(r"([\u0E4D\u0ECD])([\u0E48-\u0E4B\u0EC8-\u0ECB])", r"\2\1")
SIGMA = Step(r"([\u0370-\u03FF])\u03A3(?![\u0370-\u03FF])", r"\1")
REPLACED = {
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
        Step(f"({UNITS})", "\\1\x03\\1\x04"),
        Step(f"(^|[^\x04]){UNITS}\x03", r"\1^"),
    ),
    # a question ends with two characters, not with one that nothing follows
    "asked": (Step(f"\x03{UNITS}\x04(?=[[:space:]\x10-\x1a]|$)", "^"),),
    "single": (Step(f"\x04(?=[{UNIT}])", ""),),
    "compounds": (_OTHERS,),
    "camel": _CAMEL,
    # what one match has taken is in none that overlaps: it is done once more where two may
    "before_digits": (_BEFORE_DIGIT,),
    "digits": (_VERSION, _BEHIND_DIGIT),
    "plain": (_PLAIN,),
    "whole": (_WHOLE,),
    "hexadecimal": (_HEXADECIMAL,),
    "short": (Step(f" [^ ]{{{MOST_CHARACTERS}}}[^ ]+", ""),),
    # those of two parts are whole already; blanks and signs are there twice, so that what is before
    # one and what is behind it do not take the same
    "longer": (Step(" [^ _]+_+[^ _]+ ", ""),),
    "pairs": (Step("_([^ _]+)_(?=_+[^ ])", r"_\1 \1_"),),
    "dotted": (Step("([0-9])_+(?=[0-9])", r"\1."),),
}
