"""The commands and their options; what they do stands in the modules beside."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from pgrecall import __version__, embedded
from pgrecall.errors import PgRecallError

_MISTAKE, _INTERRUPTED = 2, 130


class _Group(TyperGroup):
    """Tells an expected error in one line."""

    def invoke(self, ctx: Any) -> Any:  # its type moved between typer's versions
        try:
            return super().invoke(ctx)
        except PgRecallError as error:
            if ctx.params["debug"]:
                raise
            typer.echo(f"pgrecall: {' '.join(str(error).split())}", err=True)
            raise typer.Exit(_MISTAKE) from None
        except KeyboardInterrupt:
            typer.echo("pgrecall: interrupted; the next run completes what is missing", err=True)
            raise typer.Exit(_INTERRUPTED) from None


app = typer.Typer(
    cls=_Group, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)

_Folder = Annotated[
    Path | None,
    typer.Option(
        "--path",
        envvar=embedded.PATH_VARIABLE,
        show_default=False,
        help="Data folder of the server; /var/lib/pgrecall for root, else in your home.",
    ),
]


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
    """Vectors in PostgreSQL: try them out with a server of your own."""


@app.command()
def demo(
    questions: Annotated[
        list[str] | None,
        typer.Argument(metavar="QUESTION", help="Without one, the demo asks its own."),
    ] = None,
    limit: Annotated[int, typer.Option(help="How many hits to show.")] = 5,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, no table.")] = False,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Index everything anew.")] = False,
    path: _Folder = None,
) -> None:
    """Search the documentation of Python's standard library, indexed at the first run."""
    from pgrecall.cli.demo import run  # noqa: PLC0415  # the other commands need no model

    run(questions or [], limit=limit, as_json=as_json, rebuild=rebuild, path=path)


@app.command()
def up(path: _Folder = None) -> None:
    """Start the embedded PostgreSQL, or find it running, and print its DSN."""
    typer.echo(embedded.start(path))


@app.command()
def down(path: _Folder = None) -> None:
    """Stop the embedded PostgreSQL; its data stays."""
    typer.echo("stopped" if embedded.stop(path) else "no server was running")
