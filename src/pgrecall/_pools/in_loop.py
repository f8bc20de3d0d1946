"""What a pool of one event loop has that one of threads has not."""

from __future__ import annotations

import asyncio
import weakref
from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Coroutine

    import psycopg

    from pgrecall._pools.slots import Slots


class InLoop:
    """A pool's books in one event loop, whose timer closes what rests for too long.

    Giving back never awaits: nothing that ends a call can come in between. psycopg_pool's async
    workers take the cancellation at the end of a loop for a failed attempt to connect, and the loop
    waits for them for ever (psycopg_pool 3.3.3); here there are none.
    """

    def __init__(self, slots: Slots) -> None:
        """Keep the books."""
        self._slots = slots
        # one loop runs all of its calls, and none of them awaits while it changes the books
        self._lock = nullcontext()
        self._sweeping: asyncio.TimerHandle | None = None
        self._attempt: Coroutine[Any, Any, psycopg.AsyncConnection[Any]] | None = None

    def close(self) -> None:
        """Close what is idle now, and the rest as it comes back; nobody waits any longer."""
        self._slots.close()

    def finish(self) -> None:
        """Close every connection, a half made one too: the loop runs no more."""
        self._slots.finish()
        if self._attempt is not None:
            # its loop is closed, and says so
            with suppress(RuntimeError):
                self._attempt.close()

    def _sweep(self, due: float) -> None:
        # only while there is something to close: nothing keeps the pool, and nothing the loop
        if self._sweeping is None:
            loop = asyncio.get_running_loop()
            self._sweeping = loop.call_later(due, _swept, weakref.ref(self))

    def _swept(self) -> None:
        self._sweeping = None
        due = self._slots.close_surplus()
        if due is not None:
            self._sweep(due)


def _swept(reference: weakref.ref[InLoop]) -> None:
    pool = reference()
    if pool is not None:
        pool._swept()  # noqa: SLF001  # its own timer
