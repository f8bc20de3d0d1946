"""Filters of many values match the same, whether the index finds the rows or every one is read."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pgrecall import Boost, Collection, Hnsw, Item
from pgrecall._statements import probing
from pgrecall._statements.items import explore

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgrecall import Store

ROWS, TENANT = 1_800, "many values"
SOME = list(range(5, 400, 33))
"""Twelve values: of so many rows more than ten are asked for so, and where words are no more than
eighteen."""
ABSENT = [f"no {number}" for number in range(5)]
FILTERS: dict[str, tuple[Any, Any]] = {
    "unique values": ({"unique": {"$in": SOME}}, lambda n: n in SOME),
    "with some that no row has": (
        {"unique": {"$in": [*ABSENT, *SOME]}},
        lambda n: n in SOME,
    ),
    "equals": ({"$or": [{"unique": one} for one in SOME]}, lambda n: n in SOME),
    "two keys": (
        {"$or": [{"unique": {"$in": SOME}}, {"kind": {"$in": ["k3", *ABSENT]}}]},
        lambda n: n in SOME or n % 9 == 3,
    ),
    "found twice": (
        {"$or": [{"unique": {"$in": SOME}}, {"path": {"n": {"$in": [5, 5.0, *SOME]}}}]},
        lambda n: n in SOME,
    ),
    "beside another": (
        {"unique": {"$in": SOME}, "kind": {"$ne": "k5"}},
        lambda n: n in SOME and n % 9 != 5,
    ),
    "some": ({"unique": {"$in": SOME[:6]}}, lambda n: n in SOME[:6]),
    "some that are equal": (
        {"unique": {"$in": [5, 5.0, Decimal("5.00"), 38, 38.0, -0.0, 0]}},
        lambda n: n in {0, 5, 38},
    ),
    "many that are equal": (
        {"unique": {"$in": [*SOME, *map(float, SOME), *(Decimal(n) / 10 * 10 for n in SOME)]}},
        lambda n: n in SOME,
    ),
    "some beside another": (
        {"unique": {"$in": SOME[:6]}, "kind": {"$ne": "k5"}},
        lambda n: n in SOME[:6] and n % 9 != 5,
    ),
    "some of two keys": (
        {"$or": [{"unique": {"$in": SOME[:4]}}, {"path": {"n": {"$in": SOME[2:6]}}}]},
        lambda n: n in SOME[:6],
    ),
    "some of another sign": ({"unique": {"$in": [-n for n in SOME[:6]]}}, lambda n: False),  # noqa: ARG005
    "elements": ({"tags": {"$any": SOME}}, lambda n: n in SOME),
    "none": ({"unique": {"$in": [True, *(f"x{n}" for n in range(14))]}}, lambda n: False),  # noqa: ARG005
    "what most rows have": (
        {"kind": {"$in": [*(f"k{n}" for n in range(8)), *ABSENT]}},
        lambda n: n % 9 < 8,
    ),
}
BOOSTED = {"boosts": [Boost({"kind": "k1"}, 2.0)]}
CASES = [pytest.param(*case, id=name) for name, case in FILTERS.items()]


def items() -> Iterator[Item]:
    vectors = np.random.default_rng(5).standard_normal((ROWS, 4))
    for n, vector in enumerate(vectors):
        metadata = {"unique": n, "kind": f"k{n % 9}", "path": {"n": n}, "tags": [n, "all"]}
        yield Item(f"{n:04}", vector, f"text {n}", metadata)


@pytest.fixture(scope="module", params=[None, Hnsw()], ids=["exact", "index"])
def name(request: pytest.FixtureRequest, sync_store: Store) -> str:
    name = "plain" if request.param is None else "indexed"
    sync_store.ensure_collection(TENANT, Collection(name, 4, index=request.param))
    sync_store.load(TENANT, name, items())
    # rows that are not where they were written first
    sync_store.upsert(TENANT, name, [item for item in items() if int(item.id) % 3 == 0])
    return name


@pytest.fixture(params=["patient", "impatient"])
def patience(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """How long the index is asked at most: until it has told all, or for the first value alone."""
    least = {"patient": 60e6, "impatient": 1.0}[request.param]
    monkeypatch.setattr(probing, "LEAST_PATIENCE", least)
    monkeypatch.setattr(probing, "PATIENCE_A_ROW", 0)


@pytest.mark.one_in(3)
@pytest.mark.usefixtures("patience")
@pytest.mark.parametrize(("filter_", "matches"), CASES)
async def test_every_search_and_count_finds_what_matches(
    one_store: Any, name: str, filter_: Any, matches: Any
) -> None:
    expected = {f"{n:04}" for n in range(ROWS) if matches(n)}

    async def found(verb: str, *arguments: Any, **options: Any) -> set[str]:
        search = getattr(one_store, verb)
        given = {"limit": ROWS, "filter": filter_, **options}
        ids = [match.id for match in await search(TENANT, name, *arguments, **given)]
        assert len(set(ids)) == len(ids)
        return set(ids)

    assert await one_store.count(TENANT, name, filter=filter_) == len(expected)
    options = {"filter": filter_, "limit": ROWS}
    listed = [item.id for item in await one_store.list_items(TENANT, name, **options)]
    assert listed == sorted(expected)
    options = {"filter": filter_, "after": "0100", "limit": 3, "descending": True}
    listed = [item.id for item in await one_store.list_items(TENANT, name, **options)]
    assert listed == sorted((one for one in expected if one < "0100"), reverse=True)[:3]
    assert await found("search", [1, 0, 0, 0]) == expected
    assert await found("search", [1, 0, 0, 0], exact=True) == expected
    assert await found("search", [1, 0, 0, 0], **BOOSTED) == expected
    for options in ({}, {"ranking": "ts_rank_cd"}, BOOSTED):
        assert await found("search_text", "text", **options) == expected
    for options in ({}, BOOSTED):
        hybrid = await found("search_hybrid", [1, 0, 0, 0], "text", candidates=ROWS, **options)
        assert hybrid == expected


@pytest.mark.one_in(3)
@pytest.mark.usefixtures("patience")
@pytest.mark.parametrize(("filter_", "matches"), CASES)
async def test_what_is_in_the_items_that_match_is_told(
    one_store: Any, name: str, filter_: Any, matches: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = [n for n in range(ROWS) if matches(n)]
    given = {"filter": filter_}
    counts = {f.value: f.count for f in await one_store.facet(TENANT, name, "kind", **given)}
    assert counts == Counter(f"k{n % 9}" for n in expected)
    ends = await one_store.field_range(TENANT, name, "unique", **given)
    assert ends == ((expected[0], expected[-1]) if expected else None)
    taken = await one_store.sample(TENANT, name, ROWS, **given)
    assert sorted(int(item.id) for item in taken) == expected
    monkeypatch.setattr(explore, "SAMPLED_FROM", 100)  # from here on some pages are drawn
    few = [int(item.id) for item in await one_store.sample(TENANT, name, 3, **given)]
    assert set(few) <= set(expected)
    assert len(few) == min(3, len(expected))
    for limit in (5, None):
        options = {**given, "order_by": "unique", "descending": True, "limit": limit}
        listed = await one_store.list_items(TENANT, name, **options)
        assert [int(item.id) for item in listed] == expected[::-1][:limit]


@pytest.mark.usefixtures("patience")
@pytest.mark.parametrize("count", [3, 6, 12, 60])
@pytest.mark.parametrize("field", ["unique", "tags"])
async def test_the_nearest_of_those_that_match_come_in_their_order_with_many_at_one_distance(
    store: Any, tenant: str, count: int, field: str
) -> None:
    await store.ensure_collection(tenant, Collection("docs", 2, metric="l2"))
    vectors = [[n * 7 % 3, n * 5 % 2] for n in range(ROWS)]
    await store.load(
        tenant,
        "docs",
        [
            Item(f"{n:04}", vector, metadata={"unique": n % 150, "tags": [n % 150, -1]})
            for n, vector in enumerate(vectors)
        ],
    )
    op = "$in" if field == "unique" else "$any"
    filter_ = {field: {op: list(range(count))}, "id": {"$gt": "0200"}}
    matching = [n for n in range(201, ROWS) if n % 150 < count]
    nearest = sorted(matching, key=lambda n: (vectors[n][0] ** 2 + vectors[n][1] ** 2, n))

    for limit in (1, 7, 30):
        matches = await store.search(tenant, "docs", [0, 0], filter=filter_, limit=limit)
        assert [int(match.id) for match in matches] == nearest[:limit]


async def test_what_changes_many_items_changes_those_that_match(store: Any, tenant: str) -> None:
    await store.ensure_collection(tenant, Collection("docs", 4))
    await store.load(tenant, "docs", items())
    filter_ = {"unique": {"$in": [*SOME, *ABSENT]}}

    assert await store.update_where(tenant, "docs", filter_, set={"kind": "new"}) == len(SOME)
    assert await store.count(tenant, "docs", filter={"kind": "new"}) == len(SOME)
    assert await store.delete_where(tenant, "docs", filter_) == len(SOME)
    assert await store.count(tenant, "docs", filter=filter_) == 0
    common = FILTERS["what most rows have"][0]
    left = await store.count(tenant, "docs") - await store.delete_where(tenant, "docs", common)
    assert (
        await store.count(tenant, "docs")
        == left
        == len(range(8, ROWS, 9)) - sum(n % 9 == 8 for n in SOME)
    )
