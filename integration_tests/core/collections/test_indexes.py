"""Approximate indexes: what can be built, and how one is replaced while others search."""

from __future__ import annotations

from typing import Any

import numpy as np
import psycopg
import pytest
from integration_tests.core.collections.indexed import DIMENSIONS, ROWS, VECTORS, filled, items
from integration_tests.shared.calls import ONE_STORE, Calls
from integration_tests.shared.faults import execute, start, until
from integration_tests.shared.half_built import leave_half_built

from pgrecall import (
    Collection,
    CollectionNotFoundError,
    DatabaseError,
    Hnsw,
    InvalidArgumentError,
    Item,
    IvfFlat,
    PgRecallError,
    Store,
)
from pgrecall._operations.indexes import indexes as building_verbs

KINDS = [Hnsw(), Hnsw(quantization="half"), IvfFlat()]


def indexes_of(dsn: str, table: str) -> dict[str, tuple[bool, str]]:
    query = (
        "SELECT c.relname, i.indisvalid, pg_get_indexdef(i.indexrelid) FROM pg_index i"
        " JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = %s::regclass"
    )
    with psycopg.connect(dsn) as connection:
        return {name: (valid, text) for name, valid, text in connection.execute(query, [table])}


def approximate_of(dsn: str, table: str) -> list[str]:
    found = indexes_of(dsn, table).values()
    return [text for valid, text in found if valid and ("hnsw" in text or "ivfflat" in text)]


@pytest.mark.parametrize("index", KINDS, ids=str)
async def test_an_index_asked_for_at_creation_is_there_after_a_load(
    store, tenant, dsn, index
) -> None:
    table = await filled(store, tenant, index)

    assert len(approximate_of(dsn, table)) == 1
    assert (await store.describe_collection(tenant, "docs")).index == index


@pytest.mark.one_in(2)
@pytest.mark.parametrize("index", KINDS, ids=str)
async def test_an_index_built_later_replaces_the_one_before(store, tenant, dsn, index) -> None:
    table = await filled(store, tenant, Hnsw(m=4, ef_construction=16))

    await store.create_index(tenant, "docs", index)

    (definition,) = approximate_of(dsn, table)
    assert "m='4'" not in definition
    assert (await store.describe_collection(tenant, "docs")).index == index


async def test_dropping_an_index_keeps_what_another_writes_of_the_collection_meanwhile(
    store: Any, tenant: str, dsn: str
) -> None:
    await filled(store, tenant, Hnsw())
    mine = f"tenant = '{tenant}'"
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE %s = ANY(pg_blocking_pids(pid))"
    with psycopg.connect(dsn) as other:
        other.execute(
            "UPDATE pgrecall.collections SET settings = settings"
            f' || \'{{"of another": 1, "ef_search": 50}}\' WHERE {mine}'.encode()
        )
        pid = other.info.backend_pid
        dropping = start(store, store.drop_index(tenant, "docs"))
        with psycopg.connect(dsn, autocommit=True) as watcher:
            await until(lambda: watcher.execute(waiting, (pid,)).fetchone() != (0,))
        other.commit()
        await dropping
    [(settings,)] = execute(dsn, f"SELECT settings FROM pgrecall.collections WHERE {mine}")
    assert settings["of another"] == 1
    assert "ef_search" not in settings


async def test_a_dropped_index_leaves_exact_search(store, tenant, dsn) -> None:
    table = await filled(store, tenant, Hnsw())

    await store.drop_index(tenant, "docs")

    assert approximate_of(dsn, table) == []
    assert len(await store.search(tenant, "docs", VECTORS[0])) == 10
    with pytest.raises(InvalidArgumentError, match="has no index"):
        await store.search(tenant, "docs", VECTORS[0], exact=False)


async def test_reindex_builds_the_same_index_anew(store, tenant, dsn) -> None:
    table = await filled(store, tenant, IvfFlat())

    await store.reindex(tenant, "docs")

    assert len(approximate_of(dsn, table)) == 1


async def test_ivfflat_takes_the_square_root_of_the_rows_as_lists(store, tenant, dsn) -> None:
    table = await filled(store, tenant, IvfFlat())

    (definition,) = approximate_of(dsn, table)

    lists = int(definition.split("lists='")[1].split("'")[0])
    assert abs(lists - ROWS**0.5) < 10


async def test_an_invalid_leftover_of_a_build_is_replaced(store, tenant, dsn) -> None:
    table = await filled(store, tenant)
    name = f"{table.split('.')[1]}_leftover"
    build = f"CREATE INDEX CONCURRENTLY {name} ON {table} USING hnsw (embedding vector_cosine_ops)"
    leave_half_built(dsn, table, build)
    assert indexes_of(dsn, table)[name][0] is False

    await store.create_index(tenant, "docs", Hnsw())

    assert name not in indexes_of(dsn, table)
    assert all(valid for valid, _ in indexes_of(dsn, table).values())


