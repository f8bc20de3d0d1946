"""Structured queries become filters, with no database."""

from __future__ import annotations

import datetime as dt

import pytest
from langchain_core.structured_query import (
    Comparator,
    Comparison,
    Operation,
    Operator,
    StructuredQuery,
)

from pgrecall import And, Condition, FilterError, Not, Or, filters
from pgrecall._values.instants import read
from pgrecall._values.own_fields import TIMES
from pgrecall.langchain import PgRecallTranslator

TRANSLATOR = PgRecallTranslator()


def test_every_comparator_and_operator_of_langchain_is_known() -> None:
    assert set(TRANSLATOR.allowed_comparators) == set(Comparator)
    assert set(TRANSLATOR.allowed_operators) == set(Operator)


@pytest.mark.parametrize(
    ("comparator", "value", "op", "stored"),
    [
        ("eq", 1, "eq", 1),
        ("ne", "a", "ne", "a"),
        ("gt", 1.5, "gt", 1.5),
        ("gte", 1, "gte", 1),
        ("lt", 1, "lt", 1),
        ("lte", 1, "lte", 1),
        ("contain", "a", "contains", "a"),
        ("contain", ["a", "b"], "all", ["a", "b"]),
        ("like", "%a%", "like", "%a%"),
        ("in", ["a", "b"], "in", ["a", "b"]),
        ("in", ("a", "b"), "in", ["a", "b"]),
        ("in", "a", "in", ["a"]),
        ("nin", [1], "not_in", [1]),
        ("nin", 1, "not_in", [1]),
        ("gt", {"date": "2024-05-01", "type": "date"}, "gt", dt.date(2024, 5, 1)),
        (
            "lt",
            {"datetime": "2024-05-01T10:00:00", "type": "datetime"},
            "lt",
            dt.datetime(2024, 5, 1, 10),  # noqa: DTZ001  # as the model wrote it: in UTC
        ),
        ("in", [{"date": "2024-05-01", "type": "date"}], "in", [dt.date(2024, 5, 1)]),
        ("eq", {"date": "May", "type": "date"}, "eq", "May"),
        # as what is stored is read: finer than a microsecond it is rounded, 24:00 is the next day
        (
            "eq",
            {"datetime": "2024-05-01T10:00:00.0000019Z", "type": "datetime"},
            "eq",
            dt.datetime(2024, 5, 1, 10, 0, 0, 2, dt.UTC),
        ),
        (
            "gt",
            {"datetime": "2024-05-01T24:00:00Z", "type": "datetime"},
            "gt",
            dt.datetime(2024, 5, 2, tzinfo=dt.UTC),
        ),
    ],
)
def test_a_comparison_is_a_condition(
    comparator: str, value: object, op: str, stored: object
) -> None:
    comparison = Comparison(Comparator(comparator), "key", value)

    found = comparison.accept(TRANSLATOR)

    assert found == Condition("key", op, stored)
    assert filters.parse(found) is not None


def test_an_attribute_is_a_literal_key() -> None:
    for key in ("$where", "a.b", 'say "x"', "user"):
        found = Comparison(Comparator.EQ, key, 1).accept(TRANSLATOR)
        assert filters.parse(found) == Condition(key, "eq", 1)


def test_operators_combine_conditions() -> None:
    one, two = Comparison(Comparator.EQ, "a", 1), Comparison(Comparator.EQ, "b", 2)
    first, second = Condition("a", "eq", 1), Condition("b", "eq", 2)

    def combined(operator: Operator, *parts: object) -> object:
        return Operation(operator, list(parts)).accept(TRANSLATOR)  # type: ignore[arg-type]

    assert combined(Operator.AND, one, two) == And(first, second)
    assert combined(Operator.OR, one, two) == Or(first, second)
    assert combined(Operator.NOT, one) == Not(first)
    assert combined(Operator.AND, Operation(Operator.NOT, [one]), two) == And(Not(first), second)


def test_not_of_several_statements_is_none_of_them() -> None:
    one, two = Comparison(Comparator.EQ, "a", 1), Comparison(Comparator.EQ, "b", 2)

    found = Operation(Operator.NOT, [one, two]).accept(TRANSLATOR)

    assert found == Not(Or(Condition("a", "eq", 1), Condition("b", "eq", 2)))
    with pytest.raises(FilterError, match="not takes a statement"):
        Operation(Operator.NOT, []).accept(TRANSLATOR)


def test_an_attribute_id_is_a_metadata_key_and_the_times_are_the_documents() -> None:
    found = Comparison(Comparator.NE, "id", 1).accept(TRANSLATOR)
    assert filters.parse(found) == Condition(("id",), "ne", 1)
    day = {"date": "2024-05-01", "type": "date"}
    for key in TIMES:
        found = Comparison(Comparator.GTE, key, day).accept(TRANSLATOR)
        assert filters.parse(found) == Condition(key, "gte", read("2024-05-01"))


def test_a_query_is_a_question_and_a_filter() -> None:
    one = Comparison(Comparator.EQ, "a", 1)

    assert TRANSLATOR.visit_structured_query(StructuredQuery("q", None)) == ("q", {})
    assert TRANSLATOR.visit_structured_query(StructuredQuery("q", one, 3)) == (
        "q",
        {"filter": Condition("a", "eq", 1)},
    )
