"""Run operations over async connections: ``_driver`` line for line, awaited."""

from __future__ import annotations

import asyncio
import inspect
import sys
import threading
import time
import weakref
from contextlib import closing, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar, cast

import psycopg
from psycopg.generators import send
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
from pgrecall._driver.driver import WATCH_SECONDS, has_rows
from pgrecall._driver.loops import AnyPool, Loop, finish_all, running_loop
from pgrecall._operations.context import Context
from pgrecall._operations.setup import set_up
from pgrecall._operations.work import Build, Pause, one
from pgrecall._pools.async_pool import AsyncPool
from pgrecall._pools.forks import check_process, renewed_in_children
from pgrecall._pools.given import GivenAsyncPool
from pgrecall._pools.owners import TaskOwner
from pgrecall._pools.running import Running, wait_readable_async
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
    from collections.abc import Awaitable, Callable, Iterable

    from psycopg_pool import AsyncConnectionPool

    from pgrecall._connections.settings import Settings
    from pgrecall._operations.work import Operation, Work
    from pgrecall._statements.statement import Request
    from pgrecall.models import PoolStatistics

T = TypeVar("T")


CLOSE_SECONDS = 0.01
"""How often a closing store looks whether another thread's event loop has done its part."""


class AsyncDriver:
    """Runs operations over async connections, from any number of event loops."""

    def __init__(self, settings: Settings, pool: AsyncConnectionPool[Any] | None) -> None:
        """Connect to nothing yet: the first operation does."""
        self.settings = settings
        self.context = Context(settings.schema)
        self._known = Known()
        self._given = None if pool is None else GivenAsyncPool(pool, self._known)
        self._is_child = False
        self._replicas = Replicas(settings)
        self._loops: dict[asyncio.AbstractEventLoop, Loop] = {}
        self._lock = threading.Lock()
        # a store that nobody closed leaves no connection open all the same
        weakref.finalize(self, finish_all, self._loops)
        renewed_in_children(self)

    @property
    def has_given_pool(self) -> bool:
        """Whether the connections come from a pool of the caller's."""
        return self._given is not None

    async def run(self, operation: Operation[T]) -> T:
        """Run an operation and give its result."""
        check_process()
        pool = await self._ready_pool()
        return await self._drive(operation, lambda work: self._perform(pool, work))

    async def close(self) -> None:
        """Close the store's own pools, those of other event loops too."""
        with self._lock:
            loops = dict(self._loops)
            self._loops.clear()
        for loop, state in loops.items():
            if loop is asyncio.get_running_loop():
                state.close()
                continue
            closed = threading.Event()
            state.close_soon(loop, closed)
            # a loop that ends before it came to it runs no more: then it can be done from here
            while not closed.is_set() and loop.is_running():  # noqa: ASYNC110  # of another thread
                await asyncio.sleep(CLOSE_SECONDS)
            if not closed.is_set():
                state.finish()

    def close_idle(self) -> None:
        """Close the connections that are at rest, from any thread; the others as they come back."""
        with self._lock:
            loops = dict(self._loops)
            self._loops.clear()
        for loop, state in loops.items():
            if loop is running_loop():
                state.close()
            elif loop.is_running():
                state.close_soon(loop, threading.Event())
            else:
                state.finish()

    def renew(self) -> None:
        """Begin anew in a process that was forked: nothing of the parent's is used or closed."""
        for state in self._loops.values():
            state.abandon()
        self._loops.clear()
        self._lock = threading.Lock()
        self._known = Known()
        self._replicas = Replicas(self.settings)
        self._is_child = True
        self.context.renew()

    def statistics(self) -> PoolStatistics:
        """Tell how busy the running event loop's connections are."""
        loop = self._loops.get(asyncio.get_running_loop()) or Loop()
        replicas = loop.replicas
        return replace(
            statistics_of(self._given or loop.pool, self.settings.max_connections),
            replicas=statistics_of(replicas, replicas.max_size) if replicas else None,
        )

    async def _ready_pool(self) -> AnyPool:
        if self._given is not None and self._is_child:
            raise given_pool_inherited()
        pool = self._given or self._opened_pool()
        if self.context.server is None:
            if self._given is not None:
                await self._set_up(lambda work: self._perform(pool, work))
            else:
                # a pool's first connection sets up, and the calls behind it wait for their turn
                await self._touch(pool)
        return pool

    def _new_loop(self) -> Loop:
        with self._lock:
            for loop in [loop for loop in self._loops if loop.is_closed()]:
                self._loops.pop(loop).finish()
            return self._loops.setdefault(asyncio.get_running_loop(), Loop())

    def _opened_pool(self) -> AsyncPool:
        loop = self._loops.get(asyncio.get_running_loop()) or self._new_loop()
        if loop.pool is None:
            loop.pool = AsyncPool(self.settings, self._known, self._prepare)
        return loop.pool

    def _ready_replicas(self) -> AsyncPool:
        loop = self._loops.get(asyncio.get_running_loop()) or self._new_loop()
        if loop.replicas is None:
            loop.replicas = AsyncPool(self._replicas.settings or self.settings, self._known)
        return loop.replicas

    async def _touch(self, pool: AnyPool) -> None:
        lease = Lease(TaskOwner())
        try:
            await pool.take(lease)
        finally:
            await self._give(pool, lease)

    async def _prepare(self, connection: psycopg.AsyncConnection[Any]) -> None:
        if self.context.server is None:
            lease = Lease(TaskOwner())
            lease.connection = connection
            await self._set_up(lambda work: self._try(lease, work))

    async def _set_up(self, perform: Callable[[Any], Awaitable[Any]]) -> None:
        await self._drive(set_up(self.context, allowed=self.settings.setup), perform)

    async def _try(self, lease: Lease, work: Work[T]) -> T:
        attempts = Attempts(work)
        attempts.begin()
        try:
            return await self._run_body(lease, work, attempts)
        except psycopg.Error as error:
            raise translated(error, lost=lease.is_lost()) from error

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
            lease = Lease(TaskOwner())
            try:
                await pool.take(lease)
                attempts.begin()
                result = await self._run_body(lease, work, attempts)
                if work.writes and self._replicas.follows_writes:
                    await self._note_written(lease)
                return result  # noqa: TRY300  # the same connection is still taken
            except psycopg.Error as error:
                lease.soiled = lease.soiled or is_unprepared(error)
                pause = attempts.pause_after(error, lost=lease.soiled or lease.is_lost())
            except BaseException as error:
                lease.soiled = lease.soiled or not isinstance(error, Exception)
                raise
            finally:
                await self._give(pool, lease)
            await asyncio.sleep(pause)

    async def _give(self, pool: AnyPool, lease: Lease) -> None:
        interrupted = lease.soiled
        giving = pool.give(lease)
        lease.owner.done()
        if giving is not None and not interrupted:
            await asyncio.shield(giving)

    async def _try_replica(self, work: Work[Any]) -> tuple[bool, Any]:
        pool = self._ready_replicas()
        lease = Lease(TaskOwner())
        try:
            try:
                await pool.take(lease)
            except ConnectionFailedError:
                self._replicas.rest()
                return False, None
            self._replicas.reached()
            if not await self._catch_up(lease):
                return False, None
            return True, await self._run_body(lease, work, Attempts(work))
        except psycopg.Error as error:
            # a cancelled query, a table that is not there yet: the primary knows better
            if isinstance(error, psycopg.errors.QueryCanceled):
                raise translated(error, lost=lease.is_lost()) from error
            return False, None
        except BaseException as error:
            lease.soiled = lease.soiled or not isinstance(error, Exception)
            raise
        finally:
            await self._give(pool, lease)

    async def _catch_up(self, lease: Lease) -> bool:
        deadline = time.monotonic() + CATCH_UP_SECONDS
        while not self._replicas.is_caught_up(lease.connection):
            if time.monotonic() > deadline:
                return False
            result = await self._execute(lease, REPLAYED)
            self._replicas.replayed(lease.connection, result.rows[0][0])
            if not self._replicas.is_caught_up(lease.connection):
                await asyncio.sleep(CATCH_UP_PAUSE)
        return True

    async def _note_written(self, lease: Lease) -> None:
        try:
            result = await self._execute(lease, WRITTEN)
        except psycopg.Error:
            # the write is stored; where the log ends is not known until the next one
            self._replicas.wrote(None)
        else:
            self._replicas.wrote(result.rows[0][0])

    async def _build(self, pool: AnyPool, build: Build) -> None:
        lease = Lease(TaskOwner())
        try:
            await pool.take(lease)
            if lease.connection.prepare_threshold is not None:
                for statement in build.settings:
                    await self._execute(lease, statement)
            await self._watch(pool, lease.connection, build)
        except psycopg.Error as error:
            raise translated(error, lost=lease.is_lost()) from error
        finally:
            # what the session was set to goes with it
            lease.soiled = True
            await self._give(pool, lease)

    async def _watch(
        self, pool: AnyPool, connection: psycopg.AsyncConnection[Any], build: Build
    ) -> None:
        running = Running(connection, build.statement)
        try:
            while not running.has_ended():
                await wait_readable_async(running.socket, WATCH_SECONDS)
                if build.progress is not None and not running.has_ended():
                    build.report(await self._perform(pool, one(build.poll)))
        except psycopg.Error:
            # the statement's own end
            raise
        except BaseException:
            cancel_on_server(connection, wait=False)
            raise

    async def _run_body(self, lease: Lease, work: Work[T], attempts: Attempts) -> T:
        with closing(work.body()) as steps:
            try:
                if work.transaction:
                    await self._execute(lease, BEGIN)
                request = next(steps)
                while True:
                    request = steps.send(await self._execute(lease, request))
            except StopIteration as finished:
                result = cast("T", finished.value)
            except Exception:
                if work.transaction and not lease.soiled:
                    await self._roll_back(lease)
                raise
        if work.transaction:
            attempts.committing = True
            await self._execute(lease, COMMIT)
        return result

    async def _roll_back(self, lease: Lease) -> None:
        try:
            await self._execute(lease, ROLLBACK)
        except psycopg.Error:
            # its state is unknown: the pool replaces it
            lease.soiled = True

    async def _execute(self, lease: Lease, request: Request) -> Any:
        if isinstance(request, Call):
            return await self._call(request)
        outer = sys.exception()
        # until the answer is read whole, nobody else may have the connection
        lease.soiled = True
        try:
            result = await self._ask(lease.connection, request)
        except psycopg.Error as error:
            interruption = interruption_behind(error, outer)
            if interruption is not None:
                raise interruption from None
            lease.soiled = False
            raise
        lease.soiled = False
        return result

    async def _ask(
        self, connection: psycopg.AsyncConnection[Any], request: Statement | Many | Copy
    ) -> Any:
        match request:
            case Statement():
                return await _result(await self._send(connection, request))
            case Many(statements):
                cursors = await self._pipelined(connection, statements)
                return [await _result(cursor) for cursor in cursors]
            case Copy(query, blocks):
                cursor = psycopg.AsyncCursor(connection)
                async with cursor.copy(query) as copy:
                    try:
                        for block in blocks:
                            await copy.write(block)
                    except BaseException as error:
                        if not isinstance(error, Exception):
                            # leaving the block would wait for the server
                            finish(connection)
                        raise
                return Result([], cursor.rowcount)

    async def _pipelined(
        self, connection: psycopg.AsyncConnection[Any], statements: Iterable[Statement]
    ) -> list[psycopg.AsyncCursor[Any]]:
        # psycopg's own block waits for the server whatever ends it, a coroutine that is closed
        # included. This one leaves only where all was read; else the connection is closed
        pipeline = psycopg.AsyncPipeline(connection)
        connection._pipeline = pipeline  # noqa: SLF001  # as psycopg's block does
        await pipeline.__aenter__()
        try:
            cursors = [await self._send(connection, statement) for statement in statements]
            # sync() alone reads before all is written: what a socket cannot take waits for ever
            await connection.wait(send(connection.pgconn))
            await pipeline.sync()
        except psycopg.Error:
            while is_owed_answers(connection, pipeline.result_queue):
                with suppress(psycopg.Error):  # the first one is told
                    await connection.wait(send(connection.pgconn))
                    await pipeline.sync()
            leave_pipeline(connection)
            raise
        leave_pipeline(connection)
        return cursors

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
