"""Bad ids' places and bad vectors: each kind has a clear error that names the item."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from integration_tests.core.items.bad_input.refusing import KEPT, WRITERS, refused

from pgrecall import (
    Collection,
    CollectionNotFoundError,
    DimensionMismatchError,
    InvalidArgumentError,
    Item,
)


@pytest.mark.parametrize("bad", [Item("", [1, 0]), Item(7, [1, 0]), {"id": "a"}])  # type: ignore[arg-type]
async def test_what_has_no_id_is_named_by_its_place_in_the_whole_call(docs: Any, bad: Any) -> None:
    good = [Item(f"id-{n}", [1, 0]) for n in range(7)]
    with pytest.raises(InvalidArgumentError, match=r"number 7 \(from 0\)") as raised:
        await docs.upsert([*good, bad], batch_size=3)
    assert raised.value.written == 6


@pytest.mark.parametrize("verb", ["get", "delete"])
async def test_an_id_that_cannot_be_one_is_named_by_its_place(kept: Any, verb: str) -> None:
    says = r"ids number 1 \(from 0\): an item id must be a string, not int"
    with pytest.raises(InvalidArgumentError, match=says):
        await getattr(kept, verb)([KEPT.id, 7])


async def test_a_collection_without_dimensions_is_told_what_it_lacks(
    store: Any, tenant: str
) -> None:
    with pytest.raises(CollectionNotFoundError) as raised:
        await store.ensure_collection(tenant, Collection("new"))
    assert str(raised.value) == (
        f"tenant {tenant!r} has no collection 'new', and creating one needs dimensions; give"
        " ensure_collection() the length of its vectors: Collection('new', dimensions=...)"
    )
    with pytest.raises(CollectionNotFoundError, match=r"; ensure_collection\(\) creates one"):
        await store.count(tenant, "new")


@WRITERS
@pytest.mark.parametrize("vector", [[], [1], [1, 0, 0], np.ones(1_000)], ids=len)
async def test_a_vector_of_another_length_is_refused(kept: Any, verb: str, vector: Any) -> None:
    error = await refused(kept, verb, Item("bad", vector), "'bad'.*'docs'")

    assert isinstance(error, DimensionMismatchError)
    assert (error.collection, error.expected, error.got) == ("docs", 2, len(vector))


@WRITERS
@pytest.mark.parametrize(
    "vector",
    [
        [1, math.nan],
        [math.inf, 1],
        [-math.inf, 1],
        [1, 1e39],
        [10**400, 1],
        [10**30, 1],
        ["1", "2"],
        [1, "2"],
        [1, None],
        [None, None],
        [1, [2, 3]],
        [[1, 2]],
        np.ones((1, 2)),
        np.array(["1", "2"]),
        np.array([1, 2], dtype=complex),
        np.array([1, math.nan], dtype=np.float16),
        [Decimal(1), None],
        "12",
        b"12",
        12,
        1.5,
        {1: 2, 2: 3},
        {1, 2},
        object(),
        (number for number in (1, 2)),
    ],
    ids=lambda vector: f"{type(vector).__name__}",
)
async def test_what_is_no_finite_vector_is_refused(kept: Any, verb: str, vector: Any) -> None:
    await refused(kept, verb, Item("bad", vector), "the vector of item 'bad'")


async def test_booleans_are_taken_or_refused_whatever_stands_beside_them(docs: Any) -> None:
    outcomes = []
    for beside in ([], [Item("beside", [1, 0])], [Item("beside", None)]):
        try:
            await docs.upsert([Item("booleans", [True, False]), *beside])
        except InvalidArgumentError:
            outcomes.append("refused")
        else:
            outcomes.append("taken")

    assert len(set(outcomes)) == 1


@WRITERS
@pytest.mark.parametrize("vector", [[0, 0], [0.0, -0.0], [1e-30, 0], [1e30, 1e30], [1e-50, 0]])
async def test_a_vector_without_direction_is_refused_under_cosine(
    kept: Any, verb: str, vector: Any
) -> None:
    await refused(kept, verb, Item("bad", vector), r"'bad' is (zero|too large).*cosine")


@pytest.mark.parametrize("metric", ["l2", "ip", "l1"])
async def test_a_zero_vector_is_stored_where_no_direction_is_needed(
    store: Any, tenant: str, metric: str
) -> None:
    await store.ensure_collection(tenant, Collection("docs", 2, metric=metric))

    assert await store.upsert(tenant, "docs", [Item("a", [0, 0])]) == 1


@WRITERS
@pytest.mark.parametrize("number", [65_520, -1e5, math.nan, math.inf])
async def test_what_overflows_a_halfvec_is_refused(
    one_store: Any, tenant: str, verb: str, number: float
) -> None:
    await one_store.ensure_collection(tenant, Collection("half", 2, metric="l2", storage="halfvec"))

    with pytest.raises(InvalidArgumentError, match=r"item 'bad'.*65,504"):
        await getattr(one_store, verb)(tenant, "half", [Item("bad", [1, number])])

    assert await one_store.count(tenant, "half") == 0


@WRITERS
async def test_what_underflows_a_halfvec_has_no_direction_under_cosine(
    one_store: Any, tenant: str, verb: str
) -> None:
    await one_store.ensure_collection(tenant, Collection("half", 2, storage="halfvec"))

    with pytest.raises(InvalidArgumentError, match="item 'bad' is zero"):
        await getattr(one_store, verb)(tenant, "half", [Item("bad", [1e-9, 0])])
