"""Where an async driver has its pools, and how its calls go on: in event loops."""

from __future__ import annotations

import asyncio
import inspect
import weakref
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from pgrecall._driver.state import State
from pgrecall._pools.async_pool import AsyncPool
from pgrecall._pools.forks import renewed_in_children
from pgrecall._pools.given import GivenAsyncPool
from pgrecall._pools.owners import TaskOwner
from pgrecall._pools.slots import Lease, statistics_of

if TYPE_CHECKING:
    from collections.abc import Callable

    import psycopg
    from psycopg_pool import AsyncConnectionPool

    from pgrecall._connections.settings import Settings
    from pgrecall._operations.work import Call
    from pgrecall.models import PoolStatistics

AnyPool: TypeAlias = AsyncPool | GivenAsyncPool

WAITS_FOR_CANCEL = False
"""An event loop waits for nobody: a thread sends the request to cancel."""

CLOSE_SECONDS = 0.01
"""How often a closing store looks whether another thread's event loop has done its part."""


@dataclass(slots=True, eq=False)
class Loop:
    """What belongs to one event loop."""

    pool: AsyncPool | None = None
    replicas: AsyncPool | None = None

    def close(self) -> None:
        """Close the connections that are at rest, and the others as they come back."""
        for pool in self._pools():
            pool.close()

    def close_soon(self, loop: asyncio.AbstractEventLoop, closed: Callable[[Loop], object]) -> None:
        """Close them within their loop, which another thread runs, and tell ``closed`` then."""

        def close() -> None:
            self.close()
            closed(self)

        try:
            loop.call_soon_threadsafe(close)
        except RuntimeError:
            # the loop was closed a moment ago
            self.finish()
            closed(self)

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


