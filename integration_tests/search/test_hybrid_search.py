"""Hybrid search against an oracle in numpy, and what each arm brings to it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from pgrecall import (
    Collection,
    DimensionMismatchError,
    Hnsw,
    InvalidArgumentError,
    Item,
    Rrf,
    WeightedSum,
)

WORDS = "apple bolt crane drum eagle flute grape hinge iron jade kite lemon".split()
DIMENSIONS = 8


def items(count: int = 400) -> list[Item]:
    random = np.random.default_rng(3)
    made = []
    for n in range(count):
        chosen = random.choice(WORDS, size=random.integers(3, 12), p=weights())
        vector = random.standard_normal(DIMENSIONS).astype(np.float32)
        made.append(Item(f"{n:03d}", vector, " ".join(chosen), {"even": n % 2 == 0, "n": n}))
    return made


def weights() -> np.ndarray:
    raw = 1 / np.arange(1, len(WORDS) + 1)
    return raw / raw.sum()


async def filled(store: Any, tenant: str, metric: str = "cosine", **keywords: Any) -> list[Item]:
    await store.ensure_collection(tenant, Collection("docs", DIMENSIONS, "", metric, **keywords))
    made = items()
    await store.upsert(tenant, "docs", made)
    return made


QUERY = np.random.default_rng(9).standard_normal(DIMENSIONS).astype(np.float32)
TEXT = "the lemon on a kite of jade"


async def arms(store: Any, tenant: str, **keywords: Any) -> tuple[list[Any], list[Any]]:
    by_vector = await store.search(tenant, "docs", QUERY, limit=100, **keywords)
    by_text = await store.search_text(tenant, "docs", TEXT, limit=100, **keywords)
    return by_vector, by_text


async def test_every_match_tells_its_rank_in_each_arm(store, tenant) -> None:
    await filled(store, tenant)
    by_vector, by_text = await arms(store, tenant)
    vector_ranks = {match.id: rank for rank, match in enumerate(by_vector, 1)}
    text_ranks = {match.id: rank for rank, match in enumerate(by_text, 1)}

    matches = await store.search_hybrid(tenant, "docs", QUERY, TEXT, limit=100)

    for match in matches:
        assert match.vector_rank == vector_ranks.get(match.id)
        assert match.text_rank == text_ranks.get(match.id)


async def test_every_candidate_is_scored_in_both_arms(store, tenant) -> None:
    made = {item.id: item for item in await filled(store, tenant)}
    scores = {m.id: m.score for m in await store.search_text(tenant, "docs", TEXT, limit=400)}

    matches = await store.search_hybrid(tenant, "docs", QUERY, TEXT, limit=100)

    for match in matches:
        vector = np.asarray(made[match.id].vector)
        cosine = vector @ QUERY / np.linalg.norm(vector) / np.linalg.norm(QUERY)
        assert match.distance == pytest.approx(1 - cosine, abs=1e-5)
        assert (match.text_score or 0) == pytest.approx(scores.get(match.id, 0), rel=1e-6)


async def test_rrf_is_its_formula(store, tenant) -> None:
    await filled(store, tenant)
    by_vector, by_text = await arms(store, tenant)
    fusion = Rrf(k=20, vector_weight=2, text_weight=0.5)
    expected: dict[str, float] = {}
    for weight, arm in ((2, by_vector), (0.5, by_text)):
        for rank, match in enumerate(arm, 1):
            expected[match.id] = expected.get(match.id, 0) + weight / (20 + rank)
    ranked = sorted(expected, key=lambda id_: (-expected[id_], id_))[:25]

    matches = await store.search_hybrid(tenant, "docs", QUERY, TEXT, limit=25, fusion=fusion)

    assert [match.id for match in matches] == ranked
    for match in matches:
        assert match.score == pytest.approx(expected[match.id] * 21 / 2.5)


def odds(z: np.ndarray) -> np.ndarray:
    return ((z + np.sqrt(z * z + 4)) / 2) ** 2


@pytest.mark.parametrize("alpha", [0, 0.4, 0.7, 1])
async def test_the_weighted_sum_is_its_formula(store, tenant, alpha) -> None:
    await filled(store, tenant)
    every = await store.search_hybrid(
        tenant, "docs", QUERY, TEXT, limit=400, candidates=400, fusion=WeightedSum(alpha)
    )
    context = store._driver.context
    stored = context.known(tenant, "docs")
    assert stored is not None
    known = context.calibrations[stored.id]
    distance = np.array([match.distance for match in every])
    text = np.array([match.text_score or 0 for match in every])
    vector_z = (distance.mean() - distance) / known["spread"]
    text_z = (text - text.mean()) / text.std()
    total = alpha * odds(vector_z) + (1 - alpha) * odds(text_z)

    assert [match.score for match in every] == pytest.approx(list(total / (total + 4)), rel=1e-6)
    assert [match.score for match in every] == sorted((m.score for m in every), reverse=True)


@pytest.mark.parametrize("metric", ["cosine", "l2", "ip", "l1"])
@pytest.mark.parametrize("fusion", [None, Rrf()], ids=str)
async def test_scores_lie_between_0_and_1_for_every_metric(store, tenant, metric, fusion) -> None:
    await filled(store, tenant, metric)

    matches = await store.search_hybrid(tenant, "docs", QUERY, TEXT, limit=50, fusion=fusion)

    assert len(matches) == 50
    assert all(0 <= match.score <= 1 for match in matches)


async def test_an_alpha_of_1_is_the_vectors_order(store, tenant) -> None:
    await filled(store, tenant)
    by_vector, _ = await arms(store, tenant)

    matches = await store.search_hybrid(
        tenant, "docs", QUERY, TEXT, limit=10, fusion=WeightedSum(1)
    )

    assert [match.id for match in matches] == [match.id for match in by_vector[:10]]


async def test_an_alpha_of_0_is_the_texts_order(store, tenant) -> None:
    await filled(store, tenant)
    _, by_text = await arms(store, tenant)

    matches = await store.search_hybrid(
        tenant, "docs", QUERY, TEXT, limit=10, fusion=WeightedSum(0)
    )

    assert [match.id for match in matches] == [match.id for match in by_text[:10]]


@pytest.mark.parametrize("text", ["", "the of and", "?!", "zzz"])
async def test_a_text_without_searched_words_leaves_the_vectors_order(store, tenant, text) -> None:
    await filled(store, tenant)
    by_vector, _ = await arms(store, tenant)

    matches = await store.search_hybrid(tenant, "docs", QUERY, text, limit=10)

    assert [match.id for match in matches] == [match.id for match in by_vector[:10]]
    assert all(match.text_rank is None and match.text_score is None for match in matches)


async def test_both_arms_are_filtered_before_they_are_ranked(store, tenant) -> None:
    await filled(store, tenant)

    matches = await store.search_hybrid(
        tenant, "docs", QUERY, TEXT, limit=200, filter={"even": True}
    )

    assert len(matches) > 100
    assert all(match.metadata["even"] for match in matches)


async def test_a_filter_that_three_rows_match_gives_three(store, tenant) -> None:
    await filled(store, tenant)

    for _ in range(2):  # the second call knows the filter's share
        matches = await store.search_hybrid(tenant, "docs", QUERY, TEXT, filter={"n": {"$lt": 3}})
        assert len(matches) == 3


async def test_an_item_without_a_vector_is_found_by_its_text(store, tenant) -> None:
    await filled(store, tenant)
    await store.upsert(tenant, "docs", [Item("only text", None, "zebra zebra")])

    matches = await store.search_hybrid(tenant, "docs", QUERY, "zebra", limit=100)

    (found,) = [match for match in matches if match.id == "only text"]
    assert (found.distance, found.vector_rank, found.text_rank) == (None, None, 1)


async def test_an_item_without_a_text_is_found_by_its_vector(store, tenant) -> None:
    await filled(store, tenant)
    await store.upsert(tenant, "docs", [Item("only vector", QUERY)])

    matches = await store.search_hybrid(tenant, "docs", QUERY, TEXT, limit=100)

    (found,) = [match for match in matches if match.id == "only vector"]
    assert (found.vector_rank, found.text_rank, found.text_score) == (1, None, None)


async def test_it_asks_the_index_where_there_is_one(store, tenant) -> None:
    await filled(store, tenant, index=Hnsw())

    matches = await store.search_hybrid(tenant, "docs", QUERY, TEXT, limit=10)

    assert len(matches) == 10


async def test_hybrid_search_of_an_empty_collection_finds_nothing(store, tenant) -> None:
    await store.ensure_collection(tenant, Collection("docs", DIMENSIONS))

    assert await store.search_hybrid(tenant, "docs", QUERY, TEXT) == []


async def test_a_bound_handle_searches_hybrid_too(store, tenant) -> None:
    await filled(store, tenant)
    bound = store.bind(tenant, "docs")

    assert await bound.search_hybrid(QUERY, TEXT) == await store.search_hybrid(
        tenant, "docs", QUERY, TEXT
    )


@pytest.mark.parametrize(
    "arguments",
    [
        {"limit": 0},
        {"limit": 20, "candidates": 10},
        {"candidates": 10_001},
        {"candidates": True},
        {"fusion": "rrf"},
        {"fusion": WeightedSum(1.5)},
        {"fusion": WeightedSum(math.nan)},
        {"fusion": Rrf(k=-1)},
        {"fusion": Rrf(vector_weight=-1)},
        {"fusion": Rrf(vector_weight=0, text_weight=0)},
    ],
    ids=str,
)
async def test_arguments_that_cannot_be_used_are_refused(store, tenant, arguments) -> None:
    await store.ensure_collection(tenant, Collection("docs", DIMENSIONS))

    with pytest.raises(InvalidArgumentError):
        await store.search_hybrid(tenant, "docs", QUERY, TEXT, **arguments)


async def test_a_query_of_another_length_is_refused(store, tenant) -> None:
    await store.ensure_collection(tenant, Collection("docs", DIMENSIONS))

    with pytest.raises(DimensionMismatchError):
        await store.search_hybrid(tenant, "docs", [1.0, 2.0], TEXT)


async def test_a_collection_without_text_search_says_so(store, tenant) -> None:
    await store.ensure_collection(tenant, Collection("docs", DIMENSIONS, text_search=None))

    with pytest.raises(InvalidArgumentError, match="text_search"):
        await store.search_hybrid(tenant, "docs", QUERY, TEXT)


async def test_the_same_rows_loaded_again_get_the_same_scores(store, tenant) -> None:
    items = [
        Item(f"{n:04}", [math.sin(n), math.cos(n), 1], f"word{n % 7} filler") for n in range(1_000)
    ]
    scores = []
    for name in ("once", "again"):
        await store.ensure_collection(tenant, Collection(name, dimensions=3))
        await store.load(tenant, name, items)
        found = await store.search_hybrid(tenant, name, [0.3, 0.5, 1], "word3", limit=20)
        scores.append([(match.id, match.score) for match in found])

    assert scores[0] == scores[1]


@pytest.mark.parametrize("count", [12, 400])
@pytest.mark.parametrize("metric", ["cosine", "l2", "ip", "l1"])
async def test_vectors_that_differ_by_rounding_leave_the_order_to_the_text(
    store, tenant, metric, count
) -> None:
    random, dimensions = np.random.default_rng(4), 64
    vector = random.standard_normal(dimensions)
    await store.ensure_collection(tenant, Collection("same", dimensions, "", metric))
    made = [
        Item(one.id, vector + 1e-7 * random.standard_normal(dimensions), one.text)
        for one in items(count)
    ]
    await store.upsert(tenant, "same", made)

    found = await store.search_hybrid(tenant, "same", vector, TEXT, limit=count, candidates=count)

    by_text = await store.search_text(tenant, "same", TEXT, limit=count)
    # what rounding makes of the vectors may change places only where texts are as good
    scores = {match.id: match.text_score for match in by_text}
    ordered = [scores.get(match.id, 0.0) for match in found]
    assert ordered == pytest.approx(sorted(ordered, reverse=True), abs=0.1 * max(ordered))
    assert found[0].text_score == pytest.approx(by_text[0].text_score, rel=0.1)
    assert found[0].score < 0.95
    assert found[0].score - found[-1].score > 0.2


async def test_text_scores_that_differ_by_rounding_say_nothing(store, tenant) -> None:
    random = np.random.default_rng(5)
    await store.ensure_collection(tenant, Collection("words", 4))
    texts = ["one owl and two"] * 60
    made = [Item(f"{n:02d}", random.standard_normal(4), text) for n, text in enumerate(texts)]
    await store.upsert(tenant, "words", made)

    found = await store.search_hybrid(tenant, "words", made[7].vector, "owl", limit=60)

    assert found[0].id == "07"
    assert [match.distance for match in found] == sorted(match.distance for match in found)
