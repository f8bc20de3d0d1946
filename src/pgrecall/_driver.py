"""Run operations: the only module that performs I/O.

``Driver`` and ``AsyncDriver`` are alike line for line but for ``await`` and for where their pools
live; a test holds them so. What a failure means is decided in ``_failures``, once for both.
"""

from __future__ import annotations

import asyncio
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing
from typing import TYPE_CHECKING, Any, TypeVar, cast

import psycopg
from psycopg.pq import ExecStatus
from psycopg.rows import tuple_row
from psycopg_pool import ConnectionPool

from pgrecall._connections import BACKEND_PID, Known
from pgrecall._failures import (
    POOL_FAILURES,
    Attempts,
    connecting_failed,
    is_hopeless,
    looks_dead,
    pool_failed,
    translated,
)
from pgrecall._loops import AnyPool, Loop, LoopPool, finish_all, running_loop
from pgrecall._operations.context import Context
from pgrecall._operations.setup import set_up
from pgrecall._operations.work import Build, Pause, one
from pgrecall._statements.statement import BEGIN, COMMIT, ROLLBACK, Copy, Many, Result, Statement
from pgrecall.errors import PgRecallError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from psycopg_pool import AsyncConnectionPool

    from pgrecall._connections import Settings
    from pgrecall._operations.work import Operation, Work
    from pgrecall._statements.statement import Request

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
        self._known = Known()
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
            pool, self._own = self._own, None
        if pool is not None:
            pool.close()

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
            self._own = ConnectionPool(
                self.settings.conninfo,
                kwargs={"autocommit": True},
                min_size=self.settings.min_connections,
                max_size=self.settings.max_connections,
                timeout=self.settings.connection_timeout,
                # its pauses between attempts double: a server that is back is tried at once
                reconnect_timeout=self.settings.connection_timeout,
                name="pgrecall",
                open=True,
            )
            # a store that nobody closed stops its pool's threads all the same
            weakref.finalize(self, self._own.close)
        return self._own

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

    def _perform(self, pool: ConnectionPool[Any], work: Work[Any] | Build | Pause) -> Any:
        if isinstance(work, Pause):
            return None
        if isinstance(work, Build):
            self._build(pool, work)
            return None
        attempts = Attempts(work)
        while True:
            connection, autocommit = self._take(pool)
            try:
                attempts.begin()
                return self._run_body(connection, work, attempts)
            except psycopg.Error as error:
                pause = attempts.pause_after(error, lost=connection.closed)
            finally:
                self._give_back(pool, connection, autocommit=autocommit)
            time.sleep(pause)

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
                return connection, autocommit

    def _give_back(
        self, pool: ConnectionPool[Any], connection: psycopg.Connection[Any], *, autocommit: bool
    ) -> None:
        if not autocommit and not connection.closed:
            connection.set_autocommit(False)
        pool.putconn(connection)

    def _explained(self, pool: ConnectionPool[Any], error: Exception) -> PgRecallError:
        if self._given is None and not pool.closed:
            # a full pool and a server that is gone look alike from inside the pool
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

    def _send(
        self, connection: psycopg.Connection[Any], statement: Statement
    ) -> psycopg.Cursor[Any]:
        # a pool of the caller's may bring another cursor class or row factory
        cursor = psycopg.Cursor(connection, row_factory=tuple_row)
        return cursor.execute(
            statement.sql, statement.parameters, prepare=statement.prepare, binary=True
        )


def _result(cursor: psycopg.Cursor[Any]) -> Result:
    return Result(cursor.fetchall() if _has_rows(cursor) else [], cursor.rowcount)


def _has_rows(cursor: psycopg.Cursor[Any] | psycopg.AsyncCursor[Any]) -> bool:
    # cursor.description would tell too, at the price of an object a column
    result = cursor.pgresult
    return result is not None and result.status == ExecStatus.TUPLES_OK


