"""What cannot be imported is told before anything is written."""

from __future__ import annotations

import psycopg
import pytest
from integration_tests.copying.from_langchain.tables import add_own, own_table
from integration_tests.copying.peer_tables import TENANT, execute, refusal, run, target_rows
from psycopg import sql

from pgrecall import Collection, Store
from pgrecall._adapters.pair import Pair
from pgrecall._operations.copying import sources as import_sources
from pgrecall._statements.copying.source import Source

BAD = {
    "no id": ("SET id = ''", "no id", "row "),
    "long id": (
        "SET id = repeat('x', 2001)",
        "an id of more than 2,000 bytes",
        "x" * 80,
    ),
    "zero": (
        "SET embedding = '[0,0,0,0,0,0,0,0]'",
        "a vector without a direction, such as zero, which cosine cannot compare",
        "doc-0003",
    ),
    "too large": (
        "SET embedding = '[3e38,3e38,0,0,0,0,0,0]'",
        "a vector without a direction, such as zero, which cosine cannot compare",
        "doc-0003",
    ),
    "other length": (
        "SET embedding = '[1,2,3]'",
        "a vector of another length than 8",
        "doc-0003",
    ),
    "array": (
        "SET cmetadata = '[1]'",
        "metadata that is no JSON object",
        "doc-0003",
    ),
}


@pytest.mark.parametrize("kind", list(BAD))
def test_a_row_that_no_collection_can_hold_is_told_before_anything_is_written(
    peers: str, kind: str
) -> None:
    change, reason, id_ = BAD[kind]
    execute(peers, f"UPDATE langchain_pg_embedding {change} WHERE id = 'doc-0003'")

    line = refusal(peers, "langchain-pgvector", "--from", "docs")

    assert line.startswith("pgrecall: 1 row of 'docs' cannot be copied, so none was copied: ")
    assert f"1 has {reason} ('{id_}" in line
    assert "--skip-bad" in line
    with Store(peers) as store:
        assert store.list_collections(TENANT) == []


@pytest.mark.parametrize("kind", list(BAD))
def test_bad_rows_can_be_left_out(peers: str, kind: str) -> None:
    change, reason, id_ = BAD[kind]
    execute(peers, f"UPDATE langchain_pg_embedding {change} WHERE id = 'doc-0003'")

    told = run(peers, "langchain-pgvector", "--from", "docs", "--skip-bad")

    assert (told["copied"], told["skipped"]) == (59, 1)
    [bad] = told["bad"]
    assert (bad["reason"], bad["rows"]) == (reason, 1)
    assert bad["ids"][0].startswith(id_)
    assert "doc-0003" not in [row[0] for row in target_rows(peers, "docs")]


def test_a_vector_without_a_direction_is_fine_where_it_needs_none(peers: str) -> None:
    execute(
        peers,
        "UPDATE langchain_pg_embedding SET embedding = '[0,0,0,0,0,0,0,0]' WHERE id = 'doc-0003'",
    )

    assert run(peers, "langchain-pgvector", "--from", "docs", "--metric", "l2")["copied"] == 60


def test_the_longer_vectors_can_be_chosen(peers: str) -> None:
    execute(peers, "UPDATE langchain_pg_embedding SET embedding = '[1,2,3]' WHERE id <> 'doc-0003'")

    options = ("--dimensions", "3", "--skip-bad")
    told = run(peers, "langchain-pgvector", "--from", "docs", *options)

    assert (told["copied"], told["dimensions"], told["bad"][0]["ids"]) == (59, 3, ["doc-0003"])


def test_a_text_too_long_for_a_declared_field_is_told(peers: str) -> None:
    with Store(peers) as store:
        store.ensure_collection(TENANT, Collection("docs", 8, fields={"a'%s": "text"}))
    execute(
        peers,
        "UPDATE langchain_pg_embedding SET cmetadata = jsonb_build_object('a''%s',"
        " repeat('ü', 1001)) WHERE id = 'doc-0003'".replace("%", "%%")
        + " AND %s",
        True,
    )

    line = refusal(peers, "langchain-pgvector", "--from", "docs")

    assert "1 has a declared text field of more than 2,000 bytes ('doc-0003')" in line


def test_numbers_beyond_the_target_s_half_vectors_are_told(peers: str) -> None:
    with Store(peers) as store:
        store.ensure_collection(TENANT, Collection("docs", 8, storage="halfvec"))
    execute(
        peers,
        "UPDATE langchain_pg_embedding SET embedding = '[65520,0,0,0,0,0,0,0]'"
        " WHERE id = 'doc-0003'",
    )

    told = run(peers, "langchain-pgvector", "--from", "docs", "--skip-bad")

    assert (told["copied"], told["bad"][0]["ids"]) == (59, ["doc-0003"])
    assert told["bad"][0]["reason"] == "a vector with numbers beyond halfvec's 65,504"


