"""What every verb does with a collection that was adopted, and that none changes its table."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from integration_tests.adopted.tables import KINDS, make
from integration_tests.adopted.verbs import NAME, REFUSALS, WORKS

from pgrecall import Collection, CollectionConflictError, InvalidArgumentError, Store, Table

if TYPE_CHECKING:
    from collections.abc import Iterator

EVERYTHING = {
    "relations": "SELECT c.relname, c.relkind, c.relacl::text, c.reloptions::text, c.relfilenode,"
    " c.reltuples FROM pg_class c WHERE c.relnamespace = to_regnamespace(%(schema)s) ORDER BY 1",
    "columns": "SELECT a.attrelid::regclass::text, a.* FROM pg_attribute a JOIN pg_class c ON c.oid"
    " = a.attrelid WHERE c.relnamespace = to_regnamespace(%(schema)s) ORDER BY 1, attnum",
    "constraints": "SELECT x.conname, x.convalidated FROM pg_constraint x"
    " WHERE x.connamespace = to_regnamespace(%(schema)s) ORDER BY 1",
    "triggers": "SELECT g.tgname, g.tgenabled FROM pg_trigger g JOIN pg_class c ON c.oid"
    " = g.tgrelid WHERE c.relnamespace = to_regnamespace(%(schema)s) ORDER BY 1",
}
"""What there is of a schema: its tables, indexes, columns, constraints and triggers."""


class Place:
    """A tenant with a collection, and the schema of the table that it stands on."""

    def __init__(self, dsn: str, store: Store, kind: str) -> None:
        self.schema, self.tenant = f"s_{uuid.uuid4().hex[:12]}", f"tenant-{uuid.uuid4().hex}"
        self.table: Table = make(dsn, KINDS[kind], self.schema)
        self.dsn, self.store = dsn, store
        store.adopt_collection(self.tenant, NAME, self.table)

    def state(self) -> Any:
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            found = [
                connection.execute(query.encode(), {"schema": self.schema}).fetchall()
                for query in EVERYTHING.values()
            ]
            rows = f"SELECT xmin::text, ctid::text, t.* FROM {self.schema}.articles t ORDER BY slug"
            return [*found, [str(row) for row in connection.execute(rows.encode())]]


@pytest.fixture(scope="module")
def place(dsn: str, sync_store: Store) -> Iterator[Place]:
    made = Place(dsn, sync_store, "indexed table")
    before = made.state()
    yield made
    # the rows with their versions, and everything that was made of them
    assert made.state() == before


@pytest.mark.parametrize("verb", WORKS)
def test_a_verb_that_works_gives_what_it_is_to_give(place: Place, verb: str) -> None:
    given = WORKS[verb](place.store, place.tenant, place.table)
    assert given is None or given


@pytest.mark.parametrize("verb", REFUSALS)
def test_a_verb_that_is_refused_says_why_and_does_nothing(place: Place, verb: str) -> None:
    with pytest.raises(InvalidArgumentError, match=f"collection 'docs' .*{place.schema}.articles"):
        REFUSALS[verb](place.store, place.tenant, place.table)


def test_another_pin_is_a_conflict_and_only_what_can_be_altered_is_advised(place: Place) -> None:
    for field, value in {"dimensions": 3, "text_search": "german", "storage": "halfvec"}.items():
        wanted: Any = {"dimensions": 4, field: value}
        with pytest.raises(CollectionConflictError) as error:
            place.store.ensure_collection(place.tenant, Collection(NAME, **wanted))
        assert error.value.field == field
        assert "alter_collection" not in str(error.value)
        with pytest.raises(InvalidArgumentError, match=f"{field} follows from {place.schema}"):
            place.store.alter_collection(place.tenant, Collection(NAME, **wanted))


def test_what_is_of_a_table_of_pgrecalls_own_cannot_be_said(place: Place) -> None:
    for field, value in {"title": "lang", "distributed": True}.items():
        said: Any = {field: value}
        with pytest.raises(InvalidArgumentError, match=f"{field} is of collections on a table of"):
            place.store.alter_collection(place.tenant, Collection(NAME, **said))


@pytest.mark.parametrize("kind", ["view", "materialized view", "partitioned table"])
def test_what_is_no_table_is_looked_after_likewise(dsn: str, sync_store: Store, kind: str) -> None:
    place = Place(dsn, sync_store, kind)
    before = place.state()
    for verb in ("ensure_collection", "alter_collection", "rename_collection", "prewarm"):
        WORKS[verb](place.store, place.tenant, place.table)
    report = place.store.maintain(place.tenant)
    assert [one for one in report.findings if one.outcome not in {"done", "told"}] == []
    forgotten = place.store.forget(place.tenant)
    assert forgotten.tables_kept == (NAME,)
    assert place.state() == before


def test_what_is_due_on_the_table_is_told_with_the_statement_and_left(
    dsn: str, sync_store: Store
) -> None:
    place = Place(dsn, sync_store, "table")
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(f"SET search_path TO {place.schema}, public".encode())
        connection.execute("INSERT INTO articles SELECT 'x' || n FROM generate_series(1, 2000) n")
        connection.execute("DELETE FROM articles WHERE slug LIKE 'x%'")
        connection.execute("SELECT pg_stat_force_next_flush()")
    before = place.state()
    told = place.store.maintain(place.tenant).findings
    vacuum = [one for one in told if one.task == "vacuum"]
    assert [one.outcome for one in vacuum] == ["told"]
    table = f"{place.schema}.articles"
    assert vacuum[0].reason == (f"{table} is yours, and left as it is: VACUUM (ANALYZE) {table}")
    assert place.state() == before


def test_a_table_that_is_gone_can_be_forgotten(dsn: str, sync_store: Store) -> None:
    place = Place(dsn, sync_store, "table")
    stored = sync_store._driver.context.known(place.tenant, NAME)
    assert stored is not None
    marker = stored.table_name
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(f"DROP SCHEMA {place.schema} CASCADE".encode())
    (finding,) = place.store.maintain(place.tenant).findings
    assert finding.outcome == "failed"
    assert "is gone" in finding.reason
    assert place.store.drop_collection(place.tenant, NAME) == 0
    with psycopg.connect(dsn) as connection:
        found = connection.execute("SELECT to_regclass(%s)", (f"pgrecall.{marker}",)).fetchone()
    assert found == (None,)


def test_long_names_of_schemas_and_tables_go_back_as_they_were_described(
    dsn: str, sync_store: Store, tenant: str
) -> None:
    schema, name = f"{'s' * 50}{uuid.uuid4().hex[:12]}", "a" * 63
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}".encode())
        connection.execute(f"CREATE TABLE {schema}.{name} (id int PRIMARY KEY, body text)".encode())
    sync_store.adopt_collection(tenant, NAME, Table(f"{schema}.{name}", id="id", text="body"))
    described = sync_store.describe_collection(tenant, NAME)
    assert described is not None
    assert sync_store.ensure_collection(tenant, described) == described
    for own in ("b" * 64, f"{'b' * 40}.{'b' * 40}"):
        with pytest.raises(InvalidArgumentError, match="table_name"):
            sync_store.ensure_collection(tenant, Collection("own", 4, table_name=own))
