"""Values in few words: of long texts, vectors and objects the beginning."""

from __future__ import annotations

import reprlib
from dataclasses import fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MOST_LETTERS = 200
_SHOWN_NUMBERS = 4
_MOST_BITS = 2_000  # below the least limit of digits that Python can be set to
_MOST_ROUNDED = 1e6  # from here on four places behind the point tell nothing


class _Short(reprlib.Repr):
    """Shows beginnings, and keys in their order."""

    def __init__(self) -> None:
        """Say how much is shown; none of it is taken as an argument before Python 3.12."""
        super().__init__()
        self.maxlevel, self.maxdict, self.maxlist, self.maxtuple = 4, 12, 8, 8
        self.maxstring, self.maxother, self.maxlong = MOST_LETTERS, 80, 60

    def repr_str(self, value: str, _: int) -> str:
        """Show the beginning, which tells more than both ends."""
        return repr(value) if len(value) <= self.maxstring else repr(cut(value, self.maxstring))

    def repr_int(self, value: int, level: int) -> str:
        """Show an integer of more digits than Python writes by its size."""
        if value.bit_length() > _MOST_BITS:
            return f"<an integer of {value.bit_length():,} bits>"
        return super().repr_int(value, level)

    def repr_dict(self, value: dict[Any, Any], level: int) -> str:
        """Show keys in the order that they have."""
        if not value or level <= 0:
            return "{...}" if value else "{}"
        shown = list(value.items())[: self.maxdict]
        parts = [f"{self.repr1(k, level - 1)}: {self.repr1(v, level - 1)}" for k, v in shown]
        return "{" + ", ".join(parts + ["..."] * (len(value) > len(shown))) + "}"

    def repr_ndarray(self, value: Any, _: int) -> str:
        """Show the first numbers of an array, and how many there are."""
        return vector(value)


_SHORT = _Short()


def value(of: object) -> str:
    """Show any value: a float whole, a text, an object or a list by its beginning."""
    return _SHORT.repr(of)


def cut(text: str, most: int) -> str:
    """Give a text, or its beginning and an ellipsis."""
    return text if len(text) <= most else f"{text[: most - 1]}\N{HORIZONTAL ELLIPSIS}"


def rounded(number: object) -> str:
    """Write a number with four digits that count, or four places where it is larger."""
    if type(number) is bool or not isinstance(number, int | float):
        return value(number)
    if isinstance(number, int):
        return _SHORT.repr(number)
    if not abs(number) < _MOST_ROUNDED:
        return f"{number:.6g}"
    return repr(float(f"{number:.4g}") if abs(number) < 1 else round(float(number), 4))


def vector(numbers: Any) -> str:
    """Show the first numbers of a vector, and how many it has."""
    try:
        count = len(numbers)
        shown = ", ".join(rounded(float(one)) for one in numbers[:_SHOWN_NUMBERS])
    except (TypeError, ValueError, OverflowError, LookupError):  # what is none is told when written
        return value(numbers) if type(numbers).__name__ != "ndarray" else "array(...)"
    return f"[{shown}]" if count <= _SHOWN_NUMBERS else f"[{shown}, ... {count:,} numbers]"


def record(of: Any, told: Mapping[str, Callable[[Any], str]]) -> str:
    """Write a dataclass as its ``repr`` does, without what is None, each value in few words.

    Args:
        of: The value.
        told: How the fields are shown that are not shown by ``value``.
    """
    parts = []
    for field in fields(of):
        given = getattr(of, field.name)
        if field.repr and given is not None:
            parts.append(f"{field.name}={told.get(field.name, value)(given)}")
    return f"{type(of).__qualname__}({', '.join(parts)})"
