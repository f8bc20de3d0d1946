"""Items changed where they are: what is named changes, everything else stays."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from integration_tests.core.items.changed import RefusedError, changed
from integration_tests.shared.calls import ONE_STORE, Calls
from psycopg import sql

from pgrecall import (
    KEEP,
    Change,
    Collection,
    CollectionNotFoundError,
    DimensionMismatchError,
    InvalidArgumentError,
    Item,
    Store,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

DOCS = "docs"
HOSTILE = (
    "",
    "id",
    "$created_at",
    "a.b",
    "0",
    "%s",
    "{}",
    "'\"\\",
    "null",
    "\x01",
    "é\u2028",
    "🦜",
)


async def filled(store: Any, tenant: str, items: Iterable[Item], **options: Any) -> None:
    await store.ensure_collection(tenant, Collection(DOCS, dimensions=2, **options))
    await store.upsert(tenant, DOCS, items)


async def one(store: Any, tenant: str, id_: str = "a") -> Item:
    [item] = await store.get(tenant, DOCS, [id_])
    return item


async def test_what_a_change_does_not_name_stays(store, tenant) -> None:
    await filled(store, tenant, [Item("a", [1, 2], "old words", {"page": 1, "tags": ["x"]})])

    assert await store.update(tenant, DOCS, [Change("a", set={"page": 2})]) == 1
    assert await one(store, tenant) == Item("a", [1, 2], "old words", {"page": 2, "tags": ["x"]})
    assert await store.update(tenant, DOCS, [Change("a", text="new words")]) == 1
    assert await one(store, tenant) == Item("a", [1, 2], "new words", {"page": 2, "tags": ["x"]})
    assert await store.update(tenant, DOCS, [Change("a", vector=[3, 4])]) == 1
    assert await store.update(tenant, DOCS, [Change("a", metadata={"only": None})]) == 1
    assert await one(store, tenant) == Item("a", [3, 4], "new words", {"only": None})
    everything = Change("a", vector=None, text="", metadata=None)
    assert await store.update(tenant, DOCS, [everything]) == 1
    assert await one(store, tenant) == Item("a", None, "", {})


async def test_the_text_search_the_declared_fields_and_the_filters_follow(store, tenant) -> None:
    items = [Item("a", [1, 2], "apples", {"page": 1, "source": "x"})]
    await filled(store, tenant, items, fields={"page": "number", "source": "text"})

    await store.update(
        tenant, DOCS, [Change("a", text="pears", set={"page": 7}, remove=["source"])]
    )

    assert [hit.id for hit in await store.search_text(tenant, DOCS, "pears")] == ["a"]
    assert not await store.search_text(tenant, DOCS, "apples")
    assert await store.count(tenant, DOCS, {"page": {"$gte": 7}}) == 1
    assert await store.count(tenant, DOCS, {"source": {"$exists": True}}) == 0


async def test_ids_that_are_not_there_are_left_out_and_each_counts_once(store, tenant) -> None:
    await filled(store, tenant, [Item("a", [1, 2]), Item("b", [1, 2])])
    changes = [Change(id_, set={"n": n}) for n, id_ in enumerate(["a", "ghost", "b", "a"])]
    told: list[int] = []

    assert await store.update(tenant, DOCS, changes, batch_size=1, progress=told.append) == 2
    assert told == [1, 1, 2, 2]
    assert await store.update(tenant, DOCS, []) == 0
    assert await store.list_ids(tenant, DOCS) == ["a", "b"]
    assert (await one(store, tenant)).metadata == {"n": 3}


async def test_changes_of_one_id_are_done_in_their_order(store, tenant) -> None:
    await filled(store, tenant, [Item("a", [1, 2], "text", {"x": {"y": 1}}), Item("b", [1, 2])])

    done = await store.update(
        tenant,
        DOCS,
        [
            Change("a", set={"x": {"z": 1}}),
            Change("b", text="b"),
            Change("a", set={("x", "y"): 2}, vector=[5, 6]),
            Change("a", remove=["gone", ["x", "z"]]),
            Change("a", metadata={"w": {}}, vector=None),
            Change("a", set={("w", "v"): 1}),
        ],
    )

    assert done == 2
    assert await one(store, tenant) == Item("a", None, "text", {"w": {"v": 1}})


async def test_the_times_follow(one_store, tenant, dsn) -> None:
    await filled(one_store, tenant, [Item("a", [1, 2])])
    table = (await one_store.describe_collection(tenant, DOCS)).table_name
    query = sql.SQL(f"SELECT created_at, updated_at FROM {table}")  # type: ignore[arg-type]

    with psycopg.connect(dsn, autocommit=True) as connection:
        [before] = connection.execute(query).fetchall()
        await one_store.update(tenant, DOCS, [Change("a", set={"x": 1})])
        [after] = connection.execute(query).fetchall()
        await one_store.update_where(tenant, DOCS, {"x": 1}, remove=["x"])
        [last] = connection.execute(query).fetchall()

    assert before[0] == after[0] == last[0]
    assert before[1] < after[1] < last[1]


async def test_a_batch_is_done_whole_or_not_at_all_and_the_error_names_the_item(
    store, tenant
) -> None:
    items = [Item(f"{n:03}", [1, 2], "t", {"a": {}}) for n in range(30)]
    items[25] = Item("025", [1, 2], "t", {"a": [1]})
    await filled(store, tenant, items)
    changes = [Change(item.id, set={("a", "b", "c"): 1}, text="new") for item in items]

    with pytest.raises(InvalidArgumentError, match=r"item '025' has at field 'a'") as caught:
        await store.update(tenant, DOCS, changes, batch_size=10)

    assert caught.value.written == 20
    assert await store.count(tenant, DOCS, {"a": {"b": {"c": 1}}}) == 20
    assert {item.text for item in await store.get(tenant, DOCS, ["020", "026"])} == {"t"}
    with pytest.raises(InvalidArgumentError, match="item '025'"):
        await store.update_where(
            tenant, DOCS, {"id": {"$gte": "020"}}, set={("a", "b", "d"): 1, "other": 1}
        )
    assert await store.count(tenant, DOCS, {"other": 1}) == 0


async def test_a_refusal_names_the_field_of_the_change_that_is_refused(store, tenant) -> None:
    await filled(store, tenant, [Item("a", [1, 2], "t", {"good": {}, "bad": "text"})])
    changes = [Change("a", set={("good", "x"): 1}), Change("a", set={("bad", "x"): 1})]

    with pytest.raises(InvalidArgumentError, match="has at field 'bad' what is no object"):
        await store.update(tenant, DOCS, changes)

    assert (await one(store, tenant)).metadata == {"good": {}, "bad": "text"}


async def test_what_matches_a_filter_is_changed(store, tenant) -> None:
    await filled(store, tenant, [Item(f"{n}", [1, 2], "t", {"n": n}) for n in range(10)])
    filter_ = {"n": {"$lt": 4}}

    done = await store.update_where(
        tenant, DOCS, filter_, set={("by", "whom"): "me", "%s": [1]}, remove=["none", ("n", "m")]
    )

    assert done == 4
    assert (await one(store, tenant, "3")).metadata == {"n": 3, "by": {"whom": "me"}, "%s": [1]}
    assert (await one(store, tenant, "4")).metadata == {"n": 4}
    assert await store.update_where(tenant, DOCS, filter_, remove=["n", "by"]) == 4
    assert await store.update_where(tenant, DOCS, filter_, remove=["n"]) == 0
    assert (await one(store, tenant, "3")).metadata == {"%s": [1]}


async def test_a_handle_changes_its_own_items(store, tenant) -> None:
    await filled(store, tenant, [Item("a", [1, 2], "t", {"n": 1})])
    handle = store.bind(tenant, DOCS)

    assert await handle.update([Change("a", set={"n": 2})]) == 1
    assert await handle.update_where({"n": 2}, set={"n": 3}) == 1
    assert (await one(store, tenant)).metadata == {"n": 3}


async def test_what_citus_is_sent_does_the_same_on_one_server(store, tenant) -> None:
    await filled(store, tenant, [Item(f"{n}", [1, 2], "t", {"n": n}) for n in range(6)])
    await store.update(tenant, DOCS, [Change("5", set={"in": 1})])
    await store.count(tenant, DOCS)
    context = (store.target if isinstance(store, Calls) else store)._driver.context
    known = context.known(tenant, DOCS)
    context.remember(replace(known, collection=replace(known.collection, distributed=True)))

    changes = [
        Change("0", set={("in", "x"): 1}, remove=["n", ("gone", "y")]),
        Change("1", vector=None, text="new", metadata={"m": 1}),
        Change("ghost", set={"n": 7}),
        Change("0", set={("in", "y"): 2}),
        Change("2", vector=[3, 4]),
    ]
    assert await store.update(tenant, DOCS, changes) == 3
    assert await store.update(tenant, DOCS, [Change("3", set={"n": 30})]) == 1
    nested = {("in", "z"): 3}
    assert await store.update_where(tenant, DOCS, {"n": {"$exists": False}}, set=nested) == 2
    assert await store.update_where(tenant, DOCS, {"n": 4}, set={"n": 40}, remove=["none"]) == 1
    assert await store.get(tenant, DOCS, list("01234")) == [
        Item("0", [1, 2], "t", {"in": {"x": 1, "y": 2, "z": 3}}),
        Item("1", None, "new", {"m": 1, "in": {"z": 3}}),
        Item("2", [3, 4], "t", {"n": 2}),
        Item("3", [1, 2], "t", {"n": 30}),
        Item("4", [1, 2], "t", {"n": 40}),
    ]
    with pytest.raises(InvalidArgumentError, match="item '5' has at field 'in'"):
        await store.update(tenant, DOCS, [Change(n, set={("in", "x"): 9}) for n in "45"])
    with pytest.raises(InvalidArgumentError, match="item '5' has at field 'in'"):
        await store.update_where(tenant, DOCS, {"n": {"$gte": 5}}, set={("in", "x"): 9})
    assert (await one(store, tenant, "4")).metadata == {"n": 40}
    context.forget(tenant, DOCS)


async def test_numbers_keep_their_digits_and_values_become_what_metadata_has(
    one_store, tenant
) -> None:
    stored = {"exact": Decimal("1.10"), "large": 10**400, "deep": {"exact": Decimal("1e-400")}}
    await filled(one_store, tenant, [Item("a", [1, 2], "t", stored)])
    day = dt.date(2026, 5, 1)

    await one_store.update(
        tenant, DOCS, [Change("a", set={("deep", "day"): day, "n": np.float32(0.5)})]
    )

    assert await one_store.count(tenant, DOCS, {"exact": Decimal("1.10")}) == 1
    assert await one_store.count(tenant, DOCS, {"large": 10**400}) == 1
    assert await one_store.count(tenant, DOCS, {"deep": {"exact": Decimal("1e-400")}}) == 1
    assert await one_store.count(tenant, DOCS, {"deep": {"day": "2026-05-01"}, "n": 0.5}) == 1


async def test_many_fields_and_many_shapes_go_in_one_call(one_store, tenant) -> None:
    ids = [f"{n:04}" for n in range(600)]
    await filled(one_store, tenant, [Item(id_, None, "", {"gone": 1}) for id_ in ids])
    many = {(f"in{n}", "x"): n for n in range(299)} | {f"k{n}": n for n in range(2_000)}
    changes = [Change("0000", set=many, remove=["gone", *(f"no{n}" for n in range(2_000))])]
    changes += [
        Change(id_, set={("a",) * (n % 7 + 1): n}, remove=[("b",) * (n % 5 + 1)] * (n % 3 > 0))
        for n, id_ in enumerate(ids[1:])
    ]

    assert await one_store.update(tenant, DOCS, changes) == len(ids)
    assert (await one(one_store, tenant, "0000")).metadata == changed({}, many)
    assert (await one(one_store, tenant, "0010")).metadata == changed({"gone": 1}, {("a",) * 3: 9})
    by_filter = {"id": {"$in": ids[:2]}}
    assert await one_store.update_where(tenant, DOCS, by_filter, set=many, remove=["gone"]) == 2
    assert (
        await one_store.update(tenant, DOCS, [Change("0001", text=str(n)) for n in range(50)]) == 1
    )
    assert (await one(one_store, tenant, "0001")).text == "49"
    with pytest.raises(InvalidArgumentError, match="in 301 objects"):
        await one_store.update(tenant, DOCS, [Change("0001", set={**many, ("one", "more"): 1})])


def test_what_a_caller_gives_is_left_as_it_is(sync_store: Store, tenant: str) -> None:
    sync_store.ensure_collection(tenant, Collection(DOCS, 2))
    sync_store.upsert(tenant, DOCS, [Item("a", None)])
    value = {"b": 1, "c": {"d": [1]}}
    for set_ in ({"a": value}, {"a": value, ("a", "e"): 2}):
        sync_store.update(tenant, DOCS, [Change("a", set=set_, remove=[("a", "b")])])
        assert value == {"b": 1, "c": {"d": [1]}}
        [item] = sync_store.get(tenant, DOCS, ["a"])
        assert item.metadata == changed({}, set_, [("a", "b")])


keys = st.sampled_from(["a", "b", *HOSTILE])
values = st.recursive(
    st.sampled_from([None, 1, "", True, []]),
    lambda inner: st.dictionaries(keys, inner),
    max_leaves=4,
)
fields = st.one_of(keys, st.lists(keys, min_size=1, max_size=4).map(tuple))
edits = st.tuples(
    st.dictionaries(fields, values, max_size=4), st.lists(fields, max_size=3, unique=True)
)


@pytest.fixture
def metadata_store(sync_store: Store, tenant: str) -> tuple[Store, str]:
    sync_store.ensure_collection(tenant, Collection(DOCS, dimensions=2))
    return sync_store, tenant


@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(stored=st.lists(st.dictionaries(keys, values), min_size=1, max_size=3), edit=edits)
def test_random_changes_do_what_the_oracle_does(metadata_store, stored, edit) -> None:
    store, tenant = metadata_store
    set_, remove = edit
    normal = [(field,) if isinstance(field, str) else field for field in (*set_, *remove)]
    if not normal or len(normal) != len(set(normal)):
        return
    ids = [f"{n}" for n in range(len(stored))]
    store.upsert(tenant, DOCS, map(lambda id_, one: Item(id_, None, "", one), ids, stored))
    by_filter, by_id = {"id": {"$in": ids}}, [Change(id_, set=set_, remove=remove) for id_ in ids]
    try:
        wanted = [changed(one, set_, remove) for one in stored]
    except RefusedError:
        wanted = stored
        with pytest.raises(InvalidArgumentError):
            store.update_where(tenant, DOCS, by_filter, set=set_, remove=remove)
        with pytest.raises(InvalidArgumentError):
            store.update(tenant, DOCS, by_id)
    else:
        assert store.update_where(tenant, DOCS, by_filter, set=set_, remove=remove) == len(ids)
        assert [item.metadata for item in store.get(tenant, DOCS, ids)] == wanted
        store.upsert(tenant, DOCS, map(lambda id_, one: Item(id_, None, "", one), ids, stored))
        assert store.update(tenant, DOCS, by_id) == len(ids)
    assert [item.metadata for item in store.get(tenant, DOCS, ids)] == wanted


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "nothing": ({}, "changes nothing"),
    "nothing in set": ({"set": {}, "remove": []}, "changes nothing"),
    "metadata and set": ({"metadata": {}, "set": {"a": 1}}, "replaces the whole"),
    "metadata and remove": ({"metadata": None, "remove": ["a"]}, "replaces the whole"),
    "a field twice": ({"set": {("a",): 1, "b": 2}, "remove": [["b"], "a"]}, "in set and in remove"),
    "a field twice in set": ({"set": {("a",): 1, "a": 2}}, "twice in set"),
    "a text of None": ({"text": None}, "must be a string, not NoneType"),
    "a text with NUL": ({"text": "a\0b"}, r"NUL \(U\+0000\), which PostgreSQL cannot store$"),
    "a vector too long": ({"vector": [1, 2, 3]}, "3"),
    "a vector of words": ({"vector": "ab"}, "is no vector"),
    "a zero": ({"vector": [0, 0]}, "zero"),
    "no JSON": ({"set": {("a", "b"): {1}}}, "write sorted"),
    "a key with NUL": ({"set": {"a\0": 1}}, "NUL"),
    "a value with NUL": ({"set": {"a": "\0"}}, "NUL"),
    "a lone surrogate": ({"remove": ["\ud800"]}, "lone surrogate"),
    "no field": ({"set": {(): 1}}, "is not a field"),
    "a number as a field": ({"remove": [1]}, "is not a field"),
    "remove of one word": ({"remove": "draft"}, r'write remove=\["draft"\]'),
    "set of a list": ({"set": ["a"]}, "must be a mapping"),
    "metadata of a list": ({"metadata": ["a"]}, "must be a mapping"),
    "a path too deep": ({"set": {("k",) * 101: 1}}, "100 levels"),
    "a value too deep": ({"set": {("k",) * 99: {"a": {}}}}, "nests deeper"),
    "a field too long": ({"set": {"source": "x" * 2_001}}, "2,001"),
    "within what is none": ({"set": {"a": 1, ("a", "b"): 2}}, "within 'a'"),
}


@ONE_STORE
async def test_what_cannot_be_done_is_told_before_anything_is_sent(store, tenant) -> None:
    await filled(store, tenant, [Item("a", [1, 2], "t", {"x": 1})], fields={"source": "text"})

    for name, (arguments, words) in BAD.items():
        good = Change("a", set={"y": 1})
        with pytest.raises(InvalidArgumentError, match=words) as caught:
            await store.update(tenant, DOCS, [good, Change("a", **arguments)])
        assert "'a'" in str(caught.value), name
        assert "clean" not in str(caught.value), name
        if not {"text", "vector", "metadata"} & arguments.keys():
            with pytest.raises(InvalidArgumentError, match=words):
                await store.update_where(tenant, DOCS, {"x": 1}, **arguments)
    assert (await one(store, tenant)).metadata == {"x": 1}
    await store.update(tenant, DOCS, [Change("a", set={("k",) * 99: {"a": 1}})])


@ONE_STORE
async def test_bad_calls_are_told(store, tenant) -> None:
    await filled(store, tenant, [Item("a", [1, 2])])

    with pytest.raises(TypeError, match="metadatas"):
        Change("a", metadatas={})  # type: ignore[call-arg]
    for changes, words in (
        ([Item("a", [1, 2])], "must be pgrecall.Change, not Item: number 0"),
        ([{"id": "a"}], "not dict"),
        (None, "must be an iterable of pgrecall.Change"),
        ([Change("", set={"a": 1})], "change number 0"),
        ([Change(1, set={"a": 1})], "must be a string"),
    ):
        with pytest.raises(InvalidArgumentError, match=words):
            await store.update(tenant, DOCS, changes)
    for filter_ in ({}, None, {"id": {"$exists": True}}):
        with pytest.raises(InvalidArgumentError, match="update_where needs a filter"):
            await store.update_where(tenant, DOCS, filter_, set={"a": 1})
    with pytest.raises(InvalidArgumentError, match="batch_size"):
        await store.update(tenant, DOCS, [], batch_size=0)
    with pytest.raises(CollectionNotFoundError):
        await store.update(tenant, "missing", [Change("a", set={"a": 1})])
    with pytest.raises(DimensionMismatchError):
        await store.update(tenant, DOCS, [Change("a", vector=[1.0])])


def test_a_change_shows_what_it_keeps_and_compares_its_vectors() -> None:
    assert Change("a", text="x") == Change("a", text="x")
    assert Change("a", vector=np.array([1, 2])) == Change("a", vector=[1.0, 2.0])
    assert Change("a", vector=None) != Change("a")
    assert repr(KEEP) == "KEEP"
    assert Change("a").vector is KEEP
