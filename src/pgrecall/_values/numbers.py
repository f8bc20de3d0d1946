"""Numbers that a caller gives: Python's and numpy's, within a span; and any value in a message."""

from __future__ import annotations

import reprlib
from numbers import Integral, Real

import numpy as np

from pgrecall.errors import InvalidArgumentError


def show(value: object) -> str:
    """Return a short text of anything, for a message."""
    try:
        return reprlib.repr(value)
    except ValueError:  # an int beyond the interpreter's limit has no text
        return f"a value of type {type(value).__name__}"


def whole_number(value: object) -> int | None:
    """Give an integer of Python's or numpy's as an int; None where it is none, True included."""
    if type(value) is int:
        return value
    # numpy counts its spans of time among the whole numbers
    if isinstance(value, Integral) and not isinstance(value, bool | np.timedelta64):
        return int(value)
    return None


def checked_whole(what: str, value: object, low: int = 1, high: int | None = None) -> int:
    """Give a whole number as an int.

    Raises:
        InvalidArgumentError: It is none, or out of range.
    """
    number = whole_number(value)
    if number is None or number < low or (high is not None and number > high):
        span = f"of {low:,} or more" if high is None else f"from {low:,} to {high:,}"
        raise InvalidArgumentError(f"{what} must be a whole number {span}, not {value!r}")
    return number


def real_number(value: object) -> float | None:
    """Give a number of Python's or numpy's as a float; None where it is none, or out of range."""
    if not isinstance(value, Real) or isinstance(value, bool | np.timedelta64):
        return None
    try:
        return float(value)
    except OverflowError:
        return None


def checked_weight(what: str, value: object, low: str = "", high: str = "") -> float:
    """Give a number from 0 to 1.

    Args:
        what: Its name.
        value: What the caller gave.
        low: What 0 stands for.
        high: What 1 stands for.

    Raises:
        InvalidArgumentError: It is none, or out of range.
    """
    number = real_number(value)
    if number is None or not 0 <= number <= 1:
        ends = [f"{end} ({name})" if name else end for end, name in (("0", low), ("1", high))]
        msg = f"{what} must be a number from {' to '.join(ends)}, not {show(value)}"
        raise InvalidArgumentError(msg)
    return number


def checked_share(what: str, value: object) -> float:
    """Give a number above 0 and at most 1 as a float.

    Raises:
        InvalidArgumentError: It is none, or out of range.
    """
    number = real_number(value)
    if number is None or not 0 < number <= 1:
        raise InvalidArgumentError(f"{what} must be above 0 and at most 1, not {show(value)}")
    # single precision's 0.98 is 0.98 too
    return number if isinstance(value, float) else round(number, 6) or number


def checked_between(what: str, value: object, least: float, most: float) -> float:
    """Give a number within two others as a float.

    Raises:
        InvalidArgumentError: It is none, or out of range.
    """
    number = real_number(value)
    if number is None or not least <= number <= most:
        raise InvalidArgumentError(f"{what} must be from {least} to {most}, not {show(value)}")
    return number if isinstance(value, float) else round(number, 6) or number
