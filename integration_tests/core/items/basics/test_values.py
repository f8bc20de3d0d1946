"""Texts, metadata and vectors come back as they were."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from integration_tests.core.items.basics.written import WRITERS
from integration_tests.shared.calls import ONE_STORE
from integration_tests.shared.words import HOSTILE
from pgvector import HalfVector, Vector

from pgrecall import Collection, Item


@WRITERS
async def test_any_text_comes_back_as_it_was(docs: Any, verb: str) -> None:
    stored = [Item(text, [1, 0], text * 3, {text: text}) for text in HOSTILE]

    await getattr(docs, verb)(stored)

    assert await docs.get(list(HOSTILE)) == stored


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        False,
        0,
        -1,
        2**53 + 1,
        -(2**63) - 1,
        10**100,
        10**4_000,
        0.1,
        -0.5,
        5e-324,
        1e-7,
        123456789.123456789,
        "",
        "text",
        [],
        {},
        [1, "1", None, [True, {"a": []}]],
        {"": {"b": [{"c": None}]}},
    ],
    ids=lambda value: repr(value)[:30],
)
@ONE_STORE
async def test_metadata_comes_back_as_it_was(docs: Any, value: Any) -> None:
    await docs.upsert([Item("a", None, metadata={"value": value})])

    (item,) = await docs.get(["a"])

    assert item.metadata == {"value": value}
    assert type(item.metadata["value"]) is type(value)


@pytest.mark.parametrize("value", [0.0, 1.0, -3.0, 2.0**40])
@ONE_STORE
async def test_a_float_stays_a_float(docs: Any, value: float) -> None:
    await docs.upsert([Item("a", None, metadata={"value": value})])

    (item,) = await docs.get(["a"])

    assert isinstance(item.metadata["value"], float)
    assert item.metadata["value"] == value


@pytest.mark.parametrize("value", [2.0**60, 1e300, 1.7976931348623157e308])
async def test_a_large_float_comes_back_equal(docs: Any, value: float) -> None:
    await docs.upsert([Item("a", None, metadata={"value": value})])

    (item,) = await docs.get(["a"])

    assert float(item.metadata["value"]) == value


@ONE_STORE
async def test_a_tuple_in_metadata_comes_back_as_a_list(docs: Any) -> None:
    await docs.upsert([Item("a", None, metadata={"value": (1, (2,))})])

    assert (await docs.get(["a"]))[0].metadata == {"value": [1, [2]]}


async def test_no_metadata_and_no_text_come_back_empty(docs: Any) -> None:
    await docs.upsert([Item("a", [1, 0]), Item("b", [1, 0], "", {})])

    assert await docs.get(["a", "b"]) == [Item("a", [1, 0], "", {}), Item("b", [1, 0], "", {})]


@WRITERS
async def test_an_item_without_a_vector_is_kept_and_never_found_by_vector(
    docs: Any, verb: str
) -> None:
    await getattr(docs, verb)([Item("a", None, "only text"), Item("b", [1, 0])])

    assert await docs.get(["a"]) == [Item("a", None, "only text", {})]
    assert [match.id for match in await docs.search([1, 0])] == ["b"]
    assert await docs.search([1, 0], filter={"id": "a"}) == []
    assert await docs.count() == 2


@WRITERS
async def test_items_without_any_vector_can_be_all_there_is(docs: Any, verb: str) -> None:
    assert await getattr(docs, verb)([Item("a", None), Item("b", None)]) == 2

    assert await docs.search([1, 0]) == []


VECTORS = [
    [3.0, 4.0],
    [3, 4],
    (3, 4.0),
    range(3, 5),
    np.array([3, 4]),
    np.array([3, 4], dtype=np.uint8),
    np.array([3, 4], dtype=np.float16),
    np.array([3, 4], dtype=np.float32),
    np.array([3, 4], dtype=np.float64),
    np.array([3, 4], dtype=">f4"),
    np.array([3, 0, 4, 0], dtype=np.float32)[::2],
    [np.float32(3), np.float64(4)],
    [Decimal(3), Decimal(4)],
    (Decimal(3), 4),
    Vector([3, 4]),
    HalfVector([3, 4]),
]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: f"{type(vector).__name__}")
@ONE_STORE
async def test_a_vector_may_be_any_sequence_of_numbers(docs: Any, vector: Any) -> None:
    await docs.upsert([Item("a", vector)])

    (item,) = await docs.get(["a"])
    (match,) = await docs.search(vector, include_vectors=True)

    for came in (item.vector, match.vector):
        assert isinstance(came, np.ndarray)
        assert came.dtype == np.float32
        assert came.tolist() == [3, 4]


@WRITERS
async def test_vectors_of_different_kinds_go_in_one_batch(docs: Any, verb: str) -> None:
    stored = [Item(str(place), vector) for place, vector in enumerate(VECTORS)]

    await getattr(docs, verb)([*stored, Item("none", None)])

    found = await docs.get([item.id for item in stored])
    assert [item.vector.tolist() for item in found] == [[3, 4]] * len(VECTORS)


async def test_vectors_come_back_to_the_last_bit_of_float32(docs: Any) -> None:
    given = np.random.default_rng(0).standard_normal((100, 2))

    await docs.upsert(Item(str(place), vector) for place, vector in enumerate(given))

    found = await docs.get(map(str, range(100)))
    assert np.array_equal([item.vector for item in found], given.astype(np.float32))


@WRITERS
async def test_a_halfvec_collection_keeps_two_byte_numbers(
    store: Any, tenant: str, verb: str
) -> None:
    await store.ensure_collection(tenant, Collection("half", 3, metric="l2", storage="halfvec"))
    given = np.array([0.1, -65_504, 6e-8])

    await getattr(store, verb)(tenant, "half", [Item("a", given), Item("b", None)])

    first, second = await store.get(tenant, "half", ["a", "b"])
    assert first.vector.dtype == np.float32
    assert np.array_equal(first.vector, given.astype(np.float16).astype(np.float32))
    assert second.vector is None
    (match,) = await store.search(tenant, "half", given, include_vectors=True)
    assert np.array_equal(match.vector, first.vector)


async def test_what_came_back_can_be_written_again(docs: Any) -> None:
    stored = [Item("a", [1, 0.1], "x", {"page": 2}), Item("b", None, "y", {"n": 2**70})]
    await docs.upsert(stored)
    found = await docs.get(["a", "b"])

    assert await docs.upsert(found) == 2

    assert await docs.get(["a", "b"]) == found
