"""The filter table of the contract in plain Python, over metadata as it comes back from JSON.

It reads filters as callers write them and shares nothing with the package's own parser and SQL.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, NamedTuple

from pgrecall.filters import And, Condition, Not, Or

MISSING: Any = object()
NO_TIME: Any = object()
"""A string that is compared with times and says none: equal to nothing."""
Fold = Callable[[str], str]
TIMES = ("$created_at", "$updated_at")
ORDERS = ("gt", "gte", "lt", "lte", "between")
DIGITS = set("0123456789")
COMPARED = ("eq", "ne", "in", "not_in", "nin", *ORDERS)


class Refused(Exception):  # noqa: N818  # no failure: what the table says is an error
    """A time is ordered by a string that says none."""


class At(NamedTuple):
    """A point in time, in microseconds since 1970."""

    microseconds: int


class Row(NamedTuple):
    """What a filter looks at."""

    id: str
    metadata: dict[str, Any]
    created_at: At
    updated_at: At


def load(metadata: str) -> dict[str, Any]:
    """Read JSON without losing a digit."""
    loaded: dict[str, Any] = json.loads(metadata, parse_float=Decimal)
    return loaded


def matches(  # noqa: C901
    filter_: Any, row: Row, fields: Mapping[str, str], fold: Fold = str.lower
) -> bool:
    """Tell whether an item matches; ``fold`` is what the database takes for lower case.

    Raises:
        Refused: The filter is an error.
    """

    def of(part: Any) -> bool:
        return matches(part, row, fields, fold)

    def each(parts: Any) -> list[bool]:
        return [of(part) for part in parts]  # an error is one wherever it stands

    def test(field: Any, op: str, value: Any) -> bool:
        key = field[0] if isinstance(field, tuple) and len(field) == 1 else field
        is_time = field in TIMES or (isinstance(key, str) and fields.get(key) == "datetime")
        if op in COMPARED:
            value = meant(op, value, is_time=is_time)
        return holds(op, lookup(field, row), value, fold)

    if filter_ is None:
        return True
    if isinstance(filter_, And):
        return all(each(filter_.parts))
    if isinstance(filter_, Or):
        return any(each(filter_.parts))
    if isinstance(filter_, Not):
        return not of(filter_.part)
    if isinstance(filter_, Condition):
        return test(filter_.field, filter_.op, filter_.value)
    results = []
    for key, value in filter_.items():
        if key == "$and":
            results.append(all(each(value)))
        elif key == "$or":
            results.append(any(each(value)))
        elif key == "$not":
            parts = value if isinstance(value, list) else [value]
            results.append(not any(each(parts)))
        elif isinstance(value, Mapping) and not any(one.startswith("$") for one in value):
            path = (key,) if isinstance(key, str) else key
            results += [of({(*path, inner): one}) for inner, one in value.items()]
        else:
            tests = value if isinstance(value, Mapping) else {"$eq": value}
            results += [test(key, op.removeprefix("$"), v) for op, v in tests.items()]
    return all(results)


def lookup(field: str | tuple[str, ...], row: Row) -> Any:
    if field == "id":
        return row.id
    if field in TIMES:
        return row.created_at if field == TIMES[0] else row.updated_at
    return find((field,) if isinstance(field, str) else field, row.metadata)


def find(path: tuple[str, ...], metadata: dict[str, Any]) -> Any:
    found: Any = metadata
    for key in path:
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


def instant(text: str) -> At | None:  # noqa: C901, PLR0911
    """Read RFC 3339, a date alone, and a time without an offset, which is one in UTC."""

    def number(digits: str, length: int = 2) -> int:
        if len(digits) != length or not set(digits) <= DIGITS:
            raise ValueError(digits)
        return int(digits)

    try:
        if text[4:5] + text[7:8] != "--":
            return None
        year, month, day = number(text[:4], 4), number(text[5:7]), number(text[8:10])
        days = dt.date(year, month, day) - dt.date(1970, 1, 1)
        micros = days.days * 86_400 * 10**6
        if len(text) == 10:
            return At(micros)
        if text[10] not in "Tt ":
            return None
        clock = text[11:]
        if clock[-1:] in ("Z", "z"):
            clock = clock[:-1]
        elif clock[-6:-5] in ("+", "-"):
            sign, hours, minutes = clock[-6], number(clock[-5:-3]), number(clock[-2:])
            if clock[-3] != ":" or hours > 23 or minutes > 59:
                return None
            micros -= (1 if sign == "+" else -1) * (hours * 60 + minutes) * 60 * 10**6
            clock = clock[:-6]
        if clock[2:3] + clock[5:6] != "::":
            return None
        hours, minutes, seconds = number(clock[:2]), number(clock[3:5]), number(clock[6:8])
        fraction = clock[9:]
        if clock[8:] and (clock[8] != "." or not fraction or not set(fraction) <= DIGITS):
            return None
    except ValueError:
        return None
    total = (hours * 60 + minutes) * 60 + seconds
    if minutes > 59 or seconds > 60 or total + bool(fraction.strip("0")) > 86_400:
        return None
    part = (Decimal(f"0.{fraction[:40] or 0}") * 10**6).quantize(Decimal(1), ROUND_HALF_EVEN)
    return At(micros + total * 10**6 + int(part))


def meant(op: str, value: Any, *, is_time: bool) -> Any:
    """Let a value be the instant that it says."""
    if op in ("in", "not_in", "nin", "between"):
        return [meant("gt" if op == "between" else "eq", one, is_time=is_time) for one in value]
    if isinstance(value, dt.datetime):
        moment = value if value.tzinfo else value.replace(tzinfo=dt.UTC)
        return At((moment - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1))
    if isinstance(value, dt.date):
        return At((value - dt.date(1970, 1, 1)).days * 86_400 * 10**6)
    if is_time and isinstance(value, str):
        found = instant(value)
        if found is None and op in ORDERS:
            raise Refused
        return NO_TIME if found is None else found
    return value


def at(stored: Any) -> At | None:
    if isinstance(stored, At):
        return stored
    return instant(stored) if isinstance(stored, str) else None


def can_be_asked_of_a_time(op: str, value: Any) -> bool:
    """What the table lets be asked of an item's own times: times, and strings that say some."""
    values = value if isinstance(value, list) else [value]
    if not all(isinstance(one, str | dt.date) for one in values):
        return False
    return op not in ORDERS or all(not isinstance(one, str) or instant(one) for one in values)


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
    if isinstance(value, At):
        return at(stored) == value
    if kind(stored) != kind(value):
        return False
    return number(stored) == number(value) if kind(value) == "number" else bool(stored == value)


def compare(op: str, stored: Any, value: Any) -> bool:
    if isinstance(value, At):
        found = at(stored)
        return found is not None and in_order(op, found, value)
    if kind(stored) != kind(value) or kind(value) not in ("number", "str"):
        return False
    left, right = (
        (number(stored), number(value))
        if kind(value) == "number"
        else (list(map(ord, stored)), list(map(ord, value)))
    )
    return in_order(op, left, right)


def in_order(op: str, left: Any, right: Any) -> bool:
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
    value = value.isoformat() if isinstance(value, dt.date) else value
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
