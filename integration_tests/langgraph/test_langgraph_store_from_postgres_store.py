"""What programs call that were written for LangGraph's PostgresStore."""

from __future__ import annotations

import asyncio
import gc
import logging
import threading
import time
import weakref
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from integration_tests.langgraph.search.memories import Words, words
from psycopg_pool import AsyncConnectionPool

from pgrecall import AsyncStore, Hnsw, InvalidArgumentError
from pgrecall.langgraph import PgRecallStore

if TYPE_CHECKING:
    from collections.abc import Callable

SPACE = ("a",)
OFTEN = 1e-4  # minutes


def expired(dsn: str, tenant: str) -> list[str]:
    """The keys that are kept, whether or not a read sees them."""
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(
            "SELECT id FROM pgrecall.entries WHERE tenant = %s ORDER BY id", (tenant,)
        ).fetchall()
    return [key for (key,) in rows]


def wait_until(holds: Callable[[], bool]) -> None:
    limit = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < limit
        time.sleep(0.005)


def fill(store: PgRecallStore) -> None:
    store.put(SPACE, "gone", {"n": 1}, ttl=0)
    store.put(SPACE, "kept", {"n": 1}, ttl=None)


def test_a_program_of_postgres_store_runs_as_it_is(dsn: str, tenant: str) -> None:
    index: Any = {
        **words(embed=Words()),
        "distance_type": "l2",
        "ann_index_config": {"kind": "hnsw", "m": 8, "vector_type": "halfvec"},
    }
    with PgRecallStore.from_conn_string(
        dsn,
        pipeline=True,
        pool_config={"min_size": 1, "max_size": 2},
        index=index,
        ttl={"default_ttl": 5, "refresh_on_read": True},
        tenant=tenant,
    ) as store:
        store.setup()
        store.put(SPACE, "k", {"text": "green tea"})
        assert [found.key for found in store.search(SPACE, query="tea")] == ["k"]
        made = store.store.describe_collection(tenant, "memory")
        assert store.store._driver.settings.max_connections == 2
        assert store.start_ttl_sweeper() is store.start_ttl_sweeper()
        assert store.stop_ttl_sweeper() is True

    assert made is not None
    assert (made.metric, made.storage, made.index) == ("l2", "halfvec", Hnsw(m=8))


async def test_a_program_of_async_postgres_store_runs_as_it_is(dsn: str, tenant: str) -> None:
    async with PgRecallStore.from_conn_string(dsn, tenant=tenant) as store:
        await store.setup()  # type: ignore[misc]  # what it gives is awaited alone
        await store.aput(SPACE, "k", {"n": 1})
        assert (await store.aget(SPACE, "k")).value == {"n": 1}  # type: ignore[union-attr]
        assert (await store.start_ttl_sweeper()).cancel()
        assert await store.stop_ttl_sweeper() is True  # type: ignore[misc]  # in an event loop


@pytest.mark.parametrize(
    ("keywords", "says"),
    [
        (
            {"pool_config": {"max_idle": 3}},
            "no 'max_idle' here: it takes min_size",
        ),
        ({"pool_config": {"max_size": 0}}, "max_connections=0"),
        ({"index": {**words(), "field": ["text"]}}, "index has no 'field': it takes dims"),
        ({"index": {**words(), "distance_type": "hamming"}}, "distance_type must be one of"),
        ({"index": words(distance_type="l2"), "metric": "ip"}, "metric='ip' says another"),
        ({"index": words(ann_index_config={"kind": "tree"})}, "kind must be one of 'hnsw'"),
        ({"index": words(ann_index_config={"nlist": 3})}, "kind 'hnsw' has no 'nlist'"),
        ({"index": words(ann_index_config={"vector_type": "bit"})}, "vector_type must be one of"),
        ({"index": words(ann_index_config={"m": 8}), "vector_index": None}, "give either"),
        ({"ttl": {"sweep": 5}}, "ttl has no 'sweep'"),
    ],
    ids=lambda one: one if isinstance(one, str) else ",".join(one),
)
def test_an_argument_that_cannot_be_used_is_told(keywords: Any, says: str) -> None:
    with pytest.raises(InvalidArgumentError, match=says):
        PgRecallStore.from_conn_string("host=nowhere", **keywords)


