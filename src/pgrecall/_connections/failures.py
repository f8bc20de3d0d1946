"""What a failure means: shared by the sync and the async driver, so that they cannot differ."""

from __future__ import annotations

import logging
import random
import re
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg_pool import PoolClosed, PoolTimeout, TooManyRequests

from pgrecall.errors import (
    ConnectionFailedError,
    DatabaseError,
    OutcomeUnknownError,
    PgRecallError,
)

if TYPE_CHECKING:
    from pgrecall._operations.work import Work

_logger = logging.getLogger("pgrecall.connections")

POOL_FAILURES = (PoolTimeout, PoolClosed, TooManyRequests)

MAX_TRIES = 5
"""Tries of one unit of work; deadlocks between writers of the same ids settle in two or three."""

MAX_CONFLICTS = 40
"""Tries of one that conflicts with others' work, where a database's default is to see a snapshot.

Of many writers of one row, such as a chat's, one goes on at a time, and all others begin anew.
"""

_LONGEST_PAUSE = 5  # it doubles so often

_CONFLICT = "40001"  # serialization_failure
_RETRIED = {"40P01", _CONFLICT}  # deadlock_detected
# internal_error, which PostgreSQL says in English alone: a drop or a truncate met the end of an
# index's build; the statement did nothing
_RETRIED_WORDS = {"tuple concurrently updated", "tuple concurrently deleted"}
# libpq gives a failed connection no SQLSTATE
_CREDENTIAL_WORDS = (
    "password authentication failed",
    "no password supplied",
    "authentication failed",
)
_RULES = "no pg_hba.conf entry"
_UNENCRYPTED = ("no encryption", "SSL off")  # the latter before PostgreSQL 14
# what libpq says where it did not try a server at all
_UNUSABLE = re.compile(
    r"definition of service|service file|invalid [\w ]*(?:value|number)|bad value for"
)
# what libpq says of TLS, and what stands behind it: there is a server
_TLS = {
    "certificate verify failed": (
        "shows a certificate that is not trusted: sslrootcert in the DSN names the file of its CA;"
        " with sslrootcert=system psycopg[binary] takes the file that SSL_CERT_FILE names"
    ),
    "does not match host name": (
        "shows a certificate of another host: the DSN needs the name that it was made for, beside"
        " which hostaddr may have an address"
    ),
    "root certificate file": (
        "cannot be told from another: sslrootcert in the DSN has to name the file of its CA"
    ),
    "does not support SSL": "speaks no TLS, which sslmode in the DSN asks for",
}


class Attempts:
    """Counts the tries of one unit of work and decides what a failure means for it."""

    def __init__(self, work: Work[Any]) -> None:
        """Begin before the first try."""
        self._work = work
        self._tries = 0
        self.committing = False

    def begin(self) -> None:
        """Count a try. A write of one statement commits itself: any loss may come after it."""
        self._tries += 1
        self.committing = self._work.writes and not self._work.transaction

    def pause_after(self, error: psycopg.Error, *, lost: bool) -> float:
        """Give the seconds to wait before the next try.

        Args:
            error: What psycopg raised.
            lost: Whether the connection is gone.

        Raises:
            PgRecallError: There is no next try.
        """
        if lost and self.committing and not is_unprepared(error):
            raise committing_failed(error, lost=True, wrote=True) from error
        retried = lost or error.sqlstate in _RETRIED or _primary(error) in _RETRIED_WORDS
        most = MAX_CONFLICTS if error.sqlstate == _CONFLICT else MAX_TRIES
        if not retried or self._tries >= most:
            raise translated(error, lost=lost) from error
        _logger.info(
            "try %d of %d failed (%s): trying again",
            self._tries,
            most,
            "the connection was lost" if lost else error.sqlstate,
        )
        # a random share keeps two writers from meeting again
        doubled = 2 ** min(self._tries, _LONGEST_PAUSE)
        return 0.0 if lost else random.uniform(0.5, 1.5) * 0.01 * doubled  # noqa: S311


def committing_failed(error: psycopg.Error, *, lost: bool, wrote: bool) -> PgRecallError:
    """Say what became of a transaction whose COMMIT failed."""
    if not (lost and wrote):
        return translated(error, lost=lost)
    return OutcomeUnknownError(
        f"the connection was lost while the write was being committed ({_said(error)}): it"
        " is stored whole or not at all; running the same call again is safe"
    )


def is_unprepared(error: psycopg.Error) -> bool:
    """Tell whether psycopg ran a prepared statement that the session cannot run.

    It has none: a pooler forgot them (``DEALLOCATE ALL``), or a pipeline that failed left psycopg's
    notes and the session apart, as seen under load. Or a column has another type since it was
    prepared. Nothing of the statement was run.
    """
    if error.sqlstate == "0A000":  # feature_not_supported, which says it of many things
        return error.diag.source_function == "RevalidateCachedQuery"
    return error.sqlstate == "26000"


def translated(error: psycopg.Error, *, lost: bool) -> PgRecallError:
    """Turn a psycopg error into ours: the server's message and hint, not its detail with values."""
    if lost:
        return ConnectionFailedError(f"the connection to the server was lost ({_said(error)})")
    hint = error.diag.message_hint if error.diag else None
    return DatabaseError(_said(error), sqlstate=error.sqlstate, hint=hint)


