"""When a read may go to a replica: shared by the sync and the async driver."""

from __future__ import annotations

import logging
import threading
import time
import weakref
from typing import TYPE_CHECKING, Any

from psycopg import sql

from pgrecall._statements.statement import Statement

if TYPE_CHECKING:
    import psycopg

    from pgrecall._connections.settings import Settings
    from pgrecall._operations.work import Work

_logger = logging.getLogger("pgrecall.connections")

REST_SECONDS = 5.0
"""How long the primary serves alone after no replica could be reached."""

CATCH_UP_SECONDS = 1.0
"""How long a read waits for a replica to replay the store's last write; then the primary serves."""

CATCH_UP_PAUSE = 0.005

WRITTEN = Statement(sql.SQL("SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint"))
"""Where the log ends: asked after a commit, it lies behind what was committed."""

# a server that was promoted replays nothing: it has what it has
REPLAYED = Statement(
    sql.SQL(
        "SELECT CASE WHEN pg_is_in_recovery()"
        " THEN (pg_last_wal_replay_lsn() - '0/0')::bigint ELSE 9223372036854775807 END"
    )
)


class Replicas:
    """What one store knows of its replicas: whether to ask them, and how far they must be."""

    def __init__(self, settings: Settings) -> None:
        """Expect them to be there."""
        self.settings = settings.of_replicas()
        self.follows_writes = (
            self.settings is not None and settings.consistency == "read_your_writes"
        )
        self.pools: weakref.WeakSet[Any] = weakref.WeakSet()
        self._resting_until = 0.0
        self._written = 0
        self._unknown = False
        self._lock = threading.Lock()
        self._replayed: weakref.WeakKeyDictionary[psycopg.BaseConnection[Any], int] = (
            weakref.WeakKeyDictionary()
        )

    def may_serve(self, work: Work[Any]) -> bool:
        """Tell whether to ask a replica; after a rest, one caller tries and the others wait."""
        if self.settings is None or not work.replica or self._unknown:
            return False
        if not self._resting_until:
            return True
        with self._lock:
            if time.monotonic() < self._resting_until:
                return False
            self._resting_until = time.monotonic() + REST_SECONDS
            return True

    def rest(self) -> None:
        """Note that none could be reached."""
        if not self._resting_until:
            _logger.warning(
                "no replica could be reached: the primary serves, and every %g s one read tries"
                " the replicas again",
                REST_SECONDS,
            )
        self._resting_until = time.monotonic() + REST_SECONDS

    def reached(self) -> None:
        """Note that one was reached."""
        if self._resting_until:
            _logger.info("a replica was reached again")
        self._resting_until = 0.0

    def wrote(self, end_of_log: int | None) -> None:
        """Note how far the log goes after a write; None where that could not be asked."""
        with self._lock:
            self._unknown = end_of_log is None
            self._written = max(self._written, end_of_log or 0)

    def is_caught_up(self, connection: psycopg.BaseConnection[Any]) -> bool:
        """Tell whether a replica is known to have the store's last write."""
        return not self.follows_writes or self._replayed.get(connection, 0) >= self._written

    def replayed(self, connection: psycopg.BaseConnection[Any], so_far: int) -> None:
        """Note how far a replica is."""
        self._replayed[connection] = so_far
