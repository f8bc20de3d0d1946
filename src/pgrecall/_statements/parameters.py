"""Values that a statement binds, and templates whose holes take SQL."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from psycopg import sql

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import LiteralString


class Parameters:
    """The values of one statement, under names made here.

    Attributes:
        values: What ``execute`` takes beside the statement.
    """

    __slots__ = ("values",)

    def __init__(self) -> None:
        """Start with no values."""
        self.values: dict[str, Any] = {}

    def add(self, value: object) -> sql.Placeholder:
        """Keep a value and return what stands for it, to be cast in the statement."""
        placeholder, name = _placeholder(len(self.values))
        self.values[name] = value
        return placeholder


@lru_cache(maxsize=1024)
def _placeholder(number: int) -> tuple[sql.Placeholder, str]:
    name = f"p{number}"
    return sql.Placeholder(name), name


class Template:
    """SQL text with ``{}`` holes that composables fill.

    It is split once and written out at once: ``sql.SQL.format`` parses its text at every use, and
    a tree of ``sql.Composed`` is walked again by every statement around it.
    """

    __slots__ = ("_first", "_rest")

    def __init__(self, text: LiteralString) -> None:
        """Split the text at its holes."""
        self._first, *self._rest = text.split("{}")

    def __call__(self, *parts: sql.Composable) -> sql.SQL:
        """Fill the holes in order, one part each."""
        texts = [self._first]
        for part, text in zip(parts, self._rest, strict=True):
            texts += (part.as_string(None), text)
        return sql.SQL("".join(texts))

    def filled(self, part: sql.Composable) -> sql.SQL:
        """Fill every hole with the same part."""
        return self(*[part] * len(self._rest))


def joined(joiner: LiteralString, parts: Iterable[sql.Composable]) -> sql.SQL:
    """Put parts in parentheses with the joiner between them."""
    return sql.SQL("(" + joiner.join([part.as_string(None) for part in parts]) + ")")
