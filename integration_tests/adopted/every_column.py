"""A table with a column of every kind, and what values they have."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any, NamedTuple

import psycopg
from hypothesis import strategies as st
from integration_tests.search import filter_batches
from psycopg import sql

from pgrecall._statements import instants
from pgrecall._statements.adopted.columns import ENUM, TableColumn, is_exact, kind_of

SCHEMA = "odd \"schema's %s"
LABELS = ["ok", "OK", "", "it's 100 %", 'q"\\', "2024-05-01", "%s", "ключ", "a", "b"]
TEXTS = [*filter_batches.STRINGS, "2024-05-01", "NaN", "ss", "ß", "abc", "ABC", "ab "]
UUIDS = ["00000000-0000-0000-0000-000000000001", "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"]
UUIDS += ["ffffffff-ffff-ffff-ffff-ffffffffffff"]
DATES = ["2024-05-01", "0001-01-01", "9999-12-31", "10000-01-01", "0044-03-15 BC", "infinity"]
DATES += ["-infinity", "1969-12-31"]
TIMES = [
    "2024-05-01 00:00:00",
    "2024-05-01 10:00:00.25",
    "2024-03-10 02:30:00",  # a time that New York has not
    "0001-01-01 00:00:00",
    "0001-12-31 23:59:59.999999 BC",
    "9999-12-31 23:59:59.999999",
    "10000-01-01 00:00:00",
    "infinity",
    "-infinity",
]
ZONED = [one if one.endswith("infinity") else f"{one}+00:00" for one in TIMES if "BC" not in one]
ZONED += ["0001-12-31 23:59:59.999999+00:00 BC", "2024-05-01 05:45:00+05:45"]
FLOATS = [
    "NaN",
    "Infinity",
    "-Infinity",
    "0.1",
    "-0",
    "1",
    "0.3",
    "16777217",
    "1e-7",
    "3.4028235e38",
]
DOUBLES = ["1.7976931348623157e308", "5e-324", "0.30000000000000004", "9007199254740993"]
NUMERICS = ["NaN", "1.10", "10000000000000000000000000000000000000001", "1e-20", "0.1", "1"]
JSONS = [None, 1, "a", "", [], ["a"], {}, {"a": None}, {"a": 1, "Lang": "b"}, [1, None], 1.0, True]


class Made(NamedTuple):
    """A column.

    Attributes:
        column: What it is.
        declared: The type that it is declared with.
        examples: Texts of its values.
        values: More of them.
    """

    column: TableColumn
    declared: str
    examples: list[str]
    values: st.SearchStrategy[str]


class Type(NamedTuple):
    """What a column of it, and one of arrays, is made from."""

    name: str
    declared: str
    type: str
    examples: list[str]
    others: st.SearchStrategy[str] | None = None
    typtype: str = "b"
    is_deterministic: bool = True

    def made(self) -> list[Made]:
        kind = kind_of(self.type, self.typtype)
        assert kind is not None
        exact = is_exact(self.type, is_deterministic=self.is_deterministic)
        own = st.sampled_from(self.examples)
        values = own if self.others is None else own | self.others
        base, *collation = self.declared.partition(" COLLATE ")
        column = TableColumn(self.name, self.type, kind, is_exact=exact)
        several = TableColumn(f"{self.name}s", self.type, kind, is_array=True, is_exact=exact)
        return [
            Made(column, self.declared, self.examples, values),
            Made(several, "".join((base, "[]", *collation)), arrays(self.examples), array(values)),
        ]


def whole(name: str, type_: str, bits: int) -> Type:
    ends = [-(2**bits), 2**bits - 1]
    others = st.integers(*ends).map(str)
    return Type(name, type_, type_, [*map(str, ends), "0", "1", "-1"], others)


def floating(name: str, type_: str, width: Any, examples: list[str]) -> Type:
    return Type(name, type_, type_, examples, st.floats(width=width).map(repr))


def word(name: str, declared: str, type_: str, most: int = 9, *more: str) -> Type:
    examples = [*more, *(text[:most] for text in TEXTS)]
    return Type(name, declared, type_, examples, st.text(filter_batches.storable, max_size=most))


def written(values: list[str | None]) -> str:
    """Write an array of one dimension."""
    quoted = (
        "NULL" if one is None else '"' + one.replace("\\", "\\\\").replace('"', '\\"') + '"'
        for one in values
    )
    return "{" + ",".join(quoted) + "}"


def arrays(examples: list[str]) -> list[str]:
    first, second = written([*examples[:2]]), written([*examples[-2:]])
    made = ["{}", "{NULL}", written([examples[0], None]), written([*examples[:3]])]
    made += ["{%s,%s}" % (first, second), "{{%s,%s}}" % (first, second)]  # noqa: UP031  # braces
    return made + [written([one]) for one in examples]


def array(elements: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Give texts of arrays: of no element, with NULL, and of two dimensions."""
    row = st.lists(st.none() | elements, max_size=3).map(written)
    pair = st.tuples(elements, elements).map(lambda two: written([*two]))
    pairs = st.lists(pair, min_size=1, max_size=2).map(lambda rows: "{" + ",".join(rows) + "}")
    return row | row | row | pairs


