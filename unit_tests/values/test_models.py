"""Frozen values compare by what they hold."""

from __future__ import annotations

import inspect
import pickle
from copy import copy
from dataclasses import FrozenInstanceError, fields, replace
from typing import Any

import numpy as np
import pytest

from pgrecall import KEEP, Change, Item, Match
from pgrecall.models.matches import new_match


def match(metadata: Any) -> Match:
    return Match("a", 0.1, 0.9, "", metadata)


@pytest.mark.parametrize(
    "made",
    [
        lambda array: Change("a", vector=array),
        lambda array: Change("a", set={("x", "y"): array}),
        lambda array: Change("a", metadata={"x": [1, {"y": array}]}),
        lambda array: Item("a", array),
        lambda array: Item("a", None, "", {"x": (array, "s")}),
        lambda array: match({"x": array}),
    ],
)
def test_values_with_arrays_anywhere_compare_by_their_numbers(made: Any) -> None:
    one = made(np.array([1.0, 2.0]))

    assert one == made(np.array([1.0, 2.0]))
    assert one == made([1.0, 2.0])
    for other in (np.array([1.0, 3.0]), np.array([1.0]), np.empty(0), np.ones((2, 2)), None, "x"):
        assert one != made(other)
    assert made(np.empty(0)) == made(np.empty(0))
    assert made([[1.0], [1.0, 2.0]]) == made([[1.0], [1.0, 2.0]])
    assert one != made([[1.0], [1.0, 2.0]])


def test_what_stays_is_nothing_that_is_given() -> None:
    assert Change("a") == Change("a", vector=KEEP)
    assert Change("a") != Change("a", vector=np.ones(2))
    assert Change("a", vector=None) != Change("a")
    assert Change("a", remove=["x"]) != Change("a", remove=["y"])
    assert Change("a", metadata={"x": [1]}) != Change("a", metadata={"x": (1,)})
    assert Change("a", metadata={"x": 1}) != Change("a", metadata={"y": 1})
    assert Change("a") != Item("a", None)


def test_a_match_that_a_search_makes_is_one_that_anybody_makes() -> None:
    given = ("a", 0.1, 0.9, "text", {"x": [1]}, np.array([1.0]), 1, 2, 0.5, "snippet")
    named = {"rerank_score": 0.3, "group": "g", "created_at": None, "updated_at": None}
    made, found = Match(*given, **named), new_match(*given, **named)

    assert type(found) is Match
    assert found == made
    assert [getattr(found, one.name) for one in fields(Match)] == [
        getattr(made, one.name) for one in fields(Match)
    ]
    assert found == pickle.loads(pickle.dumps(found)) == copy(found) == replace(found)  # noqa: S301  # made here
    with pytest.raises(FrozenInstanceError):
        found.id = "b"  # type: ignore[misc]


def test_the_two_ways_to_make_a_match_take_the_same_arguments() -> None:
    ways = [inspect.signature(way).parameters.values() for way in (Match, new_match)]
    first, second = ([(one.name, one.kind, one.default) for one in way] for way in ways)
    assert first == second
