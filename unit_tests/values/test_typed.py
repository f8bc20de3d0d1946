"""Values of metadata as the text that a column's type reads."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from enum import Enum
from uuid import UUID

import numpy as np
import pytest

from pgrecall._statements.adopted.columns import TableColumn
from pgrecall._values.typed import text_for
from pgrecall._values.unusable import Unusable

TYPES = {
    "smallint": "integer",
    "bigint": "integer",
    "numeric": "numeric",
    "real": "float",
    "text": "text",
    "uuid": "uuid",
    "public.mood": "enum",
    "boolean": "boolean",
    "date": "date",
    "timestamp without time zone": "timestamp",
    "timestamp with time zone": "timestamptz",
    "jsonb": "json",
}


class Mood(Enum):
    GLAD = "glad"


def column(kind: str) -> TableColumn:
    name = kind.removesuffix("[]")
    return TableColumn("c", name, TYPES[name], is_array=kind.endswith("[]"))


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("smallint", None, None),
        ("smallint", -32_768, "-32768"),
        ("bigint", 2.0, "2"),
        ("bigint", np.int64(7), "7"),
        ("bigint", Decimal(9223372036854775807), "9223372036854775807"),
        ("numeric", Decimal("1.10"), "1.10"),
        ("numeric", 10**30, "1" + "0" * 30),
        ("numeric", 1e300, "1e+300"),
        ("real", 0.1, "0.1"),
        ("real", "NaN", "NaN"),
        ("text", "", ""),
        ("text", Mood.GLAD, "glad"),
        ("uuid", UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        ("uuid", "0F8FAD5B-D9CB-469F-A165-70867728950E", "0f8fad5b-d9cb-469f-a165-70867728950e"),
        ("public.mood", Mood.GLAD, "glad"),
        ("boolean", np.True_, "true"),
        ("date", dt.date(2026, 5, 1), "2026-05-01"),
        ("date", "2026-05-01T00:00:00Z", "2026-05-01"),
        ("date", "infinity", "infinity"),
        ("timestamp without time zone", "2026-05-01T14:00:00+02:00", "2026-05-01 12:00:00.000000"),
        ("timestamp with time zone", "2026-05-01", "2026-05-01 00:00:00.000000+00:00"),
        ("jsonb", {"a": [1, None]}, '{"a":[1,null]}'),
        ("jsonb", "x", '"x"'),
        ("text[]", [], "{}"),
        ("text[]", ('a"b\\', "NULL", None), '{"a\\"b\\\\","NULL",NULL}'),
        ("bigint[]", np.array([1, 2]), '{"1","2"}'),
        ("jsonb[]", [[1], "x"], '{"[1]","\\"x\\""}'),
    ],
)
def test_a_value_is_written_as_its_type_reads_it(
    kind: str, value: object, text: str | None
) -> None:
    assert text_for(column(kind), value) == text


@pytest.mark.parametrize(
    ("kind", "value", "why"),
    [
        ("smallint", 32_768, "out of range"),
        ("bigint", 2**63, "out of range"),
        ("bigint", 1.5, "no whole number"),
        ("bigint", "1", "is a string, and the column is of type bigint"),
        ("bigint", True, "is a boolean"),
        ("numeric", "1", "is a string"),
        ("real", {}, "is an object"),
        ("text", 1, "is a number"),
        ("text", "a\0", "NUL"),
        ("uuid", "0f8fad5bd9cb469fa16570867728950e", "no UUID"),
        ("boolean", "true", "is a string"),
        ("date", "01.05.2026", "no time of RFC 3339"),
        ("date", "2026-05-01T00:00:01Z", "not the midnight"),
        ("timestamp with time zone", 1_777_777_777, "is a number"),
        ("jsonb", object(), "JSON has not"),
        ("text[]", "a", "is a string, and the column is of type text[]"),
        ("text[]", [["a"]], "lists in its list"),
        ("bigint[]", [1, 2.5], "no whole number"),
    ],
)
def test_what_a_type_cannot_hold_is_told_without_the_value(
    kind: str, value: object, why: str
) -> None:
    with pytest.raises(Unusable) as error:
        text_for(column(kind), value)

    assert why in error.value.reason