def _said(error: psycopg.Error) -> str:
    hint = error.diag.message_hint if error.diag else None
    state = f" [{error.sqlstate}]" if error.sqlstate else ""
    hinted = f"; hint: {' '.join(hint.split())}" if hint else ""
    return f"{_primary(error)}{state}{hinted}"


def _primary(error: psycopg.Error) -> str:
    primary = error.diag.message_primary if error.diag else None
    return primary or _first_line(error)


def connecting_failed(error: Exception, where: str) -> ConnectionFailedError:
    """Tell wrong credentials, a server that refuses, and a server that is not there."""
    told = _first_line(error)
    # a pooler's or a provider's hint stands below, as does what each of several hosts said
    said = " ".join(str(error).split()) or told
    if not isinstance(error, psycopg.OperationalError):
        # no server was asked: the loop of Windows cannot watch sockets; psycopg names one that can
        return ConnectionFailedError(f"psycopg cannot connect from here: {said}")
    connection = getattr(error, "pgconn", None)
    wants_password = connection is not None and connection.needs_password
    if wants_password or any(words in told for words in _CREDENTIAL_WORDS):
        return ConnectionFailedError(
            f"{where} refused the credentials: check user and password ({said})"
        )
    if _RULES in told:
        is_open = any(words in told for words in _UNENCRYPTED)
        remedy = "sslmode=require in the DSN may be what it asks for, or " if is_open else ""
        return ConnectionFailedError(
            f"{where} refused the connection: {remedy}its pg_hba.conf has no rule for this user,"
            f" database and address ({said})"
        )
    behind = next((one for words, one in _TLS.items() if words in told), None)
    if behind or "FATAL:" in told:
        return ConnectionFailedError(f"{where} {behind or 'refused the connection'} ({said})")
    if _UNUSABLE.search(told):
        return ConnectionFailedError(
            f"cannot connect to {where}: a parameter of the DSN, of a service or of libpq's"
            f" variables cannot be used ({said})"
        )
    return ConnectionFailedError(f"cannot reach {where}: is the server up? ({said})")


def is_refusal(error: psycopg.Error) -> bool:
    """Tell whether another attempt to connect would fail alike: it is not about reaching a server.

    Wrong credentials, or a client that cannot connect at all, such as psycopg in an event loop
    that cannot watch sockets.
    """
    told = _first_line(error)
    is_lost = isinstance(error, psycopg.OperationalError)
    return not is_lost or any(words in told for words in (*_CREDENTIAL_WORDS, _RULES))


def pool_closed() -> ConnectionFailedError:
    """Say that the store was closed while the call waited."""
    return ConnectionFailedError("the store's pool is closed (or was never opened)")


def pool_full(size: int, timeout: float) -> ConnectionFailedError:
    """Say that a call waited in vain, and what to raise."""
    return ConnectionFailedError(
        f"no connection became free within {timeout:g} s: all {size} of the pool are in use;"
        " raise max_connections or connection_timeout, or ask less at once"
    )


def server_silent(where: str, timeout: float) -> ConnectionFailedError:
    """Say that the call waited for another one's attempt to connect, which has no answer yet."""
    return ConnectionFailedError(
        f"cannot reach {where}: is the server up? (an attempt to connect, or to set the database"
        f" up, has had no answer within {timeout:g} s)"
    )


def given_pool_inherited() -> ConnectionFailedError:
    """Say that a pool of the caller's is another process's."""
    return ConnectionFailedError(
        "this store runs on a pool of its caller's that another process opened before it forked"
        " this one: make a pool and a store in this process, or give the store a DSN"
    )


def given_connection_inherited() -> ConnectionFailedError:
    """Say that a connection of the caller's is another process's."""
    return ConnectionFailedError(
        "the connection that on() was given is another process's, which forked this one: open one"
        " in this process, and give on() that"
    )


def given_pool_failed(error: Exception, size: int, timeout: float) -> ConnectionFailedError:
    """Explain why a pool of the caller's gave no connection; its server is not asked."""
    if isinstance(error, PoolClosed):
        return pool_closed()
    if isinstance(error, TooManyRequests):
        return ConnectionFailedError("too many calls wait for a connection of the pool already")
    return ConnectionFailedError(
        f"no connection of the given pool in {timeout:g} s: all {size} of the pool are in use,"
        " or it cannot reach its server"
    )


def is_hopeless(dropped: int, pool_size: int) -> bool:
    """Tell whether getting a connection ready has failed for good.

    Every idle connection of a pool may be dead after a restart, each once; a server that drops new
    ones too is not up.
    """
    return dropped > pool_size + MAX_TRIES


def interruption_behind(error: BaseException, outer: BaseException | None) -> BaseException | None:
    """Give the interruption that an error took the place of, if any.

    psycopg leaves its pipeline whatever ended it, and may fail at that: the caller's
    KeyboardInterrupt or CancelledError would come out as an error of the database.

    Args:
        error: What came out.
        outer: What was being handled before the request: no part of it.
    """
    link: BaseException | None = error
    while link is not None and link is not outer:
        if not isinstance(link, Exception):
            return link
        link = link.__context__
    return None


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
