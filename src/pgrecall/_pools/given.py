"""A psycopg_pool of the caller's, behind the same two calls as the store's own pools."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.rows import tuple_row

from pgrecall._connections.failures import POOL_FAILURES, given_pool_failed, is_hopeless, translated
from pgrecall._pools.beside import run_beside
from pgrecall._pools.sessions import BACKEND_PID, Known, finish, is_clean, looks_dead

if TYPE_CHECKING:
    from psycopg_pool import AsyncConnectionPool, ConnectionPool

    from pgrecall._pools.slots import Lease

# what puts a connection back in the background: a task that nobody holds may be collected
_GIVING: set[asyncio.Task[None]] = set()


class GivenPool:
    """A ``ConnectionPool`` of the caller's.

    psycopg_pool keeps the place of a thread that a signal interrupts while it waits, and loses a
    connection that is put back meanwhile. Only the main thread meets signals: another one calls the
    pool in its place there.
    """

    def __init__(self, pool: ConnectionPool[Any], known: Known) -> None:
        """Take nothing yet."""
        self.max_size = pool.max_size
        self._pool = pool
        self._known = known
        self._lent: dict[Lease, None] = {}

    def take(self, lease: Lease) -> None:
        """Give a lease a connection of the pool.

        Raises:
            ConnectionFailedError: The pool gave none that works.
        """
        for other in list(self._lent):
            if other.owner.is_over():
                other.soiled = True
                self.give(other)
        self._lent[lease] = None
        dropped = 0
        while lease.connection is None:
            try:
                self._borrow(lease)
            except POOL_FAILURES as error:
                raise given_pool_failed(error, self.max_size, self._pool.timeout) from error
            try:
                self._make_ready(lease)
            except psycopg.Error as error:
                dropped += 1
                lost = isinstance(error, psycopg.OperationalError)
                lease.soiled = True
                self.give(lease)
                self._lent[lease] = None
                if not lost or is_hopeless(dropped, self.max_size):
                    raise translated(error, lost=True) from error

    def give(self, lease: Lease) -> None:
        """Give back what a lease holds, or a closed connection in its place."""
        if lease.connection is None or not _meets_signals():
            self._give(lease)
        else:
            run_beside(lambda: self._give(lease), _nothing, _nothing)

    def _give(self, lease: Lease) -> None:
        # of those that see an interrupted call's at once, one gives it back
        if self._lent.pop(lease, lease) is lease:
            return
        try:
            connection = lease.connection
            if connection is not None:
                if lease.soiled or not is_clean(connection):
                    finish(connection)
                elif not lease.autocommit:
                    connection.set_autocommit(False)
                lease.connection = None
                self._pool.putconn(connection)
        except BaseException:
            # what was not given back is seen by the next call
            self._lent[lease] = None
            raise
        lease.soiled = False

    def counts(self) -> dict[str, int]:
        """Count connections and callers, as psycopg_pool does."""
        return self._pool.get_stats()

    def _borrow(self, lease: Lease) -> None:
        if _meets_signals():
            run_beside(
                self._pool.getconn,
                lambda connection: setattr(lease, "connection", connection),
                self._pool.putconn,
            )
        else:
            lease.connection = self._pool.getconn()

    def _make_ready(self, lease: Lease) -> None:
        connection = lease.connection
        lease.autocommit = connection.autocommit
        if looks_dead(connection):
            self._pool.check_connection(connection)
        if not lease.autocommit:
            connection.set_autocommit(True)
        if connection not in self._known:
            # a pool of the caller's may bring another cursor class or row factory
            cursor = psycopg.Cursor(connection, row_factory=tuple_row)
            found = cursor.execute(BACKEND_PID.sql).fetchone()
            self._known.add(connection, found[0] if found else 0)


def _meets_signals() -> bool:
    return threading.current_thread() is threading.main_thread()


def _nothing(_: object) -> None:
    """Do nothing."""


class GivenAsyncPool:
    """An ``AsyncConnectionPool`` of the caller's."""

    def __init__(self, pool: AsyncConnectionPool[Any], known: Known) -> None:
        """Take nothing yet."""
        self.max_size = pool.max_size
        self._pool = pool
        self._known = known

    async def take(self, lease: Lease) -> None:
        """Give a lease a connection of the pool.

        Raises:
            ConnectionFailedError: The pool gave none that works.
        """
        dropped = 0
        while lease.connection is None:
            try:
                lease.connection = await self._pool.getconn()
            except POOL_FAILURES as error:
                raise given_pool_failed(error, self.max_size, self._pool.timeout) from error
            try:
                await self._make_ready(lease)
            except psycopg.Error as error:
                dropped += 1
                lost = isinstance(error, psycopg.OperationalError)
                lease.soiled = True
                self.give(lease)
                if not lost or is_hopeless(dropped, self.max_size):
                    raise translated(error, lost=True) from error

    def give(self, lease: Lease) -> asyncio.Task[None] | None:
        """Give back what a lease holds, or a closed connection in its place.

        The pool's own call awaits, which an interrupted call cannot: a task makes it.
        """
        connection, lease.connection = lease.connection, None
        if connection is None:
            return None
        if lease.soiled or not is_clean(connection):
            finish(connection)
        lease.soiled = False
        task = asyncio.get_running_loop().create_task(self._put(connection, lease.autocommit))
        _GIVING.add(task)
        task.add_done_callback(_GIVING.discard)
        return task

    def counts(self) -> dict[str, int]:
        """Count connections and callers, as psycopg_pool does."""
        return self._pool.get_stats()

    async def _put(self, connection: psycopg.AsyncConnection[Any], autocommit: bool) -> None:
        try:
            if not autocommit and not connection.closed:
                await connection.set_autocommit(False)
        finally:
            await self._pool.putconn(connection)

    async def _make_ready(self, lease: Lease) -> None:
        connection = lease.connection
        lease.autocommit = connection.autocommit
        if looks_dead(connection):
            await self._pool.check_connection(connection)
        if not lease.autocommit:
            await connection.set_autocommit(True)
        if connection not in self._known:
            # a pool of the caller's may bring another cursor class or row factory
            cursor = psycopg.AsyncCursor(connection, row_factory=tuple_row)
            found = await (await cursor.execute(BACKEND_PID.sql)).fetchone()
            self._known.add(connection, found[0] if found else 0)
