"""Items of a map look alike that have one value, or values of one range."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from pgrecall.ui.drawing.groups import MOST, NOTHING, OTHER, RANGES, looks_of


def labels(values: list[Any]) -> list[str]:
    looks, places = looks_of(values, len(values))
    return [looks[place].label for place in places]


def test_without_a_field_all_look_alike() -> None:
    looks, places = looks_of(None, 3)
    assert [look.label for look in looks] == ["items"]
    assert places == [0, 0, 0]


def test_each_value_has_a_look_the_commonest_first() -> None:
    looks, places = looks_of(["en", "de", "en", None], 4)
    assert [(look.name, look.label) for look in looks] == [
        ("1", "en"),
        ("2", "de"),
        (NOTHING, "nothing there"),
    ]
    assert places == [0, 1, 0, 2]


def test_values_beyond_those_that_can_be_told_apart_look_like_one_another() -> None:
    values = [f"v{n}" for n in range(MOST + 3)]
    looks, places = looks_of(values, len(values))
    assert [look.name for look in looks] == [*map(str, range(1, MOST + 1)), OTHER]
    assert looks[-1].label == "3 other values"
    assert looks[-1].value is None
    assert places.count(MOST) == 3


def test_what_python_takes_for_equal_is_told_apart_as_filters_do() -> None:
    assert labels([True, 1, 1.0, "1", False]) == ["true", "1", "1", "1", "false"]
    assert len(looks_of([True, 1, 1.0, "1", False], 5)[0]) == 4


def test_an_array_counts_by_its_first_value_and_an_object_by_all_of_it() -> None:
    assert labels([["a", "b"], ["a"], [], {"k": 1}]) == ["a", "a", "nothing there", '{"k": 1}']


def test_many_numbers_are_cut_into_ranges_with_about_as_many_items() -> None:
    looks, places = looks_of([*range(100), None], 101)
    assert [look.is_range for look in looks] == [True] * RANGES + [False]
    assert all(18 <= places.count(n) <= 22 for n in range(RANGES))
    assert looks[0].label.startswith("0 ")
    assert looks[RANGES - 1].label.endswith(" 99")


def test_many_equal_numbers_leave_fewer_ranges() -> None:
    values = [0] * 90 + list(range(10))
    looks, places = looks_of(values, 100)
    assert 1 <= len(looks) < RANGES
    assert max(places) < len(looks)


def test_times_are_cut_into_ranges_too() -> None:
    times = [datetime(2026, 1, day, tzinfo=UTC) for day in range(1, 21)]
    looks, _ = looks_of(times, 20)
    assert looks[0].label.startswith("2026-01-01 00:00")
    assert looks[-1].label.endswith("2026-01-20 00:00")


@pytest.mark.parametrize("odd", [10**400, -(10**400), 1e308, 5e-324])
def test_numbers_of_any_size_have_a_place(odd: float) -> None:
    values = [*range(20), odd]
    looks, places = looks_of(values, len(values))
    assert max(places) < len(looks)
    assert all(look.label for look in looks)


def test_no_items_have_no_looks() -> None:
    assert looks_of([], 0) == ([], [])
