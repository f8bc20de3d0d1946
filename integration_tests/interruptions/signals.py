"""Ways to interrupt a call of sync code: at a point of one's choice, or at a moment."""

from __future__ import annotations

import ctypes
import inspect
import random
import signal
import sys
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeAlias

from integration_tests.interruptions.ways import Interrupted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

TRACED = ("/pgrecall/", "/psycopg/", "/psycopg_pool/", "/contextlib.py", "/threading.py")
"""In whose code an interruption may come."""

Call: TypeAlias = "Callable[[], Any]"


class Points:
    """Counts where a signal may come into a call, and raises KeyboardInterrupt at one of them.

    CPython looks for signals where a function begins and after each call of C code. A trace of
    lines would be no judge: it also comes between a ``with`` and its end, where no signal does.
    """

    def __init__(self, at: int | None = None, deed: Callable[[], object] = lambda: None) -> None:
        self.count = 0
        self._at, self._deed = at, deed
        self.where = ""

    def run(self, call: Call) -> Any:
        sys.setprofile(self._meet)
        try:
            return call()
        finally:
            # a function that raised is gone already
            sys.setprofile(None)

    def _meet(self, frame: FrameType, event: str, _argument: object) -> None:
        code = frame.f_code
        # what is raised as a generator goes on would pass by its own handlers: no signal does
        begins = event == "call" and not code.co_flags & RESUMED
        if not (begins or event == "c_return"):
            return
        if any(part in code.co_filename for part in TRACED):
            self.count += 1
            if self._at is not None and self.count > self._at:
                self._at = None
                self.where = f"{code.co_filename}:{frame.f_lineno}"
                self._deed()
                raise KeyboardInterrupt


RESUMED = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR


class Alarm:
    """Raises KeyboardInterrupt in the main thread from a real signal, while a call runs.

    ``again`` seconds after the first signal comes a second one, unless it is 0. (psycopg's C code
    looks for signals a tenth of a second after the last one: a stream of them is never seen.)
    """

    def __init__(self, again: float = 0.0) -> None:
        self._is_armed = False
        self._again = again

    def _ring(self, _number: int, _frame: object) -> None:
        if self._is_armed:
            signal.setitimer(signal.ITIMER_REAL, self._again)
            self._again = 0.0
            raise KeyboardInterrupt

    def run(self, call: Call, arm: Callable[[], object]) -> Any:
        """Run a call; ``arm`` sends the signals, SIGINT or SIGALRM."""
        before = {each: signal.signal(each, self._ring) for each in (signal.SIGINT, signal.SIGALRM)}
        try:
            self._is_armed = True
            arm()
            return call()
        finally:
            self._is_armed = False
            signal.setitimer(signal.ITIMER_REAL, 0)
            for each, handler in before.items():
                signal.signal(each, handler)


def at_point(call: Call, at: int) -> Any:
    """Interrupt at the ``at``-th point."""
    with quiet_finalizers():
        try:
            return Points(at).run(call)
        except KeyboardInterrupt:
            raise Interrupted from None


def at_point_and_after(call: Call, at: int, seconds: float) -> Any:
    """Interrupt at the ``at``-th point, and by a signal some time after it."""
    points = Points(at, lambda: signal.setitimer(signal.ITIMER_REAL, max(seconds, 1e-6)))
    with quiet_finalizers():
        try:
            return Alarm().run(lambda: points.run(call), lambda: None)
        except KeyboardInterrupt:
            raise Interrupted from None


def by_signal(call: Call, seconds: float, *, again: float = 0.0) -> Any:
    """Interrupt by a signal after some seconds, and by a second one ``again`` seconds later."""
    with quiet_finalizers():
        try:
            return Alarm(again).run(
                call, lambda: signal.setitimer(signal.ITIMER_REAL, max(seconds, 1e-6))
            )
        except KeyboardInterrupt:
            raise Interrupted from None


def in_thread(call: Call, seconds: float) -> Any:
    """Run a call in another thread, and raise KeyboardInterrupt there after some seconds."""
    outcome: list[Any] = []
    began, is_over = threading.Event(), threading.Event()

    def run() -> None:
        # one that comes when the call is over is nobody's
        with suppress(KeyboardInterrupt):
            try:
                began.set()
                outcome.append(call())
                is_over.set()
            except BaseException as error:  # noqa: BLE001  # told to who waits
                outcome.append(error)

    thread = threading.Thread(target=run, daemon=True)
    with quiet_finalizers():
        thread.start()
        began.wait()
        time.sleep(seconds)
        if not is_over.is_set() and thread.ident is not None:
            ctypes.pythonapi.PyThreadState_SetAsyncExc(
                ctypes.c_ulong(thread.ident), ctypes.py_object(KeyboardInterrupt)
            )
        thread.join(60)
    if thread.is_alive():
        message = "the interrupted thread hangs"
        raise TimeoutError(message)
    value = outcome[0] if outcome else KeyboardInterrupt()
    if isinstance(value, KeyboardInterrupt):
        raise Interrupted
    if isinstance(value, BaseException):
        raise value
    return value


@contextmanager
def quiet_finalizers() -> Iterator[None]:
    """Print no interruption that fell into a finalizer: Python lets none out of there."""
    before = sys.unraisablehook

    def hook(unraisable: Any) -> None:
        if unraisable.exc_type is not KeyboardInterrupt:
            before(unraisable)

    sys.unraisablehook = hook
    try:
        yield
    finally:
        sys.unraisablehook = before


def count_points(call: Call) -> int:
    """Run a call undisturbed, and count its points."""
    points = Points()
    points.run(call)
    return points.count


def some_time(dice: random.Random, seconds: float) -> float:
    """Choose a moment within a call, its first part more often: there most is done in Python."""
    return float(dice.random() ** 2 * seconds)
