"""Which part of a collection a filter lies in."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from pgrecall import Condition, Hnsw, filters
from pgrecall._statements.parts import Part, plain_value, split


def part(field: str, kind: str, value: str, rows: float = 100.0) -> Part:
    return Part(field, kind, value, rows, Hnsw())


PARTS = {
    one.key: one
    for one in (
        part("team", "text", "a", 1_000.0),
        part("lang", "text", "en", 9_000.0),
        part("n", "number", "1.50"),
        part("big", "number", "1" + "0" * 400),
        part("on", "boolean", "true"),
        part("$created_at", "text", "never"),
        part("id", "text", "x"),
    )
}


def lies_in(filter_: Any) -> tuple[Any, ...] | None:
    where = filters.parse(filter_)
    assert where is not None
    found = split(where, PARTS)
    return None if found is None else (found[0][0], found[1])


def test_of_two_hot_values_the_one_with_fewer_rows_is_taken_wherever_it_stands() -> None:
    rest = Condition("lang", "eq", "en")
    assert lies_in({"lang": "en", "team": "a"}) == ("team", filters.And(rest))
    assert lies_in({"team": "a", "$and": [{"lang": "en"}]}) == ("team", filters.And(rest))


@pytest.mark.parametrize("value", [1.5, Decimal("1.500"), Decimal("15e-1")])
def test_a_number_is_the_same_however_it_is_written(value: Any) -> None:
    assert lies_in({"n": value}) == ("n", None)
    assert lies_in({"n": {"$in": [value]}}) == ("n", None)


def test_a_number_beyond_every_float_is_one() -> None:
    assert lies_in({"big": 10**400}) == ("big", None)
    assert lies_in({"big": 10**400 + 1}) is None


@pytest.mark.parametrize(
    "filter_",
    [
        {"$or": [{"team": "a"}, {"n": 1.5}]},
        {"$not": {"team": "a"}},
        {"team": {"$ne": "a"}},
        {"team": {"$in": ["a", "b"]}},
        {"team": {"$in": ["a", None]}},
        {"team": {"$contains": "a"}},
        {"team": {"$any": ["a"]}},
        {"team": {"$gte": "a"}},
        Condition(("team", "a"), "eq", "a"),
        {"on": 1},
        {"on": "true"},
        {"n": "1.5"},
        {"$created_at": "never"},
        {"$updated_at": "never"},
        {"id": "x"},
    ],
    ids=repr,
)
def test_what_may_match_other_rows_or_means_something_else_lies_in_none(filter_: Any) -> None:
    assert lies_in(filter_) is None


def test_a_key_of_metadata_may_have_the_name_of_what_is_an_items_own() -> None:
    assert lies_in(Condition(("$created_at",), "eq", "never")) == ("$created_at", None)
    assert lies_in(Condition(("id",), "eq", "x")) == ("id", None)


@pytest.mark.parametrize("text", ["1", "1.0", "1.00"])
def test_rows_that_write_a_number_otherwise_have_one_index_whichever_was_counted(text: str) -> None:
    assert plain_value("number", text) == "1"
    assert plain_value("number", "100") == "100"
    assert plain_value("number", "-0.0100") == "-0.01"
    assert plain_value("text", text) == text
