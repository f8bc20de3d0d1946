from __future__ import annotations

import inspect

import pytest
from psycopg import sql
from typer.testing import CliRunner

from pgrecall import Collection
from pgrecall._operations.copying.copying import Tally
from pgrecall._statements.copying import catalog, langchain, llama_index, pages
from pgrecall._statements.copying.source import Column, Source
from pgrecall._statements.layout import Server, Stored
from pgrecall.cli.app import app
from pgrecall.cli.copying import command as imports
from pgrecall.errors import InvalidArgumentError

SERVER = Server(180006, "0.8.6", "ext", 1, 2)
HOSTILE = 'it\'s "100%" %(after)s'
WANTED = pages.Wanted(8, "vector", is_cosine=True, text_fields=(HOSTILE,))


def columns(*names: str, **types: str) -> dict[str, Column]:
    found = {name: Column(name, "text", None, True, True) for name in names}
    return found | {name: Column(name, type_) for name, type_ in types.items()}


def hostile() -> Source:
    named = langchain.Columns(HOSTILE, HOSTILE + "2", "embedding", "more")
    table = columns(HOSTILE, HOSTILE + "2", HOSTILE + "3", embedding="vector", more="json")
    return langchain.pgvectorstore(HOSTILE, HOSTILE, table, named)


def stored() -> Stored:
    return Stored(1, "t", Collection("docs", 8), HOSTILE, HOSTILE, SERVER)


def test_hostile_names_are_quoted_and_no_placeholders() -> None:
    range_ = pages.Range("a", "b", 2)
    statements = [
        pages.count(hostile()),
        pages.next_range(hostile(), "a", 10),
        pages.has_repeated_ids(hostile()),
        pages.survey(hostile(), range_, WANTED, SERVER, stored()),
        pages.copy(hostile(), range_, WANTED, stored(), overwrite=True),
    ]

    for statement in statements:
        assert isinstance(statement.sql, sql.Composable)
        text = statement.sql.as_string()
        # what psycopg does: it fails where a lone % stands
        filled = text % dict.fromkeys(statement.parameters, "bound")
        assert '"it\'s ""100%"" %(after)s"' in filled


def test_ids_are_bounds_that_are_bound() -> None:
    statement = pages.copy(
        hostile(), pages.Range("x'1", "x'2", 2), WANTED, stored(), overwrite=False
    )

    assert isinstance(statement.sql, sql.Composable)
    assert "x'" not in statement.sql.as_string()
    assert statement.parameters == {"after": "x'1", "upto": "x'2"}


def test_a_collection_of_pgvector_is_one_table_s_scope() -> None:
    table = columns(
        "id", "document", embedding="ext.vector", cmetadata="jsonb", collection_id="uuid"
    )
    source = langchain.pgvector("public", "docs", "some-uuid", table)

    assert source.values == {"scope": "some-uuid"}
    assert (source.key.name, source.ids, source.later) == ("id", ("id",), None)
    assert source.json_texts == ()


def test_a_repeated_id_without_a_unique_index_takes_its_last_row() -> None:
    table = columns("content", langchain_id="integer", embedding="halfvec")

    assert langchain.pgvectorstore("public", "t", table, langchain.Columns()).later == "ctid"


@pytest.mark.parametrize("type_", ["text", "sparsevec", "real[]"])
def test_a_column_that_holds_no_vectors_is_refused(type_: str) -> None:
    table = columns("content", "langchain_id", embedding=type_)

    with pytest.raises(InvalidArgumentError, match=r"'embedding' of table public.t is of type"):
        langchain.pgvectorstore("public", "t", table, langchain.Columns())


def test_a_vector_s_column_knows_its_length() -> None:
    rows = [("a", "ext.vector", 384, True, False), ("b", "vector", -1, False, False)]

    found = catalog.read_columns([*rows, ("c", "text", -1, False, True)])

    assert [column.dimensions for column in found.values()] == [384, None, None]
    assert [column.is_vector for column in found.values()] == [True, True, False]


def test_a_llama_index_table_is_named_without_its_prefix() -> None:
    table = columns("node_id", "text", id="bigint", embedding="vector", metadata_="json")

    source = llama_index.data_table("public", "data_docs", table)

    assert (source.name, source.table_name, source.later) == ("docs", "data_docs", "id")


def test_pages_add_up_and_show_the_first_bad_ids() -> None:
    tally = Tally()
    tally.add(5, (4, 1, 2, 0, 0, '[["no id", 2, ["a", "b"]]]'))
    tally.add(9, (9, 0, 4, 1, 0, '[["no id", 4, ["c", "d", "e", "f"]]]'))

    assert (tally.rows, tally.older, tally.copied, tally.skipped) == (14, 1, 6, 6)
    assert tally.bad == {"no id": (6, ["a", "b", "c", "d", "e"])}


@pytest.mark.parametrize("name", ["langchain-pgvector", "langchain-pgvectorstore", "llama-index"])
def test_each_command_explains_itself_with_an_example(name: str) -> None:
    result = CliRunner().invoke(app, ["import", name, "--help"], env={"COLUMNS": "200"})

    assert result.exit_code == 0
    assert f"pgrecall import {name} --" in result.output
    for option in ("--dsn", "--tenant", "--skip-bad", "--dry-run", "--json"):
        assert option in result.output


def test_the_command_for_langgraph_s_tables_explains_itself() -> None:
    result = CliRunner().invoke(
        app, ["import", "langgraph-postgres", "--help"], env={"COLUMNS": "200"}
    )

    assert "pgrecall import langgraph-postgres --tenant acme" in result.output
    for option in ("--dsn", "--from-schema", "--collection", "--dry-run", "--json"):
        assert option in result.output


def test_the_shared_options_are_those_of_the_settings() -> None:
    parameters = inspect.signature(imports.llama_index_).parameters

    assert list(parameters)[:2] == ["table", "from_schema"]
    assert "settings" not in parameters
    assert parameters["tenant"].default == "default"
