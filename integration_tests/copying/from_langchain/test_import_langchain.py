"""What is imported from langchain-postgres, row by row."""

from __future__ import annotations

import json
import signal
import time
from typing import Any

import psycopg
import pytest
from integration_tests.copying.adopting import compare
from integration_tests.copying.from_langchain.tables import add_own, own_table
from integration_tests.copying.peer_tables import (
    TENANT,
    command,
    execute,
    refusal,
    run,
    table_of,
    target_rows,
    versions,
)
from integration_tests.shared.commands import Runner
from langchain_core.embeddings import DeterministicFakeEmbedding

from pgrecall import Collection, Hnsw, Item, Store, Table
from pgrecall._adapters.pair import Pair
from pgrecall._operations.copying import copying as imports
from pgrecall._operations.copying import sources as import_sources
from pgrecall.cli.app import app
from pgrecall.errors import InvalidArgumentError
from pgrecall.langchain import PgRecallVectorStore

HOSTILE = 'it\'s "100%" %s'
EMBEDDING = DeterministicFakeEmbedding(size=8)
MANY = 12_000
"""Rows of more than two pages."""


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
    result = Runner().invoke(
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
    result = Runner().invoke(
        app, ["import", "langchain-pgvector", "--from", "docs", "--dsn", peers]
    )

    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1].split() == ["docs", "docs", "60", "60", "0", "0"]


def test_a_dry_run_tells_what_would_be_copied_and_copies_nothing(peers: str) -> None:
    told = run(peers, "langchain-pgvector", "--from", "docs", "--dry-run")

    assert (told["rows"], told["copied"]) == (60, 60)
    with Store(peers) as store:
        assert store.list_collections(TENANT) == []


@pytest.mark.one_in(2)
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


def test_an_adopted_table_gives_what_an_import_of_it_gives(peers: str) -> None:
    run(peers, "langchain-pgvector", "--from", "docs")
    run(peers, "langchain-pgvectorstore", "--table", "new")

    compare(peers, "docs", Table.of_pgvector("docs"), [{"page": {"$gte": 3}}], "text")
    with Store(peers) as store:
        store.drop_collection(TENANT, "adopted")
    compare(peers, "new", Table.of_pgvectorstore("new"), [{"page": {"$gte": 3}}], "text")
