"""Find where a tsquery goes wrong: PostgreSQL says that it does, not where."""

from __future__ import annotations

import re

# tsquery.c, gettoken_query_standard: what may stand where an operand, or an operator, is due
_SPACE = re.compile(r"\s*")
_OPERAND = re.compile(
    r"(?:'(?:[^'\\]|''|\\.)*'|(?:\\.|[^\s!&|()<:'\\])(?:\\.|[^\s!&|()<:\\])*)(?::[*a-dA-D]*)?",
    re.DOTALL,
)
_BINARY = re.compile(r"[&|]|<(?:-|\d+)>")


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
