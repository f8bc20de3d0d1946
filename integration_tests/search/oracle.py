"""The filter table of the contract in plain Python, over metadata as it comes back from JSON.

It reads filters as callers write them and shares nothing with the package's own parser and SQL.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from pgrecall.filters import And, Condition, Not, Or

MISSING: Any = object()
Fold = Callable[[str], str]


def load(metadata: str) -> dict[str, Any]:
    """Read JSON without losing a digit."""
    loaded: dict[str, Any] = json.loads(metadata, parse_float=Decimal)
    return loaded


def matches(filter_: Any, item_id: str, metadata: dict[str, Any], fold: Fold = str.lower) -> bool:  # noqa: C901
    """Tell whether an item matches; ``fold`` is what the database takes for lower case."""

    def of(part: Any) -> bool:
        return matches(part, item_id, metadata, fold)

    if filter_ is None:
        return True
    if isinstance(filter_, And):
        return all(of(part) for part in filter_.parts)
    if isinstance(filter_, Or):
        return any(of(part) for part in filter_.parts)
    if isinstance(filter_, Not):
        return not of(filter_.part)
    if isinstance(filter_, Condition):
        stored = lookup(filter_.field, item_id, metadata)
        return holds(filter_.op, stored, filter_.value, fold)
    results = []
    for key, value in filter_.items():
        if key == "$and":
            results.append(all(of(part) for part in value))
        elif key == "$or":
            results.append(any(of(part) for part in value))
        elif key == "$not":
            parts = value if isinstance(value, list) else [value]
            results.append(not any(of(part) for part in parts))
        elif isinstance(value, Mapping) and not any(one.startswith("$") for one in value):
            path = (key,) if isinstance(key, str) else key
            results += [of({(*path, inner): one}) for inner, one in value.items()]
        else:
            tests = value if isinstance(value, Mapping) else {"$eq": value}
            stored = lookup(key, item_id, metadata)
            results += [holds(op.removeprefix("$"), stored, v, fold) for op, v in tests.items()]
    return all(results)


def lookup(field: str | tuple[str, ...], item_id: str, metadata: dict[str, Any]) -> Any:
    if field == "id":
        return item_id
    found: Any = metadata
    for key in (field,) if isinstance(field, str) else field:
        if not isinstance(found, dict) or key not in found:
            return MISSING
        found = found[key]
    return found


def asks_an_id_for_no_string(field: str | tuple[str, ...], op: str, value: Any) -> bool:
    """What the table refuses: an id is a string, and compared with strings only."""
    if field != "id" or op in ("exists", "is_empty"):
        return False
    values = value if isinstance(value, list | tuple) else [value]
    return not all(isinstance(one, str) for one in values)


def kind(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float | Decimal):
        return "number"
    return type(value).__name__


def number(value: Any) -> Decimal:
    """A float is the number that its shortest text says, as it is in JSON."""
    return Decimal(repr(value)) if isinstance(value, float) else Decimal(value)


def same(stored: Any, value: Any) -> bool:
    if value is None:
        return stored is None or stored is MISSING
    if kind(stored) != kind(value):
        return False
    return number(stored) == number(value) if kind(value) == "number" else bool(stored == value)


def compare(op: str, stored: Any, value: Any) -> bool:
    if kind(stored) != kind(value) or kind(value) not in ("number", "str"):
        return False
    left, right = (
        (number(stored), number(value))
        if kind(value) == "number"
        else (list(map(ord, stored)), list(map(ord, value)))
    )
    return bool(
        {
            "gt": left > right,
            "gte": left >= right,
            "lt": left < right,
            "lte": left <= right,
        }[op]
    )


def like(text: str, pattern: str) -> bool:
    expression = ""
    characters = iter(pattern)
    for character in characters:
        if character == "\\":
            expression += re.escape(next(characters))
        else:
            expression += {"%": ".*", "_": "."}.get(character, re.escape(character))
    return re.fullmatch(expression, text, re.DOTALL) is not None


def member(stored: list[Any], value: Any) -> bool:
    return any(element is None if value is None else same(element, value) for element in stored)


def holds(op: str, stored: Any, value: Any, fold: Fold) -> bool:  # noqa: C901, PLR0911, PLR0912
    match op:
        case "eq":
            return same(stored, value)
        case "ne":
            return not same(stored, value)
        case "in":
            return any(same(stored, one) for one in value)
        case "not_in" | "nin":
            return not any(same(stored, one) for one in value)
        case "gt" | "gte" | "lt" | "lte":
            return compare(op, stored, value)
        case "between":
            return compare("gte", stored, value[0]) and compare("lte", stored, value[1])
        case "exists":
            return (stored is not MISSING) is value
        case "is_empty":
            return (stored is MISSING or stored in (None, "", [])) is value
        case "contains" if isinstance(stored, str):
            return isinstance(value, str) and value in stored
        case "contains":
            return isinstance(stored, list) and member(stored, value)
        case "any":
            return isinstance(stored, list) and any(member(stored, one) for one in value)
        case "all":
            return isinstance(stored, list) and all(member(stored, one) for one in value)
    if not isinstance(stored, str):
        return False
    match op:
        case "like":
            return like(stored, value)
        case "ilike":
            return like(fold(stored), fold(value))
        case "text_match":
            return value in stored
        case "text_match_insensitive":
            return fold(value) in fold(stored)
    raise AssertionError(op)
