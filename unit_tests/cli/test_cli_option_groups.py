from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from pgrecall.cli.shared.option_groups import with_options


@dataclass(frozen=True, kw_only=True)
class Where:
    """Options of several commands."""

    file: Annotated[str, typer.Argument(metavar="FILE")]
    tenant: Annotated[str, typer.Option("--tenant", "-t")] = "default"
    quiet: Annotated[bool, typer.Option("--quiet")] = False


@with_options
def show(where: Where, *, times: Annotated[int, typer.Option("--times")] = 1) -> None:
    """Show what was given."""
    typer.echo(f"{times} {where}")


@pytest.fixture
def app() -> typer.Typer:
    app = typer.Typer()
    app.command()(show)
    return app


def test_a_command_gets_the_dataclass_that_its_options_make(app: typer.Typer) -> None:
    told = CliRunner().invoke(app, ["a.csv", "-t", "mine", "--times", "2"]).output
    assert told == "2 Where(file='a.csv', tenant='mine', quiet=False)\n"


def test_the_commands_own_options_come_first_and_a_field_without_a_default_is_needed(
    app: typer.Typer,
) -> None:
    assert list(inspect.signature(show).parameters) == ["times", "file", "tenant", "quiet"]
    result = CliRunner().invoke(app, [])
    assert result.exit_code == 2
    assert "FILE" in result.stderr


def test_a_command_keeps_its_docstring_as_its_help(app: typer.Typer) -> None:
    assert "Show what was given." in CliRunner().invoke(app, ["--help"]).output
