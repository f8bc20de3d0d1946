"""Values of filters: what each operator takes, brought to plain Python types."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pgrecall._values import conversions as _values
from pgrecall._values.conversions import listed
from pgrecall._values.instants import Instant, instant_of
from pgrecall._values.json_text import to_json
from pgrecall._values.numbers import show
from pgrecall._values.unusable import Unusable
from pgrecall.errors import FilterError

LISTS = (list, tuple, set, frozenset)


@dataclass(frozen=True, slots=True)
class Whole:
    """A list or an object to be equal to as a whole: for adapters whose ``$eq`` takes one.

    Attributes:
        json: It, as JSON.
    """

    json: str


def whole(value: object) -> Any:
    """Take a value of any depth: as ``comparable`` where it is one value, else ``Whole``.

    Raises:
        FilterError: It cannot be stored either; the message says what would work.
    """
    if (instant := instant_of(value)) is not None:
        return instant
    try:
        made = _values.plain(value, _text)
        return Whole(to_json(made).decode()) if isinstance(made, list | dict) else made
    except Unusable as error:
        raise FilterError(error.named("it")) from None


def text(value: str) -> str:
    """Refuse what PostgreSQL cannot hold as text."""
    try:
        return _values.text(value, None)
    except Unusable as error:
        raise FilterError(f"{show(value)} {error.reason}") from None


def scalar(value: object) -> Any:
    """Take one value: what is stored of it is what is asked for, by ``_values``' table."""
    if isinstance(value, LISTS):
        raise FilterError(f"it takes one value, not {show(value)}")
    try:
        if type(value) in _values.EXACT_SCALARS:  # of thousands of values, most
            return _values.exact_scalar(value)
        made = _values.plain(value, _text)
    except Unusable as error:
        raise FilterError(error.named("it")) from None
    if isinstance(made, list | dict):
        raise FilterError(f"it takes one value, not {show(value)}")
    return made


def comparable(value: object) -> Any:
    """Take one value to be equal to or ordered by: a ``datetime`` or ``date`` is an instant."""
    instant = None if type(value) in _values.EXACT_SCALARS else instant_of(value)
    return scalar(value) if instant is None else instant


def equal(value: object) -> Any:
    """Take what ``eq`` compares with: one value, or what an adapter has made a ``Whole``."""
    return value if isinstance(value, Whole) else comparable(value)


def _text(value: str) -> str:
    return _values.text(value, None)


def scalars(value: object) -> tuple[Any, ...]:
    """Take a list, tuple or set of elements, which are what is stored of them."""
    values = tuple(_several(value))
    return values if _are_exact(values) else tuple(map(scalar, values))


def comparables(value: object) -> tuple[Any, ...]:
    """Take a list, tuple or set of values, each to be equal to."""
    values = tuple(_several(value))
    return values if _are_exact(values) else tuple(map(comparable, values))


_TOGETHER: dict[type, Callable[[tuple[Any, ...]], Any]] = {
    str: "".join,
    int: lambda values: max(map(abs, values)),
    float: lambda values: math.fsum(map(abs, values)),
}
"""One value that is taken only where each of many of its type is."""


def _are_exact(values: tuple[Any, ...]) -> bool:
    """Tell at once whether each of many values is what it is, as ``exact_scalar`` takes it.

    False tells nothing: they may be of several types, or need to be looked at one by one.
    """
    kinds = set(map(type, values))
    together = _TOGETHER.get(kinds.pop()) if len(kinds) == 1 else None
    if together is None:
        return False
    try:
        _values.exact_scalar(together(values))
    except (Unusable, OverflowError):
        return False
    return True


def _several(value: object) -> Any:
    """Take a list, tuple or set; a string is no list of its letters."""
    values = listed(value)
    if not isinstance(values, LISTS):
        raise FilterError(f"it takes a list of values, not {show(value)}")
    return values


def bound(value: object) -> Any:
    """Take a value that has an order: a number, a string or a time, and True is no number."""
    plain = comparable(value)
    if not isinstance(plain, str | int | float | Decimal | Instant) or isinstance(plain, bool):
        raise FilterError(f"it takes a number or a string, or a datetime, not {show(value)}")
    return plain


def bounds(value: object) -> tuple[Any, Any]:
    """Take the two ends of a range."""
    ends = listed(value)
    if not isinstance(ends, list | tuple) or len(ends) != 2:  # noqa: PLR2004 - low and high
        raise FilterError(f"it takes [low, high], not {show(value)}")
    return bound(ends[0]), bound(ends[1])


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
    "eq": equal,
    "ne": equal,
    "in": comparables,
    "not_in": comparables,
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
