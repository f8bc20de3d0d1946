"""Recall is measured and tuned by a caller's own questions, where they lie elsewhere than rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from integration_tests.core.collections.indexed import DIMENSIONS, VECTORS

from pgrecall import Collection, DimensionMismatchError, InvalidArgumentError, Item, IvfFlat

ROWS = 1_500
ELSEWHERE = np.random.default_rng(3).standard_normal((60, DIMENSIONS))
"""Where no group of rows is: their neighbours are in many lists."""


@pytest.fixture
async def docs(one_store: Any, tenant: str) -> Any:
    made = Collection("docs", DIMENSIONS, index=IvfFlat(lists=50), text_search=None)
    await one_store.ensure_collection(tenant, made)
    await one_store.load(tenant, "docs", [Item(str(n), VECTORS[n]) for n in range(ROWS)])
    return one_store


async def test_own_questions_are_tuned_for_and_measuring_later_goes_by_them_until_tuned_without(
    docs, tenant
) -> None:
    async def kept(target: float) -> int:
        await docs.alter_collection(tenant, Collection("docs", target_recall=target))
        report = await docs.maintain(tenant)
        assert [one.task for one in report.findings] == ["measure the recall"]
        effort = (await docs.measure_recall(tenant, "docs", sample=1)).promise.effort
        return int(effort)

    by_rows = (await docs.tune(tenant, "docs")).promise.effort
    too_little = await docs.measure_recall(tenant, "docs", queries=list(ELSEWHERE))
    report = await docs.tune(tenant, "docs", queries=ELSEWHERE)
    found = await docs.measure_recall(tenant, "docs", queries=list(ELSEWHERE))
    later = await kept(0.97)
    await docs.tune(tenant, "docs")
    without = await kept(0.979)

    assert report.promise.effort > 1.5 * by_rows
    assert found.sample == len(ELSEWHERE)
    # the effort lies between two that were tried: what it finds is near the target, as lists fell
    assert found.recall >= report.low
    assert found.recall > too_little.recall
    assert later > 1.5 * without


async def test_what_is_no_list_of_questions_is_refused(docs, tenant) -> None:
    refused = {
        "1 to 10,000 vectors, not 0": [],
        "not one vector": [1.0] * DIMENSIONS,
        "a matrix or a list of vectors, not str": "text",
        r"query number 1 \(from 0\) is no vector": [[1.0] * DIMENSIONS, ["x"] * DIMENSIONS],
    }
    for told, queries in refused.items():
        for call in (docs.measure_recall, docs.tune):
            with pytest.raises(InvalidArgumentError, match=told):
                await call(tenant, "docs", queries=queries)
    with pytest.raises(DimensionMismatchError):
        await docs.tune(tenant, "docs", queries=[[1.0]])
