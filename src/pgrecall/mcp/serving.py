"""How the server is reached: standard input and output, or HTTP on this machine alone."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import threading
from typing import TYPE_CHECKING, Any, cast

import uvicorn
from mcp.server.stdio import stdio_server

from pgrecall._adapters.loopback import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from mcp.server.lowlevel import Server

PATH = "/mcp"

_PIECE = 1 << 16
_AHEAD = 8  # lines read ahead of the server
_GRACE = 2  # seconds that answers under way have at the end


async def over_stdio(server: Server[Any]) -> None:
    """Serve the process that started this one, until it closes standard input."""
    with _input() as lines:
        # what is printed here goes to standard error meanwhile
        async with stdio_server(stdin=cast("Any", lines)) as (reading, writing):
            await server.run(reading, writing, server.create_initialization_options())


def over_http(server: Server[Any]) -> uvicorn.Server:
    """Give what serves streamable HTTP on an open port: ``serve(sockets=[port])``.

    Requests whose Host or Origin is not of this machine are refused: a page in a browser cannot
    reach the server under a name of its own.
    """
    app = server.streamable_http_app(streamable_http_path=PATH, host=LOOPBACK[0])
    return uvicorn.Server(
        uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=_GRACE)
    )


@contextlib.contextmanager
def _input() -> Any:
    """Give the lines of standard input, or None where it is no file.

    The SDK's own reader waits for a line in a thread that the end of the process waits for, so
    that neither Ctrl-C nor a signal ends it while the other side keeps silent.
    """
    try:
        number = sys.stdin.fileno()
        wire = os.dup(number)
    except (AttributeError, OSError, ValueError):
        yield None
        return
    nothing = os.open(os.devnull, os.O_RDONLY)
    try:
        os.dup2(nothing, number)  # nobody else here reads what is not for them
        yield _lines(wire)
    finally:
        os.dup2(wire, number)
        os.close(nothing)


async def _lines(wire: int) -> AsyncIterator[str]:
    loop = asyncio.get_running_loop()
    read: asyncio.Queue[bytes] = asyncio.Queue()
    room = threading.Semaphore(_AHEAD)

    def give(line: bytes) -> None:
        room.acquire()
        loop.call_soon_threadsafe(read.put_nowait, line)

    def reading() -> None:
        parts: list[bytes] = []
        with contextlib.suppress(RuntimeError):  # the loop ended before the input did
            while piece := _piece(wire):
                *ends, rest = piece.split(b"\n")
                for end in ends:
                    give(b"".join((*parts, end, b"\n")))
                    parts.clear()
                parts.append(rest)
            give(b"".join(parts))
            give(b"")

    threading.Thread(target=reading, name="pgrecall-mcp-input", daemon=True).start()
    while line := await read.get():
        room.release()
        yield line.decode(errors="replace")


def _piece(wire: int) -> bytes:
    try:
        return os.read(wire, _PIECE)
    except OSError:  # whoever wrote is gone
        return b""