@pytest.mark.one_in(2)
async def test_the_progress_of_a_build_is_told(store, tenant) -> None:
    await filled(store, tenant)
    seen: list[Any] = []

    await store.create_index(tenant, "docs", Hnsw(m=32, ef_construction=200), progress=seen.append)

    assert seen
    assert all(step.phase for step in seen)
    assert all(0 <= step.done <= step.total for step in seen if step.total)


@pytest.mark.parametrize(
    ("dimensions", "storage", "index", "says"),
    [
        (2_001, "vector", Hnsw(), "halfvec"),
        (4_001, "vector", Hnsw(quantization="half"), "binary"),
        (4_001, "halfvec", Hnsw(), "binary"),
        (2_001, "vector", IvfFlat(), "index=None"),
    ],
)
@ONE_STORE
async def test_dimensions_that_no_index_can_hold_are_refused_at_creation(
    store, tenant, dimensions, storage, index, says
) -> None:
    with pytest.raises(InvalidArgumentError, match=says):
        await store.ensure_collection(
            tenant, Collection("wide", dimensions, storage=storage, index=index)
        )

    assert await store.list_collections(tenant) == []


@pytest.mark.parametrize(
    ("dimensions", "storage", "index"),
    [
        (2_000, "vector", Hnsw()),
        (4_000, "vector", Hnsw(quantization="half")),
        (4_000, "halfvec", Hnsw()),
        (16_000, "vector", Hnsw(quantization="binary")),
    ],
)
@ONE_STORE
async def test_the_widest_vectors_of_each_index_can_be_searched(
    store, tenant, dimensions, storage, index
) -> None:
    await store.ensure_collection(
        tenant, Collection("wide", dimensions, storage=storage, index=index)
    )
    vectors = np.random.default_rng(1).standard_normal((20, dimensions)).astype(np.float32)
    await store.upsert(tenant, "wide", [Item(f"{n:02d}", v) for n, v in enumerate(vectors)])

    matches = await store.search(tenant, "wide", vectors[3], exact=False, limit=5)

    assert matches[0].id == "03"


@pytest.mark.parametrize(
    "index",
    [
        Hnsw(m=1),
        Hnsw(m=101),
        Hnsw(ef_construction=3),
        Hnsw(m=40, ef_construction=64),
        Hnsw(quantization="third"),  # type: ignore[arg-type]
        IvfFlat(lists=0),
        IvfFlat(lists=32_769),
        "hnsw",
    ],
    ids=str,
)
@ONE_STORE
async def test_an_index_that_cannot_be_built_is_refused(store, tenant, index) -> None:
    with pytest.raises(InvalidArgumentError):
        await store.ensure_collection(tenant, Collection("docs", 3, index=index))


async def test_ivfflat_has_no_l1(store, tenant) -> None:
    with pytest.raises(InvalidArgumentError, match="l1"):
        await store.ensure_collection(tenant, Collection("docs", 3, "", "l1", index=IvfFlat()))


async def test_an_index_on_a_missing_collection_is_not_found(store, tenant) -> None:
    for call in (
        store.create_index(tenant, "none", Hnsw()),
        store.drop_index(tenant, "none"),
        store.reindex(tenant, "none"),
        store.measure_recall(tenant, "none"),
        store.tune(tenant, "none"),
    ):
        with pytest.raises(CollectionNotFoundError):
            await call


async def test_an_ivfflat_index_that_has_aged_is_told(
    open_store, dsn, tenant, caplog: pytest.LogCaptureFixture
) -> None:
    store = open_store(dsn, max_connections=2)
    await store.ensure_collection(tenant, Collection("docs", DIMENSIONS, index=IvfFlat(4)))
    await store.load(tenant, "docs", items(200))
    assert "reindex" not in caplog.text

    await store.upsert(tenant, "docs", items())
    await store.describe_collection(tenant, "docs")

    assert "reindex() would" in caplog.text
    await store.close()


async def test_an_index_that_cannot_be_put_in_its_place_leaves_nothing(store, tenant, dsn) -> None:
    collection = await store.ensure_collection(tenant, Collection("docs", DIMENSIONS))
    await store.upsert(tenant, "docs", items(20))
    before = indexes_of(dsn, collection.table_name)
    name = f"refuse_{tenant[-12:]}"
    execute(
        dsn,
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'not today'; END $$",
        f"CREATE TRIGGER {name} BEFORE UPDATE OF index ON pgrecall.collections FOR EACH ROW"
        f" WHEN (OLD.tenant = '{tenant}') EXECUTE FUNCTION {name}()",
    )
    try:
        with pytest.raises(DatabaseError, match="not today"):
            await store.create_index(tenant, "docs", Hnsw())
        assert indexes_of(dsn, collection.table_name) == before
    finally:
        execute(dsn, f"DROP FUNCTION {name} CASCADE")


