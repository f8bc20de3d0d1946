from __future__ import annotations

import json
import signal
import time
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from integration_tests.copying.peer_tables import (
    TENANT,
    command,
    execute,
    filled_by,
    name_of,
    refusal,
    run,
    table_of,
    target_rows,
    versions,
)
from langchain_core.embeddings import DeterministicFakeEmbedding
from psycopg import sql
from typer.testing import CliRunner

from pgrecall import Collection, Hnsw, Item, Store
from pgrecall._adapters.pair import Pair
from pgrecall._operations.copying import copying as imports
from pgrecall._operations.copying import sources as import_sources
from pgrecall._statements.copying.source import Source
from pgrecall.cli.app import app
from pgrecall.errors import InvalidArgumentError
from pgrecall.langchain import PgRecallVectorStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HOSTILE = 'it\'s "100%" %s'
EMBEDDING = DeterministicFakeEmbedding(size=8)
MANY = 12_000
"""Rows of more than two pages."""


@pytest.fixture(scope="module")
def filled(make_database: Callable[..., str]) -> tuple[str, dict[str, Any]]:
    dsn = make_database()
    return dsn, filled_by("make_langchain.py", dsn)


@pytest.fixture
def made(filled: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    """What the stores were read to hold, by their names."""
    return filled[1]


@pytest.fixture
def peers(
    filled: tuple[str, dict[str, Any]], make_database: Callable[..., str], server_dsn: str
) -> Iterator[str]:
    """A database of the test's own with the tables that langchain-postgres made."""
    made = make_database(options=f"TEMPLATE {name_of(filled[0])}")
    yield made
    execute(server_dsn, f"DROP DATABASE {name_of(made)} WITH (FORCE)")


def pgvector_rows(dsn: str, name: str) -> list[tuple[Any, ...]]:
    return execute(
        dsn,
        "SELECT e.id, e.document, vector_send(e.embedding), e.cmetadata"
        " FROM langchain_pg_embedding e JOIN langchain_pg_collection c ON c.uuid = e.collection_id"
        ' WHERE c.name = %s ORDER BY e.id COLLATE "C"',
        name,
    )


def add_many(dsn: str, name: str = "docs") -> None:
    execute(
        dsn,
        "INSERT INTO langchain_pg_embedding (id, collection_id, embedding, document, cmetadata)"
        " SELECT 'many-' || i, (SELECT uuid FROM langchain_pg_collection WHERE name = %s),"
        " ('[' || i || ',1,2,3,4,5,6,7]')::vector, 'text ' || i, jsonb_build_object('page', i)"
        " FROM generate_series(1, %s) AS i",
        name,
        MANY,
    )


def test_every_row_of_a_pgvector_collection_arrives_equal(peers: str) -> None:
    told = run(peers, "langchain-pgvector", "--from", "docs")

    assert (told["rows"], told["copied"], told["dimensions"], told["bad"]) == (60, 60, 8, [])
    assert target_rows(peers, "docs") == pgvector_rows(peers, "docs")


def test_our_langchain_store_reads_what_the_other_one_held(
    peers: str, made: dict[str, Any]
) -> None:
    run(peers, "langchain-pgvector", "--from", "docs")
    run(peers, "langchain-pgvectorstore", "--table", "new")

    for name in ("docs", "new"):
        with PgRecallVectorStore(EMBEDDING, name, store=peers) as store:
            found = store.get_by_ids([id_ for id_, _, _ in made[name]])
        assert [[one.id, one.page_content, one.metadata] for one in found] == made[name]


def test_our_langchain_store_finds_what_the_other_one_stored(peers: str) -> None:
    run(peers, "langchain-pgvector", "--from", "docs")
    [(vector,)] = execute(
        peers, "SELECT embedding::real[] FROM langchain_pg_embedding WHERE id = 'doc-0007'"
    )

    with PgRecallVectorStore(EMBEDDING, "docs", store=peers) as store:
        [first] = store.similarity_search_by_vector(vector, k=1)
        added = store.add_texts(["one more"], ids=["doc-0007"])

    assert (first.id, added) == ("doc-0007", ["doc-0007"])


def test_the_source_is_untouched(peers: str) -> None:
    tables = ("langchain_pg_collection", "langchain_pg_embedding", "new")
    before = [versions(peers, table) for table in tables]

    run(peers, "langchain-pgvector", "--from", "docs")
    run(peers, "langchain-pgvectorstore", "--table", "new")

    assert [versions(peers, table) for table in tables] == before


def test_a_second_run_writes_nothing(peers: str) -> None:
    run(peers, "langchain-pgvector", "--from", "docs")
    before = versions(peers, table_of(peers, "docs"))

    told = run(peers, "langchain-pgvector", "--from", "docs")

    assert (told["rows"], told["copied"], told["same"]) == (60, 0, 60)
    assert versions(peers, table_of(peers, "docs")) == before


def test_a_later_run_copies_what_is_new(peers: str) -> None:
    run(peers, "langchain-pgvector", "--from", "docs")
    add_many(peers)

    told = run(peers, "langchain-pgvector", "--from", "docs")

    assert (told["copied"], told["same"]) == (MANY, 60)
    assert target_rows(peers, "docs") == pgvector_rows(peers, "docs")


def test_rows_that_differ_are_kept_until_they_are_to_be_overwritten(peers: str) -> None:
    run(peers, "langchain-pgvector", "--from", "docs")
    with Store(peers) as store:
        store.upsert(TENANT, "docs", [Item("doc-0001", [1.0] * 8, "a newer text")])
        execute(peers, "UPDATE langchain_pg_embedding SET cmetadata = '{}' WHERE id = 'doc-0002'")

        kept = run(peers, "langchain-pgvector", "--from", "docs")
        [item] = store.get(TENANT, "docs", ["doc-0001"])
        replaced = run(peers, "langchain-pgvector", "--from", "docs", "--overwrite")

    assert item.text == "a newer text"
    for told in (kept, replaced):
        assert (told["copied"], told["same"], told["different"]) == (0, 58, 2)
    assert target_rows(peers, "docs") == pgvector_rows(peers, "docs")


def test_all_collections_go_to_collections_of_their_own(peers: str) -> None:
    result = CliRunner().invoke(
        app, ["import", "langchain-pgvector", "--all", "--dsn", peers, "--json", "--tenant", "t"]
    )

    told = json.loads(result.stdout)["imports"]
    assert [(one["collection"], one["dimensions"]) for one in told] == [
        ("docs", 8),
        (HOSTILE, 8),
        ("wide", 16),
    ]
    for name in ("docs", HOSTILE, "wide"):
        assert target_rows(peers, name, "t") == pgvector_rows(peers, name)


def test_two_sources_can_go_to_one_collection(peers: str) -> None:
    run(peers, "langchain-pgvector", "--from", "docs", "--collection", "both")
    run(peers, "langchain-pgvector", "--from", HOSTILE, "--collection", "both")

    both = pgvector_rows(peers, "docs") + pgvector_rows(peers, HOSTILE)
    assert target_rows(peers, "both") == sorted(both, key=lambda row: row[0])


def test_the_table_tells_people_what_was_copied(peers: str) -> None:
    result = CliRunner().invoke(
        app, ["import", "langchain-pgvector", "--from", "docs", "--dsn", peers]
    )

    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1].split() == ["docs", "docs", "60", "60", "0", "0"]


