"""What every item contains one of that a filter matches, and what is left to be tested of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from pgrecall import filters
from pgrecall._statements.narrowing import contained
from pgrecall._values.filter_values import Whole
from pgrecall.filters import And, Condition, Filter, Or

FIELDS = {"year": "number"}
EIGHT = {"kind": {"$in": list("abcdefgh")}}


def parsed(filter_: Any) -> Filter:
    made = filters.parse(filter_)
    assert made is not None
    return made


@pytest.mark.parametrize(
    ("filter_", "count", "rest", "are_apart"),
    [
        pytest.param(EIGHT, 8, None, True, id="values"),
        pytest.param({"a": {"b": {"$in": [1, 1, "1"]}}}, 2, None, True, id="values at a path"),
        pytest.param(
            {"a": {"$in": [1, 1.0, Decimal("1.00"), 1e2, 100, True, "1", 0.0, -0.0, Decimal(0)]}},
            5,
            None,
            True,
            id="numbers that are equal",
        ),
        pytest.param({"tags": {"$any": ["a", "b"]}}, 2, None, False, id="elements"),
        pytest.param(
            {**EIGHT, "size": {"$gt": 3}},
            8,
            Condition("size", "gt", 3),
            True,
            id="values beside a range",
        ),
        pytest.param(
            {**EIGHT, "size": {"$gt": 3}, "place": {"$in": ["x", "y"]}},
            2,
            And(Condition("kind", "in", tuple("abcdefgh")), Condition("size", "gt", 3)),
            True,
            id="the fewest of two",
        ),
        pytest.param({"$or": [EIGHT, {"place": "x"}]}, 9, None, False, id="either of two keys"),
        pytest.param(
            {"$or": [EIGHT, {"place": "x", "size": 3}]},
            9,
            parsed({"$or": [EIGHT, {"place": "x", "size": 3}]}),
            False,
            id="either, of which one is left to be tested",
        ),
        pytest.param(
            {"year": {"$in": [2023, 2024]}},
            2,
            Condition("year", "in", (2023, 2024)),
            False,
            id="a declared field",
        ),
        pytest.param(
            Or(Condition("tags", "eq", Whole("[1]")), Condition("tags", "eq", 2)),
            2,
            Condition("tags", "in", (Whole("[1]"), 2)),
            False,
            id="a whole",
        ),
    ],
)
def test_what_is_contained_is_told_with_what_is_left(
    filter_: Any, count: int, rest: Filter | None, are_apart: bool
) -> None:
    found = contained(parsed(filter_), FIELDS)

    assert found is not None
    assert len(found.documents) == count
    assert found.rest == rest
    assert found.are_apart is are_apart


@pytest.mark.parametrize(
    "filter_",
    [
        {"size": {"$gt": 3}},
        {"kind": {"$in": ["a", None]}},
        {"kind": {"$nin": ["a", "b"]}},
        {"$or": [EIGHT, {"size": {"$gt": 3}}]},
        {"id": {"$in": ["a", "b"]}},
        {**EIGHT, "year": 2024},
    ],
)
def test_nothing_is_contained_where_any_item_may_match_or_another_index_finds_it(
    filter_: Any,
) -> None:
    assert contained(parsed(filter_), FIELDS) is None


def test_an_or_of_values_of_one_key_is_apart() -> None:
    either = Or(*(Condition("kind", "eq", one) for one in "abcde"))

    found = contained(either, FIELDS)

    assert found is not None
    assert found.are_apart
