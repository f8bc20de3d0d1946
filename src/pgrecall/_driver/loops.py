"""What an async store has in one event loop."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from pgrecall._pools.async_pool import AsyncPool
from pgrecall._pools.given import GivenAsyncPool

if TYPE_CHECKING:
    import threading

AnyPool: TypeAlias = AsyncPool | GivenAsyncPool


@dataclass(slots=True)
class Loop:
    """What belongs to one event loop."""

    pool: AsyncPool | None = None
    replicas: AsyncPool | None = None

    def close(self) -> None:
        """Close the connections that are at rest, and the others as they come back."""
        for pool in self._pools():
            pool.close()

    def close_soon(self, loop: asyncio.AbstractEventLoop, closed: threading.Event) -> None:
        """Close them within their loop, which another thread runs, and set ``closed`` then."""

        def close() -> None:
            self.close()
            closed.set()

        try:
            loop.call_soon_threadsafe(close)
        except RuntimeError:
            # the loop was closed a moment ago
            self.finish()
            closed.set()

    def finish(self) -> None:
        """Close every connection of a loop that runs no more."""
        for pool in self._pools():
            pool.finish()

    def abandon(self) -> None:
        """Let go of the connections of the process that forked this one."""
        for pool in self._pools():
            pool.abandon()

    def _pools(self) -> list[AsyncPool]:
        return [pool for pool in (self.pool, self.replicas) if pool is not None]


def finish_all(loops: dict[asyncio.AbstractEventLoop, Loop]) -> None:
    """Close the connections of a store that is gone."""
    for state in loops.values():
        state.finish()


def running_loop() -> asyncio.AbstractEventLoop | None:
    """Give this thread's running event loop."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
