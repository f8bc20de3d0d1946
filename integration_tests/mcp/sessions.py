"""A client of the SDK's, in a loop of its own thread, so that tests call it as plain functions."""

from __future__ import annotations

import asyncio
import threading
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from mcp import Client

from pgrecall import AsyncStore
from pgrecall._adapters.loopback import listening
from pgrecall.mcp.place import Place
from pgrecall.mcp.server import make_server
from pgrecall.mcp.serving import PATH, over_http

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterator

    from pgrecall import Collection

PATIENCE = 60  # seconds; nothing waits so long


class Told(NamedTuple):
    """What a tool said, and whether it failed."""

    text: str
    failed: bool


class Session:
    """One session with a server."""

    def __init__(
        self, client: Client, loop: asyncio.AbstractEventLoop, url: str, noise: list[Exception]
    ) -> None:
        self.client = client
        self.loop = loop
        self.url = url
        self.noise = noise
        """What came and was no message."""

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(PATIENCE)

    def call(self, name: str, **arguments: Any) -> Told:
        result = self.run(self.client.call_tool(name, arguments))
        (content,) = result.content
        return Told(content.text, result.is_error)

    def begin(self, name: str, **arguments: Any) -> Callable[[], None]:
        """Call a tool and do not wait; what is given cancels the call."""
        call = asyncio.run_coroutine_threadsafe(self.client.call_tool(name, arguments), self.loop)
        return lambda: call.cancel() and None

    def tools(self) -> dict[str, Any]:
        return {tool.name: tool for tool in self.run(self.client.list_tools()).tools}


class Points:
    """A model whose vectors say which of three words a text has."""

    name = "points"

    def embed(self, texts: Any) -> list[Any]:
        return [self.embed_one(text) for text in texts]

    def embed_one(self, text: str) -> Any:
        return [1.0 + text.count("bread"), 1.0 + text.count("river"), 1.0 + text.count("code")]


@contextmanager
def session_of(server: Any, url: str = "") -> Iterator[Session]:
    """Open a session with what the SDK's client takes, or with what opens that in the loop."""
    made: list[Session] = []
    ready, over = threading.Event(), []

    async def live() -> None:
        ending = asyncio.Event()
        over.append(ending)
        loop = asyncio.get_running_loop()
        noise: list[Exception] = []

        async def heard(message: Any) -> None:
            if isinstance(message, Exception):
                noise.append(message)

        async with opened(server) as (target, where), Client(target, message_handler=heard) as one:
            made.append(Session(one, loop, where, noise))
            ready.set()
            await ending.wait()

    def living() -> None:
        try:
            asyncio.run(live())
        finally:
            ready.set()

    thread = threading.Thread(target=living)
    thread.start()
    try:
        assert ready.wait(PATIENCE)
        (session,) = made
        yield session
    finally:
        if made:
            made[0].loop.call_soon_threadsafe(over[0].set)
        thread.join(PATIENCE)


@asynccontextmanager
async def opened(server: Any) -> AsyncIterator[tuple[Any, str]]:
    if not callable(server):
        yield server, ""
        return
    async with server() as (target, where):
        yield target, where


def placed(
    dsn: str, tenant: str, *collections: str, write: bool = True, http: bool = False
) -> Callable[[], Any]:
    """Give what makes a server of a place, and serves it, in the loop of a session."""

    def model_of(collection: Collection) -> Points | None:
        return Points() if collection.embedding_model == Points.name else None

    @asynccontextmanager
    async def make() -> AsyncIterator[tuple[Any, str]]:
        async with AsyncStore(dsn, setup=False, min_connections=1) as store:
            server = make_server(Place(store, tenant, collections, model_of), write=write)
            if not http:
                yield server, ""
                return
            with listening("127.0.0.1", 0) as port:
                url = f"http://127.0.0.1:{port.getsockname()[1]}{PATH}"
                web = over_http(server)
                serving = asyncio.create_task(web.serve(sockets=[port]))
                try:
                    yield url, url
                finally:
                    web.should_exit = True
                    await serving

    return make
