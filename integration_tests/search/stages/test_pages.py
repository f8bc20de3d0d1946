"""Pages of equal requests make the longer request, also where an index misses much."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from integration_tests.search.stages.stages_oracle import DIMENSIONS, QUERY, TEXT, made_items
from integration_tests.shared.faults import execute

from pgrecall import Boost, Collection, Decay, Hnsw, Store

COUNT = 3_000
TENANT = "pages"
BOOSTS = [Decay("n", 300, origin=0), Boost({"doc": "a"}, 1.7)]


@pytest.fixture(scope="module", autouse=True)
def coarse(sync_store: Store, dsn: str) -> None:
    """An index that tells six bits of a vector, and so misses most of what is near."""
    index = Hnsw(quantization="binary")
    sync_store.ensure_collection(TENANT, Collection("coarse", DIMENSIONS, index=index))
    sync_store.load(TENANT, "coarse", made_items(COUNT, seed=9))
    made = sync_store.describe_collection(TENANT, "coarse")
    assert made is not None
    # statistics that came by themselves would change what texts score between two pages
    execute(dsn, f"ANALYZE {made.table_name}")


async def check_pages(search: Any) -> None:
    pages = [await search(limit=30, offset=offset) for offset in range(0, 90, 30)]
    longer = await search(limit=90, offset=0)

    assert [match for page in pages for match in page] == longer
    assert longer


@pytest.mark.parametrize(
    "options", [{"boosts": BOOSTS}, {"lambda_mult": 0.4}, {"boosts": BOOSTS, "group_by": "doc"}]
)
async def test_pages_of_a_hybrid_search_choose_from_the_same_candidates(store, options) -> None:
    await check_pages(
        lambda **page: store.search_hybrid(TENANT, "coarse", QUERY, TEXT, **options, **page)
    )


async def test_groups_of_several_stand_in_one_order_on_every_page(store) -> None:
    for query in (QUERY, -QUERY):
        asked: dict[str, Any] = {"group_by": "doc", "per_group": 3, "exact": False}
        await check_pages(
            lambda a=asked, q=query, **page: store.search(TENANT, "coarse", q, **a, **page)
        )


async def test_a_page_has_its_plan_whatever_was_seen_of_its_filter(store) -> None:
    where = {"n": {"$lt": COUNT - np.random.default_rng().integers(1, 100)}}
    asked: dict[str, Any] = {"filter": where, "limit": 5, "explain": True}

    async def told(offset: int) -> list[Any]:
        found = [
            await store.search(TENANT, "coarse", QUERY, **asked, offset=offset),
            await store.search_text(TENANT, "coarse", TEXT, **asked, offset=offset),
            await store.search_hybrid(TENANT, "coarse", QUERY, TEXT, **asked, offset=offset),
        ]
        return [
            (one.explanation.plan, one.explanation.settings, one.explanation.sql) for one in found
        ]

    first = await told(0)
    await store.search(TENANT, "coarse", QUERY, filter=where)
    await store.search_text(TENANT, "coarse", TEXT, filter=where)

    assert await told(5) == first
