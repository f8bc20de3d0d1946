"""Run operations over sync connections.

This module and ``_async_driver`` are alike line for line but for ``await`` and for where their
pools live; a test holds them so. What a failure means is decided in ``_failures``, how a connection
is lent in ``_pools``, once for both.
"""

from __future__ import annotations

import sys
import threading
import time
import weakref
from contextlib import closing, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, cast

import psycopg
from psycopg.generators import send
from psycopg.pq import ExecStatus
from psycopg.rows import tuple_row

from pgrecall._connections.failures import (
    Attempts,
    given_pool_inherited,
    interruption_behind,
    is_unprepared,
    translated,
)
from pgrecall._connections.replicas import (
    CATCH_UP_PAUSE,
    CATCH_UP_SECONDS,
    REPLAYED,
    WRITTEN,
    Replicas,
)
from pgrecall._operations.context import Context
from pgrecall._operations.setup import set_up
from pgrecall._operations.work import Build, Pause, one
from pgrecall._pools.forks import check_process, renewed_in_children
from pgrecall._pools.given import GivenPool
from pgrecall._pools.owners import CallOwner
from pgrecall._pools.pool import Pool
from pgrecall._pools.running import Running, wait_readable
from pgrecall._pools.sessions import (
    Known,
    cancel_on_server,
    finish,
    is_owed_answers,
    leave_pipeline,
)
from pgrecall._pools.slots import Lease, statistics_of
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
    from collections.abc import Callable, Iterable

    from psycopg_pool import ConnectionPool

    from pgrecall._connections.settings import Settings
    from pgrecall._operations.work import Operation, Work
    from pgrecall._statements.statement import Request
    from pgrecall.models import PoolStatistics

AnyPool: TypeAlias = Pool | GivenPool

T = TypeVar("T")


WATCH_SECONDS = 0.5
"""How often a build is asked how far it is."""


_PRIMARY, _REPLICAS = "primary", "replicas"


