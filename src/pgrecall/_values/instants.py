"""Instants: what counts as one as text, the same here and in SQL, and what values are one.

The grammar is RFC 3339's, and two forms of ISO 8601 that Python writes: a date alone is its
midnight in UTC, and a time without an offset is one in UTC. ``24:00:00`` is the next midnight and
``:60`` the next minute, as PostgreSQL reads them. Years go from 0001 to 9999; what is finer than a
microsecond is rounded as PostgreSQL rounds it.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

import numpy as np

GRAMMAR = (
    "(?!0000)(?:"
    # a day that there is
    "[0-9][0-9][0-9][0-9]-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
    "|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))"
    "|(?:[0-9][0-9](?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29"
    ")(?:[Tt ](?!23:59:60[.]0*[1-9])"
    "(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:[.][0-9]+)?"
    "|24:00:00(?:[.]0+)?)(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])?)?"
)
"""What is an instant, whole: a regular expression of Python's and of PostgreSQL's."""

FRACTION_DIGITS = 30
"""Digits of a second that are looked at: more would decide nothing, and underflow in the end."""

_MATCHES = re.compile(GRAMMAR).fullmatch
_SECOND = 1_000_000
_MINUTE, _DAY = 60 * _SECOND, 86_400 * _SECOND
_EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001  # arithmetic without zones: UTC is meant
_UTC_EPOCH = _EPOCH.replace(tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)
_SERVERS_EPOCH = (dt.datetime(2000, 1, 1, tzinfo=dt.UTC) - _UTC_EPOCH) // _MICROSECOND
_FIRST = (dt.datetime.min.replace(tzinfo=dt.UTC) - _UTC_EPOCH) // _MICROSECOND
_LAST = (dt.datetime.max.replace(tzinfo=dt.UTC) - _UTC_EPOCH) // _MICROSECOND
_CYCLE_YEARS, _CYCLE_DAYS = 400, 146_097  # after so many years the calendar repeats itself


@dataclass(frozen=True, slots=True, order=True)
class Instant:
    """One point in time.

    Attributes:
        microseconds: Since 1970 began in UTC.
    """

    microseconds: int

    def __str__(self) -> str:
        """Write it as PostgreSQL reads it, whatever its TimeZone and DateStyle."""
        days, rest = divmod(self.microseconds, _DAY)
        # an offset can lead a day out of the years that Python has
        cycles = (days + _CYCLE_DAYS // 2) // _CYCLE_DAYS
        day = dt.date(1970, 1, 1) + dt.timedelta(days - cycles * _CYCLE_DAYS)
        year = day.year + cycles * _CYCLE_YEARS
        era = ""
        if year < 1:
            year, era = 1 - year, " BC"
        time = (_EPOCH + dt.timedelta(microseconds=rest)).time().isoformat("microseconds")
        return f"{year:04}-{day.month:02}-{day.day:02} {time}+00:00{era}"


def read(text: str) -> Instant | None:
    """Give the instant that a text says; None where it says none."""
    if _MATCHES(text) is None:
        return None
    day = dt.date.fromisoformat(text[:10]) - dt.date(1970, 1, 1)
    total = day.days * _DAY
    hours, minutes, rest = text[11:13], text[14:16], text[17:]
    if hours:
        total += (int(hours) * 60 + int(minutes)) * _MINUTE + int(rest[:2]) * _SECOND
        if rest[2:3] == ".":
            fraction = re.match("[0-9]+", rest[3:])
            digits = fraction[0] if fraction else ""
            total += round(float(f"0.{digits[:FRACTION_DIGITS]}") * _SECOND)
        if rest[-6:-5] in {"+", "-"}:
            offset = (int(rest[-5:-3]) * 60 + int(rest[-2:])) * _MINUTE
            total += offset if rest[-6] == "-" else -offset
    return Instant(total)


def instant_of(value: object) -> Instant | None:
    """Give the instant of a ``datetime``, a ``date`` or what stands for one; None of all else.

    A date is its midnight in UTC, and a ``datetime`` without a zone is one in UTC.
    """
    while isinstance(value, Enum):
        value = value.value
    if isinstance(value, np.ndarray) and not value.ndim:
        value = value[()]
    if isinstance(value, Instant):
        return value
    if isinstance(value, np.datetime64):
        return None if np.isnat(value) else read(_written(value))
    if not isinstance(value, dt.date) or value != value:  # noqa: PLR0124  # pandas' NaT
        return None
    # its own text has what is finer than a microsecond, if anything does
    return read(value.isoformat()) or _from_parts(value)


def _written(value: np.datetime64) -> str:
    """Write it in the grammar: a month or a year begins with its first day."""
    unit = np.datetime_data(value.dtype)[0]
    least = {"Y": "D", "M": "D", "h": "s", "m": "s"}.get(unit, unit)
    return str(np.datetime_as_string(value, unit=least))  # type: ignore[call-overload]  # a unit


def _from_parts(value: dt.date) -> Instant | None:
    """Take what has an offset with seconds in it, as zones had them long ago."""
    if not isinstance(value, dt.datetime):
        return None
    offset = value.utcoffset() or dt.timedelta()
    naive = value.replace(tzinfo=None)
    return Instant((naive - _EPOCH) // _MICROSECOND - offset // _MICROSECOND)


@lru_cache(1_000)  # rows that were written together have their times in common
def utc(microseconds: int | None) -> dt.datetime | None:
    """Give the time that a statement has read as microseconds since 1970, in UTC.

    Raises:
        OverflowError: It is before the year 1 or after 9999.
    """
    if microseconds is None:
        return None
    return _UTC_EPOCH + dt.timedelta(0, 0, microseconds)


@lru_cache(1_000)
def utc_sent(sent: bytes | None) -> dt.datetime | None:
    """Give the time that a statement has sent in its binary form, in UTC.

    That is 8 bytes of microseconds since 2000 (``timestamptz_send`` in PostgreSQL's timestamp.c).
    What another client wrote that Python has no time for, as ``infinity``, is the nearest.
    """
    if sent is None:
        return None
    return nearest_utc(int.from_bytes(sent, "big", signed=True) + _SERVERS_EPOCH)


def nearest_utc(microseconds: int) -> dt.datetime:
    """Give the nearest ``datetime`` that there is: the years end with 9999."""
    within = min(max(microseconds, _FIRST), _LAST)
    return _UTC_EPOCH + dt.timedelta(microseconds=within)
