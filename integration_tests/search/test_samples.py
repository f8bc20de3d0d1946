"""Of a table of short rows a search sees some, too, when it looks what share a filter takes."""

from __future__ import annotations

import numpy as np
import pytest

from pgrecall import Collection, Hnsw, Item, IvfFlat, Store

TENANT, ROWS = "samples", 12_000


@pytest.mark.parametrize("index", [Hnsw(m=4, ef_construction=16), IvfFlat(lists=50)])
def test_a_filter_is_known_once_it_was_asked(sync_store: Store, index: Hnsw | IvfFlat) -> None:
    """One percent of so few pages holds none of those that PostgreSQL draws, each time."""
    vectors = np.random.default_rng(3).standard_normal((ROWS, 8)).astype(np.float32)
    made = Collection("docs", 8, index=index, text_search=None, fields={"part": "number"})
    docs = sync_store.bind(TENANT, "docs")
    docs.ensure_collection(made)
    docs.load(Item(f"{n}", vectors[n], "", {"part": n % 10}) for n in range(ROWS))

    for count in (5, 8):
        wanted = {"part": {"$lt": count}}
        docs.search(vectors[0], filter=wanted)
        told = docs.search(vectors[0], filter=wanted, explain=True).explanation

        assert told is not None
        assert told.matching == pytest.approx(ROWS * count / 10, rel=0.2)
        assert told.plan in {"hnsw", "ivfflat"}

    sync_store.drop_collection(TENANT, "docs")
