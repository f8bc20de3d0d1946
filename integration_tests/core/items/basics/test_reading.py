"""Items are read, counted, listed and deleted by their ids and by filters."""

from __future__ import annotations

from typing import Any

import pytest
from integration_tests.core.items.basics.written import items, numbered
from integration_tests.shared.calls import ONE_STORE

from pgrecall import And, Condition, FilterError, InvalidArgumentError, Item, Not, Or


async def test_get_gives_items_in_the_order_asked(docs: Any) -> None:
    await docs.upsert(items(0, 5))

    found = await docs.get(["000003", "000000", "000004"])

    assert [item.id for item in found] == ["000003", "000000", "000004"]


async def test_get_leaves_out_missing_ids(docs: Any) -> None:
    await docs.upsert(items(0, 2))

    assert [item.id for item in await docs.get(["no", "000001", "x" * 9_000])] == ["000001"]


async def test_get_gives_an_id_asked_twice_twice(docs: Any) -> None:
    await docs.upsert(items(0, 2))

    found = await docs.get(["000001", "000000", "000001"])

    assert [item.id for item in found] == ["000001", "000000", "000001"]


async def test_get_takes_any_iterable(docs: Any) -> None:
    await docs.upsert(items(0, 3))

    assert len(await docs.get(f"{number:06}" for number in range(3))) == 3
    assert len(await docs.get({"000001": None})) == 1


@pytest.mark.parametrize("verb", ["get", "delete"])
@pytest.mark.parametrize("ids", ["abc", b"abc", [1], [None], ["a", b"b"], [""], ["\0"], ["\ud800"]])
@ONE_STORE
async def test_ids_that_cannot_be_are_refused(docs: Any, verb: str, ids: Any) -> None:
    await docs.upsert(numbered(["a", "b", "c"]))

    with pytest.raises(InvalidArgumentError, match="id"):
        await getattr(docs, verb)(ids)

    assert await docs.count() == 3


@pytest.mark.parametrize("verb", ["get", "delete"])
async def test_what_is_no_list_of_ids_is_refused(docs: Any, verb: str) -> None:
    with pytest.raises(InvalidArgumentError, match="ids"):
        await getattr(docs, verb)(None)


async def test_no_ids_get_and_delete_nothing(docs: Any) -> None:
    await docs.upsert(items(0, 2))

    assert await docs.get([]) == []
    assert await docs.delete([]) == 0
    assert await docs.count() == 2


async def test_delete_counts_what_it_removed(docs: Any) -> None:
    await docs.upsert(items(0, 5))

    assert await docs.delete(["000004", "000001", "000001", "missing"]) == 2

    assert await docs.list_ids() == ["000000", "000002", "000003"]


async def test_delete_where_removes_what_matches(docs: Any) -> None:
    await docs.upsert(Item(str(page), None, metadata={"page": page}) for page in range(10))

    assert await docs.delete_where({"page": {"$lt": 7}, "source": {"$exists": False}}) == 7

    assert await docs.list_ids() == ["7", "8", "9"]


@pytest.mark.parametrize(
    "empty",
    [
        None,
        {},
        And(),
        And(And(), And()),
        Not(Or()),
        And({"page": {"$nin": []}}),
        {"$and": []},
        {"$not": {"$or": []}},
        {"$or": [{"$and": []}, {"page": 1}]},
        {"page": {"$nin": []}},
        {"id": {"$exists": True}},
        Condition("id", "is_empty", False),
    ],
    ids=repr,
)
@ONE_STORE
async def test_a_filter_that_matches_everything_by_its_form_deletes_nothing(
    docs: Any, empty: Any
) -> None:
    await docs.upsert(items(0, 3))

    with pytest.raises(ValueError, match="delete_where needs a filter"):
        await docs.delete_where(empty)

    assert await docs.count() == 3


@pytest.mark.parametrize("broken", ["", "page = 1", [], 0, False, {"page": []}, {"page": {}}])
@ONE_STORE
async def test_what_is_no_filter_deletes_nothing(docs: Any, broken: Any) -> None:
    await docs.upsert(items(0, 3))

    with pytest.raises(FilterError):
        await docs.delete_where(broken)

    assert await docs.count() == 3


async def test_ids_are_listed_by_code_point(docs: Any) -> None:
    ids = ["b", "B", "a", "A", "ä", "z", "_", "10", "9", "\U0001f600", "\ufffd", " ", "e\u0301"]
    await docs.upsert(numbered(ids))

    assert await docs.list_ids() == sorted(ids)


async def test_count_counts_what_matches(docs: Any) -> None:
    await docs.upsert(Item(str(page), None, metadata={"page": page}) for page in range(10))

    assert await docs.count({"page": {"$between": [3, 5]}}) == 3
    assert await docs.count({"page": 99}) == 0
    assert await docs.count({}) == await docs.count(None) == await docs.count() == 10


@pytest.mark.parametrize("broken", ["page", {"page": [1]}, {"page": {"$near": 1}}, {"$where": 1}])
@ONE_STORE
async def test_a_filter_that_cannot_be_is_refused_by_count(docs: Any, broken: Any) -> None:
    with pytest.raises(FilterError):
        await docs.count(broken)
