"""What other clients do while a recall is measured stays as they left it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from integration_tests.core.collections.promising import (
    items,
    loaded,
    meanwhile,
    promised,
)

from pgrecall import Collection, Hnsw, Store

pytestmark = pytest.mark.usefixtures("all_questions")

if TYPE_CHECKING:
    from pgrecall import IndexProgress


async def test_a_collection_may_go_or_be_renamed_while_it_is_measured(store, tenant, dsn) -> None:
    await loaded(store, tenant)
    with Store(dsn) as other:
        rename = meanwhile(lambda: other.rename_collection(tenant, "docs", "papers"))
        await store.create_index(tenant, "docs", Hnsw(m=8), progress=rename)
        drop = meanwhile(lambda: other.drop_collection(tenant, "papers"))
        await store.create_index(tenant, "papers", Hnsw(), progress=drop)

        assert other.list_collections(tenant) == []


async def test_a_target_or_a_pin_of_another_client_is_not_overwritten_by_a_measuring(
    one_store, tenant, dsn
) -> None:
    await loaded(one_store, tenant)
    with Store(dsn) as other:
        ask_less = Collection("docs", target_recall=0.7)
        alter = meanwhile(lambda: other.alter_collection(tenant, ask_less))
        await one_store.create_index(tenant, "docs", Hnsw(), progress=alter)
        altered = await promised(one_store, tenant)
        tune = meanwhile(lambda: other.tune(tenant, "docs", target_recall=0.5, k=20))
        await one_store.create_index(tenant, "docs", Hnsw(), progress=tune)

    assert (altered.target, altered.recall) == (0.7, None)
    assert (await promised(one_store, tenant)).limit == 20


@pytest.mark.parametrize("go", ["deleted", "cleared"])
async def test_of_items_that_go_while_they_are_measured_no_effort_is_pinned(
    one_store, tenant, dsn, go
) -> None:
    await loaded(one_store, tenant)
    with Store(dsn) as other:

        def leave() -> None:
            if go == "cleared":
                other.clear(tenant, "docs")
            else:
                other.delete_where(tenant, "docs", {"id": {"$gte": "00003"}})

        await one_store.create_index(tenant, "docs", Hnsw(), progress=meanwhile(leave))
        await one_store.upsert(tenant, "docs", items(20))

    assert (await promised(one_store, tenant)).recall is None


@pytest.mark.parametrize("go", ["before", "meanwhile"])
async def test_an_effort_is_said_to_be_of_the_rows_that_are_left(
    one_store, tenant, dsn, go
) -> None:
    await loaded(one_store, tenant)
    with Store(dsn) as other:

        def leave() -> None:
            other.delete_where(tenant, "docs", {"id": {"$gte": "00020"}})

        if go == "before":  # which the server's estimate does not know
            leave()
            await one_store.tune(tenant, "docs")
        else:
            await one_store.create_index(tenant, "docs", Hnsw(), progress=meanwhile(leave))
        of_those = await promised(one_store, tenant)
    await one_store.load(tenant, "docs", items())

    assert of_those.rows == 20
    again = await promised(one_store, tenant)
    assert again.rows > 500
    assert again.measured_at >= of_those.measured_at


async def test_a_target_said_while_a_table_is_rewritten_stays(one_store, tenant, dsn) -> None:
    await loaded(one_store, tenant, target_recall=0.9)
    with Store(dsn) as other:
        ask_less = Collection("docs", target_recall=0.8)
        done: list[bool] = []

        def alter(_: IndexProgress) -> None:
            if not done:
                done.append(True)
                other.alter_collection(tenant, ask_less)

        await one_store.alter_collection(
            tenant, Collection("docs", storage="halfvec"), progress=alter
        )
        described = other.describe_collection(tenant, "docs")

    assert done
    assert described is not None
    assert (described.storage, described.target_recall) == ("halfvec", 0.8)
