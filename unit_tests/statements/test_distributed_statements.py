"""What is sent for a collection that Citus spreads over several servers, without a database."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from pgrecall import Collection, Hnsw, InvalidArgumentError, IvfFlat
from pgrecall._operations.context import Context
from pgrecall._operations.copying.copying import copy_rows
from pgrecall._statements import distributed
from pgrecall._statements.collections import registry, tables
from pgrecall._statements.entries import removing as entry_removing
from pgrecall._statements.indexes import indexes
from pgrecall._statements.items import explore, items
from pgrecall._statements.layout import Server, Stored
from pgrecall._statements.search import drawing, frequencies, near, scanning, text
from pgrecall._statements.search import vector as search
from pgrecall._statements.search.bm25 import Frequencies
from pgrecall._statements.search.plan import Plan
from pgrecall._statements.search.text_query import SYNTAXES, TextQuery
from pgrecall._statements.statement import Result
from pgrecall._values.vectors import Encoded
from pgrecall.filters import parse

if TYPE_CHECKING:
    from pgrecall._statements.statement import Statement

SERVER = Server(180006, "0.8.6", "public", 1, 2)
SPREAD = Stored(
    7,
    "t",
    Collection("docs", 3, "", "cosine", index=Hnsw(), distributed=True),
    "pgrecall",
    'it\'s 100% "odd"',
    SERVER,
    rows=50_000.0,
)
LOCAL = replace(SPREAD, collection=replace(SPREAD.collection, distributed=False))
BY_INDEX = Plan(exact=False, fetch=10, effort=77)


def sql_of(statement: Statement) -> str:
    if isinstance(statement.sql, bytes):
        return statement.sql.decode()
    return statement.sql.as_string(None)


def test_settings_are_literal_and_reach_the_workers() -> None:
    made = scanning.settings(SPREAD, BY_INDEX)

    assert sql_of(made).startswith('DO \'BEGIN SET LOCAL "citus"."propagate_set_commands"')
    assert "SET LOCAL \"hnsw\".\"ef_search\" = ''77'';" in sql_of(made)
    assert not made.parameters


def test_settings_of_a_local_collection_are_bound() -> None:
    made = scanning.settings(LOCAL, BY_INDEX)

    assert "set_config(" in sql_of(made)
    assert "77" in made.parameters.values()


def test_the_probes_of_ivfflat_reach_the_workers_too() -> None:
    lists = replace(SPREAD, collection=replace(SPREAD.collection, index=IvfFlat()))

    assert "\"ivfflat\".\"probes\" = ''77''" in sql_of(scanning.settings(lists, BY_INDEX))


def test_a_new_table_is_spread_before_its_indexes_are_made() -> None:
    made = tables.create(SPREAD)

    assert "create_distributed_table(%(table)s::regclass, 'id')" in sql_of(made[-1])
    assert made[-1].parameters == {"table": 'pgrecall."it\'s 100% ""odd"""'}
    assert not any("distributed" in sql_of(one) for one in tables.create(LOCAL))


def test_a_pgvector_that_is_not_safe_builds_without_parallel_workers_on_the_shards() -> None:
    old = replace(SPREAD, server=replace(SERVER, vector_version="0.8.0"))

    assert "SET (parallel_workers = 0)" in sql_of(tables.create(old)[-1])
    assert not any("parallel_workers" in sql_of(one) for one in tables.create(SPREAD))


def test_the_settings_of_an_online_build_are_left_to_the_workers() -> None:
    settings = indexes.session_settings(SPREAD, indexes.Resources(1 << 30))
    assert not any("maintenance_work_mem" in one.parameters.values() for one in settings)
    local = indexes.build_settings(SPREAD, indexes.Resources(1 << 30))
    assert "SET LOCAL \"maintenance_work_mem\" = ''" in sql_of(local)


def test_the_mean_of_items_is_taken_where_all_of_them_came_to() -> None:
    # pgvector's avg cannot combine the states of two workers or shards that saw no row
    examples = near.Examples(("a", "b"), ("c",), None)
    for stored in (LOCAL, SPREAD):
        written, _ = near.query_of(stored, examples).sent()
        assert written.count("avg(vector)") == 2
        assert written.count("OFFSET 0) AS vectors") == 2


