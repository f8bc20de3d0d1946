"""What is an instant as a value, and what a text says of one."""

from __future__ import annotations

import datetime as dt
import enum
import zoneinfo
from typing import Any

import numpy as np
import pytest

from pgrecall._values.instants import Instant, instant_of, read, utc
from pgrecall._values.own_fields import TIMES
from pgrecall.errors import FilterError
from pgrecall.filters import Condition, parse

MIDNIGHT = read("2024-05-01")
BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")


class Fine(dt.datetime):
    """A time of nanoseconds, as pandas' are."""

    def isoformat(self, *_: Any) -> str:
        return "2024-05-01T00:00:00.000000001"


class Day(enum.Enum):
    MAY = dt.date(2024, 5, 1)


@pytest.mark.parametrize(
    "value",
    [
        dt.date(2024, 5, 1),
        dt.datetime(2024, 5, 1),  # noqa: DTZ001  # naive: in UTC
        dt.datetime(2024, 5, 1, tzinfo=dt.UTC),
        dt.datetime(2024, 5, 1, 2, tzinfo=BERLIN),
        dt.datetime(2024, 5, 1, 0, 0, 28, tzinfo=dt.timezone(dt.timedelta(seconds=28))),
        np.datetime64("2024-05-01"),
        np.datetime64("2024-05"),
        np.datetime64("2024-05-01T00:00:00.000000001"),
        np.array("2024-05-01T00", "datetime64[h]"),
        Fine(2024, 5, 1),
        Day.MAY,
        MIDNIGHT,
    ],
)
def test_a_datetime_or_date_is_an_instant(value: Any) -> None:
    assert instant_of(value) == MIDNIGHT
    assert parse({"a": value}) == Condition("a", "eq", MIDNIGHT)
    assert parse(parse({"a": {"$in": [value, 1]}})) == Condition("a", "in", (MIDNIGHT, 1))


@pytest.mark.parametrize("value", [None, "2024-05-01", 20240501, True, dt.time(1), [1]])
def test_nothing_else_is_one(value: Any) -> None:
    assert instant_of(value) is None
    assert instant_of(np.datetime64("NaT", "s")) is None


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("1969-12-31T23:59:59.5Z", "1969-12-31 23:59:59.500000+00:00"),
        ("2024-05-01T24:00:00+02:00", "2024-05-01 22:00:00.000000+00:00"),
        ("2024-06-30T23:59:60Z", "2024-07-01 00:00:00.000000+00:00"),
        ("0001-01-01T00:00:00+14:00", "0001-12-31 10:00:00.000000+00:00 BC"),
        ("9999-12-31T23:59:60-14:00", "10000-01-01 14:00:00.000000+00:00"),
    ],
)
def test_an_instant_is_written_as_postgresql_reads_it(text: str, written: str) -> None:
    assert str(read(text)) == written


def test_a_time_that_was_read_is_in_utc() -> None:
    assert utc(None) is None
    assert utc(-1) == dt.datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=dt.UTC)
    assert Instant(1) > Instant(0)


@pytest.mark.parametrize("field", TIMES)
def test_an_items_time_is_compared_with_times_alone(field: str) -> None:
    assert parse({field: "2024-05-01"}) == Condition(field, "eq", MIDNIGHT)
    assert parse({field: {"$ne": "soon"}}) == Condition(field, "ne", "soon")
    for wrong, told in (
        ({"$gt": "soon"}, "'soon' is no time: write a datetime, or"),
        ({"$gt": 5}, "is compared with a datetime, not 5"),
        (None, "is compared with a datetime, not None"),
        ({"$in": ["2024-05-01", True]}, "is compared with a datetime, not True"),
        ({"$like": "2024%"}, "it is a time, which 'like' does not test; write eq, ne"),
        ({"a": 1}, "it is a time, not an object"),
    ):
        for metadata_only in (False, True):
            with pytest.raises(FilterError, match=told) as caught:
                parse({field: wrong}, metadata_only=metadata_only)
            assert f'("{field}",) is the metadata key' in str(caught.value) or "soon" in told
