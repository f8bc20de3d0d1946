"""What a pool of threads has that one of an event loop has not."""

from __future__ import annotations

import threading
import weakref
from typing import TYPE_CHECKING

from pgrecall._pools.waiting import ThreadSignal

if TYPE_CHECKING:
    from pgrecall._pools.slots import Slots


class InThreads:
    """A pool's books among threads, one of which closes what rests for too long.

    A signal may come between any two lines: what it breaks off leaves at most a slot that looks
    taken, and the next call that waits sees that its owner runs no more, closes its connection and
    goes on. psycopg_pool keeps the place of a caller that was interrupted while it waited, for good
    (psycopg_pool 3.3.3).
    """

    def __init__(self, slots: Slots) -> None:
        """Keep the books."""
        self._slots = slots
        # C code from the first instruction to the last: no signal comes between it and its body
        self._lock = threading.Lock()
        # no Event: its set() is Python code around a lock, which a signal would leave locked
        self._stopped = ThreadSignal()
        self._sweeping: threading.Thread | None = None

    def close(self) -> None:
        """Close what is idle now, and the rest as it comes back; nobody waits any longer."""
        with self._lock:
            self._slots.close()
            self._stopped.set()

    def _sweep(self, due: float) -> None:
        # only while there is something to close; the thread keeps nothing of the pool
        if self._sweeping is None:
            self._sweeping = threading.Thread(
                target=_sweep, args=(weakref.ref(self), self._stopped, due), daemon=True
            )
            try:
                self._sweeping.start()
            except RuntimeError:
                # a process that may start no thread just now: the next call tries again
                self._sweeping = None

    def _swept(self) -> float | None:
        with self._lock:
            due = self._slots.close_surplus()
            if due is None:
                self._sweeping = None
        return due


def _sweep(reference: weakref.ref[InThreads], stopped: ThreadSignal, due: float | None) -> None:
    while due is not None and not stopped.wait(due):
        pool = reference()
        due = pool._swept() if pool is not None else None  # noqa: SLF001  # its own thread
        del pool
