"""Columns of adopted tables: what their types hold, and which values filters mean by a value."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal, localcontext
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg import sql

from pgrecall._statements.adopted.bounds import Range, literal_of, range_of
from pgrecall._statements.adopted.columns import TableColumn, fields_of, is_exact, kind_of
from pgrecall._statements.conditions import OWN_SUBJECT, compile_filter
from pgrecall._statements.parameters import Parameters
from pgrecall._values.instants import instant_of
from pgrecall.filters import parse

SMALL = TableColumn("n", "smallint", "integer")
REAL = TableColumn("r", "real", "float")
DOUBLE = TableColumn("d", "double precision", "float")
DATE = TableColumn("d", "date", "date")
TIME = TableColumn("t", "timestamp without time zone", "timestamp")
LARGEST = "1.7976931348623157e+308"


@pytest.mark.parametrize(
    ("type_name", "typtype", "kind"),
    [
        ("bigint", "b", "integer"),
        ("double precision", "b", "float"),
        ("character varying", "b", "text"),
        ("public.citext", "b", "text"),
        ('"My schema".citext', "b", "text"),
        ("timestamp with time zone", "b", "timestamptz"),
        ("public.mood", "e", "enum"),
        *((name, "b", None) for name in ("bytea", "interval", "money", "xml", "public.vector")),
        ("int4range", "r", None),
        ("public.numeric", "c", None),
        ("public.date", "b", None),
    ],
)
def test_a_type_is_of_the_kind_that_it_holds_or_not_understood(
    type_name: str, typtype: str, kind: str | None
) -> None:
    assert kind_of(type_name, typtype) == kind


def test_columns_are_declared_fields_unless_they_hold_several_values() -> None:
    columns = [
        SMALL,
        TableColumn("at", "date", "date"),
        TableColumn("mood", "public.mood", "enum"),
        TableColumn("tags", "text", "text", is_array=True),
        TableColumn("doc", "jsonb", "json"),
    ]
    assert fields_of(columns) == {"n": "number", "at": "datetime", "mood": "text"}


def test_texts_that_are_held_equal_are_the_same_unless_their_type_or_collation_is_loose() -> None:
    assert is_exact("text")
    assert not is_exact("text", is_deterministic=False)
    assert not any(map(is_exact, ("citext", "public.citext", "character", "bpchar", "name")))


@pytest.mark.parametrize(
    ("op", "value", "expected"),
    [
        ("gt", 1.5, Range("2", None)),
        ("gt", 1, Range("2", None)),
        ("gte", 1.0, Range("1", None)),
        ("lt", 1.5, Range(None, "1")),
        ("lt", Decimal("2.0"), Range(None, "1")),
        ("lt", 10**30, Range(None, None)),
        ("gt", -(10**4000), Range(None, None)),
        ("gt", 32767, None),
        ("gte", 32767, Range("32767", None)),
        ("gt", Decimal("1e400"), None),
        ("between", (1.5, 1.9), None),
        ("between", (1.5, 10**9), Range("2", None)),
    ],
)
def test_a_bound_is_brought_to_a_columns_integers(
    op: str, value: Any, expected: Range | None
) -> None:
    assert range_of(SMALL, op, value) == expected


@pytest.mark.parametrize(
    ("op", "value", "expected"),
    [
        ("gte", Decimal("0.1"), Range("0.1", LARGEST)),
        ("gt", Decimal("0.1"), Range("0.10000000000000002", LARGEST)),
        ("gt", Decimal("0.10000000000000000001"), Range("0.10000000000000002", LARGEST)),
        ("lt", Decimal("0.10000000000000000001"), Range(f"-{LARGEST}", "0.1")),
        ("lt", 10**400, Range(f"-{LARGEST}", LARGEST)),
        ("gt", 10**400, None),
        ("between", (1, 0), None),
    ],
)
def test_a_bound_is_brought_to_a_columns_floats(
    op: str, value: Any, expected: Range | None
) -> None:
    assert range_of(DOUBLE, op, value) == expected


@given(value=st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=False))
def test_a_float_is_equal_to_what_its_shortest_text_says_and_to_nothing_near_it(
    value: float,
) -> None:
    found = literal_of(DOUBLE, value)
    assert found is None or float(found) == value
    near = Decimal(repr(value)) * (1 + Decimal("1e-25")) or Decimal("1e-330")
    assert literal_of(DOUBLE, near) is None


@given(value=st.floats(width=32, allow_nan=False, allow_infinity=False, allow_subnormal=False))
def test_a_single_float_is_equal_to_its_own_shortest_text(value: float) -> None:
    text = Decimal(str(np.float32(value)))
    found = literal_of(REAL, text)
    assert found is not None
    assert float(found) == value


def test_a_number_is_brought_to_a_column_whatever_the_callers_decimals_are_rounded_to() -> None:
    number = TableColumn("n", "bigint", "integer")
    with localcontext(prec=2):
        assert literal_of(number, 10**18 + 1) == f"{10**18 + 1}"
        assert literal_of(number, Decimal("1000000000000000001.5")) is None
        assert literal_of(DOUBLE, 0.123456789) == "0.123456789"
        assert range_of(number, "gt", Decimal("12345.5")) == Range("12346", None)


def test_times_are_brought_to_a_columns_own_step_within_the_years_that_a_text_can_say() -> None:
    noon = instant_of(dt.datetime(2024, 5, 1, 12, tzinfo=dt.UTC))
    midnight = instant_of(dt.date(2024, 5, 1))
    assert range_of(DATE, "gt", noon) == Range("2024-05-02", "9999-12-31")
    assert range_of(DATE, "lt", noon) == Range("0001-01-01", "2024-05-01")
    assert range_of(DATE, "lt", midnight) == Range("0001-01-01", "2024-04-30")
    assert range_of(TIME, "gt", midnight) == Range(
        "2024-05-01 00:00:00.000001", "9999-12-31 23:59:59.999999"
    )
    assert literal_of(DATE, noon) is None
    assert literal_of(DATE, midnight) == "2024-05-01"


def test_what_no_row_can_hold_binds_nothing() -> None:
    fields = {
        "n": (SMALL, sql.SQL("field_0")),
        "key": (TableColumn("key", "uuid", "uuid"), sql.SQL("field_1")),
        "tags": (TableColumn("tags", "text", "text", is_array=True), sql.SQL("field_2")),
    }
    subject = OWN_SUBJECT._replace(fields=fields)
    for filter_ in (
        {"n": "1"},
        {"n": 1.5},
        {"n": {"$in": [10**30, True]}},
        {"n": {"$gt": 10**30}},
        {"n": {"$like": "%"}},
        {"key": "A" * 32},
        {"tags": {"$all": ["a", 1]}},
        {"tags": "a"},
    ):
        parsed, parameters = parse(filter_), Parameters()
        assert parsed is not None
        assert compile_filter(parsed, {}, parameters, subject).as_string(None) == "false"
        assert not parameters.values
