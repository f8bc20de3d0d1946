"""A collection to build approximate indexes on."""

from __future__ import annotations

from typing import Any

import numpy as np

from pgrecall import Collection, Item

DIMENSIONS = 32


ROWS = 3_000


def clustered(rows: int, dimensions: int = DIMENSIONS) -> np.ndarray:
    """Vectors in groups, as texts are: noise alone has no neighbourhoods."""
    random = np.random.default_rng(7)
    centres = random.standard_normal((50, dimensions))
    return (
        centres[np.arange(rows) % 50] + 0.4 * random.standard_normal((rows, dimensions))
    ).astype(np.float32)


VECTORS = clustered(ROWS)


def items(rows: int = ROWS) -> list[Item]:
    return [Item(f"{n:05d}", VECTORS[n], f"text {n}", {"n": n}) for n in range(rows)]


async def filled(store: Any, tenant: str, index: Any = None, **keywords: Any) -> str:
    collection = Collection("docs", DIMENSIONS, index=index, **keywords)
    made = await store.ensure_collection(tenant, collection)
    await store.load(tenant, "docs", items())
    return made.table_name
