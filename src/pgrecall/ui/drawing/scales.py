"""Scales: where a number is between two ends, and which lines stand behind."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_STEPS = (1, 2, 2.5, 5, 10)
_SLACK = 1e-9


@dataclass(frozen=True, slots=True)
class Scale:
    """A scale between two ends.

    Attributes:
        low: Its lower end.
        high: Its upper end.
        ticks: Numbers at which lines stand.
    """

    low: float
    high: float
    ticks: tuple[float, ...]

    def at(self, value: float | None) -> float:
        """Tell where a number is, in percent; one beyond an end is at the end."""
        if value is None or math.isnan(value):
            return 0.0
        share = (value - self.low) / (self.high - self.low)
        return round(100 * min(1.0, max(0.0, share)), 2)

    def text(self, value: float) -> str:
        """Write a tick, with as many digits as tell it from the next."""
        step = self.ticks[1] - self.ticks[0] if len(self.ticks) > 1 else 1.0
        digits = max(0, math.ceil(-math.log10(step) - _SLACK))
        if digits and abs(step * 10**digits - round(step * 10**digits)) > _SLACK:
            digits += 1
        return f"{value + 0.0:,.{digits}f}"


def scale_of(values: Iterable[float | None], *, most: int = 5) -> Scale:
    """Give a scale that has room for all values, with round ends.

    Args:
        values: The values; None and NaN are passed by.
        most: Lines at most, about.
    """
    known = [value for value in values if value is not None and math.isfinite(value)]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    if high - low <= _SLACK * max(1.0, abs(high)):
        room = 0.05 * max(1.0, abs(high))
        low, high = low - room, high + room
    step = _step((high - low) / most)
    first, last = math.floor(low / step + _SLACK), math.ceil(high / step - _SLACK)
    ticks = tuple(number * step for number in range(first, last + 1))
    return Scale(ticks[0], ticks[-1], ticks)


def around_zero(values: Iterable[float | None]) -> Scale:
    """Give a scale with zero in its middle."""
    known = [abs(value) for value in values if value is not None and math.isfinite(value)]
    most = max([*known, 0.01])
    step = _step(most / 2)
    count = math.ceil(most / step - _SLACK)
    return Scale(-count * step, count * step, tuple(n * step for n in range(-count, count + 1)))


def _step(least: float) -> float:
    """Give the least round step that is no less."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(step * power for step in _STEPS if step * power >= least * (1 - _SLACK))
