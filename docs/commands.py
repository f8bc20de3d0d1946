"""Fills the page of the command line from the commands themselves, as MkDocs builds the pages."""

# ruff: noqa: INP001  # MkDocs loads it by its path
from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from typer.main import get_command

from pgrecall.cli.app import app
from pgrecall.cli.shared.refusals import choices

if TYPE_CHECKING:
    from collections.abc import Iterator

PLACE = "<!-- every command -->"


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Put the commands where a page asks for them; MkDocs calls it for every page."""
    if PLACE not in markdown:
        return markdown
    return markdown.replace(PLACE, "\n".join(_group(get_command(app), "pgrecall")))


def _group(command: Any, name: str) -> Iterator[str]:
    for part, found in command.commands.items():
        if hasattr(found, "commands"):
            yield from _group(found, f"{name} {part}")
        else:
            yield from _command(found, f"{name} {part}")


def _command(command: Any, name: str) -> Iterator[str]:
    yield f"## {name}\n"
    yield inspect.cleandoc(command.help or "") + "\n"
    for kind in ("argument", "option"):
        rows = [one for one in command.params if one.param_type_name == kind and not one.hidden]
        if rows:
            yield f"| {kind} | | default |\n|---|---|---|"
            yield from map(_row, rows)
            yield ""


def _row(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        names = f"`{parameter.metavar or parameter.name.upper()}`"
    else:
        names = ", ".join(f"`{one}`" for one in [*parameter.opts, *parameter.secondary_opts])
    told = (parameter.help or "").replace("|", "\\|")
    if words := choices(parameter):
        told += " One of " + ", ".join(f"`{one}`" for one in words) + "."
    default = parameter.default
    shown = isinstance(default, int | float | str) and not isinstance(default, bool) and default
    return f"| {names} | {told} | {f'`{default}`' if shown else ''} |"
