"""Where a sync driver has its pools, and how its calls go on: in threads."""

from __future__ import annotations

import inspect
import logging
import weakref
from abc import ABC, abstractmethod
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

from pgrecall._driver.state import State
from pgrecall._pools.forks import renewed_in_children
from pgrecall._pools.given import GivenPool
from pgrecall._pools.owners import CallOwner
from pgrecall._pools.pool import Pool
from pgrecall._pools.slots import Lease, statistics_of
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    import psycopg
    from psycopg_pool import ConnectionPool

    from pgrecall._connections.settings import Settings
    from pgrecall._operations.work import Call
    from pgrecall._pools.slots import Owner
    from pgrecall.models import PoolStatistics

AnyPool: TypeAlias = Pool | GivenPool

WAITS_FOR_CANCEL = True
"""An interrupted thread waits until its request to cancel was sent."""

_PRIMARY, _REPLICAS = "primary", "replicas"

_logger = logging.getLogger("pgrecall.connections")


class ThreadPools(State, ABC):
    """The pools of a sync driver. Safe for threads."""

    _given: GivenPool | None

    def __init__(self, settings: Settings, pool: ConnectionPool[Any] | None) -> None:
        """Connect to nothing yet: the first operation does."""
        super().__init__(settings, given=pool is not None)
        self._given = None if pool is None else GivenPool(pool, self._known)
        self._pools: dict[object, Pool] = {}
        # a store that nobody closed leaves no connection open all the same
        weakref.finalize(self, _close_all, self._pools)
        renewed_in_children(self)

    def close(self) -> None:
        """Close the store's own pools; a pool of the caller's stays open."""
        try:
            if self.context.watch is not None:
                self.context.watch.close()
        finally:
            self._close_pools()

    def _close_pools(self) -> None:
        with self._lock:
            _close_all(self._pools)

    def renew(self) -> None:
        """Begin anew in a process that was forked: nothing of the parent's is used or closed."""
        for pool in self._pools.values():
            pool.abandon()
        self._pools.clear()
        super().renew()

    def statistics(self) -> PoolStatistics:
        """Tell how busy the connections are."""
        replicas = self._pools.get(_REPLICAS)
        return replace(
            statistics_of(self._given or self._pools.get(_PRIMARY), self.settings.max_connections),
            replicas=statistics_of(replicas, replicas.max_size) if replicas else None,
        )

    def _ready_pool(self) -> AnyPool:
        self._check_inherited()
        ready = self._given or self._pools.get(_PRIMARY)
        if ready is not None and self.context.server is not None:
            return ready
        with self._lock:
            is_new = self._given is None and _PRIMARY not in self._pools
            pool = self._given or self._opened(_PRIMARY, self.settings, self._prepare)
        if self.context.server is None:
            self._begin(pool)
        if is_new and isinstance(pool, Pool):
            _fill(pool, CallOwner(), self.settings.min_connections)
        return pool

    def _ready_replicas(self) -> Pool:
        with self._lock:
            return self._opened(_REPLICAS, self._replicas.settings or self.settings)

    def _opened(
        self,
        which: str,
        settings: Settings,
        prepare: Callable[[psycopg.Connection[Any]], None] | None = None,
    ) -> Pool:
        if which not in self._pools:
            self._pools[which] = Pool(settings, self._known, prepare)
        return self._pools[which]

    def _give(self, pool: AnyPool, lease: Lease) -> None:
        pool.give(lease)
        lease.owner.done()

    @abstractmethod
    def _begin(self, pool: AnyPool) -> None:
        """Set the database up, over a pool's first connection."""

    @abstractmethod
    def _prepare(self, connection: psycopg.Connection[Any]) -> None:
        """Set the database up over a new connection, where it is not yet."""


def called(call: Call) -> Any:
    """Give what a function of the caller's gives.

    Raises:
        InvalidArgumentError: It is async: nobody here can wait for it.
    """
    result = call.run()
    if inspect.iscoroutine(result):
        result.close()  # or Python would warn that nobody awaited it
        msg = (
            f"{call.what} is an async function, and this call is sync: give a sync one, or make the"
            " call of an AsyncStore, or of an adapter's async method"
        )
        raise InvalidArgumentError(msg)
    return result


def acquired(lock: threading.Lock, seconds: float) -> bool:
    """Wait for a lock, for so long; tell whether it was got."""
    return lock.acquire(timeout=seconds)


def give_way() -> None:
    """Do nothing: other threads run meanwhile."""


def _close_all(pools: dict[object, Pool]) -> None:
    for which, pool in list(pools.items()):
        # under a name that no call asks for until it is closed: an interrupted one begins again
        pools[pool] = pool
        if which is not pool:
            pools.pop(which, None)
        pool.close()
        pools.pop(pool, None)


def _fill(pool: Pool, owner: Owner, least: int) -> None:
    """Open the connections that a pool keeps, before anybody needs the second.

    A server that grants fewer is served by those that it grants; nothing is tried twice.
    """
    leases = [Lease(owner) for _ in range(least)]
    try:
        for lease in leases:
            pool.take_until(lease, lease.since)
    except Exception as error:  # noqa: BLE001  # the call behind it has its connection
        _logger.info("fewer connections than min_connections=%d: %s", len(leases), error)
    finally:
        for lease in leases:
            pool.give(lease)
