"""LangGraph's filters become the core's: paths into the value, bound and checked there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pgrecall._values.filter_values import whole
from pgrecall.errors import FilterError
from pgrecall.filters import And, Condition, Not, Or, parse
from pgrecall.langgraph._filters import to_filter


def test_no_filter_and_an_empty_one_are_none() -> None:
    assert to_filter(None) is None
    assert to_filter({}) is None


def test_a_key_is_a_path_so_that_id_is_the_values_own() -> None:
    assert to_filter({"id": "x"}) == And(Condition(("id",), "eq", "x"))


def test_a_key_lies_below_the_base() -> None:
    assert to_filter({"n": {"$gt": 3}}, ("value",)) == And(And(Condition(("value", "n"), "gt", 3)))


def test_logical_operators_hold_filters() -> None:
    found = to_filter({"$or": [{"a": 1}, {}], "$not": {"b": 2}, "$and": []})

    assert found == And(
        Or(And(Condition(("a",), "eq", 1)), And()), Not(And(Condition(("b",), "eq", 2))), And()
    )


@pytest.mark.parametrize("given", [["x", 1], ("x", 1), np.array([1, 2]), []], ids=repr)
def test_a_list_is_equal_to_that_very_list_as_in_langgraphs_own_stores(given: Any) -> None:
    found: Any = to_filter({"tags": given, "a": {"b": given}})

    assert found.parts[0] == Condition(("tags",), "eq", whole(given))
    assert Condition(("a", "b"), "eq", whole(given)) in found.parts[1].parts


def test_a_mapping_without_operators_is_matched_key_by_key() -> None:
    found = to_filter({"a": {"b": {"$in": [1]}}})

    assert isinstance(found, And)
    assert Condition(("a", "b"), "in", [1]) in found.parts[0].parts[1].parts  # type: ignore[union-attr]  # an And


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"a": {1}}, "operator 'eq': it is of type set, which has no order"),
        ({"a": {"$gt": 1, "b": 2}}, "stands beside operators"),
        ({"$or": {"a": 1}}, "takes a list"),
        ({"$not": 3}, "must be a mapping"),
        ({"$not": [3]}, "must be a mapping"),
        ({"a": {"$eq": [{1}]}}, r"it\[0\] is of type set, which has no order"),
        ("a", "must be a mapping"),
    ],
)
def test_what_cannot_be_a_filter_is_told(given: object, says: str) -> None:
    with pytest.raises(FilterError, match=says):
        to_filter(given)  # type: ignore[arg-type]  # that is the subject


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ([float("nan")], r"it\[0\] is nan"),
        ({1}, "of type set"),
        (["a\0"], r"holds NUL \(U\+0000\), which PostgreSQL cannot store$"),
    ],
    ids=repr,
)
def test_a_whole_value_that_cannot_be_compared_is_told_with_its_key(value: Any, told: str) -> None:
    with pytest.raises(FilterError, match=f"^filter on 'tags', operator 'eq': .*{told}"):
        to_filter({"tags": {"$eq": value}})


def test_an_unknown_operator_is_told_by_the_core() -> None:
    with pytest.raises(FilterError, match="near"):
        parse(to_filter({"a": {"$near": 1}}))
