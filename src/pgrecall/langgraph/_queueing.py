"""Calls that threads make at the same time, run together by one of them."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING

from pgrecall.langgraph._batching import BatchMixin
from pgrecall.langgraph._calls import INSIDE, LANES, Call, PerStore, lane_of, taken

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langgraph.store.base import Result

    from pgrecall.langgraph._batch import Batch


class _Waiting(Call):
    """A call of a thread, which waits for its answer, or to run itself and others.

    Attributes:
        together: What its thread is to run, itself among it.
    """

    def __init__(self, batch: Batch) -> None:
        super().__init__(batch)
        self.together: Sequence[_Waiting] = ()
        self._woken = threading.Event()
        self._results: list[Result] | None = None
        self._error: BaseException | None = None
        self._is_over = False

    def is_over(self) -> bool:
        return self._is_over

    def give(self, results: list[Result]) -> None:
        self._results = results
        self.leave()

    def fail(self, error: BaseException) -> None:
        self._error = error
        self.leave()

    def leave(self) -> None:
        self._is_over = True
        self._woken.set()

    def lead(self, together: Sequence[_Waiting]) -> None:
        self.together = together
        self._woken.set()

    def wait(self) -> None:
        self._woken.wait()

    def result(self) -> list[Result]:
        if self._error is not None:
            try:
                raise self._error
            finally:
                self._error = None  # its traceback holds this call
        assert self._results is not None  # noqa: S101  # it was answered
        return self._results


class _Lane:
    """The calls of one kind that wait for those that run.

    Attributes:
        lock: Held where the rest is read and changed.
        most: How many threads run calls at a time.
        running: How many do.
        waiting: The calls, in order.
    """

    def __init__(self, most: int) -> None:
        self.lock = threading.Lock()
        self.most = most
        self.running = 0
        self.waiting: deque[_Waiting] = deque()

    def enter(self, call: _Waiting) -> None:
        with self.lock:
            if self.running < self.most:
                self.running += 1
                call.lead([call])
            else:
                self.waiting.append(call)

    def leave(self, call: _Waiting) -> None:
        """Let the next thread run what waits, where this one ran or was to run calls.

        What an interrupt of it left undone comes first: it is none of those who made those calls.
        """
        with self.lock:
            call.leave()
            if not call.together:
                return
            left = [other for other in call.together if not other.is_over()]
            self.waiting.extendleft(reversed(left))
            if together := taken(self.waiting):
                together[0].lead(together)
            else:
                self.running -= 1


_LANES: PerStore[dict[str, _Lane]] = PerStore(
    lambda: {kind: _Lane(most) for kind, most in LANES.items()}
)


class QueueingMixin(BatchMixin):
    """Runs the calls that threads make while others run together."""

    def _queue(self, batch: Batch) -> list[Result]:
        kind = lane_of(batch, self._operations.asked)
        if kind is None or kind == "mixed" or INSIDE.get():
            return self._answer(batch)
        lane, call = _LANES.of(self)[kind], _Waiting(batch)
        try:
            lane.enter(call)
            call.wait()
            if call.together:
                self._lead(call.together)
        finally:
            lane.leave(call)
        return call.result()

    def _lead(self, together: Sequence[_Waiting]) -> None:
        inside = INSIDE.set(True)
        try:
            self._settle(together)
        finally:
            INSIDE.reset(inside)
