"""Ways to interrupt a coroutine at a suspension of one's choice."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

import anyio
from psycopg import waiting

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Generator, Iterator

Deed: TypeAlias = "Callable[[int, Generator[Any, Any, Any]], BaseException | None]"

AGAIN = 50
"""How often a call is cancelled at most by who cancels again and again."""


class Interrupted(Exception):  # noqa: N818  # what a test brought about is no error
    """The call ended by the interruption, as it should."""


class Stepped:
    """Drives a coroutine, and does a deed at its ``at``-th suspension and each one after it.

    The deed is told how many there were since, from 0, and may give an exception to throw in.

    Attributes:
        at: The suspension; None counts them alone.
        suspensions: How many there were.
        is_done: Whether the deed was done.
        came_first: Whether what it waited for last had come a turn of the loop after the deed.
    """

    def __init__(self, call: Coroutine[Any, Any, Any], at: int | None = None) -> None:
        self._call, self.at = call, at
        self._deed: Deed = lambda *_: None
        self.suspensions = 0
        self.is_done = self.came_first = False

    def doing(self, deed: Deed) -> Stepped:
        """Say what is to be done."""
        self._deed = deed
        return self

    def __await__(self) -> Generator[Any, Any, Any]:
        steps = self._call.__await__()
        resume: Callable[[], Any] = partial(steps.send, None)
        while True:
            try:
                waits_for = resume()
            except StopIteration as done:
                return done.value
            finally:
                # with it an exception would hold this frame, and itself, and a half-made connection
                del resume
            nth, self.suspensions = self.suspensions, self.suspensions + 1
            thrown = None
            if self.at is not None and nth >= self.at:
                self.is_done = True
                thrown = self._deed(nth - self.at, steps)
                self._look_soon(waits_for)
            if thrown is not None:
                resume = partial(steps.throw, thrown)
                continue
            try:
                value = yield waits_for
            except BaseException as error:  # noqa: BLE001  # all that comes is passed on
                resume = partial(steps.throw, error)
            else:
                resume = partial(steps.send, value)

    def _look_soon(self, waits_for: Any) -> None:
        """Look whether something came, right after what the deed lets the loop do."""

        def look() -> None:
            is_future = isinstance(waits_for, asyncio.Future)
            self.came_first = is_future and waits_for.done() and not waits_for.cancelled()

        self.came_first = False
        asyncio.get_running_loop().call_soon(look)


Way: TypeAlias = "Callable[[Stepped], Coroutine[Any, Any, Any]]"


async def count_suspensions(call: Coroutine[Any, Any, Any]) -> int:
    """Run a call undisturbed, and count how often it waits."""
    stepped = Stepped(call)
    await stepped
    return stepped.suspensions


async def _cancel(times: int, call: Stepped) -> Any:
    def deed(nth: int, _: object) -> None:
        if nth < times:
            task.cancel()

    async def body() -> Any:
        return await call.doing(deed)

    task = asyncio.create_task(body())
    try:
        return await task
    except asyncio.CancelledError:
        raise Interrupted from None


async def _cancel_soon(call: Stepped) -> Any:
    """Cancel a turn of the loop later: what the call waited for may have come meanwhile."""

    def deed(nth: int, _: object) -> None:
        if nth == 0:
            asyncio.get_running_loop().call_soon(task.cancel)

    async def body() -> Any:
        return await call.doing(deed)

    task = asyncio.create_task(body())
    try:
        return await task
    except asyncio.CancelledError:
        raise Interrupted from None


async def _task_group(call: Stepped) -> Any:
    failing = asyncio.Event()
    values: list[Any] = []
    failed = False

    async def fails() -> None:
        await failing.wait()
        raise Interrupted

    async def body() -> None:
        values.append(await call.doing(lambda *_: failing.set()))
        if not failing.is_set():
            sibling.cancel()

    try:
        async with asyncio.TaskGroup() as group:
            sibling = group.create_task(fails())
            group.create_task(body())
    except* Interrupted:
        failed = True
    if failed and not values:
        raise Interrupted
    return values[0]


async def _timeout(call: Stepped) -> Any:
    loop = asyncio.get_running_loop()

    def deed(nth: int, _: object) -> None:
        if nth == 0:
            limit.reschedule(loop.time())

    try:
        async with asyncio.timeout(None) as limit:
            return await call.doing(deed)
    except TimeoutError:
        raise Interrupted from None


async def _anyio_scope(call: Stepped) -> Any:
    # a scope cancels again at every turn of the loop until the call has ended
    with anyio.CancelScope() as scope:
        return await call.doing(lambda *_: scope.cancel())
    raise Interrupted


async def _anyio_deadline(call: Stepped) -> Any:
    def deed(*_: object) -> None:
        scope.deadline = anyio.current_time()

    with anyio.move_on_after(None) as scope:
        return await call.doing(deed)
    raise Interrupted


async def _close(call: Stepped) -> Any:
    """End the coroutine where it stands, as who forgets its task does: GeneratorExit."""

    def deed(_: int, steps: Generator[Any, Any, Any]) -> None:
        steps.close()
        raise Interrupted

    return await call.doing(deed)


async def _throw(call: Stepped) -> Any:
    """Raise what a second Ctrl-C raises within an event loop."""

    def deed(nth: int, _: object) -> BaseException | None:
        return KeyboardInterrupt() if nth == 0 else None

    try:
        return await call.doing(deed)
    except KeyboardInterrupt:
        raise Interrupted from None


WAYS: dict[str, Way] = {
    "cancel": partial(_cancel, 1),
    "cancel twice": partial(_cancel, 2),
    "cancel again and again": partial(_cancel, AGAIN),
    "cancel a turn later": _cancel_soon,
    "failing TaskGroup": _task_group,
    "asyncio.timeout": _timeout,
    "anyio scope": _anyio_scope,
    "anyio deadline": _anyio_deadline,
    "coroutine closed": _close,
    "KeyboardInterrupt thrown in": _throw,
}

PRECISE = set(WAYS) - {"cancel a turn later", "failing TaskGroup", "asyncio.timeout"}
"""Ways whose interruption comes at the suspension itself: no call may swallow it."""

BY_SCOPE = {"anyio scope", "anyio deadline"}
"""Ways that come a turn later, and leave a task be that has what it waits for by then.

A thread may have brought it meanwhile. At any other suspension they come again.
"""


async def cancel_after(call: Coroutine[Any, Any, Any], seconds: float) -> Any:
    """Cancel a call some time after it began."""
    task = asyncio.create_task(call)
    asyncio.get_running_loop().call_later(seconds, task.cancel)
    try:
        return await task
    except asyncio.CancelledError:
        raise Interrupted from None


@contextmanager
def yielding() -> Iterator[None]:
    """Let psycopg yield at every wait, as it does at the first one after the loop was idle."""
    if not hasattr(waiting, "MAX_BUSY_TIME"):
        yield  # an older one always does
        return
    before = waiting.MAX_BUSY_TIME
    waiting.MAX_BUSY_TIME = 0
    try:
        yield
    finally:
        waiting.MAX_BUSY_TIME = before
