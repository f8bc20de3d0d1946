"""Ask before something is removed."""

from __future__ import annotations

import sys

import typer

from pgrecall._progress.showing import is_terminal
from pgrecall.errors import InvalidArgumentError


def confirm(question: str) -> None:
    """Go on only where somebody says yes.

    Raises:
        InvalidArgumentError: Nobody can be asked.
        typer.Abort: The answer is no.
    """
    check_askable(question)
    typer.confirm(question, abort=True, err=True)


def check_askable(question: str) -> None:
    """Refuse to begin what could not be asked in the end.

    Raises:
        InvalidArgumentError: Nobody can be asked.
    """
    if not is_terminal(sys.stdin):
        raise InvalidArgumentError(
            f"{question} Standard input is no terminal to ask at: --yes says yes"
        )
