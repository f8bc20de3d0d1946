from __future__ import annotations

import shutil
import time
import uuid
from string import ascii_lowercase
from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg
import pytest
from integration_tests.cli.cli_runs import Cli
from integration_tests.shared.folders import server_parent
from integration_tests.shared.half_built import leave_half_built

from pgrecall import Collection, Hnsw, Item, IvfFlat, Store, embedded
from pgrecall._adapters.findings import Finding, Severity
from pgrecall._adapters.pair import Pair
from pgrecall._operations.health import gathering
from pgrecall.cli.checks.checks import check
from pgrecall.cli.checks.findings import Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pgrecall._operations.health.facts import Facts


class Patient:
    """A schema of its own with one collection, in a database of its own or a shared one."""

    def __init__(self, dsn: str, schema: str) -> None:
        self.dsn = dsn
        self.schema = schema
        self.store = Store(dsn, schema=schema, min_connections=0)

    def make(self, count: int = 200, **options: Any) -> str:
        """Make a collection of many rows; give its table."""
        self.store.ensure_collection("a", Collection("notes", 32, **options))
        self.store.upsert("a", "notes", _items(count))
        made = self.store.describe_collection("a", "notes")
        assert made is not None
        assert made.table_name is not None
        self.execute(f"ALTER TABLE {made.table_name} SET (autovacuum_enabled = off)")
        return made.table_name

    def execute(self, *statements: str) -> None:
        """Run statements in a session of their own, whose counts are told when it ends."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            connection.execute(f'SET search_path = "{self.schema}", public')
            for statement in statements:
                connection.execute(statement.encode())

    def facts(self) -> Facts:
        pair = Pair(self.store)
        return pair.run(gathering.gather(pair.context))

    def found(self, **limits: int) -> list[Finding]:
        """Give the findings that are about the schema, not the server."""
        found = check(self.facts(), Limits(**limits))
        return [one for one in found if "a/notes" in one.what or self.schema in one.what]

    def one(self, **limits: int) -> Finding:
        """Give the only finding."""
        (found,) = self.found(**limits)
        return found

    def mend(self, finding: Finding) -> None:
        """Run a finding's SQL; nothing may be left to find."""
        self.execute(*finding.sql)
        assert self.found() == []


def _items(count: int) -> Iterable[Item]:
    vectors = np.random.default_rng(1).normal(size=(count, 32))
    return [Item(str(place), vectors[place], f"words {place}") for place in range(count)]


@pytest.fixture
def patient(dsn: str) -> Iterator[Patient]:
    made = Patient(dsn, f"doctor_{uuid.uuid4().hex[:8]}")
    yield made
    made.store.close()
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(f"DROP SCHEMA {made.schema} CASCADE".encode())