def test_a_dry_run_tells_what_would_be_copied_and_copies_nothing(peers: str) -> None:
    told = run(peers, "langchain-pgvector", "--from", "docs", "--dry-run")

    assert (told["rows"], told["copied"]) == (60, 60)
    with Store(peers) as store:
        assert store.list_collections(TENANT) == []


@pytest.mark.parametrize("kill", [signal.SIGKILL, signal.SIGINT])
def test_a_run_that_was_stopped_in_the_middle_is_completed_by_the_next(
    peers: str, kill: signal.Signals
) -> None:
    add_many(peers)
    with Store(peers) as store:
        store.ensure_collection(TENANT, Collection("docs", 8))
    table = table_of(peers, "docs")
    # the third page waits for a lock that this test holds
    execute(
        peers,
        "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " PERFORM pg_advisory_xact_lock(7); RETURN NEW; END $$;"
        f" CREATE TRIGGER wait BEFORE INSERT ON {table} FOR EACH ROW"
        " WHEN (NEW.id = 'many-9999') EXECUTE FUNCTION wait()",
    )
    with psycopg.connect(peers, autocommit=True) as holder:
        holder.execute("SELECT pg_advisory_lock(7)")
        process = command(peers, "langchain-pgvector", "--from", "docs")
        waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        while holder.execute(waiting).fetchone() == (0,):
            assert process.poll() is None, process.communicate()
            time.sleep(0.02)
        process.send_signal(kill)
        process.communicate()
    execute(peers, f"DROP TRIGGER wait ON {table}")
    copied = len(target_rows(peers, "docs"))

    told = run(peers, "langchain-pgvector", "--from", "docs")

    assert process.returncode == (130 if kill is signal.SIGINT else -kill)
    assert copied == 10_000
    assert (told["rows"], told["copied"], told["same"]) == (MANY + 60, MANY - 9_940, copied)
    assert target_rows(peers, "docs") == pgvector_rows(peers, "docs")
    assert execute(peers, "SELECT indexes_pending FROM pgrecall.collections") == [(False,)]


