"""``pgrecall demo``."""

from __future__ import annotations

from typing import Annotated

import typer

from pgrecall.cli.shared import options  # noqa: TC001  # typer reads annotations


def demo(
    questions: Annotated[
        list[str] | None,
        typer.Argument(metavar="QUESTION", help="Without one, the demo asks its own."),
    ] = None,
    limit: Annotated[int, typer.Option(help="How many hits to show.")] = 5,
    as_json: options.Json = False,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Index everything anew.")] = False,
    path: options.Folder = None,
) -> None:
    """Search the documentation of Python's standard library, indexed at the first run.

    Example: `pgrecall demo "copy a directory tree"`
    """
    from pgrecall.cli.demo.ask import ask  # noqa: PLC0415  # the other commands need no corpus

    ask(questions or [], limit=limit, as_json=as_json, rebuild=rebuild, path=path)
