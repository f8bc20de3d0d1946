"""A filter that comes again is remembered, and no other is taken for it."""

from __future__ import annotations

from typing import Any

from pgrecall import Collection, Item

VALUES: list[Any] = [1, True, "1", 1.5, 0, False, None]
"""Some are equal in Python and none are in a filter."""


async def _ids(store: Any, tenant: str, filter_: Any) -> set[str]:
    return {m.id for m in await store.search(tenant, "docs", [1.0, 0.0], filter=filter_)}


async def _filled(store: Any, tenant: str) -> None:
    await store.ensure_collection(tenant, Collection("docs", 2, "test"))
    items = [Item(id=repr(value), vector=[1.0, 0.5], metadata={"value": value}) for value in VALUES]
    await store.upsert(tenant, "docs", items)


async def test_values_that_python_takes_to_be_equal_stay_apart_when_asked_again(
    store: Any, tenant: str
) -> None:
    await _filled(store, tenant)

    for _ in range(4):  # remembered from the second time on
        for value in VALUES:
            assert await _ids(store, tenant, {"value": value}) == {repr(value)}
        assert await _ids(store, tenant, {"value": 1.0}) == {"1"}


async def test_a_filter_that_its_caller_changes_is_another_one(store: Any, tenant: str) -> None:
    await _filled(store, tenant)
    filter_: dict[str, Any] = {"value": {"$in": [1]}}
    for _ in range(3):
        assert await _ids(store, tenant, filter_) == {"1"}

    filter_["value"]["$in"].append("1")

    for _ in range(3):
        assert await _ids(store, tenant, filter_) == {"1", "'1'"}


async def test_a_remembered_filter_follows_its_collection(store: Any, tenant: str) -> None:
    await _filled(store, tenant)
    for _ in range(3):
        assert await _ids(store, tenant, {"value": 1}) == {"1"}

    await store.alter_collection(tenant, Collection("docs", fields={"value": "number"}))
    for _ in range(3):
        assert await _ids(store, tenant, {"value": 1}) == {"1"}
    await store.drop_collection(tenant, "docs")
    await _filled(store, tenant)
    await store.delete(tenant, "docs", ["1"])

    for _ in range(3):
        assert await _ids(store, tenant, {"value": 1}) == set()


async def test_limits_of_a_remembered_filter_are_their_own(store: Any, tenant: str) -> None:
    await _filled(store, tenant)
    filter_ = {"value": {"$in": [1, "1", 1.5]}}

    for _ in range(3):
        for limit in (1, 2, 3):
            found = await store.search(tenant, "docs", [1.0, 0.0], limit=limit, filter=filter_)
            assert len(found) == limit
