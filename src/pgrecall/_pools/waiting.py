"""How a call waits for a connection: in a thread, or in an event loop."""

from __future__ import annotations

import asyncio
import threading


class ThreadSignal:
    """Wakes one waiting thread."""

    def __init__(self) -> None:
        """Begin unset."""
        self._lock = threading.Lock()
        self._lock.acquire()

    def set(self) -> None:
        """Wake it; more than once does no harm."""
        if self._lock.locked():
            self._lock.release()

    def wait(self, seconds: float) -> bool:
        """Wait until it is set, or for some seconds; tell whether it was set."""
        # a bare lock: an Event waits in Python code of many lines, each of which may be interrupted
        return self._lock.acquire(timeout=max(seconds, 0.0))


class LoopSignal:
    """Wakes one waiting task."""

    def __init__(self) -> None:
        """Begin unset."""
        self._loop = asyncio.get_running_loop()
        self._future: asyncio.Future[None] = self._loop.create_future()
        self._expired = False

    def set(self) -> None:
        """Wake it; more than once does no harm, nor where its loop has ended."""
        if not self._future.done() and not self._loop.is_closed():
            self._future.set_result(None)

    async def wait(self, seconds: float) -> None:
        """Wait until it is set, or for some seconds."""
        if self._expired:
            self._future, self._expired = self._loop.create_future(), False
        # half of what asyncio.wait takes: each call of a busy pool waits here
        timer = self._loop.call_later(max(seconds, 0.0), self._expire)
        try:
            await self._future
        finally:
            timer.cancel()

    def _expire(self) -> None:
        if not self._future.done():
            self._expired = True
            self._future.set_result(None)