class LoopPools(State, ABC):
    """The pools of an async driver: each event loop has its own."""

    _given: GivenAsyncPool | None

    def __init__(self, settings: Settings, pool: AsyncConnectionPool[Any] | None) -> None:
        """Connect to nothing yet: the first operation does."""
        super().__init__(settings, given=pool is not None)
        self._given = None if pool is None else GivenAsyncPool(pool, self._known)
        self._loops: dict[asyncio.AbstractEventLoop, Loop] = {}
        # a store that nobody closed leaves no connection open all the same
        self._leaving: dict[Loop, asyncio.AbstractEventLoop] = {}
        weakref.finalize(self, _finish_all, self._loops, self._leaving)
        renewed_in_children(self)

    async def close(self) -> None:
        """Close the store's own pools, those of other event loops too."""
        try:
            if self.context.watch is not None:
                await asyncio.to_thread(self.context.watch.close)
        finally:
            await self._close_pools()

    async def _close_pools(self) -> None:
        leaving = self._leave()
        for state, loop in leaving:
            if loop is asyncio.get_running_loop():
                state.close()
                self._left(state)
            else:
                state.close_soon(loop, self._left)
        for state, loop in leaving:
            # a loop that ends before it came to it runs no more: then it can be done from here
            while state in self._leaving and loop.is_running():  # noqa: ASYNC110  # of another thread
                await asyncio.sleep(CLOSE_SECONDS)
            if state in self._leaving:
                state.finish()
                self._left(state)

    def close_idle(self) -> None:
        """Close the connections that are at rest, from any thread; the others as they come back."""
        for state, loop in self._leave():
            if loop is not _running_loop() and loop.is_running():
                state.close_soon(loop, self._left)
                continue
            if loop is _running_loop():
                state.close()
            else:
                state.finish()
            self._left(state)

    def _leave(self) -> list[tuple[Loop, asyncio.AbstractEventLoop]]:
        """Let no call use the pools there are; give those that have to be closed.

        Each is kept until it is: a close that is interrupted can be called again.
        """
        with self._lock:
            self._leaving.update((state, loop) for loop, state in self._loops.items())
            self._loops.clear()
            return list(self._leaving.items())

    def _left(self, state: Loop) -> None:
        self._leaving.pop(state, None)

    def renew(self) -> None:
        """Begin anew in a process that was forked: nothing of the parent's is used or closed."""
        for state in [*self._loops.values(), *self._leaving]:
            state.abandon()
        self._loops.clear()
        self._leaving.clear()
        super().renew()

    def statistics(self) -> PoolStatistics:
        """Tell how busy the running event loop's connections are."""
        loop = self._loops.get(asyncio.get_running_loop()) or Loop()
        replicas = loop.replicas
        return replace(
            statistics_of(self._given or loop.pool, self.settings.max_connections),
            replicas=statistics_of(replicas, replicas.max_size) if replicas else None,
        )

    async def _ready_pool(self) -> AnyPool:
        self._check_inherited()
        pool = self._given or self._opened_pool()
        if self.context.server is None:
            await self._begin(pool)
        return pool

    def _new_loop(self) -> Loop:
        with self._lock:
            for loop in [loop for loop in self._loops if loop.is_closed()]:
                self._loops.pop(loop).finish()
            return self._loops.setdefault(asyncio.get_running_loop(), Loop())

    def _opened_pool(self) -> AsyncPool:
        loop = self._loops.get(asyncio.get_running_loop()) or self._new_loop()
        if loop.pool is None:
            loop.pool = AsyncPool(self.settings, self._known, self._prepare)
        return loop.pool

    def _ready_replicas(self) -> AsyncPool:
        loop = self._loops.get(asyncio.get_running_loop()) or self._new_loop()
        if loop.replicas is None:
            loop.replicas = AsyncPool(self._replicas.settings or self.settings, self._known)
        return loop.replicas

    async def _give(self, pool: AnyPool, lease: Lease) -> None:
        owner, interrupted = lease.owner, lease.soiled
        giving = pool.give(lease)
        is_lost = isinstance(owner, TaskOwner) and owner.is_lost()
        owner.done()
        if giving is not None and not interrupted:
            await asyncio.shield(giving)
        if is_lost:
            raise asyncio.CancelledError

    @abstractmethod
    async def _begin(self, pool: AnyPool) -> None:
        """Set the database up, over a pool's first connection."""

    @abstractmethod
    async def _prepare(self, connection: psycopg.AsyncConnection[Any]) -> None:
        """Set the database up over a new connection, where it is not yet."""


async def called(call: Call) -> Any:
    """Give what a function of the caller's gives, sync or async."""
    if call.in_thread and not _is_async(call.function):
        # one that is broken off meanwhile runs to its end there, and what it gives is left
        result, error = await asyncio.to_thread(_ended, call)
        if error is not None:
            try:
                raise error
            finally:
                del error  # with it an exception would hold this frame, and itself
    else:
        result = call.run()
    return await result if inspect.isawaitable(result) else result


def _ended(call: Call) -> tuple[Any, BaseException | None]:
    """Give what a call gives, or raises: a future would close who awaits it by a GeneratorExit."""
    try:
        return call.run(), None
    except BaseException as error:  # noqa: BLE001  # it is raised where the call was made
        return None, error


def _is_async(function: object) -> bool:
    """Tell whether a function, or an object that is called like one, is written to be awaited."""
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(
        getattr(type(function), "__call__", None)  # noqa: B004  # not whether there is one
    )


async def acquired(lock: asyncio.Lock, seconds: float) -> bool:
    """Wait for a lock, for so long; tell whether it was got."""
    try:
        async with asyncio.timeout(seconds):
            return await lock.acquire()
    except TimeoutError:
        return False


async def give_way() -> None:
    """Let the loop's other tasks run."""
    await asyncio.sleep(0)


def _finish_all(
    loops: dict[asyncio.AbstractEventLoop, Loop],
    leaving: dict[Loop, asyncio.AbstractEventLoop],
) -> None:
    """Close the connections of a store that is gone."""
    for state in [*loops.values(), *leaving]:
        state.finish()


def _running_loop() -> asyncio.AbstractEventLoop | None:
    """Give this thread's running event loop."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
