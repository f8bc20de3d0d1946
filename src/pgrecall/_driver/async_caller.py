"""Run operations on a connection of the caller's, in its transaction, by an async connection.

Each unit of work has a savepoint. A read is rolled back to it when it is done, which puts back
what it has set; from its first write on, a verb has a savepoint of its own.
"""

from __future__ import annotations

import sys
from contextlib import closing, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg
from psycopg.adapt import AdaptersMap
from psycopg.rows import tuple_row

from pgrecall._connections.failures import (
    committing_failed,
    interruption_behind,
    is_unprepared,
    translated,
)
from pgrecall._driver.async_exchange import answered, drive
from pgrecall._driver.loops import acquired, called, give_way
from pgrecall._driver.results import has_rows
from pgrecall._driver.savepoints import (
    STEP,
    VERB,
    begins_own,
    check_kind,
    check_usable,
    command,
    explained,
    in_use,
    is_half_done,
    told_of_closing,
)
from pgrecall._driver.turns import TASK_TURNS
from pgrecall._operations.collections.pins import PinsWithin
from pgrecall._operations.context import Context, commits_itself
from pgrecall._operations.setup import lacking
from pgrecall._operations.within import meet, one_by_one
from pgrecall._operations.work import Build, Call, Pause, one
from pgrecall._pools.forks import check_process
from pgrecall._pools.sessions import BACKEND_PID, dumping_encoded, finish
from pgrecall._statements.rendered import Rendered
from pgrecall._statements.statement import Copy, Result, Statement

if TYPE_CHECKING:
    from pgrecall._connections.settings import Settings
    from pgrecall._driver.async_driver import AsyncDriver
    from pgrecall._operations.work import Operation, Request, Work
    from pgrecall.models import PoolStatistics

T = TypeVar("T")

# the caller's own loaders and dumpers are for the caller's values
_ADAPTERS = dumping_encoded(AdaptersMap(psycopg.adapters))
_MARKS = {name: Statement(Rendered.of(f"SAVEPOINT {name}")) for name in (VERB, STEP)}


