"""``pgrecall mcp``."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from pgrecall._adapters import loopback
from pgrecall._adapters.pair import Pair
from pgrecall._progress.showing import is_terminal
from pgrecall.cli.shared import completing, embedders, options
from pgrecall.cli.shared.connect import found, opened
from pgrecall.cli.shared.output import note
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    import socket

    from pgrecall.async_store import AsyncStore
    from pgrecall.mcp.place import Place


def mcp(
    *,
    collections: Annotated[
        list[str],
        typer.Argument(
            metavar="COLLECTION...",
            help="What the tools may reach.",
            autocompletion=completing.collections,
        ),
    ],
    tenant: options.Tenant = "default",
    write: Annotated[
        bool, typer.Option("--write", help="Let the model remember, update and remove, too.")
    ] = False,
    http: Annotated[
        bool, typer.Option("--http", help="Serve HTTP, not the process that starts this one.")
    ] = False,
    host: Annotated[
        str, typer.Option("--host", help="Where HTTP listens; this machine alone.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Where HTTP listens; 0 takes any.")
    ] = 8765,
    embed: options.Embed = None,
    dsn: options.Dsn = None,
    schema: options.Schema = "pgrecall",
) -> None:
    """Let a model search collections: a server of the Model Context Protocol.

    It has the tools search, get and describe, on these collections of this tenant and no others.
    Questions are embedded as `pgrecall search` does it, else words are searched. It serves the
    client that starts it until that goes away.

    Example: `pgrecall mcp notes`
    """
    try:
        from pgrecall.mcp.place import Place  # noqa: PLC0415  # the other commands need no SDK
    except ImportError as error:
        if error.name is not None and not error.name.startswith("mcp"):
            raise
        raise InvalidArgumentError(str(error)) from None
    names = tuple(dict.fromkeys(collections))
    # what a model prints while it is loaded is nothing for the client
    quiet = contextlib.redirect_stdout(sys.stderr)
    with quiet:
        model_of = embedders.finding(embed)
    listening = loopback.listening(host, port) if http else contextlib.nullcontext()
    with listening as port_of, opened(dsn, schema, tenant) as store:
        with quiet:
            for name in names:
                model_of(found(store, tenant, name))
        pair = Pair(store)
        place = Place(pair.async_store, tenant, names, model_of)
        store.close()
        asyncio.run(_serve(pair.async_store, place, write=write, port=port_of))


async def _serve(
    store: AsyncStore, place: Place, *, write: bool, port: socket.socket | None
) -> None:
    from pgrecall.mcp import serving  # noqa: PLC0415  # as above
    from pgrecall.mcp.server import make_server  # noqa: PLC0415

    server = make_server(place, write=write)
    async with store:
        if port is None:
            if is_terminal(sys.stdin):
                note("a client is waited for on standard input; Ctrl-C ends it")
            await serving.over_stdio(server)
        else:
            note(f"serving http://{loopback.address(port)}{serving.PATH}")
            await serving.over_http(server).serve(sockets=[port])
