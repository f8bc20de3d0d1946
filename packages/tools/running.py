"""How the tools run other programs: told before, and their words shown where they fail."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from packages.tools.projects import ROOT

_OF_THE_CLONE = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "PYTHONDONTWRITEBYTECODE")
"""What would let an environment see more than is installed in it."""


def say(words: str) -> None:
    """Tell what is done now."""
    print(words, flush=True)


def run(
    command: Sequence[str | Path], *, folder: Path = ROOT, environment: Mapping[str, str] = {}
) -> str:
    """Run a program and give what it prints; where it fails, show that and end.

    Args:
        command: The program and its arguments.
        folder: Where it runs.
        environment: What it sees beside what this process does.
    """
    inherited = {name: value for name, value in os.environ.items() if name not in _OF_THE_CLONE}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env=inherited | dict(environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        say(done.stdout)
        sys.exit(f"{' '.join(str(part) for part in command)}: exit code {done.returncode}")
    return done.stdout


def last_line(printed: str) -> str:
    """Give the last line with something in it: of pytest, its counts."""
    return printed.strip().rpartition("\n")[2]
