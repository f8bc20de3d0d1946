"""The command line put together: a line for each command, and what holds for all of them."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from pgrecall import __version__
from pgrecall.cli.adopt.command import adopt
from pgrecall.cli.alter.command import alter, rename
from pgrecall.cli.changes.command import clear, delete, update
from pgrecall.cli.collections.command import collections, drop
from pgrecall.cli.completion.command import completion
from pgrecall.cli.copying import command as copying
from pgrecall.cli.demo.command import demo
from pgrecall.cli.doctor.command import doctor
from pgrecall.cli.evaluate.command import evaluate
from pgrecall.cli.explore import command as explore
from pgrecall.cli.export.command import export
from pgrecall.cli.forget.command import forget
from pgrecall.cli.indexes import command as indexes
from pgrecall.cli.items.command import count, get, head, list_, sample
from pgrecall.cli.load.command import load
from pgrecall.cli.maintain.command import maintain
from pgrecall.cli.mcp.command import mcp
from pgrecall.cli.nearby import command as nearby
from pgrecall.cli.prewarm.command import prewarm
from pgrecall.cli.reembed.command import reembed
from pgrecall.cli.reports.command import reports
from pgrecall.cli.search.command import search
from pgrecall.cli.server.command import down, up
from pgrecall.cli.shared import completing, streams
from pgrecall.cli.shared.output import note, shortened
from pgrecall.cli.shared.refusals import is_help, refusal
from pgrecall.cli.shared.wording import in_commands, in_options
from pgrecall.cli.size.command import size
from pgrecall.cli.ui.command import ui
from pgrecall.errors import PgRecallError

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_SHOWN = 80  # characters of what is no text
_BOXES = 100  # columns from which the boxes of the help cut nothing
_START, _DATA, _CARE = "Try it", "Your data", "Collections and their care"


# its name is not the same in every version
_UsageError: type[Any] = typer.BadParameter.__mro__[1]


class _Group(TyperGroup):
    """Tells an expected error in one line; ``--debug`` may stand anywhere."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        end = args.index("--") if "--" in args else len(args)
        if "--debug" in args[:end]:
            # after an error it is quickest written at the end
            args = ["--debug", *(word for word in args[:end] if word != "--debug"), *args[end:]]
        try:
            with _refused():
                return super().parse_args(ctx, args)
        except OSError as error:  # of --help and --version
            raise typer.Exit(streams.failed(error)) from None

    def invoke(self, ctx: Any) -> Any:  # its type moved between typer's versions
        try:
            with _refused():
                return super().invoke(ctx)
        except PgRecallError as error:
            if ctx.params["debug"]:
                raise
            note(in_options(in_commands(error), _options_of(ctx)))
            raise typer.Exit(streams.MISTAKE) from None
        except KeyboardInterrupt as error:
            raise typer.Exit(streams.interrupted(error)) from None
        except OSError as error:
            if ctx.params["debug"]:
                raise
            raise typer.Exit(streams.failed(error)) from None
        except UnicodeEncodeError as error:  # a shell's bytes that are no UTF-8
            if ctx.params["debug"]:
                raise
            note(f"{shortened(error.object, _MOST_SHOWN)!r} is no text: some of it is not UTF-8")
            raise typer.Exit(streams.MISTAKE) from None


def _options_of(ctx: Any) -> set[str]:
    """Give the options of the command that was run; of a group, those of all its commands."""
    command = ctx.command.commands.get(ctx.invoked_subcommand)
    commands = getattr(command, "commands", {None: command}).values()
    return {
        option for one in commands if one is not None for each in one.params for option in each.opts
    }


@contextmanager
def _refused() -> Iterator[None]:
    """Tell what the command line cannot take in our words, in one line."""
    try:
        yield
    except _UsageError as error:
        if is_help(error):
            raise
        note(refusal(error))
        raise typer.Exit(streams.MISTAKE) from None


app = typer.Typer(
    cls=_Group,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",  # a docstring flows; its code stands out
)


def run() -> None:
    """Run the command that the shell names; it ends in SystemExit."""
    if shutil.get_terminal_size().columns < _BOXES:
        app.rich_markup_mode = None  # plain lines, which wrap
    if completing.is_asked():
        completing.prepare()
        app(prog_name="pgrecall", complete_var=completing.VARIABLE)
    app()


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

    Exit codes: 0, or 2 where something cannot be used, 1 where doctor found something serious or
    maintain left something undone,
    130 after Ctrl-C, 143 after SIGTERM, 141 where the reader of the output went away.
    """


app.command(rich_help_panel=_START)(demo)
app.command(rich_help_panel=_START)(up)
app.command(rich_help_panel=_START)(down)
app.command(rich_help_panel=_START)(completion)
app.command(rich_help_panel=_DATA)(load)
app.command(rich_help_panel=_DATA)(search)
app.command("search-many", rich_help_panel=_DATA)(nearby.search_many)
app.command(rich_help_panel=_DATA)(nearby.near)
app.command(rich_help_panel=_DATA)(get)
app.command("list", rich_help_panel=_DATA)(list_)
app.command(rich_help_panel=_DATA)(head)
app.command(rich_help_panel=_DATA)(sample)
app.command(rich_help_panel=_DATA)(count)
app.command(rich_help_panel=_DATA)(explore.facet)
app.command("range", rich_help_panel=_DATA)(explore.range_)
app.command(rich_help_panel=_DATA)(explore.fields)
app.command(rich_help_panel=_DATA)(explore.words)
app.command(rich_help_panel=_DATA)(update)
app.command(rich_help_panel=_DATA)(delete)
app.command(rich_help_panel=_DATA)(export)
app.command(rich_help_panel=_DATA)(adopt)
app.add_typer(copying.app, name="import", rich_help_panel=_DATA)
app.command(rich_help_panel=_DATA)(mcp)
app.command(rich_help_panel=_DATA)(ui)
app.command(rich_help_panel=_CARE)(collections)
app.command(rich_help_panel=_CARE)(alter)
app.command(rich_help_panel=_CARE)(rename)
app.command(rich_help_panel=_CARE)(reembed)
app.command(rich_help_panel=_CARE)(clear)
app.command(rich_help_panel=_CARE)(drop)
app.command(rich_help_panel=_CARE)(forget)
app.add_typer(indexes.app, name="index", rich_help_panel=_CARE)
app.command(rich_help_panel=_CARE)(indexes.recall)
app.command(rich_help_panel=_CARE)(indexes.tune)
app.command(rich_help_panel=_CARE)(evaluate)
app.command(rich_help_panel=_CARE)(reports)
app.command(rich_help_panel=_CARE)(prewarm)
app.command(rich_help_panel=_CARE)(maintain)
app.command(rich_help_panel=_CARE)(doctor)
app.command(rich_help_panel=_CARE)(size)
