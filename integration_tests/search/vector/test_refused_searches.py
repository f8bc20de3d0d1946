"""Searches by vector that cannot be are refused by what is wrong with them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from pgrecall import Collection, DimensionMismatchError, FilterError, InvalidArgumentError, Item


@pytest.mark.parametrize(
    "broken", ["page = 1", ["page"], {"page": [1]}, {"page": {"$gte": None}}, {"": 1}]
)
async def test_a_filter_that_cannot_be_is_refused(docs: Any, broken: Any) -> None:
    with pytest.raises(FilterError):
        await docs.search([1, 0], filter=broken)


@pytest.mark.parametrize("query", [[], [1], [1, 0, 0], np.zeros(5)])
async def test_a_query_of_another_length_is_refused_with_both_lengths(
    docs: Any, query: Any
) -> None:
    with pytest.raises(DimensionMismatchError) as raised:
        await docs.search(query)

    error = raised.value
    assert (error.collection, error.expected, error.got) == ("docs", 2, len(query))


@pytest.mark.parametrize(
    "query",
    [
        [math.nan, 1],
        [math.inf, 1],
        [1e39, 1],
        [0, 0],
        [1e-30, 0],
        [1e30, 0],
        ["1", "0"],
        "10",
        b"10",
        [1, None],
        [1, [2]],
        [[1, 0]],
        [1 + 0j, 0],
        5,
        {"x": 1, "y": 0},
        {1, 0},
        None,
    ],
    ids=repr,
)
async def test_a_query_that_is_no_vector_is_refused(docs: Any, query: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="the query vector"):
        await docs.search(query)


@pytest.mark.parametrize("metric", ["l2", "ip", "l1"])
async def test_a_zero_query_has_distances_where_no_direction_is_needed(
    store: Any, tenant: str, metric: str
) -> None:
    await store.ensure_collection(tenant, Collection("docs", 2, metric=metric))
    await store.upsert(tenant, "docs", [Item("zero", [0, 0])])

    (match,) = await store.search(tenant, "docs", [0, 0])

    assert match.distance == 0


@pytest.mark.parametrize("options", [{"exact": False}, {"ef_search": 40}, {"ef_search": 0}])
async def test_options_of_an_index_are_refused_without_one(
    docs: Any, options: dict[str, Any]
) -> None:
    with pytest.raises(InvalidArgumentError, match="has no index"):
        await docs.search([1, 0], **options)


@pytest.mark.parametrize("exact", ["no", 0, 1, "True"])
async def test_exact_is_true_false_or_none(docs: Any, exact: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="exact must be"):
        await docs.search([1, 0], exact=exact)
