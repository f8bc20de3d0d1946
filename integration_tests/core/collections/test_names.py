"""Names of tenants, collections and tables: any text, and nobody else's table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from integration_tests.shared.calls import ONE_STORE
from integration_tests.shared.words import HOSTILE
from psycopg import sql

from pgrecall import Collection, CollectionConflictError, InvalidArgumentError, Item, Store

if TYPE_CHECKING:
    from collections.abc import Callable
from integration_tests.core.collections.relations import execute, relation

NAMES = [
    *HOSTILE,
    "docs",
    "\U0001f600" * 50,
    "x" * 200,
    "é" * 200,
    ".",
    "pgrecall.docs",
    "\u202e\ufeff",
    "x" * 1_000,
]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
@ONE_STORE
async def test_any_text_can_name_a_collection_and_a_tenant(
    store: Any, tenant: str, name: str
) -> None:
    tenant = (tenant + name)[:1_000].encode()[:1_000].decode(errors="ignore")
    await store.ensure_collection(tenant, Collection(name, 2))
    await store.upsert(tenant, name, [Item("a", [1, 0], name)])

    assert [made.name for made in await store.list_collections(tenant)] == [name]
    assert [match.text for match in await store.search(tenant, name, [1, 0])] == [name]
    assert await store.drop_collection(tenant, name) == 1


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("", "empty"),
        ("nul\0", "NUL"),
        ("\ud800", "surrogate"),
        ("x" * 1_001, "1,001 bytes"),
        ("\U0001f600" * 251, "1,004 bytes"),
        (5, "string, not int"),
        (None, "string, not NoneType"),
        (b"docs", "string, not bytes"),
        (["docs"], "string, not list"),
    ],
    ids=ascii,
)
@ONE_STORE
async def test_what_names_nothing_is_refused_by_every_verb(
    store: Any, tenant: str, name: Any, told: str
) -> None:
    calls: list[Callable[[Any, Any], Any]] = [
        lambda tenant, name: store.ensure_collection(tenant, Collection(name, 3)),
        store.describe_collection,
        store.drop_collection,
        lambda tenant, name: store.upsert(tenant, name, []),
        lambda tenant, name: store.load(tenant, name, []),
        lambda tenant, name: store.get(tenant, name, ["a"]),
        lambda tenant, name: store.delete(tenant, name, ["a"]),
        lambda tenant, name: store.delete_where(tenant, name, {"a": 1}),
        store.list_ids,
        store.count,
        lambda tenant, name: store.search(tenant, name, [1, 0, 0]),
    ]
    for call in calls:
        with pytest.raises(InvalidArgumentError, match=told):
            await call(tenant, name)
        with pytest.raises(InvalidArgumentError, match=told):
            await call(name, "docs")
    with pytest.raises(InvalidArgumentError, match=told):
        await store.list_collections(name)


def test_bind_refuses_what_names_nothing(sync_store: Store) -> None:
    with pytest.raises(InvalidArgumentError, match="NUL"):
        sync_store.bind("tenant", "nul\0")


async def test_the_described_table_name_is_sql_as_it_stands(
    store: Any, tenant: str, dsn: str
) -> None:
    made = await store.ensure_collection(tenant, Collection('Quo"ted; %s', 3))
    await store.upsert(tenant, 'Quo"ted; %s', [Item("a", [1, 0, 0])])

    assert execute(dsn, sql.SQL("SELECT id FROM {}").format(relation(made.table_name))) == [("a",)]


@pytest.mark.parametrize(
    "suffix",
    ["", "My Table", 'a"b', "order", "x.y", "semi;colon", "100%s", "%(query)s", "é", "{}", "'"],
)
@ONE_STORE
async def test_a_table_name_of_ones_own_is_used(
    store: Any, tenant: str, dsn: str, suffix: str
) -> None:
    name = f"own_{tenant[-12:]}{suffix}"
    collection = Collection("docs", 3, table_name=name, fields={"page": "number"})
    made = await store.ensure_collection(tenant, collection)
    await store.load(tenant, "docs", [Item("a", [1, 0, 0], metadata={"page": 1})])
    await store.upsert(tenant, "docs", [Item("b", [1, 0, 0], metadata={"page": 2})])

    assert await store.count(tenant, "docs", {"page": 2}) == 1
    assert [match.id for match in await store.search(tenant, "docs", [1, 0, 0])] == ["a", "b"]
    assert execute(dsn, sql.SQL("SELECT id FROM {}").format(sql.Identifier("pgrecall", name))) == [
        ("a",),
        ("b",),
    ]
    assert execute(dsn, sql.SQL("SELECT count(*) FROM {}").format(relation(made.table_name))) == [
        (2,)
    ]
    assert await store.ensure_collection(tenant, collection) == made
    assert await store.ensure_collection(tenant, made) == made
    assert await store.drop_collection(tenant, "docs") == 2


async def test_a_reserved_word_can_be_the_table_name(store: Any, tenant: str, dsn: str) -> None:
    made = await store.ensure_collection(tenant, Collection("docs", 3, table_name="select"))

    assert made.table_name == 'pgrecall."select"'
    assert execute(dsn, sql.SQL("SELECT id FROM {}").format(relation(made.table_name))) == []
    await store.drop_collection(tenant, "docs")


async def test_a_table_name_of_63_bytes_is_kept_whole(store: Any, tenant: str) -> None:
    name = (tenant[-12:] + "é" * 32)[: 12 + 25] + "x"
    assert len(name.encode()) == 63
    first = Collection("one", 3, table_name=name, fields={"a": "text", "b": "text"})
    second = Collection("two", 3, table_name=name[:-1] + "y", fields={"a": "text", "b": "text"})

    made = await store.ensure_collection(tenant, first)
    await store.ensure_collection(tenant, second)

    assert made.table_name == f'pgrecall."{name}"'
    assert await store.load(tenant, "two", [Item("a", [1, 0, 0])]) == 1


async def test_the_table_of_another_collection_is_refused(store: Any, tenant: str) -> None:
    name = f"own_{tenant[-12:]}"
    await store.ensure_collection(tenant, Collection("docs", 3, table_name=name))

    with pytest.raises(CollectionConflictError) as raised:
        await store.ensure_collection(tenant, Collection("more", 3, table_name=name))

    assert (raised.value.field, raised.value.requested) == ("table_name", name)
    assert await store.describe_collection(tenant, "more") is None


@pytest.mark.parametrize("kind", ["TABLE {} (x int)", "VIEW {} AS SELECT 1", "SEQUENCE {}"])
async def test_what_stands_under_the_name_already_is_refused_and_left_alone(
    store: Any, tenant: str, dsn: str, kind: Any
) -> None:
    name = f"foreign_{tenant[-12:]}"
    foreign = sql.Identifier("pgrecall", name)
    execute(dsn, sql.SQL("CREATE {}").format(sql.SQL(kind).format(foreign)))

    with pytest.raises(CollectionConflictError) as raised:
        await store.ensure_collection(tenant, Collection("docs", 3, table_name=name))

    assert raised.value.field == "table_name"
    assert await store.describe_collection(tenant, "docs") is None
    execute(dsn, sql.SQL("SELECT * FROM {}").format(foreign))


@pytest.mark.parametrize(
    "name", ["collections", "schema_version", "entries", "records", "blobs", "log"]
)
@ONE_STORE
async def test_the_registry_is_no_item_table(store: Any, tenant: str, name: str) -> None:
    with pytest.raises(CollectionConflictError):
        await store.ensure_collection(tenant, Collection("docs", 3, table_name=name))

    assert await store.list_collections(tenant) == []


async def test_collections_whose_names_look_alike_have_tables_of_their_own(
    store: Any, tenant: str
) -> None:
    names = ["my docs", "my-docs", "my_docs", "MY DOCS", "文", "書"]

    made = [await store.ensure_collection(tenant, Collection(name, 3)) for name in names]

    assert len({collection.table_name for collection in made}) == len(names)


async def test_a_row_tells_when_it_was_made_and_when_it_was_last_written(
    store: Any, tenant: str, dsn: str
) -> None:
    made = await store.ensure_collection(tenant, Collection("docs", 3))
    query = sql.SQL("SELECT id, created_at, updated_at, now() FROM {} ORDER BY id").format(
        relation(made.table_name)
    )
    await store.upsert(tenant, "docs", [Item("a", [1, 0, 0]), Item("b", [1, 0, 0])])
    before = {id_: times for id_, *times in execute(dsn, query)}

    await store.upsert(tenant, "docs", [Item("a", [0, 1, 0])])

    after = {id_: times for id_, *times in execute(dsn, query)}
    assert before["a"][0] == before["a"][1] <= before["a"][2]
    assert after["a"][0] == before["a"][0]
    assert after["a"][1] > before["a"][1]
    assert after["b"][:2] == before["b"][:2]