def test_a_new_collection_gets_the_index_and_the_pins_that_were_asked_for(peers: str) -> None:
    options = "--index hnsw --metric l2 --embedding-model fake --text-search none".split()
    run(peers, "langchain-pgvector", "--from", "docs", *options)

    with Store(peers) as store:
        described = store.describe_collection(TENANT, "docs")
        found = store.search(TENANT, "docs", [1.0] * 8, limit=3, exact=False)
    assert described is not None
    assert (described.metric, described.embedding_model, described.text_search) == (
        "l2",
        "fake",
        None,
    )
    assert len(found) == 3


def test_progress_is_told_page_by_page(peers: str) -> None:
    add_many(peers)
    told: list[tuple[str, int, int]] = []
    with Store(peers) as store:
        pair = Pair(store)
        [source] = pair.run(import_sources.find_pgvector("public", ["docs"]))
        pair.run(
            imports.copy_rows(
                pair.context,
                TENANT,
                Collection("docs"),
                source,
                progress=lambda *step: told.append(step),
            )
        )

    total = MANY + 60
    steps = [(done, total) for done in (0, 5_000, 10_000, total)]
    assert told == [(phase, *step) for phase in ("checking", "copying") for step in steps]


def test_a_row_that_turns_bad_meanwhile_stops_the_run_and_keeps_what_was_copied(
    peers: str,
) -> None:
    add_many(peers)

    def spoil(phase: str, done: int, _: int) -> None:
        if (phase, done) == ("copying", 5_000):
            execute(
                peers,
                "UPDATE langchain_pg_embedding SET embedding = '[1]' WHERE id = 'many-9999'",
            )

    with Store(peers) as store:
        pair = Pair(store)
        [source] = pair.run(import_sources.find_pgvector("public", ["docs"]))
        wanted = Collection("docs", index=Hnsw())
        with pytest.raises(InvalidArgumentError, match=r"length than 8 \('many-9999'\)"):
            pair.run(imports.copy_rows(pair.context, TENANT, wanted, source, progress=spoil))
        # the indexes are back: the approximate one answers
        assert len(store.search(TENANT, "docs", [1.0] * 8, exact=False)) == 10
        assert store.count(TENANT, "docs") == 10_000


async def test_the_copy_runs_for_async_callers_too(peers: str) -> None:
    pair = Pair(peers)
    [source] = await pair.arun(import_sources.find_pgvector("public", ["docs"]))
    outcome = await pair.arun(imports.copy_rows(pair.context, TENANT, Collection("docs"), source))
    await pair.aclose()

    assert outcome.tally.copied == 60
    assert target_rows(peers, "docs") == pgvector_rows(peers, "docs")


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

    assert "embedding_model='one-model'" in line


def test_a_default_that_is_given_conflicts_and_what_is_not_given_asks_nothing(peers: str) -> None:
    kind = Collection("new", 8, "model", storage="halfvec", text_search="german")
    with Store(peers) as store:
        store.ensure_collection(TENANT, kind)
    words = ("langchain-pgvectorstore", "--table", "new")

    assert "text_search='german'" in refusal(peers, *words, "--text-search", "english")
    assert "embedding_model='model'" in refusal(peers, *words, "--embedding-model", "")
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


def test_columns_of_a_pgvectorstore_become_metadata_of_their_types(peers: str) -> None:
    run(peers, "langchain-pgvectorstore", "--table", "new")

    metadata = target_rows(peers, "new")[1][3]
    assert metadata["page"] == 1
    assert metadata["score"] == 1 / 7
    assert metadata["seen"] == "2026-01-02T12:30:00"
    assert metadata["is_new"] is False
    assert metadata["tags"] == ["a", "t1"]
    assert target_rows(peers, "new")[0][3]["score"] is None


def test_columns_of_a_pgvectorstore_can_be_chosen_and_left_out(peers: str) -> None:
    run(peers, "langchain-pgvectorstore", "--table", "new", "--metadata-column", "page")
    ignored = ("--ignore-metadata-column", "seen", "--ignore-metadata-column", "score")
    run(peers, "langchain-pgvectorstore", "--table", "new", "--collection", "few", *ignored)

    assert {"seen", "score", "is_new"} & set(target_rows(peers, "new")[1][3]) == set()
    assert {"seen", "score", "is_new"} & set(target_rows(peers, "few")[1][3]) == {"is_new"}


OWN = (
    'CREATE SCHEMA "my \'%s"; CREATE TABLE "my \'%s"."it\'s ""100%%""" ('
    ' "the %s id" {id}, "the text" varchar(100), "the vector" halfvec(2),'
    ' "a ""column"" %s" numeric(9, 2), "more" json, at timestamptz, words tsvector);'
)


