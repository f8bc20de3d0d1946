"""An older registry is brought up to date, or serves what it can."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from pgrecall import AsyncStore, Collection, CollectionConflictError, DatabaseError, Item, Store
from pgrecall._adapters.pair import Pair
from pgrecall._operations.entries import entries
from pgrecall.models import Entry

if TYPE_CHECKING:
    from collections.abc import Iterator

TENANT = "tenant"
KEY = (("a",), "k")


def execute(dsn: str, *statements: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(dsn, autocommit=True) as connection:
        for statement in statements:
            cursor = connection.execute(statement)  # type: ignore[arg-type]  # a test's own words
        return cursor.fetchall() if cursor.description else []


@pytest.fixture
def old_dsn(fresh_dsn: str) -> str:
    """A database whose registry is as the first version made it, with one collection."""
    with Store(fresh_dsn) as store:
        store.ensure_collection(TENANT, Collection("docs", 3))
        store.upsert(TENANT, "docs", [Item("one", [1, 2, 3])])
    execute(
        fresh_dsn,
        "DROP TABLE pgrecall.entries, pgrecall.records",
        "UPDATE pgrecall.schema_version SET version = 1",
    )
    return fresh_dsn


@pytest.fixture
def reader(old_dsn: str) -> Iterator[str]:
    """A role that may use what is there and make nothing."""
    role = "reader_of_an_old_registry"
    execute(
        old_dsn,
        f"CREATE ROLE {role} LOGIN",
        f"GRANT USAGE ON SCHEMA pgrecall TO {role}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA pgrecall TO {role}",
    )
    yield make_conninfo(old_dsn, user=role)
    execute(old_dsn, f"DROP OWNED BY {role}", f"DROP ROLE {role}")


def put(pair: Pair) -> int:
    return pair.run(entries.put(pair.context, TENANT, "space", [Entry(*KEY, 1)]))


def get(pair: Pair) -> Any:
    return pair.run(entries.get(pair.context, TENANT, "space", [KEY]))


def versions(dsn: str) -> list[int]:
    rows = execute(dsn, "SELECT version FROM pgrecall.schema_version ORDER BY version")
    return [version for (version,) in rows]


async def test_an_old_registry_is_migrated_and_keeps_its_collections(
    open_store: Any, old_dsn: str
) -> None:
    store = open_store(old_dsn)

    assert [made.name for made in await store.list_collections(TENANT)] == ["docs"]
    assert await store.list_ids(TENANT, "docs") == ["one"]
    assert versions(old_dsn) == [1, 2]
    await store.close()
    with Store(old_dsn) as again:
        pair = Pair(again)
        assert put(pair) == 1
        assert get(pair)[0].value == 1


async def test_sixteen_stores_migrate_an_old_registry_at_once(old_dsn: str) -> None:
    def sync() -> list[str]:
        with Store(old_dsn, min_connections=1, max_connections=1) as store:
            return store.list_ids(TENANT, "docs")

    async def not_sync() -> list[str]:
        async with AsyncStore(old_dsn) as store:
            return await store.list_ids(TENANT, "docs")

    calls = [asyncio.to_thread(sync) if n % 2 else not_sync() for n in range(16)]

    assert await asyncio.gather(*calls) == [["one"]] * 16
    assert versions(old_dsn) == [1, 2]


async def test_without_setup_an_old_registry_serves_collections(
    open_store: Any, old_dsn: str
) -> None:
    store = open_store(old_dsn, setup=False)

    assert await store.upsert(TENANT, "docs", [Item("two", [1, 0, 0])]) == 1
    assert await store.drop_collection(TENANT, "docs") == 2
    assert versions(old_dsn) == [1]
    await store.close()


def test_without_setup_an_old_registry_says_what_entries_need(old_dsn: str) -> None:
    with Store(old_dsn, setup=False) as store:
        for call in (put, get):
            with pytest.raises(DatabaseError, match="open a store once with setup=True"):
                call(Pair(store))


def test_a_role_that_may_not_migrate_uses_the_collections_of_an_old_registry(reader: str) -> None:
    with Store(reader) as store:
        assert store.list_ids(TENANT, "docs") == ["one"]
        with pytest.raises(DatabaseError, match="older version"):
            put(Pair(store))


def test_a_server_that_only_reads_serves_an_old_registry(old_dsn: str) -> None:
    dsn = make_conninfo(old_dsn, options="-c default_transaction_read_only=on")
    with Store(dsn) as store:
        assert store.list_ids(TENANT, "docs") == ["one"]


def test_a_collection_whose_own_table_has_a_new_name_stays_what_it_is(old_dsn: str) -> None:
    execute(
        old_dsn,
        "ALTER TABLE pgrecall.items_tenant_docs_1 RENAME TO entries",
        "UPDATE pgrecall.collections SET table_name = 'entries'",
    )
    with Store(old_dsn) as store:
        assert store.list_ids(TENANT, "docs") == ["one"]
        with pytest.raises(DatabaseError, match="has to be dropped before"):
            put(Pair(store))
    with Store(old_dsn) as store:
        assert store.drop_collection(TENANT, "docs") == 1
    with Store(old_dsn) as store:
        assert put(Pair(store)) == 1


@pytest.mark.parametrize("name", ["entries", "records"])
def test_a_new_collection_cannot_take_the_name_of_a_table_of_the_registry(
    sync_store: Store, tenant: str, name: str
) -> None:
    with pytest.raises(CollectionConflictError, match="not pgrecall's"):
        sync_store.ensure_collection(tenant, Collection("docs", 3, table_name=name))
