"""Batches of several statements whose rows are there already, in part or all."""

from __future__ import annotations

import asyncio
from typing import Any

import psycopg

from pgrecall import AsyncStore, Collection, Item

ROWS = 1_200  # more than one statement takes


def docs(text: str, *, start: int = 0) -> list[Item]:
    return [
        Item(f"{number:04}", [1, number], f"{text} {number}", {"text": text})
        for number in range(start, start + ROWS)
    ]


async def test_rows_that_are_replaced_keep_when_they_came_and_get_all_else_anew(
    store: Any, tenant: str
) -> None:
    await store.ensure_collection(tenant, Collection("docs", 2))
    await store.upsert(tenant, "docs", docs("heron"))
    (before,) = await store.get(tenant, "docs", ["0007"])

    replaced = [Item(one.id, [2, 1], one.text, one.metadata) for one in docs("egret")]
    assert await store.upsert(tenant, "docs", [*replaced, *replaced[:3]]) == ROWS

    (after,) = await store.get(tenant, "docs", ["0007"])
    assert (after.text, after.metadata) == ("egret 7", {"text": "egret"})
    assert list(after.vector) == [2, 1]
    assert after.created_at == before.created_at
    assert after.updated_at > before.updated_at
    assert await store.count(tenant, "docs") == ROWS
    assert await store.search_text(tenant, "docs", "heron") == []
    assert len(await store.search_text(tenant, "docs", "egret")) == 10


async def test_a_batch_of_old_and_new_rows_writes_both(store: Any, tenant: str) -> None:
    await store.ensure_collection(tenant, Collection("docs", 2))
    await store.upsert(tenant, "docs", docs("heron"))

    assert await store.upsert(tenant, "docs", docs("egret", start=600)) == ROWS

    assert await store.count(tenant, "docs") == ROWS + 600
    assert await store.count(tenant, "docs", {"text": "egret"}) == ROWS


async def test_a_load_of_rows_that_are_there_replaces_them(store: Any, tenant: str) -> None:
    await store.ensure_collection(tenant, Collection("docs", 2))
    await store.upsert(tenant, "docs", docs("heron"))

    assert await store.load(tenant, "docs", docs("egret")) == ROWS

    assert await store.count(tenant, "docs", {"text": "egret"}) == ROWS


async def test_a_row_that_another_deletes_meanwhile_is_written_anew(
    store: Any, tenant: str, dsn: str
) -> None:
    made = await store.ensure_collection(tenant, Collection("docs", 2))
    await store.upsert(tenant, "docs", docs("heron"))
    with psycopg.connect(dsn) as other, psycopg.connect(dsn, autocommit=True) as watching:
        other.execute(f"DELETE FROM {made.table_name} WHERE id = '0600'")
        if isinstance(store, AsyncStore):
            call = store.upsert(tenant, "docs", docs("egret"))
        else:
            call = asyncio.to_thread(store.target.upsert, tenant, "docs", docs("egret"))
        writing = asyncio.create_task(call)
        waits = "SELECT %s = ANY(pg_blocking_pids(pid)) FROM pg_stat_activity"
        blocker = [other.info.backend_pid]
        while (True,) not in watching.execute(waits, blocker).fetchall():  # noqa: ASYNC110  # of a server
            await asyncio.sleep(0.01)
        other.commit()
        assert await writing == ROWS

    assert await store.count(tenant, "docs", {"text": "egret"}) == ROWS
