"""Who took a lease, and whether that call still runs."""

from __future__ import annotations

import asyncio
import sys
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import FrameType


class CallOwner:
    """A sync call: it runs while its frame is on its thread's stack.

    An interruption may come between any two lines, the ones that give a connection back included;
    and a traceback that somebody keeps, as notebooks do, keeps whatever the call held. The stack is
    what cannot be wrong.
    """

    __slots__ = ("_frame", "_greenlet", "_thread")

    def __init__(self) -> None:
        """Remember the frame of who makes this, in the thread that runs it."""
        self._frame: FrameType | None = sys._getframe(1)  # noqa: SLF001  # as inspect gets it
        self._thread = threading.get_ident()
        # where calls of one thread take turns (gevent, SQLAlchemy's asyncio), the stack of a call
        # that waits for its turn hangs on its greenlet
        greenlet = sys.modules.get("greenlet")
        self._greenlet: Any = greenlet.getcurrent() if greenlet else None

    def is_over(self) -> bool:
        """Tell whether the frame has gone."""
        stacks = sys._current_frames  # noqa: SLF001  # documented, for debuggers
        return not (
            _found(self._frame, stacks().get(self._thread))
            or _found(self._frame, getattr(self._greenlet, "gr_frame", None))
        )

    def is_left_behind(self) -> bool:
        """Tell whether the frame has gone of a call that the thread which asks made."""
        return self._thread == threading.get_ident() and self.is_over()

    def done(self) -> None:
        """Let the frame go: it holds this, too."""
        self._frame = self._greenlet = None


def _found(frame: FrameType | None, stack: FrameType | None) -> bool:
    # a loop on one name: a list of frames would hold the frame that it stands in, and all below
    while stack is not None and stack is not frame:
        stack = stack.f_back
    return stack is not None


class TaskOwner:
    """An async call: it runs while its task does."""

    __slots__ = ("_task",)

    def __init__(self) -> None:
        """Remember the task that runs."""
        self._task = asyncio.current_task()

    def is_over(self) -> bool:
        """Tell whether the task has ended."""
        return self._task is not None and self._task.done()

    def is_left_behind(self) -> bool:
        """Tell whether the task has ended: that is seen at once."""
        return self.is_over()

    def done(self) -> None:
        """Let the task go."""
        self._task = None
