"""``pgrecall ui``."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Annotated

import typer

from pgrecall._adapters import loopback
from pgrecall.cli.shared import options, streams
from pgrecall.cli.shared.connect import opened
from pgrecall.cli.shared.output import note
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    import socket

    from starlette.types import ASGIApp

    from pgrecall.async_store import AsyncStore


def ui(
    *,
    tenant: options.Tenant = "default",
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Where it listens; 0 takes any.")
    ] = 0,
    host: Annotated[
        str, typer.Option("--host", help="Where it listens; this machine alone.")
    ] = "127.0.0.1",
    open_: Annotated[
        bool, typer.Option("--open/--no-open", help="Open the pages in the browser.")
    ] = True,
    embed: options.Embed = None,
    rerank: options.Rerank = None,
    dsn: options.Dsn = None,
    schema: options.Schema = "pgrecall",
) -> None:
    """Show collections, and what a search does and why, in the browser.

    The pages are served to this machine alone, to whoever has the address that is printed, until
    Ctrl-C. They change nothing. Questions are embedded as `pgrecall search` does it, else words
    are searched.

    Example: `pgrecall ui --tenant ada`
    """
    try:
        from pgrecall.ui import guard  # noqa: PLC0415  # the other commands need none of it
        from pgrecall.ui.app import make_app  # noqa: PLC0415
    except ImportError as error:
        if "pgrecall[ui]" not in str(error):
            raise
        raise InvalidArgumentError(str(error)) from None
    from pgrecall.cli.ui.opening import opened_in_browser  # noqa: PLC0415  # as above
    from pgrecall.cli.ui.place import place_of  # noqa: PLC0415  # as above

    with loopback.listening(host, port) as listening:
        token = guard.new_token()
        with opened(dsn, schema, tenant) as store:
            # the server is asked once, so that what is wrong with it is told here
            store.list_collections(tenant, limit=1)
            reading, place = place_of(store, tenant, embed=embed, rerank=rerank)
        number = listening.getsockname()[1]
        app = make_app(place, token=token, port=number, note=note)
        url = f"http://{loopback.address(listening)}/?{guard.TOKEN}={token}"
        note(f"serving {url}")
        with opened_in_browser(url) if open_ else contextlib.nullcontext():
            try:
                asyncio.run(_serve(reading, app, listening))
            except KeyboardInterrupt as error:
                told = streams.interrupted(error, then="the pages are closed")
                raise typer.Exit(told) from None


async def _serve(store: AsyncStore, app: ASGIApp, port: socket.socket) -> None:
    from pgrecall.ui.serving import over_http  # noqa: PLC0415  # as above

    async with store:
        await over_http(app).serve(sockets=[port])
