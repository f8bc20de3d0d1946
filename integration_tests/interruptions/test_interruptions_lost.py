"""A cancellation that comes with an answer ends the call, whatever waits for the answer.

psycopg below 3.3.6 waits by ``asyncio.wait_for``, which on Python 3.11 gives the answer and drops
the cancellation. What waits here does the same with every one.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg_pool import AsyncConnectionPool

from pgrecall import AsyncStore, Collection, Item
from pgrecall.langgraph import PgRecallStore

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from psycopg.abc import PQGen


class Waiting:
    """Waits for answers as an older psycopg does, and tells when it begins to."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self._wait = psycopg.AsyncConnection.wait

    def patched(self) -> Any:
        waiting = self

        async def wait(
            connection: psycopg.AsyncConnection[Any], gen: PQGen[Any], *given: Any, **named: Any
        ) -> Any:
            answer = asyncio.ensure_future(waiting._wait(connection, gen, *given, **named))
            waiting.begun.set()
            while not answer.done():
                with suppress(asyncio.CancelledError):
                    await asyncio.shield(answer)
            return answer.result()

        return wait


@pytest.fixture
async def waiting(monkeypatch: pytest.MonkeyPatch) -> Waiting:
    made = Waiting()
    monkeypatch.setattr(psycopg.AsyncConnection, "wait", made.patched())
    return made


@asynccontextmanager
async def on_its_own(dsn: str) -> AsyncIterator[Any]:
    async with AsyncStore(dsn, max_connections=1) as store:
        yield store


@asynccontextmanager
async def on_a_pool(dsn: str) -> AsyncIterator[Any]:
    async with (
        AsyncConnectionPool(dsn, min_size=1, max_size=1, open=False) as pool,
        AsyncStore(pool=pool) as store,
    ):
        yield store


@asynccontextmanager
async def on_a_connection(dsn: str) -> AsyncIterator[Any]:
    async with (
        await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection,
        AsyncStore(dsn) as store,
    ):
        yield store.on(connection)


@pytest.mark.parametrize("of", [on_its_own, on_a_pool, on_a_connection])
@pytest.mark.parametrize("verb", ["search", "upsert", "ensure_collection"])
async def test_a_call_that_is_cancelled_as_its_answer_comes_is_cancelled(
    dsn: str, tenant: str, waiting: Waiting, of: Any, verb: str
) -> None:
    docs = Collection("docs", 2)
    calls = {
        "search": lambda store: store.search(tenant, "docs", [1, 2]),
        "upsert": lambda store: store.upsert(tenant, "docs", [Item("b", [2, 1])]),
        "ensure_collection": lambda store: store.ensure_collection(tenant, docs),
    }
    async with of(dsn) as store:
        await store.ensure_collection(tenant, docs)
        await store.upsert(tenant, "docs", [Item("a", [1, 2])])
        waiting.begun.clear()
        task = asyncio.create_task(calls[verb](store))
        await waiting.begun.wait()
        task.cancel()

        with pytest.raises(asyncio.CancelledError):
            await task
        # and the store goes on, in a task that takes its cancellation and cleans up, too
        assert [match.id for match in await store.search(tenant, "docs", [1, 2], limit=1)] == ["a"]


async def test_a_task_that_was_cancelled_before_may_go_on_calling(
    dsn: str, tenant: str, waiting: Waiting
) -> None:
    async def cleaning_up(store: AsyncStore) -> list[Collection]:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            await store.drop_collection(tenant, "docs")
        return await store.list_collections(tenant)

    async with AsyncStore(dsn) as store:
        await store.ensure_collection(tenant, Collection("docs", 2))
        task = asyncio.create_task(cleaning_up(store))
        await asyncio.sleep(0)
        task.cancel()

        assert await task == []


async def test_a_sweeper_that_is_stopped_within_a_sweep_ends(
    dsn: str, tenant: str, waiting: Waiting
) -> None:
    async with PgRecallStore(dsn, tenant=tenant) as store:
        await store.aput(("notes",), "kept", {"n": 1})
        await store.astart_ttl_sweeper(1e-5)
        for _ in range(5):
            waiting.begun.clear()
            await waiting.begun.wait()

        assert await store.astop_ttl_sweeper(30) is True
