"""Expired entries removed now and then, by a thread or a task of the store's."""

from __future__ import annotations

import asyncio
import logging
import math
import threading
import weakref
from collections.abc import Generator
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self, TypeAlias, cast

from langgraph.store.base import BaseStore

from pgrecall._operations.entries.entries import MAX_TTL_MINUTES
from pgrecall.errors import InvalidArgumentError
from pgrecall.langgraph._calls import PerStore

if TYPE_CHECKING:
    from collections.abc import Callable

    from pgrecall._adapters.pair import Pair

_logger = logging.getLogger("pgrecall")
_MINUTES = 5.0
"""As long as ``PostgresStore`` waits."""


class Done:
    """What a call gives that had nothing to do: it may be awaited."""

    def __await__(self) -> Generator[Any, Any, None]:
        """Go on at once."""
        return
        yield


class Sweeping(Future[None]):
    """The sweeper at work: ``cancel`` ends it, ``result`` waits for its end."""

    def __await__(self) -> Generator[Any, Any, Self]:
        """Give it at once: a call that is awaited, as ``AsyncPostgresStore``'s is, goes on."""
        return self
        yield


AsyncSweeping: TypeAlias = asyncio.Task[None]
"""The sweeper at work, as a task."""


class _Stopped(int):
    """A bool that may be awaited."""

    def __await__(self) -> Generator[Any, Any, bool]:
        return bool(self)
        yield


class _Sweepers:
    """A store's thread and its tasks by event loop."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.thread: threading.Thread | None = None
        self.future = Sweeping()
        self.stop = threading.Event()
        self.tasks: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, AsyncSweeping] = (
            weakref.WeakKeyDictionary()
        )


_SWEEPERS = PerStore(_Sweepers)


class SweepingMixin(BaseStore):
    """The sweeper of ``PgRecallStore``."""

    _pair: Pair
    sweep_ttl: Callable[[], int]
    asweep_ttl: Callable[[], Any]

    def start_ttl_sweeper(self, sweep_interval_minutes: float | None = None) -> Sweeping:
        """Remove what has expired now and then, in a thread, until it is stopped.

        No read sees what has expired anyway; this gives its room back. ``maintain`` does the same
        for every tenant and store. The thread ends with ``stop_ttl_sweeper``, ``close``, or the
        store itself. A sweep that fails is logged, and the next is tried.

        Args:
            sweep_interval_minutes: How long to wait before each sweep; None or 0 is what the
                store's ``ttl`` says, or 5.

        Returns:
            A future whose ``cancel`` stops the thread; of a thread that runs already its own.

        Raises:
            InvalidArgumentError: The interval is no number of minutes, or this was made of an
                AsyncStore on a pool of the caller's, which serves no thread.
        """
        seconds = _seconds(sweep_interval_minutes, self.ttl_config)
        self._pair.store  # noqa: B018  # raises where no sync call is served
        sweepers = _SWEEPERS.of(self)
        with sweepers.lock:
            if sweepers.thread is None or not sweepers.thread.is_alive() or sweepers.stop.is_set():
                stop, future = threading.Event(), Sweeping()
                # the thread holds no store: it ends with it
                ref = weakref.ref(self, lambda _: stop.set())
                future.add_done_callback(lambda _: stop.set())
                sweepers.thread = threading.Thread(
                    target=_sweep,
                    args=(ref, stop, seconds, future),
                    daemon=True,
                    name="ttl-sweeper",
                )
                sweepers.stop, sweepers.future = stop, future
                sweepers.thread.start()
            return sweepers.future

    async def astart_ttl_sweeper(
        self, sweep_interval_minutes: float | None = None
    ) -> AsyncSweeping:
        """Remove what has expired now and then, in a task of this event loop, until it is stopped.

        No read sees what has expired anyway; this gives its room back. ``maintain`` does the same
        for every tenant and store. The task ends with its stop, ``aclose``, or the event loop. A
        sweep that fails is logged, and the next is tried.

        Args:
            sweep_interval_minutes: How long to wait before each sweep; None or 0 is what the
                store's ``ttl`` says, or 5.

        Returns:
            The task; of one that runs already in this event loop, that one.

        Raises:
            InvalidArgumentError: The interval is no number of minutes.
        """
        seconds = _seconds(sweep_interval_minutes, self.ttl_config)
        tasks = _SWEEPERS.of(self).tasks
        loop = asyncio.get_running_loop()
        task = tasks.get(loop)
        if task is None or task.done():
            task = tasks[loop] = loop.create_task(_asweep(weakref.ref(self), seconds))
            task.set_name("ttl_sweeper")
        return task

    def stop_ttl_sweeper(self, timeout: float | None = None) -> bool:
        """Stop the sweeper's thread, where there is one.

        Args:
            timeout: Seconds to wait for a sweep that goes on; None waits for its end.

        Returns:
            Whether no thread runs any more. In an event loop it may be awaited.
        """
        sweepers = _SWEEPERS.of(self)
        with sweepers.lock:
            thread = sweepers.thread
            sweepers.stop.set()
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout)
        is_over = thread is None or not thread.is_alive()
        # no bool can be awaited
        return cast("bool", _Stopped(is_over)) if _in_loop() else is_over

    async def astop_ttl_sweeper(self, timeout: float | None = None) -> bool:  # noqa: ASYNC109  # as LangGraph's
        """Stop the sweeper's task in this event loop, and its thread, where there is one.

        Args:
            timeout: Seconds to wait for a sweep that goes on; None waits for its end.

        Returns:
            Whether neither runs any more.
        """
        sweepers, is_over = _SWEEPERS.of(self), True
        task = sweepers.tasks.get(asyncio.get_running_loop())
        if sweepers.thread is not None:
            is_over = await asyncio.to_thread(self.stop_ttl_sweeper, timeout)
        if task is None or task is asyncio.current_task():
            return is_over
        task.cancel()
        await asyncio.wait([task], timeout=timeout)
        return is_over and task.done()


def _sweep(
    ref: weakref.ref[SweepingMixin], stop: threading.Event, seconds: float, future: Sweeping
) -> None:
    while not stop.wait(seconds):
        store = ref()
        if store is None:
            break
        try:
            _tell(store.sweep_ttl())
        except Exception:
            _logger.exception("a sweep of what has expired failed; the next is tried in its time")
        del store
    with suppress(InvalidStateError):  # it was cancelled: that is why this ends
        future.set_result(None)


async def _asweep(ref: weakref.ref[SweepingMixin], seconds: float) -> None:
    while True:
        await asyncio.sleep(seconds)
        store = ref()
        if store is None:
            return
        try:
            _tell(await store.asweep_ttl())
        except Exception:
            _logger.exception("a sweep of what has expired failed; the next is tried in its time")
        del store


def _tell(count: int) -> None:
    if count:
        _logger.info("%s expired entries were swept", f"{count:,}")


def _seconds(minutes: object, ttl: Any) -> float:
    asked: Any = minutes or (ttl or {}).get("sweep_interval_minutes") or _MINUTES
    is_number = isinstance(asked, int | float) and not isinstance(asked, bool)
    if not is_number or not math.isfinite(asked) or not 0 < asked <= MAX_TTL_MINUTES:
        msg = f"sweep_interval_minutes must be a number of minutes above 0, not {asked!r}"
        raise InvalidArgumentError(msg)
    return min(float(asked) * 60, threading.TIMEOUT_MAX)


def _in_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
