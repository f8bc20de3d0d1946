"""The map of a collection: which items are on it, with which values, and where a question lies."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from integration_tests.shared.calls import ONE_STORE

from pgrecall import Collection, CollectionNotFoundError, FilterError, InvalidArgumentError, Item

DOCS = "docs"


def two_kinds(count: int = 60) -> list[Item]:
    """Items in two heaps, and as many without a vector."""
    chance = np.random.default_rng(1)
    made = []
    for number in range(count):
        kind = "near" if number % 2 else "far"
        vector = chance.standard_normal(8) * 0.1
        vector[3] += 1 if number % 2 else -1
        made.append(Item(f"{number:03}", vector, "", {"kind": kind, "by": {"n": number}}))
    return [*made, *(Item(f"bare {n}", None) for n in range(count))]


async def filled(store: Any, tenant: str, items: list[Item], **options: Any) -> None:
    await store.ensure_collection(tenant, Collection(DOCS, dimensions=8, **options))
    await store.upsert(tenant, DOCS, items)


@pytest.mark.parametrize("options", [{}, {"metric": "l2"}, {"storage": "halfvec"}])
async def test_what_is_alike_lies_together_with_its_values(one_store, tenant, options) -> None:
    items = two_kinds()
    await filled(one_store, tenant, items, **options)

    found = await one_store.map_collection(tenant, DOCS, color_by="kind")

    assert found.ids == [item.id for item in items[:60]]  # what has no vector is nowhere
    assert found.values == [item.metadata["kind"] for item in items[:60]]
    far = np.array([value == "far" for value in found.values])
    assert (found.xy[far, 0].max() < found.xy[~far, 0].min()) or (
        found.xy[far, 0].min() > found.xy[~far, 0].max()
    )
    assert 0.5 < found.explained[0] <= 1
    assert np.allclose(found.project(items[7].vector), found.xy[7], atol=2e-3)
    assert (found.collection, found.color_by) == (DOCS, "kind")


async def test_both_stores_draw_the_same_map_each_time(store, tenant) -> None:
    await filled(store, tenant, two_kinds())

    one = await store.map_collection(tenant, DOCS, sample=20)
    same = await store.map_collection(tenant, DOCS, sample=20)
    others = await store.map_collection(tenant, DOCS, sample=20, seed=-(2**63))

    assert len(one) == len(set(one.ids)) == 20
    assert one.ids == same.ids
    assert np.array_equal(one.xy, same.xy)
    assert one.ids != others.ids
    assert one.values is None


@ONE_STORE
async def test_a_filter_says_which_items_are_drawn(store, tenant) -> None:
    await filled(store, tenant, two_kinds())

    found = await store.map_collection(
        tenant, DOCS, color_by=("by", "n"), filter={"kind": "near"}, sample=7
    )

    assert found.values == [int(id_) for id_ in found.ids]
    assert len(found) == 7
    assert all(value % 2 for value in found.values)


@ONE_STORE
async def test_values_are_those_of_a_facet_but_for_long_ones(store, tenant) -> None:
    given: list[Any] = [1, 1.5, "a", True, None, ["x", 1], {"a": 1}, "é" * 499, "é" * 500]
    items = [
        Item(str(n), np.eye(1, 8, n % 8)[0], "", {"f": value, "at": f"2024-01-0{n + 1}T00:00:00Z"})
        for n, value in enumerate(given)
    ]
    await filled(store, tenant, [*items, Item("~", np.ones(8))], fields={"at": "datetime"})

    assert (await store.map_collection(tenant, DOCS, color_by="f")).values == [
        *given[:8], None, None
    ]  # fmt: skip
    times = (await store.map_collection(tenant, DOCS, color_by="at")).values
    assert times[2] == datetime(2024, 1, 3, tzinfo=UTC)
    assert times[-1] is None
    own = await store.map_collection(tenant, DOCS, color_by="id")
    assert own.values == own.ids
    written = await store.map_collection(tenant, DOCS, color_by="$created_at")
    assert {type(value) for value in written.values} == {datetime}
    unknown = await store.map_collection(tenant, DOCS, color_by="no such")
    assert set(unknown.values) == {None}


@ONE_STORE
async def test_an_empty_map_is_one_of_no_items(store, tenant) -> None:
    await filled(store, tenant, [Item("bare", None)])

    found = await store.map_collection(tenant, DOCS, color_by="kind")

    assert (found.ids, found.values, found.xy.shape) == ([], [], (0, 2))
    assert found.explained == (0.0, 0.0)
    assert found.project(np.ones(8)).shape == (2,)


@ONE_STORE
async def test_one_item_and_equal_ones_lie_at_the_middle(store, tenant) -> None:
    await filled(store, tenant, [Item("a", np.full(8, 0.1))])
    assert (await store.map_collection(tenant, DOCS)).xy.tolist() == [[0, 0]]

    await store.upsert(tenant, DOCS, [Item(str(n), np.full(8, 0.1)) for n in range(30)])
    assert not (await store.map_collection(tenant, DOCS)).xy.any()


async def test_what_cannot_be_drawn_is_told(one_store, tenant) -> None:
    await filled(one_store, tenant, [])

    for wrong in ({"sample": 0}, {"sample": 2.5}, {"seed": 2**63}, {"seed": "x"}):
        with pytest.raises(InvalidArgumentError, match="whole number"):
            await one_store.map_collection(tenant, DOCS, **wrong)
    for wrong in ({"color_by": ""}, {"color_by": 3}, {"filter": {"a": [1]}}):
        with pytest.raises(FilterError):
            await one_store.map_collection(tenant, DOCS, **wrong)
    with pytest.raises(CollectionNotFoundError):
        await one_store.map_collection(tenant, "none")
