"""One connection: whether it may be lent again, and how it is left."""

from __future__ import annotations

import logging
import os
import select
import threading
import weakref
from traceback import clear_frames
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import pq, sql
from psycopg.adapt import AdaptersMap, Dumper

from pgrecall._statements.statement import Statement
from pgrecall._values.vectors import Encoded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sized

    from psycopg.abc import Buffer

BACKEND_PID = Statement(sql.SQL("SELECT pg_backend_pid()"))
"""Differs from what libpq was told where a pooler stands between."""

FORGET_PREPARED = Statement(sql.SQL("DEALLOCATE ALL"))
"""Leaves a session without prepared statements."""

_logger = logging.getLogger("pgrecall.connections")

LONG_BYTES = 2_000
"""SQL from here on is a long one: a search by text, or by both. Others take 10 MB at most."""
PREPARED_BYTES = 200_000
"""Long SQL that a session has prepared at once: some 20 MB of plans."""
LONG_STATEMENTS = 500
"""Long statements that are counted at once."""

CANCEL_SECONDS = 1.0
"""How long an interrupted call waits for its request to cancel to be sent."""

# connections of the process that forked this one, never closed here: see abandon()
_ABANDONED: list[psycopg.BaseConnection[Any]] = []


def is_clean(connection: psycopg.Connection[Any] | psycopg.AsyncConnection[Any]) -> bool:
    """Tell whether a connection is idle: no transaction, no pipeline, no result to be read."""
    pgconn = connection.pgconn
    return (
        pgconn.status == pq.ConnStatus.OK
        and pgconn.transaction_status == pq.TransactionStatus.IDLE
        and pgconn.pipeline_status == pq.PipelineStatus.OFF
        # psycopg's own note of a pipeline outlives libpq's where an interruption came in between
        and getattr(connection, "_pipeline", None) is None
        and not connection.lock.locked()
    )


def finish(connection: psycopg.BaseConnection[Any]) -> None:
    """Close a connection at once: nothing is awaited, so nothing can interrupt it."""
    connection.pgconn.finish()


def forget_frames(error: BaseException, outer: BaseException | None) -> None:
    """Let the frames that have ended with an error forget what they hold.

    Args:
        error: What came out; an interruption may have come while another one was on its way.
        outer: What was being handled before: no part of it.
    """
    link: BaseException | None = error
    while link is not None and link is not outer:
        clear_frames(link.__traceback__)
        link = link.__context__


def abandon(
    idle: list[psycopg.BaseConnection[Any]], used: list[psycopg.BaseConnection[Any]]
) -> None:
    """Let go of another process's connections after a fork, and send nothing, not even Terminate.

    The socket is shared with the parent: this process's descriptor is pointed at the null device.
    libpq's memory of a connection in use may have been copied halfway through a change, so those
    are not touched any further.
    """
    for connection in [*idle, *used]:
        if not connection.closed:
            _point_at_null(connection.pgconn.socket)
    for connection in idle:
        finish(connection)
    for connection in used:
        # as psycopg_pool marks its own: ending with the program is no leak to be told
        connection._pool = None  # noqa: SLF001  # the only mark it knows
        _ABANDONED.append(connection)


def _point_at_null(descriptor: int) -> None:
    # closed first: at the limit of open files there is no other descriptor to be had. This process
    # has one thread, so nobody takes the number in between
    os.close(descriptor)
    null = os.open(os.devnull, os.O_RDWR)
    if null != descriptor:
        os.dup2(null, descriptor, inheritable=False)
        os.close(null)


def is_owed_answers(
    connection: psycopg.Connection[Any] | psycopg.AsyncConnection[Any], queued: Sized
) -> bool:
    """Tell whether a pipeline that failed has answers to be read, or a server that skips on.

    After an error the server skips everything up to the next Sync, whatever else was read.
    """
    is_aborted = connection.pgconn.pipeline_status == pq.PipelineStatus.ABORTED
    return not connection.closed and (len(queued) > 0 or is_aborted)


def leave_pipeline(connection: psycopg.Connection[Any] | psycopg.AsyncConnection[Any]) -> None:
    """Leave a pipeline whose answers were all read; a connection that is lost has left it."""
    if not connection.closed:
        connection.pgconn.exit_pipeline_mode()
    connection._pipeline = None  # noqa: SLF001  # psycopg's block would have done it


