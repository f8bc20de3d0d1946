"""Run the command line in this process or in one of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from integration_tests.shared.commands import Runner

from pgrecall.cli.app import app

if TYPE_CHECKING:
    from pathlib import Path

PGRECALL = [sys.executable, "-m", "pgrecall"]

TEXTS = (
    "copy a folder with everything in it",
    "merge two sorted lists into one",
    "make a random token that nobody guesses",
    "read a file line by line",
    "wait for a thread to end",
)


def messages(stderr: str) -> list[str]:
    """Give what a command said, without what a load takes columns for."""
    return [line for line in stderr.splitlines() if "; vectors: " not in line]


class Cli:
    """Runs commands in this process on one database and one tenant."""

    def __init__(self, dsn: str, tenant: str, columns: int = 100) -> None:
        self.dsn = dsn
        self.tenant = tenant
        self._environment = {"PGRECALL_DSN": dsn, "COLUMNS": str(columns)}

    def run(
        self, *words: str, code: int | None = 0, tenant: bool = True, stdin: bytes | None = None
    ) -> Any:
        """Run a command; its exit code must be ``code``, or any but a mistake's where None."""
        scope = ["--tenant", self.tenant] if tenant else []
        result = Runner(env=self._environment).invoke(app, [*words, *scope], input=stdin)
        expected = {0, 1} if code is None else {code}
        assert result.exit_code in expected, (result.output, result.exception)
        assert "Traceback" not in result.output
        return result

    def json(self, *words: str, code: int = 0, tenant: bool = True) -> Any:
        """Run a command with ``--json`` and give what it printed."""
        return json.loads(self.run(*words, "--json", code=code, tenant=tenant).stdout)

    def told(self, *words: str, code: int = 2) -> str:
        """Run a command that fails, in one line, and give the line."""
        result = self.run(*words, code=code)
        (line,) = messages(result.stderr)
        told: str = line
        return told


def popen(
    dsn: str,
    *words: str,
    path: Path | None = None,
    stdin: int | None = None,
    programs: Path | None = None,
) -> subprocess.Popen[str]:
    """Start a command in a process of its own, which finds modules in ``path`` too.

    With ``programs``, the folder of that fixture, it is a fork.
    """
    paths = [str(path) if path else "", os.environ.get("PYTHONPATH", "")]
    return subprocess.Popen(
        [*([str(programs / "pgrecall")] if programs else PGRECALL), *words],
        env=os.environ | {"PGRECALL_DSN": dsn, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def write_lines(path: Path, rows: list[dict[str, Any]]) -> str:
    """Write JSON lines and give the file's name."""
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return str(path)


def notes(count: int = 20) -> list[dict[str, Any]]:
    """Make rows with id, text and metadata."""
    return [
        {"id": f"note-{place}", "text": f"{TEXTS[place % 5]} {place}", "page": place}
        for place in range(count)
    ]
