"""What a filter's value is among the values that a column can hold.

A number is brought to the column's own type here, not by the server: whatever is asked, the column
is compared with its like, which its index serves, and what no row can hold is known beforehand. A
float is the number that its shortest text says, as it is in the metadata.
"""

from __future__ import annotations

import math
import sys
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

import numpy as np

from pgrecall._values.ids import BITS
from pgrecall._values.instants import Instant, read

if TYPE_CHECKING:
    from pgrecall._statements.adopted.columns import TableColumn

TIMES = ("date", "timestamp", "timestamptz")
RANGED = ("integer", "float", *TIMES)
"""Kinds whose values are next to one another."""
NO_NUMBERS = ("NaN", "Infinity", "-Infinity")
"""What JSON has of numbers that are none, and how PostgreSQL reads them."""

_DAY = 86_400_000_000
# what a text that says a time can say: from 0001-01-01 to the last microsecond of 9999
_FIRST, _LAST = -62_135_596_800_000_000, 253_402_300_799_999_999
_MOST = {False: sys.float_info.max, True: float(np.finfo(np.float32).max)}  # by is it single
_DATE, _NO_ZONE = len("2024-05-01"), -len("+00:00")


class Range(NamedTuple):
    """The values from one to another, as texts of the column's type; None where it has no end."""

    low: str | None
    high: str | None


def literal_of(column: TableColumn, value: Any) -> str | None:
    """Give the only value whose JSON a filter's value is equal to, as text of the column's type.

    None where the column, or an element of the array that it is, can hold none; of an array of
    times, that is so of what ``read`` takes for none, too.
    """
    if isinstance(value, str):
        return _literal_of_string(column, value)
    if isinstance(value, bool):
        return ("false", "true")[value] if column.kind == "boolean" else None
    is_time = isinstance(value, Instant)
    if value is None or is_time != (column.kind in TIMES):
        return None
    if is_time:
        return _literal_of_step(column, value.microseconds)
    return _literal_of_number(column, value)


def _literal_of_number(column: TableColumn, value: Any) -> str | None:
    if column.kind == "numeric":
        return str(value)
    if column.kind == "integer":
        return _literal_of_step(column, number(value))
    if column.kind == "float":
        single, at = column.type == "real", number(value)
        found = _nearest(at, single=single)
        return repr(found) if _shortest(found, single=single) == at else None
    return None


def _literal_of_step(column: TableColumn, at: int | Decimal) -> str | None:
    step, least, most = _scale(column)
    if not least * step <= at <= most * step:
        return None
    steps, rest = divmod(int(at), step)
    return _written(column, steps) if at == int(at) and not rest else None


def _literal_of_string(column: TableColumn, value: str) -> str | None:
    match column.kind:
        case "text" | "enum":
            return value
        case "uuid":
            return value if _is_uuid(value) else None
        case "numeric" | "float":
            return value if value in NO_NUMBERS else None
    if column.is_array and column.kind in TIMES:
        instant = read(value)
        found = None if instant is None else literal_of(column, instant)
        if found is not None and instant is not None and _json_of_time(column, instant) == value:
            return found
    return None


def _is_uuid(value: str) -> bool:
    try:
        return str(UUID(value)) == value
    except ValueError:
        return False


def _json_of_time(column: TableColumn, instant: Instant) -> str:
    written = str(instant)[:_NO_ZONE]
    if column.kind == "date":
        return written[:_DATE]
    return written.replace(" ", "T").rstrip("0").rstrip(".") + "Z"


def range_of(column: TableColumn, op: str, value: Any) -> Range | None:
    """Give the values that a comparison matches; None where there are none.

    Args:
        column: A column of integers, floats or times.
        op: ``gt``, ``gte``, ``lt``, ``lte`` or ``between``.
        value: A number or an ``Instant``, or two of them.
    """
    low, high = value if op == "between" else (value, value)
    lowest = None if op in ("lt", "lte") else low
    highest = None if op in ("gt", "gte") else high
    within = _floats if column.kind == "float" else _steps
    return within(column, lowest, highest, is_open=op in ("gt", "lt"))


