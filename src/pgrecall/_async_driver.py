"""Run operations over async connections: ``_driver`` line for line, awaited."""

from __future__ import annotations

import asyncio
import inspect
import threading
import time
import weakref
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar, cast

import psycopg
from psycopg.rows import tuple_row

from pgrecall._connections import BACKEND_PID, Known, Lent, statistics_of
from pgrecall._driver import WATCH_SECONDS, has_rows
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
from pgrecall._loops import AnyPool, Loop, LoopPool, finish_all, running_loop
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
    from collections.abc import Awaitable, Callable

    from psycopg_pool import AsyncConnectionPool

    from pgrecall._connections import Settings
    from pgrecall._operations.work import Operation, Work
    from pgrecall._statements.statement import Request
    from pgrecall.models import PoolStatistics

T = TypeVar("T")


class AsyncDriver:
    """Runs operations over async connections, from any number of event loops."""

    def __init__(self, settings: Settings, pool: AsyncConnectionPool[Any] | None) -> None:
        """Connect to nothing yet: the first operation does."""
        self.settings = settings
        self.context = Context(settings.schema)
        self._given = pool
        self._replicas = Replicas(settings)
        self._loops: dict[asyncio.AbstractEventLoop, Loop] = {}
        self._known = Known()
        self._lent = Lent()
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
            if loop is asyncio.get_running_loop():
                await state.close()
            elif loop.is_running():
                closed = asyncio.run_coroutine_threadsafe(state.close(), loop)
                await asyncio.wrap_future(closed)
            else:
                state.finish()

    def statistics(self) -> PoolStatistics:
        """Tell how busy the running event loop's connections are."""
        loop = self._loops.get(asyncio.get_running_loop()) or Loop()
        replicas = loop.replicas
        return replace(
            statistics_of(self._given or loop.pool, self.settings.max_connections),
            replicas=statistics_of(replicas, replicas.max_size) if replicas else None,
        )

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

    async def _ready_replicas(self) -> AnyPool:
        loop = self._loops.get(asyncio.get_running_loop()) or self._new_loop()
        if loop.replicas is None:
            loop.replicas = LoopPool(self._replicas.settings or self.settings)
            self._replicas.pools.add(loop.replicas)
        return loop.replicas

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

    async def _perform(self, pool: AnyPool, work: Work[Any] | Build | Pause | Call) -> Any:
        if isinstance(work, Pause):
            await asyncio.sleep(0)
            return None
        if isinstance(work, Build):
            await self._build(pool, work)
            return None
        if isinstance(work, Call):
            return await self._call(work)
        if self._replicas.may_serve(work):
            served, result = await self._try_replica(work)
            if served:
                return result
        attempts = Attempts(work)
        while True:
            connection, autocommit = await self._take(pool)
            try:
                attempts.begin()
                result = await self._run_body(connection, work, attempts)
                if work.writes and self._replicas.follows_writes:
                    await self._note_written(connection)
                return result  # noqa: TRY300  # the same connection is still taken
            except psycopg.Error as error:
                if is_unprepared(error):
                    await connection.close()
                pause = attempts.pause_after(error, lost=connection.closed)
            finally:
                await self._give_back(pool, connection, autocommit=autocommit)
            await asyncio.sleep(pause)

    async def _try_replica(self, work: Work[Any]) -> tuple[bool, Any]:
        pool = await self._ready_replicas()
        try:
            connection, autocommit = await self._take(pool)
        except ConnectionFailedError:
            self._replicas.rest()
            return False, None
        self._replicas.reached()
        try:
            if not await self._catch_up(connection):
                return False, None
            return True, await self._run_body(connection, work, Attempts(work))
        except psycopg.Error as error:
            # a cancelled query, a table that is not there yet: the primary knows better
            if isinstance(error, psycopg.errors.QueryCanceled):
                raise translated(error, lost=connection.closed) from error
            return False, None
        finally:
            await self._give_back(pool, connection, autocommit=autocommit)

    async def _catch_up(self, connection: psycopg.AsyncConnection[Any]) -> bool:
        deadline = time.monotonic() + CATCH_UP_SECONDS
        while not self._replicas.is_caught_up(connection):
            if time.monotonic() > deadline:
                return False
            result = await self._execute(connection, REPLAYED)
            self._replicas.replayed(connection, result.rows[0][0])
            if not self._replicas.is_caught_up(connection):
                await asyncio.sleep(CATCH_UP_PAUSE)
        return True

    async def _note_written(self, connection: psycopg.AsyncConnection[Any]) -> None:
        try:
            result = await self._execute(connection, WRITTEN)
        except psycopg.Error:
            # the write is stored; where the log ends is not known until the next one
            self._replicas.wrote(None)
        else:
            self._replicas.wrote(result.rows[0][0])

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
                self._lent.took(pool)
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
        self._lent.gave(pool)
        await pool.putconn(connection)

    async def _explained(self, pool: AnyPool, error: Exception) -> PgRecallError:
        own = self._given is None and pool not in self._replicas.pools
        if own and not pool.closed and not self._lent.all_of(pool):
            # a pool that cannot connect, and one whose server is gone, look alike from inside it
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
                return await _result(await self._send(connection, request))
            case Call():
                return await self._call(request)
            case Many(statements):
                async with connection.pipeline():
                    cursors = [await self._send(connection, statement) for statement in statements]
                return [await _result(cursor) for cursor in cursors]
            case Copy(query, blocks):
                cursor = psycopg.AsyncCursor(connection)
                async with cursor.copy(query) as copy:
                    for block in blocks:
                        await copy.write(block)
                return Result([], cursor.rowcount)

    async def _call(self, call: Call) -> Any:
        result = call.function(*call.arguments)
        return await result if inspect.isawaitable(result) else result

    async def _send(
        self, connection: psycopg.AsyncConnection[Any], statement: Statement
    ) -> psycopg.AsyncCursor[Any]:
        # a pool of the caller's may bring another cursor class or row factory
        cursor = psycopg.AsyncCursor(connection, row_factory=tuple_row)
        return await cursor.execute(
            statement.sql, statement.parameters, prepare=statement.prepare, binary=True
        )


async def _result(cursor: psycopg.AsyncCursor[Any]) -> Result:
    return Result(await cursor.fetchall() if has_rows(cursor) else [], cursor.rowcount)
