"""SQL laid out for reading: one CTE a line where it fits, else one clause a line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

WIDTH = 100
SHORT = 40
"""Parentheses round so little are never opened."""
INDENT = "  "
_PAIRS = {"(": ")", "[": "]", "CASE": "END"}

_TOKEN = re.compile(
    r"""[Ee]'(?:[^'\\]|''|\\.)*'    # a literal with escapes
      | '(?:[^']|'')*'
      | "(?:[^"]|"")*"
      | %\(\w+\)s                   # a value that psycopg binds
      | \$(?P<tag>[a-z]*)\$.*?\$(?P=tag)\$  # a function's body
      | [\w$]+
      | .                           # a parenthesis, or part of an operator
    """,
    re.DOTALL | re.VERBOSE,
)
QUERY = {"SELECT", "WITH", "TABLE", "INSERT", "UPDATE", "DELETE"}
_CLAUSES = {
    *QUERY,
    *("FROM", "WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "UNION", "RETURNING", "VALUES", "SET"),
    *("JOIN", "LEFT", "CROSS"),
}
# a word that makes the next one part of its own clause: FOR UPDATE, DELETE FROM, DISTINCT FROM
_JOINED = {
    "FROM": {"DELETE", "DISTINCT"},
    "UPDATE": {"FOR", "DO"},
    "SET": {"DO", "UPDATE"},
    "JOIN": {"LEFT", "CROSS"},
    "TABLE": {"CREATE", "ALTER", "DROP", "LOCK"},
    "ORDER": {"WITHIN"},
    "DELETE": {"ON"},
}
_CONDITIONS = {"WHERE", "HAVING"}
_LISTS = {"SELECT", "SET", "FROM", "ORDER", "GROUP", "RETURNING"}


@dataclass(frozen=True)
class Token:
    text: str
    space: bool  # whether whitespace stood before it


@dataclass(frozen=True)
class Group:
    """What stands in parentheses or brackets, or between CASE and END."""

    opening: Token
    inner: tuple[Node, ...]
    closing: Token


Node: TypeAlias = Token | Group


def pretty(text: str) -> str:
    """Lay a statement out; words, names and literals stay as they are."""
    return "\n".join(_laid_out(tree(text), 0))


def tree(text: str) -> tuple[Node, ...]:
    """Split a statement into tokens, and what parentheses hold into groups."""
    nodes, _ = _tree(list(tokens(text)), 0)
    return nodes


def tokens(text: str) -> Iterator[Token]:
    """Split SQL into words, literals, names and signs; whitespace between them goes."""
    space = False
    for found in _TOKEN.finditer(text):
        if found.group().isspace():
            space = True
            continue
        yield Token(found.group(), space)
        space = False


def _tree(found: Sequence[Token], start: int) -> tuple[tuple[Node, ...], int]:
    nodes: list[Node] = []
    place = start
    while place < len(found):
        token = found[place]
        if token.text in _PAIRS:
            inner, place = _tree(found, place + 1)
            nodes.append(Group(token, inner, found[place]))
        elif token.text in _PAIRS.values():
            return tuple(nodes), place
        else:
            nodes.append(token)
        place += 1
    return tuple(nodes), place


def _flat(nodes: Sequence[Node]) -> str:
    """Write nodes in one line."""
    return "".join(_spaced(node) for node in nodes).strip(" ")


def _spaced(node: Node) -> str:
    if isinstance(node, Token):
        return (" " if node.space else "") + node.text
    opening, closing = node.opening, node.closing
    inner = "".join(map(_spaced, node.inner))
    text = f"{opening.text}{inner}{' ' if closing.space else ''}{closing.text}"
    return " " + text if opening.space else text


def _fits(text: str, depth: int) -> bool:
    return len(INDENT * depth + text) <= WIDTH and "\n" not in text


def _laid_out(nodes: Sequence[Node], depth: int) -> list[str]:
    """Write nodes in one line where they fit, else a part a line."""
    word = _word(nodes)
    if _fits(_flat(nodes), depth) and not (depth == 0 and word == "WITH"):
        return [INDENT * depth + _flat(nodes)]
    if word in QUERY:
        parts = clauses(nodes)
    elif depth == 0:
        parts = [list(nodes)]  # a definition
    else:
        parts = _alternatives(nodes)
    return [line for part in parts for line in _part(part, depth)]


def _part(part: Sequence[Node], depth: int) -> list[str]:
    """Write one clause, which may be too long for a line."""
    word = _word(part)
    if word == "WITH" and isinstance(part[1], Token) and part[1].text != "ORDINALITY":
        ctes = _split(part[1:], {","}, keep_last=True)
        return [INDENT * depth + "WITH", *(line for one in ctes for line in _opened(one, depth))]
    if word in _CONDITIONS and not _fits(_flat(part), depth):
        pieces = _split(part, {"AND"}, keep_last=False)
        first, *rest = pieces
        lines = _opened(first, depth)
        return lines + [line for one in rest for line in _opened(one, depth + 1)]
    items = _split(part, {","}, keep_last=True)
    if len(items) > 1 and word in _LISTS and not _fits(_flat(part), depth):
        first, *rest = items
        return [*_opened(first, depth), *(line for one in rest for line in _opened(one, depth + 1))]
    return _opened(part, depth)


def _opened(nodes: Sequence[Node], depth: int) -> list[str]:
    """Write nodes on, and what parentheses hold on lines of its own where it is too long."""
    if _fits(_flat(nodes), depth):
        return [INDENT * depth + _flat(nodes)]
    lines: list[str] = []
    line = INDENT * depth
    for node in nodes:
        text = _spaced(node) if line.strip() else _spaced(node).lstrip(" ")
        if isinstance(node, Token) or len(text) <= SHORT or _fits(line + text, 0):
            line += text
            continue
        space = " " if node.opening.space and line.strip() else ""
        lines.append(f"{line}{space}{node.opening.text}")
        lines += _laid_out(node.inner, depth + 1)
        line = INDENT * depth + node.closing.text
    return [*lines, line]


def clauses(nodes: Sequence[Node]) -> list[list[Node]]:
    """Split a query at its clauses."""
    parts: list[list[Node]] = []
    before = ""
    for node, after in zip(nodes, [*nodes[1:], None], strict=True):
        word = node.text if isinstance(node, Token) else ""
        begins = word in _CLAUSES and before not in _JOINED.get(word, set())
        if word == "ON":
            begins = isinstance(after, Token) and after.text == "CONFLICT"
        if not parts or begins:
            parts.append([])
        parts[-1].append(node)
        before = word
    return parts


def _alternatives(nodes: Sequence[Node]) -> list[list[Node]]:
    """Split what is no query: the arms of a CASE, else at commas, else at AND or OR."""
    for words, keep_last in (
        ({"WHEN", "ELSE"}, False),
        ({","}, True),
        ({"AND"}, False),
        ({"OR"}, False),
    ):
        parts = _split(nodes, words, keep_last=keep_last)
        if len(parts) > 1:
            return parts
    return [list(nodes)]


def _split(nodes: Sequence[Node], words: set[str], *, keep_last: bool) -> list[list[Node]]:
    """Split at words; each ends a part, or begins the next one. ``BETWEEN a AND b`` stays."""
    parts: list[list[Node]] = [[]]
    between = False
    for node in nodes:
        word = node.text if isinstance(node, Token) else ""
        if word in words and not between and not keep_last and parts[-1]:
            parts.append([])
        parts[-1].append(node)
        if word in words and keep_last:
            parts.append([])
        between = word == "BETWEEN" or (between and word != "AND")
    return [part for part in parts if part]


def _word(nodes: Sequence[Node]) -> str:
    return nodes[0].text if nodes and isinstance(nodes[0], Token) else ""
