"""Run operations over sync connections.

This module and ``_async_driver`` perform all I/O. They are alike line for line but for ``await``
and for where their pools live; a test holds them so. What a failure means is decided in
``_failures``, once for both.
"""

from __future__ import annotations

import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar, cast

import psycopg
from psycopg.pq import ExecStatus
from psycopg.rows import tuple_row
from psycopg_pool import ConnectionPool

from pgrecall._connections import BACKEND_PID, Known, Lent, statistics_of
from pgrecall._failures import (
    POOL_FAILURES,
    Attempts,
    connecting_failed,
    is_hopeless,
    is_unprepared,
    looks_dead,
    pool_failed,
    translated,
)
from pgrecall._operations.context import Context
from pgrecall._operations.setup import set_up
from pgrecall._operations.work import Build, Pause, one
from pgrecall._replicas import CATCH_UP_PAUSE, CATCH_UP_SECONDS, REPLAYED, WRITTEN, Replicas
from pgrecall._statements.statement import (
    BEGIN,
    COMMIT,
    ROLLBACK,
    Call,
    Copy,
    Many,
    Result,
    Statement,
)
from pgrecall.errors import ConnectionFailedError, PgRecallError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pgrecall._connections import Settings
    from pgrecall._operations.work import Operation, Work
    from pgrecall._statements.statement import Request
    from pgrecall.models import PoolStatistics

T = TypeVar("T")

WATCH_SECONDS = 0.5
"""How often a build is asked how far it is."""


