"""Bars of rich's on standard error, one below the other where several calls run at once."""

from __future__ import annotations

import os
import sys
import threading

from rich.console import Console
from rich.progress import Progress

from pgrecall._progress.rich_columns import columns
from pgrecall._progress.showing import is_terminal


class _Screen:
    """The one display of this process, which is there while a call has a bar."""

    def __init__(self) -> None:
        self.renew()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self.renew)

    def renew(self) -> None:
        """Begin anew in a process that was forked: what draws was a thread of its parent's."""
        self._lock = threading.Lock()
        self._progress: Progress | None = None
        self._bars = 0

    def enter(self) -> Progress:
        """Give the display, begun where this bar is the first."""
        with self._lock:
            if self._progress is None:
                progress = Progress(
                    *columns(),
                    console=Console(stderr=True),
                    expand=True,
                    # what the caller prints into a file or a pipe must get there
                    redirect_stdout=is_terminal(sys.stdout),
                )
                progress.start()  # which rich refuses beside a display of the caller's
                self._progress = progress
            self._bars += 1
            return self._progress

    def leave(self) -> None:
        """End the display with its last bar, which stays to be seen."""
        with self._lock:
            self._bars = max(self._bars - 1, 0)
            if not self._bars and self._progress is not None:
                progress, self._progress = self._progress, None
                progress.stop()


_SCREEN = _Screen()


class RichBar:
    """One call's bar."""

    def __init__(self, what: str, unit: str, total: int | None) -> None:
        """Show it."""
        self._what = what
        self._of = total
        self._progress = _SCREEN.enter()
        # blocks of an index, or findings, have no unit, and no rate that says anything
        id_ = self._progress.add_task(what, total=total, unit=unit, has_rate=bool(unit))
        self._task = next(task for task in self._progress.tasks if task.id == id_)

    def update(self, done: int, total: int | None, detail: str) -> None:
        """Show how far it is."""
        what = f"{self._what}: {detail}" if detail else self._what
        if not total and not self._of:
            self._task.total = None  # as update() cannot say
        self._progress.update(
            self._task.id, completed=done, total=total or self._of, description=what
        )

    def close(self, *, is_done: bool) -> None:
        """Leave the bar as it is at the end."""
        try:
            if is_done:
                whole = self._task.completed or 1
                self._progress.update(self._task.id, total=whole, completed=whole)
            self._progress.stop_task(self._task.id)
        finally:
            _SCREEN.leave()
