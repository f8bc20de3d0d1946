"""Run operations over async connections.

What a failure means is decided in ``_connections/failures.py``, how a connection is lent in
``_pools``, once for both drivers; where the pools live, ``LoopPools`` knows.
"""

from __future__ import annotations

import asyncio
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar, cast

import psycopg

from pgrecall._connections.failures import (
    Attempts,
    interruption_behind,
    is_unprepared,
    translated,
)
from pgrecall._connections.replicas import CATCH_UP_PAUSE, CATCH_UP_SECONDS, REPLAYED, WRITTEN
from pgrecall._driver.async_caller import AsyncCallerDriver
from pgrecall._driver.async_exchange import answered, ask, drive
from pgrecall._driver.loops import WAITS_FOR_CANCEL, AnyPool, LoopPools, called, give_way
from pgrecall._operations.setup import set_up
from pgrecall._operations.work import Build, Call, Pause, one
from pgrecall._pools.forks import check_process
from pgrecall._pools.owners import TaskOwner
from pgrecall._pools.running import Running, wait_readable_async
from pgrecall._pools.sessions import FORGET_PREPARED, cancel_on_server, forget_prepared
from pgrecall._pools.slots import Lease
from pgrecall._statements.statement import BEGIN, COMMIT, ROLLBACK
from pgrecall.errors import ConnectionFailedError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from pgrecall._operations.work import Operation, Request, Work

T = TypeVar("T")


WATCH_SECONDS = 0.5
"""How often a build is asked how far it is."""


class AsyncDriver(LoopPools):
    """Runs operations over async connections, from any number of event loops."""

    async def run(self, operation: Operation[T]) -> T:
        """Run an operation and give its result."""
        check_process()
        pool = await self._ready_pool()
        return await drive(operation, lambda work: self._perform(pool, work))

    def on(self, connection: object) -> AsyncDriver:
        """Give what runs operations on a connection of the caller's, in its transaction.

        Raises:
            InvalidArgumentError: It is no connection that this driver can use.
        """
        # either driver, as far as the verbs use one
        return cast("AsyncDriver", AsyncCallerDriver(self, connection))

    async def begin(self) -> None:
        """Set the database up where it is not yet, over a connection of the store's."""
        await self._ready_pool()

    async def _begin(self, pool: AnyPool) -> None:
        if self._given is not None:
            await self._set_up(lambda work: self._perform(pool, work))
        else:
            # a pool's first connection sets up, and the calls behind it wait for their turn
            await self._touch(pool)

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
        await drive(set_up(self.context, allowed=self.settings.setup), perform)

    async def _try(self, lease: Lease, work: Work[T]) -> T:
        attempts = Attempts(work)
        attempts.begin()
        try:
            return await self._run_body(lease, work, attempts)
        except psycopg.Error as error:
            raise translated(error, lost=lease.is_lost()) from error

    async def _perform(self, pool: AnyPool, work: Work[Any] | Build | Pause | Call) -> Any:
        if isinstance(work, Pause):
            await give_way()
            return None
        if isinstance(work, Build):
            await self._build(pool, work)
            return None
        if isinstance(work, Call):
            return await called(work)
        if work.replica and self._replicas.may_serve(work):
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
                pause = attempts.pause_after(error, lost=lease.soiled or lease.is_lost())
            except BaseException as error:
                lease.soiled = lease.soiled or not isinstance(error, Exception)
                raise
            finally:
                await self._give(pool, lease)
            await asyncio.sleep(pause)

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
            else:
                build.leave_out()
            for statement in build.before:
                await self._execute(lease, statement)
            await self._watch(pool, lease.connection, build)
            if build.after is not None:
                with suppress(psycopg.Error):  # what was built is there, whatever becomes of a note
                    await self._execute(lease, build.after)
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
            running.send()
            while not running.has_ended():
                for call in build.listen(running.notices()):
                    await called(call)
                await wait_readable_async(running.socket, WATCH_SECONDS)
                if build.progress is not None and not running.has_ended():
                    for call in build.report(await self._perform(pool, one(build.poll))):
                        await called(call)
            for call in build.listen(running.notices()):
                await called(call)
        except psycopg.Error:
            # the statement's own end
            raise
        except BaseException:
            try:
                cancel_on_server(connection, wait=WAITS_FOR_CANCEL)
            finally:
                # a second interruption must not let the server go on; done, this does nothing
                cancel_on_server(connection, wait=False)
            raise

    async def _run_body(self, lease: Lease, work: Work[T], attempts: Attempts) -> T:
        try:
            return await self._run_once(lease, work, attempts)
        except psycopg.Error as error:
            if lease.soiled or not is_unprepared(error):
                raise
        # another connection may be no better: the tries would be used up by one after the other
        attempts.committing = False
        forget_prepared(lease.connection)
        await self._execute(lease, FORGET_PREPARED)
        attempts.begin()
        return await self._run_once(lease, work, attempts)

    async def _run_once(self, lease: Lease, work: Work[T], attempts: Attempts) -> T:
        if work.single is not None and not work.transaction:
            return cast("T", await self._execute(lease, work.single))
        try:
            if work.transaction:
                await self._execute(lease, BEGIN)
            result = await answered(work.body(), lambda request: self._execute(lease, request))
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
            return await called(request)
        outer = sys.exception()
        # until the answer is read whole, nobody else may have the connection
        lease.soiled = True
        try:
            result = await ask(lease.connection, request)
        except psycopg.Error as error:
            interruption = interruption_behind(error, outer)
            if interruption is not None:
                raise interruption from None
            lease.soiled = False
            raise
        lease.soiled = False
        return result
