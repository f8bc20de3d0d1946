"""The table of values: what each type becomes, what is refused with its place, what is cleaned."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import json
import uuid
from collections import OrderedDict, deque
from decimal import Decimal
from fractions import Fraction
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pytest

from pgrecall._values.conversions import MAX_DEPTH, cleaned, cleaned_deeply, is_plain, plain
from pgrecall._values.json_text import to_json
from pgrecall._values.numbers import checked_whole, show, whole_number
from pgrecall._values.unusable import Unusable
from pgrecall.errors import InvalidArgumentError


def label(one: Any) -> str:
    """Name a case the same in every process: no address of an object."""
    return type(one).__name__ if " at 0x" in repr_of(one) else ascii(show(one))[:40]


def repr_of(one: Any) -> str:
    try:
        return repr(one)
    except ValueError:  # an int of too many digits
        return ""


class Colour(enum.Enum):
    RED = "red"
    BOTH = ("red", dt.date(2024, 5, 1))


class Label(str, enum.Enum):  # noqa: UP042 - its str() is not its value
    BLUE = "blue"


class Point(NamedTuple):
    x: int
    at: dt.date


@dataclasses.dataclass
class Author:
    name: str
    born: dt.date


class Timestamp(dt.datetime):
    """As pandas' Timestamp: a datetime whose text has more digits."""

    def isoformat(self, *arguments: Any) -> str:
        return super().isoformat(*arguments) + ".000000001"


class NaT(dt.datetime):
    """As pandas' NaT: a datetime that equals nothing."""

    def __eq__(self, other: object) -> bool:
        return False

    def __ne__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]  # as pandas has it


class Model:
    """As a pydantic model."""

    def model_dump(self) -> dict[str, Any]:
        return {"at": dt.date(2024, 5, 1)}


class Tensor:
    """As a tensor of another library."""

    def __init__(self, values: Any) -> None:
        self._array = np.array(values)
        self.shape = self._array.shape

    def tolist(self) -> Any:
        return self._array.tolist()

    def item(self) -> Any:
        return self._array.item()


TABLE: list[tuple[Any, str]] = [
    (None, "null"),
    (True, "true"),
    (3, "3"),
    (0.5, "0.5"),
    ("a", '"a"'),
    (Decimal("0.10000000000000000000000000001"), "0.10000000000000000000000000001"),
    (Decimal("1E+30"), "1E+30"),
    (dt.datetime(2024, 5, 1, 12), '"2024-05-01T12:00:00"'),  # noqa: DTZ001  # one without a zone
    (dt.datetime(2024, 5, 1, 12, 0, 0, 5, dt.UTC), '"2024-05-01T12:00:00.000005+00:00"'),
    (Timestamp(2024, 5, 1), '"2024-05-01T00:00:00.000000001"'),
    (dt.date(2024, 5, 1), '"2024-05-01"'),
    (dt.time(1, 2, 3), '"01:02:03"'),
    (dt.timedelta(days=1, milliseconds=500), "86400.5"),
    (uuid.UUID(int=1), '"00000000-0000-0000-0000-000000000001"'),
    (PurePosixPath("/a/b"), '"/a/b"'),
    (Colour.RED, '"red"'),
    (Colour.BOTH, '["red","2024-05-01"]'),
    (Label.BLUE, '"blue"'),
    (np.float32(0.5), "0.5"),
    (np.longdouble(0.5), "0.5"),
    (np.int16(3), "3"),
    (np.bool_(True), "true"),
    (np.str_("a"), '"a"'),
    (np.datetime64("2024-05-01T12:00"), '"2024-05-01T12:00:00"'),
    (np.datetime64("2024-05-01T12:00", "ns"), '"2024-05-01T12:00:00"'),
    (np.datetime64(1, "ns"), '"1970-01-01T00:00:00.000000001"'),
    (np.datetime64("2024-05-01"), '"2024-05-01"'),
    (
        dt.datetime(1890, 1, 1, tzinfo=dt.timezone(dt.timedelta(minutes=53, seconds=28))),
        '"1889-12-31T23:06:32+00:00"',
    ),
    (
        dt.datetime(1, 1, 1, tzinfo=dt.timezone(dt.timedelta(seconds=1))),
        '"0001-01-01T00:00:00+00:00:01"',
    ),
    (np.datetime64("99999-01-01"), '"99999-01-01"'),
    (np.timedelta64(1500, "ms"), "1.5"),
    (np.array(3), "3"),
    (np.arange(3), "[0,1,2]"),
    (np.eye(2), "[[1.0,0.0],[0.0,1.0]]"),
    (np.array(["2024-05-01"], dtype="datetime64[ns]"), '["2024-05-01T00:00:00"]'),
    (np.array([dt.date(2024, 5, 1), None], dtype=object), '["2024-05-01",null]'),
    (np.ma.array([1, 2]), "[1,2]"),
    (np.array([[1, 2], [3, 4]]).view(np.matrix), "[[1,2],[3,4]]"),
    (Tensor([1, 2]), "[1,2]"),
    (Tensor(1.5), "1.5"),
    ((1, (2,)), "[1,[2]]"),
    (Point(1, dt.date(2024, 5, 1)), '[1,"2024-05-01"]'),
    (Author("Ada", dt.date(1815, 12, 10)), '{"name":"Ada","born":"1815-12-10"}'),
    (Model(), '{"at":"2024-05-01"}'),
    (OrderedDict(a=MappingProxyType({"b": Decimal(1)})), '{"a":{"b":1}}'),
    ({Label.BLUE: [{"at": dt.date(2024, 5, 1)}]}, '{"blue":[{"at":"2024-05-01"}]}'),
]


