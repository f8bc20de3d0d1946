"""Collections that Citus spreads over several servers: every verb does what it does on one.

``PGRECALL_TEST_CITUS_DSN`` names a database on a coordinator with workers, each of which has the
extensions ``citus`` and ``vector``. The tests work in a schema of their own, which they drop."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from integration_tests.search import filter_batches, oracle
from integration_tests.servers.citus.spread import (
    LOCAL,
    ON_CITUS,
    ROWS,
    SHARDS,
    SPREAD,
    D,
    items,
    made,
    on_both,
    query,
)

from pgrecall import (
    AsyncStore,
    Change,
    Collection,
    CollectionConflictError,
    CollectionNotFoundError,
    FilterError,
    Hnsw,
    InvalidArgumentError,
    Item,
    IvfFlat,
    Store,
)
from pgrecall._adapters.pair import Pair
from pgrecall._operations.entries import entry_items
from pgrecall._operations.items import load
from pgrecall.models import Entry

if TYPE_CHECKING:
    from pgrecall import IndexProgress

pytestmark = ON_CITUS


# collections


async def test_a_distributed_collection_has_rows_on_every_worker(store, dsn, filled) -> None:
    described = await store.describe_collection(filled, SPREAD)
    assert described.distributed
    with psycopg.connect(dsn) as connection:
        counts = connection.execute(
            "SELECT nodeport, count(*) FROM citus_shards WHERE table_name = %s::regclass"
            " GROUP BY nodename, nodeport",
            [described.table_name],
        ).fetchall()
    assert len(counts) >= 2
    assert sum(count for _, count in counts) == SHARDS


async def test_a_local_collection_stays_local_beside_it(store, filled) -> None:
    found = {one.name: one.distributed for one in await store.list_collections(filled)}
    assert found == {LOCAL: False, SPREAD: True}


async def test_ensuring_it_again_changes_nothing(store, filled) -> None:
    again = await store.ensure_collection(filled, Collection(SPREAD, distributed=True))
    assert again.distributed
    assert (await store.ensure_collection(filled, Collection(SPREAD))).distributed


async def test_a_local_collection_is_not_made_distributed(store, filled) -> None:
    with pytest.raises(CollectionConflictError) as caught:
        await store.ensure_collection(filled, Collection(LOCAL, D, distributed=True))
    assert (caught.value.field, caught.value.requested) == ("distributed", True)


async def test_many_callers_ensure_the_same_new_collection(store, tenant) -> None:
    wanted = Collection("docs", D, distributed=True)
    if isinstance(store, AsyncStore):
        every = await asyncio.gather(*(store.ensure_collection(tenant, wanted) for _ in range(4)))
        assert len(set(map(repr, every))) == 1
    else:
        await store.ensure_collection(tenant, wanted)
        await store.ensure_collection(tenant, wanted)
    assert await store.drop_collection(tenant, "docs") == 0


async def test_a_drop_says_how_many_rows_were_removed(store, tenant) -> None:
    await made(store, tenant, 25)
    assert await store.drop_collection(tenant, "docs") == 25
    assert await store.describe_collection(tenant, "docs") is None


async def test_clear_leaves_an_empty_collection_that_is_distributed_still(store, tenant) -> None:
    await made(store, tenant, 25, index=Hnsw())
    assert await store.clear(tenant, "docs") == 25
    assert await store.count(tenant, "docs") == 0
    assert (await store.describe_collection(tenant, "docs")).distributed
    await store.upsert(tenant, "docs", items(3))
    assert len(await store.search(tenant, "docs", query())) == 3
    await store.drop_collection(tenant, "docs")


async def test_a_collection_dropped_elsewhere_is_told_as_missing(
    store, tenant, dsn, schema
) -> None:
    await made(store, tenant, 3)
    with Store(dsn, schema=schema) as other:
        other.drop_collection(tenant, "docs")
    with pytest.raises(CollectionNotFoundError):
        await store.search(tenant, "docs", query())


async def test_filters_of_more_values_than_containments_match_on_every_shard(store, tenant) -> None:
    await made(store, tenant, 0)
    values = [f"value {n}" for n in range(150)]
    some = [Item(f"{n}", query(), "", {"key": value}) for n, value in enumerate(values[:20])]
    some += [Item("list", query(), "", {"key": ["value 3", "b"]}), Item("without", query(), "")]
    await store.upsert(tenant, "docs", some)

    for where, count in (
        ({"key": {"$in": values[10:]}}, 10),
        ({"key": {"$nin": values[10:]}}, 12),
        ({"$not": {"$not": [{"$or": [{"key": {"$nin": [None, *values[10:]]}}]}]}}, 11),
        ({"key": {"$any": values[2:]}}, 1),
        ({"$not": {"key": {"$any": values[2:]}}}, 21),
    ):
        assert await store.count(tenant, "docs", filter=where) == count, where
        found = await store.search(tenant, "docs", query(), limit=50, filter=where)
        assert len(found) == count, where


# writing and reading


async def test_upsert_inserts_and_replaces(store, tenant) -> None:
    some = await made(store, tenant, 10)
    changed = Item("id-0003", query(), "another text", {"changed": True})
    assert await store.upsert(tenant, "docs", [some[3], changed, Item("new", None)]) == 2
    found = await store.get(tenant, "docs", ["new", "id-0003", "missing", "id-0001"])
    assert [item.id for item in found] == ["new", "id-0003", "id-0001"]
    assert found[1].metadata == {"changed": True}
    assert found[2] == some[1]
    assert await store.count(tenant, "docs") == 11
    await store.drop_collection(tenant, "docs")


async def test_a_replaced_row_keeps_when_it_was_created(store, tenant, dsn) -> None:
    await made(store, tenant, 1)
    table = (await store.describe_collection(tenant, "docs")).table_name
    await store.upsert(tenant, "docs", items(1))
    with psycopg.connect(dsn) as connection:
        row = connection.execute(f"SELECT updated_at > created_at FROM {table}").fetchone()
    assert row == (True,)
    await store.drop_collection(tenant, "docs")


async def test_a_batch_of_several_statements_is_written_whole(store, tenant) -> None:
    await store.ensure_collection(tenant, Collection("docs", 1_000, distributed=True))
    numbers = np.random.default_rng(3).normal(size=(1_500, 1_000))
    some = [Item(f"{n}", vector) for n, vector in enumerate(numbers)]
    assert await store.upsert(tenant, "docs", some) == 1_500
    assert await store.upsert(tenant, "docs", some[:700]) == 700
    assert await store.count(tenant, "docs") == 1_500
    await store.drop_collection(tenant, "docs")


async def test_a_failing_batch_leaves_no_row(store, tenant) -> None:
    await store.ensure_collection(tenant, Collection("docs", D, distributed=True))
    with pytest.raises(InvalidArgumentError):
        await store.upsert(tenant, "docs", [*items(5), Item("bad", [0.0] * D)])
    assert await store.count(tenant, "docs") == 0
    await store.drop_collection(tenant, "docs")


async def test_load_copies_new_rows_and_replaces_known_ones(store, tenant) -> None:
    await store.ensure_collection(tenant, Collection("docs", D, index=Hnsw(), distributed=True))
    assert await store.load(tenant, "docs", items(300)) == 300
    assert await store.load(tenant, "docs", items(350)) == 350
    assert await store.count(tenant, "docs") == 350
    found = await store.search(tenant, "docs", query(), exact=False)
    assert [one.id for one in found] == [
        one.id for one in await store.search(tenant, "docs", query(), exact=True)
    ]
    await store.drop_collection(tenant, "docs")


async def test_a_load_of_many_rows_brings_every_index_back(
    store, tenant, dsn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load, "MANY_ROWS", 200)
    options: dict[str, Any] = {"index": Hnsw(), "fields": {"n": "number"}}
    await store.ensure_collection(tenant, Collection("docs", D, **options, distributed=True))
    table = (await store.describe_collection(tenant, "docs")).table_name
    of_table = "SELECT indexrelid::regclass::text, indisvalid FROM pg_index WHERE indrelid = %s"
    with psycopg.connect(dsn, autocommit=True) as connection:
        before = connection.execute(f"{of_table}::regclass ORDER BY 1", [table]).fetchall()
        await store.load(tenant, "docs", items(300))
        after = connection.execute(f"{of_table}::regclass ORDER BY 1", [table]).fetchall()
    assert after == before
    assert len(after) == 5
    await store.drop_collection(tenant, "docs")


async def test_delete_counts_what_was_there(store, tenant) -> None:
    await made(store, tenant, 10)
    assert await store.delete(tenant, "docs", ["id-0001", "id-0002", "missing"]) == 2
    assert await store.delete(tenant, "docs", []) == 0
    assert await store.list_ids(tenant, "docs") == [f"id-{n:04}" for n in (0, *range(3, 10))]
    await store.drop_collection(tenant, "docs")


async def test_delete_where_removes_what_matches(store, tenant) -> None:
    await made(store, tenant, 10)
    assert await store.delete_where(tenant, "docs", {"parity": "odd", "n": {"$lt": 6}}) == 3
    assert await store.count(tenant, "docs") == 7
    await store.drop_collection(tenant, "docs")


async def test_items_are_changed_where_they_are(store, tenant) -> None:
    some = await made(store, tenant)
    changes = [
        Change(item.id, set={("in", "x"): place}, remove=["none"])
        for place, item in enumerate(some)
    ]
    changes += [Change(some[0].id, text="new", vector=None), Change("ghost", text="none")]

    assert await store.update(tenant, "docs", changes) == len(some)
    assert await store.update(tenant, "docs", [Change(some[1].id, set={"flat": 1})]) == 1
    where = {"in": {"x": {"$lt": 10}}}
    assert await store.update_where(tenant, "docs", where, set={("in", "y"): 1}) == 10
    assert await store.update_where(tenant, "docs", {"flat": 1}, set={"no": 1}) == 1

    [first, second] = await store.get(tenant, "docs", [some[0].id, some[1].id])
    assert first == Item(some[0].id, None, "new", {**some[0].metadata, "in": {"x": 0, "y": 1}})
    assert second.metadata == {**some[1].metadata, "in": {"x": 1, "y": 1}, "flat": 1, "no": 1}
    refused = [Change(item.id, set={("no", "z"): 1}) for item in some]
    with pytest.raises(InvalidArgumentError, match="has at field 'no'"):
        await store.update(tenant, "docs", refused)
    with pytest.raises(InvalidArgumentError, match="has at field 'no'"):
        await store.update_where(tenant, "docs", where, set={("no", "z"): 1})
    assert await store.count(tenant, "docs", {"no": {"z": 1}}) == 0


async def test_writers_of_the_same_ids_never_see_a_deadlock(store, sync_store, tenant) -> None:
    await made(store, tenant, 5)

    async def write(verb: str, *arguments: Any) -> None:
        if isinstance(store, AsyncStore):
            await getattr(store, verb)(tenant, "docs", *arguments)
        else:
            await asyncio.to_thread(getattr(sync_store, verb), tenant, "docs", *arguments)

    async def writes(number: int) -> None:
        order = np.random.default_rng(number)
        for _ in range(3):
            some = [items(60)[place] for place in order.permutation(60)]
            await write("upsert", some)
            await write("delete", [item.id for item in some[:20]])
            await write("delete_where", {"n": {"$lt": number}})

    await asyncio.gather(*map(writes, range(4)))
    await store.upsert(tenant, "docs", items(60))
    assert await store.count(tenant, "docs") == 60
    await store.drop_collection(tenant, "docs")


async def test_a_bound_handle_reaches_a_distributed_collection(store, filled) -> None:
    assert await store.bind(filled, SPREAD).count() == ROWS


async def test_counts_lists_and_pages_are_those_of_a_local_collection(store, filled) -> None:
    filter_ = {"n": {"$gte": 100, "$lt": 300}, "tags": {"$contains": "cat"}}
    local, spread = await on_both(store, filled, "count", filter_)
    assert spread == local == 40
    local, spread = await on_both(store, filled, "list_ids")
    assert spread == local
    for vectors in (False, True):
        local, spread = await on_both(
            store,
            filled,
            "list_items",
            filter=filter_,
            limit=9,
            after="id-0120",
            include_vectors=vectors,
        )
        assert spread == local
        assert len(local) == 9


@settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(batch=filter_batches.batches())
def test_random_filters_match_what_the_oracle_says(
    sync_store: Store, batch: filter_batches.Batch
) -> None:
    made = Collection("filters", 1, fields=filter_batches.FIELDS, distributed=True)
    sync_store.ensure_collection("oracle", made)
    sync_store.clear("oracle", "filters")
    try:
        rows = [Item(id_, None, "", metadata) for id_, metadata in batch.rows.items()]
        sync_store.upsert("oracle", "filters", rows)
    except InvalidArgumentError:
        return  # a Decimal, or a text too long for its field
    stored = [
        oracle.Row(
            item.id,
            item.metadata or {},
            oracle.meant("eq", item.created_at, is_time=True),
            oracle.meant("eq", item.updated_at, is_time=True),
        )
        for item in sync_store.list_items("oracle", "filters")
    ]
    for filter_ in batch.filters:
        try:
            wanted = {
                row.id for row in stored if oracle.matches(filter_, row, filter_batches.FIELDS)
            }
        except oracle.Refused:
            with pytest.raises(FilterError, match="is no time"):
                sync_store.count("oracle", "filters", filter_)
            continue
        found = {item.id for item in sync_store.list_items("oracle", "filters", filter=filter_)}
        assert found == wanted


# measuring and indexes


async def test_recall_is_measured_and_tuned(store, tenant) -> None:
    await made(store, tenant, 250, index=Hnsw())
    report = await store.measure_recall(tenant, "docs", k=5, sample=10)
    assert report.sample == 10
    assert report.recall >= 0.95
    tuned = await store.tune(tenant, "docs", target_recall=0.9, k=5)
    assert tuned.recall >= 0.9
    assert len(await store.search(tenant, "docs", query(), exact=False)) == 10
    await store.drop_collection(tenant, "docs")


async def test_indexes_are_built_replaced_rebuilt_and_dropped(store, tenant, dsn) -> None:
    await made(store, tenant, 120)
    table = (await store.describe_collection(tenant, "docs")).table_name
    seen: list[IndexProgress] = []
    for index in (Hnsw(m=8), Hnsw(quantization="half"), Hnsw(quantization="binary"), IvfFlat()):
        await store.create_index(tenant, "docs", index, progress=seen.append)
        assert (await store.describe_collection(tenant, "docs")).index == index
        found = await store.search(tenant, "docs", query(), exact=False, explain=True)
        assert len(found) == 10
        assert "_ann_" in found.explanation.analyze
    await store.reindex(tenant, "docs")
    await store.drop_index(tenant, "docs")
    with pytest.raises(InvalidArgumentError):
        await store.search(tenant, "docs", query(), exact=False)
    with psycopg.connect(dsn) as connection:
        row = connection.execute(
            "SELECT count(*), bool_and(indisvalid) FROM pg_index WHERE indrelid = %s::regclass",
            [table],
        ).fetchone()
    assert row == (3, True)
    await store.drop_collection(tenant, "docs")


async def test_a_build_of_some_length_tells_how_far_it_is(store, tenant) -> None:
    await store.ensure_collection(tenant, Collection("docs", 256, distributed=True))
    numbers = np.random.default_rng(5).normal(size=(6_000, 256))
    await store.load(tenant, "docs", (Item(f"{n}", one) for n, one in enumerate(numbers)))
    seen: list[IndexProgress] = []
    await store.create_index(tenant, "docs", Hnsw(m=24, ef_construction=200), progress=seen.append)
    assert any(one.phase and one.total > 0 for one in seen)
    await store.drop_collection(tenant, "docs")


async def test_reembedding_it_is_refused_before_anything_is_made(store, tenant) -> None:
    await made(store, tenant, 3)
    with pytest.raises(InvalidArgumentError, match="distributed"):
        await store.reembed(tenant, "docs", to=Collection("docs", 8), embed=lambda _: [])
    assert [one.name for one in await store.list_collections(tenant)] == ["docs"]
    await store.drop_collection(tenant, "docs")


# beside collections


async def test_entries_keep_their_items_in_a_distributed_collection(
    store, tenant, dsn, schema
) -> None:
    await made(store, tenant, 3)
    pair = Pair(Store(dsn, schema=schema))

    def write(value: dict[str, Any], vectors: int) -> Any:
        entry = Entry(("users", "ada"), "fact", value)
        parts = [entry_items.Part(f"$[{n}]", "a text", query(n)) for n in range(vectors)]
        some = entry_items.items_of(entry, parts)
        arguments: dict[str, Any] = {"collection": "docs", "items": some}
        return entry_items.write(pair.context, tenant, "space", [entry], [], **arguments)

    try:
        for vectors in (4, 2):
            if isinstance(store, AsyncStore):
                await pair.arun(write({"likes": "cats"}, vectors))
            else:
                pair.run(write({"likes": "cats"}, vectors))
            assert await store.count(tenant, "docs") == 3 + vectors
    finally:
        await pair.aclose()
    await store.drop_collection(tenant, "docs")
