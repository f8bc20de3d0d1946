"""Collections that are missing, listed, dropped, and made anew elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from integration_tests.shared.calls import ONE_STORE
from psycopg import sql

from pgrecall import (
    Collection,
    CollectionConflictError,
    CollectionNotFoundError,
    DimensionMismatchError,
    Item,
    Metric,
    Store,
)

if TYPE_CHECKING:
    from collections.abc import Callable
from integration_tests.core.collections.relations import execute, relation


@ONE_STORE
async def test_a_missing_collection_is_described_as_none(store: Any, tenant: str) -> None:
    assert await store.describe_collection(tenant, "docs") is None


async def test_collections_are_listed_by_name(store: Any, tenant: str) -> None:
    names = ["b", "a", "B", "ä", "\U0001f600", "\ufffd", "_"]
    for name in names:
        await store.ensure_collection(tenant, Collection(name, 3))

    listed = await store.list_collections(tenant)

    assert [collection.name for collection in listed] == sorted(names)
    assert listed[0] == await store.describe_collection(tenant, listed[0].name)


async def test_a_dropped_collection_is_gone_with_its_table(
    store: Any, tenant: str, dsn: str
) -> None:
    made = await store.ensure_collection(tenant, Collection("docs", 3))
    await store.upsert(tenant, "docs", [Item(str(number), None) for number in range(7)])

    assert await store.drop_collection(tenant, "docs") == 7

    assert await store.describe_collection(tenant, "docs") is None
    assert await store.list_collections(tenant) == []
    with pytest.raises(psycopg.errors.UndefinedTable):
        execute(dsn, sql.SQL("SELECT FROM {}").format(relation(made.table_name)))


async def test_dropping_a_missing_collection_removes_nothing(store: Any, tenant: str) -> None:
    assert await store.drop_collection(tenant, "docs") == 0


async def test_a_collection_whose_table_someone_removed_can_be_dropped(
    store: Any, tenant: str, dsn: str
) -> None:
    made = await store.ensure_collection(tenant, Collection("docs", 3))
    execute(dsn, sql.SQL("DROP TABLE {}").format(relation(made.table_name)))

    assert await store.drop_collection(tenant, "docs") == 0

    assert await store.describe_collection(tenant, "docs") is None


async def test_a_collection_can_be_made_anew_with_other_pins(store: Any, tenant: str) -> None:
    await store.ensure_collection(tenant, Collection("docs", 3))
    await store.upsert(tenant, "docs", [Item("a", [1, 0, 0])])
    await store.drop_collection(tenant, "docs")

    made = await store.ensure_collection(tenant, Collection("docs", 2, metric="l1"))

    assert (made.dimensions, made.metric) == (2, Metric.L1)
    assert await store.upsert(tenant, "docs", [Item("a", [1, 0])]) == 1


CALLS: dict[str, Callable[[Any, str], Any]] = {
    "upsert": lambda store, tenant: store.upsert(tenant, "docs", [Item("a", [1, 0, 0])]),
    "load": lambda store, tenant: store.load(tenant, "docs", [Item("a", [1, 0, 0])]),
    "get": lambda store, tenant: store.get(tenant, "docs", ["a"]),
    "delete": lambda store, tenant: store.delete(tenant, "docs", ["a"]),
    "delete_where": lambda store, tenant: store.delete_where(tenant, "docs", {"page": 1}),
    "list_ids": lambda store, tenant: store.list_ids(tenant, "docs"),
    "count": lambda store, tenant: store.count(tenant, "docs"),
    "search": lambda store, tenant: store.search(tenant, "docs", [1, 0, 0]),
}


@pytest.mark.parametrize("verb", CALLS)
@ONE_STORE
async def test_a_missing_collection_is_an_error_that_names_it(
    store: Any, tenant: str, verb: str
) -> None:
    with pytest.raises(CollectionNotFoundError, match="ensure_collection") as raised:
        await CALLS[verb](store, tenant)

    assert (raised.value.tenant, raised.value.collection) == (tenant, "docs")


@pytest.mark.parametrize("verb", CALLS)
@ONE_STORE
async def test_dropped_and_made_anew_elsewhere_fails_loudly_once_and_then_works(
    store: Any, tenant: str, dsn: str, verb: str
) -> None:
    collection = Collection("docs", 3)
    await store.ensure_collection(tenant, collection)
    await store.upsert(tenant, "docs", [Item("old", [1, 0, 0])])
    with Store(dsn, min_connections=0) as elsewhere:
        elsewhere.drop_collection(tenant, "docs")
        elsewhere.ensure_collection(tenant, collection)

    with pytest.raises(CollectionNotFoundError) as raised:
        await CALLS[verb](store, tenant)

    assert (raised.value.tenant, raised.value.collection) == (tenant, "docs")
    await CALLS[verb](store, tenant)
    assert "old" not in await store.list_ids(tenant, "docs")


@pytest.mark.parametrize("verb", CALLS)
@ONE_STORE
async def test_dropped_elsewhere_fails_loudly_every_time(
    store: Any, tenant: str, dsn: str, verb: str
) -> None:
    await store.ensure_collection(tenant, Collection("docs", 3))
    with Store(dsn, min_connections=0) as elsewhere:
        elsewhere.drop_collection(tenant, "docs")

    for _ in range(2):
        with pytest.raises(CollectionNotFoundError):
            await CALLS[verb](store, tenant)


async def test_old_dimensions_are_not_used_for_a_table_made_anew_elsewhere(
    store: Any, tenant: str, dsn: str
) -> None:
    # the name stays: only the registry tells that it is another table
    name = f"own_{tenant[-12:]}"
    await store.ensure_collection(tenant, Collection("docs", 3, table_name=name))
    with Store(dsn, min_connections=0) as elsewhere:
        elsewhere.drop_collection(tenant, "docs")
        elsewhere.ensure_collection(tenant, Collection("docs", 2, table_name=name))

    with pytest.raises(CollectionConflictError, match="dimensions=2; 3 was requested"):
        await store.upsert(tenant, "docs", [Item("a", [1, 0, 0])])

    with pytest.raises(DimensionMismatchError):
        await store.upsert(tenant, "docs", [Item("a", [1, 0, 0])])
    assert await store.upsert(tenant, "docs", [Item("a", [1, 0])]) == 1


async def test_an_old_metric_is_not_used_for_a_table_made_anew_elsewhere(
    store: Any, tenant: str, dsn: str
) -> None:
    name = f"own_{tenant[-12:]}"
    await store.ensure_collection(tenant, Collection("docs", 2, metric="ip", table_name=name))
    with Store(dsn, min_connections=0) as elsewhere:
        elsewhere.drop_collection(tenant, "docs")
        elsewhere.ensure_collection(tenant, Collection("docs", 2, metric="l2", table_name=name))
        elsewhere.upsert(tenant, "docs", [Item("near", [1, 0]), Item("large", [9, 0])])

    with pytest.raises(CollectionConflictError, match="metric='l2'; 'ip' was requested"):
        await store.search(tenant, "docs", [1, 0])

    matches = await store.search(tenant, "docs", [1, 0])
    assert [match.id for match in matches] == ["near", "large"]
