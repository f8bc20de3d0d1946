"""Collections: made once, pinned and described."""

from __future__ import annotations

from typing import Any

import pytest
from integration_tests.shared.calls import ONE_STORE

from pgrecall import (
    Collection,
    CollectionConflictError,
    CollectionNotFoundError,
    Hnsw,
    Item,
    IvfFlat,
    Metric,
)

PINNED = Collection(
    "docs",
    3,
    "model-a",
    Metric.L2,
    storage="halfvec",
    text_search="simple",
    fields={"page": "number", "source": "text"},
)


async def test_ensure_creates_with_every_default_filled_in(store: Any, tenant: str) -> None:
    made = await store.ensure_collection(tenant, Collection("docs", 3))

    assert made.metric is Metric.COSINE
    assert (made.name, made.dimensions, made.embedding_model) == ("docs", 3, "")
    assert (made.index, made.storage, made.text_search) == (None, "vector", "english")
    assert made.fields is None
    assert made.table_name.startswith("pgrecall.items_")


async def test_ensure_gives_what_describe_gives(store: Any, tenant: str) -> None:
    made = await store.ensure_collection(tenant, PINNED)

    assert await store.describe_collection(tenant, "docs") == made


async def test_ensure_with_what_describe_gave_changes_nothing(store: Any, tenant: str) -> None:
    made = await store.ensure_collection(tenant, PINNED)

    assert await store.ensure_collection(tenant, made) == made


async def test_ensure_again_keeps_the_items(store: Any, tenant: str) -> None:
    await store.ensure_collection(tenant, Collection("docs", 3))
    await store.upsert(tenant, "docs", [Item("a", [1, 0, 0])])

    await store.ensure_collection(tenant, Collection("docs", 3))

    assert await store.count(tenant, "docs") == 1


async def test_a_field_left_at_its_default_asks_for_nothing(store: Any, tenant: str) -> None:
    made = await store.ensure_collection(tenant, PINNED)

    assert await store.ensure_collection(tenant, Collection("docs")) == made


@pytest.mark.parametrize(
    ("field", "requested", "existing"),
    [
        ("dimensions", 4, 3),
        ("embedding_model", "model-b", "model-a"),
        ("metric", Metric.IP, Metric.L2),
        ("metric", "cosine", Metric.L2),
        ("text_search", "german", "simple"),
        ("text_search", None, "simple"),
        ("fields", {"page": "text"}, {"page": "number", "source": "text"}),
        ("table_name", "another", None),
    ],
)
@ONE_STORE
async def test_another_value_conflicts_and_says_which(
    store: Any, tenant: str, field: str, requested: Any, existing: Any
) -> None:
    made = await store.ensure_collection(tenant, PINNED)

    with pytest.raises(CollectionConflictError) as raised:
        await store.ensure_collection(tenant, Collection("docs", **{field: requested}))

    error = raised.value
    assert (error.field, error.requested) == (field, requested)
    if field != "table_name":
        assert error.existing == existing
    assert str(error.existing) in str(error)
    assert repr(requested) in str(error)
    assert await store.describe_collection(tenant, "docs") == made


async def test_another_storage_conflicts(store: Any, tenant: str) -> None:
    await store.ensure_collection(tenant, Collection("docs", 3))

    with pytest.raises(CollectionConflictError) as raised:
        await store.ensure_collection(tenant, Collection("docs", storage="halfvec"))

    error = raised.value
    assert (error.field, error.existing, error.requested) == ("storage", "vector", "halfvec")


async def test_fields_given_where_there_are_none_conflict(store: Any, tenant: str) -> None:
    await store.ensure_collection(tenant, Collection("docs", 3))

    with pytest.raises(CollectionConflictError) as raised:
        await store.ensure_collection(tenant, Collection("docs", fields={"page": "number"}))

    assert (raised.value.field, raised.value.existing) == ("fields", None)


async def test_empty_fields_are_no_fields(store: Any, tenant: str) -> None:
    made = await store.ensure_collection(tenant, Collection("docs", 3, fields={}))

    assert made.fields is None


async def test_another_index_is_not_touched(store: Any, tenant: str) -> None:
    await store.ensure_collection(tenant, Collection("docs", 3, index=Hnsw(m=8)))

    again = await store.ensure_collection(tenant, Collection("docs", 3, index=IvfFlat(10)))

    assert again.index == Hnsw(m=8)


async def test_creating_needs_dimensions(store: Any, tenant: str) -> None:
    with pytest.raises(CollectionNotFoundError, match="dimensions") as raised:
        await store.ensure_collection(tenant, Collection("docs"))

    assert (raised.value.tenant, raised.value.collection) == (tenant, "docs")


async def test_changing_what_describe_gave_changes_no_other_call(store: Any, tenant: str) -> None:
    made = await store.ensure_collection(tenant, PINNED)
    made.fields["lang"] = "text"

    await store.upsert(tenant, "docs", [Item("a", [1, 0, 0], metadata={"lang": "x" * 3_000})])

    assert (await store.describe_collection(tenant, "docs")).fields == PINNED.fields
