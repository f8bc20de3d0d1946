"""Frozen values compare by what they hold."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pgrecall import KEEP, Change, Item, Match


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
