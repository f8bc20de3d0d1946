"""Recall is measured on the collection's own data, and tuned to a target."""

from __future__ import annotations

from typing import Any

import pytest
from integration_tests.core.collections.indexed import DIMENSIONS, filled

from pgrecall import Collection, Hnsw, InvalidArgumentError, Item, IvfFlat, Store

pytestmark = pytest.mark.usefixtures("all_questions")


@pytest.fixture
def store(one_store: Any) -> Any:
    """One store: test_congruence.py holds the other to its answers."""
    return one_store


async def test_a_measured_recall_comes_with_its_interval_and_settings(store, tenant) -> None:
    await filled(store, tenant, Hnsw())

    report = await store.measure_recall(tenant, "docs", k=5, sample=60)

    assert 0 <= report.low <= report.recall <= report.high <= 1
    assert (report.k, report.sample) == (5, 60)
    assert report.settings["ef_search"] > 0
    assert report.exact_ms > 0
    assert report.index_ms > 0


async def test_tune_pins_the_least_effort_that_meets_its_target(store, tenant) -> None:
    await filled(store, tenant, Hnsw(m=8, ef_construction=32))

    low = await store.tune(tenant, "docs", target_recall=0.5)
    high = await store.tune(tenant, "docs", target_recall=0.99)

    assert low.recall >= 0.5
    assert high.recall >= 0.99
    assert low.settings["ef_search"] <= high.settings["ef_search"]


async def test_a_pin_reaches_other_clients(store, tenant, dsn) -> None:
    await filled(store, tenant, Hnsw(m=8, ef_construction=32))
    pinned = await store.tune(tenant, "docs", target_recall=0.9)

    with Store(dsn) as other:
        measured = other.measure_recall(tenant, "docs", sample=20)

    assert measured.settings == pinned.settings


async def test_a_new_index_takes_the_pin_back(store, tenant) -> None:
    await filled(store, tenant, Hnsw(m=8, ef_construction=32))
    tuned = await store.tune(tenant, "docs", target_recall=0.5)

    await store.create_index(tenant, "docs", Hnsw(m=8, ef_construction=32))

    # the collection's own target is measured in its place
    after = await store.measure_recall(tenant, "docs", sample=10)
    assert tuned.promise.target == 0.5
    assert after.promise.target == 0.98
    assert after.promise.recall >= 0.975


async def test_probes_are_tuned_for_ivfflat(store, tenant) -> None:
    await filled(store, tenant, IvfFlat())

    report = await store.tune(tenant, "docs", target_recall=0.95)

    assert report.recall >= 0.95
    assert list(report.settings) == ["probes"]


async def test_recall_needs_an_index(store, tenant) -> None:
    await filled(store, tenant)

    for call in (store.measure_recall(tenant, "docs"), store.tune(tenant, "docs")):
        with pytest.raises(InvalidArgumentError, match="no index"):
            await call


@pytest.mark.parametrize(("k", "sample"), [(0, 10), (10_001, 10), (10, 0), (10, 10_001), (1.5, 1)])
async def test_sizes_out_of_range_are_refused(store, tenant, k, sample) -> None:
    await store.ensure_collection(tenant, Collection("docs", DIMENSIONS, index=Hnsw()))

    with pytest.raises(InvalidArgumentError):
        await store.measure_recall(tenant, "docs", k=k, sample=sample)


@pytest.mark.parametrize("target", [0, 1.01, -1, "much"])
async def test_a_target_out_of_range_is_refused(store, tenant, target) -> None:
    await store.ensure_collection(tenant, Collection("docs", DIMENSIONS, index=Hnsw()))

    with pytest.raises(InvalidArgumentError, match="target_recall"):
        await store.tune(tenant, "docs", target_recall=target)


async def test_an_empty_collection_has_no_recall(store, tenant) -> None:
    await store.ensure_collection(tenant, Collection("docs", DIMENSIONS, index=Hnsw()))

    with pytest.raises(InvalidArgumentError, match="too few"):
        await store.measure_recall(tenant, "docs")


async def test_a_small_sample_of_a_small_collection_is_never_empty(store, tenant) -> None:
    await filled(store, tenant, Hnsw())

    for _ in range(20):
        assert (await store.measure_recall(tenant, "docs", k=1, sample=1)).sample == 1


@pytest.mark.parametrize("quantization", [None, "binary"])
async def test_the_only_vector_there_is_is_what_can_be_found(
    store: Any, tenant: str, quantization: Any
) -> None:
    await store.ensure_collection(
        tenant, Collection("one", 4, index=Hnsw(quantization=quantization))
    )
    await store.upsert(tenant, "one", [Item("a", [1, 2, 3, 4])])

    assert (await store.measure_recall(tenant, "one", k=1)).recall == 1