def test_rows_without_text_metadata_or_vector_arrive_without(peers: str) -> None:
    execute(
        peers,
        "UPDATE langchain_pg_embedding SET document = NULL, cmetadata = NULL, embedding = NULL"
        " WHERE id = 'doc-0003'",
    )

    told = run(peers, "langchain-pgvector", "--from", "docs")

    assert (told["copied"], told["without_vector"]) == (60, 1)
    assert target_rows(peers, "docs")[3] == ("doc-0003", "", None, {})
    assert run(peers, "langchain-pgvector", "--from", "docs")["same"] == 60


def test_a_collection_with_another_pin_is_a_conflict(peers: str) -> None:
    with Store(peers) as store:
        store.ensure_collection(TENANT, Collection("new", 8, "one-model"))

    line = refusal(peers, "langchain-pgvectorstore", "--table", "new", "--embedding-model", "x")

    assert "--embedding-model='one-model'" in line


def test_a_default_that_is_given_conflicts_and_what_is_not_given_asks_nothing(peers: str) -> None:
    kind = Collection("new", 8, "model", storage="halfvec", text_search="german")
    with Store(peers) as store:
        store.ensure_collection(TENANT, kind)
    words = ("langchain-pgvectorstore", "--table", "new")

    assert "--text-search='german'" in refusal(peers, *words, "--text-search", "english")
    assert "--embedding-model='model'" in refusal(peers, *words, "--embedding-model", "")
    assert run(peers, *words)["copied"] > 0


def test_a_collection_that_is_missing_tells_what_is_there(peers: str) -> None:
    line = refusal(peers, "langchain-pgvector", "--from", "Docs")

    assert line.startswith("pgrecall: PGVector has no collection 'Docs' in schema 'public';")
    assert "collections: 'docs'" in line


def test_tables_that_are_missing_tell_what_is_there(peers: str, fresh_dsn: str) -> None:
    elsewhere = refusal(peers, "langchain-pgvector", "--all", "--from-schema", "x'%s")
    nowhere = refusal(fresh_dsn, "langchain-pgvector", "--all")
    store = refusal(peers, "langchain-pgvectorstore", "--table", 'ne"w')
    column = refusal(peers, "langchain-pgvectorstore", "--table", "new", "--id-column", "key")

    assert elsewhere.endswith("schemas that have: 'public'")
    assert nowhere.endswith("schemas that have: none")
    assert store.endswith("schema 'public' has no table 'ne\"w'; such tables: 'public.new'")
    assert "table public.new has no column 'key'; it has 'langchain_id', 'content'" in column


@pytest.mark.parametrize(
    "arguments", [[], ["--from", "docs", "--all"], ["--all", "--collection", "one"]]
)
def test_options_that_contradict_are_told(peers: str, arguments: list[str]) -> None:
    assert "--from NAME" in refusal(peers, "langchain-pgvector", *arguments)


CHARACTERS = {
    r'{"a": "\u0000"}': False,
    r'{"\ud800": 1}': False,
    r'{"a": "\udc00\ud800"}': False,
    r'{"a": "\\u0000 \\ud800"}': True,
    r'{"a": "\ud83d\ude00 \u00e9"}': True,
    r'{"a": "\\\u0000"}': False,
    "{}": True,
}


def test_json_that_jsonb_cannot_hold_is_told(peers: str) -> None:
    arguments = own_table(peers, "integer PRIMARY KEY")
    for number, text in enumerate(CHARACTERS):
        add_own(peers, (number, "text", "[1,2]", 1, text))

    told = run(peers, *arguments, "--skip-bad")

    reason = "metadata that jsonb cannot hold (NUL or a lone surrogate)"
    assert [(bad["reason"], bad["ids"]) for bad in told["bad"]] == [(reason, ["0", "1", "2", "5"])]
    assert told["copied"] == 3


@pytest.mark.parametrize("version", [150_000, 160_000])
def test_json_is_judged_alike_on_every_version_of_the_server(peers: str, version: int) -> None:
    with Store(peers) as store:
        [source] = Pair(store).run(import_sources.find_pgvector("public", ["docs"]))
    for text, valid in CHARACTERS.items():
        judged = Source(
            **{name: getattr(source, name) for name in source.__slots__}  # type: ignore[arg-type]
            | {"json_texts": (sql.Literal(text),)}
        )
        query = sql.SQL("SELECT {}").format(judged.is_valid(version))
        with psycopg.connect(peers) as connection:
            assert connection.execute(query.as_string().encode()).fetchone() == (valid,), text
