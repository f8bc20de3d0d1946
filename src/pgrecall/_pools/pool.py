"""The sync connections of a store: a pool that its callers keep, without workers of its own."""

from __future__ import annotations

import logging
import threading
import time
import weakref
from traceback import clear_frames
from typing import TYPE_CHECKING, Any

import psycopg

from pgrecall._connections.failures import (
    connecting_failed,
    is_refusal,
    pool_closed,
    pool_full,
    server_silent,
)
from pgrecall._pools.sessions import BACKEND_PID, Known, abandon, finish, is_clean, looks_dead
from pgrecall._pools.slots import (
    FIRST_LOOK_SECONDS,
    LOOK_SECONDS,
    PAUSE_SECONDS,
    TURN_SECONDS,
    Lease,
    Slots,
)
from pgrecall._pools.waiting import ThreadSignal

if TYPE_CHECKING:
    from collections.abc import Callable

    from pgrecall._connections.settings import Settings
    from pgrecall._pools.slots import Owner
    from pgrecall.errors import ConnectionFailedError

_logger = logging.getLogger("pgrecall.connections")


class Pool:
    """Lends connections to threads.

    A call connects for itself, so that its error is its own, and one call at a time does. A signal
    may come between any two lines: what it breaks off leaves at most a slot that looks taken, and
    the next call that waits sees that its owner runs no more, closes its connection and goes on.
    psycopg_pool keeps the place of a caller that was interrupted while it waited, for good
    (psycopg_pool 3.3.3).
    """

    def __init__(
        self,
        settings: Settings,
        known: Known,
        prepare: Callable[[psycopg.Connection[Any]], None] | None = None,
    ) -> None:
        """Connect to nothing yet; ``prepare`` sees each new connection before anybody has it."""
        self.max_size = settings.max_connections
        self.timeout = settings.connection_timeout
        self._settings = settings
        self._known = known
        # weakly: what closes the pool when its driver is gone must not keep the driver
        self._prepare = None if prepare is None else weakref.WeakMethod(prepare)
        self._slots = Slots(settings.max_connections, settings.min_connections)
        # C code from the first instruction to the last: no signal comes between it and its body
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._sweeping: threading.Thread | None = None

    def take(self, lease: Lease) -> None:
        """Give a lease a connection that is idle, or a new one.

        Raises:
            ConnectionFailedError: The server cannot be reached, or the pool stays full.
        """
        self._take(lease, lease.since + self.timeout)

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

    def close(self) -> None:
        """Close what is idle now, and the rest as it comes back; nobody waits any longer."""
        self._stopped.set()
        with self._lock:
            self._slots.close()

    def fill(self, owner: Owner) -> None:
        """Open the connections that the pool keeps, before anybody needs the second.

        A server that grants fewer is served by those that it grants; nothing is tried twice.
        """
        leases = [Lease(owner) for _ in range(self._slots.least)]
        try:
            for lease in leases:
                self._take(lease, lease.since)
        except Exception as error:  # noqa: BLE001  # the call behind it has its connection
            _logger.info("fewer connections than min_connections=%d: %s", len(leases), error)
        finally:
            for lease in leases:
                self.give(lease)

    def abandon(self) -> None:
        """Let go of the connections of the process that forked this one."""
        self._slots.closed = True
        abandon(*self._slots.everything())

    def _take(self, lease: Lease, deadline: float) -> None:
        self._wait_for_slot(lease, deadline)
        while True:
            self._wait_for_turn(lease, deadline)
            if lease.connection is None:
                self._connect(lease, deadline)
            elif self._is_alive(lease.connection):
                return
            else:
                with self._lock:
                    self._slots.drop(lease)

    def _wait_for_slot(self, lease: Lease, deadline: float) -> None:
        with self._lock:
            if self._slots.closed:
                raise pool_closed()
            if self._slots.ask(lease):
                return
            signal = ThreadSignal()
            lease.wake = signal.set
        pause = FIRST_LOOK_SECONDS
        while (left := deadline - time.monotonic()) > 0:
            signal.wait(min(pause, left))
            pause = LOOK_SECONDS
            with self._lock:
                if lease.granted:
                    return
                if self._slots.closed:
                    raise pool_closed()
                self._slots.look()
        if not lease.granted:
            raise self._gave_up(lease)

    def _wait_for_turn(self, lease: Lease, deadline: float) -> None:
        while True:
            with self._lock:
                if self._slots.may_connect(lease):
                    return
                self._slots.look()
            if time.monotonic() > deadline:
                raise self._gave_up(lease)
            time.sleep(TURN_SECONDS)

    def _connect(self, lease: Lease, deadline: float) -> None:
        try:
            connection = self._connected()
        except psycopg.Error as error:
            with self._lock:
                self._slots.failed(lease, error)
            # a server that was never reached is told at once; one that restarts is waited for
            final = not self._slots.reached or is_refusal(error)
            if final or time.monotonic() + PAUSE_SECONDS > deadline:
                raise connecting_failed(error, self._settings.where()) from error
            # a server that takes no more connections serves on those that it took
            time.sleep(PAUSE_SECONDS)
        else:
            with self._lock:
                self._slots.connected(lease, connection)

    def _connected(self) -> psycopg.Connection[Any]:
        conninfo = self._settings.conninfo()
        try:
            connection = psycopg.Connection.connect(conninfo, autocommit=True)
        except BaseException as error:
            # frames that somebody keeps would keep a connection half made, and its session
            clear_frames(error.__traceback__)
            raise
        try:
            cursor = connection.execute(BACKEND_PID.sql)
            found = cursor.fetchone()
            self._known.add(connection, found[0] if found else 0)
            prepare = self._prepare and self._prepare()
            if prepare:
                prepare(connection)
        except BaseException:
            finish(connection)
            raise
        return connection

    def _is_alive(self, connection: psycopg.Connection[Any]) -> bool:
        if not looks_dead(connection):
            return True
        try:
            connection.execute(b"")
        except psycopg.Error:
            return False
        return is_clean(connection)

    def _gave_up(self, lease: Lease) -> ConnectionFailedError:
        error = self._slots.failure_since(lease)
        if error is not None:
            return connecting_failed(error, self._settings.where())
        if self._slots.is_connecting():
            return server_silent(self._settings.where(), self.timeout)
        return pool_full(self.max_size, self.timeout)

    def _sweep(self, due: float) -> None:
        # only while there is something to close; the thread keeps nothing of the pool
        if self._sweeping is None:
            self._sweeping = threading.Thread(
                target=_sweep, args=(weakref.ref(self), self._stopped, due), daemon=True
            )
            try:
                self._sweeping.start()
            except RuntimeError:
                # a process that may start no thread just now: the next call tries again
                self._sweeping = None

    def _swept(self) -> float | None:
        with self._lock:
            due = self._slots.close_surplus()
            if due is None:
                self._sweeping = None
        return due


def _sweep(reference: weakref.ref[Pool], stopped: threading.Event, due: float | None) -> None:
    while due is not None and not stopped.wait(due):
        pool = reference()
        due = pool._swept() if pool is not None else None  # noqa: SLF001  # its own thread
        del pool
