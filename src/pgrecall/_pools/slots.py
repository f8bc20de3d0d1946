"""Who holds a connection of a pool and who waits for one: bookkeeping, no I/O and no locks.

Both kinds of pool keep their books here. What is true follows from the three collections alone,
never from a counter, so that an interruption between two lines leaves nothing that the next call
does not put right.
"""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from typing import TYPE_CHECKING, Any, Protocol

from pgrecall._pools.sessions import finish
from pgrecall.models import PoolStatistics

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from psycopg import BaseConnection

MAX_IDLE_SECONDS = 600.0
"""How long a connection beyond the pool's least rests before it is closed."""

MAX_AGE_SECONDS = 3600.0
"""How old a connection becomes: a session's memory grows, and a DNS name may move."""

FIRST_LOOK_SECONDS = 0.02
"""How long a call waits before it looks for slots whose calls are over."""

LOOK_SECONDS = 0.25
"""How often it looks again, and so how long a wake-up that an interruption swallowed is missed."""

PAUSE_SECONDS = 0.05
"""How long a call waits between two attempts to connect."""

TURN_SECONDS = 0.005
"""How often a call that may connect looks whether another one's attempt is done."""


class Counted(Protocol):
    """A pool that can tell how busy it is."""

    max_size: int

    def counts(self) -> Mapping[str, int]:
        """Count connections and callers, under psycopg_pool's names."""


def statistics_of(pool: Counted | None, maximum: int) -> PoolStatistics:
    """Read a pool's own counters; ``maximum`` is that of a pool not opened yet."""
    if pool is None:
        return PoolStatistics(0, 0, 0, maximum)
    counted = pool.counts()
    return PoolStatistics(
        counted.get("pool_size", 0),
        counted.get("pool_available", 0),
        counted.get("requests_waiting", 0),
        pool.max_size,
    )


class Owner(Protocol):
    """Who took a lease."""

    def is_over(self) -> bool:
        """Tell whether the call that took it runs no more."""

    def is_left_behind(self) -> bool:
        """Tell whether who asks now took it before, in a call that runs no more."""

    def done(self) -> None:
        """Forget the call: it has given the lease back."""


class Lease:
    """One call's claim on a connection.

    Attributes:
        owner: Tells whether the call is over.
        connection: The connection, from when it is there.
        granted: Whether the call holds one of the pool's slots.
        since: When it asked, by the monotonic clock.
        soiled: Whether the connection was left in the middle of something: it is closed.
        autocommit: What a connection of the caller's pool was set to.
    """

    __slots__ = ("autocommit", "connection", "granted", "owner", "since", "soiled", "wake")

    def __init__(self, owner: Owner) -> None:
        """Hold nothing yet."""
        self.owner = owner
        self.connection: Any = None
        self.granted = False
        self.since = time.monotonic()
        self.soiled = False
        self.autocommit = True
        self.wake: Callable[[], object] | None = None

    def is_lost(self) -> bool:
        """Tell whether there is no connection any more."""
        return self.connection is None or bool(self.connection.closed)


