"""Random rows of a table with a column of every kind, and the check that filters agree."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
from hypothesis import strategies as st
from integration_tests.adopted.every_column import SCHEMA, Made
from integration_tests.search import filter_batches, oracle
from psycopg import sql

from pgrecall._statements.adopted.columns import fields_of
from pgrecall._statements.adopted.values import metadata
from pgrecall._statements.conditions import Subject, compile_filter
from pgrecall._statements.names import identifier
from pgrecall._statements.parameters import Parameters
from pgrecall.errors import FilterError
from pgrecall.filters import parse

if TYPE_CHECKING:
    from collections.abc import Callable

    import psycopg

Known: TypeAlias = "dict[str, list[tuple[tuple[str, ...], Any]]]"
"""What metadata has of a column, by its name."""


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
