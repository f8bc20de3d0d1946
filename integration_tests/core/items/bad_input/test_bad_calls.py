"""What is no item, no list and no filter has a clear error, and nothing is stored."""

from __future__ import annotations

import math
from typing import Any

import pytest
from integration_tests.core.items.bad_input.refusing import KEPT, WRITERS, refused

from pgrecall import Condition, FilterError, InvalidArgumentError, Item, PgRecallError


@WRITERS
@pytest.mark.parametrize(
    "item", [None, "bad", ("bad", [1, 0]), {"id": "bad", "vector": [1, 0]}, 5, Item], ids=repr
)
async def test_what_is_no_item_is_refused(kept: Any, verb: str, item: Any) -> None:
    await refused(kept, verb, item, rf"items must be pgrecall\.Item, not {type(item).__name__}")


@WRITERS
@pytest.mark.parametrize("given", ["text", b"bytes", {"a": Item("a", [1, 0])}], ids=repr)
async def test_what_holds_no_items_is_refused(kept: Any, verb: str, given: Any) -> None:
    with pytest.raises(InvalidArgumentError, match=r"items must be pgrecall\.Item"):
        await getattr(kept, verb)(given)


@WRITERS
@pytest.mark.parametrize("given", [None, 5, Item("a", [1, 0])], ids=lambda one: type(one).__name__)
async def test_what_is_no_list_of_items_is_refused(kept: Any, verb: str, given: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="items must be"):
        await getattr(kept, verb)(given)


@WRITERS
async def test_a_bad_item_in_a_later_batch_loses_nothing_of_the_earlier(
    docs: Any, verb: str
) -> None:
    good = [Item(f"{number:05}", [1, 0]) for number in range(5_000)]

    with pytest.raises(InvalidArgumentError) as raised:
        await getattr(docs, verb)([*good, Item("bad", [1, 0], "", {"a": {1}})])

    assert raised.value.written == 5_000
    assert await docs.count() == 5_000


@pytest.mark.parametrize(
    "key",
    [
        "'; DROP TABLE x; --",
        'a"b',
        "a\\",
        "%s",
        "%(p0)s",
        "%%",
        "$1",
        ":x",
        "{}",
        "page' IS NULL OR true OR metadata->>'page",
        "\U0001f600",
        "\uffff",
        "x" * 10_000,
    ],
    ids=lambda key: ascii(key)[:30],
)
async def test_a_hostile_filter_key_is_only_a_key(docs: Any, key: str) -> None:
    await docs.upsert([KEPT, Item("a", [1, 0], "", {key: 1, "deep": {key: "x"}})])
    plain = Condition(key, "eq", 1)

    for filter_ in (plain, Condition((key,), "gte", 1), Condition(("deep", key), "like", "x")):
        assert await docs.count(filter_) == 1
        assert [match.id for match in await docs.search([1, 0], filter=filter_)] == ["a"]
    assert await docs.delete_where(plain) == 1
    assert await docs.list_ids() == [KEPT.id]


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        ({"": 1}, "''"),
        ({"nul\0": 1}, r"nul\\x00.*NUL"),
        ({"lone\ud800": 1}, "surrogate"),
        ({1: 1}, "1"),
        ({"page": "nul\0"}, "'page'.*NUL"),
        ({"page": math.nan}, "'page'.*nan"),
        ({"page": {"$gt": math.inf}}, "'page'.*inf"),
        ({"page": {"$regex": "x"}}, r"'page'.*\$?regex"),
        ({"page": {"$in": 5}}, "'page'.*list"),
        ({"page": [1]}, r"'page'.*\$in"),
        ({"$where": "1=1"}, r"\$where"),
        ({"page": {"$eq": {1}}}, "'page'"),
        ("page = 1", "page = 1"),
    ],
    ids=ascii,
)
@pytest.mark.parametrize("verb", ["count", "delete_where", "search"])
async def test_a_filter_that_cannot_be_is_refused_by_name(
    kept: Any, verb: str, broken: Any, told: str
) -> None:
    call = {
        "count": lambda: kept.count(broken),
        "delete_where": lambda: kept.delete_where(broken),
        "search": lambda: kept.search([1, 0], filter=broken),
    }[verb]

    with pytest.raises(FilterError, match=told):
        await call()

    assert await kept.list_ids() == [KEPT.id]


async def test_every_refusal_is_caught_as_one_family_and_as_a_value_error(
    store: Any, kept_by: str
) -> None:
    kept = store.bind(kept_by, "docs")
    for family in (PgRecallError, ValueError):
        with pytest.raises(family):
            await kept.upsert([Item("", [1, 0])])
        with pytest.raises(family):
            await kept.search([1, 0, 0])
        with pytest.raises(family):
            await kept.count({"page": [1]})
