"""``pgrecall completion``."""

from __future__ import annotations

import sys
from typing import Annotated, Literal

import typer

from pgrecall.cli.completion.scripts import SCRIPTS

Shell = Literal["bash", "zsh", "fish"]


def completion(
    *, shell: Annotated[Shell, typer.Argument(metavar="SHELL", help="bash, zsh or fish.")]
) -> None:
    """Print the script that lets TAB complete commands, options, choices and collections.

    For bash, write it to ~/.local/share/bash-completion/completions/pgrecall; for zsh, to _pgrecall
    in a folder of $fpath; for fish, to ~/.config/fish/completions/pgrecall.fish.

    Example: `pgrecall completion bash`
    """
    sys.stdout.write(SCRIPTS[shell])
