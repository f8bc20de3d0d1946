"""Items and the application's own rows change together, in the caller's transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from psycopg import sql

from pgrecall import (
    Collection,
    CollectionConflictError,
    CollectionNotFoundError,
    DimensionMismatchError,
    Hnsw,
    InvalidArgumentError,
    Item,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

DOCS = "docs"


def items(*ids: str, vector: Sequence[float] = (1.0, 0.0)) -> list[Item]:
    return [Item(id_, list(vector), f"word {id_}", {"kind": "a"}) for id_ in ids]


@pytest.fixture
async def docs(store: Any, tenant: str) -> str:
    await store.ensure_collection(tenant, Collection(DOCS, dimensions=2, index=Hnsw()))
    await store.upsert(tenant, DOCS, items("old"))
    return tenant


@pytest.fixture
async def orders(caller: Any, docs: str) -> sql.Identifier:
    """A table of the application's own, named after the tenant."""
    name = sql.Identifier(f"orders-{docs[-12:]}")
    await caller.run(sql.SQL("CREATE TABLE {} (id text)").format(name))
    await caller.commit()
    return name


async def written(caller: Any, docs: str, orders: sql.Identifier) -> None:
    await caller.run(sql.SQL("INSERT INTO {} VALUES (%s)").format(orders), "new")
    assert await caller.on.upsert(docs, DOCS, items("new")) == 1
    assert await caller.on.delete(docs, DOCS, ["old"]) == 1


async def found(caller: Any, docs: str, orders: sql.Identifier) -> tuple[list[str], list[str]]:
    rows = await caller.run(sql.SQL("SELECT id FROM {}").format(orders))
    await caller.rollback()
    return [id_ for (id_,) in rows], await caller.store.list_ids(docs, DOCS)


async def test_a_commit_stores_items_and_rows_together(caller, docs, orders) -> None:
    await written(caller, docs, orders)
    assert await caller.on.list_ids(docs, DOCS) == ["new"]
    assert await caller.store.list_ids(docs, DOCS) == ["old"]

    await caller.commit()

    assert await found(caller, docs, orders) == (["new"], ["new"])


async def test_a_rollback_leaves_neither(caller, docs, orders) -> None:
    await written(caller, docs, orders)

    await caller.rollback()

    assert await found(caller, docs, orders) == ([], ["old"])


async def test_a_connection_that_dies_before_the_commit_leaves_neither(
    caller, connect, docs, orders
) -> None:
    await written(caller, docs, orders)
    other = await connect()

    await other.run("SELECT pg_terminate_backend(%s)", caller.connection.info.backend_pid)
    await other.rollback()
    with pytest.raises(Exception, match=r"lost|closed|terminat"):
        await caller.on.count(docs, DOCS)

    assert await found(other, docs, orders) == ([], ["old"])


async def test_a_verb_that_fails_leaves_the_transaction_as_it_was(caller, docs, orders) -> None:
    await written(caller, docs, orders)

    with pytest.raises(DimensionMismatchError) as raised:
        await caller.on.upsert(docs, DOCS, [*items("a", "b"), Item("c", [1.0])], batch_size=1)
    assert raised.value.written == 0
    with pytest.raises(CollectionNotFoundError):
        await caller.on.count(docs, "not there")
    with pytest.raises(InvalidArgumentError, match="syntax"):
        await caller.on.search_text(docs, DOCS, "word &", syntax="raw")

    assert await caller.on.list_ids(docs, DOCS) == ["new"]
    await caller.commit()
    assert await found(caller, docs, orders) == (["new"], ["new"])


async def test_a_block_of_the_callers_that_is_rolled_back_takes_the_items_of_it_along(
    caller, docs
) -> None:
    await caller.on.upsert(docs, DOCS, items("kept"))
    await caller.run("SAVEPOINT mine")
    await caller.on.upsert(docs, DOCS, items("gone"))
    await caller.on.ensure_collection(docs, Collection("gone", dimensions=2))
    await caller.on.upsert(docs, "gone", items("a"))
    await caller.run("ROLLBACK TO SAVEPOINT mine")

    assert await caller.on.list_ids(docs, DOCS) == ["kept", "old"]
    assert await caller.on.describe_collection(docs, "gone") is None
    with pytest.raises(CollectionNotFoundError):
        await caller.on.upsert(docs, "gone", items("a"))
    await caller.commit()
    assert await caller.store.list_ids(docs, DOCS) == ["kept", "old"]


