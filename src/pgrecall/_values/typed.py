"""Values of metadata for columns of a type, as the text that PostgreSQL reads as that type.

What a column cannot hold is told here where Python can know; a label that an enum has not, or a
text that is too long, is the server's to tell.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

from pgrecall._values.conversions import plain
from pgrecall._values.ids import BITS
from pgrecall._values.instants import read
from pgrecall._values.json_text import to_json
from pgrecall._values.unusable import Unusable

"""What lies just beyond the numbers of a type."""

_LARGE = 1 << 64
_NO_NUMBERS, _NO_TIMES = {"NaN", "Infinity", "-Infinity"}, {"infinity", "-infinity"}
"""What is read of what JSON has no number for, and no time is."""

_DAY = 86_400_000_000
_BEYOND = re.compile(
    "(?=[0-9]{5}|.* BC)([0-9]{4,6}-[0-9]{2}-[0-9]{2})"
    "(T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.][0-9]{1,6})?)?( BC)?"
).fullmatch
"""A time of no year that RFC 3339 has, as it is read."""

_NAME_BYTES = 63
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}").fullmatch
_KINDS = {bool: "a boolean", str: "a string", dict: "an object", list: "a list", type(None): "null"}


class Typed(Protocol):
    """A column with its type, as the registry keeps it."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def type(self) -> str:
        """Its type, of an array the elements'."""

    @property
    def kind(self) -> str:
        """What the type holds."""

    @property
    def is_array(self) -> bool:
        """Whether it is an array of those."""

    @property
    def is_exact(self) -> bool:
        """Whether texts are the same that it holds equal."""


def text_for(column: Typed, value: object) -> str | None:
    """Write a value as a column's type reads it; None, which is a missing key, stays None.

    Raises:
        Unusable: The column cannot hold it; the reason stands behind the value's name.
    """
    given = value if _is_plain_number(value) else plain(value)
    if given is None:
        return None
    if not column.is_array:
        return _WRITERS[column.kind](column, given)
    if not isinstance(given, list):
        raise Unusable(f"is {_kind(given)}, and {_told(column)}")
    return "{" + ",".join(_element(column, one) for one in given) + "}"


def _is_plain_number(value: object) -> bool:
    """Tell quickly of most numbers that JSON has them as they are."""
    kind = type(value)
    if kind is float:
        return math.isfinite(value)  # type: ignore[arg-type]  # it is one
    return kind is bool or (kind is int and -_LARGE < value < _LARGE)  # type: ignore[operator]


def _element(column: Typed, value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, list) and column.kind != "json":
        raise Unusable(f"has lists in its list, and {_told(column)}")
    text = _WRITERS[column.kind](column, value)
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def type_of(column: Typed) -> str:
    """Name a column's type in a message."""
    return f"{column.type}[]" if column.is_array else column.type


def _told(column: Typed) -> str:
    return f"the column is of type {type_of(column)}"


def _kind(value: object) -> str:
    return _KINDS.get(type(value), "a number")


def _needs(column: Typed, value: Any, *kinds: type) -> Any:
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        raise Unusable(f"is {_kind(value)}, and {_told(column)}")
    return value


def _integer(column: Typed, value: Any) -> str:
    number = _needs(column, value, int, float, Decimal)
    if number != int(number):
        raise Unusable(f"is no whole number, and {_told(column)}")
    beyond = 1 << BITS.get(column.type, BITS["bigint"])
    if not -beyond <= number < beyond:
        raise Unusable(f"is out of range: {_told(column)}")
    return str(int(number))


def _number(column: Typed, value: Any) -> str:
    if isinstance(value, str) and value in _NO_NUMBERS:
        return value
    number = _needs(column, value, int, float, Decimal)
    return repr(number) if isinstance(number, float) else str(number)


def _text(column: Typed, value: Any) -> str:
    text = str(_needs(column, value, str))
    if column.type == "name" and len(text.encode()) > _NAME_BYTES:
        raise Unusable(f"is longer than {_NAME_BYTES} bytes, and {_told(column)}")
    return text


def _uuid(column: Typed, value: Any) -> str:
    if _UUID(_needs(column, value, str)) is None:
        raise Unusable(f"is no UUID, and {_told(column)}")
    return str(UUID(value))


def _boolean(column: Typed, value: Any) -> str:
    return "true" if _needs(column, value, bool) else "false"


def _time(column: Typed, value: Any) -> str:
    instant = read(_needs(column, value, str))
    if value in _NO_TIMES:
        return str(value)
    beyond = None if instant is not None else _BEYOND(value)
    if beyond is not None:
        day, time, era = beyond.groups("")
        if column.kind == "date" or not time:
            return f"{day}{time}{era}"
        zone = "+00:00" if column.kind == "timestamptz" else ""
        return f"{day}{time}{zone}{era}"
    if instant is None:
        raise Unusable(f"is no time of RFC 3339, such as 2026-05-01T12:00:00Z, and {_told(column)}")
    written = str(instant)
    if column.kind == "timestamptz":
        return written
    # in UTC, as it is read back
    day, _, rest = written.partition(" ")
    time, _, era = rest.partition("+00:00")
    if column.kind == "timestamp":
        return f"{day} {time}{era}"
    if instant.microseconds % _DAY:
        raise Unusable(f"is not the midnight of a day in UTC, and {_told(column)}")
    return f"{day}{era}"


def _json(_: Typed, value: Any) -> str:
    return to_json(value).decode()


_WRITERS: dict[str, Callable[[Typed, Any], str]] = {
    "integer": _integer,
    "numeric": _number,
    "float": _number,
    "text": _text,
    "uuid": _uuid,
    "enum": _text,
    "boolean": _boolean,
    "date": _time,
    "timestamp": _time,
    "timestamptz": _time,
    "json": _json,
}
