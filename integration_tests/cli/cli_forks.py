"""Run many commands, each in a process of its own, for the price of one interpreter's start.

``python cli_forks.py FOLDER`` reads cases as JSON from standard input; each runs in a fork that
begins as a shell would begin it, and ends as Python ends. What each wrote goes to FOLDER.
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True)
class Case:
    """A command and the streams that it finds."""

    words: list[str]
    stdout: Literal["file", "closed", "full", "broken"] = "file"
    stdin: Literal["empty", "closed"] = "empty"
    encoding: str = "utf-8"


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    case: Case
    code: int
    stdout: str
    stderr: str


def walk(dsn: str, folder: Path, cases: list[Case]) -> list[Ended]:
    """Run the cases one after another."""
    folder.mkdir()
    done = subprocess.run(
        [sys.executable, __file__, str(folder)],
        env=os.environ | {"PGRECALL_DSN": dsn, "COLUMNS": "80"},
        input=json.dumps([asdict(case) for case in cases]),
        capture_output=True,
        text=True,
        check=True,
    )
    codes = json.loads(done.stdout)
    return [
        Ended(
            case,
            code,
            (folder / f"{place}.out").read_bytes().decode("utf-8", "surrogateescape"),
            (folder / f"{place}.err").read_text("utf-8", "surrogateescape"),
        )
        for place, (case, code) in enumerate(zip(cases, codes, strict=True))
    ]


def _become(case: Case, stem: str) -> None:
    """Take the case's streams for this process' own, as Python does when it starts."""
    written = os.O_WRONLY | os.O_CREAT
    out, err = (os.open(f"{stem}.{name}", written, 0o600) for name in ("out", "err"))
    if case.stdout == "full":
        out = os.open("/dev/full", os.O_WRONLY)
    elif case.stdout == "broken":
        reader, out = os.pipe()
        os.close(reader)
    for number, made in enumerate((os.open(os.devnull, os.O_RDONLY), out, err)):
        os.dup2(made, number)
    closed = {0: case.stdin == "closed", 1: case.stdout == "closed"}
    for number, is_closed in closed.items():
        if is_closed:
            os.close(number)
    sys.stdin = None if closed[0] else os.fdopen(0, encoding="utf-8")
    sys.stdout = None if closed[1] else os.fdopen(1, "w", encoding=case.encoding)
    sys.stderr = os.fdopen(2, "w", encoding=case.encoding, errors="backslashreplace")
    sys.argv = ["pgrecall", *case.words]


def _forks(folder: str) -> None:
    from typer.testing import CliRunner  # noqa: PLC0415  # seconds, and only here

    from pgrecall.cli import main  # noqa: PLC0415
    from pgrecall.cli.app import app  # noqa: PLC0415

    # what every command imports at its start, and what no fork has to look through
    CliRunner().invoke(app, ["size", "--help"])
    gc.freeze()
    codes = []
    for place, plain in enumerate(json.loads(sys.stdin.read())):
        child = os.fork()
        if not child:
            _become(Case(**plain), f"{folder}/{place}")
            main()
        codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    print(json.dumps(codes))  # noqa: T201  # the answer


if __name__ == "__main__":
    _forks(sys.argv[1])
