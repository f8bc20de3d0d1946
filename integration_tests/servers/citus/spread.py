"""Items that stand in a local and in a distributed collection, and what is asked of both."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest

from pgrecall import Collection, Item

ON_CITUS = [
    pytest.mark.citus,
    pytest.mark.skipif(
        "PGRECALL_TEST_CITUS_DSN" not in os.environ,
        reason="PGRECALL_TEST_CITUS_DSN names no Citus coordinator",
    ),
]
D = 16
ROWS = 600
"""So few rows are looked at whole on one server too: both kinds know the same of their words."""
SHARDS = 6
WORDS = "cat dog mouse horse cow pig sheep goat duck goose hen fox wolf bear deer owl".split()
LOCAL, SPREAD = "local", "spread"


def items(count: int = ROWS) -> list[Item]:
    numbers = np.random.default_rng(7)
    vectors = numbers.normal(size=(count, D)).astype(np.float32)
    weights = 1 / np.arange(1, len(WORDS) + 1)
    texts = numbers.choice(WORDS, size=(count, 9), p=weights / weights.sum())
    return [
        Item(
            f"id-{n:04}",
            vectors[n],
            " ".join(texts[n]),
            {"n": n, "parity": "odd" if n % 2 else "even", "tags": [WORDS[n % 5]]},
        )
        for n in range(count)
    ]


def query(seed: int = 1) -> np.ndarray[Any, Any]:
    return np.random.default_rng(seed).normal(size=D)


async def made(store: Any, tenant: str, count: int = 40, **options: Any) -> list[Item]:
    """A distributed collection of the test's own."""
    await store.ensure_collection(tenant, Collection("docs", D, **options, distributed=True))
    some = items(count)
    await store.upsert(tenant, "docs", some)
    return some


async def on_both(store: Any, tenant: str, verb: str, *arguments: Any, **keywords: Any) -> Any:
    """What a verb answers on the local and on the distributed collection."""
    method = getattr(store, verb)
    return [await method(tenant, name, *arguments, **keywords) for name in (LOCAL, SPREAD)]
