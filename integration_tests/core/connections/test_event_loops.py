"""One store, any number of event loops, threads and endings."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
import textwrap
import threading
import uuid
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from integration_tests.shared.faults import PATIENCE, execute, fill, make_items, until
from integration_tests.shared.proxy import proxy_to
from psycopg.conninfo import make_conninfo

from pgrecall import AsyncStore, Collection, Store

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator


@pytest.fixture
def name() -> str:
    """What a test's sessions are called on the server, so that it counts no others."""
    return f"test-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def named_dsn(dsn: str, name: str) -> str:
    return make_conninfo(dsn, application_name=name)


@pytest.fixture
def sessions(dsn: str, name: str) -> Iterator[Callable[[], int]]:
    """Count a test's sessions; none may stay, and nothing may be left for the collector to tell."""

    def count() -> int:
        rows = execute(dsn, "SELECT application_name FROM pg_stat_activity")
        return rows.count((name,))

    yield count
    # what was not closed warns when it is collected, and a warning is an error here
    gc.collect()
    run(until_none(count))


async def until_none(count: Callable[[], int]) -> None:
    """Wait for the server to notice that its clients have gone."""
    await until(lambda: count() == 0)


def run(call: Coroutine[Any, Any, Any]) -> Any:
    """``asyncio.run``, which must come back: a task that ignores its cancellation keeps it."""
    result: Future[Any] = Future()

    def in_thread() -> None:
        try:
            result.set_result(asyncio.run(call))
        except BaseException as error:  # noqa: BLE001  # the test's thread raises it
            result.set_exception(error)

    threading.Thread(target=in_thread, daemon=True).start()
    return result.result(PATIENCE)


