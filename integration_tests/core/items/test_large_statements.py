"""Statements larger than what the network takes at once: sent whole, and refused as small ones."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg
import pytest
from integration_tests.shared.faults import execute

from pgrecall import Collection, CollectionConflictError, DatabaseError, Item, Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LONG = 20_000_000
"""Characters that no socket's buffer takes at once."""
STUCK_SECONDS = 30.0

MANY = [Item(f"{n}", [1.0, n], "text") for n in range(3_000)]
"""More than one statement writes."""


@pytest.fixture
async def store(open_store: Callable[..., Any], dsn: str) -> Any:
    made = open_store(dsn, min_connections=1, max_connections=1)
    yield made
    await made.close()


@contextmanager
def ended_when_stuck(dsn: str, table: str) -> Iterator[None]:
    """End the session of a statement that never comes to its end: the call fails, then."""

    def end() -> None:
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid() AND datname = current_database()"
                " AND strpos(query, %s) > 0",
                [table.rpartition(".")[2].strip('"')],
            )

    timer = threading.Timer(STUCK_SECONDS, end)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


async def made(store: Any, tenant: str, dimensions: int, **more: Any) -> str:
    wanted = Collection("docs", dimensions, text_search=None, **more)
    return str((await store.ensure_collection(tenant, wanted)).table_name)


def refusing(dsn: str, table: str) -> None:
    """Let a table refuse every new row, as triggers and checks of a database's owner do."""
    name = f"refuse_{table.rpartition('_')[2]}"
    execute(
        dsn,
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'no room' USING ERRCODE = 'P0001'; END $$",
        f"CREATE TRIGGER refuse BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()",
    )


async def test_a_batch_of_long_vectors_is_stored(store: Any, dsn: str, tenant: str) -> None:
    table = await made(store, tenant, 1536)
    vectors = np.random.default_rng(0).random((5_000, 1536), dtype=np.float32)
    with ended_when_stuck(dsn, table):
        items = [Item(f"{n}", vector) for n, vector in enumerate(vectors)]
        assert await store.upsert(tenant, "docs", items) == 5_000
    assert await store.count(tenant, "docs") == 5_000


async def test_a_long_text_is_stored_in_a_table_of_ones_own_name(
    store: Any, dsn: str, tenant: str
) -> None:
    table = await made(store, tenant, 2, table_name=f"own_{tenant[-12:]}")
    with ended_when_stuck(dsn, table):
        assert await store.upsert(tenant, "docs", [Item("a", [1, 0], "y" * LONG)]) == 1
    assert len((await store.get(tenant, "docs", ["a"]))[0].text) == LONG


@pytest.mark.parametrize("size", [10, LONG], ids=["short", "long"])
async def test_a_text_that_the_server_refuses_is_told_in_its_words(
    store: Any, dsn: str, tenant: str, size: int
) -> None:
    table = await made(store, tenant, 2, table_name=f"own_{tenant[-12:]}")
    refusing(dsn, table)
    with ended_when_stuck(dsn, table), pytest.raises(DatabaseError, match="no room") as told:
        await store.upsert(tenant, "docs", [Item("a", [1, 0], "y" * size)])
    assert told.value.sqlstate == "P0001"
    assert await store.count(tenant, "docs") == 0


async def test_a_batch_of_several_statements_that_the_server_refuses_keeps_its_connection(
    store: Any, dsn: str, tenant: str
) -> None:
    table = await made(store, tenant, 2)
    refusing(dsn, table)
    sessions = "SELECT pid FROM pg_stat_activity WHERE strpos(query, %s) > 0"
    name = table.rpartition(".")[2].strip('"')

    def session() -> list[Any]:
        with psycopg.connect(dsn, autocommit=True) as connection:
            own = sessions + " AND pid <> pg_backend_pid()"
            return connection.execute(own, [name]).fetchall()

    assert await store.count(tenant, "docs") == 0
    before = session()
    for _ in range(3):
        with pytest.raises(DatabaseError, match="no room") as told:
            await store.upsert(tenant, "docs", MANY)
        assert told.value.sqlstate == "P0001"
        assert await store.count(tenant, "docs") == 0
    assert session() == before


async def test_a_batch_of_several_statements_is_told_of_a_reembedding(
    store: Any, dsn: str, tenant: str
) -> None:
    await made(store, tenant, 2, embedding_model="old")
    await store.upsert(tenant, "docs", [Item("a", [1, 0], "text")])
    with Store(dsn, min_connections=0) as elsewhere:
        new = Collection("docs", 2, "new")
        elsewhere.reembed(tenant, "docs", to=new, embed=lambda texts: [[0, 1]] * len(texts))
    with pytest.raises(CollectionConflictError) as told:
        await store.upsert(tenant, "docs", MANY)
    assert (told.value.existing, told.value.requested) == ("new", "old")
    assert await store.list_ids(tenant, "docs") == ["a"]