def _eventually(look: Callable[[], list[Finding]]) -> list[Finding]:
    # PostgreSQL tells the counts of a session up to a second after its statements
    deadline = time.monotonic() + 30
    while not (found := look()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


def test_a_healthy_collection_has_no_finding(patient: Patient) -> None:
    patient.make(index=Hnsw(), fields={"page": "number"})
    assert patient.found() == []
    (one,) = patient.facts().collections
    assert set(one.indexes) == {*one.expected, f"{_bare(one.collection.table_name)}_pkey"}


def test_texts_that_are_not_searched_whole_are_counted(patient: Patient) -> None:
    patient.make(3, text_search="simple")
    words = [first + second for first in ascii_lowercase for second in ascii_lowercase]
    texts = [" ".join(f"{one}{two}" for one in words[:30] for two in words)]  # 20,280 words
    texts += [texts[0][:60_000], f"{texts[0]} {texts[0]}"]
    patient.store.upsert("a", "notes", [Item(f"t{n}", None, text) for n, text in enumerate(texts)])
    found = patient.one()
    assert found.severity is Severity.NOTICE
    assert found.what == (
        "a/notes: texts that are longer than text search covers,"
        " 2 with words behind the 16,383rd and 1 with more than 130,000 characters"
    )
    patient.store.delete("a", "notes", ["t0", "t1", "t2"])
    assert patient.found() == []


def _bare(table: str | None) -> str:
    return (table or "").rpartition(".")[2]


def test_an_index_whose_build_was_interrupted_is_found_and_built(patient: Patient) -> None:
    table = patient.make(index=Hnsw())
    ann = patient.facts().collections[0].ann
    patient.execute(f"DROP INDEX {ann}")
    leave_half_built(
        patient.dsn,
        table,
        f"CREATE INDEX CONCURRENTLY {ann} ON {table} USING hnsw"
        " (embedding vector_cosine_ops) WITH (m = 16, ef_construction = 64)",
    )
    found = patient.one()
    assert found.severity is Severity.SERIOUS
    assert "is invalid" in found.what
    patient.mend(found)


def test_what_an_interrupted_rebuild_left_is_found_and_dropped(patient: Patient) -> None:
    table = patient.make(index=Hnsw())
    leave_half_built(patient.dsn, table, f"REINDEX TABLE CONCURRENTLY {table}")
    found = patient.found()
    assert found
    assert all(one.sql[0].startswith("DROP INDEX CONCURRENTLY") for one in found)
    patient.execute(*(statement for one in found for statement in one.sql))
    assert patient.found() == []


def test_what_a_build_left_is_found_where_its_note_outlived_who_made_it(patient: Patient) -> None:
    table = patient.make(index=Hnsw())
    (ann,) = (name for name in patient.facts().collections[0].expected if name.endswith("ann"))
    patient.execute(
        f"CREATE INDEX {ann}_new ON {table} USING hnsw (embedding vector_cosine_ops)",
        "UPDATE collections SET settings = settings"
        ' || \'{"builder": {"token": "another", "pid": 1, "since": 1, "at": 1}}\'',
    )
    found = patient.one()
    assert found.what == f"a/notes: the index {ann}_new was never put in its place"
    patient.mend(found)


@pytest.mark.parametrize("purpose", ["ann", "tsv", "metadata"])
def test_a_missing_index_is_found_and_built(patient: Patient, purpose: str) -> None:
    patient.make(index=Hnsw())
    names = patient.facts().collections[0].expected
    (name,) = (name for name in names if name.endswith(purpose))
    patient.execute(f"DROP INDEX {name}")
    found = patient.one()
    assert found.what == f"a/notes: the index {name} is missing"
    assert (found.severity is Severity.SERIOUS) is (purpose == "ann")
    patient.mend(found)


def test_an_ivfflat_that_was_made_before_its_rows_is_found(patient: Patient) -> None:
    patient.make(index=IvfFlat())
    assert _eventually(patient.found)[0].what == "a/notes: its IVFFlat index was never built"
    patient.store.reindex("a", "notes")
    assert patient.found() == []


def test_a_load_that_died_is_found_and_finished_by_a_rebuild(patient: Patient) -> None:
    def items() -> Iterator[Item]:
        yield from _items(10)
        raise KeyboardInterrupt

    patient.store.ensure_collection("a", Collection("notes", 32, index=Hnsw()))
    with pytest.raises(KeyboardInterrupt):
        patient.store.load("a", "notes", items())
    assert patient.one().what == "a/notes: a load put its indexes aside and has not built them"
    Cli(patient.dsn, "a").run("index", "rebuild", "notes", "--schema", patient.schema)
    assert patient.found() == []


def test_a_large_index_that_nothing_uses_is_found(patient: Patient) -> None:
    patient.make()
    found = patient.found(unused_bytes=1)
    assert {one.severity for one in found} == {Severity.NOTICE}
    assert any(one.sql[0].endswith("_tsv") for one in found)
    patient.store.search_text("a", "notes", "7")
    assert _eventually(
        lambda: [one for one in [patient.found(unused_bytes=1)] if len(one) < len(found)]
    )


def test_many_rows_without_an_index_are_found_until_there_is_one(patient: Patient) -> None:
    table = patient.make()
    patient.execute(f"ANALYZE {table}")
    assert patient.one(scanned_rows=200).what.endswith("200 rows and no approximate index")
    patient.store.create_index("a", "notes", Hnsw())
    assert patient.found(scanned_rows=200) == []


def test_rows_without_statistics_are_found_and_gathered(patient: Patient) -> None:
    patient.make()
    found = _eventually(lambda: patient.found(analyzed_rows=200))
    assert [one.what for one in found] == ["a/notes: the planner has no statistics of its rows"]
    patient.execute(*found[0].sql)
    assert patient.found(analyzed_rows=200) == []


def test_dead_rows_are_found_and_vacuumed(patient: Patient) -> None:
    table = patient.make()
    patient.execute(f"ANALYZE {table}", f"UPDATE {table} SET text = text || '!'")
    found = _eventually(lambda: patient.found(dead_rows=100))
    assert [one.what for one in found] == ["a/notes: 50% of its rows are dead (200 dead rows)"]
    patient.execute(*found[0].sql)
    assert patient.found(dead_rows=100) == []


def test_a_table_of_no_collection_is_found_and_others_are_left_alone(patient: Patient) -> None:
    patient.make()
    patient.execute("CREATE TABLE items_old_7 (id text)", "CREATE TABLE of_the_user (id text)")
    found = patient.one()
    assert found.what.startswith(f"the table {patient.schema}.items_old_7 (")
    patient.mend(found)


def test_a_collection_whose_table_is_gone_is_found_and_forgotten(patient: Patient) -> None:
    patient.execute(f"DROP TABLE {patient.make()}")
    found = patient.one()
    assert found.severity is Severity.SERIOUS
    patient.mend(found)
    assert patient.store.list_collections("a") == []


def test_an_old_pgvector_is_found_with_its_cve(fresh_dsn: str) -> None:
    patient = Patient(fresh_dsn, "pgrecall")
    patient.make(index=Hnsw())
    patient.store.close()
    patient.execute("UPDATE pg_extension SET extversion = '0.8.1' WHERE extname = 'vector'")
    report = Cli(fresh_dsn, "a").json("doctor", code=1, tenant=False)
    told = [(one["severity"], one["what"]) for one in report["findings"]]
    assert ("serious", told[0][1]) == told[0]
    assert "CVE-2026-3172" in told[0][1]
    assert any("this database still has 0.8.1" in what for _, what in told)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Iterator[Patient]:
    """A collection on a server of its own with hardly any memory and connections."""
    monkeypatch.delenv("PGRECALL_EMBEDDED_SHARED_BUFFERS", raising=False)
    folder = server_parent()
    full = Patient(embedded.start(folder / "data"), "pgrecall")
    full.make(1_000, index=Hnsw())
    full.store.close()
    full.execute(
        "ALTER SYSTEM SET shared_buffers = '256kB'",
        "ALTER SYSTEM SET maintenance_work_mem = '64kB'",
        "ALTER SYSTEM SET work_mem = '64kB'",
        "ALTER SYSTEM SET max_connections = 12",
        "ALTER SYSTEM SET autovacuum = off",
    )
    embedded.stop(folder / "data")
    made = Patient(embedded.start(folder / "data"), "pgrecall")
    yield made
    made.store.close()
    embedded.stop(folder / "data")
    shutil.rmtree(folder)


def test_a_server_with_too_little_of_everything_is_told(small: Patient) -> None:
    told = " / ".join(one.what for one in check(small.facts()))
    for words in (
        "shared_buffers is 256 kB",
        "maintenance_work_mem is 64 kB",
        "work_mem is 64 kB",
        "autovacuum is off",
        "a pool of 10 does not fit",
    ):
        assert words in told
    busy = [psycopg.connect(small.dsn) for _ in range(8)]
    worst = check(small.facts())[0]
    for connection in busy:
        connection.close()
    assert worst.severity is Severity.SERIOUS
    assert "of 9 in use" in worst.what


def test_doctor_tells_people_what_why_and_what_to_do(patient: Patient) -> None:
    patient.make()
    patient.execute("CREATE TABLE items_old_7 (id text)")
    words = ["doctor", "--schema", patient.schema]
    result = Cli(patient.dsn, "a", 80).run(*words, tenant=False)
    assert f"1 collection in schema {patient.schema}" in result.stdout.replace("\n", " ")
    for words_told in ("Why: it takes room", "Do: look into it", f"DROP TABLE {patient.schema}."):
        assert words_told in result.stdout
