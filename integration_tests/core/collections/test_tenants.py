"""Tenants never meet; handles and schemas keep apart too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg import sql

from pgrecall import Collection, Condition, Item, Store

if TYPE_CHECKING:
    from collections.abc import Callable
from integration_tests.core.collections.relations import execute, relation


async def test_tenants_with_the_same_names_ids_and_filters_never_meet(
    store: Any, tenant: str
) -> None:
    tenants = [tenant, tenant.upper(), f"{tenant} ", f"{tenant}%", f"{tenant}' OR '1'='1"]
    for number, one in enumerate(tenants):
        await store.ensure_collection(one, Collection("docs", 2))
        item = Item("a", [1, 0], one, {"owner": number, "page": 1})
        await store.upsert(one, "docs", [item])

    await store.delete(tenants[1], "docs", ["a"])
    await store.delete_where(tenants[2], "docs", {"page": 1})
    await store.drop_collection(tenants[3], "docs")

    for one in (tenants[0], tenants[4]):
        assert [match.text for match in await store.search(one, "docs", [1, 0])] == [one]
        assert [item.text for item in await store.get(one, "docs", ["a"])] == [one]
        assert await store.count(one, "docs", {"page": 1}) == 1
        assert [made.name for made in await store.list_collections(one)] == ["docs"]
    assert await store.list_ids(tenants[1], "docs") == []
    assert await store.list_ids(tenants[2], "docs") == []
    assert await store.list_collections(tenants[3]) == []


async def test_tenant_and_name_are_not_run_together(store: Any, tenant: str) -> None:
    await store.ensure_collection(f"{tenant}_a", Collection("b", 2))
    await store.ensure_collection(tenant, Collection("a_b", 2))
    await store.upsert(tenant, "a_b", [Item("x", [1, 0])])

    assert await store.count(f"{tenant}_a", "b") == 0


async def test_a_hostile_filter_reaches_no_other_tenant(store: Any, tenant: str) -> None:
    other = f"{tenant}-other"
    for one in (tenant, other):
        await store.ensure_collection(one, Collection("docs", 2))
    await store.upsert(other, "docs", [Item("secret", [1, 0], metadata={"a": 1})])
    hostile = [
        {"a' = '1' OR true --": 1},
        {"a": {"$in": ["') OR true --", "%(query)s", "%s"]}},
        {"$or": [{"a": 1}, {"id": "secret"}]},
        {"$not": {"b": 1}},
        Condition(("a", "' || (SELECT 1) || '"), "exists", False),
    ]

    for filter_ in hostile:
        assert await store.search(tenant, "docs", [1, 0], filter=filter_) == []
        assert await store.count(tenant, "docs", filter_) == 0
        assert await store.delete_where(tenant, "docs", filter_) == 0
    assert await store.count(other, "docs") == 1


async def test_a_bound_handle_has_the_same_verbs_for_its_own_collection(
    store: Any, tenant: str
) -> None:
    docs = store.bind(tenant, "docs")
    made = await docs.ensure_collection(Collection("docs", 2))

    assert await docs.upsert([Item("a", [1, 0]), Item("b", [0, 1], metadata={"page": 2})]) == 2
    assert await docs.load([Item("c", [1, 1])]) == 1
    assert [item.id for item in await docs.get(["b", "a"])] == ["b", "a"]
    assert [match.id for match in await docs.search([1, 0], limit=1)] == ["a"]
    assert (await docs.count(), await docs.count({"page": 2})) == (3, 1)
    assert await docs.delete(["a"]) == 1
    assert await docs.delete_where({"page": 2}) == 1
    assert await docs.list_ids() == ["c"]
    assert await docs.describe_collection() == made
    assert await docs.list_collections() == [made]
    assert await docs.drop_collection() == 1
    assert await store.list_collections(tenant) == []


async def test_schemas_are_registries_of_their_own(
    open_store: Callable[..., Any], sync_store: Store, tenant: str, dsn: str
) -> None:
    schema = f'Other "{tenant[-6:]}" 100%s'
    other = open_store(dsn, schema=schema, min_connections=0)
    try:
        made = await other.ensure_collection(tenant, Collection("docs", 2))
        await other.upsert(tenant, "docs", [Item("a", [1, 0])])

        assert execute(dsn, sql.SQL("SELECT id FROM {}").format(relation(made.table_name))) == [
            ("a",)
        ]
        assert sync_store.list_collections(tenant) == []
    finally:
        await other.close()
