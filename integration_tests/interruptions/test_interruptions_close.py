"""A store that is closed while event loops end: who closes is told nothing that is not theirs."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import TYPE_CHECKING

import pytest
from integration_tests.interruptions.ground import PATIENCE, Ground
from integration_tests.interruptions.ways import WAYS, Interrupted, Stepped, yielding

from pgrecall import AsyncStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(scope="module")
def ground(dsn: str) -> Iterator[Ground]:
    with Ground(dsn) as made:
        yield made


def run_to_its_end(main: Callable[[], object]) -> None:
    asyncio.run(main())  # type: ignore[arg-type]


STOPPED: list[asyncio.AbstractEventLoop] = []


def run_and_forget(main: Callable[[], object]) -> None:
    # a loop that stopped, whose tasks nobody ends and which nobody closes
    STOPPED.append(asyncio.new_event_loop())
    STOPPED[-1].run_until_complete(main())  # type: ignore[arg-type]


@pytest.mark.parametrize("run", [run_to_its_end, run_and_forget])
async def test_closing_while_another_threads_loop_ends_raises_nothing(
    ground: Ground, run: Callable[[Callable[[], object]], None]
) -> None:
    store = AsyncStore(ground.dsn(), max_connections=2)
    has_used, may_end = threading.Event(), threading.Event()

    async def use() -> None:
        await store.count(ground.alice, "docs")
        has_used.set()
        # the loop stands still: what is posted to it comes in its last turn, or never
        may_end.wait(PATIENCE)

    thread = threading.Thread(target=run, args=[use])
    thread.start()
    await asyncio.to_thread(has_used.wait, PATIENCE)
    await store.count(ground.alice, "docs")
    closing = asyncio.create_task(store.close())
    for _ in range(3):
        await asyncio.sleep(0)
    may_end.set()
    await asyncio.wait_for(closing, PATIENCE)
    await asyncio.to_thread(thread.join)
    await no_session(ground)
    while STOPPED:
        STOPPED.pop().close()


async def no_session(ground: Ground) -> None:
    deadline = time.monotonic() + PATIENCE
    while ground.sessions()[0] and time.monotonic() < deadline:  # noqa: ASYNC110  # of a server
        await asyncio.sleep(0.005)
    assert ground.activity() == []


@pytest.mark.parametrize("way", ["cancel", "cancel again and again", "anyio scope"])
async def test_an_interrupted_close_can_be_called_again(ground: Ground, way: str) -> None:
    for at in range(4):
        store = AsyncStore(ground.dsn(), max_connections=2)
        await asyncio.gather(*(store.count(ground.alice, "docs") for _ in range(4)))
        with yielding():
            try:
                await WAYS[way](Stepped(store.close(), at))
            except Interrupted:
                await store.close()
        await no_session(ground)


async def test_an_exception_that_is_kept_keeps_no_session(ground: Ground) -> None:
    store = AsyncStore(ground.dsn(), max_connections=1)
    kept: list[BaseException] = []
    for at in range(12):
        calling = Stepped(store.count(ground.alice, "docs"), at)

        async def body(call: Stepped = calling) -> object:
            return await call

        task = asyncio.create_task(body())
        calling.doing(lambda *_, task=task: task.cancel() and None)  # type: ignore[misc]
        kept += [
            each
            for each in await asyncio.gather(task, return_exceptions=True)
            if isinstance(each, BaseException)
        ]
    assert kept
    await store.close()
    await no_session(ground)
