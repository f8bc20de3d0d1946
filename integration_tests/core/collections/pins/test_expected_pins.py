"""A handle that expects a pin is held to it at every call."""

from __future__ import annotations

from typing import Any

import pytest
from integration_tests.core.collections.pins.changing import (
    DIMENSIONS,
    LATE,
    PIN,
    VECTOR,
    Model,
    age,
    change,
    fill,
)
from integration_tests.shared.calls import ONE_STORE

from pgrecall import Collection, CollectionConflictError, Hnsw, InvalidArgumentError, Store

BOUND = {
    "upsert": lambda docs: docs.upsert([LATE]),
    "search": lambda docs: docs.search(VECTOR),
    "search_hybrid": lambda docs: docs.search_hybrid(VECTOR, "text"),
    "search_text": lambda docs: docs.search_text("text"),
    "count": lambda docs: docs.count(),
    "get": lambda docs: docs.get(["0"]),
    "delete": lambda docs: docs.delete(["0"]),
    "describe_collection": lambda docs: docs.describe_collection(),
    "ensure_collection": lambda docs: docs.ensure_collection(Collection("docs")),
    "tune": lambda docs: docs.tune(),
    "create_index": lambda docs: docs.create_index(Hnsw()),
    "clear": lambda docs: docs.clear(),
    "reembed": lambda docs: docs.reembed(
        to=Collection("docs", 4, "c"), embed=Model().embed_documents
    ),
    "drop_collection": lambda docs: docs.drop_collection(),
}


@pytest.mark.parametrize("verb", BOUND)
@ONE_STORE
async def test_a_handle_that_expects_another_pin_raises_at_every_call(
    store: Any, elsewhere: Store, tenant: str, verb: str
) -> None:
    fill(elsewhere, tenant)
    docs = store.bind(tenant, "docs", expect=Collection("docs", DIMENSIONS, "model-b"))

    for _ in range(2):
        with pytest.raises(CollectionConflictError, match="'model-a'; 'model-b' was requested"):
            await BOUND[verb](docs)

    assert elsewhere.count(tenant, "docs") == 5


@pytest.mark.parametrize("aged", [False, True])
async def test_a_handle_is_held_to_what_it_expects_at_each_call(
    store: Any, elsewhere: Store, tenant: str, aged: bool, monkeypatch: Any
) -> None:
    fill(elsewhere, tenant)
    docs = store.bind(tenant, "docs", expect=PIN)
    assert await docs.upsert([LATE]) == 1
    assert len(await docs.search(VECTOR)) == 6
    change(elsewhere, tenant, "reembed")
    if aged:
        age(monkeypatch)

    for _ in range(2):
        with pytest.raises(CollectionConflictError):
            await docs.upsert([LATE])
    new = store.bind(tenant, "docs", expect=Collection("docs", DIMENSIONS, "model-b"))
    assert await new.upsert([LATE]) == 1
    assert await new.search(VECTOR, limit=1)
    # those who said nothing are told all the same
    with pytest.raises(CollectionConflictError):
        await docs.search(VECTOR)


async def test_who_says_the_new_pin_needs_no_telling_and_who_says_nothing_does(
    store: Any, elsewhere: Store, tenant: str, monkeypatch: Any
) -> None:
    fill(elsewhere, tenant)
    await store.count(tenant, "docs")
    change(elsewhere, tenant, "reembed")
    age(monkeypatch)

    new = store.bind(tenant, "docs", expect=Collection("docs", embedding_model="model-b"))
    assert await new.upsert([LATE]) == 1
    vague = store.bind(tenant, "docs", expect=Collection("docs", DIMENSIONS))
    with pytest.raises(CollectionConflictError):
        await vague.upsert([LATE])
    assert await vague.upsert([LATE]) == 1
    assert await store.upsert(tenant, "docs", [LATE]) == 1


async def test_a_handle_makes_what_it_expects_and_nothing_else(store: Any, tenant: str) -> None:
    docs = store.bind(tenant, "docs", expect=PIN)
    with pytest.raises(CollectionConflictError):
        await docs.ensure_collection(Collection("docs", DIMENSIONS, "model-b"))
    assert await docs.describe_collection() is None
    await docs.ensure_collection(PIN)
    assert await docs.upsert([LATE]) == 1
    other = await docs.ensure_collection(Collection("others", 2, "model-b"))
    assert other.embedding_model == "model-b"


@pytest.mark.parametrize(
    ("expect", "words"),
    [
        (Collection("other", 4), "of collection 'other', and the handle of 'docs'"),
        (Collection("docs", -1), "dimensions=-1"),
        ({"dimensions": 4}, "must be a pgrecall.Collection, not dict"),
    ],
)
async def test_what_cannot_be_expected_is_told(
    store: Any, tenant: str, expect: Any, words: str
) -> None:
    with pytest.raises(InvalidArgumentError, match=words):
        store.bind(tenant, "docs", expect=expect)