@pytest.mark.parametrize(("value", "written"), TABLE, ids=label)
def test_every_type_of_the_table_is_written_at_every_depth(value: Any, written: str) -> None:
    assert to_json(value) == written.encode()
    assert to_json({"a": [{"b": value}, "é"]}) == f'{{"a":[{{"b":{written}}},"é"]}}'.encode()


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ({1, 2}, "of type set, which has no order: write sorted(value)"),
        (frozenset(), "write sorted(value)"),
        (b"x", "of type bytes, which JSON has not: write text, such as value.hex()"),
        (bytearray(b"x"), "of type bytearray"),
        (np.bytes_(b"x"), "of type bytes"),
        (1 + 2j, "write [value.real, value.imag]"),
        (np.complex64(1), "write [value.real, value.imag]"),
        (float("nan"), "is nan, which is not a number that JSON has: write None"),
        (np.float32("-inf"), "is -inf"),
        (Decimal("NaN"), "is NaN"),
        (np.array([1.0, float("nan")]), '["b"][1] is nan'),
        (NaT(2024, 5, 1), "is NaT, which is no time: write None"),
        (np.datetime64("NaT", "s"), "is NaT"),
        (np.timedelta64("NaT", "s"), "is nan"),
        (np.timedelta64(1, "M"), "without a length in seconds: write a number"),
        (np.ma.masked, "is masked, which JSON has not: write None"),
        (np.ma.array([1, 2], mask=[False, True]), '["b"][1] is masked'),
        (np.zeros(1, dtype=[("a", "i4")])[0], "of type void"),
        (type("DataFrame", (), {})(), 'write value.to_dict("records")'),
        (type("NAType", (), {})(), "is NA, which JSON has not: write None"),
        (deque([1]), "of type deque, which JSON has not: write list(value)"),
        ((part for part in "ab"), "write list(value)"),
        (Fraction(1, 2), "of type Fraction, which JSON has not: write str(value)"),
        (object(), "of type object"),
        (Author, "of type type"),
        (10**4300, "an integer of more than 4,300 digits"),
        (10**5000, "an integer of more than 4,300 digits"),
        (Decimal("1E+4300"), "more than 4,300 digits"),
        ({1: 2}, "has the key 1; JSON keys are strings: write '1'"),
        ({"x\0": 2}, "has the key 'x\\x00', which holds NUL"),
        ("x\0", "holds NUL (U+0000), which PostgreSQL cannot store; clean=True takes it out"),
        ("x\ud800", "holds a lone surrogate at character 1, which is not text; clean=True takes"),
        (PurePosixPath("/x\ud800"), "lone surrogate"),
        (Author("x\0", dt.date(1815, 12, 10)), '["name"] holds NUL'),
    ],
    ids=label,
)
def test_what_is_not_taken_is_told_with_its_place_and_what_to_write(value: Any, told: str) -> None:
    with pytest.raises(Unusable) as raised:
        to_json({"a": ["\\u0000", {"b": value}]})

    message = raised.value.named("metadata")
    assert message.startswith('metadata["a"][1]["b"]')
    assert told in message