def test_shards_count_what_their_rows_have_and_take_no_array_apart() -> None:
    for field in ("tags", "$created_at"):
        spread, local = (sql_of(explore.facet(one, field, None, 5)) for one in (SPREAD, LOCAL))
        members = spread[: spread.index("AS members")]
        assert "GROUP BY 1" in members
        assert "jsonb_array_elements" not in members
        assert "sum(items)" in spread
        assert "sum(items)" not in local


def test_no_row_is_locked_by_a_select() -> None:
    assert "FOR UPDATE" in sql_of(items.delete(LOCAL, ["a"]))
    for made in (
        items.delete(SPREAD, ["a"]),
        items.delete_where(SPREAD, parse({"n": 1})),  # type: ignore[arg-type]  # not None
        entry_removing.remove_items(SPREAD, ["a"]),
    ):
        assert "FOR UPDATE" not in sql_of(made)
        assert sql_of(made).startswith("DELETE FROM")


def test_both_kinds_remove_the_items_of_the_same_owners() -> None:
    local, spread = (entry_removing.remove_items(one, ["a"]) for one in (LOCAL, SPREAD))

    assert local.parameters == spread.parameters == {"owners": ["a"]}
    for made in (local, spread):
        assert "t.id >= one.owner || ':' AND t.id < one.owner || ';'" in sql_of(made)


def test_vectors_stay_on_the_workers_unless_asked_for() -> None:
    query = Encoded(b"")
    plain = search.vector(SPREAD, query, 10, None, BY_INDEX, include_vectors=False)
    asked = search.vector(SPREAD, query, 10, None, BY_INDEX, include_vectors=True)

    assert "updated_at, embedding," not in sql_of(plain)
    assert "updated_at, embedding," in sql_of(asked)


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_texts_are_scored_on_the_workers(syntax: str) -> None:
    known = Frequencies(50_000.0, 0.0, 75.0)
    query = TextQuery(syntax)
    made = text.text(SPREAD, "cat", 10, None, query, known, highlight=False)

    assert "pg_relation_size" not in sql_of(made)
    assert "ts_filter" not in sql_of(made)
    local = text.text(LOCAL, "cat", 10, None, query, known, highlight=False)
    assert "ts_filter" in sql_of(local)


def test_frequencies_are_those_of_the_shards() -> None:
    made = frequencies.read(SPREAD)

    assert "pg_stats" not in sql_of(made)
    assert made.parameters["percent"] == 2.0
    few = frequencies.read(replace(SPREAD, rows=frequencies.LOOKED_AT_WHOLE))
    assert few.parameters["percent"] == 100.0


def test_a_sample_takes_other_pages_of_every_shard() -> None:
    name, taken = drawing.sample(SPREAD, text.sql.SQL("true"))

    assert name == "sampled"
    assert taken.as_string(None).endswith("TABLESAMPLE SYSTEM (%(sample_percent)s)")


def test_the_shards_are_asked_for_their_rows_and_their_builds_by_a_bound_name() -> None:
    for made in (distributed.rows(SPREAD), indexes.progress(SPREAD)):
        assert "run_command_on_all_nodes" in sql_of(made)
        assert "odd" not in sql_of(made)
        assert made.parameters == {"table": 'pgrecall."it\'s 100% ""odd"""'}


def test_rows_are_not_copied_into_it_within_the_database() -> None:
    context = Context("pgrecall", SERVER)
    source: Any = None  # refused before it is looked at
    operation = copy_rows(context, "t", SPREAD.collection, source)
    next(operation)  # the registry is asked, and knows of none

    with pytest.raises(InvalidArgumentError, match="'docs' is distributed"):
        operation.send(Result([], 0))


def test_the_registry_keeps_that_a_collection_is_distributed() -> None:
    insert = registry.insert("pgrecall", "t", SPREAD.collection, "items_docs")

    assert insert.parameters["settings"] == '{"distributed": true}'
    row = (7, "t", "docs", 3, "", "cosine", "vector", None, "{}", None, "items_docs_7")
    read = registry.stored_from(
        "pgrecall", SERVER, (*row, '{"distributed": true}', False, 0.0, None, None)
    )
    assert read.collection.distributed
    assert not registry.stored_from(
        "pgrecall", SERVER, (*row, "{}", False, 0.0, None, None)
    ).collection.distributed
