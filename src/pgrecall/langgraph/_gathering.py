"""Calls that tasks make at the same time, run together."""

from __future__ import annotations

import asyncio
from collections import deque
from functools import partial
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from pgrecall.langgraph._async_batching import AsyncBatchMixin
from pgrecall.langgraph._calls import INSIDE, LANES, Call, PerStore, lane_of, taken

if TYPE_CHECKING:
    from langgraph.store.base import Result

    from pgrecall.langgraph._batch import Batch


class _Asked(Call):
    """A call of a task, which waits for a future."""

    def __init__(self, batch: Batch) -> None:
        super().__init__(batch)
        self.answer: asyncio.Future[list[Result]] = asyncio.get_running_loop().create_future()

    def is_over(self) -> bool:
        return self.answer.done()

    def give(self, results: list[Result]) -> None:
        if not self.answer.done():
            self.answer.set_result(results)

    def fail(self, error: BaseException) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)


class _Lane:
    """The calls of one kind that wait in one event loop.

    Attributes:
        most: How many tasks run calls at a time.
        running: How many do.
        is_starting: Whether one of them is about to take what waits.
        waiting: The calls, in order.
        tasks: Those tasks; an event loop holds its own weakly.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.running = 0
        self.is_starting = False
        self.waiting: deque[_Asked] = deque()
        self.tasks: set[asyncio.Task[None]] = set()


def _lanes() -> dict[str, _Lane]:
    reads = _Lane(LANES["searches"])  # of one turn of the loop all reads go together
    # these keep the order of the calls, which one caller may make without awaiting each
    writes = _Lane(1)
    return {"writes": writes, "mixed": writes, "reads": reads, "searches": reads}


_LOOPS: PerStore[WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, _Lane]]] = PerStore(
    WeakKeyDictionary
)


class GatheringMixin(AsyncBatchMixin):
    """Runs the calls that come in one event loop at the same time together."""

    async def _aqueue(self, batch: Batch) -> list[Result]:
        kind = lane_of(batch, self._operations.asked)
        if kind is None or INSIDE.get():
            return await self._aanswer(batch)
        loop, loops = asyncio.get_running_loop(), _LOOPS.of(self)
        lane = (loops.get(loop) or loops.setdefault(loop, _lanes()))[kind]
        asked = _Asked(batch)
        lane.waiting.append(asked)
        self._start(lane)
        return await asked.answer

    def _start(self, lane: _Lane) -> None:
        if lane.is_starting or lane.running >= lane.most:
            return
        lane.is_starting = True
        lane.running += 1
        task = asyncio.get_running_loop().create_task(self._arun_lane(lane))
        lane.tasks.add(task)
        task.add_done_callback(lane.tasks.discard)

    async def _arun_lane(self, lane: _Lane) -> None:
        INSIDE.set(True)  # in the context of this task
        try:
            try:
                # those that were made ready with this one come first
                await asyncio.sleep(0)
            finally:
                lane.is_starting = False
            while together := taken(lane.waiting):
                await self._arun_for(together)
        finally:
            lane.running -= 1
            # where this task was cancelled, those who wait were not
            if not all(asked.is_over() for asked in lane.waiting):
                self._start(lane)

    async def _arun_for(self, together: list[_Asked]) -> None:
        running = asyncio.ensure_future(self._asettle(together))
        left = set(together)

        def leave(asked: _Asked, _: object) -> None:
            left.discard(asked)
            # nobody waits any more: what runs on the server is cancelled
            if not left:
                running.cancel()

        for asked in together:
            asked.answer.add_done_callback(partial(leave, asked))
        try:
            await asyncio.wait([running])
        except asyncio.CancelledError:
            running.cancel()
            for asked in together:
                asked.answer.cancel()
            raise
        if not running.cancelled() and (error := running.exception()) is not None:
            for asked in together:
                asked.fail(error)
