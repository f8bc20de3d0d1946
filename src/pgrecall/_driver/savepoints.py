"""A connection of the caller's: whether it can be used now, and the savepoints on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg import errors, pq
from psycopg.generators import execute

from pgrecall.errors import (
    ConnectionFailedError,
    DatabaseError,
    InvalidArgumentError,
    PgRecallError,
)

if TYPE_CHECKING:
    from psycopg import BaseConnection
    from psycopg.abc import PQGen

VERB, STEP = "pgrecall_verb", "pgrecall_step"
"""Savepoints of a verb that writes, and of each of its units of work."""

_ENDED = (
    "the transaction was ended while the verb was running, by what reads its items or is told its"
    " progress: let that leave the transaction alone"
)
# invalid_savepoint_specification, no_active_sql_transaction
_NO_SAVEPOINT = {"3B001", "25P01"}


def check_kind(connection: object, kind: type) -> None:
    """Raise InvalidArgumentError unless a connection is of the store's own kind."""
    if not isinstance(connection, kind):
        msg = (
            f"on() takes a psycopg.{kind.__name__}, not {type(connection).__name__}; SQLAlchemy has"
            " it as connection.connection.driver_connection, Django as connection.connection"
        )
        raise InvalidArgumentError(msg)


def check_usable(connection: BaseConnection[Any]) -> None:
    """Tell what keeps a verb from running on a connection, before anything is sent.

    Raises:
        ConnectionFailedError: It is closed.
        DatabaseError: Its transaction has failed.
        InvalidArgumentError: It is in the middle of something, or sends text as no UTF-8.
    """
    if connection.closed:
        msg = "the connection that on() was given is closed"
        raise ConnectionFailedError(msg)
    pgconn = connection.pgconn
    if pgconn.pipeline_status != pq.PipelineStatus.OFF:
        msg = "the connection is in pipeline mode: call the store outside of its pipeline() block"
        raise InvalidArgumentError(msg)
    if pgconn.transaction_status == pq.TransactionStatus.INERROR:
        msg = (
            "the connection's transaction has failed before [25P02]: roll it back, or back to a"
            " savepoint, then call again"
        )
        raise DatabaseError(msg, sqlstate="25P02")
    if connection.info.encoding != "utf-8":
        msg = (
            f"the connection's client_encoding is {connection.info.encoding!r}, and items are sent"
            " as UTF-8: SET client_encoding TO 'UTF8', or connect with client_encoding=utf8"
        )
        raise InvalidArgumentError(msg)


def in_use(seconds: float) -> InvalidArgumentError:
    """Say that a verb waited in vain for a connection to do nothing else."""
    return InvalidArgumentError(
        f"the connection was in use for {seconds:g} s: by a COPY or a stream() around this call,"
        " which has to end first, or by another thread or task"
    )


def begins_own(connection: Any) -> bool:
    """Tell whether a verb is a transaction of its own: the connection commits each statement."""
    is_idle = connection.pgconn.transaction_status == pq.TransactionStatus.IDLE
    return bool(connection.autocommit and is_idle)


def is_half_done(connection: BaseConnection[Any], points: list[str]) -> bool:
    """Tell whether something of a verb would stay that nobody can take back any more."""
    status = connection.pgconn.transaction_status
    if status == pq.TransactionStatus.ACTIVE:
        return True
    return bool(points) and status == pq.TransactionStatus.INTRANS


def command(pgconn: pq.abc.PGconn, text: str) -> PQGen[None]:
    """Run commands about savepoints, several in one trip.

    Not by a cursor: psycopg would forget every prepared statement of the caller's at a ROLLBACK.

    Raises:
        psycopg.Error: The server refused one, or is lost.
    """
    pgconn.send_query(text.encode())
    for result in (yield from execute(pgconn)):
        if result.status == pq.ExecStatus.FATAL_ERROR:
            raise errors.error_from_result(result, encoding="utf-8")


def explained(error: PgRecallError) -> PgRecallError:
    """Say of a missing savepoint who took it away."""
    if isinstance(error, DatabaseError) and error.sqlstate in _NO_SAVEPOINT:
        return error.explained(_ENDED)
    return error


def told_of_closing(error: BaseException | None) -> None:
    """Say on what goes to the caller that the connection is no more."""
    if error is not None:
        error.add_note(
            "pgrecall: the connection was left in the middle of a verb and was closed; the server"
            " rolls its transaction back"
        )
