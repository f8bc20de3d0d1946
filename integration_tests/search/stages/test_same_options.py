"""What one kind of search takes, the others take too, wherever it means something."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pgrecall import Collection, Hnsw, InvalidArgumentError, Item

DIMENSIONS = 4
QUERY = [1.0, 0.2, 0.0, 0.0]
TEXTS = {
    "a": "the red kite is in the sky",
    "b": "a kite that is red, and a lemon",
    "c": "lemon and salt",
    "d": "nothing of the kind",
}


@pytest.fixture
async def docs(store: Any, tenant: str) -> Any:
    await store.ensure_collection(tenant, Collection("docs", DIMENSIONS, index=Hnsw()))
    random = np.random.default_rng(7)
    vectors = {id_: random.standard_normal(DIMENSIONS).astype(np.float32) for id_ in TEXTS}
    await store.upsert(tenant, "docs", [Item(id_, vectors[id_], TEXTS[id_]) for id_ in TEXTS])
    return vectors


async def test_every_search_brings_vectors_where_they_are_asked_for(store, tenant, docs) -> None:
    found = [
        await store.search(tenant, "docs", QUERY, include_vectors=True),
        await store.search_text(tenant, "docs", "kite lemon", include_vectors=True),
        await store.search_hybrid(tenant, "docs", QUERY, "kite", include_vectors=True),
    ]

    assert all(found)
    for match in [match for matches in found for match in matches]:
        assert np.array_equal(match.vector, docs[match.id])


async def test_an_item_without_a_vector_has_none_to_bring(store, tenant, docs) -> None:
    await store.upsert(tenant, "docs", [Item("e", None, "kite")])

    by_text = await store.search_text(tenant, "docs", "kite", include_vectors=True)
    by_both = await store.search_hybrid(tenant, "docs", QUERY, "kite", include_vectors=True)

    for matches in (by_text, by_both):
        assert {match.id: match.vector is None for match in matches}["e"]


async def test_a_hybrid_search_reads_words_by_its_syntax(store, tenant, docs) -> None:
    found = await store.search_hybrid(tenant, "docs", QUERY, "red kite", syntax="phrase")

    by_text = await store.search_text(tenant, "docs", "red kite", syntax="phrase")
    scores = {match.id: match.text_score for match in found}
    assert scores == {"a": by_text[0].score, "b": None, "c": None, "d": None}
    assert [match.id for match in by_text] == ["a"]


async def test_a_hybrid_search_tells_where_a_raw_query_is_wrong(store, tenant, docs) -> None:
    with pytest.raises(InvalidArgumentError, match="syntax error at its end"):
        await store.search_hybrid(tenant, "docs", QUERY, "red &", syntax="raw")


async def test_a_hybrid_search_marks_the_words_it_found(store, tenant, docs) -> None:
    found = await store.search_hybrid(tenant, "docs", QUERY, "salt", highlight=True)

    snippets = {match.id: match.snippet for match in found}
    assert snippets["c"] == "lemon and <b>salt</b>"
    assert "<b>" not in snippets["d"]
    assert all(match.vector is None for match in found)


async def test_a_hybrid_search_asks_the_index_or_every_item_as_it_is_told(
    store, tenant, docs
) -> None:
    by_index = await store.search_hybrid(tenant, "docs", QUERY, "kite", ef_search=30, explain=True)
    exactly = await store.search_hybrid(tenant, "docs", QUERY, "kite", exact=True, explain=True)
    never_short = await store.search_hybrid(
        tenant, "docs", QUERY, "kite", exact=False, explain=True
    )

    assert by_index.explanation.plan == "hnsw"
    assert by_index.explanation.settings["hnsw.ef_search"] == "30"
    assert exactly.explanation.plan == "exact"
    assert exactly.explanation.reason == "exact=True asks for it"
    assert never_short.explanation.reason == "exact=False asks for the index"
    assert [match.id for match in exactly] == [match.id for match in by_index]


async def test_a_hybrid_search_without_an_index_cannot_be_told_to_ask_it(store, tenant) -> None:
    await store.ensure_collection(tenant, Collection("plain", DIMENSIONS))

    for told in ({"exact": False}, {"ef_search": 50}):
        with pytest.raises(InvalidArgumentError, match="has no index"):
            await store.search_hybrid(tenant, "plain", QUERY, "kite", **told)
