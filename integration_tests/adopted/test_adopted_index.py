"""An index of an adopted table is built beside its readers and writers, once asked for by name."""

from __future__ import annotations

import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from pgrecall import (
    Collection,
    DatabaseError,
    Hnsw,
    InvalidArgumentError,
    Item,
    IvfFlat,
    PgRecallError,
    Store,
    Table,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

ROWS, DIMENSIONS = 1_200, 8
ONES = np.ones(DIMENSIONS, dtype=np.float32)

_FILL = (
    "INSERT INTO {table} SELECT n, 'word' || n % 100, (SELECT array_agg(random() - 0.5)"
    " FROM generate_series(1, {dimensions} + 0 * n))::real[]::{type}, n % 2"
    " FROM generate_series(1, {rows}) AS n"
)


class Place:
    """A schema with tables of vectors, and a tenant that adopts them."""

    def __init__(self, dsn: str, store: Store) -> None:
        self.schema, self.tenant = f"s_{uuid.uuid4().hex[:12]}", f"tenant-{uuid.uuid4().hex}"
        self.dsn, self.store = dsn, store
        self.connection = psycopg.connect(dsn, autocommit=True)
        self.run(f"CREATE SCHEMA {self.schema}; SET search_path TO {self.schema}, public")

    def run(self, query: str) -> list[tuple[Any, ...]]:
        cursor = self.connection.execute(query.encode())
        return cursor.fetchall() if cursor.description else []

    def filled(self, name: str, type_: str, rows: int = ROWS) -> None:
        self.run(f"CREATE TABLE {name} (id int PRIMARY KEY, body text, v {type_}, kind int)")
        self.fill(name, type_, rows)

    def fill(self, name: str, type_: str, rows: int = ROWS) -> None:
        holes = {"table": name, "type": type_, "dimensions": DIMENSIONS, "rows": rows}
        self.run(_FILL.format(**holes))
        self.run(f"ANALYZE {name}")

    def adopt(self, name: str, **said: Any) -> str:
        said = {"id": "id", "text": "body", "vector": "v", **said}
        table = Table(f"{self.schema}.{name}", **said)
        collection = f"{name}-{uuid.uuid4().hex[:6]}"
        self.store.adopt_collection(self.tenant, collection, table)
        return collection

    def indexes(self, name: str) -> list[str]:
        found = self.run(
            "SELECT c.relname::text FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
            f" WHERE i.indrelid = '{name}'::regclass AND NOT i.indisprimary ORDER BY 1"
        )
        return [name for (name,) in found]

    def by_index(self, collection: str) -> Any:
        found = self.store.search(self.tenant, collection, ONES, exact=False, explain=True)
        return found.explanation


@pytest.fixture(scope="module")
def place(dsn: str, sync_store: Store) -> Iterator[Place]:
    made = Place(dsn, sync_store)
    for name, type_ in {"plain": "vector(8)", "reals": "real[]", "bare": "vector"}.items():
        made.filled(name, type_)
    yield made
    made.connection.close()


@pytest.mark.parametrize(
    ("name", "index", "indexed"),
    [
        ("plain", Hnsw(), "hnsw (v public.vector_cosine_ops)"),
        ("plain", Hnsw(quantization="half"), "hnsw ((v::public.halfvec(8))"),
        ("plain", Hnsw(quantization="binary"), "hnsw ((public.binary_quantize(v)::bit(8))"),
        ("plain", IvfFlat(lists=10), "ivfflat (v public.vector_cosine_ops) WITH (lists = 10)"),
        ("reals", Hnsw(), "hnsw ((v::public.vector(8)) public.vector_cosine_ops)"),
        ("bare", Hnsw(quantization="half"), "hnsw (((v::public.vector(8))::public.halfvec(8))"),
        ("bare", IvfFlat(), "ivfflat ((v::public.vector(8)) public.vector_cosine_ops)"),
    ],
)
def test_what_is_said_before_is_what_is_built_and_it_serves(
    place: Place, name: str, index: Any, indexed: str
) -> None:
    docs = place.adopt(name)
    (said,) = place.store.create_index(place.tenant, docs, index, dry_run=True) or []
    assert said.startswith(f"CREATE INDEX CONCURRENTLY {name}_v_")
    assert f" ON {place.schema}.{name} USING {indexed}" in said
    assert place.indexes(name) == []

    told: list[Any] = []
    assert place.store.create_index(place.tenant, docs, index, progress=told.append) is None
    (built,) = place.indexes(name)
    assert f"CONCURRENTLY {built} ON" in said
    assert isinstance(place.store.describe_collection(place.tenant, docs).index, type(index))
    assert place.by_index(docs).plan == ("hnsw" if isinstance(index, Hnsw) else "ivfflat")
    stored = place.store._driver.context.known(place.tenant, docs)
    assert stored is not None
    assert stored.settings["measured"]["rows"] == ROWS

    # it is there: nothing to do; another one is the owner's to make room for
    assert place.store.create_index(place.tenant, docs, index, dry_run=True) == []
    place.store.create_index(place.tenant, docs, index)
    other = IvfFlat() if isinstance(index, Hnsw) else Hnsw()
    with pytest.raises(
        InvalidArgumentError, match=f"DROP INDEX CONCURRENTLY {place.schema}.{built}"
    ):
        place.store.create_index(place.tenant, docs, other)
    assert place.indexes(name) == [built]
    place.run(f"DROP INDEX {built}")


def test_what_an_interrupted_build_left_is_dropped_first(place: Place) -> None:
    place.filled("left_over", "vector(8)", rows=50)
    docs = place.adopt("left_over")
    place.run("CREATE INDEX left_over_v_hnsw ON left_over USING hnsw (v vector_cosine_ops)")
    place.run(
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'left_over_v_hnsw'::regclass"
    )
    drop, create = place.store.create_index(place.tenant, docs, Hnsw(), dry_run=True) or []
    assert drop == f"DROP INDEX CONCURRENTLY {place.schema}.left_over_v_hnsw"
    assert create.startswith("CREATE INDEX CONCURRENTLY left_over_v_hnsw ON")
    place.store.create_index(place.tenant, docs, Hnsw())
    assert place.indexes("left_over") == ["left_over_v_hnsw"]
    assert place.by_index(docs).plan == "hnsw"


def test_an_index_of_another_metric_keeps_its_name_and_place(place: Place) -> None:
    place.filled("named", "vector(8)", rows=50)
    docs = place.adopt("named")
    place.run("CREATE INDEX named_v_hnsw ON named USING hnsw (v vector_l2_ops)")
    place.store.create_index(place.tenant, docs, Hnsw())
    assert place.indexes("named") == ["named_v_hnsw", "named_v_hnsw_2"]


def test_a_build_that_fails_leaves_nothing_and_says_why(place: Place) -> None:
    place.filled("mixed", "vector", rows=50)
    docs = place.adopt("mixed", where={"kind": {"$lte": 1}})
    place.run("INSERT INTO mixed VALUES (9999, 'longer', '[1,2,3]', 5)")
    with pytest.raises(DatabaseError, match="vectors of another length than 8 are in"):
        place.store.create_index(place.tenant, docs, Hnsw())
    assert place.indexes("mixed") == []
    assert "builder" not in str(
        place.run(f"SELECT settings FROM pgrecall.collections WHERE name = '{docs}'")
    )


def test_the_statements_of_a_partitioned_table_build_what_serves(place: Place) -> None:
    place.run(
        "CREATE TABLE parted (id int, body text, v vector(8), kind int, PRIMARY KEY (id, kind))"
        " PARTITION BY RANGE (id);"
        "CREATE TABLE low PARTITION OF parted FOR VALUES FROM (0) TO (500);"
        "CREATE TABLE high PARTITION OF parted FOR VALUES FROM (500) TO (9999)"
        " PARTITION BY LIST (kind);"
        "CREATE TABLE high_even PARTITION OF high FOR VALUES IN (0);"
        "CREATE TABLE high_odd PARTITION OF high FOR VALUES IN (1)"
    )
    place.fill("parted", "vector(8)")
    docs = place.adopt("parted", id=["id", "kind"])
    with pytest.raises(InvalidArgumentError, match=r"is partitioned, .* run CREATE INDEX parted_v"):
        place.store.create_index(place.tenant, docs, Hnsw())
    needed = place.store.create_index(place.tenant, docs, Hnsw(), dry_run=True) or []
    assert [one for one in needed if "CONCURRENTLY" in one] == [
        f"CREATE INDEX CONCURRENTLY {part}_v_hnsw ON {place.schema}.{part} USING hnsw"
        " (v public.vector_cosine_ops) WITH (m = 16, ef_construction = 64)"
        for part in ("low", "high_even", "high_odd")
    ]
    for statement in needed:
        place.run(statement)
    place.store._driver.context.forget(place.tenant, docs)
    assert place.by_index(docs).plan == "hnsw"
    assert place.store.create_index(place.tenant, docs, Hnsw(), dry_run=True) == []


def test_what_can_have_no_index_of_all_its_rows_is_told(place: Place) -> None:
    place.run("CREATE VIEW seen AS SELECT * FROM plain")
    docs = place.adopt("seen")
    with pytest.raises(InvalidArgumentError, match="is a view, which can have no index"):
        place.store.create_index(place.tenant, docs, Hnsw())
    place.filled("parent", "vector(8)", rows=20)
    place.run("CREATE TABLE child () INHERITS (parent)")
    docs = place.adopt("parent")
    with pytest.raises(InvalidArgumentError, match="other tables inherit from"):
        place.store.create_index(place.tenant, docs, Hnsw())
    place.run("CREATE TABLE texts (id int PRIMARY KEY, body text)")
    table = Table(f"{place.schema}.texts", id="id", text="body")
    place.store.adopt_collection(place.tenant, "texts", table)
    with pytest.raises(InvalidArgumentError, match="without a column of vectors"):
        place.store.create_index(place.tenant, "texts", Hnsw())


def test_who_does_not_own_the_table_is_told_who_does_and_what_to_run(place: Place) -> None:
    role = f"reader_{uuid.uuid4().hex[:8]}"
    place.run(f"CREATE ROLE {role} LOGIN; GRANT USAGE ON SCHEMA {place.schema}, pgrecall TO {role}")
    place.run(
        f"GRANT SELECT ON ALL TABLES IN SCHEMA {place.schema}, pgrecall TO {role};"
        f" GRANT UPDATE ON pgrecall.collections TO {role}"
    )
    docs = place.adopt("plain")
    with Store(make_conninfo(place.dsn, user=role), setup=False) as store:
        with pytest.raises(DatabaseError, match=r"does not own .* let 'postgres' .* CREATE INDEX"):
            store.create_index(place.tenant, docs, Hnsw())
        assert len(store.create_index(place.tenant, docs, Hnsw(), dry_run=True) or []) == 1
    assert place.indexes("plain") == []


def test_an_index_that_its_owner_makes_is_measured_by_maintenance(
    place: Place, tenant: str
) -> None:
    place.tenant, before = tenant, place.tenant
    place.filled("anew", "vector(8)")
    docs = place.adopt("anew")
    place.store.create_index(place.tenant, docs, IvfFlat(lists=10))
    place.run("DROP INDEX anew_v_ivfflat")
    place.run("CREATE INDEX by_hand ON anew USING hnsw (v vector_cosine_ops)")
    done = place.store.maintain(place.tenant).done
    assert [(one.collection, one.task) for one in done] == [(docs, "measure the recall")]
    stored = place.store._driver.context.known(place.tenant, docs)
    assert stored is not None
    assert "ef_search" in stored.settings
    assert "probes" not in stored.settings
    assert place.store.maintain(place.tenant).findings == ()
    place.tenant = before


def test_of_a_collection_of_its_own_the_statements_are_given_and_none_is_run(place: Place) -> None:
    tenant = place.tenant
    place.store.ensure_collection(tenant, Collection("own", 8, index=None))
    place.store.upsert(tenant, "own", [Item("a", ONES)])
    said = place.store.create_index(tenant, "own", Hnsw(), dry_run=True) or []
    create, drop, rename = said
    assert create.startswith("CREATE INDEX CONCURRENTLY")
    assert drop.startswith("DROP INDEX IF EXISTS")
    assert rename.startswith("ALTER INDEX")
    described = place.store.describe_collection(tenant, "own")
    assert described is not None
    assert described.index is None
    with pytest.raises(InvalidArgumentError, match="dry_run must be True or False"):
        place.store.create_index(tenant, "own", Hnsw(), dry_run=1)  # type: ignore[arg-type]


def test_odd_names_are_written_as_sql_has_them(place: Place) -> None:
    name, column = '"10% ""odd"" Täble, with a name as long as any can be at all"', '"Vec%tor {x}"'
    place.run(f"CREATE TABLE {name} (id int PRIMARY KEY, {column} real[])")
    place.run(
        f"INSERT INTO {name} SELECT n, ARRAY[n, 1, n % 7, 1, 2, 3, n % 3, 4]::real[]"
        " FROM generate_series(1, 50) AS n"
    )
    table = Table(f"{place.schema}.{name}", id="id", vector="Vec%tor {x}")
    place.store.adopt_collection(place.tenant, "odd", table)
    (said,) = place.store.create_index(place.tenant, "odd", Hnsw(), dry_run=True) or []
    assert f"ON {place.schema}.{name} USING hnsw (({column}::public.vector(8))" in said
    place.store.create_index(place.tenant, "odd", Hnsw())
    (built,) = place.indexes(name)
    assert f'CONCURRENTLY "{built}"'.replace('"odd"', '""odd""') in said
    assert len(built.encode()) <= 63
    assert place.by_index("odd").plan == "hnsw"


def test_two_calls_do_not_build_at_once(place: Place) -> None:
    place.filled("awaited", "vector(8)", rows=50)
    docs = place.adopt("awaited")

    def build() -> None:
        place.store.create_index(place.tenant, docs, Hnsw())

    # who reads is gone before the thread is waited for, whatever fails
    with ThreadPoolExecutor(1) as thread, psycopg.connect(place.dsn) as reader:
        # a concurrent build waits for who wrote to the table before it
        reader.execute(f"INSERT INTO {place.schema}.awaited VALUES (999, 'late')".encode())
        first = thread.submit(build)
        begun = (
            "SELECT 1 FROM pg_stat_progress_create_index"
            f" WHERE relid = '{place.schema}.awaited'::regclass"
        )
        while not place.run(begun) and not first.done():
            time.sleep(0.01)
        with pytest.raises(PgRecallError, match="another call builds an index of collection"):
            build()
        reader.commit()
        first.result()
    assert place.indexes("awaited") == ["awaited_v_hnsw"]
    assert place.by_index(docs).plan == "hnsw"
