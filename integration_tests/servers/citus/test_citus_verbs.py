"""What can be asked of a collection, and done with it, besides searching: as on one server."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from integration_tests.servers.citus.spread import (
    LOCAL,
    ON_CITUS,
    SPREAD,
    D,
    items,
    made,
    on_both,
    query,
)
from psycopg import sql

from pgrecall import AsyncStore, Change, Collection, Hnsw, InvalidArgumentError, Item, IvfFlat
from pgrecall._adapters.pair import Pair
from pgrecall._operations.entries import entry_items
from pgrecall.models import Entry

pytestmark = ON_CITUS
FIELDS = {"n": "number", "when": "datetime", "flag": "boolean"}
BEGIN = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def told(sync_store: Any) -> str:
    """A tenant with items of every kind of field, in a local and in a distributed collection."""
    tenant = "citus-fields"
    rows = [
        Item(
            item.id,
            item.vector,
            item.text,
            {
                **(item.metadata or {}),
                "when": (BEGIN + timedelta(days=place % 28)).isoformat(),
                "flag": place % 3 == 0,
                "rare": [None, 7, "seven", [7, 7, "seven", None], {"a": 7}][place % 5],
                "nest": {"a": place % 4},
            },
        )
        for place, item in enumerate(items(300))
    ]
    for name in (LOCAL, SPREAD):
        sync_store.ensure_collection(
            tenant, Collection(name, D, fields=FIELDS, distributed=name == SPREAD)
        )
        sync_store.upsert(tenant, name, rows)
    return tenant


# what is in a collection


@pytest.mark.parametrize(
    "field", ["parity", "n", "tags", "rare", "when", "flag", ("nest", "a"), "missing"], ids=str
)
async def test_facets_and_ends_are_those_of_a_local_collection(store, told, field) -> None:
    for options in ({}, {"filter": {"n": {"$lt": 77}}}):
        local, spread = await on_both(store, told, "facet", field, **options)
        assert spread == local
        assert bool(local) == (field != "missing")
        local, spread = await on_both(store, told, "field_range", field, **options)
        assert spread == local
    local, spread = await on_both(store, told, "facet", field, limit=2)
    assert spread == local


@pytest.mark.parametrize(
    "field", ["n", "parity", "rare", "when", "flag", ("nest", "a"), "missing"], ids=str
)
async def test_pages_in_the_order_of_a_field_are_those_of_a_local_collection(
    store, told, field
) -> None:
    for descending in (False, True):
        pages: dict[str, list[str]] = {LOCAL: [], SPREAD: []}
        for name, seen in pages.items():
            after = None
            while page := await store.list_items(
                told, name, order_by=field, descending=descending, limit=130, after=after
            ):
                seen += [item.id for item in page]
                after = page[-1]
        assert pages[SPREAD] == pages[LOCAL]
        assert len(pages[LOCAL]) == 300


async def test_a_sample_is_of_the_size_asked_and_tells_the_fields(store, told) -> None:
    local, spread = await on_both(store, told, "describe_fields")
    assert {(one.path, one.types) for one in spread} == {(one.path, one.types) for one in local}
    assert len({item.id for item in await store.sample(told, SPREAD, 40)}) == 40
    drawn = await store.map_collection(told, SPREAD, color_by="n", sample=40)
    assert (drawn.ids, len(set(drawn.ids))) == (
        (await store.map_collection(told, SPREAD, sample=40)).ids,
        40,
    )
    few = await store.sample(told, SPREAD, 40, filter={"n": {"$lt": 9}})
    assert {item.id for item in few} == {f"id-{n:04}" for n in range(9)}


async def test_a_sample_of_many_rows_is_drawn_from_some_of_their_pages(store, tenant) -> None:
    await store.ensure_collection(tenant, Collection("docs", D, distributed=True))
    await store.load(tenant, "docs", items(5_000))
    await store.ensure_collection(tenant, Collection("docs"))  # counts the rows anew
    assert len({item.id for item in await store.sample(tenant, "docs", 30)}) == 30
    found = await store.describe_fields(tenant, "docs", sample=50)
    assert {one.path for one in found} == {("n",), ("parity",), ("tags",)}
    await store.drop_collection(tenant, "docs")


# changing it


async def test_fields_and_the_target_are_altered_and_what_is_in_every_row_is_refused(
    store, tenant, dsn
) -> None:
    await made(store, tenant, 200, index=Hnsw())
    altered = await store.alter_collection(
        tenant, Collection("docs", fields={"n": "number", "parity": "text"}, target_recall=0.9)
    )
    assert altered.fields == {"n": "number", "parity": "text"}
    assert altered.target_recall == 0.9
    assert await store.count(tenant, "docs", {"n": {"$lt": 20}, "parity": "odd"}) == 10
    altered = await store.alter_collection(tenant, Collection("docs", fields={}, index=None))
    assert (altered.fields, altered.index) == (None, None)
    with psycopg.connect(dsn) as connection:
        count = "SELECT count(*) FROM pg_index WHERE indrelid = %s::regclass"
        assert connection.execute(count, [altered.table_name]).fetchone() == (3,)
    for said in ({"storage": "halfvec"}, {"text_search": "simple"}, {"text_search": None}):
        with pytest.raises(InvalidArgumentError, match="is distributed"):
            await store.alter_collection(tenant, Collection("docs", **said))
    assert await store.describe_collection(tenant, "docs") == altered
    await store.drop_collection(tenant, "docs")


async def test_a_renamed_collection_has_all_it_had(store, tenant) -> None:
    await made(store, tenant, 50, index=Hnsw())
    renamed = await store.rename_collection(tenant, "docs", "papers")
    assert (renamed.name, renamed.distributed) == ("papers", True)
    assert await store.count(tenant, "papers") == 50
    assert len(await store.search(tenant, "papers", query(), exact=False)) == 10
    assert await store.upsert(tenant, "papers", items(60)) == 60
    await store.ensure_collection(tenant, Collection("docs", D, distributed=True))
    names = [one.name for one in await store.list_collections(tenant, limit=1)]
    names += [one.name for one in await store.list_collections(tenant, after=names[0])]
    assert names == ["docs", "papers"]
    for name in names:
        await store.drop_collection(tenant, name)


async def test_what_is_written_in_a_transaction_of_the_callers_ends_with_it(
    store, tenant, dsn
) -> None:
    await made(store, tenant, 20)

    async def write(on: Any) -> None:
        await on.upsert(tenant, "docs", [Item("mine", query(), "a fox")])
        await on.update(tenant, "docs", [Change("id-0003", set={"changed": True})])
        await on.delete(tenant, "docs", ["id-0001"])
        assert await on.count(tenant, "docs") == 20
        assert (await on.search(tenant, "docs", query()))[0].id == "mine"
        assert await on.count(tenant, "docs", {"changed": True}) == 1

    if isinstance(store, AsyncStore):
        async with await psycopg.AsyncConnection.connect(dsn) as connection:
            await write(store.on(connection))
            await connection.rollback()
    else:
        with psycopg.connect(dsn) as connection:
            await write(store.on(connection))
            connection.rollback()
    assert await store.list_ids(tenant, "docs") == [f"id-{n:04}" for n in range(20)]
    assert await store.count(tenant, "docs", {"changed": True}) == 0
    await store.drop_collection(tenant, "docs")


# looking after it


async def test_maintain_brings_back_an_index_and_measures_it(store, tenant, dsn) -> None:
    await made(store, tenant, 300, index=Hnsw(), fields={"n": "number"})
    described = await store.describe_collection(tenant, "docs")
    gone = sql.SQL("SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = {}::regclass")
    with psycopg.connect(dsn, autocommit=True) as connection:
        names = [
            name
            for (name,) in connection.execute(gone.format(described.table_name)).fetchall()
            if "_ann" in name or "_field_" in name
        ]
        assert len(names) == 2
        for name in names:
            connection.execute(f"DROP INDEX {name}".encode())
        due = await store.maintain(tenant, dry_run=True)
        assert {one.outcome for one in due.findings} == {"due"}
        report = await store.maintain(tenant)
        assert {one.outcome for one in report.findings} == {"done"}, report
        after = {name for (name,) in connection.execute(gone.format(described.table_name))}
    assert after >= set(names)
    assert not (await store.maintain(tenant)).findings
    found = await store.search(tenant, "docs", query(), exact=False, explain=True)
    assert "_ann" in found.explanation.analyze
    await store.drop_collection(tenant, "docs")


async def test_maintain_rebuilds_an_index_that_has_learned_from_few_rows(store, tenant) -> None:
    await store.ensure_collection(tenant, Collection("docs", D, distributed=True))
    await store.load(tenant, "docs", items(1_000))
    await store.create_index(tenant, "docs", IvfFlat(lists=10))
    more = [Item(f"new-{item.id}", item.vector, item.text) for item in items(5_000)]
    await store.upsert(tenant, "docs", more)
    report = await store.maintain(tenant)
    assert "rebuild aged indexes" in [one.task for one in report.findings]
    assert {one.outcome for one in report.findings} == {"done"}, report
    await store.drop_collection(tenant, "docs")


async def test_prewarm_is_refused_with_what_to_do(store, filled) -> None:
    with pytest.raises(InvalidArgumentError, match="run_command_on_shards"):
        await store.prewarm(filled, SPREAD)


# what is forgotten


async def test_what_a_tenant_has_is_forgotten_wherever_its_rows_are(
    store: Any, sync_store: Any
) -> None:
    tenant, too = "citus-forgotten", f"{SPREAD} too"
    for name in (LOCAL, SPREAD, too):
        await store.ensure_collection(tenant, Collection(name, D, distributed=name != LOCAL))
        await store.upsert(tenant, name, items(20))
    entries = [Entry(("users", name), "fact", {}) for name in ("ada", "bob")]
    parts = [entry_items.Part(f"{n}", "a text", query(n)) for n in range(2)]
    some = [item for entry in entries for item in entry_items.items_of(entry, parts)]
    pair = Pair(sync_store)
    arguments: dict[str, Any] = {"collection": SPREAD, "items": some}
    space = entry_items.space_of("user", SPREAD)
    pair.run(entry_items.write(pair.context, tenant, space, entries, [], **arguments))

    steps: list[tuple[dict[str, Any], dict[str, int]]] = [
        ({"filter": {"n": {"$lt": 5}}}, {"items": 15}),
        ({"namespace": ("users", "ada")}, {"items": 2, "entries": 1}),
        ({"filter": {"path": "0"}}, {"items": 2, "entries": 1}),
        ({}, {"items": 45, "collections": 3}),
    ]
    for keywords, counts in steps:
        for dry_run in (True, False):
            found = await store.forget(tenant, **keywords, dry_run=dry_run)
            assert {kind: count for kind, count in found.counts.items() if count} == counts
    assert await store.list_collections(tenant) == []
