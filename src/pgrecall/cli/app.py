"""The commands and their options; what they do stands in the modules beside."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from pgrecall import __version__, embedded
from pgrecall.cli import imports, indexes, options
from pgrecall.cli.collections import collections, drop
from pgrecall.cli.doctor import doctor
from pgrecall.cli.export import export
from pgrecall.cli.items import delete, get
from pgrecall.cli.load import load
from pgrecall.cli.output import INTERRUPTED, MISTAKE, note, print_json
from pgrecall.cli.search import search
from pgrecall.errors import PgRecallError

_START, _DATA, _CARE = "Try it", "Your data", "Collections and their care"


class _Group(TyperGroup):
    """Tells an expected error in one line; ``--debug`` may stand anywhere."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        end = args.index("--") if "--" in args else len(args)
        if "--debug" in args[:end]:
            # after an error it is quickest written at the end
            args = ["--debug", *(word for word in args[:end] if word != "--debug"), *args[end:]]
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:  # its type moved between typer's versions
        try:
            return super().invoke(ctx)
        except PgRecallError as error:
            if ctx.params["debug"]:
                raise
            note(str(error))
            raise typer.Exit(MISTAKE) from None
        except KeyboardInterrupt:
            note("interrupted; the next run completes what is missing")
            raise typer.Exit(INTERRUPTED) from None


app = typer.Typer(
    cls=_Group,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",  # a docstring flows; its code stands out
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"pgrecall {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    debug: Annotated[bool, typer.Option("--debug", help="Show where an error arose.")] = False,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """Vectors in PostgreSQL: load files, ask questions, look after the server.

    Exit codes: 0, or 2 where something cannot be used, 1 where doctor found something serious,
    130 after Ctrl-C.
    """


@app.command(rich_help_panel=_START)
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
    from pgrecall.cli.demo import run  # noqa: PLC0415  # the other commands need no model

    run(questions or [], limit=limit, as_json=as_json, rebuild=rebuild, path=path)


@app.command(rich_help_panel=_START)
def up(path: options.Folder = None, as_json: options.Json = False) -> None:
    """Start the bundled PostgreSQL, or find it running, and print its DSN.

    Example: `export PGRECALL_DSN=$(pgrecall up)`
    """
    dsn = embedded.start(path)
    if as_json:
        print_json({"dsn": dsn})
    else:
        typer.echo(dsn)


@app.command(rich_help_panel=_START)
def down(path: options.Folder = None, as_json: options.Json = False) -> None:
    """Stop the bundled PostgreSQL; its data stays.

    Example: `pgrecall down`
    """
    stopped = embedded.stop(path)
    if as_json:
        print_json({"stopped": stopped})
    else:
        typer.echo("stopped" if stopped else "no server was running")


app.command(rich_help_panel=_DATA)(load)
app.command(rich_help_panel=_DATA)(search)
app.command(rich_help_panel=_DATA)(get)
app.command(rich_help_panel=_DATA)(delete)
app.command(rich_help_panel=_DATA)(export)
app.add_typer(imports.app, name="import", rich_help_panel=_DATA)
app.command(rich_help_panel=_CARE)(collections)
app.command(rich_help_panel=_CARE)(drop)
app.add_typer(indexes.app, name="index", rich_help_panel=_CARE)
app.command(rich_help_panel=_CARE)(indexes.recall)
app.command(rich_help_panel=_CARE)(indexes.tune)
app.command(rich_help_panel=_CARE)(doctor)
