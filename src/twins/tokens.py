"""Tokens of a text with their places in it, and the edits that are made at them."""

from __future__ import annotations

import ast
import io
import keyword
import tokenize
from typing import NamedTuple

LAYOUT = {tokenize.NL, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT}
_OPENING, _CLOSING = set("([{"), set(")]}")
# from Python 3.12 on an f-string comes in parts
_F_START = getattr(tokenize, "FSTRING_START", None)
_F_END = getattr(tokenize, "FSTRING_END", None)
_NAMED = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_DEFINING = _NAMED | ast.ImportFrom


class Token(NamedTuple):
    """A token, and where it begins and ends in the text; its line is counted from 1."""

    kind: int
    text: str
    start: int
    end: int
    column: int
    line: int

    @property
    def is_name(self) -> bool:
        """Whether it is a word: an identifier or a keyword."""
        return self.kind == tokenize.NAME

    @property
    def is_value(self) -> bool:
        """Whether a bracket behind it calls or subscribes it."""
        if self.is_name:
            return not keyword.iskeyword(self.text)
        return self.text in _CLOSING or self.kind == tokenize.STRING


class Source:
    """A text and its tokens."""

    def __init__(self, text: str) -> None:
        """Read the tokens.

        Raises:
            SyntaxError: The text is no Python.
        """
        self.text = text
        self.lines = text.splitlines(keepends=True)
        self._begins = [0]
        for line in self.lines:
            self._begins.append(self._begins[-1] + len(line))
        self.tokens = self._read()
        self._edits: list[tuple[int, int, str]] = []

    def replace(self, start: int, end: int, new: str) -> None:
        """Put something else in the place of a stretch; an empty text takes it out."""
        self._edits.append((start, end, new))

    def edited(self) -> str:
        """Give the text with every edit made."""
        parts, at = [], 0
        for start, end, new in sorted(self._edits):
            if start < at:
                continue  # inside a stretch that is gone
            parts += [self.text[at:start], new]
            at = end
        return "".join([*parts, self.text[at:]])

    def code(self) -> list[Token]:
        """Give the tokens without comments and layout within a line."""
        return [token for token in self.tokens if token.kind not in LAYOUT]

    def is_docstring(self, index: int) -> bool:
        """Tell whether the token there is a string that stands alone as a statement."""
        if self.tokens[index].kind != tokenize.STRING:
            return False
        before = next((t for t in reversed(self.tokens[:index]) if t.kind not in LAYOUT), None)
        after = self.tokens[index + 1]
        return (before is None or before.kind == tokenize.NEWLINE) and (
            after.kind == tokenize.NEWLINE
        )

    def take_out(self, names: frozenset[str]) -> str:
        """Give the text without the functions, classes and imports of these names.

        Raises:
            ValueError: There is no such definition.
        """
        lines, found = list(self.lines), set()
        for node in ast.walk(ast.parse(self.text)):
            if not isinstance(node, _DEFINING) or not (named := _names(node)) <= names:
                continue
            found.update(named)
            decorators = getattr(node, "decorator_list", [])
            first = min([node.lineno, *(each.lineno for each in decorators)])
            while self.lines[first - 2].lstrip().startswith("#"):
                first -= 1
            lines[first - 1 : node.end_lineno] = [""] * ((node.end_lineno or first) - first + 1)
        if missing := names - found:
            msg = f"nothing is called {', '.join(sorted(missing))}"
            raise ValueError(msg)
        return "".join(lines)

    def _read(self) -> list[Token]:
        tokens: list[Token] = []
        begun: list[Token] = []
        for each in tokenize.generate_tokens(io.StringIO(self.text).readline):
            line, column = each.start
            token = Token(
                each.type, each.string, self.at(line, column), self.at(*each.end), column, line
            )
            if token.kind == _F_START:
                begun.append(token)
            elif token.kind == _F_END:
                first = begun.pop()
                whole = self.text[first.start : token.end]
                token = first._replace(kind=tokenize.STRING, text=whole, end=token.end)
            if not begun and token.kind != _F_START:
                tokens.append(token)
        return tokens

    def at(self, line: int, column: int) -> int:
        """Give the place of a line, counted from 1, and a column."""
        return self._begins[min(line - 1, len(self.lines))] + column


def _names(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.ImportFrom):
        return {each.asname or each.name for each in node.names}
    return {node.name} if isinstance(node, _NAMED) else set()


def matching(tokens: list[Token], index: int) -> int:
    """Give the index of the bracket that closes the one at ``index``."""
    depth = 0
    for at in range(index, len(tokens)):
        if tokens[at].text in _OPENING:
            depth += 1
        elif tokens[at].text in _CLOSING:
            depth -= 1
            if depth == 0:
                return at
    msg = "a bracket is not closed"
    raise ValueError(msg)