async def test_a_collection_made_in_the_transaction_is_known_to_nobody_before_the_commit(
    caller, store, tenant
) -> None:
    await caller.on.ensure_collection(tenant, Collection(DOCS, dimensions=2, index=Hnsw()))
    assert await caller.on.load(tenant, DOCS, items("a", "b")) == 2
    assert [match.id for match in await caller.on.search(tenant, DOCS, [1, 0])] == ["a", "b"]
    assert [match.id for match in await caller.on.search_text(tenant, DOCS, "b")] == ["b"]

    with pytest.raises(CollectionNotFoundError):
        await store.count(tenant, DOCS)
    await caller.commit()

    assert await store.list_ids(tenant, DOCS) == ["a", "b"]
    stored = await store.describe_collection(tenant, DOCS)
    assert stored.index == Hnsw()


async def test_a_collection_whose_making_was_rolled_back_is_known_to_nobody(
    caller, store, tenant
) -> None:
    await caller.on.ensure_collection(tenant, Collection(DOCS, dimensions=3))
    await caller.on.upsert(tenant, DOCS, items("a", vector=(1, 0, 0)))
    await caller.rollback()

    for each in (caller.on, store):
        assert await each.describe_collection(tenant, DOCS) is None
        with pytest.raises(CollectionNotFoundError):
            await each.count(tenant, DOCS)
    await store.ensure_collection(tenant, Collection(DOCS, dimensions=2))
    for each in (store, caller.on):
        assert await each.upsert(tenant, DOCS, items("a")) == 1


async def test_a_pin_that_was_changed_in_a_transaction_rolled_back_stays_the_stores(
    caller, store, docs
) -> None:
    await caller.on.drop_collection(docs, DOCS)
    await caller.on.ensure_collection(docs, Collection(DOCS, dimensions=3))
    assert await caller.on.upsert(docs, DOCS, items("a", vector=(1, 0, 0))) == 1
    await caller.rollback()

    for each in (caller.on, store):
        assert await each.upsert(docs, DOCS, items("a")) == 1
        await caller.commit()
        assert [match.id for match in await each.search(docs, DOCS, [1, 0])] == ["a", "old"]


async def test_a_pin_that_was_changed_is_told_the_store_once_it_is_committed(
    caller, store, docs
) -> None:
    await caller.on.drop_collection(docs, DOCS)
    await caller.on.ensure_collection(docs, Collection(DOCS, dimensions=3))
    await caller.commit()

    with pytest.raises((CollectionConflictError, CollectionNotFoundError)):
        await store.upsert(docs, DOCS, items("a"))
    assert await store.upsert(docs, DOCS, items("a", vector=(1, 0, 0))) == 1


async def test_a_handle_of_it_is_in_the_transaction_too(caller, store, docs) -> None:
    bound = caller.on.bind(docs, DOCS, expect=Collection(DOCS, dimensions=2))
    await bound.upsert(items("new"))
    assert await bound.count() == 2
    await caller.rollback()

    assert await bound.count() == 1
    with pytest.raises(CollectionConflictError):
        await caller.on.bind(docs, DOCS, expect=Collection(DOCS, dimensions=3)).count()


async def test_a_new_name_is_rolled_back_with_the_rest_and_no_layout_is_changed(
    caller: Any, store: Any, docs: str
) -> None:
    await caller.on.rename_collection(docs, DOCS, "other")
    assert await caller.on.list_ids(docs, "other") == ["old"]
    with pytest.raises(InvalidArgumentError, match="alter_collection commits"):
        await caller.on.alter_collection(docs, Collection("other", storage="halfvec"))
    await caller.rollback()

    for each in (store, caller.on):
        assert await each.list_ids(docs, DOCS) == ["old"]
