"""Setting up, and roles that may not."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from integration_tests.shared.faults import closing, execute, make_items, start, until, use_items
from integration_tests.shared.proxy import proxy_to
from psycopg.conninfo import make_conninfo

from pgrecall import Collection, DatabaseError, Store

if TYPE_CHECKING:
    from collections.abc import Callable

    Opener = Callable[..., Any]
from integration_tests.core.connections.opening.telling import (
    failure_of,
    others_who_wait,
    what_was_made_in,
)


async def test_without_setup_an_empty_database_is_told_and_stays_empty(
    open_store: Opener, database: str
) -> None:
    error = await failure_of(open_store(database, setup=False), DatabaseError)

    assert "lacks pgvector, and setup=False creates nothing" in str(error)
    assert isinstance(error, DatabaseError)
    assert error.missing == "pgvector"
    assert what_was_made_in(database) == [(0, 0)]


async def test_without_setup_a_database_with_pgvector_alone_is_told_and_stays_so(
    open_store: Opener, database: str
) -> None:
    execute(database, "CREATE EXTENSION vector")

    error = await failure_of(open_store(database, setup=False, schema="mine"), DatabaseError)

    assert "lacks the schema 'mine' of pgrecall" in str(error)
    assert isinstance(error, DatabaseError)
    assert error.missing == "schema"
    assert what_was_made_in(database) == [(1, 0)]


def grant(dsn: str, rights: str, role: str) -> str:
    """Give a role rights on what the owner made; its DSN."""
    execute(
        dsn,
        f"GRANT USAGE ON SCHEMA pgrecall TO {role}",
        f"GRANT {rights} ON ALL TABLES IN SCHEMA pgrecall TO {role}",
    )
    return make_conninfo(dsn, user=role)


@pytest.mark.parametrize("setup", [False, True])
async def test_a_role_that_may_read_and_write_rows_uses_what_the_owner_made(
    open_store: Opener, shared: str, role: str, setup: bool
) -> None:
    dsn = grant(shared, "SELECT, INSERT, UPDATE, DELETE", role)
    async with closing(open_store(dsn, setup=setup)) as store:
        again = Collection("docs", 3, fields={"page": "number"})
        assert (await store.ensure_collection("tenant", again)).dimensions == 3
        await use_items(store, "tenant", "docs")
        assert [made.name for made in await store.list_collections("tenant")] == ["docs"]


async def test_a_role_that_may_not_create_tables_is_told_and_leaves_nothing(
    open_store: Opener, shared: str, role: str
) -> None:
    dsn = grant(shared, "SELECT, INSERT, UPDATE, DELETE", role)
    async with closing(open_store(dsn)) as store:
        with pytest.raises(DatabaseError, match="permission denied"):
            await store.ensure_collection("tenant", Collection("new", 3))
        assert await store.describe_collection("tenant", "new") is None


async def test_a_role_that_may_only_read_reads_and_writes_nothing(
    open_store: Opener, shared: str, role: str
) -> None:
    with Store(shared) as owners:
        owners.upsert("tenant", "docs", make_items(3))
    async with closing(open_store(grant(shared, "SELECT", role))) as store:
        assert [m.id for m in await store.search("tenant", "docs", [1, 1, 0.5], limit=1)]
        assert len(await store.get("tenant", "docs", ["id-00001"])) == 1
        for write in (
            lambda: store.upsert("tenant", "docs", make_items(5)),
            lambda: store.upsert("tenant", "docs", make_items(2500)),
            lambda: store.load("tenant", "docs", make_items(5)),
            lambda: store.delete("tenant", "docs", ["id-00001"]),
            lambda: store.delete_where("tenant", "docs", {"page": 1}),
            lambda: store.drop_collection("tenant", "docs"),
        ):
            with pytest.raises(DatabaseError, match=r"permission denied.*\[42501\]"):
                await write()
        assert await store.list_ids("tenant", "docs") == ["id-00000", "id-00001", "id-00002"]


async def test_a_server_that_only_reads_is_told(open_store: Opener, shared: str) -> None:
    dsn = make_conninfo(shared, options="-c default_transaction_read_only=on")
    async with closing(open_store(dsn)) as store:
        assert await store.count("tenant", "docs") == 0
        with pytest.raises(DatabaseError, match="read-only transaction"):
            await store.upsert("tenant", "docs", make_items(1))
        with pytest.raises(DatabaseError, match="read-only transaction"):
            await store.upsert("tenant", "docs", make_items(2500))
        assert await store.count("tenant", "docs") == 0


async def test_a_role_without_rights_on_the_schema_is_told(
    open_store: Opener, shared: str, role: str
) -> None:
    error = await failure_of(open_store(make_conninfo(shared, user=role)), DatabaseError)

    assert "permission denied for schema pgrecall" in str(error)


async def test_a_role_that_may_not_create_the_extension_is_told(
    open_store: Opener, database: str, role: str
) -> None:
    error = await failure_of(open_store(make_conninfo(database, user=role)), DatabaseError)

    assert "let the database's owner run CREATE EXTENSION vector" in str(error)
    assert "permission denied" in str(error)
    assert isinstance(error.__cause__, psycopg.errors.InsufficientPrivilege)


async def test_a_role_that_may_not_create_the_schema_is_told(
    open_store: Opener, database: str, role: str
) -> None:
    execute(database, "CREATE EXTENSION vector")
    error = await failure_of(open_store(make_conninfo(database, user=role)), DatabaseError)

    assert "open a store with setup=True once" in str(error)
    assert what_was_made_in(database) == [(1, 0)]


async def test_setting_up_while_another_client_makes_the_extension_works(
    open_store: Opener, database: str
) -> None:
    async with closing(open_store(database)) as store:
        with psycopg.connect(database) as other:
            other.execute("CREATE EXTENSION vector")
            waiting = start(store, store.list_collections("tenant"))
            await until(lambda: others_who_wait(database))
        assert await waiting == []


async def test_two_stores_with_schemas_of_their_own_set_up_one_database_at_once(
    open_store: Opener, database: str
) -> None:
    # what the first does meanwhile is what a store in the schema "first" would
    async with closing(open_store(database, schema="second")) as store:
        with proxy_to(database) as proxy, Store(proxy.dsn, schema="first") as other:
            held = proxy.hold(b"CREATE SCHEMA")
            first = asyncio.ensure_future(asyncio.to_thread(other.list_collections, "tenant"))
            await until(held.met.is_set)
            second = start(store, store.list_collections("tenant"))
            await until(lambda: others_who_wait(database))
            held.go_on.set()
            assert await first == []
            assert await second == []
