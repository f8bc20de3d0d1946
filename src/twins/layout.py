"""A made text is laid out as every other: by ruff, with the settings of the project."""

from __future__ import annotations

import subprocess
from pathlib import Path

from ruff import find_ruff_bin

ROOT = Path(__file__).parents[2]

# imports sorted, those without use taken out, and what was said to the linter in vain
_MENDED = "I001,F401,TC005,RUF100"


def laid_out(text: str, path: Path) -> str:
    """Give a text as ruff lays it out.

    Raises:
        SyntaxError: It is no Python.
    """
    name = ["--stdin-filename", str(path), "-"]
    text = _ruff(["check", "--fix-only", "--quiet", "--fixable", _MENDED, *name], text)
    return _ruff(["format", "--quiet", *name], text)


def _ruff(arguments: list[str], text: str) -> str:
    done = subprocess.run(  # noqa: S603  # the project's own ruff, with names of its own files
        [find_ruff_bin(), *arguments],
        input=text,
        capture_output=True,
        encoding="utf-8",
        cwd=ROOT,
        check=False,
    )
    if done.returncode:
        raise SyntaxError(done.stderr)
    return done.stdout
