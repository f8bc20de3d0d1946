"""What metadata has of a column's value, whatever the session's settings."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import sql

from pgrecall._statements.adopted.columns import TableColumn
from pgrecall._statements.adopted.values import json_value, metadata

if TYPE_CHECKING:
    from collections.abc import Iterator

INTEGER = TableColumn("n", "integer", "integer")
REAL = TableColumn("r", "real", "float")
DOUBLE = TableColumn("d", "double precision", "float")
DATE = TableColumn("d", "date", "date")
TIME = TableColumn("t", "timestamp without time zone", "timestamp")
ZONED = TableColumn("z", "timestamp with time zone", "timestamptz")
SESSIONS = [
    (),
    (
        "SET timezone = 'America/New_York'",
        "SET datestyle = 'SQL, DMY'",
        "SET extra_float_digits = -15",
        "SET search_path = ''",
    ),
    ("SET timezone = 'Asia/Kathmandu'", "SET datestyle = 'German'", "SET extra_float_digits = 3"),
]


@pytest.fixture(scope="module", params=SESSIONS, ids=["by default", "American", "German"])
def connection(dsn: str, request: pytest.FixtureRequest) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(dsn, autocommit=True) as connection:
        for statement in request.param:
            connection.execute(statement)
        yield connection


def several(column: TableColumn) -> TableColumn:
    return TableColumn(column.name, column.type, column.kind, is_array=True)


def read(connection: psycopg.Connection[Any], written: sql.Composable) -> Any:
    query = sql.SQL("SELECT ({})::text").format(written)
    row = connection.execute(query, {}, prepare=False).fetchone()
    assert row is not None
    return None if row[0] is None else json.loads(row[0], parse_float=str)


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        (REAL, "0.1", "0.1"),
        (REAL, "16777216", 16777216),
        (REAL, "3.4028235e38", 340282350000000000000000000000000000000),
        (REAL, "NaN", "NaN"),
        (DOUBLE, "0.1", "0.1"),
        (DOUBLE, "0.30000000000000004", "0.30000000000000004"),
        (DOUBLE, "5.684341886080801e-14", "0.00000000000005684341886080801"),
        (DOUBLE, "1.7976931348623157e308", int("17976931348623157" + "0" * 292)),
        (DOUBLE, "-Infinity", "-Infinity"),
        (TableColumn("n", "numeric", "numeric"), "1.10", "1.10"),
        (TableColumn("n", "numeric", "numeric"), "NaN", "NaN"),
        (DATE, "2024-01-31", "2024-01-31"),
        (DATE, "infinity", "infinity"),
        (DATE, "0044-03-15 BC", "0044-03-15 BC"),
        (TIME, "2024-01-31 10:00:00", "2024-01-31T10:00:00Z"),
        (TIME, "2024-03-10 02:30:00.25", "2024-03-10T02:30:00.25Z"),
        (TIME, "10000-01-01", "10000-01-01T00:00:00"),
        (ZONED, "2024-01-31 11:00:00+01:00", "2024-01-31T10:00:00Z"),
        (ZONED, "2024-11-03 05:30:00.000001+00:00", "2024-11-03T05:30:00.000001Z"),
        (ZONED, "9999-12-31 23:59:59.999999+00:00", "9999-12-31T23:59:59.999999Z"),
        (ZONED, "-infinity", "-infinity"),
        (TableColumn("b", "boolean", "boolean"), "t", True),
        (
            TableColumn("u", "uuid", "uuid"),
            "{A" + "0" * 31 + "}",
            "a" + "0" * 7 + "-0000" * 3 + "-" + "0" * 12,
        ),
        (TableColumn("c", "bpchar", "text"), "ab  ", "ab"),
        (TableColumn("j", "json", "json"), '{"a": [null]}', {"a": [None]}),
        (several(INTEGER), "{1,NULL}", [1, None]),
        (several(INTEGER), "{{1,2},{3,4}}", [[1, 2], [3, 4]]),
        (several(REAL), "{0.1,NaN,NULL}", ["0.1", "NaN", None]),
        (several(DOUBLE), "{{1,2},{3,4}}", [[1, 2], [3, 4]]),
        (several(DOUBLE), "{{{1,2},{3,4}}}", [[1, 2, 3, 4]]),
        (several(ZONED), "{2024-01-31 10:00:00+00:00}", ["2024-01-31T10:00:00Z"]),
        (several(TIME), "{}", []),
        (several(TIME), None, None),
        (several(DATE), "{2024-01-31,infinity}", ["2024-01-31", "infinity"]),
        (several(TableColumn("c", "bpchar", "text")), "{ab }", ["ab"]),
    ],
)
def test_a_value_is_the_same_json_in_every_session(
    connection: psycopg.Connection[Any], column: TableColumn, value: str | None, expected: Any
) -> None:
    type_ = sql.SQL(column.type + ("[]" if column.is_array else ""))
    given = sql.SQL("({}::{})").format(sql.Literal(value), type_)
    assert read(connection, json_value(column, given)) == expected


def test_a_column_hides_the_json_keys_of_its_name_and_keeps_nulls_of_its_own(
    connection: psycopg.Connection[Any],
) -> None:
    document = TableColumn("doc", "jsonb", "json")
    found = metadata(
        [
            (INTEGER, sql.SQL("NULL::integer")),
            (TableColumn("it's 100 %\\\"", "text", "text"), sql.SQL("'a'::text")),
            (document, sql.SQL("""'{"null": null}'::jsonb""")),
            (TableColumn("gone", "jsonb", "json"), sql.SQL("NULL::jsonb")),
        ],
        sql.SQL("""'{"n": 1, "doc": 2, "gone": 3, "other": null}'::jsonb"""),
    )
    assert read(connection, found) == {
        "it's 100 %\\\"": "a",
        "doc": {"null": None},
        "other": None,
    }


@pytest.mark.parametrize("json_", ["NULL", "'null'", "'[1]'", "'\"a\"'"])
def test_json_that_is_no_object_has_no_keys(
    connection: psycopg.Connection[Any], json_: str
) -> None:
    given = sql.SQL(f"{json_}::jsonb")
    assert read(connection, metadata([(INTEGER, sql.SQL("1"))], given)) == {"n": 1}
    assert read(connection, metadata([], given)) == {}


def test_a_table_may_have_as_many_columns_as_postgresql_takes(
    connection: psycopg.Connection[Any],
) -> None:
    names = [f"key {number}" for number in range(1_590)]
    columns = [(TableColumn(name, "integer", "integer"), sql.SQL("1")) for name in names]
    assert read(connection, metadata(columns)) == dict.fromkeys(names, 1)
    assert read(connection, metadata([])) == {}
