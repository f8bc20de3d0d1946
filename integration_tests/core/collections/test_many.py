"""Where there are many collections: the list by pages, and nothing that grows with their number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from integration_tests.core.collections.relations import execute
from psycopg import sql

from pgrecall import Collection, CollectionConflictError, Hnsw, InvalidArgumentError, Store
from pgrecall._adapters.pair import Pair
from pgrecall._operations.context import look_up
from pgrecall._operations.health import gathering
from pgrecall._statements import health as health_statements
from pgrecall._statements.collections import registry

if TYPE_CHECKING:
    from collections.abc import Callable

    from pgrecall._statements.layout import Stored
    from pgrecall._statements.statement import Statement

NAMES = ["B", "a", "b", "b ", "b%", "ä", "Z" * 80]


@pytest.fixture(scope="module")
def listed(sync_store: Store) -> tuple[str, list[str]]:
    """A tenant with some collections, beside others whose names are near."""
    tenant = "many-list"
    for other in (f"{tenant}-2", "many-lis", tenant.upper()):
        sync_store.ensure_collection(other, Collection("c", 2, text_search=None))
    for name in NAMES:
        sync_store.ensure_collection(tenant, Collection(name, 2, text_search=None))
    return tenant, sorted(NAMES)


# pages


async def test_pages_of_collections_follow_one_another_without_a_gap(
    store: Any, listed: tuple[str, list[str]]
) -> None:
    tenant, names = listed
    after: Any = None
    seen: list[str] = []
    sizes: list[int] = []
    while page := await store.list_collections(tenant, limit=3, after=after):
        sizes.append(len(page))
        seen += [one.name for one in page]
        after = page[-1] if len(seen) < 5 else page[-1].name
    assert seen == names
    assert sizes == [3, 3, 1]
    assert [one.name for one in await store.list_collections(tenant)] == names
    assert await store.list_collections(tenant, after="ä") == []


async def test_a_page_begins_behind_a_name_that_is_not_there(
    store: Any, listed: tuple[str, list[str]]
) -> None:
    tenant, names = listed
    for gone in ("A", "b\t", "b$", "zzz", "'; --"):
        page = await store.list_collections(tenant, after=gone)
        assert [one.name for one in page] == [name for name in names if name > gone]


async def test_a_handle_lists_its_own_tenants_collections_by_pages(
    store: Any, listed: tuple[str, list[str]]
) -> None:
    tenant, names = listed
    page = await store.bind(tenant, "b").list_collections(limit=2, after=names[0])
    assert [one.name for one in page] == names[1:3]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"limit": 0}, "limit must"),
        ({"limit": True}, "limit must"),
        ({"limit": 2**31}, "limit must be at most"),
        ({"after": 7}, "the last Collection of the page before, or its name, not of type int"),
        ({"after": ""}, "after must not be empty"),
        ({"after": Collection(7)}, "not of type int"),  # type: ignore[arg-type]  # what is refused
        ({"after": "\ud800"}, "after"),
        ({"after": "a\0"}, "after"),
    ],
    ids=str,
)
async def test_what_is_no_page_is_refused_before_anything_is_sent(
    one_store: Any, asked: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidArgumentError, match=message):
        await one_store.list_collections("anyone", **asked)


# what grows with their number


@pytest.fixture
def one(sync_store: Store, tenant: str) -> Stored:
    """A collection as the store knows it."""
    sync_store.ensure_collection(tenant, Collection("docs", 2, index=Hnsw()))
    found = sync_store._driver.run(look_up(sync_store._driver.context, tenant, "docs"))
    assert found is not None
    return found


def test_what_one_collection_needs_is_found_by_indexes_however_many_there_are(
    dsn: str, one: Stored
) -> None:
    asked = {
        "find": registry.find(one.schema, one.tenant, "docs"),
        "page": registry.find_all(one.schema, one.tenant, limit=10, after="d"),
        "page with rows": registry.find_every(one.schema, one.tenant, limit=10, after="d"),
        "table": health_statements.table(one),
        "indexes": health_statements.indexes_of(one),
    }
    for what, statement in asked.items():
        plan = _plan(dsn, statement)
        for large in ("collections", "pg_class", "pg_index", "pg_attribute"):
            assert f"Seq Scan on {large} " not in plan, (what, plan)
        # every collection depends on the functions that all have in common
        assert "pg_depend_reference_index" not in plan, (what, plan)
        assert "Sort" not in plan or "page" not in what, plan


def _plan(dsn: str, statement: Statement) -> str:
    query, values = statement.sent()
    with psycopg.connect(dsn) as connection:
        # the schema of a test has so few that reading all of them costs nothing
        connection.execute("SET LOCAL enable_seqscan = off")
        cursor = psycopg.RawCursor(connection)
        return "\n".join(line for (line,) in cursor.execute(f"EXPLAIN {query}", values).fetchall())


def test_what_looks_at_every_table_keeps_the_lock_of_none(dsn: str, one: Stored) -> None:
    looked = [
        registry.find_every(one.schema),
        registry.table_names(one.schema),
        health_statements.tables(one.schema),
        health_statements.tables_named(one.schema, [one.table_name]),
        health_statements.indexes(one.schema),
    ]
    locks = (
        "SELECT count(*) FROM pg_locks AS l JOIN pg_class AS c ON c.oid = l.relation"
        " WHERE l.pid = pg_backend_pid() AND c.relnamespace = to_regnamespace('pgrecall')"
        " AND c.relname LIKE 'items%'"
    )
    with psycopg.connect(dsn) as connection:
        cursor = psycopg.RawCursor(connection)
        for statement in looked:
            assert cursor.execute(*statement.sent()).fetchall()
        assert connection.execute(locks).fetchone() == (0,)


async def test_a_new_collection_takes_five_round_trips(
    one_store: Any, tenant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = one_store.target._driver
    sent: list[Any] = []
    execute_ = type(driver)._execute

    def counting(self: Any, lease: Any, request: Any) -> Any:
        sent.append(request)
        return execute_(self, lease, request)

    monkeypatch.setattr(type(driver), "_execute", counting)
    await one_store.ensure_collection(tenant, Collection("docs", 2, index=Hnsw()))
    assert len(sent) <= 5, sent


async def test_a_page_of_the_registry_looks_at_no_other_table(
    sync_store: Store, tenant: str
) -> None:
    for name in "abcd":
        sync_store.ensure_collection(tenant, Collection(name, 2))
    pair = Pair(sync_store)
    page = pair.run(gathering.listed(pair.context, tenant, limit=2, after="a"))
    assert [each.collection.name for each in page] == ["b", "c"]
    assert all(each.table is not None and each.table.total_bytes > 0 for each in page)
    every = pair.run(gathering.listed(pair.context, None))
    assert len(every) >= 4


async def test_a_name_that_is_taken_in_a_schema_whose_name_needs_quotes_is_told(
    open_store: Callable[..., Any], tenant: str, dsn: str
) -> None:
    schema = f'Many "{tenant[-6:]}" 100%s'
    other = open_store(dsn, schema=schema, min_connections=0)
    named = sql.SQL("{}.{}").format(sql.Identifier(schema), sql.Identifier("My table"))
    try:
        await other.list_collections(tenant)
        execute(dsn, sql.SQL("CREATE TABLE {} (a int)").format(named))
        with pytest.raises(CollectionConflictError, match=r"My table.*not pgrecall"):
            await other.ensure_collection(tenant, Collection("docs", 2, table_name="My table"))
        assert await other.list_collections(tenant) == []
    finally:
        await other.close()
        execute(dsn, sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(schema)))