async def test_a_build_that_meets_another_is_told_what_to_do(store, tenant, dsn) -> None:
    table = await filled(store, tenant, Hnsw())
    schema, name = table.split(".")
    [(number,)] = execute(dsn, f"SELECT id FROM pgrecall.collections WHERE table_name = '{name}'")
    new = f"{name[: 63 - len(f'_{number}_ann_new')]}_{number}_ann_new"
    # not of the table: what a build left there would be swept
    execute(dsn, f"CREATE TABLE {schema}.{new} ()")
    with pytest.raises(DatabaseError, match=r"another call builds an index of .* \[42P07\]"):
        await store.create_index(tenant, "docs", Hnsw(m=8))
    execute(dsn, f"DROP TABLE {schema}.{new}")

    row = f"SELECT FROM pgrecall.collections WHERE id = {number} FOR UPDATE"
    valid = (
        f"SELECT i.indisvalid FROM pg_index i WHERE i.indexrelid = to_regclass('{schema}.{new}')"
    )
    with psycopg.connect(dsn, autocommit=True) as other, psycopg.connect(dsn) as reader:
        # the build waits for it, and so the claim is over
        reader.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        reader.execute(f"SELECT FROM {table} LIMIT 1".encode())
        building = start(store, store.create_index(tenant, "docs", Hnsw(m=8)))
        await until(lambda: other.execute(valid.encode()).fetchone() is not None)
        with other.transaction():
            other.execute(row.encode())
            reader.rollback()
            await until(lambda: execute(dsn, valid) == [(True,)])
            other.execute(f"DROP INDEX {schema}.{new}".encode())
        with pytest.raises(DatabaseError, match=r"removed what this one had built: call again"):
            await building
    assert len(await store.search(tenant, "docs", [1.0] * DIMENSIONS, exact=False)) == 10


async def test_of_two_builds_at_once_one_is_done_and_the_other_told(
    store: Any, sync_store: Store, tenant: str, dsn: str
) -> None:
    collection = await store.ensure_collection(tenant, Collection("docs", DIMENSIONS, index=Hnsw()))
    await store.upsert(tenant, "docs", items(20))
    table = collection.table_name
    with psycopg.connect(dsn) as reader:
        # the first waits for it in its build
        reader.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        reader.execute(f"SELECT FROM {table} LIMIT 1".encode())
        building = start(store, store.create_index(tenant, "docs", Hnsw(m=8)))
        with psycopg.connect(dsn, autocommit=True) as watcher:
            begun = f"SELECT FROM pg_index WHERE indrelid = '{table}'::regclass AND NOT indisvalid"
            await until(lambda: watcher.execute(begun.encode()).fetchone() is not None)
        for one in (store, Calls(sync_store)):
            with pytest.raises(PgRecallError, match="another call builds an index"):
                await one.create_index(tenant, "docs", Hnsw(m=4))
            with pytest.raises(PgRecallError, match="another call builds an index"):
                await one.alter_collection(tenant, Collection("docs", fields={"page": "number"}))
        reader.rollback()
        await building
    assert (await store.describe_collection(tenant, "docs")).index == Hnsw(m=8)
    await store.create_index(tenant, "docs", Hnsw(m=4))
    assert len(approximate_of(dsn, table)) == 1


async def test_a_build_that_was_interrupted_before_it_began_keeps_nobody_waiting(
    store: Any, sync_store: Store, tenant: str, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.ensure_collection(tenant, Collection("docs", DIMENSIONS, index=Hnsw()))

    def interrupted(*_: Any, **__: Any) -> Any:
        raise InterruptedError

    with monkeypatch.context() as patch:
        patch.setattr(building_verbs, "build", interrupted)
        with pytest.raises(InterruptedError):
            await store.create_index(tenant, "docs", Hnsw(m=8))
    [(noted,)] = execute(
        dsn, f"SELECT settings ? 'builder' FROM pgrecall.collections WHERE tenant = '{tenant}'"
    )
    assert noted
    await store.create_index(tenant, "docs", Hnsw(m=4))
    assert (await store.describe_collection(tenant, "docs")).index == Hnsw(m=4)


async def test_an_index_is_built_where_names_have_percent_signs(open_store, dsn, tenant) -> None:
    store = open_store(dsn, schema="100% it")
    try:
        await store.ensure_collection(tenant, Collection("docs", 3, table_name=f"%s {tenant[-9:]}"))
        await store.upsert(tenant, "docs", [Item("a", [1.0, 2.0, 3.0])])

        await store.create_index(tenant, "docs", Hnsw())
        await store.reindex(tenant, "docs")

        found = await store.search(tenant, "docs", [1.0, 2.0, 3.0], exact=False)
        assert [hit.id for hit in found] == ["a"]
    finally:
        await store.close()


async def test_a_binary_index_compares_as_many_by_full_vectors_as_its_recall_takes(
    store, tenant
) -> None:
    await filled(store, tenant, Hnsw(quantization="binary"), target_recall=0.9, text_search=None)

    first = (await store.measure_recall(tenant, "docs", sample=2)).promise
    found = await store.search(tenant, "docs", VECTORS[0], explain=True, exact=False)
    report = await store.tune(tenant, "docs", target_recall=0.999)
    after = await store.search(tenant, "docs", VECTORS[0], explain=True, exact=False)

    assert first.effort == min(1_000, first.reranked)
    assert f"LIMIT {first.reranked})" in found.explanation.sql
    assert report.settings["reranked"] == report.promise.reranked > first.reranked
    assert f"LIMIT {report.promise.reranked})" in after.explanation.sql