class AsyncCallerDriver:
    """Runs operations on one connection of the caller's; commits nothing.

    Where the connection commits each statement (autocommit, outside of a ``transaction()`` block),
    each operation is a transaction of its own.
    """

    borrows = "a connection of its caller's"

    def __init__(self, store: AsyncDriver, connection: object) -> None:
        """Send nothing yet.

        Raises:
            InvalidArgumentError: It is no connection of this kind.
            ConnectionFailedError: It is one of the process that forked this one.
        """
        check_kind(connection, psycopg.AsyncConnection)
        self._store = store
        self._connection: psycopg.AsyncConnection[Any] = connection  # type: ignore[assignment]
        TASK_TURNS.of(self._connection)  # met from here on: to a child it is its parent's
        self._facts = Context(store.context.schema)
        self._pins = PinsWithin(store.context.pins)
        # behind a pooler, the next transaction's session may know no prepared statement
        self._prepares = True

    @property
    def settings(self) -> Settings:
        """The store's."""
        return self._store.settings

    @property
    def where(self) -> str:
        """Show where calls go; never a password."""
        return f"{self._store.settings!r}, on {self.borrows}"

    @property
    def context(self) -> Context:
        """What one call knows of the database: it goes with the call."""
        return self._store.context.within(self._facts, self._pins)

    def on(self, connection: object) -> AsyncDriver:
        """Give what runs operations on another connection."""
        return self._store.on(connection)

    async def close(self) -> None:
        """Leave the connection to its owner."""

    def close_idle(self) -> None:
        """Leave the connection to its owner."""

    def statistics(self) -> PoolStatistics:
        """Tell how busy the store's own connections are."""
        return self._store.statistics()

    async def run(self, operation: Operation[T]) -> T:
        """Run an operation and give its result."""
        check_process()
        with closing(operation):
            return await self._in_turn(operation)

    async def _in_turn(self, operation: Operation[T]) -> T:
        async with TASK_TURNS.of(self._connection):
            seconds = self.settings.connection_timeout
            if not await acquired(self._connection.lock, seconds):
                raise in_use(seconds)
            try:
                check_usable(self._connection)
            finally:
                self._connection.lock.release()
            if not begins_own(self._connection):
                return await self._run(operation, [])
            return await self._run_and_commit(operation)

    async def _run_and_commit(self, operation: Operation[T]) -> T:
        is_running = False
        written: list[str] = []
        try:
            async with self._connection.transaction():
                is_running = True
                try:
                    result = await self._run(operation, written)
                except GeneratorExit:
                    # leaving the block would wait for the server
                    finish(self._connection)
                    raise
                is_running = False
        except psycopg.Error as error:
            if is_running:
                # of the caller's own code
                raise
            lost = self._connection.closed
            raise committing_failed(error, lost=lost, wrote=bool(written)) from error
        return result

    async def _run(self, operation: Operation[T], written: list[str]) -> T:
        points: list[str] = []
        try:
            if self._facts.server is None:
                await self._meet(points)
            result = await drive(operation, partial(self._perform, points))
            written += points
            if points:
                await self._release(points)
        except GeneratorExit:
            # nothing can be awaited any more
            raise
        except BaseException as error:
            await self._take_back(points, error)
            raise
        finally:
            if is_half_done(self._connection, points):
                finish(self._connection)
                told_of_closing(sys.exception())
        return result

    async def _release(self, points: list[str]) -> None:
        try:
            await self._command(_kept(VERB))
        except psycopg.Error as error:
            raise explained(translated(error, lost=self._connection.closed)) from error
        points.clear()

    async def _take_back(self, points: list[str], error: BaseException) -> None:
        if not points or self._connection.closed:
            return
        try:
            await self._command(_undone(VERB))
        except psycopg.Error as failure:
            error.add_note(
                f"pgrecall: the savepoint is lost ({failure}): roll the transaction back"
            )
        else:
            points.clear()

    async def _meet(self, points: list[str]) -> None:
        store, facts = self._store.context, self._facts
        found = await self._perform(points, one(BACKEND_PID))
        self._prepares = self._connection.info.backend_pid == found.rows[0][0]
        is_set_up = await drive(meet(store, facts), partial(self._perform, points))
        if not is_set_up and store.server is None and self._store.settings.setup:
            await self._store.begin()
            is_set_up = await drive(meet(store, facts), partial(self._perform, points))
        if not is_set_up:
            server, facts.server = facts.server, None
            raise lacking(store, server, "nothing is created in a transaction of yours")

    async def _perform(self, points: list[str], work: Work[Any] | Build | Pause | Call) -> Any:
        if isinstance(work, Pause):
            await give_way()
            return None
        if isinstance(work, Build):
            raise commits_itself("what builds an index")
        if isinstance(work, Call):
            async with TASK_TURNS.lent():
                return await called(work)
        try:
            try:
                return await self._run_once(points, one_by_one(work))
            except psycopg.Error as error:
                if not (self._prepares and is_unprepared(error)):
                    raise
            # what the session has prepared is its owner's to drop
            self._prepares = False
            return await self._run_once(points, one_by_one(work))
        except psycopg.Error as error:
            raise explained(translated(error, lost=self._connection.closed)) from error

    async def _run_once(self, points: list[str], work: Work[T]) -> T:
        if work.writes:
            return await self._write(points, work)
        async with self._connection.lock:
            return await self._read(work)

    async def _read(self, work: Work[T]) -> T:
        """Run a read, and undo what it set; nobody else's statement may come between."""
        await self._send(_MARKS[STEP])
        try:
            result = await answered(work.body(), self._send)
        except GeneratorExit:
            # nothing can be awaited any more
            raise
        except BaseException:
            with suppress(psycopg.Error):  # what came first is told
                await self._wait(_undone(STEP))
            raise
        await self._wait(_undone(STEP))
        return result

    async def _write(self, points: list[str], work: Work[T]) -> T:
        name = STEP if points else VERB
        await self._execute(_MARKS[name])
        points.append(name)
        try:
            result = await answered(work.body(), self._execute)
        except Exception:
            with suppress(psycopg.Error):  # what came first is told
                await self._command(_undone(name))
                points.remove(name)
            raise
        if name == STEP:
            await self._command(_kept(name))
            points.remove(name)
        return result

    async def _execute(self, request: Request) -> Any:
        outer = sys.exception()
        try:
            if isinstance(request, Copy):
                return await self._copy(request)
            async with self._connection.lock:
                return await self._send(request)
        except psycopg.Error as error:
            interruption = interruption_behind(error, outer)
            if interruption is not None:
                raise interruption from None
            raise

    async def _copy(self, request: Copy) -> Result:
        cursor = psycopg.AsyncCursor(self._connection)
        async with cursor.copy(request.sql) as copy:
            try:
                for block in request.blocks:
                    await copy.write(block)
            except GeneratorExit:
                # leaving the block would wait for the server
                finish(self._connection)
                raise
        return Result([], cursor.rowcount)

    async def _send(self, request: Any) -> Result:
        """Send one statement and read its answer; who calls has the connection's lock."""
        cursor = psycopg.AsyncRawCursor(self._connection, row_factory=tuple_row)
        cursor._adapters = AdaptersMap(_ADAPTERS)  # noqa: SLF001  # a cursor takes its connection's
        query, values = request.sent()
        prepare = request.prepare if self._prepares else False
        # as execute() does under the lock, which a read holds on to
        await self._connection.wait(
            cursor._execute_gen(query, values, prepare=prepare, binary=True)  # noqa: SLF001
        )
        return Result(await cursor.fetchall() if has_rows(cursor) else [], cursor.rowcount)

    async def _command(self, text: str) -> None:
        async with self._connection.lock:
            await self._wait(text)

    async def _wait(self, text: str) -> None:
        await self._connection.wait(command(self._connection.pgconn, text))


def _undone(name: str) -> str:
    return f"ROLLBACK TO SAVEPOINT {name}; RELEASE SAVEPOINT {name}"


def _kept(name: str) -> str:
    return f"RELEASE SAVEPOINT {name}"