def test_the_sweeper_removes_what_has_expired_until_it_is_stopped(dsn: str, tenant: str) -> None:
    with PgRecallStore(dsn, tenant=tenant) as store:
        fill(store)
        assert store.get(SPACE, "gone") is None
        assert expired(dsn, tenant) == ["gone", "kept"]

        at_work = store.start_ttl_sweeper(OFTEN)
        wait_until(lambda: expired(dsn, tenant) == ["kept"])
        assert store.stop_ttl_sweeper() is True
        assert at_work.result(60) is None
        assert store.stop_ttl_sweeper() is True

        fill(store)
        again = store.start_ttl_sweeper(OFTEN)
        assert again is not at_work
        wait_until(lambda: expired(dsn, tenant) == ["kept"])
        again.cancel()
        store.start_ttl_sweeper()
    wait_until(lambda: not any(each.name == "ttl-sweeper" for each in threading.enumerate()))


async def test_the_sweeper_is_a_task_for_async_callers(dsn: str, tenant: str) -> None:
    async with PgRecallStore(dsn, tenant=tenant) as store:
        fill(store)
        at_work = await store.astart_ttl_sweeper(OFTEN)
        assert await store.astart_ttl_sweeper() is at_work
        limit = time.monotonic() + 60
        while expired(dsn, tenant) != ["kept"]:
            assert time.monotonic() < limit
            await asyncio.sleep(0.005)
        assert await store.astop_ttl_sweeper() is True
        assert at_work.done()
        assert await store.astop_ttl_sweeper() is True
        left = await store.astart_ttl_sweeper()
    assert left.done()


def test_a_sweep_that_fails_is_logged_and_the_next_is_tried(
    dsn: str, tenant: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with PgRecallStore(dsn, tenant=tenant) as store:
        fill(store)
        sweep, failed = store.sweep_ttl, threading.Event()

        def at_first_fails() -> int:
            if failed.is_set():
                return sweep()
            failed.set()
            raise InvalidArgumentError("the server is away")

        monkeypatch.setattr(store, "sweep_ttl", at_first_fails)
        with caplog.at_level(logging.INFO, "pgrecall"):
            store.start_ttl_sweeper(OFTEN)
            wait_until(lambda: expired(dsn, tenant) == ["kept"])
            store.stop_ttl_sweeper()

    assert "a sweep of what has expired failed" in caplog.text
    assert "1 expired entries were swept" in caplog.text


def test_a_store_that_nobody_has_takes_its_sweeper_with_it() -> None:
    store = PgRecallStore("host=nowhere")
    at_work = store.start_ttl_sweeper()
    gone = weakref.ref(store)
    del store
    gc.collect()

    assert gone() is None
    assert at_work.result(60) is None


@pytest.mark.parametrize("minutes", [-1, "5", True, float("nan"), float("inf")])
def test_an_interval_that_is_no_number_of_minutes_is_refused(minutes: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="sweep_interval_minutes must be a number"):
        PgRecallStore("host=nowhere").start_ttl_sweeper(minutes)


async def test_a_store_on_a_pool_of_async_connections_has_a_task_and_no_thread(
    dsn: str, tenant: str
) -> None:
    pool = AsyncConnectionPool(dsn, min_size=1, open=False)
    async with pool, AsyncStore(pool=pool) as core, PgRecallStore(core, tenant=tenant) as store:
        with pytest.raises(InvalidArgumentError, match="serves no sync calls"):
            store.start_ttl_sweeper()
        await store.aput(SPACE, "gone", {"n": 1}, ttl=0)
        await store.astart_ttl_sweeper(OFTEN)
        limit = time.monotonic() + 60
        while expired(dsn, tenant):
            assert time.monotonic() < limit
            await asyncio.sleep(0.005)
