"""A primary is lost under its writers, and a synchronous standby takes its place."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from integration_tests.shared.clusters import Cluster, cluster
from integration_tests.shared.faults import (
    check_aftermath,
    kill_server,
    tagged,
    until,
    whole_batches,
)

from pgrecall import (
    AsyncStore,
    Collection,
    ConnectionFailedError,
    OutcomeUnknownError,
    Store,
    embedded,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SIZES = (10, 2_500)
"""Items of a batch that one statement writes, and of one that takes a transaction."""

WRITERS = 3
"""Writers of either store."""


@dataclass
class Log:
    """What the writers were told of their batches."""

    acknowledged: set[int] = field(default_factory=set)
    unknown: set[int] = field(default_factory=set)
    failed: set[int] = field(default_factory=set)
    stop: threading.Event = field(default_factory=threading.Event)
    _next: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def batch(self) -> int:
        with self._lock:
            self._next += 1
            return self._next

    def write(self, store: Store) -> None:
        """Write batch after batch in a thread."""
        while not self.stop.is_set():
            batch = self.batch()
            try:
                store.upsert("tenant", "docs", tagged(batch, SIZES[batch % 2]))
            except OutcomeUnknownError:
                self.unknown.add(batch)
            except ConnectionFailedError:
                self.failed.add(batch)
            else:
                self.acknowledged.add(batch)

    async def write_async(self, store: AsyncStore) -> None:
        """Write batch after batch in a task."""
        while not self.stop.is_set():
            batch = self.batch()
            try:
                await store.upsert("tenant", "docs", tagged(batch, SIZES[batch % 2]))
            except OutcomeUnknownError:
                self.unknown.add(batch)
            except ConnectionFailedError:
                self.failed.add(batch)
            else:
                self.acknowledged.add(batch)


def make_synchronous(servers: Cluster) -> None:
    """Let the primary acknowledge what its standby has on disk."""
    servers.execute(
        servers.primary,
        "ALTER SYSTEM SET synchronous_standby_names = '*'",
        "SELECT pg_reload_conf()",
    )
    question = "SELECT sync_state = 'sync' FROM pg_stat_replication"
    servers.wait(servers.primary, question)


@pytest.mark.parametrize("disaster", [kill_server, embedded.stop])
async def test_a_failover_under_writers_loses_no_acknowledged_write_and_leaves_no_part_of_a_batch(
    disaster: Callable[[Path], object],
) -> None:
    with cluster(1) as servers:
        [standby] = servers.standbys
        make_synchronous(servers)
        dsn = servers.dsn(servers.primary, standby, target_session_attrs="read-write")
        options: dict[str, Any] = {"connection_timeout": 1.0}
        with Store(dsn, **options) as store:
            made = store.ensure_collection("tenant", Collection("docs", 3))
            assert made.table_name is not None
            async with AsyncStore(dsn, **options) as async_store:
                log = Log()
                writers = [
                    *(asyncio.to_thread(log.write, store) for _ in range(WRITERS)),
                    *(log.write_async(async_store) for _ in range(WRITERS)),
                ]
                writing = asyncio.gather(*writers)
                await until(lambda: len(log.acknowledged) > 4 * WRITERS)
                await asyncio.to_thread(disaster, servers.primary)
                await asyncio.to_thread(servers.promote, standby)
                before = len(log.acknowledged)
                await until(lambda: len(log.acknowledged) > before + 4 * WRITERS)
                log.stop.set()
                await writing
                stored = set(whole_batches(servers.dsn(standby), made.table_name))
                assert log.acknowledged <= stored
                assert not log.failed & stored
                assert stored <= log.acknowledged | log.unknown
                for batch in log.unknown | log.failed:
                    await async_store.upsert("tenant", "docs", tagged(batch, SIZES[batch % 2]))
                again = set(whole_batches(servers.dsn(standby), made.table_name))
                assert again == log.acknowledged | log.unknown | log.failed
                await check_aftermath(async_store, servers.dsn(standby), "tenant")