class Driver:
    """Runs operations over sync connections. Safe for threads."""

    def __init__(self, settings: Settings, pool: ConnectionPool[Any] | None) -> None:
        """Connect to nothing yet: the first operation does."""
        self.settings = settings
        self.context = Context(settings.schema)
        self._known = Known()
        self._given = None if pool is None else GivenPool(pool, self._known)
        self._is_child = False
        self._replicas = Replicas(settings)
        self._pools: dict[str, Pool] = {}
        self._lock = threading.Lock()
        # a store that nobody closed leaves no connection open all the same
        weakref.finalize(self, _close_all, self._pools)
        renewed_in_children(self)

    @property
    def has_given_pool(self) -> bool:
        """Whether the connections come from a pool of the caller's."""
        return self._given is not None

    def run(self, operation: Operation[T]) -> T:
        """Run an operation and give its result."""
        check_process()
        pool = self._ready_pool()
        return self._drive(operation, lambda work: self._perform(pool, work))

    def close(self) -> None:
        """Close the store's own pools; a pool of the caller's stays open."""
        with self._lock:
            _close_all(self._pools)

    def renew(self) -> None:
        """Begin anew in a process that was forked: nothing of the parent's is used or closed."""
        for pool in self._pools.values():
            pool.abandon()
        self._pools.clear()
        self._lock = threading.Lock()
        self._known = Known()
        self._replicas = Replicas(self.settings)
        self._is_child = True
        self.context.renew()

    def statistics(self) -> PoolStatistics:
        """Tell how busy the connections are."""
        replicas = self._pools.get(_REPLICAS)
        return replace(
            statistics_of(self._given or self._pools.get(_PRIMARY), self.settings.max_connections),
            replicas=statistics_of(replicas, replicas.max_size) if replicas else None,
        )

    def _ready_pool(self) -> AnyPool:
        if self._given is not None and self._is_child:
            raise given_pool_inherited()
        ready = self._given or self._pools.get(_PRIMARY)
        if ready is not None and self.context.server is not None:
            return ready
        with self._lock:
            is_new = self._given is None and _PRIMARY not in self._pools
            pool = self._given or self._opened(_PRIMARY, self.settings, self._prepare)
        if self.context.server is None:
            if self._given is not None:
                self._set_up(lambda work: self._perform(pool, work))
            else:
                # a pool's first connection sets up, and the calls behind it wait for their turn
                self._touch(pool)
        if is_new and isinstance(pool, Pool):
            pool.fill(CallOwner())
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

    def _touch(self, pool: AnyPool) -> None:
        lease = Lease(CallOwner())
        try:
            pool.take(lease)
        finally:
            self._give(pool, lease)

    def _prepare(self, connection: psycopg.Connection[Any]) -> None:
        if self.context.server is None:
            lease = Lease(CallOwner())
            lease.connection = connection
            self._set_up(lambda work: self._try(lease, work))

    def _set_up(self, perform: Callable[[Any], Any]) -> None:
        self._drive(set_up(self.context, allowed=self.settings.setup), perform)

    def _try(self, lease: Lease, work: Work[T]) -> T:
        attempts = Attempts(work)
        attempts.begin()
        try:
            return self._run_body(lease, work, attempts)
        except psycopg.Error as error:
            raise translated(error, lost=lease.is_lost()) from error

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

    def _perform(self, pool: AnyPool, work: Work[Any] | Build | Pause | Call) -> Any:
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
            lease = Lease(CallOwner())
            try:
                pool.take(lease)
                attempts.begin()
                result = self._run_body(lease, work, attempts)
                if work.writes and self._replicas.follows_writes:
                    self._note_written(lease)
                return result  # noqa: TRY300  # the same connection is still taken
            except psycopg.Error as error:
                lease.soiled = lease.soiled or is_unprepared(error)
                pause = attempts.pause_after(error, lost=lease.soiled or lease.is_lost())
            except BaseException as error:
                lease.soiled = lease.soiled or not isinstance(error, Exception)
                raise
            finally:
                self._give(pool, lease)
            time.sleep(pause)

    def _give(self, pool: AnyPool, lease: Lease) -> None:
        pool.give(lease)
        lease.owner.done()

    def _try_replica(self, work: Work[Any]) -> tuple[bool, Any]:
        pool = self._ready_replicas()
        lease = Lease(CallOwner())
        try:
            try:
                pool.take(lease)
            except ConnectionFailedError:
                self._replicas.rest()
                return False, None
            self._replicas.reached()
            if not self._catch_up(lease):
                return False, None
            return True, self._run_body(lease, work, Attempts(work))
        except psycopg.Error as error:
            # a cancelled query, a table that is not there yet: the primary knows better
            if isinstance(error, psycopg.errors.QueryCanceled):
                raise translated(error, lost=lease.is_lost()) from error
            return False, None
        except BaseException as error:
            lease.soiled = lease.soiled or not isinstance(error, Exception)
            raise
        finally:
            self._give(pool, lease)

    def _catch_up(self, lease: Lease) -> bool:
        deadline = time.monotonic() + CATCH_UP_SECONDS
        while not self._replicas.is_caught_up(lease.connection):
            if time.monotonic() > deadline:
                return False
            result = self._execute(lease, REPLAYED)
            self._replicas.replayed(lease.connection, result.rows[0][0])
            if not self._replicas.is_caught_up(lease.connection):
                time.sleep(CATCH_UP_PAUSE)
        return True

    def _note_written(self, lease: Lease) -> None:
        try:
            result = self._execute(lease, WRITTEN)
        except psycopg.Error:
            # the write is stored; where the log ends is not known until the next one
            self._replicas.wrote(None)
        else:
            self._replicas.wrote(result.rows[0][0])

    def _build(self, pool: AnyPool, build: Build) -> None:
        lease = Lease(CallOwner())
        try:
            pool.take(lease)
            if lease.connection.prepare_threshold is not None:
                for statement in build.settings:
                    self._execute(lease, statement)
            self._watch(pool, lease.connection, build)
        except psycopg.Error as error:
            raise translated(error, lost=lease.is_lost()) from error
        finally:
            # what the session was set to goes with it
            lease.soiled = True
            self._give(pool, lease)

    def _watch(self, pool: AnyPool, connection: psycopg.Connection[Any], build: Build) -> None:
        running = Running(connection, build.statement)
        try:
            while not running.has_ended():
                wait_readable(running.socket, WATCH_SECONDS)
                if build.progress is not None and not running.has_ended():
                    build.report(self._perform(pool, one(build.poll)))
        except psycopg.Error:
            # the statement's own end
            raise
        except BaseException:
            cancel_on_server(connection, wait=True)
            raise

    def _run_body(self, lease: Lease, work: Work[T], attempts: Attempts) -> T:
        with closing(work.body()) as steps:
            try:
                if work.transaction:
                    self._execute(lease, BEGIN)
                request = next(steps)
                while True:
                    request = steps.send(self._execute(lease, request))
            except StopIteration as finished:
                result = cast("T", finished.value)
            except Exception:
                if work.transaction and not lease.soiled:
                    self._roll_back(lease)
                raise
        if work.transaction:
            attempts.committing = True
            self._execute(lease, COMMIT)
        return result

    def _roll_back(self, lease: Lease) -> None:
        try:
            self._execute(lease, ROLLBACK)
        except psycopg.Error:
            # its state is unknown: the pool replaces it
            lease.soiled = True

    def _execute(self, lease: Lease, request: Request) -> Any:
        if isinstance(request, Call):
            return self._call(request)
        outer = sys.exception()
        # until the answer is read whole, nobody else may have the connection
        lease.soiled = True
        try:
            result = self._ask(lease.connection, request)
        except psycopg.Error as error:
            interruption = interruption_behind(error, outer)
            if interruption is not None:
                raise interruption from None
            lease.soiled = False
            raise
        lease.soiled = False
        return result

    def _ask(self, connection: psycopg.Connection[Any], request: Statement | Many | Copy) -> Any:
        match request:
            case Statement():
                return _result(self._send(connection, request))
            case Many(statements):
                cursors = self._pipelined(connection, statements)
                return [_result(cursor) for cursor in cursors]
            case Copy(query, blocks):
                cursor = psycopg.Cursor(connection)
                with cursor.copy(query) as copy:
                    try:
                        for block in blocks:
                            copy.write(block)
                    except BaseException as error:
                        if not isinstance(error, Exception):
                            # leaving the block would wait for the server
                            finish(connection)
                        raise
                return Result([], cursor.rowcount)

    def _pipelined(
        self, connection: psycopg.Connection[Any], statements: Iterable[Statement]
    ) -> list[psycopg.Cursor[Any]]:
        # psycopg's own block waits for the server whatever ends it, a coroutine that is closed
        # included. This one leaves only where all was read; else the connection is closed
        pipeline = psycopg.Pipeline(connection)
        connection._pipeline = pipeline  # noqa: SLF001  # as psycopg's block does
        pipeline.__enter__()
        try:
            cursors = [self._send(connection, statement) for statement in statements]
            # sync() alone reads before all is written: what a socket cannot take waits for ever
            connection.wait(send(connection.pgconn))
            pipeline.sync()
        except psycopg.Error:
            while is_owed_answers(connection, pipeline.result_queue):
                with suppress(psycopg.Error):  # the first one is told
                    connection.wait(send(connection.pgconn))
                    pipeline.sync()
            leave_pipeline(connection)
            raise
        leave_pipeline(connection)
        return cursors

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


def _close_all(pools: dict[str, Pool]) -> None:
    while pools:
        _, pool = pools.popitem()
        pool.close()


def _result(cursor: psycopg.Cursor[Any]) -> Result:
    return Result(cursor.fetchall() if has_rows(cursor) else [], cursor.rowcount)


def has_rows(cursor: psycopg.Cursor[Any] | psycopg.AsyncCursor[Any]) -> bool:
    """Tell whether there is something to fetch."""
    # cursor.description would tell too, at the price of an object a column
    result = cursor.pgresult
    return result is not None and result.status == ExecStatus.TUPLES_OK
