"""What an interruption left in a pool ends with the pool: closing asks nobody to call again."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from integration_tests.interruptions.ground import PATIENCE, Ground
from integration_tests.interruptions.signals import at_point, at_point_and_after, count_points
from integration_tests.interruptions.ways import Interrupted
from psycopg_pool import ConnectionPool

from pgrecall import AsyncStore, PgRecallError, Store
from pgrecall._pools.owners import CallOwner, TaskOwner
from pgrecall._pools.slots import Lease

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def ground(dsn: str) -> Iterator[Ground]:
    with Ground(dsn) as made:
        yield made


def sessions_left(ground: Ground) -> int:
    """Count the store's sessions once those that end have ended."""
    deadline = time.monotonic() + PATIENCE
    while (count := ground.sessions()[0]) and time.monotonic() < deadline:
        time.sleep(0.001)
    return count


@pytest.mark.one_in(2)
@pytest.mark.parametrize("twice", [False, True])
def test_closing_ends_the_session_of_a_call_that_was_interrupted_at_any_point(
    ground: Ground, twice: bool
) -> None:
    def call() -> None:
        store.list_ids(ground.alice, "docs")

    def made() -> Store:
        return Store(ground.dsn(), min_connections=1, max_connections=1)

    for _ in range(2):
        with made() as store:
            call()
            count = count_points(call)
    run = partial(at_point_and_after, seconds=0.0002) if twice else at_point
    kept = []
    for at in range(count):
        store = made()
        call()
        try:
            run(call, at)
        except Interrupted as interrupted:
            # whoever keeps the exception keeps its frames, and not a session with them
            kept.append(interrupted)
        store.close()
        assert sessions_left(ground) == 0, f"at point {at} of {count}"
    assert len(kept) > count * 0.9


@pytest.mark.one_in(2)
@pytest.mark.parametrize("twice", [False, True])
def test_a_close_that_was_interrupted_at_any_point_can_be_called_again(
    ground: Ground, twice: bool
) -> None:
    def opened() -> Store:
        store = Store(ground.dsn(), min_connections=2, max_connections=2)
        store.count(ground.alice, "docs")
        return store

    for _ in range(2):
        store = opened()
        count = count_points(store.close)
    run = partial(at_point_and_after, seconds=0.0001) if twice else at_point
    kept = []
    for at in range(count):
        store = opened()
        try:
            run(store.close, at)
        except Interrupted as interrupted:
            kept.append(interrupted)
        store.close()
        assert sessions_left(ground) == 0, f"at point {at} of {count}"
    assert len(kept) > count * 0.7


@pytest.mark.parametrize("at", range(3))
def test_a_store_whose_close_was_interrupted_can_be_used_again(ground: Ground, at: int) -> None:
    with Store(ground.dsn(), min_connections=1, max_connections=1) as store:
        right = store.count(ground.alice, "docs")
        count = count_points(store.close)
        for point in range(at, count, 3):
            store.count(ground.alice, "docs")
            with suppress(Interrupted):
                at_point(store.close, point)
            assert store.count(ground.alice, "docs") == right
    assert sessions_left(ground) == 0


async def test_closing_ends_the_session_of_a_task_that_gave_nothing_back(ground: Ground) -> None:
    async def call() -> None:
        # as a KeyboardInterrupt in the pool's own code leaves it
        pool = await store._driver._ready_pool()
        await pool.take(Lease(TaskOwner()))

    store = AsyncStore(ground.dsn(), max_connections=2)
    await store.count(ground.alice, "docs")
    await asyncio.create_task(call())
    await store.close()
    assert await asyncio.to_thread(sessions_left, ground) == 0


def test_closing_leaves_a_call_that_still_runs_alone(ground: Ground) -> None:
    with Store(ground.dsn(), max_connections=2) as store:
        pool = store._driver._ready_pool()
        lease = Lease(CallOwner())
        pool.take(lease)
        store.close()
        assert lease.connection.execute("SELECT 1").fetchone() == (1,)
        pool.give(lease)
    assert sessions_left(ground) == 0


async def test_an_interrupted_close_can_be_called_again_for_the_loops_of_several_threads(
    ground: Ground,
) -> None:
    store = AsyncStore(ground.dsn(), max_connections=1)
    may_end = threading.Event()
    used = [threading.Event() for _ in range(3)]

    async def use(number: int) -> None:
        await store.count(ground.alice, "docs")
        used[number].set()
        # the loop stands still meanwhile: who closes waits for it
        may_end.wait(PATIENCE)

    threads = [threading.Thread(target=asyncio.run, args=[use(number)]) for number in range(3)]
    for thread in threads:
        thread.start()
    for each in used:
        assert await asyncio.to_thread(each.wait, PATIENCE)
    closing = asyncio.create_task(store.close())
    for _ in range(3):
        await asyncio.sleep(0)
    closing.cancel()
    await asyncio.wait([closing])
    may_end.set()
    await store.close()
    for thread in threads:
        await asyncio.to_thread(thread.join)
    assert await asyncio.to_thread(sessions_left, ground) == 0


@pytest.mark.one_in(2)
@pytest.mark.parametrize("twice", [False, True])
def test_a_given_pool_serves_on_after_an_interruption_at_any_point(
    ground: Ground, twice: bool
) -> None:
    run = partial(at_point_and_after, seconds=0.0002) if twice else at_point
    with ConnectionPool(ground.dsn(), min_size=1, max_size=1, timeout=PATIENCE) as pool:
        store = Store(pool=pool)
        right = store.count(ground.alice, "docs")
        count = count_points(lambda: store.count(ground.alice, "docs"))
        for at in range(count):
            with suppress(Interrupted):
                run(lambda: store.count(ground.alice, "docs"), at)
            assert store.count(ground.alice, "docs") == right, f"at point {at} of {count}"
        assert pool.get_stats()["pool_size"] == 1
    assert sessions_left(ground) == 0


class Breaking(psycopg.Connection[Any]):
    """A connection that cannot be made ready to be given back, once."""

    breaks = False

    def set_autocommit(self, value: bool) -> None:
        if Breaking.breaks and not value:
            Breaking.breaks = False
            message = "broken"
            raise psycopg.OperationalError(message)
        super().set_autocommit(value)


@pytest.mark.parametrize("in_main_thread", [True, False])
def test_a_given_pool_gets_back_what_could_not_be_given_back_at_first(
    ground: Ground, in_main_thread: bool
) -> None:
    made = ConnectionPool(
        ground.dsn(), connection_class=Breaking, min_size=1, max_size=1, timeout=PATIENCE
    )
    with made as pool, ThreadPoolExecutor(1) as other:
        store = Store(pool=pool)

        def count() -> int:
            if in_main_thread:
                return store.count(ground.alice, "docs")
            return other.submit(store.count, ground.alice, "docs").result()

        right = count()
        Breaking.breaks = True
        with suppress(psycopg.Error, PgRecallError):
            count()
        assert not Breaking.breaks
        assert count() == right
