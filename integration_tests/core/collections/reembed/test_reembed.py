"""A collection is embedded anew: every vector is the new model's, and the rest stays."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from integration_tests.core.collections.reembed.models import (
    NEW,
    Model,
    fitting,
    leftovers,
    numbered,
    old_docs,
    stored_items,
    table_of,
    vector_of,
)
from integration_tests.shared.faults import closing, execute
from psycopg.conninfo import make_conninfo

from pgrecall import (
    AsyncStore,
    Collection,
    Hnsw,
    InvalidArgumentError,
    Item,
    IvfFlat,
    ReembedReport,
    Store,
)


async def test_every_vector_is_the_new_models_and_the_rest_stays(
    store: Any, tenant: str, dsn: str
) -> None:
    await old_docs(store, tenant, fields={"page": "number"})
    await store.upsert(tenant, "docs", [Item("no vector", None, "only text")])
    before = {item.id: item for item in await stored_items(store, tenant)}
    times = f"SELECT id, created_at FROM pgrecall.{table_of(dsn, 'docs', tenant)} ORDER BY id"
    created = execute(dsn, times)
    model = Model()

    report = await store.reembed(tenant, "docs", to=NEW, embed=model, batch_size=7)

    assert (report.rows, report.embedded, sorted(model.texts)) == (
        51,
        50,
        sorted(item.text for item in before.values() if item.vector is not None),
    )
    after = await stored_items(store, tenant)
    assert fitting([item for item in after if item.id != "no vector"])
    assert [(i.id, i.text, i.metadata) for i in after] == [
        (i.id, i.text, i.metadata) for i in before.values()
    ]
    assert [item.id for item in after if item.vector is None] == ["no vector"]
    times = f"SELECT id, created_at FROM pgrecall.{table_of(dsn, 'docs', tenant)} ORDER BY id"
    assert execute(dsn, times) == created
    made = await store.describe_collection(tenant, "docs")
    assert (made.dimensions, made.embedding_model, made.fields) == (2, "new", {"page": "number"})


async def test_the_old_collection_is_read_until_it_is_dropped(
    store: Any, tenant: str, dsn: str
) -> None:
    await old_docs(store, tenant)
    report = await store.reembed(tenant, "docs", to=NEW, embed=Model())

    assert report.kept.startswith("docs (before 20")
    assert [made.name for made in await store.list_collections(tenant)] == ["docs", report.kept]
    assert (await store.search(tenant, report.kept, [1, 1, 0.5], limit=1))[0].id == "id-00000"
    for write in (
        store.upsert(tenant, report.kept, numbered(1)),
        store.delete(tenant, report.kept, ["id-00000"]),
    ):
        with pytest.raises(InvalidArgumentError, match="read, not written"):
            await write
    with pytest.raises(InvalidArgumentError, match="part of a re-embedding"):
        await store.reembed(tenant, report.kept, to=NEW, embed=Model())
    before = leftovers(dsn)
    assert await store.drop_collection(tenant, report.kept) == 50
    assert len(leftovers(dsn)) == len(before) - 1
    assert await store.upsert(tenant, "docs", [Item("more", [1, 2], "more")]) == 1


async def test_a_collection_is_reembedded_again_and_again(store: Any, tenant: str) -> None:
    await old_docs(store, tenant)
    kept = [(await store.reembed(tenant, "docs", to=NEW, embed=Model())).kept for _ in range(3)]

    assert len(set(kept)) == 3
    assert fitting(await stored_items(store, tenant))


@pytest.mark.parametrize("index", [Hnsw(m=8), IvfFlat(lists=3)])
async def test_the_index_is_built_before_the_swap(store: Any, tenant: str, index: Any) -> None:
    await old_docs(store, tenant, index=Hnsw(m=4))
    seen: list[Any] = []

    def look(report: ReembedReport) -> bool:
        seen.append(report.kept)
        return True

    to = Collection("docs", 2, "new", index=index)
    await store.reembed(tenant, "docs", to=to, embed=Model(), accept=look)

    assert seen == [None]
    assert (await store.describe_collection(tenant, "docs")).index == index
    found = await store.search(tenant, "docs", vector_of("text 3"), exact=False, limit=1)
    assert found[0].distance == pytest.approx(0, abs=1e-6)


async def test_what_is_left_at_its_default_stays_as_it_was(store: Any, tenant: str) -> None:
    await old_docs(store, tenant, index=Hnsw(m=4), storage="halfvec", metric="l2", text_search=None)
    await store.reembed(tenant, "docs", to=Collection("docs", 2), embed=Model())

    made = await store.describe_collection(tenant, "docs")
    assert (made.index, made.storage, made.metric) == (Hnsw(m=4), "halfvec", "l2")
    assert (made.embedding_model, made.text_search) == ("old", None)


async def test_an_empty_collection_is_reembedded(store: Any, tenant: str) -> None:
    await store.ensure_collection(tenant, Collection("docs", 3))
    model = Model()
    report = await store.reembed(tenant, "docs", to=NEW, embed=model)

    assert (report.rows, model.calls) == (0, 0)
    assert (await store.describe_collection(tenant, "docs")).dimensions == 2


async def test_a_handle_reembeds(store: Any, tenant: str) -> None:
    await old_docs(store, tenant)
    handle = store.bind(tenant, "docs")

    assert await handle.abandon_reembed() == 0
    assert (await handle.reembed(to=NEW, embed=Model())).rows == 50


async def test_an_async_function_embeds_for_an_async_store(dsn: str, tenant: str) -> None:
    async def embed(texts: list[str]) -> list[list[float]]:
        await asyncio.sleep(0)
        return [vector_of(text) for text in texts]

    async def accept(report: ReembedReport) -> bool:
        await asyncio.sleep(0)
        return report.rows == 50

    async with AsyncStore(dsn) as store:
        await old_docs(store, tenant)
        report = await store.reembed(tenant, "docs", to=NEW, embed=embed, accept=accept)
        assert report.kept
        assert fitting(await stored_items(store, tenant))


async def test_progress_tells_how_many_texts_are_done(store: Any, tenant: str) -> None:
    await old_docs(store, tenant)
    told: list[tuple[str, int, int]] = []
    await store.reembed(
        tenant,
        "docs",
        to=NEW,
        embed=Model(),
        batch_size=20,
        progress=lambda now: told.append((now.phase, now.done, now.total)),
    )

    assert told == [("embedding texts", done, 50) for done in (20, 40, 50)]


async def test_rights_on_the_old_table_are_rights_on_the_new_one(
    store: Any, tenant: str, dsn: str
) -> None:
    await old_docs(store, tenant)
    table = table_of(dsn, "docs", tenant)
    execute(dsn, f"GRANT SELECT, DELETE ON pgrecall.{table} TO PUBLIC")
    await store.reembed(tenant, "docs", to=NEW, embed=Model())

    [(acl,)] = execute(
        dsn,
        f"SELECT relacl::text FROM pg_class WHERE relname = '{table_of(dsn, 'docs', tenant)}'",
    )
    assert "=rd/" in acl


async def test_a_role_that_only_writes_items_goes_on_before_and_after_the_swap(
    store: Any, open_store: Any, tenant: str, dsn: str
) -> None:
    await old_docs(store, tenant)
    role, table = f"writer_{tenant[-12:]}", table_of(dsn, "docs", tenant)
    execute(
        dsn,
        f"CREATE ROLE {role} LOGIN",
        f"GRANT USAGE ON SCHEMA pgrecall TO {role}",
        f"GRANT SELECT ON pgrecall.collections, pgrecall.schema_version TO {role}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON pgrecall.{table} TO {role}",
    )
    as_writer = make_conninfo(dsn, user=role)
    try:
        with Store(as_writer, setup=False) as writer:

            def interfere(call: int) -> None:
                # at the last call, the swap's, it would wait for itself
                if call == 1:
                    writer.upsert(tenant, "docs", numbered(1, start=1, words="by the writer"))

            await store.reembed(tenant, "docs", to=NEW, embed=Model(interfere), batch_size=60)
        async with closing(open_store(as_writer, setup=False)) as after:
            got = await after.get(tenant, "docs", ["id-00001"])
            assert [item.text for item in got] == ["by the writer 1"]
            assert await after.upsert(tenant, "docs", [Item("new", [1, 2], "new")]) == 1
            assert await after.delete(tenant, "docs", ["new"]) == 1
    finally:
        execute(dsn, f"DROP OWNED BY {role}", f"DROP ROLE {role}")
