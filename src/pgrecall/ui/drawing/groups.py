"""Which items of a map look alike: those with one value of a field, or values of one range."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from pgrecall.ui.rendering import value_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MOST = 7
"""Values that have a look of their own: more colours and shapes are not told apart."""
RANGES = 5
OTHER, NOTHING = "other", "nothing"
"""The looks of what has another value, and none; ``1`` to ``7`` are those of values."""

_SCALARS = (str, int, float, bool, datetime)


@dataclass(frozen=True, slots=True)
class Look:
    """Items that look alike.

    Attributes:
        name: ``1`` to ``7``, ``other`` or ``nothing``.
        label: What they have in common.
        value: Their one value, which searches may be held to; None where there is no one value.
        is_range: Whether it is one of several ranges in a row.
    """

    name: str
    label: str
    value: Any = None
    is_range: bool = False


def looks_of(values: Sequence[Any] | None, count: int) -> tuple[list[Look], list[int]]:
    """Tell what each item looks like.

    Args:
        values: Of each item, None where it has nothing; None where no field was chosen.
        count: How many items there are.

    Returns:
        The looks, and of each item the place of its look among them.
    """
    if values is None:
        return [Look("1", "items")], [0] * count
    plain = [_plain(value) for value in values]
    present = [value for value in plain if value is not None]
    distinct = Counter(map(_key, present))
    if len(distinct) > MOST and all(map(_is_number, present)):
        return _ranges(plain, _number_text)
    if len(distinct) > MOST and all(isinstance(value, datetime) for value in present):
        return _ranges(plain, lambda value: value.strftime("%Y-%m-%d %H:%M"))
    return _values(plain, distinct)


def _plain(value: Any) -> Any:
    """Give a value that can be compared: of an array its first, as a facet counts it."""
    if isinstance(value, list):
        value = next((one for one in value if isinstance(one, _SCALARS)), None)
    return value if value is None or isinstance(value, _SCALARS) else value_text(value)


def _key(value: Any) -> tuple[str, Any]:
    """Tell True from 1, which are equal in Python; 1 and 1.0 are one number."""
    kind = "number" if _is_number(value) else type(value).__name__
    return kind, value


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number_text(value: float) -> str:
    try:
        return f"{value:,.4g}"
    except OverflowError:  # a whole number may be larger than any float
        return f"{Decimal(value):,.4g}"


def _values(plain: Sequence[Any], distinct: Counter[tuple[str, Any]]) -> tuple[list[Look], Any]:
    # the same order for equal counts, whatever order they come in
    ordered = sorted(distinct.items(), key=lambda one: (-one[1], str(one[0])))
    kept = [key for key, _ in ordered]
    others = kept[MOST:]
    kept = kept[:MOST]
    looks = [Look(str(n), value_text(value), value) for n, (_, value) in enumerate(kept, 1)]
    if others:
        looks.append(
            Look(OTHER, f"{len(others):,} other {'value' if len(others) == 1 else 'values'}")
        )
    places = {key: place for place, key in enumerate(kept)}
    other = len(kept)
    return _with_nothing(
        looks, [None if one is None else places.get(_key(one), other) for one in plain]
    )


def _ranges(plain: Sequence[Any], shown: Callable[[Any], str]) -> tuple[list[Look], list[int]]:
    """Cut numbers or times into ranges with about as many items each."""
    is_time = any(isinstance(one, datetime) for one in plain)
    # a whole number may have more digits than a float holds
    numbers = [
        None if one is None else one.timestamp() if is_time else _float(one) for one in plain
    ]
    present = np.array([one for one in numbers if one is not None])
    ends = np.unique(np.quantile(present, np.linspace(0, 1, RANGES + 1), method="nearest"))
    first_of = {number: one for number, one in zip(numbers, plain, strict=True) if one is not None}
    bounds = [shown(first_of[end]) for end in ends.tolist()]
    looks = [
        Look(str(n), f"{low} \N{EN DASH} {high}", is_range=True)
        for n, (low, high) in enumerate(pairwise(bounds), 1)
    ]
    inner = ends[1:-1]
    places = [
        None if one is None else int(np.searchsorted(inner, one, side="left")) for one in numbers
    ]
    return _with_nothing(looks, places)


def _float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def _with_nothing(looks: list[Look], places: Sequence[int | None]) -> tuple[list[Look], list[int]]:
    if None in places:
        looks = [*looks, Look(NOTHING, "nothing there")]
    last = len(looks) - 1
    return looks, [last if place is None else place for place in places]
