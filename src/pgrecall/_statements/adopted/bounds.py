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

from pgrecall._values.instants import Instant, read

if TYPE_CHECKING:
    from pgrecall._statements.adopted.columns import TableColumn

TIMES = ("date", "timestamp", "timestamptz")
RANGED = ("integer", "float", *TIMES)
"""Kinds whose values are next to one another."""
NO_NUMBERS = ("NaN", "Infinity", "-Infinity")
"""What JSON has of numbers that are none, and how PostgreSQL reads them."""

_BITS = {"smallint": 15, "integer": 31, "bigint": 63}
_DAY = 86_400_000_000
# what a text that says a time can say: from 0001-01-01 to the last microsecond of 9999
_FIRST, _LAST = -62_135_596_800_000_000, 253_402_300_799_999_999
_ENTIRE = 1.797693134862315e308  # beyond it, fewer digits of a number would be infinity
_NO_ZONE = -len("+00:00")


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
    if isinstance(value, Instant) != (column.kind in TIMES):
        return None
    if column.kind == "numeric":
        return str(value)
    if column.kind not in RANGED:
        return None
    found = range_of(column, "between", (value, value))
    return found and (found.low or found.high)


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
        return written[:10]
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
    """Find the ends among values that are a step apart: 1, a day or a microsecond."""
    step = _DAY if column.kind == "date" else 1
    if column.kind == "integer":
        most = 2 ** _BITS[column.type] - 1
        least = -most - 1
    else:
        least, most = _FIRST // step, _LAST // step
    low, high = least, most
    if lowest is not None:
        at = _near(lowest, least, most, step)
        low = max(least, math.floor(at) + 1 if is_open else math.ceil(at))
    if highest is not None:
        at = _near(highest, least, most, step)
        high = min(most, math.ceil(at) - 1 if is_open else math.floor(at))
    if low > high:
        return None
    if column.kind == "integer":
        return Range(None if low == least else str(low), None if high == most else str(high))
    return Range(*(_time(column, Instant(one * step)) for one in (low, high)))


def _near(value: Any, least: int, most: int, step: int) -> Fraction:
    """Give a value in steps; what is beyond all values is just beyond them."""
    at = value.microseconds if isinstance(value, Instant) else number(value)
    return Fraction(min(max(at, (least - 1) * step), (most + 1) * step)) / step


def _time(column: TableColumn, instant: Instant) -> str:
    written = str(instant)
    match column.kind:
        case "date":
            return written[:10]
        case "timestamp":
            return written[:_NO_ZONE]
    return written


def _floats(column: TableColumn, lowest: Any, highest: Any, *, is_open: bool) -> Range | None:
    """Find the ends among floats: none is beyond the greatest, and no NaN is between them."""
    single = column.type == "real"
    most = float(np.finfo(np.float32).max) if single else sys.float_info.max
    low: float | None = -most
    high: float | None = most
    if lowest is not None:
        at = number(lowest)
        some = [(one, _shortest(one, single=single)) for one in _around(at, most, single=single)]
        low = min(
            (one for one, says in some if says > at or (says == at and not is_open)), default=None
        )
    if highest is not None:
        at = number(highest)
        some = [(one, _shortest(one, single=single)) for one in _around(at, most, single=single)]
        high = max(
            (one for one, says in some if says < at or (says == at and not is_open)), default=None
        )
    if low is None or high is None or low > high:
        return None
    return Range(repr(low), repr(high))


def _around(at: int | Decimal, most: float, *, single: bool) -> list[float]:
    """Give the floats next to a number: what it is read as, and one on each side."""
    nearest = float(min(max(at, Decimal(-most)), Decimal(most)))
    if single:
        middle = np.float32(nearest)
        ends = (np.nextafter(middle, np.float32(to)) for to in (-np.inf, np.inf))
        some = [float(one) for one in (middle, *ends)]
    else:
        some = [nearest, *(math.nextafter(nearest, to) for to in (-math.inf, math.inf))]
    return [one for one in some if math.isfinite(one)]


def _shortest(value: float, *, single: bool) -> Decimal:
    """Give the number that a float's shortest text says, as ``values.json_value`` finds it."""
    fewest = 17 if abs(value) >= _ENTIRE else 6 if single else 15
    for some in range(fewest, 18):
        text = f"{value:.{some}g}"
        read_back = float(np.float32(text)) if single else float(text)
        if read_back == value:
            break
    return Decimal(text)


def number(value: float | Decimal) -> int | Decimal:
    """Give the number that a filter's value is in JSON, exactly."""
    return Decimal(repr(value)) if isinstance(value, float) else value
