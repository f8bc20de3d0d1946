"""The pages, served as ``pgrecall ui`` does it, in a thread of their own."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx

from pgrecall import Store
from pgrecall._adapters.loopback import address, listening
from pgrecall.cli.ui.place import place_of
from pgrecall.ui.app import make_app
from pgrecall.ui.guard import room_of
from pgrecall.ui.serving import over_http

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgrecall.ui.place import Place

PATIENCE = 60  # seconds; nothing waits so long
TOKEN = "the-token-of-these-tests"  # noqa: S105  # opens pages of a test


@dataclass
class Served:
    """Pages that are served.

    Attributes:
        root: Where: ``http://127.0.0.1:1234/room``.
        place: What they show.
        loop: The loop that serves them.
        notes: What the terminal was told.
    """

    root: str
    place: Place
    loop: asyncio.AbstractEventLoop
    notes: list[str] = field(default_factory=list)
    client: Any = None

    @property
    def port(self) -> int:
        """The port."""
        return urlsplit(self.root).port or 0

    @property
    def entry(self) -> str:
        """The address with the token."""
        return f"{self.root}/?token={TOKEN}"

    def get(self, path: str, status: int = 200, /, **asked: Any) -> str:
        """Give a page."""
        answer = self.client.get(path, params=asked or None)
        assert answer.status_code == status, answer.text
        return str(answer.text)

    def run(self, work: Any) -> Any:
        """Do something in the loop of the pages."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(PATIENCE)


@contextmanager
def served(
    dsn: str,
    tenant: str,
    *,
    embed: str | None = None,
    rerank: str | None = None,
    timeout: float = 5.0,
) -> Iterator[Served]:
    """Serve the pages of a tenant."""
    ready, made = threading.Event(), []

    async def live(port: Any) -> None:
        with Store(dsn, setup=False, connection_timeout=timeout) as store:
            store.list_collections(tenant, limit=1)
            reading, place = place_of(store, tenant, embed=embed, rerank=rerank)
        one = Served(f"http://{address(port)}{room_of(TOKEN)}", place, asyncio.get_running_loop())
        server = over_http(make_app(place, token=TOKEN, port=one.port, note=one.notes.append))
        made.append((one, server))
        async with reading:
            ready.set()
            await server._serve([port])

    def living(port: Any) -> None:
        try:
            asyncio.run(live(port))
        finally:
            ready.set()

    with listening("127.0.0.1", 0) as port:
        thread = threading.Thread(target=living, args=(port,))
        thread.start()
        try:
            assert ready.wait(PATIENCE)
            ((one, _),) = made
            with httpx.Client(base_url=one.root, timeout=PATIENCE) as one.client:
                assert one.client.get("/", params={"token": TOKEN}).status_code == 200
                yield one
        finally:
            for _, server in made:
                server.should_exit = True
            thread.join(PATIENCE)
