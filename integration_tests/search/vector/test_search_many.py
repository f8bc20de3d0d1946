"""Many searches at once answer as one by one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pgrecall import (
    Boost,
    Collection,
    CollectionNotFoundError,
    DimensionMismatchError,
    FilterError,
    Hnsw,
    InvalidArgumentError,
    Item,
    Store,
)

DIMENSIONS, ROWS = 8, 3_000
NUMBERS = np.random.default_rng(3).standard_normal((ROWS, DIMENSIONS)).astype(np.float32)
QUERIES = np.random.default_rng(4).standard_normal((7, DIMENSIONS)).astype(np.float32)
WHERE = ("many", "indexed")


@pytest.fixture(scope="module", autouse=True)
def indexed(sync_store: Store) -> None:
    """A collection that is large enough for its index."""
    sync_store.ensure_collection(WHERE[0], Collection(WHERE[1], DIMENSIONS, index=Hnsw()))
    sync_store.load(
        *WHERE,
        (Item(f"{n:04}", row, f"t{n}", {"n": n, "k": n % 9}) for n, row in enumerate(NUMBERS)),
    )


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"exact": True, "limit": 3, "include_vectors": True},
        {"exact": False, "ef_search": 40, "limit": 25},
        {"filter": {"n": {"$lt": 2_500}}},
        {"filter": {"k": 3}, "limit": 200},
        {"filter": {"n": -1}},
        {"offset": 3, "limit": 4},
        {"group_by": "k", "limit": 9},
        {"boosts": [Boost({"k": 3}, 2.0)], "min_score": 0.3, "lambda_mult": 0.5},
    ],
    ids=str,
)
async def test_many_searches_find_what_each_alone_does(store: Any, options: Any) -> None:
    found = await store.search_many(*WHERE, QUERIES, **options)

    assert found == [await store.search(*WHERE, query, **options) for query in QUERIES]
    assert (
        await store.search_many(*WHERE, (list(map(float, one)) for one in QUERIES), **options)
        == found
    )


async def test_each_of_many_is_explained(store: Any) -> None:
    found = await store.search_many(*WHERE, QUERIES[:2], explain=True)

    assert [one.explanation.plan for one in found] == ["hnsw", "hnsw"]
    assert all("Index Scan" in one.explanation.analyze for one in found)


async def test_none_are_nothing_and_ten_thousand_are_ten_thousand(store: Any, tenant: str) -> None:
    await store.ensure_collection(tenant, Collection("few", 2))
    await store.upsert(tenant, "few", [Item("a", [1, 0]), Item("b", [0, 1])])

    assert await store.search_many(tenant, "few", []) == []
    assert await store.search_many(tenant, "few", np.empty((0, 2))) == []
    queries = np.tile(np.array([[1.0, 0.1], [0.1, 1.0]]), (5_000, 1))
    found = await store.search_many(tenant, "few", queries, limit=1)
    assert [one[0].id for one in found] == ["a", "b"] * 5_000


async def test_what_cannot_be_used_is_told_with_its_place(store: Any) -> None:
    with pytest.raises(DimensionMismatchError) as wrong:
        await store.search_many(*WHERE, [QUERIES[0], [1.0, 2.0]])
    assert (wrong.value.expected, wrong.value.got) == (DIMENSIONS, 2)
    bad = QUERIES.copy()
    bad[2, 1] = np.nan
    for queries, told in (
        (bad, r"query number 2 \(from 0\)"),
        ([QUERIES[0], None], r"query number 1 \(from 0\)"),
        ([QUERIES[0], "x"], r"query number 1 \(from 0\)"),
        (QUERIES[0], "not one vector"),
        ("text", "not str"),
        (3, "not int"),
    ):
        with pytest.raises(InvalidArgumentError, match=told):
            await store.search_many(*WHERE, queries)
    with pytest.raises(InvalidArgumentError, match="limit"):
        await store.search_many(*WHERE, [], limit=0)
    with pytest.raises(FilterError):
        await store.search_many(*WHERE, QUERIES, filter={"n": {"$near": 1}})
    with pytest.raises(CollectionNotFoundError):
        await store.search_many(WHERE[0], "none", QUERIES)


def test_a_collection_that_was_dropped_meanwhile_is_told_as_one_search_tells_it(
    dsn: str, sync_store: Store, tenant: str
) -> None:
    sync_store.ensure_collection(tenant, Collection("gone", 2))
    with Store(dsn) as other:
        other.count(tenant, "gone")
        sync_store.drop_collection(tenant, "gone")
        with pytest.raises(CollectionNotFoundError, match="any more"):
            other.search_many(tenant, "gone", [[1, 0], [0, 1]])
        with pytest.raises(CollectionNotFoundError):
            other.search_many(tenant, "gone", [[1, 0], [0, 1]])


def test_a_table_of_the_users_own_name_is_searched_too(sync_store: Store, tenant: str) -> None:
    name = f"own_{tenant.replace('-', '_')}"
    docs = sync_store.bind(tenant, "own")
    docs.ensure_collection(Collection("own", 2, table_name=name))
    docs.upsert([Item("a", [1, 0]), Item("b", [0, 1])])

    found = docs.search_many([[1, 0], [0, 1]], limit=1)

    assert [[match.id for match in one] for one in found] == [["a"], ["b"]]