class Driver:
    """Runs operations over sync connections. Safe for threads."""

    def __init__(self, settings: Settings, pool: ConnectionPool[Any] | None) -> None:
        """Connect to nothing yet: the first operation does."""
        self.settings = settings
        self.context = Context(settings.schema)
        self._given = pool
        self._own: ConnectionPool[Any] | None = None
        self._replicas = Replicas(settings)
        self._replica_pool: ConnectionPool[Any] | None = None
        self._known = Known()
        self._lent = Lent()
        self._lock = threading.Lock()

    @property
    def has_given_pool(self) -> bool:
        """Whether the connections come from a pool of the caller's."""
        return self._given is not None

    def run(self, operation: Operation[T]) -> T:
        """Run an operation and give its result."""
        pool = self._ready_pool()
        return self._drive(operation, lambda work: self._perform(pool, work))

    def close(self) -> None:
        """Close the store's own pool; a pool of the caller's stays open."""
        with self._lock:
            pools = [self._own, self._replica_pool]
            self._own = self._replica_pool = None
        for pool in pools:
            if pool is not None:
                pool.close()

    def statistics(self) -> PoolStatistics:
        """Tell how busy the connections are."""
        replicas = self._replica_pool
        return replace(
            statistics_of(self._given or self._own, self.settings.max_connections),
            replicas=statistics_of(replicas, replicas.max_size) if replicas else None,
        )

    def _ready_pool(self) -> ConnectionPool[Any]:
        pool = self._given or self._own
        if pool is not None and self.context.server is not None:
            return pool
        with self._lock:
            if self.context.server is None:
                self._set_up()
            return self._given or self._opened_pool()

    def _opened_pool(self) -> ConnectionPool[Any]:
        if self._own is None:
            self._own = self._new_pool(self.settings)
        return self._own

    def _ready_replicas(self) -> ConnectionPool[Any]:
        with self._lock:
            if self._replica_pool is None:
                self._replica_pool = self._new_pool(self._replicas.settings or self.settings)
                self._replicas.pools.add(self._replica_pool)
            return self._replica_pool

    def _new_pool(self, settings: Settings) -> ConnectionPool[Any]:
        pool: ConnectionPool[Any] = ConnectionPool(
            settings.conninfo,
            kwargs={"autocommit": True},
            min_size=settings.min_connections,
            max_size=settings.max_connections,
            timeout=settings.connection_timeout,
            # its pauses between attempts double: a server that is back is tried at once
            reconnect_timeout=settings.connection_timeout,
            name="pgrecall",
            open=True,
        )
        # a store that nobody closed stops its pool's threads all the same
        weakref.finalize(self, pool.close)
        return pool

    def _set_up(self) -> None:
        operation = set_up(self.context, allowed=self.settings.setup)
        if self._given is not None:
            given = self._given
            self._drive(operation, lambda work: self._perform(given, work))
            return
        with closing(self._first_connection()) as connection:
            self._drive(operation, lambda work: self._try(connection, work))

    def _first_connection(self) -> psycopg.Connection[Any]:
        # outside the pool, which would hide why it cannot connect
        try:
            return psycopg.Connection.connect(self.settings.conninfo(), autocommit=True)
        except psycopg.Error as error:
            raise connecting_failed(error, self.settings.where()) from error

    def _drive(self, operation: Operation[T], perform: Callable[[Any], Any]) -> T:
        with closing(operation):
            try:
                work = next(operation)
                while True:
                    try:
                        reply = perform(work)
                    except PgRecallError as error:
                        work = operation.throw(error)
                    else:
                        work = operation.send(reply)
            except StopIteration as finished:
                return cast("T", finished.value)

    def _perform(self, pool: ConnectionPool[Any], work: Work[Any] | Build | Pause | Call) -> Any:
        if isinstance(work, Pause):
            return None
        if isinstance(work, Build):
            self._build(pool, work)
            return None
        if isinstance(work, Call):
            return self._call(work)
        if self._replicas.may_serve(work):
            served, result = self._try_replica(work)
            if served:
                return result
        attempts = Attempts(work)
        while True:
            connection, autocommit = self._take(pool)
            try:
                attempts.begin()
                result = self._run_body(connection, work, attempts)
                if work.writes and self._replicas.follows_writes:
                    self._note_written(connection)
                return result  # noqa: TRY300  # the same connection is still taken
            except psycopg.Error as error:
                if is_unprepared(error):
                    connection.close()
                pause = attempts.pause_after(error, lost=connection.closed)
            finally:
                self._give_back(pool, connection, autocommit=autocommit)
            time.sleep(pause)

    def _try_replica(self, work: Work[Any]) -> tuple[bool, Any]:
        pool = self._ready_replicas()
        try:
            connection, autocommit = self._take(pool)
        except ConnectionFailedError:
            self._replicas.rest()
            return False, None
        self._replicas.reached()
        try:
            if not self._catch_up(connection):
                return False, None
            return True, self._run_body(connection, work, Attempts(work))
        except psycopg.Error as error:
            # a cancelled query, a table that is not there yet: the primary knows better
            if isinstance(error, psycopg.errors.QueryCanceled):
                raise translated(error, lost=connection.closed) from error
            return False, None
        finally:
            self._give_back(pool, connection, autocommit=autocommit)

    def _catch_up(self, connection: psycopg.Connection[Any]) -> bool:
        deadline = time.monotonic() + CATCH_UP_SECONDS
        while not self._replicas.is_caught_up(connection):
            if time.monotonic() > deadline:
                return False
            result = self._execute(connection, REPLAYED)
            self._replicas.replayed(connection, result.rows[0][0])
            if not self._replicas.is_caught_up(connection):
                time.sleep(CATCH_UP_PAUSE)
        return True

    def _note_written(self, connection: psycopg.Connection[Any]) -> None:
        try:
            result = self._execute(connection, WRITTEN)
        except psycopg.Error:
            # the write is stored; where the log ends is not known until the next one
            self._replicas.wrote(None)
        else:
            self._replicas.wrote(result.rows[0][0])

    def _build(self, pool: ConnectionPool[Any], build: Build) -> None:
        connection, autocommit = self._take(pool)
        try:
            with ThreadPoolExecutor(max_workers=1) as executor:
                running = executor.submit(self._run_build, connection, build)
                try:
                    while build.progress and not wait([running], timeout=WATCH_SECONDS).done:
                        build.report(self._perform(pool, one(build.poll)))
                except BaseException:
                    connection.cancel()
                    raise
                running.result()
        except psycopg.Error as error:
            raise translated(error, lost=connection.closed) from error
        finally:
            self._give_back(pool, connection, autocommit=autocommit)

    def _run_build(self, connection: psycopg.Connection[Any], build: Build) -> None:
        direct = connection.prepare_threshold is not None
        for statement in build.settings if direct else ():
            self._execute(connection, statement)
        try:
            self._execute(connection, build.statement)
        finally:
            for statement in build.reset if direct and not connection.closed else ():
                self._execute(connection, statement)

    def _try(self, connection: psycopg.Connection[Any], work: Work[T]) -> T:
        attempts = Attempts(work)
        attempts.begin()
        try:
            return self._run_body(connection, work, attempts)
        except psycopg.Error as error:
            raise translated(error, lost=connection.closed) from error

    def _take(self, pool: ConnectionPool[Any]) -> tuple[psycopg.Connection[Any], bool]:
        dropped = 0
        while True:
            try:
                connection = pool.getconn()
            except POOL_FAILURES as error:
                raise self._explained(pool, error) from error
            autocommit = connection.autocommit
            try:
                if looks_dead(connection):
                    pool.check_connection(connection)
                if not autocommit:
                    connection.set_autocommit(True)
                if connection not in self._known:
                    result = self._execute(connection, BACKEND_PID)
                    self._known.add(connection, result.rows[0][0])
            except BaseException as error:
                connection.close()
                pool.putconn(connection)
                dropped += 1
                if not isinstance(error, psycopg.Error):
                    raise
                if is_hopeless(error, dropped, pool.max_size):
                    raise translated(error, lost=True) from error
            else:
                self._lent.took(pool)
                return connection, autocommit

    def _give_back(
        self, pool: ConnectionPool[Any], connection: psycopg.Connection[Any], *, autocommit: bool
    ) -> None:
        if not autocommit and not connection.closed:
            connection.set_autocommit(False)
        self._lent.gave(pool)
        pool.putconn(connection)

    def _explained(self, pool: ConnectionPool[Any], error: Exception) -> PgRecallError:
        own = self._given is None and pool not in self._replicas.pools
        if own and not pool.closed and not self._lent.all_of(pool):
            # a pool that cannot connect, and one whose server is gone, look alike from inside it
            self._first_connection().close()
        return pool_failed(error, pool.max_size, pool.timeout, given=self._given is not None)

    def _run_body(
        self, connection: psycopg.Connection[Any], work: Work[T], attempts: Attempts
    ) -> T:
        with closing(work.body()) as steps:
            try:
                if work.transaction:
                    self._execute(connection, BEGIN)
                request = next(steps)
                while True:
                    request = steps.send(self._execute(connection, request))
            except StopIteration as finished:
                result = cast("T", finished.value)
            except BaseException:
                if work.transaction:
                    self._roll_back(connection)
                raise
        if work.transaction:
            attempts.committing = True
            self._execute(connection, COMMIT)
        return result

    def _roll_back(self, connection: psycopg.Connection[Any]) -> None:
        try:
            self._execute(connection, ROLLBACK)
        except psycopg.Error:
            # its state is unknown: the pool replaces it
            connection.close()

    def _execute(self, connection: psycopg.Connection[Any], request: Request) -> Any:
        match request:
            case Statement():
                return _result(self._send(connection, request))
            case Call():
                return self._call(request)
            case Many(statements):
                with connection.pipeline():
                    cursors = [self._send(connection, statement) for statement in statements]
                return [_result(cursor) for cursor in cursors]
            case Copy(query, blocks):
                cursor = psycopg.Cursor(connection)
                with cursor.copy(query) as copy:
                    for block in blocks:
                        copy.write(block)
                return Result([], cursor.rowcount)

    def _call(self, call: Call) -> Any:
        return call.function(*call.arguments)

    def _send(
        self, connection: psycopg.Connection[Any], statement: Statement
    ) -> psycopg.Cursor[Any]:
        # a pool of the caller's may bring another cursor class or row factory
        cursor = psycopg.Cursor(connection, row_factory=tuple_row)
        return cursor.execute(
            statement.sql, statement.parameters, prepare=statement.prepare, binary=True
        )


def _result(cursor: psycopg.Cursor[Any]) -> Result:
    return Result(cursor.fetchall() if has_rows(cursor) else [], cursor.rowcount)


def has_rows(cursor: psycopg.Cursor[Any] | psycopg.AsyncCursor[Any]) -> bool:
    """Tell whether there is something to fetch."""
    # cursor.description would tell too, at the price of an object a column
    result = cursor.pgresult
    return result is not None and result.status == ExecStatus.TUPLES_OK
