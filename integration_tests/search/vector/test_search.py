"""Search by vector: the nearest, their scores, their order, and the filters before them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from integration_tests.search.vector.sizes import DIMENSIONS, ROWS

from pgrecall import Collection, InvalidArgumentError, Item, Metric

ALL_METRICS = pytest.mark.parametrize("metric", list(Metric), ids=str)


def distances(metric: Metric, vectors: Any, query: Any) -> Any:
    """pgvector's distances, by its documentation."""
    vectors, query = np.asarray(vectors, np.float64), np.asarray(query, np.float64)
    match metric:
        case Metric.COSINE:
            lengths = np.linalg.norm(vectors, axis=1) * np.linalg.norm(query)
            return 1 - vectors @ query / lengths
        case Metric.L2:
            return np.linalg.norm(vectors - query, axis=1)
        case Metric.IP:
            return -(vectors @ query)
        case Metric.L1:
            return np.abs(vectors - query).sum(axis=1)


def score(metric: Metric, distance: float) -> float:
    if metric is Metric.COSINE:
        return 1 - distance
    return -distance if metric is Metric.IP else 1 / (1 + distance)


@pytest.fixture(scope="module")
def queries() -> Any:
    return np.random.default_rng(8).standard_normal((5, DIMENSIONS)).astype(np.float32)


@pytest.mark.parametrize("storage", ["vector", "halfvec"])
@ALL_METRICS
async def test_the_nearest_are_those_that_brute_force_finds(
    store: Any, stocked: Any, vectors: Any, queries: Any, metric: Metric, storage: str
) -> None:
    tenant, name = stocked(metric, storage)
    if storage == "halfvec":
        vectors, queries = vectors.astype(np.float16), queries.astype(np.float16)
    for query in queries:
        true = distances(metric, vectors, query)
        order = np.argsort(true, kind="stable")[:20]

        matches = await store.search(tenant, name, query, limit=20)

        assert [int(match.id) for match in matches] == order.tolist()
        assert [match.distance for match in matches] == pytest.approx(true[order], abs=1e-5)


@ALL_METRICS
async def test_scores_are_higher_for_closer_and_follow_the_distance(
    store: Any, stocked: Any, queries: Any, metric: Metric
) -> None:
    matches = await store.search(*stocked(metric), queries[0], limit=ROWS)

    assert len(matches) == ROWS
    scores = [match.score for match in matches]
    assert scores == sorted(scores, reverse=True)
    assert scores == [pytest.approx(score(metric, match.distance)) for match in matches]


@pytest.mark.parametrize(
    ("metric", "distance", "expected"),
    [("cosine", 0.4, 0.6), ("l2", 20**0.5, 1 / (1 + 20**0.5)), ("ip", -15, 15), ("l1", 6, 1 / 7)],
)
async def test_distance_and_score_of_a_known_pair(
    store: Any, tenant: str, metric: str, distance: float, expected: float
) -> None:
    await store.ensure_collection(tenant, Collection("docs", 2, metric=metric))
    await store.upsert(tenant, "docs", [Item("a", [3, 4])])

    (match,) = await store.search(tenant, "docs", [5, 0])

    assert match.distance == pytest.approx(distance)
    assert match.score == pytest.approx(expected)


async def test_a_match_says_all_of_its_item(docs: Any) -> None:
    (match,) = await docs.search([0, 1], limit=1)

    assert (match.id, match.text, match.metadata) == ("north", "n", {"page": 2})
    assert (match.distance, match.score) == (0, 1)
    assert match.vector is match.vector_rank is match.text_rank is match.text_score is None


async def test_vectors_come_along_where_asked(docs: Any) -> None:
    (match,) = await docs.search([0, 1], limit=1, include_vectors=True)

    assert match.vector.dtype == np.float32
    assert match.vector.tolist() == [0, 2]


@ALL_METRICS
async def test_ties_are_broken_by_id_at_the_cut_too(
    store: Any, tenant: str, metric: Metric
) -> None:
    await store.ensure_collection(tenant, Collection("docs", 2, metric=metric))
    ids = ["b", "B", "a", "ä", "\U0001f600", "\ufffd", "10", "9", "_"]
    await store.upsert(tenant, "docs", [Item("zz", [0.5, 1]), *(Item(id_, [1, 0]) for id_ in ids)])

    for limit in range(1, len(ids) + 1):
        matches = await store.search(tenant, "docs", [1, 0], limit=limit)
        assert [match.id for match in matches] == sorted(ids)[:limit]


async def test_an_empty_collection_has_no_matches(store: Any, tenant: str) -> None:
    await store.ensure_collection(tenant, Collection("docs", 2))

    assert await store.search(tenant, "docs", [1, 0]) == []


@pytest.mark.parametrize("exact", [True, None])
async def test_without_an_index_every_search_is_exact(docs: Any, exact: bool | None) -> None:
    matches = await docs.search([1, 0.1], exact=exact)

    assert [match.id for match in matches] == ["east", "north", "south", "west"]


async def test_ten_matches_come_where_no_limit_is_given(store: Any, stocked: Any) -> None:
    assert len(await store.search(*stocked(Metric.L2), [0] * DIMENSIONS)) == 10


@pytest.mark.parametrize("limit", [1, 3, ROWS, ROWS + 1, 2**31 - 1])
async def test_at_most_limit_matches_come(store: Any, stocked: Any, limit: int) -> None:
    matches = await store.search(*stocked(Metric.L2), [0] * DIMENSIONS, limit=limit)

    assert len(matches) == min(limit, ROWS)


@pytest.mark.parametrize("limit", [0, -1, True, False, 1.5, 2.0, "3", None, 2**31, [1]])
async def test_a_limit_is_a_whole_number_of_1_or_more(docs: Any, limit: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="limit"):
        await docs.search([1, 0], limit=limit)


async def test_a_filter_is_applied_before_ranking(
    store: Any, stocked: Any, vectors: Any, queries: Any
) -> None:
    for group in range(0, 50, 7):
        places = np.arange(group, ROWS, 50)
        true = distances(Metric.COSINE, vectors[places], queries[0])

        matches = await store.search(
            *stocked(Metric.COSINE), queries[0], limit=7, filter={"group": group}
        )

        assert [int(match.id) for match in matches] == places[np.argsort(true)[:7]].tolist()


@pytest.mark.parametrize("limit", [9, 10, 11])
async def test_limit_matches_come_whenever_so_many_items_match(
    store: Any, stocked: Any, queries: Any, limit: int
) -> None:
    matches = await store.search(
        *stocked(Metric.IP), queries[0], limit=limit, filter={"group": {"$in": [3, 999]}}
    )

    assert len(matches) == min(limit, ROWS // 50)
    assert {match.metadata["group"] for match in matches} == {3}


async def test_an_empty_filter_is_no_filter(docs: Any) -> None:
    assert await docs.search([1, 0], filter={}) == await docs.search([1, 0])


async def test_a_filter_that_nothing_matches_gives_no_match(docs: Any) -> None:
    assert await docs.search([1, 0], filter={"page": "1"}) == []
