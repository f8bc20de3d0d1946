"""Filters on columns of every kind: PostgreSQL and the oracle agree on every row."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from integration_tests.adopted import column_batches
from integration_tests.adopted.every_column import Made, make_table
from integration_tests.search import filter_batches
from integration_tests.shared.exhaustive import IS_EXHAUSTIVE

from pgrecall.filters import Condition

if TYPE_CHECKING:
    from collections.abc import Iterator

    Connection = psycopg.Connection[Any]

EACH = 1 if IS_EXHAUSTIVE else 17
"""How many filters there are for one that is tested."""
OTHERS: list[Any] = ["", "a", "NaN", "2024-05-01", 0, 1, 1.5, 10**40, 5e-324, -1e308, True, False]
OTHERS += [Decimal("1E+23"), Decimal("1e400"), dt.date(2024, 5, 1), dt.date.max, dt.date.min]
OTHERS += [dt.datetime(2024, 5, 1, 12, tzinfo=dt.timezone(dt.timedelta(hours=2)))]

thorough = settings(
    max_examples=300 if IS_EXHAUSTIVE else 12,
    deadline=None,
    # a run of twice as many ends with Hypothesis' word that what it drew is drawn otherwise again
    derandomize=not IS_EXHAUSTIVE,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)


@pytest.fixture(scope="module")
def connection(dsn: str) -> Iterator[Connection]:
    with psycopg.connect(dsn, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def made(connection: Connection) -> list[Made]:
    return make_table(connection)


@pytest.fixture(scope="module")
def known(connection: Connection, made: list[Made]) -> column_batches.Known:
    return column_batches.known(connection, made)


def arguments(values: list[Any]) -> list[tuple[tuple[str, ...], list[Any]]]:
    """What operators are given: what is stored and what is near it, and what other types have."""
    given = [*OTHERS, *(one for one in values if one is not None)]
    given += [
        one + (1 if isinstance(one, int) else Decimal("1e-30"))
        for one in values
        if isinstance(one, int | Decimal) and not isinstance(one, bool)
    ]
    elements = [one for one in given if not isinstance(one, dt.date)]
    ordered = [one for one in given if not isinstance(one, bool)]
    words = [one for one in given if isinstance(one, str)]
    likes = [*map(filter_batches.escaped, words), "%", "_", "a%", "%\\%%", "A_", "2024%", "%Z"]
    lists = [[], [None], given, [None, *given], *([one, "x"] for one in given), [True, 1], words]
    several = [[], elements, [None, *elements[:1]], *([one] for one in elements), elements[-2:]]
    return [
        (("eq", "ne"), [*given, None]),
        (("contains",), [*elements, None]),
        (("in", "not_in"), lists),
        (("any", "all"), several),
        (("gt", "gte", "lt", "lte"), ordered),
        (("between",), [[low, high] for low in ordered[::3] for high in ordered[::4]]),
        (filter_batches.FLAGS, [True, False]),
        (filter_batches.WORDS, words),
        (filter_batches.PATTERNS, likes),
    ]


def test_every_operator_agrees_on_every_kind_of_column(
    connection: Connection, made: list[Made], known: column_batches.Known
) -> None:
    for place, one in enumerate(made):
        name = one.column.name
        fields = (name, (name, "a"))
        with connection.transaction(force_rollback=True):
            stored = column_batches.stored_of(connection, made, one)
            found = [value for _, value in known[name]]
            filters = [
                Condition(field, op, argument)
                for ops, some in arguments(list({repr(value): value for value in found}.values()))
                for op in ops
                for argument in some
                for field in fields
            ]
            # some of each, of which every column has others
            column_batches.check(connection, made, stored, filters[place % EACH :: EACH])


@given(data=st.data())
@thorough
def test_every_filter_on_columns_matches_the_rows_that_the_oracle_says(
    connection: Connection,
    made: list[Made],
    known: column_batches.Known,
    data: st.DataObject,
) -> None:
    # what is drawn is of nothing that the server says now
    rows, filters = data.draw(column_batches.batches(made, known))
    with connection.transaction(force_rollback=True):
        column_batches.load(connection, rows)
        stored = column_batches.metadata_of(connection, made)
        column_batches.check(connection, made, stored, filters)