def test_a_text_that_cannot_be_stored_is_told_after_what_holds_it() -> None:
    with pytest.raises(Unusable) as raised:
        plain({"a": ["\0"]})

    assert raised.value.told("the metadata of item 'x'", "metadata") == (
        "the metadata of item 'x' holds NUL (U+0000) at metadata[\"a\"][0], which PostgreSQL cannot"
        " store; clean=True takes it out"
    )


def test_a_long_path_and_a_long_key_are_shortened() -> None:
    deep: Any = {1}
    for _ in range(700):
        deep = {"k" * 100: deep}

    with pytest.raises(Unusable) as raised:
        to_json(deep)

    place = raised.value.place("metadata")
    assert "[...]" in place
    assert len(place) < 1_000


@dataclasses.dataclass
class Link:
    inner: Any


@pytest.mark.parametrize("wrap", [Link, lambda one: (one,), lambda one: {"k": one}])
def test_the_greatest_depth_is_plain_and_one_more_is_told_whatever_nests(wrap: Any) -> None:
    value: Any = Decimal(1)
    for _ in range(MAX_DEPTH):
        value = wrap(value)

    assert to_json(value)
    assert cleaned_deeply([value]) == [value]
    for walk in (to_json, plain):
        with pytest.raises(Unusable) as raised:
            walk({"a": value})
        told = raised.value.told("the metadata of item 'x'", "metadata")
        assert told.startswith("the metadata of item 'x' nests deeper than 100 levels of objects")
        assert 'or holds itself, at metadata["a"]' in told


def test_plain_values_are_known_as_such_and_nothing_is_changed() -> None:
    value = {"a": [1, (2.5, None)], "b": {"c": True}}
    before = json.dumps(value)

    assert is_plain(value)
    assert plain(value) == {"a": [1, [2.5, None]], "b": {"c": True}}
    assert json.dumps(value) == before
    for other in (Decimal(1), Label.BLUE, {"a": [np.int64(1)]}, {Label.BLUE: 1}, {1: 1}):
        assert not is_plain(other)


@pytest.mark.parametrize(
    ("dirty", "clean"),
    [
        ("", ""),
        ("naïve", "naïve"),
        ("a\0b\0", "ab"),
        ("a\ud800b\udfffc", "abc"),
        ("\udc00\ud800", ""),
        ("\ud83d\ude00!", "\U0001f600!"),
        ("é\ud800\U0001f600\0", "é\U0001f600"),
        ("\ufeffa", "\ufeffa"),
    ],
    ids=ascii,
)
def test_cleaning_takes_out_nul_and_lone_surrogates_alone(dirty: str, clean: str) -> None:
    assert cleaned(dirty) == clean


def test_cleaning_reaches_every_string_and_key() -> None:
    day = dt.date(2024, 5, 1)
    dirty = {
        "a\0": [("x\ud800", 1, None), Author("A\0da", day)],
        "b": {"\0": day},
        "n": float("nan"),
    }

    clean = cleaned_deeply(dirty)

    assert clean.pop("n") != 0
    assert clean == {
        "a": [["x", 1, None], {"name": "Ada", "born": "2024-05-01"}],
        "b": {"": "2024-05-01"},
    }
    assert cleaned_deeply({"a\0": 1, "a": 2}) == {"a": 2}


@pytest.mark.parametrize("value", [3, np.int64(3), np.uint8(3)])
def test_whole_numbers_of_numpy_are_whole_numbers(value: Any) -> None:
    assert type(whole_number(value)) is int
    assert checked_whole("limit", value) == 3


@pytest.mark.parametrize("value", [True, np.bool_(True), 3.0, np.float64(3), "3", None, 0, -1])
def test_what_is_no_whole_number_of_one_or_more_is_refused(value: Any) -> None:
    with pytest.raises(
        InvalidArgumentError, match="limit must be a whole number of 1 or more, not"
    ):
        checked_whole("limit", value)


def test_a_whole_number_out_of_range_is_refused() -> None:
    with pytest.raises(InvalidArgumentError, match="offset must be a whole number from 0 to 9"):
        checked_whole("offset", 10, 0, 9)
