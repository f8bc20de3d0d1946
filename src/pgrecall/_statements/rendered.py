"""SQL that comes again and again: written out and split once for each shape of it.

``rendered`` is the one mechanism: a function that writes SQL is called once for all that its text
depends on, its arguments; values are bound by the statement around it. psycopg keeps what it splits
too, but nothing of more than 4,096 bytes, which a hybrid search always has.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping
from functools import wraps
from typing import Any, ParamSpec

from psycopg import sql

from pgrecall._cache import BoundedCache
from pgrecall._statements.adopted.pruning import pruned

P = ParamSpec("P")

_KEPT_BYTES = 16 << 20  # some thousand shapes; a filter of many parts makes a long one
_PLACEHOLDER = re.compile(r"%(?:%|\((\w+)\)s)")


class Rendered(bytes):
    """SQL with its values by name, as people read it.

    Attributes:
        numbered: The same as PostgreSQL takes it: ``$1``, and a ``%`` where two stood.
        utf8: That as nearly every session takes it: bytes are hashed once, which psycopg knows what
            it has prepared by.
        names: The values' names, in the order of their numbers.
    """

    numbered: str
    utf8: bytes
    names: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> Rendered:
        """Number the values of SQL that has them by name."""
        made = cls(text.encode())
        numbers: dict[str, str] = {}

        def number(found: re.Match[str]) -> str:
            name = found[1]
            return numbers.setdefault(name, f"${len(numbers) + 1}") if name else "%"

        made.numbered = _PLACEHOLDER.sub(number, text)
        made.utf8 = made.numbered.encode()
        made.names = tuple(numbers)
        return made


def replaced(text: str, values: Mapping[str, str]) -> str:
    """Put SQL in the place of values by name; a ``%`` that stands twice is one of a name."""

    def put(found: re.Match[str]) -> str:
        return values.get(found[1], found[0])

    return _PLACEHOLDER.sub(put, text)


class Shape:
    """All of something that the text of its statements depends on, as a key that is hashed once."""

    __slots__ = ("_hash", "parts")

    def __init__(self, *parts: Hashable) -> None:
        """Take the parts, in an order that is always the same."""
        self.parts = parts
        self._hash = hash(parts)

    def __eq__(self, other: object) -> bool:
        """Compare by the parts."""
        return self is other or (isinstance(other, Shape) and self.parts == other.parts)

    def __hash__(self) -> int:
        """Give the parts' hash."""
        return self._hash


def rendered(write: Callable[P, sql.Composable]) -> Callable[P, Rendered]:
    """Let a function write each shape's SQL once.

    Its arguments are all that the text may depend on. They are compared as they are, or by their
    ``shape`` where they have one: a collection's is without its rows and settings.
    """

    @wraps(write)
    def call(*arguments: P.args, **keywords: P.kwargs) -> Rendered:
        shapes = [getattr(argument, "shape", argument) for argument in arguments]
        named = [(name, getattr(value, "shape", value)) for name, value in keywords.items()]
        key = (write, *shapes, *named)
        found = _KEPT.get(key)
        if found is None:
            text = pruned(write(*arguments, **keywords).as_string(None))
            found = _KEPT.put(key, Rendered.of(text))
        return found

    return call


_KEPT: BoundedCache[Any, Rendered] = BoundedCache(_KEPT_BYTES)