class AsyncDriver:
    """Runs operations over async connections, from any number of event loops."""

    def __init__(self, settings: Settings, pool: AsyncConnectionPool[Any] | None) -> None:
        """Connect to nothing yet: the first operation does."""
        self.settings = settings
        self.context = Context(settings.schema)
        self._given = pool
        self._loops: dict[asyncio.AbstractEventLoop, Loop] = {}
        self._known = Known()
        self._lock = threading.Lock()
        # a store that nobody closed leaves no connection open all the same
        weakref.finalize(self, finish_all, self._loops)

    @property
    def has_given_pool(self) -> bool:
        """Whether the connections come from a pool of the caller's."""
        return self._given is not None

    async def run(self, operation: Operation[T]) -> T:
        """Run an operation and give its result."""
        pool = await self._ready_pool()
        return await self._drive(operation, lambda work: self._perform(pool, work))

    async def close(self) -> None:
        """Close the store's own pools, those of other event loops too."""
        with self._lock:
            loops = dict(self._loops)
            self._loops.clear()
        for loop, state in loops.items():
            if state.pool is None:
                continue
            if loop is asyncio.get_running_loop():
                await state.pool.close()
            elif loop.is_running():
                closed = asyncio.run_coroutine_threadsafe(state.pool.close(), loop)
                await asyncio.wrap_future(closed)
            else:
                state.finish()

    def close_idle(self) -> None:
        """Close the connections that are at rest, from any thread; the others as they come back."""
        with self._lock:
            loops = dict(self._loops)
            self._loops.clear()
        for loop, state in loops.items():
            if loop.is_running() and loop is not running_loop():
                loop.call_soon_threadsafe(state.finish_idle)
            elif loop.is_running():
                state.finish_idle()
            else:
                state.finish()

    async def _ready_pool(self) -> AnyPool:
        loop = self._loops.get(asyncio.get_running_loop()) or self._new_loop()
        pool = self._given or loop.pool
        if pool is not None and self.context.server is not None:
            return pool
        async with loop.lock:
            if self.context.server is None:
                await self._set_up()
            return self._given or await self._opened_pool(loop)

    def _new_loop(self) -> Loop:
        with self._lock:
            for loop in [loop for loop in self._loops if loop.is_closed()]:
                self._loops.pop(loop).finish()
            return self._loops.setdefault(asyncio.get_running_loop(), Loop())

    async def _opened_pool(self, loop: Loop) -> AnyPool:
        if loop.pool is None:
            loop.pool = LoopPool(self.settings)
        return loop.pool

    async def _set_up(self) -> None:
        operation = set_up(self.context, allowed=self.settings.setup)
        if self._given is not None:
            given = self._given
            await self._drive(operation, lambda work: self._perform(given, work))
            return
        connection = await self._first_connection()
        async with connection:
            await self._drive(operation, lambda work: self._try(connection, work))

    async def _first_connection(self) -> psycopg.AsyncConnection[Any]:
        # outside the pool, which would hide why it cannot connect
        conninfo = await asyncio.to_thread(self.settings.conninfo)
        try:
            return await psycopg.AsyncConnection.connect(conninfo, autocommit=True)
        except psycopg.Error as error:
            raise connecting_failed(error, self.settings.where()) from error

    async def _drive(self, operation: Operation[T], perform: Callable[[Any], Awaitable[Any]]) -> T:
        with closing(operation):
            try:
                work = next(operation)
                while True:
                    try:
                        reply = await perform(work)
                    except PgRecallError as error:
                        work = operation.throw(error)
                    else:
                        work = operation.send(reply)
            except StopIteration as finished:
                return cast("T", finished.value)

    async def _perform(self, pool: AnyPool, work: Work[Any] | Build | Pause) -> Any:
        if isinstance(work, Pause):
            await asyncio.sleep(0)
            return None
        if isinstance(work, Build):
            await self._build(pool, work)
            return None
        attempts = Attempts(work)
        while True:
            connection, autocommit = await self._take(pool)
            try:
                attempts.begin()
                return await self._run_body(connection, work, attempts)
            except psycopg.Error as error:
                pause = attempts.pause_after(error, lost=connection.closed)
            finally:
                await self._give_back(pool, connection, autocommit=autocommit)
            await asyncio.sleep(pause)

    async def _build(self, pool: AnyPool, build: Build) -> None:
        connection, autocommit = await self._take(pool)
        running = asyncio.create_task(self._run_build(connection, build))
        try:
            try:
                while (
                    build.progress and not (await asyncio.wait({running}, timeout=WATCH_SECONDS))[0]
                ):
                    build.report(await self._perform(pool, one(build.poll)))
            except BaseException:
                connection.cancel()
                raise
            await running
        except psycopg.Error as error:
            raise translated(error, lost=connection.closed) from error
        finally:
            await asyncio.wait({running})
            await self._give_back(pool, connection, autocommit=autocommit)

    async def _run_build(self, connection: psycopg.AsyncConnection[Any], build: Build) -> None:
        direct = connection.prepare_threshold is not None
        for statement in build.settings if direct else ():
            await self._execute(connection, statement)
        try:
            await self._execute(connection, build.statement)
        finally:
            for statement in build.reset if direct and not connection.closed else ():
                await self._execute(connection, statement)

    async def _try(self, connection: psycopg.AsyncConnection[Any], work: Work[T]) -> T:
        attempts = Attempts(work)
        attempts.begin()
        try:
            return await self._run_body(connection, work, attempts)
        except psycopg.Error as error:
            raise translated(error, lost=connection.closed) from error

    async def _take(self, pool: AnyPool) -> tuple[psycopg.AsyncConnection[Any], bool]:
        dropped = 0
        while True:
            try:
                connection = await pool.getconn()
            except POOL_FAILURES as error:
                raise (await self._explained(pool, error)) from error
            autocommit = connection.autocommit
            try:
                if looks_dead(connection):
                    await pool.check_connection(connection)
                if not autocommit:
                    await connection.set_autocommit(True)
                if connection not in self._known:
                    result = await self._execute(connection, BACKEND_PID)
                    self._known.add(connection, result.rows[0][0])
            except BaseException as error:
                await connection.close()
                await pool.putconn(connection)
                dropped += 1
                if not isinstance(error, psycopg.Error):
                    raise
                if is_hopeless(error, dropped, pool.max_size):
                    raise translated(error, lost=True) from error
            else:
                return connection, autocommit

    async def _give_back(
        self,
        pool: AnyPool,
        connection: psycopg.AsyncConnection[Any],
        *,
        autocommit: bool,
    ) -> None:
        if not autocommit and not connection.closed:
            await connection.set_autocommit(False)
        await pool.putconn(connection)

    async def _explained(self, pool: AnyPool, error: Exception) -> PgRecallError:
        if self._given is None and not pool.closed:
            # a full pool and a server that is gone look alike from inside the pool
            await (await self._first_connection()).close()
        return pool_failed(error, pool.max_size, pool.timeout, given=self._given is not None)

    async def _run_body(
        self, connection: psycopg.AsyncConnection[Any], work: Work[T], attempts: Attempts
    ) -> T:
        with closing(work.body()) as steps:
            try:
                if work.transaction:
                    await self._execute(connection, BEGIN)
                request = next(steps)
                while True:
                    request = steps.send(await self._execute(connection, request))
            except StopIteration as finished:
                result = cast("T", finished.value)
            except BaseException:
                if work.transaction:
                    await self._roll_back(connection)
                raise
        if work.transaction:
            attempts.committing = True
            await self._execute(connection, COMMIT)
        return result

    async def _roll_back(self, connection: psycopg.AsyncConnection[Any]) -> None:
        try:
            await self._execute(connection, ROLLBACK)
        except psycopg.Error:
            # its state is unknown: the pool replaces it
            await connection.close()

    async def _execute(self, connection: psycopg.AsyncConnection[Any], request: Request) -> Any:
        match request:
            case Statement():
                return await _result_async(await self._send(connection, request))
            case Many(statements):
                async with connection.pipeline():
                    cursors = [await self._send(connection, statement) for statement in statements]
                return [await _result_async(cursor) for cursor in cursors]
            case Copy(query, blocks):
                cursor = psycopg.AsyncCursor(connection)
                async with cursor.copy(query) as copy:
                    for block in blocks:
                        await copy.write(block)
                return Result([], cursor.rowcount)

    async def _send(
        self, connection: psycopg.AsyncConnection[Any], statement: Statement
    ) -> psycopg.AsyncCursor[Any]:
        # a pool of the caller's may bring another cursor class or row factory
        cursor = psycopg.AsyncCursor(connection, row_factory=tuple_row)
        return await cursor.execute(
            statement.sql, statement.parameters, prepare=statement.prepare, binary=True
        )


async def _result_async(cursor: psycopg.AsyncCursor[Any]) -> Result:
    return Result(await cursor.fetchall() if _has_rows(cursor) else [], cursor.rowcount)
