"""``pgrecall up`` and ``pgrecall down``."""

from __future__ import annotations

import typer

from pgrecall import embedded
from pgrecall.cli.shared import options  # noqa: TC001  # typer reads annotations
from pgrecall.cli.shared.output import print_json, print_line


def up(path: options.Folder = None, as_json: options.Json = False) -> None:
    """Start the bundled PostgreSQL, or find it running, and print its DSN.

    Example: `export PGRECALL_DSN=$(pgrecall up)`
    """
    dsn = embedded.start(path)
    if as_json:
        print_json({"dsn": dsn})
    else:
        print_line(dsn)


def down(path: options.Folder = None, as_json: options.Json = False) -> None:
    """Stop the bundled PostgreSQL; its data stays.

    Example: `pgrecall down`
    """
    stopped = embedded.stop(path)
    if as_json:
        print_json({"stopped": stopped})
    else:
        typer.echo("stopped" if stopped else "no server was running")