class Loop:
    """An event loop that runs in a thread of its own until the test ends it."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever)
        self._thread.start()

    def run(self, call: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(call, self.loop).result(PATIENCE)

    def end(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


@pytest.fixture
def loops() -> Iterator[list[Loop]]:
    made = [Loop(), Loop()]
    yield made
    for loop in made:
        loop.end()


@pytest.mark.usefixtures("sessions")
def test_one_store_serves_one_asyncio_run_after_another(named_dsn: str, tenant: str) -> None:
    store = AsyncStore(named_dsn)
    run(fill(store, tenant))
    assert run(store.count(tenant, "docs")) == 3
    run(store.close())


@pytest.mark.usefixtures("sessions")
def test_asyncio_run_ends_while_the_store_still_connects(named_dsn: str, tenant: str) -> None:
    with proxy_to(named_dsn) as proxy:
        store = AsyncStore(proxy.dsn)
        run(fill(store, tenant))

        async def leave_a_connection_half_open() -> None:
            connects = proxy.hold(b"application_name")
            first = asyncio.create_task(store.count(tenant, "docs"))
            await until(connects.met.is_set)
            second = asyncio.create_task(store.count(tenant, "docs"))  # waits for its turn
            await asyncio.sleep(0)
            first.cancel()
            second.cancel()
            await asyncio.gather(first, second, return_exceptions=True)

        run(leave_a_connection_half_open())
        proxy.release()
        assert run(store.count(tenant, "docs")) == 3
        run(store.close())


def test_sixty_asyncio_runs_do_not_fill_the_server(
    named_dsn: str, tenant: str, sessions: Callable[[], int]
) -> None:
    store = AsyncStore(named_dsn, max_connections=10)
    run(fill(store, tenant))

    async def several() -> list[int]:
        return await asyncio.gather(*(store.count(tenant, "docs") for _ in range(4)))

    most = 0
    for _ in range(60):
        assert run(several()) == [3] * 4
        most = max(most, sessions())
    assert most <= 10
    run(store.close())


@pytest.mark.usefixtures("sessions")
def test_a_store_made_and_closed_in_each_asyncio_run_leaves_nothing(
    named_dsn: str, tenant: str
) -> None:
    async def once() -> int:
        async with AsyncStore(named_dsn) as store:
            await fill(store, tenant)
            return int(await store.count(tenant, "docs"))

    for _ in range(10):
        assert run(once()) == 3


def test_a_loop_closed_by_hand_gives_its_connections_back_at_the_next_use(
    named_dsn: str, tenant: str, sessions: Callable[[], int]
) -> None:
    store = AsyncStore(named_dsn)
    loop = asyncio.new_event_loop()
    loop.run_until_complete(fill(store, tenant))
    loop.run_until_complete(stop_tasks())
    loop.close()
    assert run(store.count(tenant, "docs")) == 3
    run(store.close())
    run(until_none(sessions))


async def stop_tasks() -> None:
    """Do what ``asyncio.run`` does before it closes a loop."""
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.usefixtures("sessions")
def test_two_loops_in_two_threads_use_one_store_at_once(
    named_dsn: str, tenant: str, loops: list[Loop]
) -> None:
    store = AsyncStore(named_dsn)
    for loop in loops:
        loop.run(fill(store, tenant))

    async def work(name: str) -> int:
        for turn in range(20):
            await store.upsert(tenant, "docs", make_items(4, text=f"{name} {turn}"))
            await asyncio.gather(*(store.count(tenant, "docs") for _ in range(3)))
        return int(await store.count(tenant, "docs"))

    with ThreadPoolExecutor() as threads:
        futures = [threads.submit(loop.run, work(str(loop))) for loop in loops]
    assert [future.result() for future in futures] == [4, 4]
    loops[0].run(store.close())


def test_two_loops_may_meet_a_new_store_at_the_same_moment(
    fresh_dsn: str, tenant: str, loops: list[Loop]
) -> None:
    store = AsyncStore(fresh_dsn)
    with ThreadPoolExecutor() as threads:
        futures = [threads.submit(loop.run, store.list_collections(tenant)) for loop in loops]
    assert [future.result() for future in futures] == [[], []]
    loops[0].run(store.close())


def test_close_ends_the_pools_of_loops_that_still_run(
    named_dsn: str, tenant: str, loops: list[Loop], sessions: Callable[[], int]
) -> None:
    store = AsyncStore(named_dsn)
    for loop in loops:
        loop.run(fill(store, tenant))
    assert sessions() >= 2

    async def close_from_a_third() -> None:
        await store.close()

    run(close_from_a_third())
    run(until_none(sessions))
    assert store._driver._loops == {}


def test_close_ends_the_pool_of_a_loop_that_pauses(
    named_dsn: str, tenant: str, sessions: Callable[[], int]
) -> None:
    store = AsyncStore(named_dsn)
    pausing = asyncio.new_event_loop()
    pausing.run_until_complete(fill(store, tenant))
    run(store.close())
    run(until_none(sessions))
    assert pausing.run_until_complete(store.count(tenant, "docs")) == 3
    pausing.run_until_complete(store.close())
    pausing.run_until_complete(stop_tasks())
    pausing.close()


@pytest.mark.usefixtures("sessions")
def test_a_store_may_be_closed_twice_and_before_its_first_use(named_dsn: str, tenant: str) -> None:
    async def use() -> None:
        store = AsyncStore(named_dsn)
        await store.close()
        await fill(store, tenant)
        await store.close()
        await store.close()

    run(use())
    store = Store(named_dsn)
    store.close()
    assert store.count(tenant, "docs") == 3
    store.close()
    store.close()


@pytest.mark.usefixtures("sessions")
def test_sixteen_threads_share_a_store(named_dsn: str, tenant: str) -> None:
    with Store(named_dsn, max_connections=4) as store:
        store.ensure_collection(tenant, Collection("docs", 3))

        def work(number: int) -> int:
            ids = [f"{number}-{turn}" for turn in range(10)]
            for id_, item in zip(ids, make_items(10), strict=True):
                changed = type(item)(id_, item.vector, str(number))
                store.upsert(tenant, "docs", [changed, *make_items(3)])
                store.search(tenant, "docs", [1, 1, 1], limit=3)
            return sum(item.text == str(number) for item in store.get(tenant, "docs", ids))

        with ThreadPoolExecutor(16) as threads:
            assert list(threads.map(work, range(16))) == [10] * 16
        assert store.count(tenant, "docs") == 16 * 10 + 3


def test_sixteen_threads_may_meet_a_new_store_at_the_same_moment(
    fresh_dsn: str, tenant: str
) -> None:
    with Store(fresh_dsn) as store, ThreadPoolExecutor(16) as threads:
        together = threading.Barrier(16)

        def meet(_: int) -> int:
            together.wait()
            store.ensure_collection(tenant, Collection("docs", 3))
            return store.count(tenant, "docs")

        assert list(threads.map(meet, range(16))) == [0] * 16


def test_a_store_that_nobody_holds_ends_its_connections(
    named_dsn: str, tenant: str, sessions: Callable[[], int]
) -> None:
    store = Store(named_dsn)
    store.list_collections(tenant)
    assert sessions() >= 1
    before = threading.active_count()
    del store
    gc.collect()
    run(until_none(sessions))
    assert threading.active_count() <= before


ENDINGS = {
    "a store": """
        store = Store(dsn)
        store.list_collections("tenant")
        """,
    "a store in a cycle": """
        class Holder: pass
        holder = Holder()
        holder.store, holder.self = Store(dsn), holder
        holder.store.list_collections("tenant")
        del holder
        """,
    "a store used by a thread": """
        store = Store(dsn)
        threading.Thread(target=store.list_collections, args=["tenant"]).start()
        """,
    "an async store": """
        store = AsyncStore(dsn)
        asyncio.run(store.list_collections("tenant"))
        """,
    "an async store of several runs": """
        store = AsyncStore(dsn)
        for _ in range(3):
            asyncio.run(store.list_collections("tenant"))
        """,
    "an async store within its loop": """
        async def main():
            await AsyncStore(dsn).list_collections("tenant")
        asyncio.run(main())
        """,
    "an async store of a loop in a thread": """
        store = AsyncStore(dsn)
        loop = asyncio.new_event_loop()
        threading.Thread(target=loop.run_forever, daemon=True).start()
        call = store.list_collections("tenant")
        asyncio.run_coroutine_threadsafe(call, loop).result()
        """,
}


@pytest.mark.one_in(2)
@pytest.mark.parametrize("ending", list(ENDINGS.values()), ids=list(ENDINGS))
def test_a_store_that_nobody_closed_ends_with_its_process_and_without_a_word(
    named_dsn: str, ending: str, sessions: Callable[[], int]
) -> None:
    script = "import asyncio, sys, threading\nfrom pgrecall import AsyncStore, Store\n"
    script += "dsn = sys.argv[1]\n" + textwrap.dedent(ending) + "print('end of the script')\n"
    done = subprocess.run(
        [sys.executable, "-c", script, named_dsn],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "end of the script\n", "")
    run(until_none(sessions))
