"""Numbers that stand in the registry, whoever wrote them: what is none counts as never written.

Another client, or a hand, may have left nothing there, a text, a list, or more than any number may
be. ``number``, ``whole`` and ``pairs`` fail for those with ValueError, for who reads many and needs
all; ``number_of`` and ``whole_of`` give None.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

ABOVE_ZERO = math.ulp(0.0)
"""The least number above zero."""
MOST_ROWS = 2**63 - 1
"""More than any table has."""

Span: TypeAlias = tuple[float, float]
"""The least and the greatest that a number may be."""


def number(kept: object, least: float, most: float) -> float:
    """Give a number within two others as a float.

    Raises:
        ValueError: It is none, or out of range.
    """
    # JSON has no other kinds; what is not a number is within no two others, nor is an infinity
    if (type(kept) is not float and type(kept) is not int) or not least <= kept <= most:
        raise ValueError
    return float(kept)


def whole(kept: object, least: int, most: int) -> int:
    """Give a whole number within two others, be it written as 60 or as 60.0.

    Raises:
        ValueError: It is none, or out of range.
    """
    found = number(kept, least, most)
    if not found.is_integer():
        raise ValueError
    return int(found)


def pairs(kept: object, first: Span, second: Span) -> list[tuple[float, float]]:
    """Give pairs of numbers, each within its span.

    Raises:
        ValueError: One of them is none, or out of range.
    """
    if not isinstance(kept, list | tuple):
        raise ValueError  # noqa: TRY004  # of one kind with the others
    found = []
    for pair in kept:
        if not isinstance(pair, list | tuple) or len(pair) != len(("first", "second")):
            raise ValueError
        found.append((number(pair[0], *first), number(pair[1], *second)))
    return found


def number_of(settings: Mapping[str, Any], key: str, least: float, most: float) -> float | None:
    """Give the number of a key; None where there is none, or it is out of range."""
    try:
        return number(settings.get(key), least, most)
    except ValueError:
        return None


def whole_of(settings: Mapping[str, Any], key: str, least: int, most: int) -> int | None:
    """Give the whole number of a key; None where there is none, or it is out of range."""
    try:
        return whole(settings.get(key), least, most)
    except ValueError:
        return None
