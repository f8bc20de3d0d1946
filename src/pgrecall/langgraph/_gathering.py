"""Reads that tasks ask for at the same time, run as one batch."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakKeyDictionary

from langgraph.store.base import PutOp

from pgrecall.langgraph._async_batching import AsyncBatchMixin

if TYPE_CHECKING:
    from collections.abc import Iterable

    from langgraph.store.base import Op, Result


class _Asked(NamedTuple):
    """What one call asks for, and where its results go."""

    ops: list[Op]
    answer: asyncio.Future[list[Result]]


class _Room:
    """The calls of one event loop that wait to go together."""

    def __init__(self) -> None:
        self.waiting: list[_Asked] = []
        # an event loop holds its tasks weakly
        self.tasks: set[asyncio.Task[None]] = set()


# beside the stores, which are pickled; other threads have other loops
_LOCK = threading.Lock()
_ROOMS: WeakKeyDictionary[asyncio.AbstractEventLoop, WeakKeyDictionary[GatheringMixin, _Room]] = (
    WeakKeyDictionary()
)


class GatheringMixin(AsyncBatchMixin):
    """The async methods of ``PgRecallStore``, with reads that come together run together."""

    async def abatch(self, ops: Iterable[Op]) -> list[Result]:
        """Run operations: reads see what was there before, then all writes happen or none.

        Of writes to one key the last counts. Texts and questions are embedded by the embedding's
        ``aembed_documents`` and ``aembed_query``. Calls that only read and are made at the same
        time, such as several ``asearch``, go to the server in one round trip.

        Args:
            ops: ``GetOp``, ``SearchOp``, ``ListNamespacesOp`` and ``PutOp``, in any order.

        Returns:
            A result each, in that order; None for a write.

        Raises:
            InvalidArgumentError: An operation cannot be used; nothing was written.
        """
        listed = list(ops)
        if any(isinstance(op, PutOp) for op in listed):
            return await super().abatch(listed)
        loop = asyncio.get_running_loop()
        room = self._room(loop)
        asked = _Asked(listed, loop.create_future())
        room.waiting.append(asked)
        if len(room.waiting) == 1:
            task = loop.create_task(self._gather(room))
            room.tasks.add(task)
            task.add_done_callback(room.tasks.discard)
        return await asked.answer

    def _room(self, loop: asyncio.AbstractEventLoop) -> _Room:
        with _LOCK:
            of_loop = _ROOMS.setdefault(loop, WeakKeyDictionary())
            return of_loop.setdefault(self, _Room())

    async def _gather(self, room: _Room) -> None:
        # those that were made ready with this one come first
        await asyncio.sleep(0)
        together, room.waiting = room.waiting, []
        running = asyncio.ensure_future(self._answer(together))
        left = {asked.answer for asked in together}

        def leave(answer: asyncio.Future[list[Result]]) -> None:
            left.discard(answer)
            # nobody waits any more: what runs on the server is cancelled
            if not left:
                running.cancel()

        for asked in together:
            asked.answer.add_done_callback(leave)
        try:
            await running
        except asyncio.CancelledError:
            running.cancel()
            for asked in together:
                asked.answer.cancel()
            raise

    async def _answer(self, together: list[_Asked]) -> None:
        wanted = [asked for asked in together if not asked.answer.done()]
        try:
            results = await super().abatch([op for asked in wanted for op in asked.ops])
        except Exception as error:  # noqa: BLE001  # whatever it is, its caller is told
            if len(wanted) == 1:
                _fail(wanted[0], error)
                return
            # whose it is shows when each runs alone
            await asyncio.gather(*(self._answer([asked]) for asked in wanted))
            return
        start = 0
        for asked in wanted:
            end = start + len(asked.ops)
            if not asked.answer.done():
                asked.answer.set_result(results[start:end])
            start = end


def _fail(asked: _Asked, error: Exception) -> None:
    if not asked.answer.done():
        asked.answer.set_exception(error)
