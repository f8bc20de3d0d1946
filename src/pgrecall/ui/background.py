"""Work beside the pages: a model's in a thread, and a page that nobody waits for any more."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import TYPE_CHECKING, Any, TypeVar

from starlette.requests import ClientDisconnect

from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

T = TypeVar("T")


async def in_thread(function: Callable[..., Any], *arguments: Any) -> Any:
    """Give what a plain function gives; one that is no longer awaited keeps nobody from ending.

    The threads of a pool are waited for when the process ends, and a model may take its time.
    """
    loop = asyncio.get_running_loop()
    given: asyncio.Future[Any] = loop.create_future()

    def end(result: Any, error: Exception | None) -> None:
        if given.done():
            return
        if error is None:
            given.set_result(result)
        else:
            given.set_exception(error)

    def work() -> None:
        result, error = None, None
        try:
            result = function(*arguments)
        except Exception as failed:  # noqa: BLE001  # it is raised where it is awaited
            error = failed
        except BaseException as left:  # noqa: BLE001  # exit() of a user's function ends no server
            error = InvalidArgumentError(f"the function ended by {type(left).__name__}")
        with contextlib.suppress(RuntimeError):  # the loop has closed meanwhile
            loop.call_soon_threadsafe(end, result, error)

    threading.Thread(target=work, name="pgrecall-ui-model", daemon=True).start()
    return await given


def backgrounded(function: Callable[..., Any]) -> Callable[..., Awaitable[Any]]:
    """Give a plain function as one that is awaited, and that a thread runs."""

    async def call(*arguments: Any) -> Any:
        return await in_thread(function, *arguments)

    return call


async def while_asked(request: Request, work: Awaitable[T]) -> T:
    """Do what a page needs, and stop it where its reader goes away: the server is asked no more.

    Raises:
        ClientDisconnect: The reader went away.
    """
    working = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(_left(request))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientDisconnect
        return working.result()
    finally:
        for task in (working, leaving):
            task.cancel()
        await asyncio.gather(working, leaving, return_exceptions=True)


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
