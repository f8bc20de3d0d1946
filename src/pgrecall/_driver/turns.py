"""Calls on a connection of the caller's take turns: its savepoints are a stack.

What a call is given (an iterable, a model, a progress function) may make calls on the same
connection: they stand on top of the stack meanwhile.
"""

from __future__ import annotations

import asyncio
import threading
import weakref
from contextlib import AbstractContextManager, nullcontext, suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pgrecall._connections.failures import given_connection_inherited
from pgrecall._pools.forks import check_process, renewed_in_children
from pgrecall._pools.owners import Cancels

if TYPE_CHECKING:
    from collections.abc import Callable

    from psycopg import BaseConnection

L = TypeVar("L")


class Turns(Generic[L]):
    """A lock for each connection, whichever handle makes its savepoints."""

    def __init__(self, make: Callable[[], L]) -> None:
        """Begin with none."""
        self._make = make
        self._turns: weakref.WeakKeyDictionary[BaseConnection[Any], L] = weakref.WeakKeyDictionary()
        self._inherited: weakref.WeakSet[BaseConnection[Any]] = weakref.WeakSet()
        self.renew()
        renewed_in_children(self)

    def renew(self) -> None:
        """Begin anew in a process that was forked: connections that were met are the parent's."""
        self._lock = threading.Lock()
        self._inherited.update(self._turns.keys())
        self._turns = weakref.WeakKeyDictionary()

    def of(self, connection: BaseConnection[Any]) -> L:
        """Give the lock of a connection.

        Raises:
            ConnectionFailedError: It was met in the process that forked this one.
        """
        check_process()
        with self._lock:
            if connection in self._inherited:
                raise given_connection_inherited()
            found = self._turns.get(connection)
            if found is None:
                found = self._turns[connection] = self._make()
            return found

    @staticmethod
    def lent() -> AbstractContextManager[None]:
        """Let a function of the caller's make calls on top of this one."""
        return nullcontext()


class _Level:
    """What the calls at one height of the stack take turns by.

    A call has the turn on top of it itself, but where it waits for a function of the caller's:
    what that has left behind may come between no two statements.
    """

    def __init__(self, lowest: _Level | None = None) -> None:
        """Begin the connection's own, or one on top of a call."""
        self.lowest = lowest or self
        self.lock = asyncio.Lock()
        self.is_lent = self.is_over = False


_WITHIN: ContextVar[tuple[_Level, ...]] = ContextVar("pgrecall_within", default=())
"""On top of which calls this code runs, the highest first; its tasks and threads do, too."""


class _TaskTurn:
    """The turn of one call."""

    def __init__(self, lowest: _Level) -> None:
        """Wait for nothing yet."""
        self._lowest = lowest

    async def __aenter__(self) -> None:
        """Wait until the calls at this height are done."""
        while True:
            within = _WITHIN.get()
            open_ = (one for one in within if one.lowest is self._lowest and not one.is_over)
            self._level = next(open_, self._lowest)
            await self._level.lock.acquire()
            if not self._level.is_over:
                break
            self._level.lock.release()  # the call below ended, and left this task behind
        self._cancels = Cancels()
        self._above = _Level(self._lowest)
        await self._above.lock.acquire()  # nobody has it: this waits for nothing
        self._token = _WITHIN.set((self._above, *within))

    async def __aexit__(self, *_: object) -> None:
        """Let the next one come; a task that was left behind takes its turn as any other."""
        self._above.is_over = True
        if not self._above.is_lent:
            self._above.lock.release()
        with suppress(ValueError):  # a coroutine that is thrown away ends in another context
            _WITHIN.reset(self._token)
        self._level.lock.release()
        if self._cancels.is_lost():
            raise asyncio.CancelledError


class _Lent:
    """The turn on top of a call while a function of the caller's has it."""

    def __init__(self, above: _Level) -> None:
        """Lend nothing yet."""
        self._above = above

    async def __aenter__(self) -> None:
        self._above.is_lent = True
        self._above.lock.release()

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Take it back; who was interrupted waits for no task that was left behind."""
        is_interrupted = kind is not None and not issubclass(kind, Exception)
        if not (is_interrupted and self._above.lock.locked()):
            await self._above.lock.acquire()
            self._above.is_lent = False


class TaskTurns:
    """Turns of tasks: one that a call started, or awaits, may take its turn on top of it."""

    def __init__(self) -> None:
        """Begin with none."""
        self._levels = Turns(_Level)

    def of(self, connection: BaseConnection[Any]) -> _TaskTurn:
        """Give what a call waits for its turn by.

        Raises:
            ConnectionFailedError: It was met in the process that forked this one.
        """
        return _TaskTurn(self._levels.of(connection))

    @staticmethod
    def lent() -> _Lent:
        """Let a function of the caller's make calls on top of the one that this code runs in."""
        return _Lent(_WITHIN.get()[0])


TASK_TURNS = TaskTurns()
THREAD_TURNS = Turns(threading.RLock)
"""A thread may read, or write, from within the iterable of its own write."""
