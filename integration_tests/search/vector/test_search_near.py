"""Search by example: the nearest to the mean of stored vectors, as numpy finds them."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import psycopg
import pytest

from pgrecall import (
    Boost,
    Collection,
    CollectionNotFoundError,
    FilterError,
    Hnsw,
    InvalidArgumentError,
    Item,
    Metric,
    Store,
)
from pgrecall._operations.search.near import search_near
from pgrecall._operations.search.options import VectorOptions
from pgrecall._statements.statement import Statement

DIMENSIONS, ROWS = 8, 3_000
NUMBERS = np.random.default_rng(6).standard_normal((ROWS, DIMENSIONS)).astype(np.float32)
IDS = [f"{n:04}" for n in range(ROWS)]
INDEXED = ("near", "indexed")


@pytest.fixture(scope="module", autouse=True)
def indexed(sync_store: Store) -> None:
    """A collection that is large enough for its index."""
    sync_store.ensure_collection(INDEXED[0], Collection(INDEXED[1], DIMENSIONS, index=Hnsw()))
    rows = (Item(id_, row, "", {"k": int(id_) % 9}) for id_, row in zip(IDS, NUMBERS, strict=True))
    sync_store.load(*INDEXED, rows)


def expected(
    metric: Metric, near: list[int], away: list[int], limit: int, rows: Any = NUMBERS
) -> list[str]:
    """The ids that numpy finds, in double precision."""
    numbers = rows.astype(np.float64)
    units = numbers
    if metric is Metric.COSINE:
        units = numbers / np.linalg.norm(numbers, axis=1, keepdims=True)
    query = units[near].mean(axis=0)
    if away:
        query += query - units[away].mean(axis=0)
    distance = {
        Metric.COSINE: lambda: -(units @ query),
        Metric.IP: lambda: -(numbers @ query),
        Metric.L2: lambda: np.linalg.norm(numbers - query, axis=1),
        Metric.L1: lambda: np.abs(numbers - query).sum(axis=1),
    }[metric]()
    others = [n for n in np.argsort(distance) if n not in {*near, *away}]
    return [IDS[n] for n in others[:limit]]


@pytest.mark.parametrize("metric", list(Metric))
@pytest.mark.parametrize("storage", ["vector", "halfvec"])
async def test_what_is_near_to_the_mean_is_found_as_numpy_does(
    store: Any, tenant: str, metric: Metric, storage: str
) -> None:
    rows = NUMBERS[:60] if storage == "vector" else NUMBERS[:60].astype(np.float16)
    docs = store.bind(tenant, "docs")
    await docs.ensure_collection(Collection("docs", DIMENSIONS, metric=metric, storage=storage))
    await docs.upsert(
        [*map(Item, IDS[:60], [3 * n * row for n, row in enumerate(rows, 1)]), Item("bare", None)]
    )
    stored = np.stack([item.vector for item in await docs.get(IDS[:60])])

    for near, away in (([5], []), ([5, 9, 31], []), ([5, 5, 9], []), ([5, 9], [7, 12]), ([5], [5])):
        found = await docs.search_near(
            [IDS[n] for n in near], away_from=(IDS[n] for n in away), limit=7
        )
        assert [match.id for match in found] == expected(metric, near, away, 7, stored)


async def test_every_option_of_a_search_goes_with_examples(store: Any) -> None:
    near = [IDS[3], IDS[12]]
    options = {"filter": {"k": 3}, "limit": 300, "include_vectors": True, "explain": True}

    found = await store.search_near(*INDEXED, near, **options)

    query = NUMBERS[[3, 12]] / np.linalg.norm(NUMBERS[[3, 12]], axis=1, keepdims=True)
    alone = await store.search(*INDEXED, query.mean(axis=0), exact=True, limit=302, filter={"k": 3})
    assert [match.id for match in found] == [m.id for m in alone if m.id not in near][:300]
    assert found[0].vector is not None
    assert found.explanation.plan in {"exact", "exact or hnsw"}
    for exact in (True, False):
        some = await store.search_near(*INDEXED, near, exact=exact, limit=5)
        assert [match.id for match in some] == expected(Metric.COSINE, [3, 12], [], 5)


@pytest.mark.parametrize(
    "options",
    [
        {"offset": 3, "limit": 4},
        {"group_by": "k", "per_group": 2, "limit": 5},
        {"min_score": 0.2, "lambda_mult": 0.5},
        {"boosts": [Boost({"k": 3}, 2.0)], "filter": {"k": {"$lt": 6}}},
    ],
    ids=str,
)
async def test_stages_see_the_examples_mean_as_any_query(store: Any, options: Any) -> None:
    query = NUMBERS[[3, 12]] / np.linalg.norm(NUMBERS[[3, 12]], axis=1, keepdims=True)
    others: Any = {"id": {"$nin": [IDS[3], IDS[12]]}}
    wanted = options | {"filter": {"$and": [others, options.get("filter", {"k": {"$gte": 0}})]}}

    found = await store.search_near(*INDEXED, [IDS[3], IDS[12]], exact=True, **options)

    alone = await store.search(*INDEXED, query.mean(axis=0), exact=True, **wanted)
    assert [match.id for match in found] == [match.id for match in alone]
    with pytest.raises(InvalidArgumentError, match="has no item 'none'"):
        await store.search_near(*INDEXED, ["none"], **options)


async def test_the_index_finds_them_in_one_statement(store: Any) -> None:
    found = await store.search_near(*INDEXED, [IDS[3]], away_from=[IDS[8]], explain=True)

    assert [match.id for match in found] == expected(Metric.COSINE, [3], [8], 10)
    assert found.explanation.plan == "hnsw"
    assert "indexed_" in found.explanation.analyze
    assert "Index Scan using" in found.explanation.analyze.partition("SubPlan")[0]
    assert "Order By: (embedding <=> (InitPlan" in found.explanation.analyze


def test_a_search_by_example_is_one_statement_whose_plan_for_any_values_asks_the_index(
    sync_store: Store, dsn: str
) -> None:
    context = sync_store._driver.context
    operation = search_near(context, *INDEXED, [IDS[3]], [], VectorOptions())

    work = next(operation)
    request = next(work.body())  # type: ignore[union-attr]

    assert isinstance(request, Statement)
    assert (request.before, request.prepare) == (None, None)
    with psycopg.connect(dsn) as connection:
        cursor = psycopg.RawCursor(connection)
        cursor.execute(f"EXPLAIN (GENERIC_PLAN) {request.sent()[0]}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert re.search(r"Index Scan using \S+_ann ", plan)
    assert "Order By: (embedding <=> (InitPlan" in plan
    assert "One-Time Filter" in plan


async def test_examples_that_are_not_there_or_have_no_vector_are_named(
    store: Any, tenant: str
) -> None:
    docs = store.bind(tenant, "docs")
    await docs.ensure_collection(Collection("docs", 2))
    await docs.upsert(
        [Item("a", [1, 0]), Item("b", [-1, 0]), Item("c", [0, 1]), Item("bare", None)]
    )

    with pytest.raises(InvalidArgumentError, match=r"'docs' has no item 'gone', 'too'$"):
        await docs.search_near(["gone", "a", "too", "gone"])
    with pytest.raises(InvalidArgumentError, match=r"'docs' has no vector of item 'bare'$"):
        await docs.search_near(["a"], away_from=["bare"])
    with pytest.raises(
        InvalidArgumentError, match=r"no item 'x' and has no vector of item 'bare'$"
    ):
        await docs.search_near(["bare", "x"])
    with pytest.raises(InvalidArgumentError, match=r"no item '0', .*, '9' and 90 more$"):
        await docs.search_near([str(n) for n in range(100)])
    with pytest.raises(InvalidArgumentError, match="cancel one another out"):
        await docs.search_near(["a", "b"])
    assert await docs.search_near(["a", "b", "c"], filter={"none": 1}) == []
    assert [m.id for m in await docs.search_near(["a"], away_from=["b"])] == ["c"]


@pytest.mark.parametrize(("storage", "most"), [("halfvec", 6e4), ("vector", 3e38)])
async def test_examples_that_lead_beyond_all_vectors_are_told_without_their_numbers(
    store: Any, tenant: str, storage: str, most: float
) -> None:
    docs = store.bind(tenant, "docs")
    await docs.ensure_collection(Collection("docs", 2, metric="l2", storage=storage))
    await docs.upsert([Item("a", [most, 0]), Item("b", [-most, 0])])

    for options in ({}, {"group_by": "k"}):
        with pytest.raises(InvalidArgumentError, match=f"beyond what a {storage}") as told:
            await docs.search_near(["a"], away_from=["b"], **options)
        assert "80000" not in str(told.value)


async def test_what_cannot_be_used_is_told_before_anything_is_sent(store: Any) -> None:
    for arguments, told in (
        (([],), "an item at least"),
        (("0001",), "ids must be a list of strings, not one string"),
        (([3],), "ids number 0"),
    ):
        with pytest.raises(InvalidArgumentError, match=told):
            await store.search_near(*INDEXED, *arguments)
    with pytest.raises(InvalidArgumentError, match="away_from must be a list of strings"):
        await store.search_near(*INDEXED, ["0001"], away_from="0002")
    with pytest.raises(InvalidArgumentError, match="limit"):
        await store.search_near(*INDEXED, ["0001"], limit=0)
    with pytest.raises(FilterError):
        await store.search_near(*INDEXED, ["0001"], filter={"k": {"$near": 1}})
    with pytest.raises(CollectionNotFoundError):
        await store.search_near(INDEXED[0], "none", ["0001"])
