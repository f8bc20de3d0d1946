"""Collections that the tests of vector search only read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pgrecall import Collection, Item, Metric, Store

if TYPE_CHECKING:
    from collections.abc import Callable

from integration_tests.search.vector.sizes import DIMENSIONS, ROWS


@pytest.fixture(scope="module")
def vectors() -> Any:
    return np.random.default_rng(7).standard_normal((ROWS, DIMENSIONS)).astype(np.float32)


@pytest.fixture(scope="module")
def stocked(sync_store: Store, vectors: Any) -> Callable[[Metric, str], tuple[str, str]]:
    """Tenant and name of a collection with the random vectors, made at first use."""

    def make(metric: Metric, storage: str = "vector") -> tuple[str, str]:
        tenant, name = "test_search", f"{metric} {storage}"
        if sync_store.describe_collection(tenant, name) is None:
            sync_store.ensure_collection(
                tenant, Collection(name, DIMENSIONS, metric=metric, storage=storage)
            )
            sync_store.load(
                tenant,
                name,
                (
                    Item(f"{place:03}", vector, f"text {place}", {"group": place % 50})
                    for place, vector in enumerate(vectors)
                ),
            )
        return tenant, name

    return make


@pytest.fixture
async def docs(store: Any, tenant: str) -> Any:
    """Four items around the origin, by cosine."""
    bound = store.bind(tenant, "docs")
    await bound.ensure_collection(Collection("docs", 2))
    await bound.upsert(
        [
            Item("east", [1, 0], "e", {"page": 1}),
            Item("north", [0, 2], "n", {"page": 2}),
            Item("west", [-3, 0], "w", {"page": 3}),
            Item("south", [0, -4], "s", {"page": 4}),
        ]
    )
    return bound
