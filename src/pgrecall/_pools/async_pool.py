"""The async connections of a store in one event loop: a pool that its callers keep."""

from __future__ import annotations

import asyncio
import sys
import time
import weakref
from typing import TYPE_CHECKING, Any

import psycopg

from pgrecall._connections.failures import (
    connecting_failed,
    is_refusal,
    pool_closed,
    pool_full,
    server_silent,
)
from pgrecall._pools.in_loop import InLoop
from pgrecall._pools.sessions import (
    BACKEND_PID,
    Known,
    abandon,
    forget_frames,
    is_clean,
    looks_dead,
)
from pgrecall._pools.slots import (
    FIRST_LOOK_SECONDS,
    LOOK_SECONDS,
    PAUSE_SECONDS,
    TURN_SECONDS,
    Slots,
)
from pgrecall._pools.waiting import LoopSignal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from pgrecall._connections.settings import Settings
    from pgrecall._pools.slots import Lease
    from pgrecall.errors import ConnectionFailedError


class _Kept(psycopg.AsyncConnection[Any]):
    """A connection of a pool.

    What breaks off its making lets go of it, which ends its session: psycopg warns of no leak then.
    """

    def __init__(self, *args: Any, **keywords: Any) -> None:
        self._pool = None
        super().__init__(*args, **keywords)

    def is_made(self) -> None:
        """From now on a pool has it: to be let go of while it is open is a leak."""
        del self._pool


class AsyncPool(InLoop):
    """Lends connections to the tasks of one event loop.

    A call connects for itself, so that its error is its own, and one call at a time does.
    """

    def __init__(
        self,
        settings: Settings,
        known: Known,
        prepare: Callable[[psycopg.AsyncConnection[Any]], Awaitable[None]] | None = None,
    ) -> None:
        """Connect to nothing yet; ``prepare`` sees each new connection before anybody has it."""
        super().__init__(Slots(settings.max_connections, settings.min_connections))
        self.max_size = settings.max_connections
        self.timeout = settings.connection_timeout
        self._settings = settings
        self._known = known
        # weakly: what closes the pool when its driver is gone must not keep the driver
        self._prepare = None if prepare is None else weakref.WeakMethod(prepare)

    async def take(self, lease: Lease) -> None:
        """Give a lease a connection that is idle, or a new one.

        Raises:
            ConnectionFailedError: The server cannot be reached, or the pool stays full.
        """
        await self.take_until(lease, lease.since + self.timeout)

    async def take_until(self, lease: Lease, deadline: float) -> None:
        """As ``take``, up to a time of the monotonic clock."""
        with self._lock:
            is_served = self._slots.lend_idle(lease)
        if not is_served:
            await self._wait_for_slot(lease, deadline)
        while True:
            if lease.connection is None:
                await self._wait_for_turn(lease, deadline)
            if lease.connection is None:
                await self._connect(lease, deadline)
            elif await self._is_alive(lease.connection):
                return
            else:
                with self._lock:
                    self._slots.drop(lease)

    def give(self, lease: Lease) -> None:
        """Take back what a lease holds, whatever its call did; may be called again."""
        if lease.connection is not None and not is_clean(lease.connection):
            lease.soiled = True
        with self._lock:
            self._slots.end(lease)
            due = self._slots.close_surplus()
        if due is not None:
            self._sweep(due)

    def counts(self) -> dict[str, int]:
        """Count connections and callers, under psycopg_pool's names."""
        return self._slots.counts()

    def abandon(self) -> None:
        """Let go of the connections of the process that forked this one."""
        self._slots.closed = True
        abandon(*self._slots.everything())

    async def _wait_for_slot(self, lease: Lease, deadline: float) -> None:
        with self._lock:
            if self._slots.closed:
                raise pool_closed()
            if self._slots.ask(lease):
                return
            signal = LoopSignal()
            lease.wake = signal.set
        pause = FIRST_LOOK_SECONDS
        while (left := deadline - time.monotonic()) > 0:
            await signal.wait(min(pause, left))
            pause = LOOK_SECONDS
            with self._lock:
                if lease.granted:
                    return
                if self._slots.closed:
                    raise pool_closed()
                self._slots.look()
        if not lease.granted:
            raise self._gave_up(lease)

    async def _wait_for_turn(self, lease: Lease, deadline: float) -> None:
        while True:
            with self._lock:
                if self._slots.closed:
                    raise pool_closed()
                if self._slots.may_connect(lease):
                    return
                self._slots.look()
            if time.monotonic() > deadline:
                raise self._gave_up(lease)
            await asyncio.sleep(TURN_SECONDS)

    async def _connect(self, lease: Lease, deadline: float) -> None:
        try:
            if True:  # ASYNC
                # a loop that ends meanwhile leaves it half made: finish() closes it
                self._attempt = self._connected(lease)
                connection = await self._attempt
            else:
                connection = self._connected(lease)
        except psycopg.Error as error:
            with self._lock:
                self._slots.failed(lease, error)
            # a server that was never reached is told at once; one that restarts is waited for
            final = not self._slots.reached or is_refusal(error)
            if final or time.monotonic() + PAUSE_SECONDS > deadline:
                raise connecting_failed(error, self._settings.where()) from error
            # a server that takes no more connections serves on those that it took
            await asyncio.sleep(PAUSE_SECONDS)
        else:
            with self._lock:
                self._slots.connected(lease, connection)

    async def _connected(self, lease: Lease) -> _Kept:
        conninfo = await self._settings.conninfo_async()
        # the lease has it from its first moment: however this ends, giving back closes what is
        # not noted in the books yet
        lease.soiled = True
        outer = sys.exception()
        try:
            lease.connection = connection = await _Kept.connect(conninfo, autocommit=True)
        except BaseException as error:
            # frames that somebody keeps would keep a connection half made, and its session
            try:
                forget_frames(error, outer)
            finally:
                # a second interruption must not keep them either; done, this does nothing
                forget_frames(error, outer)
            raise
        cursor = await connection.execute(BACKEND_PID.sql)
        found = await cursor.fetchone()
        self._known.add(connection, found[0] if found else 0)
        prepare = self._prepare and self._prepare()
        if prepare:
            await prepare(connection)
        connection.is_made()
        return connection

    async def _is_alive(self, connection: psycopg.AsyncConnection[Any]) -> bool:
        if not looks_dead(connection):
            return True
        try:
            await connection.execute(b"")
        except psycopg.Error:
            return False
        return is_clean(connection)

    def _gave_up(self, lease: Lease) -> ConnectionFailedError:
        error = self._slots.failure_since(lease)
        if error is not None:
            return connecting_failed(error, self._settings.where())
        if self._slots.is_connecting(lease):
            return server_silent(self._settings.where(), self.timeout)
        return pool_full(self.max_size, self.timeout)
