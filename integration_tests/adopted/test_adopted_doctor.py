"""What doctor finds of adopted tables; each statement that it shows ends what it was shown for."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from integration_tests.search.shapes import Searched
from integration_tests.shared.commands import Runner

from pgrecall import Store, Table
from pgrecall._adapters.findings import Finding, Severity
from pgrecall._adapters.pair import Pair
from pgrecall._operations.health import gathering
from pgrecall._pools.sessions import dumping_encoded
from pgrecall.cli.app import app
from pgrecall.cli.checks.checks import check
from pgrecall.cli.checks.findings import Limits

if TYPE_CHECKING:
    from collections.abc import Iterator

ROWS = 1_500
MADE = """
CREATE TABLE articles (id int PRIMARY KEY, title text, "Body" varchar, v vector(8), {tail});
INSERT INTO articles (id, title, "Body", v) SELECT n, 'title ' || n % 7,
    nullif('word' || n % 100, 'word3'),
    (SELECT array_agg(random() - 0.5) FROM generate_series(1, 8 + 0 * n))::real[]::vector
    FROM generate_series(1, {rows}) AS n;
ANALYZE articles
"""


class Patient:
    """A schema of tables, and one of the store's own."""

    def __init__(self, dsn: str) -> None:
        word = uuid.uuid4().hex[:8]
        self.dsn, self.tables, self.schema = dsn, f"t_{word}", f"doctor_{word}"
        self.store = Store(dsn, schema=self.schema, min_connections=0)
        self.connection = psycopg.connect(dsn, autocommit=True)
        dumping_encoded(self.connection.adapters)
        self.run(f"CREATE SCHEMA {self.tables}", f"SET search_path TO {self.tables}, public")

    def run(self, *statements: str) -> None:
        for statement in statements:
            self.connection.execute(statement.encode())

    def make(self, tail: str = "kind int", rows: int = ROWS) -> None:
        self.run(*MADE.format(tail=tail, rows=rows).split(";"))

    def adopt(self, name: str = "articles", **said: Any) -> None:
        said = {"id": "id", "text": ["title", "Body"], "vector": "v", **said}
        self.store.adopt_collection("a", "docs", Table(f"{self.tables}.{name}", **said))
        # what is measured of what is there is no finding
        self.store.maintain("a")

    def found(self, **limits: int) -> list[Finding]:
        pair = Pair(self.store)
        found = check(pair.run(gathering.gather(pair.context)), Limits(**limits))
        return [one for one in found if "docs" in one.what]

    def mended(self, finding: Finding) -> None:
        """Run the statements, of which there is one, and measure what came of it."""
        (statement,) = finding.sql
        self.run(statement)
        self.store.maintain("a")


@pytest.fixture
def patient(dsn: str) -> Iterator[Patient]:
    made = Patient(dsn)
    yield made
    made.store.close()
    made.run(f"DROP SCHEMA {made.schema}, {made.tables} CASCADE")
    made.connection.close()


def test_a_table_without_indexes_is_told_the_statement_of_each(patient: Patient) -> None:
    patient.make()
    patient.adopt()
    vectors, texts = patient.found()
    assert vectors.what == (
        f"a/docs, adopted from {patient.tables}.articles: no index serves searches by its vectors"
        " and cosine"
    )
    (shown,) = texts.sql
    assert shown == (
        f"CREATE INDEX CONCURRENTLY ON {patient.tables}.articles USING gin"
        " (to_tsvector('english'::regconfig, coalesce(title::text, '') || E'\\n\\n' ||"
        " coalesce(\"Body\"::text, '')))"
    )
    assert [one.severity for one in patient.found(scanned_rows=1_000, analyzed_rows=1_000)] == [
        Severity.WARNING
    ] * 2
    before = patient.store.search_text("a", "docs", "word3 word4 title", limit=40)
    patient.mended(texts)
    patient.mended(vectors)
    assert patient.found() == []
    after = patient.store.search_text("a", "docs", "word3 word4 title", limit=40)
    assert [one.id for one in after] == [one.id for one in before]
    table = Searched(patient.store, patient.connection, "a", "docs")
    plan = table.plan(table.by_words("text", 10, None, 20_000))
    assert "Bitmap Index Scan on articles_to_tsvector_idx" in plan
    assert "Index Scan using articles_v_hnsw" in table.plan(table.statement(10))


def test_a_small_table_needs_none(patient: Patient) -> None:
    patient.make(rows=100)
    patient.adopt()
    assert patient.found() == []


def test_a_column_of_tsvectors_has_to_be_indexed_and_kept(patient: Patient) -> None:
    # no row is changed: when dead ones are counted, and when no more, is the server's to say
    patient.make("tsv tsvector DEFAULT to_tsvector('english', 'words')")
    patient.run("CREATE INDEX ON articles USING hnsw (v vector_cosine_ops)")
    patient.adopt()
    kept, indexed = patient.found()
    assert kept.what.endswith("nothing keeps its column tsv")
    assert kept.severity is Severity.WARNING
    assert indexed.sql == (
        f"CREATE INDEX CONCURRENTLY ON {patient.tables}.articles USING gin (tsv)",
    )
    patient.mended(indexed)
    patient.run(
        "CREATE TRIGGER kept BEFORE INSERT OR UPDATE ON articles FOR EACH ROW EXECUTE FUNCTION"
        " tsvector_update_trigger(tsv, 'pg_catalog.english', title)"
    )
    assert patient.found() == []