def forget_prepared(connection: psycopg.Connection[Any] | psycopg.AsyncConnection[Any]) -> None:
    """Let psycopg forget what it has prepared; it tells the session after the next statement."""
    connection._prepared.clear()  # noqa: SLF001  # it does so itself after a ROLLBACK


def cancel_on_server(connection: psycopg.BaseConnection[Any], *, wait: bool) -> None:
    """Ask the server to end what the connection runs, and close it.

    The request goes over a connection of its own, which may hang where the network is silent: a
    thread sends it. It holds nothing of the connection.
    """
    if connection.closed:
        return
    cancel = connection.pgconn.get_cancel()
    sender = threading.Thread(target=_send_cancel, args=(cancel,), name="pgrecall-cancel")
    try:
        sender.start()
    except RuntimeError:
        # a process that may start no thread sends it itself
        _send_cancel(cancel)
        wait = False
    finish(connection)
    if wait:
        sender.join(CANCEL_SECONDS)


def _send_cancel(cancel: pq.abc.PGcancel) -> None:
    try:
        cancel.cancel()
    except psycopg.Error as error:
        # the server ends it when it notices that its client has gone
        _logger.info("a running statement could not be cancelled: %s", error)


def looks_dead(connection: psycopg.BaseConnection[Any]) -> bool:
    """Tell, without a round trip, whether an idle connection may have been cut.

    A server that goes away leaves an end of file, or a last message, to be read; an idle
    connection has nothing else to say.
    """
    if connection.closed:
        return True
    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(connection.fileno(), select.POLLIN)
        return bool(poll.poll(0))
    return bool(select.select([connection.fileno()], [], [], 0)[0])


class _EncodedDumper(Dumper):
    """Sends bytes that are a value already; type 0 lets the statement's cast decide."""

    format = pq.Format.BINARY
    oid = 0

    def dump(self, obj: Encoded) -> Buffer:
        return obj


def dumping_encoded(adapters: AdaptersMap) -> AdaptersMap:
    """Let a connection or a cursor send bytes that are a value already."""
    adapters.register_dumper(Encoded, _EncodedDumper)
    return adapters


class _Long:
    """The long statements that a connection has run lately.

    Attributes:
        uses: How often each was run.
        prepared: Bytes of those that psycopg has prepared, at most.
    """

    __slots__ = ("prepared", "uses")

    def __init__(self) -> None:
        self.uses: dict[str, int] = {}
        self.prepared = 0


_LONG: weakref.WeakKeyDictionary[psycopg.BaseConnection[Any], _Long] = weakref.WeakKeyDictionary()


def make_room(
    connection: psycopg.Connection[Any] | psycopg.AsyncConnection[Any], text: str
) -> None:
    """Keep what a session has prepared within bounds, before it prepares more.

    A plan takes a hundred times the memory of its SQL, and psycopg counts statements alone: a
    hundred hybrid searches, each of another collection or limit, would be 80 MB a connection.
    """
    threshold = connection.prepare_threshold
    if len(text) < LONG_BYTES or threshold is None:
        return
    long = _LONG.get(connection)
    if long is None:
        long = _LONG[connection] = _Long()
    uses = long.uses[text] = long.uses.get(text, 0) + 1
    if uses == threshold + 1:
        long.prepared += len(text)
    if long.prepared > PREPARED_BYTES or len(long.uses) > LONG_STATEMENTS:
        forget_prepared(connection)
        del _LONG[connection]


class Known:
    """The connections met so far: each is made ready once."""

    def __init__(self) -> None:
        """Begin with none."""
        self._ready: weakref.WeakSet[psycopg.BaseConnection[Any]] = weakref.WeakSet()

    def __contains__(self, connection: psycopg.BaseConnection[Any]) -> bool:
        """Tell whether the connection was made ready."""
        return connection in self._ready

    def add(self, connection: psycopg.BaseConnection[Any], backend_pid: int) -> None:
        """Make a connection ready, given what ``BACKEND_PID`` answered."""
        dumping_encoded(connection.adapters)
        if connection.info.backend_pid != backend_pid:
            # behind a pooler in transaction mode a prepared statement may be on another server
            connection.prepare_threshold = None
        self._ready.add(connection)

    def __iter__(self) -> Iterator[psycopg.BaseConnection[Any]]:
        """Give the connections that are still referenced: what each was found to be."""
        return iter(list(self._ready))