def _steps(column: TableColumn, lowest: Any, highest: Any, *, is_open: bool) -> Range | None:
    """Find the ends among values that are a step apart."""
    step, least, most = _scale(column)
    low, high = least, most
    if lowest is not None:
        at = _within(lowest, step, least, most)
        low = max(least, math.floor(at) + 1 if is_open else math.ceil(at))
    if highest is not None:
        at = _within(highest, step, least, most)
        high = min(most, math.ceil(at) - 1 if is_open else math.floor(at))
    if low > high:
        return None
    if column.kind == "integer":
        return Range(None if low == least else str(low), None if high == most else str(high))
    return Range(_written(column, low), _written(column, high))


def _scale(column: TableColumn) -> tuple[int, int, int]:
    """Give the step from a value to the next, 1 or microseconds, and the ends in such steps."""
    if column.kind == "integer":
        most = 2 ** BITS[column.type] - 1
        return 1, -most - 1, most
    step = _DAY if column.kind == "date" else 1
    return step, _FIRST // step, _LAST // step


def _within(value: Any, step: int, least: int, most: int) -> Fraction:
    """Give a value in steps; what is beyond all values is just beyond them."""
    return Fraction(min(max(_measure(value), (least - 1) * step), (most + 1) * step)) / step


def _measure(value: Any) -> int | Decimal:
    return value.microseconds if isinstance(value, Instant) else number(value)


def _written(column: TableColumn, at: int) -> str:
    """Write a value of so many steps."""
    match column.kind:
        case "integer":
            return str(at)
        case "date":
            return str(Instant(at * _DAY))[:_DATE]
        case "timestamp":
            return str(Instant(at))[:_NO_ZONE]
    return str(Instant(at))


def _floats(column: TableColumn, lowest: Any, highest: Any, *, is_open: bool) -> Range | None:
    """Find the ends among floats: none is beyond the greatest, and no NaN is between them."""
    single = column.type == "real"
    low: float | None = -_MOST[single]
    high: float | None = _MOST[single]
    if lowest is not None:
        at = number(lowest)
        some = _around(at, single=single)
        low = min(
            (one for one, is_ in some if is_ > at or (is_ == at and not is_open)), default=None
        )
    if highest is not None:
        at = number(highest)
        some = _around(at, single=single)
        high = max(
            (one for one, is_ in some if is_ < at or (is_ == at and not is_open)), default=None
        )
    if low is None or high is None or low > high:
        return None
    return Range(repr(low), repr(high))


def _nearest(at: int | Decimal, *, single: bool) -> float:
    """Give what a number is read as, or the greatest float."""
    found = float(min(max(at, Decimal(-_MOST[single])), Decimal(_MOST[single])))
    return float(np.float32(found)) if single else found


def _around(at: int | Decimal, *, single: bool) -> list[tuple[float, Decimal]]:
    """Give the floats next to a number, and what they are: one is nearest, one on each side."""
    middle = _nearest(at, single=single)
    if single:
        ends = np.array([-np.inf, np.inf], np.float32)
        with np.errstate(over="ignore"):
            sides = [*map(float, np.nextafter(np.float32(middle), ends))]
    else:
        sides = [math.nextafter(middle, to) for to in (-math.inf, math.inf)]
    finite = (one for one in (middle, *sides) if math.isfinite(one))
    return [(one, _shortest(one, single=single)) for one in finite]


def _shortest(value: float, *, single: bool) -> Decimal:
    """Give the number that a float's shortest text says, as ``values.json_value`` finds it."""
    return Decimal(str(np.float32(value)) if single else repr(value))


def number(value: float | Decimal) -> int | Decimal:
    """Give the number that a filter's value is in JSON, exactly."""
    return Decimal(repr(value)) if isinstance(value, float) else value
