"""Tells a function of the caller's of searches, in a thread of its own: none waits for it."""

from __future__ import annotations

import atexit
import inspect
import logging
import threading
import time
import weakref
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, TypeAlias

from pgrecall._operations.watching.telling import event_of
from pgrecall._pools.forks import renewed_in_children
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pgrecall._operations.watching.noting import Seen
    from pgrecall.events import SearchEvent

    OnSearch: TypeAlias = Callable[[SearchEvent], object]

MOST_BYTES = 16 << 20
"""About what searches that wait to be told may keep: of ten matches each some 5,000."""

GATHER_SECONDS = 0.05
"""How long the thread waits for more after the first: to be woken by each search would cost it."""

QUIET_SECONDS = 1.0
"""After so long without a search, what the function has gathered is to be written."""

REST_SECONDS = 10.0
"""After so much longer the thread ends; the next search starts another."""

CLOSE_SECONDS = 5.0
"""How long a closing store waits for a function that is behind."""

_MOST_KINDS = 100

_logger = logging.getLogger("pgrecall.search")

_WATCHERS: weakref.WeakSet[Watcher] = weakref.WeakSet()


@dataclass(slots=True)
class _Line:
    """What waits for one thread; the thread ends where it gets None.

    Attributes:
        held: About the bytes of what waits.
        is_closing: Whether somebody waits for the thread's end.
        is_left: Whether nobody waits for the thread any more: what is in the line goes untold.
    """

    queue: SimpleQueue[Seen | None] = field(default_factory=SimpleQueue)
    held: int = 0
    thread: threading.Thread | None = None
    is_closing: threading.Event = field(default_factory=threading.Event)
    is_left: bool = False

    def next(self, seconds: float) -> Seen | None:
        """Give what comes next, with what comes just behind it.

        Raises:
            Empty: Nothing came for so long.
        """
        try:
            return self.queue.get_nowait()
        except Empty:
            seen = self.queue.get(timeout=seconds)
        self.is_closing.wait(GATHER_SECONDS)
        return seen


class Watcher:
    """Tells a function of each search, and closes with the store; a later search goes on.

    Args:
        function: What is told. Where it has methods ``flush`` and ``close``, the same thread calls
            them: one after a quiet second, both when the store is closed.
        questions: Whether it is told the question itself.
    """

    def __init__(self, function: OnSearch, *, questions: bool) -> None:
        """Start nothing yet."""
        self._function, self._questions = function, questions
        self._logged: set[str] = set()
        self.renew()
        self._is_closed = False
        _WATCHERS.add(self)
        renewed_in_children(self)

    def renew(self) -> None:
        """Begin anew in a process that was forked: the parent tells what waits."""
        self._lock = threading.RLock()  # a signal's handler may search, too
        self._line: _Line | None = None
        self._serving: set[int] = set()
        self._dropped = 0
        self._is_closed = True  # what the parent opened is the parent's to close

    def tell(self, seen: Seen) -> None:
        """Put a search into the line, or count it as dropped where too many wait."""
        if threading.get_ident() in self._serving:
            return  # a search of the function itself would be told for ever
        weight = seen.weight
        with self._lock:
            self._is_closed = False
            line = self._line or self._started()
            if line is None or line.held + weight > MOST_BYTES:
                self._dropped += 1
            else:
                line.held += weight
                line.queue.put(seen)

    def close(self) -> None:
        """Tell what waits, for a few seconds at most, and end the thread.

        The function's own ``close`` is called once, though no thread is left or none was needed.
        """
        with self._lock:
            was_closed, self._is_closed = self._is_closed, True
            line = self._line if was_closed else self._line or self._started()
            self._line = None
            if line is not None:
                line.is_closing.set()
                line.queue.put(None)
        if line is None or line.thread is None:
            if not was_closed:
                self._close_its()  # the interpreter ends, and starts no thread
            return
        if line.thread is threading.current_thread():
            return
        line.thread.join(CLOSE_SECONDS)
        if line.thread.is_alive():
            line.is_left = True
            with self._lock:
                # without what ends the line; it is gone where the function's close() is slow
                self._dropped += max(0, line.queue.qsize() - 1)

    def _started(self) -> _Line | None:
        line = _Line()
        line.thread = threading.Thread(
            target=self._serve, args=(line,), name="pgrecall-on-search", daemon=True
        )
        try:
            line.thread.start()
        except RuntimeError:
            return None  # the interpreter ends, or there are too many threads
        self._line = line
        return line

    def _serve(self, line: _Line) -> None:
        me, serving = threading.get_ident(), self._serving
        serving.add(me)
        try:
            self._tell_line(line)
        finally:
            serving.discard(me)
            with self._lock:
                if self._line is line:
                    # whatever ended it (a logger of the caller's?), the next search starts another
                    self._line = None
                    self._dropped += line.queue.qsize()

    def _tell_line(self, line: _Line) -> None:
        is_flushed = True
        while True:
            try:
                seen = line.next(REST_SECONDS if is_flushed else QUIET_SECONDS)
            except Empty:
                if not is_flushed:
                    self._call(self._its, "flush")
                    is_flushed = True
                elif self._rested(line):
                    return
                continue
            if seen is None or line.is_left:
                break
            with self._lock:
                line.held -= seen.weight
                dropped, self._dropped = self._dropped, 0
            self._call(self._tell_its, seen, dropped)
            is_flushed = False
            time.sleep(0)  # whoever searches goes first
        self._close_its()

    def _rested(self, line: _Line) -> bool:
        """End the line, unless a search came at this moment."""
        with self._lock:
            if not line.queue.empty():
                return False
            if self._line is line:
                self._line = None
            return True

    def _close_its(self) -> None:
        self._call(self._its, "flush")
        self._call(self._its, "close")

    def _its(self, name: str) -> object:
        method = getattr(self._function, name, None)
        return method() if callable(method) else None

    def _tell_its(self, seen: Seen, dropped: int) -> object:
        return self._function(event_of(seen, dropped=dropped, questions=self._questions))

    def _call(self, function: Callable[..., object], *arguments: object) -> None:
        try:
            result = function(*arguments)
        except BaseException as error:  # noqa: BLE001  # whatever it is, no search is to know of it
            self._log_once(type(error).__qualname__)
            return
        if inspect.iscoroutine(result):
            result.close()
            self._log_once("no error, but a coroutine, which nothing awaits")

    def _log_once(self, what: str) -> None:
        if what not in self._logged and len(self._logged) < _MOST_KINDS:
            self._logged.add(what)
            # its text may quote a question
            _logger.warning("on_search raised %s; this is logged once", what)


def watcher(on_search: object, *, questions: object) -> Watcher | None:
    """Give what tells a store's function; None where there is none.

    Raises:
        InvalidArgumentError: It is no function that can be called in a thread.
    """
    if not isinstance(questions, bool):
        msg = f"search_questions must be True or False, not {questions!r}"
        raise InvalidArgumentError(msg)
    if on_search is None:
        if questions:
            msg = "search_questions=True is for on_search: give it the function that is told"
            raise InvalidArgumentError(msg)
        return None
    if not callable(on_search):
        msg = f"on_search must be a function, not {type(on_search).__name__}"
        raise InvalidArgumentError(msg)
    if inspect.iscoroutinefunction(on_search):
        msg = (
            "on_search must be a plain function, not an async one: it is called in a thread of its"
            " own; asyncio.run_coroutine_threadsafe() reaches an event loop from there"
        )
        raise InvalidArgumentError(msg)
    return Watcher(on_search, questions=questions)


def _close_all() -> None:
    for one in list(_WATCHERS):
        one.close()


atexit.register(_close_all)
