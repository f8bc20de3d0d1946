"""Who took a lease, and whether that call still runs."""

from __future__ import annotations

import asyncio
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType


class CallOwner:
    """A sync call: it runs while its frame does.

    An interruption may come between any two lines, the ones that give a connection back included;
    and a traceback that somebody keeps, as notebooks do, keeps whatever the call held. Whether the
    frame runs, or waits for its turn in a greenlet, is what cannot be wrong. The frame is asked: to
    look for it on the stack of a thread that runs is a race, since a generator that yields
    meanwhile leaves the stack, and whatever is below it with it.
    """

    __slots__ = ("_frame", "_thread")

    def __init__(self) -> None:
        """Remember the frame of who makes this: a function's, no generator's."""
        self._frame: FrameType | None = sys._getframe(1)  # noqa: SLF001  # as inspect gets it
        self._thread = threading.get_ident()

    def is_over(self) -> bool:
        """Tell whether the frame runs no more; a traceback then keeps nothing of the call."""
        frame = self._frame
        if frame is not None:
            try:
                # in one step for every other thread; it refuses a frame that has not ended
                frame.clear()
            except RuntimeError:
                return False
        return True

    def is_left_behind(self) -> bool:
        """Tell whether the frame has gone of a call that the thread which asks made."""
        return self._thread == threading.get_ident() and self.is_over()

    def done(self) -> None:
        """Let the frame go: it holds this, too."""
        self._frame = None


class Cancels:
    """How often the running task has been told to end: once more, and a call is not to go on.

    psycopg below 3.3.6, and psycopg_pool, wait by ``asyncio.wait_for``, which on Python 3.11 gives
    a result in place of the cancellation that came with it.
    """

    __slots__ = ("_before", "_task")

    def __init__(self) -> None:
        """Count what came before this."""
        self._task = asyncio.current_task()
        self._before = 0 if self._task is None else self._task.cancelling()

    def is_lost(self) -> bool:
        """Tell whether the task was told to end since then, and nothing ends it."""
        if self._task is None or self._task.cancelling() <= self._before:
            return False
        ending = sys.exception()
        return ending is None or isinstance(ending, Exception)


class TaskOwner(Cancels):
    """An async call: it runs while its task does."""

    __slots__ = ()

    def is_over(self) -> bool:
        """Tell whether the task has ended."""
        return self._task is not None and self._task.done()

    # that a task has ended is seen at once, and each call asks it of every other one
    is_left_behind = is_over

    def done(self) -> None:
        """Let the task go."""
        self._task = None
