"""Each kind of column is searched by the index that it has."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import sql

from pgrecall._statements.adopted.columns import TableColumn, fields_of
from pgrecall._statements.adopted.values import metadata
from pgrecall._statements.conditions import Subject, compile_filter
from pgrecall._statements.parameters import Parameters
from pgrecall.filters import parse

if TYPE_CHECKING:
    from collections.abc import Iterator

DAY, NEXT_DAY = dt.date(2024, 2, 1), dt.datetime(2024, 2, 2, tzinfo=dt.UTC)
UUID = "00000000-0000-0000-0000-000000000007"
# each with its type, its value in row n, and the kind of its index
COLUMNS = {
    TableColumn("small", "smallint", "integer"): ("smallint", "n % 5000", "btree"),
    TableColumn("page", "integer", "integer"): ("integer", "n % 5000", "btree"),
    TableColumn("number", "bigint", "integer"): ("ten_or_more", "10 + n % 5000", "btree"),
    TableColumn("price", "numeric", "numeric"): ("numeric(10, 2)", "n % 5000 + .5", "btree"),
    TableColumn("real", "real", "float"): ("real", "n % 5000 / 10.0", "btree"),
    TableColumn("share", "double precision", "float"): ("float8", "n % 5000 / 10.0", "btree"),
    TableColumn("lang", "text", "text"): ("text", "'lang-' || n % 5000", "btree"),
    TableColumn("place", "character varying", "text"): ("varchar(20)", "n % 5000", "btree"),
    TableColumn("code", "character", "text", is_exact=False): ("char(8)", "n % 5000", "btree"),
    TableColumn("label", "name", "text", is_exact=False): ("name", "n % 5000", "btree"),
    TableColumn("word", "text", "text"): ('text COLLATE "C"', "'word-' || n % 5000", "btree"),
    TableColumn("mood", "planned.mood", "enum"): ("planned.mood", "n % 5000", "btree"),
    TableColumn("feel", "planned.mood", "enum"): ("planned.feel", "n % 5000", "btree"),
    TableColumn("key", "uuid", "uuid"): (
        "uuid",
        "('00000000-0000-0000-0000-' || lpad((n % 5000)::text, 12, '0'))::uuid",
        "btree",
    ),
    TableColumn("draft", "boolean", "boolean"): ("boolean", "n % 5000 = 0", "btree"),
    TableColumn("day", "date", "date"): ("date", "date '2024-01-01' + n % 5000", "btree"),
    TableColumn("time", "timestamp without time zone", "timestamp"): (
        "timestamp",
        "timestamp '2024-01-01' + n % 5000 * interval '1 hour'",
        "btree",
    ),
    TableColumn("at", "timestamp with time zone", "timestamptz"): (
        "timestamptz",
        "timestamptz '2024-01-01 00:00+00' + n % 5000 * interval '1 hour'",
        "btree",
    ),
    TableColumn("tags", "text", "text", is_array=True): (
        "text[]",
        "ARRAY['tag-' || n % 1000, 'all']",
        "gin",
    ),
    TableColumn("pages", "integer", "integer", is_array=True): (
        "integer[]",
        "ARRAY[n % 1000, -1]",
        "gin",
    ),
    TableColumn("moods", "planned.mood", "enum", is_array=True): (
        "planned.mood[]",
        "ARRAY[n % 1000]::text[]",
        "gin",
    ),
    TableColumn("doc", "jsonb", "json"): ("jsonb", "jsonb_build_object('a', n % 1000)", "gin"),
}
CASTS = {
    "mood": "::text::planned.mood",
    "feel": "::text::planned.mood",
    "moods": "::planned.mood[]",
}


@pytest.fixture(scope="module")
def connection(dsn: str) -> Iterator[psycopg.Connection[Any]]:
    names = {column.name: values for column, values in COLUMNS.items()}
    declared = ", ".join(f"{name} {values[0]}" for name, values in names.items())
    values = ", ".join(f"({of[1]}){CASTS.get(name, '')}" for name, of in names.items())
    labels = ", ".join(f"'{number}'" for number in range(5000))
    with psycopg.connect(dsn, autocommit=True) as connection:
        for statement in (
            "CREATE SCHEMA planned",
            f"CREATE TYPE planned.mood AS ENUM ({labels})",
            "CREATE DOMAIN planned.feel AS planned.mood",
            "CREATE DOMAIN planned.ten_or_more AS bigint CHECK (VALUE >= 10)",
            "SET search_path = planned",
            f"CREATE UNLOGGED TABLE items (id text, padding text, {declared}, attributes jsonb)",
            "ALTER TABLE items SET (autovacuum_enabled = false)",
            (
                f"INSERT INTO items SELECT n::text, repeat('text ', 50), {values},"
                " jsonb_build_object('author', n % 1000) FROM generate_series(1, 20000) AS n"
            ),
            *(
                f"CREATE INDEX of_{name} ON items USING {of[2]} ({name})"
                for name, of in names.items()
            ),
            "CREATE INDEX of_attributes ON items USING gin (attributes jsonb_path_ops)",
            "SET default_statistics_target = 20",
            "ANALYZE items",
            "SET search_path = ''",
            "SET timezone = 'America/New_York'",
        ):
            connection.execute(statement.encode())
        yield connection


def plan(connection: psycopg.Connection[Any], filter_: Any) -> set[str]:
    """The indexes of the plan that a filter on the columns gets, through the subquery."""
    parsed = parse(filter_)
    assert parsed is not None
    columns = list(COLUMNS)
    written = [sql.SQL("t.{}").format(sql.Identifier(one.name)) for one in columns]
    fields = {one.name: (one, sql.SQL(f"field_{place}")) for place, one in enumerate(columns)}
    given = sql.SQL(", ").join(
        sql.SQL("{} AS {}").format(*pair)
        for pair in zip(written, (one[1] for one in fields.values()), strict=True)
    )
    every = metadata(list(zip(columns, written, strict=True)), sql.SQL("t.attributes"))
    now = sql.SQL("pg_catalog.now()")
    subject = Subject(
        sql.SQL("id"), sql.SQL("metadata"), now, now, fields=fields, json=sql.SQL("json")
    )
    parameters = Parameters()
    condition = compile_filter(parsed, fields_of(columns), parameters, subject)
    row = connection.execute(
        sql.SQL(
            "EXPLAIN (FORMAT JSON) SELECT id, metadata FROM (SELECT t.id AS id, {} AS metadata,"
            " t.attributes AS json, {} FROM planned.items AS t) AS items WHERE {}"
        ).format(every, given, condition),
        parameters.values,
        prepare=False,
    ).fetchone()
    assert row is not None
    nodes, todo = [], [row[0][0]["Plan"]]
    while todo:
        nodes.append(todo.pop())
        todo += nodes[-1].get("Plans", [])
    assert not any(n["Node Type"] == "Seq Scan" and n["Alias"] == "t" for n in nodes)
    return {n["Index Name"] for n in nodes if n.get("Index Name", "").startswith("of_")}


@pytest.mark.parametrize(
    ("filter_", "index"),
    [
        pytest.param({"small": 7}, "of_small", id="a small integer"),
        pytest.param({"page": {"$in": [7, 8.0, 1.5]}}, "of_page", id="integers"),
        pytest.param({"page": {"$gt": 7.5, "$lt": 9}}, "of_page", id="a range of integers"),
        pytest.param({"page": {"$lt": 2}}, "of_page", id="an open range of integers"),
        pytest.param({"number": {"$between": [7, 17]}}, "of_number", id="integers of a domain"),
        pytest.param({"price": 7.5}, "of_price", id="a decimal"),
        pytest.param({"price": {"$gte": 7, "$lt": 9}}, "of_price", id="a range of decimals"),
        pytest.param({"price": {"$gt": 4998}}, "of_price", id="an open range of decimals"),
        pytest.param({"real": 0.7}, "of_real", id="a single float"),
        pytest.param({"share": {"$in": [0.7, "NaN"]}}, "of_share", id="floats"),
        pytest.param({"share": {"$gt": 499.8}}, "of_share", id="an open range of floats"),
        pytest.param({"lang": "lang-7"}, "of_lang", id="a text"),
        pytest.param({"lang": {"$in": ["lang-7", "x"]}}, "of_lang", id="texts"),
        pytest.param({"place": "7"}, "of_place", id="a varchar"),
        pytest.param({"code": "7"}, "of_code", id="a char"),
        pytest.param({"label": {"$in": ["7", "8"]}}, "of_label", id="names"),
        pytest.param({"word": {"$gte": "word-7", "$lt": "word-70"}}, "of_word", id="a text range"),
        pytest.param({"word": {"$like": "word-49%"}}, "of_word", id="a prefix"),
        pytest.param({"mood": "7"}, "of_mood", id="a label"),
        pytest.param({"mood": {"$in": ["7", "none"]}}, "of_mood", id="labels"),
        pytest.param({"feel": "7"}, "of_feel", id="a label of a domain"),
        pytest.param({"key": UUID}, "of_key", id="a uuid"),
        pytest.param({"key": {"$in": [UUID, "none"]}}, "of_key", id="uuids"),
        pytest.param({"draft": True}, "of_draft", id="a boolean"),
        pytest.param({"day": {"$gte": DAY, "$lt": NEXT_DAY}}, "of_day", id="a range of days"),
        pytest.param({"day": "2024-02-01"}, "of_day", id="a day"),
        pytest.param({"time": {"$between": [DAY, NEXT_DAY]}}, "of_time", id="a range of times"),
        pytest.param({"at": {"$gte": DAY, "$lt": NEXT_DAY}}, "of_at", id="a range with a zone"),
        pytest.param({"at": {"$in": [DAY, "2024-02-01T01:00:00+01:00"]}}, "of_at", id="times"),
        pytest.param({"tags": {"$contains": "tag-7"}}, "of_tags", id="an element"),
        pytest.param({"tags": {"$any": ["tag-7", "tag-8", 7]}}, "of_tags", id="some elements"),
        pytest.param({"pages": {"$all": [7, -1]}}, "of_pages", id="all elements"),
        pytest.param({"moods": {"$any": ["7", "8"]}}, "of_moods", id="elements that are labels"),
        pytest.param({("doc", "a"): 7}, "of_doc", id="a path into a column of JSON"),
        pytest.param({"author": 7}, "of_attributes", id="a key of the rest"),
    ],
)
def test_a_filter_goes_by_the_index_of_the_column(
    connection: psycopg.Connection[Any], filter_: Any, index: str
) -> None:
    assert plan(connection, filter_) == {index}


def test_filters_on_two_columns_go_by_both_indexes(connection: psycopg.Connection[Any]) -> None:
    assert plan(connection, {"$or": [{"page": 7}, {"author": 7}]}) == {"of_page", "of_attributes"}
