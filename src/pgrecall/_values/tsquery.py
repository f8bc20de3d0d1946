"""The operators of a question: what they are, kept apart from its words, and where one is wrong.

PostgreSQL says that a tsquery is wrong, not where. And what analyses the words of a question takes
the signs of its operators for those of words: so they go by control characters meanwhile.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# tsquery.c, gettoken_query_standard: what may stand where an operand, or an operator, is due
_SPACE = re.compile(r"\s*")
_OPERAND = re.compile(
    r"(?:'(?:[^'\\]|''|\\.)*'|(?:\\.|[^\s!&|()<:'\\])(?:\\.|[^\s!&|()<:\\])*)(?::[*a-dA-D]*)?",
    re.DOTALL,
)
_BINARY = re.compile(r"[&|]|<(?:-|\d+)>")
_FLAGS = re.compile(r":[*a-dA-D]*\Z")
_ESCAPED = re.compile(r"\\(.)|('')", re.DOTALL)
_SPACES = re.compile(r"\s+")
_JOINT = "/"  # behind which C++ is still a name

OPERATORS = "\"-&|!()<>':*"
"""The signs of operators."""
HIDDEN = "".join(chr(16 + place) for place in range(len(OPERATORS)))
"""What stands for each of them in a question that is analysed."""

_HIDE = str.maketrans(OPERATORS, HIDDEN)
_TAKE_OUT = dict.fromkeys(map(ord, HIDDEN), " ")
# a character of a script without spaces, and then another word
_SPACED = re.compile(
    r"(?<=[\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u2e80-\U0003ffff])\s+(?=\S)"
)
# hyphens that are none of a word's, of which PostgreSQL would make a negation each
_IDLE = re.compile(r"(?<![^\s\"(])-(?:-+|(?=\s|$))")
# a hyphen before a word, outside of quotes
_EXCLUDES = re.compile(r"(?<![^\s\"(])-(?=[^\s-])")


def joined_phrase(query: str) -> str:
    """Join words of a phrase behind scripts without spaces, whose last character then counts."""
    return _SPACED.sub(_JOINT, query.translate(_TAKE_OUT))


def hidden_web(query: str) -> str:
    """Hide the operators of a question of the syntax ``web``: quotes, and what excludes."""
    parts = query.translate(_TAKE_OUT).split('"')
    last = len(parts) - 1
    for place, part in enumerate(parts):
        if place % 2:
            parts[place] = joined_phrase(part)
        elif place == last:
            parts[place] = _excluding(part)
        else:  # a hyphen before the quote that follows excludes the phrase
            parts[place] = _excluding(part + '"')[:-1]
    return '"'.translate(_HIDE).join(parts)


def _excluding(words: str) -> str:
    return _EXCLUDES.sub("-".translate(_HIDE), _IDLE.sub(" ", words))


def hidden_raw(query: str) -> str:
    """Hide the operators of a tsquery; one with a syntax error stays, for the server to refuse."""
    query = query.translate(_TAKE_OUT)
    if error_place(query) < len(query):
        return query.translate(_HIDE)
    made: list[str] = []
    place, wants_operand = _skip(query, 0), True
    while place < len(query):
        found = (_OPERAND if wants_operand else _BINARY).match(query, place)
        if found is None:  # !, ( or )
            made.append(query[place].translate(_HIDE))
            end = place + 1
        else:
            operand = _operand(found[0]) if wants_operand else found[0].translate(_HIDE)
            made.append(operand)
            wants_operand = not wants_operand
            end = found.end()
        place = _skip(query, end)
    return " ".join(made)


def _operand(operand: str) -> str:
    """Write an operand in quotes, so that what it is analysed to stays one."""
    flags = _FLAGS.search(operand)
    word = operand[: flags.start()] if flags else operand
    if len(word) > 1 and word[0] == word[-1] == "'":
        word = word[1:-1]
    word = _ESCAPED.sub(lambda found: found[1] or "'", word)
    word = _SPACES.sub(_JOINT, word)
    quote = "'".translate(_HIDE)
    return quote + word + quote + (flags[0].upper().translate(_HIDE) if flags else "")


HIDING: Mapping[str, Callable[[str], str]] = {
    "web": hidden_web,
    "phrase": joined_phrase,
    "raw": hidden_raw,
}
"""How the operators of each syntax that has some are hidden, and phrases held together."""


def error_place(query: str) -> int:
    """Give the index of the first character that cannot stand where it does.

    The query's length means that something is missing at its end. Only for a query that PostgreSQL
    refused.
    """
    place = _skip(query, 0)
    opened: list[int] = []
    wants_operand = True
    while place < len(query):
        character = query[place]
        if wants_operand and character in "!(":
            if character == "(":
                opened.append(place)
            end = place + 1
        elif not wants_operand and character == ")" and opened:
            opened.pop()
            end = place + 1
        else:
            found = (_OPERAND if wants_operand else _BINARY).match(query, place)
            if found is None:
                return place
            wants_operand = not wants_operand
            end = found.end()
        place = _skip(query, end)
    if opened and not wants_operand:
        return opened[-1]
    return len(query)


def _skip(query: str, place: int) -> int:
    found = _SPACE.match(query, place)
    return found.end() if found else place
