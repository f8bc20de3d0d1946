"""A log of searches in a table of the store's schema, for ``on_search``."""

from __future__ import annotations

import random
import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pgrecall._operations.watching import keeping
from pgrecall._operations.watching.documents import row_of
from pgrecall._pools.forks import renewed_in_children
from pgrecall._values.numbers import real_number
from pgrecall.async_store import AsyncStore
from pgrecall.errors import (
    ConnectionFailedError,
    DatabaseError,
    InvalidArgumentError,
    PgRecallError,
)
from pgrecall.store import Store

if TYPE_CHECKING:
    from pgrecall._operations.work import Operation
    from pgrecall._statements.collections.log import Row
    from pgrecall.events import SearchEvent

ROWS, BYTES = 100, 1 << 20
"""Searches, and bytes of them, that are written at once at most."""

REFUSED_SECONDS = 30.0
"""After a write that failed, none is tried for so long: nobody is bothered with what cannot be."""

PRUNE_SECONDS, PRUNES = 10.0, 10
"""How often what has expired is removed, and how many batches of it then."""

_ALONE = {
    "min_connections": 0,
    "max_connections": 1,
    "setup": False,
    "read_dsn": None,
    "consistency": "eventual",
}
_NOT_ALLOWED = {"42501", "25006"}  # insufficient_privilege, read_only_sql_transaction
_LONGEST = timedelta(days=36_500)


def search_log(
    store: Store | AsyncStore, keep: timedelta = timedelta(days=30), sample: float = 1.0
) -> SearchLog:
    """Make a function for ``on_search`` that keeps searches in the table ``log`` for a while.

    ``Store(dsn, on_search=search_log(Store(dsn)))``. Each search is a row with its tenant and
    collection: mode, plan, milliseconds, the first 100 ids and scores, and a hash of the question;
    with ``search_questions=True`` of the store that searches also the question, its vector and
    options, which ``replay`` and ``pgrecall evaluate --from-log`` ask again. Rows are
    written some at a time, over a connection of the log's own. What has expired is removed by the
    log, where its role may, and by ``maintain``.

    Nothing of it fails or slows a search: where the role may not insert, the server cannot be
    reached, or searches come faster than they are written, they are left out and counted.

    Args:
        store: Where to write, made from a DSN; its schema has the table. The store that searches
            may be another, with another role. A ``Store`` on a pool of yours is used as it is.
        keep: How long a row is kept, 100 years at most.
        sample: Which share of the searches is kept, above 0 and at most 1: each by chance.

    Raises:
        InvalidArgumentError: An argument cannot be used.
    """
    return SearchLog(store, keep, sample)


class SearchLog:
    """What ``search_log`` gives: call it with a ``SearchEvent``. Safe for threads.

    Attributes:
        written: Searches that this process has written.
        dropped: Searches that it was told of, or that a store could not tell it in time, and that
            are not written.
    """

    def __init__(self, store: Store | AsyncStore, keep: timedelta, sample: float) -> None:
        """Check the arguments; connect to nothing yet."""
        if not isinstance(keep, timedelta) or not timedelta() < keep <= _LONGEST:
            msg = f"keep must be a timedelta above 0, {_LONGEST.days:,} days at most, not {keep!r}"
            raise InvalidArgumentError(msg)
        share = real_number(sample)
        if share is None or not 0 < share <= 1:
            msg = f"sample must be a number above 0 and at most 1, not {sample!r}"
            raise InvalidArgumentError(msg)
        self._store = _writer(store)
        self._is_own = self._store is not store
        self._keep, self._sample = keep, share
        self.renew()
        renewed_in_children(self)

    def renew(self) -> None:
        """Begin anew in a process that was forked: the parent writes what it was told of."""
        self._lock = threading.RLock()
        self.written = self.dropped = 0
        self._rows: list[Row] = []
        self._bytes = 0
        self._refused_until = self._prune_at = 0.0

    def __repr__(self) -> str:
        """Show where it writes; never a password."""
        return f"{type(self).__name__}({self._store!r})"

    def __call__(self, event: SearchEvent) -> None:
        """Keep a search, if chance has it so; it is written with others."""
        with self._lock:
            self.dropped += event.dropped
            if self._sample < 1 and random.random() >= self._sample:  # noqa: S311  # no secret
                return
            if time.monotonic() < self._refused_until:
                self.dropped += 1
                return
            row = row_of(event)
            self._rows.append(row)
            self._bytes += len(row.document)
            if len(self._rows) >= ROWS or self._bytes >= BYTES:
                self.flush()

    def flush(self) -> None:
        """Write what was gathered; a store calls it after a quiet second."""
        with self._lock:
            rows, self._rows, self._bytes = self._rows, [], 0
            if not rows:
                return
            try:
                self._run(keeping.keep(self._context, rows, self._keep.total_seconds()))
            except BaseException as error:
                self.dropped += len(rows)
                if not isinstance(error, PgRecallError):
                    raise  # an interruption says nothing of the server
                self._refused_until = time.monotonic() + REFUSED_SECONDS
                if _is_expected(error):
                    return
                raise
            self.written += len(rows)
            if time.monotonic() >= self._prune_at:
                self._prune_at = time.monotonic() + PRUNE_SECONDS
                self._prune()

    def close(self) -> None:
        """Write what was gathered, and close the connection of its own; a later call goes on."""
        self.flush()
        if self._is_own:
            self._store.close()

    @property
    def _context(self) -> Any:
        return self._store._driver.context  # noqa: SLF001  # of the same package

    def _run(self, operation: Operation[Any]) -> Any:
        return self._store._driver.run(operation)  # noqa: SLF001  # of the same package

    def _prune(self) -> None:
        try:
            for _ in range(PRUNES):
                if self._run(keeping.prune(self._context)) != keeping.BATCH:
                    return
        except PgRecallError:
            # who may not delete leaves it to maintain()
            self._prune_at = float("inf")


def _is_expected(error: PgRecallError) -> bool:
    """Tell whether nobody needs to hear of it: the role may not write, or no server is there."""
    if isinstance(error, ConnectionFailedError):
        return True
    return isinstance(error, DatabaseError) and error.sqlstate in _NOT_ALLOWED


def _writer(store: object) -> Store:
    """Give a store of one connection for the log alone, or the caller's own on his pool."""
    if not isinstance(store, Store | AsyncStore):
        msg = f"store must be a pgrecall.Store or AsyncStore, not {type(store).__name__}"
        raise InvalidArgumentError(msg)
    driver = store._driver  # noqa: SLF001  # of the same package
    if not driver.borrows:
        return Store(**{**driver.settings.arguments(), **_ALONE})
    if isinstance(store, Store) and not driver.context.is_callers:
        return store
    msg = (
        f"{store!r} runs on {driver.borrows}, which a log cannot write to from a thread of its own:"
        " give it a store made from a DSN"
    )
    raise InvalidArgumentError(msg)
