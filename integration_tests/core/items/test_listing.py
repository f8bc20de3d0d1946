"""Items listed a page at a time, and collections emptied."""

from __future__ import annotations

import asyncio
from itertools import chain
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from integration_tests.shared.calls import ONE_STORE

from pgrecall import (
    Collection,
    CollectionNotFoundError,
    FilterError,
    Hnsw,
    InvalidArgumentError,
    Item,
    IvfFlat,
    WeightedSum,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

DOCS = "docs"


async def filled(store: Any, tenant: str, ids: Iterable[str], **options: Any) -> None:
    await store.ensure_collection(tenant, Collection(DOCS, dimensions=2, **options))
    items = [
        Item(id_, [1, place], f"word{place}", {"even": place % 2 == 0})
        for place, id_ in enumerate(ids)
    ]
    await store.upsert(tenant, DOCS, items)


async def test_items_come_in_the_order_of_their_ids_with_vectors_texts_and_metadata(
    store, tenant
) -> None:
    await filled(store, tenant, ["b", "B", "a"])

    items = await store.list_items(tenant, DOCS)

    assert [item.id for item in items] == ["B", "a", "b"]
    assert items == await store.get(tenant, DOCS, ["B", "a", "b"])


async def test_pages_follow_one_another_without_a_gap(store, tenant) -> None:
    await filled(store, tenant, [f"{number:03}" for number in range(25)])

    pages: list[list[str]] = []
    last = None
    while page := await store.list_items(tenant, DOCS, limit=10, after=last):
        pages.append([item.id for item in page])
        last = pages[-1][-1]

    assert [len(page) for page in pages] == [10, 10, 5]
    assert list(chain(*pages)) == await store.list_ids(tenant, DOCS)


async def test_a_page_holds_a_hundred_items_unless_told_otherwise(store, tenant) -> None:
    await filled(store, tenant, [f"{number:03}" for number in range(120)])

    assert len(await store.list_items(tenant, DOCS)) == 100
    assert len(await store.list_items(tenant, DOCS, limit=None)) == 120


async def test_a_filter_says_which_items_are_listed(store, tenant) -> None:
    await filled(store, tenant, ["a", "b", "c", "d"])

    items = await store.list_items(tenant, DOCS, filter={"even": True}, after="a")

    assert [item.id for item in items] == ["c"]


async def test_vectors_can_be_left_out(store, tenant) -> None:
    await filled(store, tenant, ["a"])

    [item] = await store.list_items(tenant, DOCS, include_vectors=False)

    assert item.vector is None
    assert item.text == "word0"


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": True}, "limit"),
        ({"after": ""}, "id"),
        ({"after": 3}, "id"),
    ],
)
@ONE_STORE
async def test_a_page_that_cannot_be_is_refused(store, tenant, arguments, named) -> None:
    await filled(store, tenant, ["a"])

    with pytest.raises(InvalidArgumentError, match=named):
        await store.list_items(tenant, DOCS, **arguments)
    with pytest.raises(FilterError):
        await store.list_items(tenant, DOCS, filter={"a": {"$what": 1}})


async def test_listing_and_clearing_a_collection_that_is_not_there_say_so(store, tenant) -> None:
    with pytest.raises(CollectionNotFoundError):
        await store.list_items(tenant, DOCS)
    with pytest.raises(CollectionNotFoundError):
        await store.clear(tenant, DOCS)


def test_a_page_far_in_is_read_through_the_primary_key(dsn, tenant, sync_store) -> None:
    sync_store.ensure_collection(tenant, Collection(DOCS, dimensions=2))
    sync_store.load(tenant, DOCS, [Item(f"{n:06}", [1, n], "text") for n in range(5_000)])
    table = sync_store.describe_collection(tenant, DOCS).table_name
    with psycopg.connect(dsn) as connection:
        connection.execute(f"ANALYZE {table}")
        rows = connection.execute(
            f"EXPLAIN SELECT id FROM {table} WHERE id > '004000' AND (true) ORDER BY id LIMIT 10"
        )
        plan = "\n".join(line for (line,) in rows)

    assert "_pkey" in plan
    assert "Sort" not in plan


async def test_clearing_removes_every_item_of_this_collection_alone(store, tenant) -> None:
    await filled(store, tenant, ["a", "b"])
    await filled(store, f"{tenant}-other", ["a", "b", "c"])

    assert await store.clear(tenant, DOCS) == 2
    assert await store.count(tenant, DOCS) == 0
    assert await store.count(f"{tenant}-other", DOCS) == 3


async def test_a_cleared_collection_keeps_its_pins_and_takes_new_items(store, tenant) -> None:
    await filled(store, tenant, ["a", "b"], embedding_model="m", index=Hnsw())
    before = await store.describe_collection(tenant, DOCS)

    await store.clear(tenant, DOCS)
    await store.upsert(tenant, DOCS, [Item("z", [0, 1])])

    assert await store.describe_collection(tenant, DOCS) == before
    found = await store.search(tenant, DOCS, [0, 1], exact=False)
    assert [match.id for match in found] == ["z"]


async def test_a_cleared_collection_with_ivfflat_finds_what_is_stored_afterwards(
    store, tenant
) -> None:
    await filled(store, tenant, [f"{number:04}" for number in range(500)])
    await store.create_index(tenant, DOCS, IvfFlat(lists=20))

    await store.clear(tenant, DOCS)
    await store.upsert(tenant, DOCS, [Item(f"{n}", [1, -n]) for n in range(1, 40)])

    found = await store.search(tenant, DOCS, [1, -5], limit=3)
    assert found[0].id == "5"
    await store.reindex(tenant, DOCS)
    assert len(await store.search(tenant, DOCS, [1, -5], limit=30)) == 30


async def test_the_text_arm_of_a_hybrid_search_can_be_sized_alone(store, tenant) -> None:
    await store.ensure_collection(tenant, Collection(DOCS, dimensions=2))
    await store.upsert(
        tenant,
        DOCS,
        [Item(f"v{n}", [1, n / 100], "nothing") for n in range(5)]
        + [Item(f"t{n}", [-1, n], "apple " * (n + 1)) for n in range(5)],
    )

    found = await store.search_hybrid(
        tenant, DOCS, [1, 0], "apple", limit=10, candidates=2, text_candidates=3
    )

    kinds = [match.id[0] for match in found]
    assert sorted(kinds) == ["t"] * 3 + ["v"] * 2


@pytest.mark.parametrize("text_candidates", [0, -1, 10_001, 2.5])
@ONE_STORE
async def test_a_text_arm_of_an_impossible_size_is_refused(store, tenant, text_candidates) -> None:
    await filled(store, tenant, ["a"])

    with pytest.raises(InvalidArgumentError, match="text_candidates"):
        await store.search_hybrid(
            tenant, DOCS, [1, 0], "word0", limit=1, text_candidates=text_candidates
        )


async def test_writers_go_on_while_a_collection_is_cleared(dsn, open_store, tenant) -> None:
    store = open_store(dsn)
    await filled(store, tenant, ["a"])

    async def write(number: int) -> None:
        await store.upsert(tenant, DOCS, [Item(f"w{number}", [1, number])])

    await asyncio.gather(*(write(n) for n in range(20)), store.clear(tenant, DOCS))

    assert {item.id for item in await store.list_items(tenant, DOCS)} <= {
        f"w{number}" for number in range(20)
    }
    assert (await store.search_hybrid(tenant, DOCS, [1, 0], "x", fusion=WeightedSum())) is not None
    await store.close()