def own_table(dsn: str, id_type: str) -> list[str]:
    statement = OWN.format(id=id_type).replace("%%", "%")
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(statement.encode())
    options = [
        *("--from-schema", "my '%s"),
        *("--table", 'it\'s "100%"'),
        *("--id-column", "the %s id"),
        *("--content-column", "the text"),
        *("--embedding-column", "the vector"),
        *("--metadata-json-column", "more"),
    ]
    return ["langchain-pgvectorstore", *options]


def add_own(dsn: str, *rows: tuple[Any, ...]) -> None:
    table = sql.SQL(".").join([sql.Identifier("my '%s"), sql.Identifier('it\'s "100%"')])
    with psycopg.connect(dsn, autocommit=True) as connection:
        for row in rows:
            query = sql.SQL("INSERT INTO {} VALUES ({})").format(
                table, sql.SQL(", ").join(map(sql.Literal, row))
            )
            connection.execute(query)


def test_hostile_names_of_schema_table_and_columns_are_only_names(peers: str) -> None:
    arguments = own_table(peers, "uuid PRIMARY KEY")
    ids = [f"0000000{n}-0000-0000-0000-000000000000" for n in range(1, 4)]
    more = '{"n": 1.50, "a \\"column\\" %s": 0}'
    add_own(peers, *((id_, "text", "[1,2]", "7.10", more, "2026-01-02 03:04:05Z") for id_ in ids))

    told = run(peers, *arguments)

    assert (told["copied"], told["collection"]) == (3, 'it\'s "100%"')
    with Store(peers) as store:
        described = store.describe_collection(TENANT, told["collection"])
        [item] = store.get(TENANT, told["collection"], ids[1:2])
    assert described is not None
    assert described.storage == "halfvec"
    assert item == Item(ids[1], [1, 2], "text", dict(item.metadata or {}))
    assert (item.metadata or {})['a "column" %s'] == 7.1
    assert str((item.metadata or {})["at"]).startswith("2026-01-02T03:04:05")
    assert set(item.metadata or {}) == {"n", 'a "column" %s', "at"}


def test_an_id_that_a_table_of_one_s_own_repeats_has_its_last_row(peers: str) -> None:
    arguments = own_table(peers, "integer")
    add_own(peers, (2, "old", "[1,2]"), (1, "one", "[1,2]"), (2, "new", "[1,2]"))
    add_own(peers, (None, "lost", "[1,2]"))

    line = refusal(peers, *arguments)
    told = run(peers, *arguments, "--skip-bad")

    assert "1 has no id" in line
    assert (told["rows"], told["copied"], told["older"], told["skipped"]) == (4, 2, 1, 1)
    assert [row[:2] for row in target_rows(peers, told["collection"])] == [
        ("1", "one"),
        ("2", "new"),
    ]


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


def test_tables_older_than_the_package_s_ids_are_copied_by_their_own(peers: str) -> None:
    execute(
        peers,
        "DROP INDEX ix_cmetadata_gin;"
        " ALTER TABLE langchain_pg_embedding RENAME id TO custom_id;"
        " ALTER TABLE langchain_pg_embedding DROP CONSTRAINT langchain_pg_embedding_pkey;"
        " ALTER TABLE langchain_pg_embedding ALTER custom_id DROP NOT NULL,"
        " ALTER cmetadata TYPE json USING cmetadata::json,"
        " ADD uuid uuid PRIMARY KEY DEFAULT gen_random_uuid()",
    )
    execute(
        peers,
        "UPDATE langchain_pg_embedding SET custom_id = NULL WHERE custom_id = 'doc-0000'",
    )

    told = run(peers, "langchain-pgvector", "--from", "docs")

    [(uuid,)] = execute(
        peers, "SELECT uuid::text FROM langchain_pg_embedding WHERE custom_id IS NULL"
    )
    assert told["copied"] == 60
    assert {row[0] for row in target_rows(peers, "docs")} == {
        uuid,
        *(f"doc-{number:04}" for number in range(1, 60)),
    }


def test_an_empty_collection_needs_no_dimensions(peers: str) -> None:
    execute(peers, "DELETE FROM langchain_pg_embedding")

    told = run(peers, "langchain-pgvector", "--from", "docs")

    assert (told["rows"], told["dimensions"]) == (0, None)


def test_rows_that_have_no_vector_at_all_need_dimensions(peers: str) -> None:
    execute(peers, "UPDATE langchain_pg_embedding SET embedding = NULL")

    line = refusal(peers, "langchain-pgvector", "--from", "docs")
    told = run(peers, "langchain-pgvector", "--from", "docs", "--dimensions", "3")

    assert "no row of 'docs' has a vector: --dimensions" in line
    assert told["without_vector"] == 60