def columns_of(connection: psycopg.Connection[Any], schema: str) -> list[Made]:
    """Give a column of each type that the server has."""
    documents = [json.dumps(one) for one in JSONS]
    metadata_ = filter_batches.metadata.map(json.dumps)
    mood = f"{schema}.mood"
    types = [
        whole("small", "smallint", 15),
        whole("int", "integer", 31),
        whole("big", "bigint", 63),
        floating("num", "numeric", 64, NUMERICS),
        floating("real", "real", 32, FLOATS),
        floating("double", "double precision", 64, FLOATS + DOUBLES),
        word("Lang", "text", "text"),
        word("var", "varchar(5)", "character varying", 5),
        word("char", "char(4)", "character", 4),
        word("na\"me's %s", "name", "name", 9, "n" * 63),
        Type("uuid", "uuid", "uuid", UUIDS, st.uuids().map(str)),
        Type("mood", mood, mood, LABELS, typtype=ENUM),
        Type("flag", "boolean", "boolean", ["true", "false"]),
        Type("day", "date", "date", DATES, st.dates().map(str)),
        Type("time", "timestamp", "timestamp without time zone", TIMES),
        Type("zoned", "timestamptz", "timestamp with time zone", ZONED),
        Type("doc", "jsonb", "jsonb", documents, metadata_),
        Type("plain", "json", "json", documents, metadata_),
        whole("whole", "integer", 31)._replace(declared=f"{schema}.whole"),
        word("word", f"{schema}.word", "text"),
        Type("feel", f"{schema}.feel", mood, LABELS, typtype=ENUM),
    ]
    with suppress(psycopg.errors.FeatureNotSupported):  # some builds have no ICU
        connection.execute(
            f"CREATE COLLATION {schema}.loose"
            " (provider = icu, locale = 'und-u-ks-level2', deterministic = false)"
        )
        loose = word("lax", f"text COLLATE {schema}.loose", "text")
        types.append(loose._replace(is_deterministic=False))
    with suppress(psycopg.errors.FeatureNotSupported, psycopg.errors.DuplicateObject):  # or not
        connection.execute(f"CREATE EXTENSION citext SCHEMA {schema}")
        types.append(word("ci", f"{schema}.citext", f"{schema}.citext"))
    return [made for one in types for made in one.made()]


def make_table(connection: psycopg.Connection[Any]) -> list[Made]:
    """Make the table and give its columns; nothing may depend on the session's settings."""
    schema = sql.Identifier(SCHEMA).as_string(connection)
    labels = sql.SQL(", ").join(map(sql.Literal, LABELS)).as_string(connection)
    for statement in (
        f"DROP SCHEMA IF EXISTS {schema} CASCADE",
        f"CREATE SCHEMA {schema}",
        f"CREATE TYPE {schema}.mood AS ENUM ({labels})",
        f"CREATE DOMAIN {schema}.whole AS integer CHECK (VALUE <> 77)",
        f"CREATE DOMAIN {schema}.word AS text",
        f"CREATE DOMAIN {schema}.feel AS {schema}.mood",
        "CREATE SCHEMA IF NOT EXISTS pgrecall",
    ):
        connection.execute(statement)
    for statement in instants.create("pgrecall"):
        connection.execute(statement.sent()[0].encode())
    made = columns_of(connection, schema)
    listed = ", ".join(
        f"{sql.Identifier(one.column.name).as_string(connection)} {one.declared}" for one in made
    )
    connection.execute(
        f'CREATE TABLE {schema}.items (key text COLLATE "C" PRIMARY KEY, {listed}, "json" jsonb)'
    )
    for setting in (
        "SET timezone = 'America/New_York'",
        "SET datestyle = 'SQL, DMY'",
        "SET extra_float_digits = 0",
        "SET intervalstyle = 'sql_standard'",
        "SET search_path = ''",
    ):
        connection.execute(setting)
    return made
