"""What text search covers of texts that are longer than PostgreSQL's tsvectors have places for."""

from __future__ import annotations

from itertools import product
from string import ascii_lowercase
from typing import Any

import pytest
from integration_tests.shared.texts import filled, found

BORDER = " ".join(map("".join, product(ascii_lowercase, repeat=3)))
"""17,576 words: a tsvector has places for 16,383."""
TEXTS = {
    "long": f"{BORDER} alpha beta gamma alpha alpha",
    "before": f"alpha beta gamma alpha alpha {BORDER}",
}


async def test_words_behind_the_last_place_are_found_and_count_once(
    store: Any, tenant: str
) -> None:
    await filled(store, tenant, TEXTS, text_search="simple")

    for asked in ("gamma", "alpha", "nosuchword gamma"):
        assert set(await found(store, tenant, asked)) == {"long", "before"}
    assert await found(store, tenant, "beta gamma", syntax="all") == ["before", "long"]
    assert await found(store, tenant, "beta gamma", syntax="phrase") == ["before"]
    scores = {one.id: one.score for one in await store.search_text(tenant, "docs", "gamma")}
    assert scores["long"] == pytest.approx(scores["before"])
    scores = {one.id: one.score for one in await store.search_text(tenant, "docs", "alpha")}
    assert scores["long"] < scores["before"]
    by_both = await store.search_hybrid(tenant, "docs", [1.0, 0.0], "alpha")
    assert {one.id: one.text_score for one in by_both} == pytest.approx(scores)
