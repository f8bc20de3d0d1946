"""A pin that changed is told once to whoever brings a vector."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from integration_tests.core.collections.pins.changing import (
    CHANGES,
    DIMENSIONS,
    LATE,
    VECTOR,
    Model,
    age,
    change,
    fill,
)
from integration_tests.shared.calls import ONE_STORE

from pgrecall import Collection, CollectionConflictError, CollectionNotFoundError, Item, Store
from pgrecall._operations import context as context_operations
from pgrecall._operations.collections import pins

WITH_VECTORS = {
    "upsert": lambda store, tenant: store.upsert(tenant, "docs", [LATE]),
    "load": lambda store, tenant: store.load(tenant, "docs", [LATE]),
    "search": lambda store, tenant: store.search(tenant, "docs", VECTOR),
    "search explained": lambda store, tenant: store.search(tenant, "docs", VECTOR, explain=True),
    "search_hybrid": lambda store, tenant: store.search_hybrid(tenant, "docs", VECTOR, "text"),
}


WITHOUT_VECTORS = {
    "get": lambda store, tenant: store.get(tenant, "docs", ["0"]),
    "count": lambda store, tenant: store.count(tenant, "docs"),
    "list_ids": lambda store, tenant: store.list_ids(tenant, "docs"),
    "list_items": lambda store, tenant: store.list_items(tenant, "docs"),
    "search_text": lambda store, tenant: store.search_text(tenant, "docs", "text"),
    "delete": lambda store, tenant: store.delete(tenant, "docs", ["no"]),
    "delete_where": lambda store, tenant: store.delete_where(tenant, "docs", {"no": 1}),
    "measure_recall": lambda store, tenant: store.measure_recall(tenant, "docs", sample=2),
}


@pytest.mark.parametrize("how", CHANGES)
@pytest.mark.parametrize("verb", WITH_VECTORS)
@ONE_STORE
async def test_a_changed_pin_is_told_once_to_whoever_brings_a_vector(
    store: Any, elsewhere: Store, tenant: str, verb: str, how: str, monkeypatch: Any
) -> None:
    fill(elsewhere, tenant)
    await store.count(tenant, "docs")
    change(elsewhere, tenant, how)
    age(monkeypatch)

    with pytest.raises(CollectionConflictError) as raised:
        await WITH_VECTORS[verb](store, tenant)

    expected = ("metric", "l2", "cosine")
    if how != "metric":
        expected = ("embedding_model", "model-b", "model-a")
    told = raised.value
    assert (told.field, told.existing, told.requested) == expected
    assert elsewhere.get(tenant, "docs", ["late"]) == []
    await WITH_VECTORS[verb](store, tenant)
    await WITH_VECTORS[verb](store, tenant)


@pytest.mark.parametrize("verb", WITH_VECTORS)
@ONE_STORE
async def test_a_warm_cache_of_what_was_made_anew_with_another_pin_is_one_error(
    store: Any, elsewhere: Store, tenant: str, verb: str
) -> None:
    fill(elsewhere, tenant)
    await store.count(tenant, "docs")
    change(elsewhere, tenant, "model")

    with pytest.raises(CollectionConflictError):
        await WITH_VECTORS[verb](store, tenant)

    assert elsewhere.get(tenant, "docs", ["late"]) == []
    await WITH_VECTORS[verb](store, tenant)


@pytest.mark.parametrize("verb", WITHOUT_VECTORS)
@ONE_STORE
async def test_what_has_no_vector_goes_on_and_leaves_the_change_to_be_told(
    store: Any, elsewhere: Store, tenant: str, verb: str, monkeypatch: Any
) -> None:
    fill(elsewhere, tenant)
    await store.count(tenant, "docs")
    change(elsewhere, tenant, "reembed")
    age(monkeypatch)

    await WITHOUT_VECTORS[verb](store, tenant)

    with pytest.raises(CollectionConflictError):
        await store.upsert(tenant, "docs", [LATE])


async def test_a_delete_that_follows_a_reembedding_leaves_the_change_to_be_told(
    store: Any, elsewhere: Store, tenant: str
) -> None:
    fill(elsewhere, tenant)
    await store.count(tenant, "docs")
    change(elsewhere, tenant, "reembed")

    assert await store.delete(tenant, "docs", ["0"]) == 1

    with pytest.raises(CollectionConflictError):
        await store.upsert(tenant, "docs", [LATE])
    assert await store.upsert(tenant, "docs", [LATE]) == 1


@pytest.mark.parametrize("verb", ["ensure", "describe", "reembed", "make"])
@ONE_STORE
async def test_whoever_was_shown_the_new_pin_is_not_told_again(
    store: Any, elsewhere: Store, tenant: str, verb: str, monkeypatch: Any
) -> None:
    fill(elsewhere, tenant)
    await store.count(tenant, "docs")
    age(monkeypatch)
    new = Collection("docs", DIMENSIONS, "model-b")
    if verb == "reembed":
        await store.reembed(tenant, "docs", to=new, embed=Model().embed_documents)
    elif verb == "make":
        await store.drop_collection(tenant, "docs")
        await store.ensure_collection(tenant, new)
    else:
        change(elsewhere, tenant, "reembed")
        if verb == "ensure":
            assert (await store.ensure_collection(tenant, new)).embedding_model == "model-b"
        else:
            assert (await store.describe_collection(tenant, "docs")).embedding_model == "model-b"

    assert await store.upsert(tenant, "docs", [LATE]) == 1


async def test_a_pin_that_changes_and_changes_back_is_told_where_it_was_met(
    store: Any, elsewhere: Store, tenant: str, monkeypatch: Any
) -> None:
    fill(elsewhere, tenant)
    await store.count(tenant, "docs")
    age(monkeypatch)
    for model in ("model-b", "model-a"):
        elsewhere.reembed(
            tenant,
            "docs",
            to=Collection("docs", DIMENSIONS, model),
            embed=Model().embed_documents,
        )
        with pytest.raises(CollectionConflictError, match=f"embedding_model='{model}'"):
            await store.search(tenant, "docs", VECTOR)
        assert await store.search(tenant, "docs", VECTOR, limit=1)


async def test_a_collection_made_anew_with_the_same_pin_is_told_of_no_pin(
    store: Any, elsewhere: Store, tenant: str, monkeypatch: Any
) -> None:
    fill(elsewhere, tenant)
    await store.count(tenant, "docs")
    elsewhere.drop_collection(tenant, "docs")
    fill(elsewhere, tenant)
    age(monkeypatch)

    assert await store.upsert(tenant, "docs", [LATE]) == 1


async def test_other_dimensions_under_a_table_name_of_ones_own_are_told(
    store: Any, elsewhere: Store, tenant: str
) -> None:
    name = f"own_{tenant[-12:]}"
    elsewhere.ensure_collection(tenant, Collection("docs", 4, "m", table_name=name))
    await store.count(tenant, "docs")
    elsewhere.drop_collection(tenant, "docs")
    elsewhere.ensure_collection(tenant, Collection("docs", 4, "n", table_name=name))

    with pytest.raises(CollectionConflictError):
        await store.upsert(tenant, "docs", [LATE])

    assert await store.upsert(tenant, "docs", [LATE]) == 1


@pytest.mark.parametrize("verb", ["upsert", "load"])
@ONE_STORE
async def test_a_table_of_ones_own_name_that_is_anothers_by_now_is_not_written_to(
    store: Any, elsewhere: Store, tenant: str, verb: str
) -> None:
    name = f"own_{tenant[-12:]}"
    elsewhere.ensure_collection(tenant, Collection("docs", 4, "m", table_name=name))

    def replace_it(written: int) -> None:
        if written == 5_000:
            elsewhere.drop_collection(tenant, "docs")
            elsewhere.ensure_collection("other " + tenant, Collection("docs", 4, table_name=name))

    items = [Item(f"{number:05}", VECTOR) for number in range(5_001)]
    with pytest.raises(CollectionNotFoundError) as raised:
        await getattr(store, verb)(tenant, "docs", items, progress=replace_it)

    assert raised.value.written == 5_000
    assert elsewhere.count("other " + tenant, "docs") == 0


@pytest.mark.parametrize("verb", ["search", "search explained", "search_hybrid", "get", "count"])
@ONE_STORE
async def test_a_table_of_ones_own_name_that_is_anothers_by_now_is_not_read(
    store: Any, elsewhere: Store, tenant: str, verb: str, monkeypatch: Any
) -> None:
    name = f"own_{tenant[-12:]}"
    elsewhere.ensure_collection(tenant, Collection("docs", 4, "m", table_name=name))
    look_up = context_operations.look_up

    def slow(context: Any, of: str, asked: str) -> Any:
        found = yield from look_up(context, of, asked)
        monkeypatch.undo()
        elsewhere.drop_collection(tenant, "docs")
        fill(elsewhere, "other " + tenant, table_name=name)
        return found

    monkeypatch.setattr(context_operations, "look_up", slow)
    with pytest.raises(CollectionNotFoundError):
        await (WITH_VECTORS | WITHOUT_VECTORS)[verb](store, tenant)


async def test_one_tenants_change_is_not_told_to_another(
    store: Any, elsewhere: Store, tenant: str, monkeypatch: Any
) -> None:
    for one in (tenant, f"{tenant}-other"):
        fill(elsewhere, one)
        await store.count(one, "docs")
    change(elsewhere, tenant, "reembed")
    age(monkeypatch)

    assert await store.search(f"{tenant}-other", "docs", VECTOR, limit=1)
    with pytest.raises(CollectionConflictError):
        await store.search(tenant, "docs", VECTOR)


def test_threads_at_once_never_store_a_vector_before_one_of_them_was_told(
    elsewhere: Store, dsn: str, tenant: str, monkeypatch: Any
) -> None:
    fill(elsewhere, tenant)
    with Store(dsn, max_connections=8) as store:
        store.count(tenant, "docs")
        change(elsewhere, tenant, "model")
        age(monkeypatch)
        start, told, stored = threading.Barrier(8), [], []

        def write(number: int) -> None:
            start.wait()
            try:
                store.upsert(tenant, "docs", [Item(f"thread {number}", VECTOR)])
            except (CollectionConflictError, CollectionNotFoundError) as error:
                told.append(error)
            else:
                stored.append(number)

        threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert told
        assert len(told) + len(stored) == 8
        assert store.upsert(tenant, "docs", [LATE]) == 1


def test_what_is_remembered_of_many_collections_is_bounded_and_keeps_what_is_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pins, "MAX_BYTES", 100_000)
    remembered, pin = pins.Pins(), pins.Pin("model", 4, "cosine")
    remembered.put("tenant", "used", pin)
    for number in range(2_000):
        remembered.put("tenant", f"collection {number}", pin)
        assert remembered.get("tenant", "used") == pin

    assert remembered.get("tenant", "collection 0") is None
    assert remembered.get("tenant", "collection 1999") == pin
    assert len(remembered._kept) < 100_000 / 320 + 1
