"""Parts of a collection: the rows of one hot value, which have an approximate index of their own.

The registry's settings say which values have one, so that every client knows. Who has not heard
that an index is gone asks for it all the same: the server then finds the rows without it.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pgrecall._values.kept_numbers import MOST_ROWS, number, whole
from pgrecall._values.own_fields import TIMES
from pgrecall.filters import And, Condition, Filter, FilterLike
from pgrecall.indexes import MAX_CONSTRUCTION, MAX_M, Hnsw, hot_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pgrecall.indexes import Hot

HOT = "hot"
"""Key of a collection's settings for the values that have an index, by what that is named for."""

FORM = 1
"""The form of an index's predicate: a version that writes it otherwise gives it another name."""

Key = tuple[str, str, object]
"""A field, a type and a value, which is equal where a filter's is."""


@dataclass(frozen=True, slots=True)
class Part:
    """The rows that have one value in a field.

    Attributes:
        field: The declared field, a key of the metadata.
        kind: Its type.
        value: The value as text, which PostgreSQL reads as the type's.
        rows: About how many there were when they were counted.
        index: The index that is on them alone.
        effort: What was measured of the index, as a collection's settings have it; or nothing.
    """

    field: str
    kind: str
    value: str
    rows: float
    index: Hnsw
    effort: Mapping[str, Any] = dataclasses.field(default_factory=dict, hash=False)

    @property
    def purpose(self) -> str:
        """What the index is named for: another value, or another index, makes another name."""
        of = json.dumps([FORM, self.field, self.kind, self.value, asdict(self.index)])
        return f"hot_{hashlib.sha256(of.encode()).hexdigest()[:16]}"

    @property
    def key(self) -> Key:
        """What ``key_of`` gives of a condition that asks for this value."""
        return (self.field, self.kind, _comparable(self.kind, self.value))

    def settings(self) -> dict[str, Any]:
        """Write it as the registry keeps it."""
        of = {"field": self.field, "kind": self.kind, "value": self.value}
        index = asdict(self.index)
        return {**of, "rows": round(self.rows), "index": index, "effort": dict(self.effort)}


def parts_of(settings: Mapping[str, Any], fields: Mapping[str, str | Hot] | None) -> list[Part]:
    """Read the parts that the registry tells of, of fields that are hot still."""
    found: list[Part] = []
    noted, hot = settings.get(HOT), hot_of(fields)
    for one in noted.values() if isinstance(noted, dict) and hot else ():
        # a later version may say it otherwise
        with suppress(KeyError, TypeError, ValueError, ArithmeticError):
            index = Hnsw(**one["index"])
            whole(index.m, 2, MAX_M)
            whole(index.ef_construction, 4, MAX_CONSTRUCTION)
            value, effort = one["value"], dict(one.get("effort", ()))
            rows = number(one["rows"], 0, MOST_ROWS)
            part = Part(one["field"], one["kind"], value, rows, index, effort)
            if part.field in hot and hot[part.field].kind == part.kind and part.key:
                found.append(part)
    return found


def split(where: Filter, parts: Mapping[Key, Part]) -> tuple[Key, Filter | None] | None:
    """Tell which part a filter lies in, and what it asks beside; None where it lies in none.

    Of several it is the one with the fewest rows: the most of those match the rest.

    Args:
        where: What ``filters.parse`` gave.
        parts: The parts that there are.
    """
    together = list(_together(where))
    found: list[tuple[float, int, Key]] = []
    for place, one in enumerate(together):
        key = key_of(one) if isinstance(one, Condition) else None
        if key is not None and key in parts:
            found.append((parts[key].rows, place, key))
    if not found:
        return None
    _, place, key = min(found, key=lambda each: each[:2])
    rest = together[:place] + together[place + 1 :]
    return key, (And(*rest) if rest else None)


def _together(node: FilterLike) -> Iterator[FilterLike]:
    for part in node.parts if isinstance(node, And) else ():
        yield from _together(part)
    if not isinstance(node, And):
        yield node


def key_of(condition: Condition) -> Key | None:
    """Give the one value that a condition asks for; None of any other condition."""
    path, value = condition.field, condition.value
    if condition.op == "in" and len(value) == 1:
        value = value[0]
    elif condition.op != "eq":
        return None
    if path in ("id", *TIMES) or (isinstance(path, tuple) and len(path) != 1):
        return None  # an item's own, or a value within another
    field = path if isinstance(path, str) else path[0]
    return _keyed(field, value)


def _keyed(field: str, value: object) -> Key | None:
    if isinstance(value, bool):
        return (field, "boolean", value)
    if isinstance(value, str):
        return (field, "text", value)
    if isinstance(value, int | float | Decimal):
        return (field, "number", Decimal(str(value)))
    return None


def plain_value(kind: str, value: str) -> str:
    """Give the one text of a value: rows that are equal may have written a number otherwise."""
    if kind == "number" and "." in value:
        return value.rstrip("0").rstrip(".")
    return value


def _comparable(kind: str, value: str) -> object:
    if kind == "number":
        return Decimal(value)
    return value == "true" if kind == "boolean" else value