class Slots:
    """The books of one pool.

    Attributes:
        size: Connections at most.
        least: Connections that are kept however long they rest.
        closed: Whether the pool takes no more calls.
        reached: Whether the server was ever reached.
    """

    def __init__(self, size: int, least: int) -> None:
        """Begin with no connection."""
        self.size = size
        self.least = least
        self.closed = False
        self.reached = False
        self._opened: dict[BaseConnection[Any], float] = {}
        self._idle: deque[tuple[BaseConnection[Any], float]] = deque()
        self._lent: dict[Lease, None] = {}
        self._waiting: OrderedDict[Lease, None] = OrderedDict()
        self._looked = 0.0
        # when a connection was given back last
        self._given_back = 0.0
        # whose turn it is to connect
        self._connecting: Lease | None = None
        # the newest failed attempt and when it was; None after one that worked
        self._failure: tuple[float, Exception] | None = None

    def counts(self) -> dict[str, int]:
        """Count connections and callers, under psycopg_pool's names."""
        return {
            "pool_size": len(self._opened),
            "pool_available": len(self._idle),
            "requests_waiting": len(self._waiting),
        }

    def ask(self, lease: Lease) -> bool:
        """Take a slot, or a place in the queue; tell whether it is a slot."""
        # what an interrupted call left open may hold locks that this one would wait for
        if self._lent:
            self._take_back([other for other in self._lent if other.owner.is_left_behind()])
            self.look()
        self._waiting[lease] = None
        self._serve(asking=lease)
        return lease.granted

    def lend_idle(self, lease: Lease) -> bool:
        """Give a slot and an idle connection at once where nobody has one; tell whether it did."""
        if self.closed or self._lent or self._waiting or not self._idle:
            return False
        self._lent[lease] = None
        lease.granted = True
        return self.may_connect(lease)

    def look(self) -> None:
        """Free the slots of calls that are over, close what nobody has, and serve who waits."""
        now = time.monotonic()
        if now - self._looked < FIRST_LOOK_SECONDS:
            return
        self._looked = now
        self._take_back([lease for lease in self._lent if lease.owner.is_over()])
        self._close_lost()
        self._serve()

    def may_connect(self, lease: Lease) -> bool:
        """Give a lease an idle connection, or its turn to connect: one at a time.

        Tells whether there is nothing to wait for; the lease then has a connection, or connects.
        """
        if lease.connection is None and self._idle:
            # out before it is named: what is nowhere is found, what is in two places is lent twice
            connection, _ = self._idle.pop()
            lease.connection = connection
        if lease.connection is not None:
            return True
        if self._connecting is None or self._connecting not in self._lent:
            self._close_lost()
            self._connecting = lease
        return self._connecting is lease

    def connected(self, lease: Lease, connection: BaseConnection[Any]) -> None:
        """Note a new connection, which the lease has."""
        self._opened[connection] = time.monotonic()
        lease.soiled = False
        self.reached = True
        self._failure = None
        self._connecting = None

    def failed(self, lease: Lease, error: Exception) -> None:
        """Note an attempt to connect that failed; another call may try next."""
        self._failure = (time.monotonic(), error)
        self.drop(lease)
        lease.soiled = False
        if self._connecting is lease:
            self._connecting = None

    def failure_since(self, lease: Lease) -> Exception | None:
        """Give why nobody could connect while a call waited; None where the pool was just full."""
        if self._is_full() or self._failure is None or self._failure[0] < lease.since:
            return None
        return self._failure[1]

    def is_connecting(self, lease: Lease) -> bool:
        """Tell whether a call waited for an attempt to connect, which is without an answer.

        Where connections came back meanwhile the server answers: it is the callers who are many.
        """
        is_served = self._given_back > lease.since
        return self._connecting is not None and not self._is_full() and not is_served

    def drop(self, lease: Lease) -> None:
        """Close a lease's connection; it keeps its slot."""
        if lease.connection is not None:
            # closed before it is let go of: one in the making is nowhere else
            self._close(lease.connection)
            lease.connection = None

    def end(self, lease: Lease) -> None:
        """Take back what a lease holds: its connection rests, or is closed. May be called again."""
        self._waiting.pop(lease, None)
        connection = lease.connection
        if connection is not None:
            now = time.monotonic()
            is_old = now - self._opened.get(connection, 0.0) > MAX_AGE_SECONDS
            if self.closed or lease.soiled or is_old or connection.closed:
                self.drop(lease)
            else:
                lease.connection = None
                self._idle.append((connection, now))
                self._given_back = now
        lease.granted = False
        if self._connecting is lease:
            self._connecting = None
        self._lent.pop(lease, None)
        if self._waiting:
            self._serve()

    def close(self) -> None:
        """Close what is idle now, and the rest as it comes back; nobody waits any longer.

        What an interrupted call did not give back comes no more. May be called again.
        """
        self.closed = True
        self._take_back([lease for lease in self._lent if lease.owner.is_over()])
        while self._idle:
            connection, _ = self._idle.pop()
            self._close(connection)
        self._close_lost()
        for lease in list(self._waiting):
            self._wake(lease)

    def finish(self) -> None:
        """Close every connection: whoever used one runs no more."""
        self.close()
        _, used = self.everything()
        for connection in used:
            self._close(connection)

    def close_surplus(self) -> float | None:
        """Close what rests for too long; tell in how many seconds the next is due, if any."""
        now = time.monotonic()
        while self._idle and len(self._opened) > self.least:
            _, since = self._idle[0]
            if now - since < MAX_IDLE_SECONDS:
                return since + MAX_IDLE_SECONDS - now
            connection, _ = self._idle.popleft()
            self._close(connection)
        return None

    def everything(self) -> tuple[list[BaseConnection[Any]], list[BaseConnection[Any]]]:
        """Give the idle connections, and those in use or in the making."""
        idle = [connection for connection, _ in self._idle]
        lent = [lease.connection for lease in self._lent if lease.connection is not None]
        every = dict.fromkeys([*self._opened, *lent])
        return idle, [connection for connection in every if connection not in idle]

    def _is_full(self) -> bool:
        return len(self._opened) >= self.size

    def _serve(self, asking: Lease | None = None) -> None:
        while not self.closed and self._waiting and len(self._lent) < self.size:
            lease = next(iter(self._waiting))
            if lease is not asking and lease.owner.is_over():
                del self._waiting[lease]
                continue
            self._lent[lease] = None
            lease.granted = True
            del self._waiting[lease]
            if lease.wake is not None:
                lease.wake()

    def _take_back(self, leases: list[Lease]) -> None:
        for lease in leases:
            lease.soiled = True
            self.end(lease)

    def _close_lost(self) -> None:
        # what an interruption left in no place at all
        held = {id(connection) for connection, _ in self._idle}
        held |= {id(lease.connection) for lease in self._lent}
        for connection in list(self._opened):
            if id(connection) not in held:
                self._close(connection)

    def _close(self, connection: BaseConnection[Any]) -> None:
        finish(connection)
        self._opened.pop(connection, None)

    @staticmethod
    def _wake(lease: Lease) -> None:
        if lease.wake is not None:
            lease.wake()
