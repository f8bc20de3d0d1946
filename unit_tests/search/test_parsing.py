"""A filter that comes again is parsed once; what is not plain is parsed each time."""

from __future__ import annotations

import datetime as dt
import inspect
import sys
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pgrecall import FilterError, filters
from pgrecall._operations.search.parsing import is_kept, parsed

if TYPE_CHECKING:
    from collections.abc import Callable


class Word(str):
    __slots__ = ()


def test_a_filter_is_kept_from_the_second_time_on() -> None:
    made = [parsed({"kept": {"$in": ["a", 1]}}) for _ in range(3)]

    assert made[0] == made[1] == made[2]
    assert [is_kept(one) for one in made] == [False, True, True]
    assert made[1] is made[2]


@pytest.mark.parametrize(
    "filter_",
    [
        {"at": dt.datetime(2026, 1, 1, tzinfo=dt.UTC)},
        {"word": Word("a")},
        filters.Condition("word", "eq", Word("a")),
        filters.Not(filters.Condition("word", "eq", Word("a"))),
        filters.And(filters.Condition("a", "in", np.array([1, 2])), {"b": 1}),
        filters.Condition(filters.PathOrNothing.of(("a",), "None"), "eq", "b"),
    ],
)
def test_what_is_not_plain_is_parsed_each_time(filter_: Any) -> None:
    made = [parsed(filter_) for _ in range(3)]

    assert not any(is_kept(one) for one in made)
    assert made[2] == filters.parse(filter_)


@pytest.mark.parametrize(
    "filter_",
    [
        filters.Condition("a", "eq", 1),
        filters.Condition(("a", "b"), "in", ["c", 1.5, None]),
        filters.Or({"a": 1}, filters.Not(filters.And({"b": {"$gt": 2}}, {"c": True}))),
        filters.And(),
    ],
    ids=repr,
)
def test_a_filter_of_objects_is_kept_as_a_mapping_is(filter_: filters.Filter) -> None:
    made = [parsed(filter_) for _ in range(3)]

    assert made[0] == made[1] == filters.parse(filter_)
    assert made[1] is made[2]
    assert parsed(made[1]) is made[1]  # what is kept is not parsed again


def test_an_item_s_id_and_the_metadata_s_are_kept_apart() -> None:
    for _ in range(3):
        of_item, of_metadata = (parsed({"id": "a"}, metadata_only=only) for only in (False, True))
        assert of_item == filters.Condition("id", "eq", "a")
        assert of_metadata == filters.Condition(("id",), "eq", "a")
        assert parsed(of_item, metadata_only=True) == of_metadata
        assert parsed(of_metadata) == of_metadata


def test_a_filter_of_objects_that_holds_no_filter_is_refused_each_time() -> None:
    for _ in range(3):
        no_filter: Any
        for no_filter in (3, None, "a"):
            for wrong in (
                filters.Not(no_filter),
                filters.And({"a": 1}, no_filter),
                filters.Or(no_filter),
            ):
                with pytest.raises(FilterError, match="is not a filter"):
                    parsed(wrong)


def test_thousands_of_values_are_kept_in_whatever_form() -> None:
    for form in (
        {"thousands": {"$in": list(range(2_000))}},
        {"$or": [{"thousands": number} for number in range(1_000)]},
    ):
        made = [parsed(form) for _ in range(3)]

        assert is_kept(made[2])
        assert isinstance(made[2], filters.Condition)
        assert made[2].op == "in"


@pytest.mark.parametrize("pair", [(1, True), (1, 1.0), (0.0, -0.0), ("1", 1), (None, False)])
def test_filters_that_python_takes_to_be_equal_are_each_their_own(pair: tuple[Any, Any]) -> None:
    for _ in range(3):
        for value in pair:
            assert repr(parsed({"value": value})) == repr(filters.parse({"value": value}))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (np.int64(-1), np.uint64(2**64 - 1)),
        (np.bool_(True), np.int8(1)),
        (np.float32(1), np.int32(1_065_353_216)),
        (np.str_("a"), np.int32(97)),
        ({"$in": np.array([1, 2])}, {"$in": np.array([1, 2]).view(np.float64)}),
    ],
    ids=repr,
)
def test_values_of_numpy_that_share_their_bytes_are_each_their_own(one: Any, other: Any) -> None:
    for _ in range(3):
        for value in (one, other):
            assert repr(parsed({"value": value})) == repr(filters.parse({"value": value}))
            assert repr(parsed({"$or": [{"value": value}]})) == repr(
                filters.parse({"$or": [{"value": value}]})
            )


def test_what_is_kept_is_what_was_asked_when_another_thread_changes_it_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    filter_: dict[str, Any] = {"meanwhile": {"$in": [1]}}
    parse = filters.parse

    def changed(given: Any, **how: Any) -> Any:
        filter_["meanwhile"]["$in"] = [2]
        return parse(given, **how)

    parsed(filter_)
    monkeypatch.setattr(filters, "parse", changed)
    parsed(filter_)
    monkeypatch.undo()
    assert parsed({"meanwhile": {"$in": [1]}}) == parse({"meanwhile": {"$in": [1]}})


@pytest.mark.parametrize("nothing", [None, {}])
def test_no_filter_is_none_and_kept(nothing: Any) -> None:
    assert parsed(nothing) is None
    assert is_kept(None)


def test_a_filter_that_cannot_be_used_is_refused_each_time() -> None:
    for _ in range(3):
        with pytest.raises(FilterError, match="nope"):
            parsed({"a": {"$nope": 1}})


def test_where_the_stack_ends_within_it_a_filter_is_said_to_nest_too_deep() -> None:
    def within(frames: int, call: Callable[[], object]) -> object:
        return call() if frames <= 0 else within(frames - 1, call)

    here, frame = 0, inspect.currentframe()
    while frame is not None:
        here, frame = here + 1, frame.f_back
    deep: filters.Filter = filters.Condition("deep", "eq", 1)
    for _ in range(40):
        deep = filters.Not(deep)
    for left in range(40, 400, 2):
        for asked in (filters.And(deep, {"left": left}), {"$not": {"left": left}}):
            for _ in range(3):
                with suppress(FilterError):
                    within(sys.getrecursionlimit() - here - left, partial(parsed, asked))
