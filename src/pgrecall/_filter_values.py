"""Values of filters: what each operator takes, brought to plain Python types."""

from __future__ import annotations

import math
import reprlib
from collections.abc import Callable, Mapping
from decimal import Decimal
from types import NoneType
from typing import Any

from pgrecall.errors import FilterError

LISTS = (list, tuple, set, frozenset)

_MAX_DIGITS = 4300  # what Python itself turns into text; PostgreSQL takes 131,072
_ALWAYS_PRINTABLE_BITS = 2100  # below the least limit that sys.set_int_max_str_digits accepts


def show(value: object) -> str:
    """Return a short text of anything, for a message."""
    try:
        return reprlib.repr(value)
    except ValueError:  # an int beyond the interpreter's limit has no text
        return f"a value of type {type(value).__name__}"


def text(value: str) -> str:
    """Refuse what PostgreSQL cannot hold as text."""
    if "\0" in value:
        raise FilterError(f"{show(value)} holds NUL, which PostgreSQL cannot store")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise FilterError(f"{show(value)} holds a lone surrogate, which is not text") from None
    return value


def _integer(value: int) -> int:
    if value.bit_length() > _ALWAYS_PRINTABLE_BITS:
        try:
            digits = len(str(abs(value)))
        except ValueError:
            digits = _MAX_DIGITS + 1
        if digits > _MAX_DIGITS:
            raise FilterError(f"the integer has more than {_MAX_DIGITS:,} digits")
    return value


def _real(value: float) -> float:
    if not math.isfinite(value):
        raise FilterError(f"{value} is not a number that JSON has")
    return value


def _decimal(value: Decimal) -> Decimal:
    if not value.is_finite():
        raise FilterError(f"{value} is not a number that JSON has")
    if value.adjusted() >= _MAX_DIGITS or int(value.as_tuple().exponent) < -_MAX_DIGITS:
        raise FilterError(f"{show(value)} has more than {_MAX_DIGITS:,} digits")
    return value


def _as_it_is(value: Any) -> Any:
    return value


_PLAIN: dict[type, Callable[[Any], Any]] = {
    str: text,
    int: _integer,
    float: _real,
    bool: _as_it_is,
    NoneType: _as_it_is,
    Decimal: _decimal,
}
# the base type's own method: an enum's or a subclass's __str__ may say anything
_BASES: tuple[tuple[type, Callable[[Any], Any]], ...] = (
    (str, str.__str__),
    (int, int.__int__),
    (float, float.__float__),
    (Decimal, Decimal),
)


def scalar(value: object) -> Any:
    """Take one value of a type that JSON has; subclasses, enums and numpy scalars become plain."""
    check = _PLAIN.get(type(value))
    if check is not None:
        return check(value)
    if getattr(value, "shape", None) == () and hasattr(value, "item"):
        value = value.item()
    for base, plain in _BASES:
        if isinstance(value, base):
            return _PLAIN[base](value if isinstance(value, bool) else plain(value))
    if isinstance(value, (*LISTS, Mapping)):
        raise FilterError(f"it takes one value, not {show(value)}")
    hint = "; compare ISO 8601 strings" if hasattr(value, "isoformat") else ""
    raise FilterError(
        f"{show(value)} is of type {type(value).__name__}; a value is a str, int, float,"
        f" Decimal, bool or None{hint}"
    )


def scalars(value: object) -> tuple[Any, ...]:
    """Take a list, tuple or set of values; a string is no list of its letters."""
    if not isinstance(value, LISTS):
        raise FilterError(f"it takes a list of values, not {show(value)}")
    return tuple(map(scalar, value))


def bound(value: object) -> Any:
    """Take a value that has an order: a number or a string, and True is no number."""
    plain = scalar(value)
    if plain is None or isinstance(plain, bool):
        raise FilterError(f"it takes a number or a string, not {plain}")
    return plain


def bounds(value: object) -> tuple[Any, Any]:
    """Take the two ends of a range."""
    if not isinstance(value, list | tuple) or len(value) != 2:  # noqa: PLR2004 - low and high
        raise FilterError(f"it takes [low, high], not {show(value)}")
    return bound(value[0]), bound(value[1])


def flag(value: object) -> bool:
    """Take True or False and nothing that merely counts as such."""
    plain = scalar(value)
    if not isinstance(plain, bool):
        raise FilterError(f"it takes True or False, not {show(value)}")
    return plain


def string(value: object) -> str:
    """Take a string."""
    plain = scalar(value)
    if not isinstance(plain, str):
        raise FilterError(f"it takes a string, not {show(value)}")
    return plain


def pattern(value: object) -> str:
    """Take a LIKE pattern that PostgreSQL will not refuse while it runs."""
    plain = string(value)
    if (len(plain) - len(plain.rstrip("\\"))) % 2:
        raise FilterError(
            f"the pattern {show(plain)} ends with a lone backslash, which escapes nothing;"
            " a literal backslash is two"
        )
    return plain


NORMALISERS: dict[str, Callable[[object], Any]] = {
    "eq": scalar,
    "ne": scalar,
    "in": scalars,
    "not_in": scalars,
    "gt": bound,
    "gte": bound,
    "lt": bound,
    "lte": bound,
    "between": bounds,
    "exists": flag,
    "is_empty": flag,
    "contains": scalar,
    "any": scalars,
    "all": scalars,
    "like": pattern,
    "ilike": pattern,
    "text_match": string,
    "text_match_insensitive": string,
}
"""Every operator, with the function that checks its value."""
