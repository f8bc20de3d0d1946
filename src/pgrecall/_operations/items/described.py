"""What the fields of some metadata are, gathered one by one within bounds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pgrecall.filters import MAX_DEPTH
from pgrecall.models import Field

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_FIELDS = 10_000
"""Fields that are followed at most: where keys are values, there is a new one an item."""
MOST_VALUES = 1_000
"""Values of a field that are counted: those that come later have to be among them."""
EXAMPLES = 5
MOST_CHARACTERS = 200
"""A longer string is no example."""


@dataclass(slots=True)
class _Seen:
    """What was seen of one field."""

    items: int = 0
    types: Counter[str] = field(default_factory=Counter)
    # a key with its type: in Python 1, 1.0 and True are one key
    values: Counter[tuple[str, Any]] = field(default_factory=Counter)


class Described:
    """The fields of the metadata that was added."""

    def __init__(self) -> None:
        """Begin with none."""
        self._items = 0
        self._seen: dict[tuple[str, ...], _Seen] = {}

    def add(self, metadata: Mapping[str, Any]) -> None:
        """Take one item's metadata in; however deep, without recursion."""
        self._items += 1
        todo: list[tuple[tuple[str, ...], Mapping[str, Any]]] = [((), metadata)]
        while todo:
            path, found = todo.pop()
            for key, value in found.items():
                inner = (*path, key)
                seen = self._seen.get(inner)
                if seen is None:
                    if len(self._seen) >= MOST_FIELDS:
                        continue
                    seen = self._seen[inner] = _Seen()
                seen.items += 1
                kind = type_of(value)
                seen.types[kind] += 1
                _count(seen.values, value if kind == "array" else [value])
                # what is deeper than a filter's path can be is no field
                if kind == "object" and len(inner) < MAX_DEPTH:
                    todo.append((inner, value))

    def fields(self) -> list[Field]:
        """Give the fields, those that most items have first, then by path."""
        ordered = sorted(self._seen.items(), key=lambda one: (-one[1].items, one[0]))
        return [
            Field(
                path,
                _most_common(seen.types),
                seen.items / self._items,
                tuple(value for _, value in _most_common(seen.values)[:EXAMPLES]),
            )
            for path, seen in ordered
        ]


def type_of(value: object) -> str:
    """Name the type of a value of metadata."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case str():
            return "text"
        case int() | float():
            return "number"
        case Mapping():
            return "object"
    return "array"


def _count(values: Counter[tuple[str, Any]], found: Iterable[Any]) -> None:
    for value in found:
        kind = type_of(value)
        if kind in ("null", "object", "array"):
            continue
        if kind == "text" and len(value) > MOST_CHARACTERS:
            continue
        key = (kind, value)
        if key in values or len(values) < MOST_VALUES:
            values[key] += 1


def _most_common(counter: Counter[Any]) -> tuple[Any, ...]:
    # ties in an order that does not depend on which came first
    return tuple(sorted(counter, key=lambda one: (-counter[one], one)))
