"""What a build has of its server's memory, and what is told where that is not enough."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg
import pytest
from integration_tests.shared.calls import Calls

from pgrecall import (
    Collection,
    DatabaseError,
    Hnsw,
    IndexProgress,
    InvalidArgumentError,
    Item,
    IvfFlat,
    Store,
    sizes,
)
from pgrecall._adapters.pair import Pair
from pgrecall._operations.health import gathering
from pgrecall._operations.indexes.memory import ALONE, OUTGROWN
from pgrecall._statements.indexes import indexes as statements
from pgrecall.cli.checks.checks import check

if TYPE_CHECKING:
    from collections.abc import Iterator

ROWS, DIMENSIONS = 2_000, 64
QUICK = Hnsw(m=4, ef_construction=8)
TEXT = "word for word"


def items(rows: int = ROWS) -> Iterator[Item]:
    vectors = np.random.default_rng(1).normal(size=(rows, DIMENSIONS)).astype(np.float32)
    return (Item(f"id-{number:08d}", vector, TEXT) for number, vector in enumerate(vectors))


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [one.getMessage() for one in caplog.records if one.name == "pgrecall"]


async def filled(store: Any, tenant: str, rows: int = ROWS, **fields: Any) -> str:
    made = Collection("docs", DIMENSIONS, "", "l2", **fields)
    await store.ensure_collection(tenant, made)
    await store.load(tenant, "docs", items(rows))
    return str((await store.describe_collection(tenant, "docs")).table_name)


async def test_a_graph_that_outgrows_its_memory_is_told_once_with_the_size_that_holds_it(
    store, tenant, dsn, caplog
) -> None:
    table = await filled(store, tenant, index=None)
    told: list[IndexProgress] = []
    with caplog.at_level(logging.WARNING, "pgrecall"):
        await store.create_index(tenant, "docs", QUICK, progress=told.append, build_memory="1MB")

    (outgrown,) = [step for step in told if step.phase == OUTGROWN]
    held = sizes.build_memory(outgrown.done, DIMENSIONS, QUICK, "vector")
    assert held == pytest.approx(1 << 20, rel=0.15)
    (logged,) = said(caplog)
    assert f"after {outgrown.done} rows" in logged
    assert "'docs'" in logged
    assert "build_memory='6MB'" in logged
    assert TEXT not in logged

    told.clear()
    caplog.clear()
    await store.reindex(tenant, "docs", progress=told.append, build_memory=outgrown.memory_needed)
    assert OUTGROWN not in {step.phase for step in told}
    assert said(caplog) == []
    with psycopg.connect(dsn) as connection:
        query = (
            "SELECT pg_relation_size(indexrelid), pg_table_size(indrelid) FROM pg_index"
            " WHERE indrelid = %s::regclass AND pg_get_indexdef(indexrelid) LIKE '%%hnsw%%'"
        )
        ((index, kept),) = connection.execute(query, [table]).fetchall()
    size = sizes.estimate(
        ROWS, DIMENSIONS, index=QUICK, text_bytes=len(TEXT), metadata_bytes=6, id_bytes=11
    )
    assert size.index == pytest.approx(index, rel=0.15)
    assert size.table == pytest.approx(kept, rel=0.15)


async def test_a_load_tells_of_a_graph_that_outgrew_its_memory_and_no_build_has_more_than_allowed(
    store, tenant, caplog
) -> None:
    with caplog.at_level(logging.WARNING, "pgrecall"):
        made = Collection("docs", DIMENSIONS, "", "l2", index=QUICK)
        await store.ensure_collection(tenant, made)
        await store.load(tenant, "docs", items(), build_memory=1 << 20)

    (logged,) = said(caplog)
    assert "no longer fits into the 1MB" in logged
    assert "build_memory='6MB'" in logged


@pytest.mark.parametrize("verb", ["create_index", "load"])
async def test_a_build_for_which_there_is_no_shared_memory_is_done_without_workers(
    verb, store, tenant, dsn, caplog, monkeypatch
) -> None:
    # a real failure: no machine has so much shared memory for the workers of one build
    monkeypatch.setattr(statements, "LEAST_MEMORY", 1 << 40)
    index = QUICK if verb == "load" else None
    await store.ensure_collection(tenant, Collection("docs", DIMENSIONS, "", "l2", index=index))
    table = (await store.describe_collection(tenant, "docs")).table_name
    with psycopg.connect(dsn, autocommit=True) as connection:
        # as a long table would be built
        connection.execute(f"ALTER TABLE {table} SET (parallel_workers = 1)")
    told: list[IndexProgress] = []
    with caplog.at_level(logging.WARNING, "pgrecall"):
        await store.load(tenant, "docs", items(500), build_memory="1TB")
        if verb == "create_index":
            caplog.clear()
            await store.create_index(
                tenant, "docs", QUICK, progress=told.append, build_memory="1TB"
            )

    (logged,) = said(caplog)
    assert "shared memory" in logged
    assert "without workers" in logged
    assert [step.memory_needed for step in told if step.phase == ALONE] == (
        [1 << 40] if verb == "create_index" else []
    )
    with psycopg.connect(dsn) as connection:
        query = "SELECT indisvalid FROM pg_index WHERE indrelid = %s::regclass"
        assert all(valid for (valid,) in connection.execute(query, [table]).fetchall())
    found = await store.search(tenant, "docs", np.ones(DIMENSIONS), exact=False, limit=3)
    assert len(found) == 3


async def test_a_refused_ivfflat_build_says_how_much_memory_would_do(one_store, tenant) -> None:
    await filled(one_store, tenant, index=None)
    with pytest.raises(DatabaseError, match="the server says: memory required") as refused:
        await one_store.create_index(tenant, "docs", IvfFlat(100), build_memory="1MB")

    needed = re.search(r"build_memory='(\w+)' would do", str(refused.value))
    assert needed is not None
    await one_store.create_index(tenant, "docs", IvfFlat(100), build_memory=needed[1])
    assert (await one_store.describe_collection(tenant, "docs")).index == IvfFlat(100)


async def test_doctor_tells_it_before_a_build(dsn, tenant) -> None:
    with Store(dsn, build_memory="1MB") as store:
        await filled(Calls(store), tenant, index=QUICK)
        pair = Pair(store)
        found = [
            one for one in check(pair.run(gathering.gather(pair.context))) if tenant in one.what
        ]

    (told,) = [one.what for one in found if "of memory" in one.what]
    assert told.endswith("takes 6MB of memory, and a build may have 1MB")


async def test_what_is_no_amount_of_memory_is_refused_before_anything_is_done(
    one_store, tenant
) -> None:
    await one_store.ensure_collection(tenant, Collection("docs", 3, index=Hnsw()))
    for call in (
        one_store.create_index(tenant, "docs", Hnsw(), build_memory="6 apples"),
        one_store.reindex(tenant, "docs", build_memory=0),
        one_store.load(tenant, "docs", [Item("a", [1, 2, 3])], build_memory=True),
    ):
        with pytest.raises(InvalidArgumentError, match="build_memory="):
            await call
    assert await one_store.count(tenant, "docs") == 0
