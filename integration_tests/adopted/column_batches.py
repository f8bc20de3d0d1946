"""A table with a column of every kind, random rows of it, and the check that filters agree."""

from __future__ import annotations

import json
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import psycopg
import pytest
from hypothesis import strategies as st
from integration_tests.search import filter_batches, oracle
from psycopg import sql

from pgrecall._statements import instants
from pgrecall._statements.adopted.columns import ENUM, TableColumn, fields_of, is_exact, kind_of
from pgrecall._statements.adopted.values import metadata
from pgrecall._statements.conditions import Subject, compile_filter
from pgrecall._statements.names import identifier
from pgrecall._statements.parameters import Parameters
from pgrecall.errors import FilterError
from pgrecall.filters import parse

if TYPE_CHECKING:
    from collections.abc import Callable

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


Known: TypeAlias = "dict[str, list[tuple[tuple[str, ...], Any]]]"
"""What metadata has of a column, by its name."""


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


def stored_of(
    connection: psycopg.Connection[Any], made: list[Made], one: Made
) -> dict[str, oracle.Row]:
    """Keep a row for each example of a column, and one whose JSON has a key of its name."""
    name = one.column.name
    rows = [{name: value, "json": None} for value in (None, *one.examples)]
    load(connection, [*rows, {name: None, "json": json.dumps({name: "hidden"})}])
    return metadata_of(connection, made)


def known(connection: psycopg.Connection[Any], made: list[Made]) -> Known:
    """Give what metadata has of each column's examples."""
    found = {}
    for one in made:
        with connection.transaction(force_rollback=True):
            stored = stored_of(connection, made, one)
        found[one.column.name] = [
            leaf for row in stored.values() for leaf in filter_batches.leaves(row.metadata)
        ]
    return found


@st.composite
def batches(draw: Any, made: list[Made], known_: Known) -> tuple[list[dict[str, Any]], list[Any]]:
    """Rows with some of the columns and keys in JSON, which a column may hide, and filters."""
    few = draw(st.lists(st.sampled_from(made), min_size=1, max_size=5, unique_by=id))
    names = [one.column.name for one in few]
    values = {one.column.name: st.none() | one.values for one in few}
    rest = filter_batches.metadata | st.dictionaries(st.sampled_from(names), st.just("hidden"))
    values["json"] = st.none() | st.sampled_from(["null", "[1]", '"a"']) | rest.map(json.dumps)
    rows = draw(st.lists(st.fixed_dictionaries(values), min_size=3, max_size=6))
    found = [leaf for name in names for leaf in known_[name]]
    for row in rows:
        found += filter_batches.leaves(json.loads(row["json"] or "{}"))
    found = [leaf for leaf in found if leaf[0]] + [(("id",), "0")]
    simple = filter_batches.conditions(found)
    leaf = simple | simple.map(filter_batches.as_mapping) | filter_batches.repeated(found)
    filters = st.recursive(leaf, filter_batches.combined, max_leaves=4)
    return rows, draw(st.lists(filters, min_size=8, max_size=16))


def load(connection: psycopg.Connection[Any], given: list[dict[str, Any]]) -> None:
    names = list(given[0])
    row = sql.SQL("({})").format(sql.SQL(", ").join([sql.Placeholder()] * (len(names) + 1)))
    connection.execute(
        sql.SQL("INSERT INTO {} ({}) VALUES {}").format(
            identifier(SCHEMA, "items"),
            sql.SQL(", ").join(map(identifier, ("key", *names))),
            sql.SQL(", ").join([row] * len(given)),
        ),
        [
            value
            for number, one in enumerate(given)
            for value in (str(number), *(one[name] for name in names))
        ],
    )


def subject_of(made: list[Made]) -> tuple[Subject, sql.Composable]:
    """Give what filters are about, and the subquery that it is read from."""
    columns = [(one.column, identifier("t", one.column.name)) for one in made]
    named = {
        column.name: (column, sql.SQL(f"field_{place}"))
        for place, (column, _) in enumerate(columns)
    }
    fields = sql.SQL(", ").join(
        sql.SQL("{} AS {}").format(written, named[column.name][1]) for column, written in columns
    )
    times = (
        "timestamptz '2024-05-01 00:00:00+00:00' AS created_at, timestamptz 'epoch' AS updated_at"
    )
    relation = sql.SQL(
        "(SELECT key AS id, {} AS metadata, json, {}, {} FROM {} AS t) AS items"
    ).format(
        metadata(columns, sql.SQL("t.json")), sql.SQL(times), fields, identifier(SCHEMA, "items")
    )
    words = [sql.SQL(word) for word in ("id", "metadata", "created_at", "updated_at")]
    return Subject(*words, fields=named, json=sql.SQL("json")), relation


def metadata_of(connection: psycopg.Connection[Any], made: list[Made]) -> dict[str, oracle.Row]:
    """Read the rows as the oracle sees them."""
    _, relation = subject_of(made)
    times = oracle.At(1_714_521_600_000_000), oracle.At(0)
    found = connection.execute(
        sql.SQL("SELECT id, metadata::text FROM {} ORDER BY id").format(relation), {}
    )
    return {key: oracle.Row(key, oracle.load(text), *times) for key, text in found}


def check(
    connection: psycopg.Connection[Any],
    made: list[Made],
    rows_: dict[str, oracle.Row],
    filters: list[Any],
) -> None:
    """Hold all filters to the oracle, in one statement."""
    fields = fields_of(one.column for one in made)
    subject, relation = subject_of(made)
    lower = folding(connection)
    parameters, tests, expected = Parameters(), [], []
    for filter_ in filters:
        parsed = parse(filter_)
        assert parsed is not None
        try:
            matching = {
                key for key, row in rows_.items() if oracle.matches(filter_, row, fields, lower)
            }
        except oracle.Refused:
            with pytest.raises(FilterError, match="is no time: write a datetime"):
                compile_filter(parsed, fields, Parameters(), subject)
            continue
        compiled = compile_filter(parsed, fields, parameters, subject)
        tests.append(sql.SQL("({}) IS TRUE").format(compiled))
        expected.append((filter_, matching))
    if not tests:
        return
    statement = sql.SQL("SELECT id, ARRAY[{}] FROM {}").format(sql.SQL(", ").join(tests), relation)
    found = connection.execute(statement, parameters.values, prepare=False).fetchall()
    for place, (filter_, matching) in enumerate(expected):
        assert {key for key, all_ in found if all_[place]} == matching, (filter_, rows_)


def folding(connection: psycopg.Connection[Any]) -> Callable[[str], str]:
    @cache
    def lower(text: str) -> str:
        row = connection.execute("SELECT pg_catalog.lower(%s::text)", [text]).fetchone()
        assert row is not None
        return str(row[0])

    return lower
