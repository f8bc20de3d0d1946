"""The async connections of one event loop."""

from __future__ import annotations

import asyncio
import time
import weakref
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import psycopg
from psycopg_pool import AsyncConnectionPool, PoolClosed, PoolTimeout

from pgrecall._failures import connecting_failed

if TYPE_CHECKING:
    from pgrecall._connections import Settings

_PAUSE = 0.05  # seconds between two attempts to connect


class LoopPool:
    """A pool without tasks of its own, so that ``asyncio.run`` can end whatever it is doing.

    psycopg_pool's async workers take the cancellation at the end of a loop for a failed attempt to
    connect, and the loop waits for them for ever (psycopg_pool 3.3.3). This one connects within
    the call that wants a connection, starts at none, and gives the one used last.
    """

    def __init__(self, settings: Settings) -> None:
        """Connect to nothing yet."""
        self.max_size = settings.max_connections
        self.timeout = settings.connection_timeout
        self.closed = False
        self._waiting = 0
        self._settings = settings
        self._free = asyncio.Semaphore(self.max_size)
        self._idle: list[psycopg.AsyncConnection[Any]] = []
        self._opened: weakref.WeakSet[psycopg.AsyncConnection[Any]] = weakref.WeakSet()

    async def getconn(self) -> psycopg.AsyncConnection[Any]:
        """Give an idle connection, or a new one while there are fewer than ``max_size``."""
        if self.closed:
            raise PoolClosed
        deadline = time.monotonic() + self.timeout
        if self._free.locked():
            await self._wait()
        else:
            await self._free.acquire()
        try:
            return self._idle.pop() if self._idle else await self._connect(deadline)
        except BaseException:
            self._free.release()
            raise

    def get_stats(self) -> dict[str, int]:
        """Count connections and callers, under psycopg_pool's names."""
        return {
            "pool_size": sum(not connection.closed for connection in self._opened),
            "pool_available": len(self._idle),
            "requests_waiting": self._waiting,
        }

    async def _wait(self) -> None:
        self._waiting += 1
        try:
            async with asyncio.timeout(self.timeout):
                await self._free.acquire()
        except TimeoutError:
            raise PoolTimeout from None
        finally:
            self._waiting -= 1

    async def putconn(self, connection: psycopg.AsyncConnection[Any]) -> None:
        """Take a connection back; a broken one is forgotten."""
        if self.closed:
            await connection.close()
        elif not connection.closed:
            self._idle.append(connection)
        self._free.release()

    @staticmethod
    async def check_connection(connection: psycopg.AsyncConnection[Any]) -> None:
        """Raise an OperationalError unless the connection works."""
        await AsyncConnectionPool.check_connection(connection)

    async def close(self) -> None:
        """Close what is idle now, and the rest as it comes back."""
        self.closed = True
        while self._idle:
            await self._idle.pop().close()

    def finish_idle(self) -> None:
        """Close what is idle now without awaiting, and the rest as it comes back."""
        self.closed = True
        while self._idle:
            connection = self._idle.pop()
            connection.pgconn.finish()

    def finish(self) -> None:
        """Close the connections of a loop that runs no more: nothing can be awaited there."""
        self.closed = True
        for connection in list(self._opened):
            connection.pgconn.finish()

    async def _connect(self, deadline: float) -> psycopg.AsyncConnection[Any]:
        while True:
            conninfo = await asyncio.to_thread(self._settings.conninfo)
            try:
                connection = await psycopg.AsyncConnection.connect(conninfo, autocommit=True)
            except psycopg.OperationalError as error:
                if time.monotonic() + _PAUSE > deadline:
                    raise connecting_failed(error, self._settings.where()) from error
            else:
                self._opened.add(connection)
                return connection
            await asyncio.sleep(_PAUSE)
            if self._idle:
                # a server that takes no more connections serves on those that it took
                return self._idle.pop()


AnyPool: TypeAlias = LoopPool | AsyncConnectionPool[Any]


@dataclass(slots=True)
class Loop:
    """What belongs to one event loop."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    pool: LoopPool | None = None
    replicas: LoopPool | None = None

    def finish(self) -> None:
        """Close the connections of a loop that runs no more."""
        for pool in self._pools():
            pool.finish()

    def finish_idle(self) -> None:
        """Close the connections that are at rest, and the others as they come back."""
        for pool in self._pools():
            pool.finish_idle()

    async def close(self) -> None:
        """Close the connections from within the loop."""
        for pool in self._pools():
            await pool.close()

    def _pools(self) -> list[LoopPool]:
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