def test_a_generated_column_with_an_index_is_well(patient: Patient) -> None:
    patient.make(
        "tsv tsvector GENERATED ALWAYS AS (to_tsvector('english', coalesce(title, ''))) STORED"
    )
    patient.run("CREATE INDEX ON articles USING hnsw (v vector_cosine_ops)")
    patient.run("CREATE INDEX ON articles USING gin (tsv)")
    patient.adopt()
    assert patient.found() == []


def test_ids_that_no_index_tells_apart_are_told(patient: Patient) -> None:
    patient.make()
    patient.run(
        "CREATE VIEW seen AS SELECT * FROM articles",
        "CREATE MATERIALIZED VIEW kept AS SELECT * FROM articles",
        "CREATE INDEX ON kept USING hnsw (v vector_cosine_ops)",
        "ANALYZE kept",
    )
    patient.adopt("seen", text=())
    (of_view,) = patient.found()
    assert of_view.severity is Severity.NOTICE
    assert of_view.sql == (
        f"SELECT id, count(*) FROM {patient.tables}.seen GROUP BY id HAVING count(*) > 1",
    )
    patient.store.drop_collection("a", "docs")
    patient.adopt("kept", text=())
    (of_kept,) = patient.found()
    assert of_kept.sql == (f"CREATE UNIQUE INDEX CONCURRENTLY ON {patient.tables}.kept (id)",)
    patient.mended(of_kept)
    assert patient.found() == []


def test_a_partitioned_table_is_shown_what_builds_its_index(patient: Patient) -> None:
    patient.run(
        "CREATE TABLE parted (id int PRIMARY KEY, v vector(8)) PARTITION BY HASH (id)",
        *(
            f"CREATE TABLE p{n} PARTITION OF parted FOR VALUES WITH (MODULUS 2, REMAINDER {n})"
            for n in (0, 1)
        ),
    )
    patient.make()
    patient.run("INSERT INTO parted SELECT id, v FROM articles", "ANALYZE parted")
    patient.adopt("parted", text=())
    (finding,) = patient.found()
    assert len(finding.sql) == 5
    patient.run(*finding.sql)
    patient.store.maintain("a")
    assert patient.found() == []


def test_what_is_due_on_the_table_is_shown_to_its_owner(patient: Patient) -> None:
    patient.make()
    patient.run(
        "CREATE INDEX by_hand ON articles USING hnsw (v vector_cosine_ops)",
        "CREATE INDEX half_built ON articles USING hnsw (v vector_l2_ops)",
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'half_built'::regclass",
        "ALTER TABLE articles SET (autovacuum_enabled = off)",
        f"DELETE FROM articles WHERE id <= {2 * ROWS // 3}",
        "SELECT pg_stat_force_next_flush()",
    )
    patient.adopt(text=())
    table = f"{patient.tables}.articles"
    assert {one.sql for one in patient.found(dead_rows=500)} == {
        (f"DROP INDEX CONCURRENTLY {patient.tables}.half_built",),
        (f"VACUUM (ANALYZE) {table}",),
    }


def test_a_table_that_nobody_analysed_is_told(patient: Patient) -> None:
    patient.make(rows=600)
    patient.run(
        "CREATE TABLE fresh (id int PRIMARY KEY, v vector(8)) WITH (autovacuum_enabled = off)",
        "INSERT INTO fresh SELECT id, v FROM articles",
    )
    patient.adopt("fresh", text=())
    told = patient.found(analyzed_rows=500)
    (finding,) = [one for one in told if "the planner has no statistics" in one.what]
    assert finding.sql == (f"ANALYZE {patient.tables}.fresh",)
    patient.run(*finding.sql)
    assert patient.found(analyzed_rows=500) == []


def test_a_table_that_changed_is_a_finding_and_the_others_are_looked_at(patient: Patient) -> None:
    patient.make(rows=100)
    patient.adopt()
    patient.run("ALTER TABLE articles RENAME COLUMN title TO heading")
    (finding,) = patient.found()
    assert finding.severity is Severity.SERIOUS
    assert "column 'title'" in finding.what
    assert "'heading'" in finding.what
    patient.run("DROP TABLE articles")
    (finding,) = patient.found()
    assert "which is gone" in finding.what
    assert finding.todo.endswith("pgrecall drop docs --tenant a")


def test_collections_are_listed_as_adopted_and_an_index_is_shown_before(patient: Patient) -> None:
    patient.make()
    patient.adopt()
    where = ["--dsn", patient.dsn, "--schema", patient.schema]

    def run(*words: str) -> str:
        found = Runner(env={"COLUMNS": "220"}).invoke(app, [*words, *where])
        assert found.exit_code == 0, found.output
        told: str = found.stdout
        return told

    (row,) = json.loads(run("collections", "--json"))
    assert (row["table"], row["adopted"], row["rows"]) == (f"{patient.tables}.articles", True, ROWS)
    assert f"adopted from {patient.tables}.articles" in run("collections")
    shown = run("index", "create", "docs", "--tenant", "a", "--dry-run")
    assert shown.startswith("CREATE INDEX CONCURRENTLY articles_v_hnsw ON")
    assert f"adopted from {patient.tables}.articles" in run("doctor")
    patient.run("DROP TABLE articles")
    (row,) = json.loads(run("collections", "--json"))
    assert row["rows"] == 0
