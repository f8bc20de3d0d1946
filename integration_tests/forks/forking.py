"""Run the programs of the folder ``forks``: no test forks its own process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

LONG = 300.0
"""Seconds after which a program that hangs is ended with all that it forked."""

PROGRAMS = Path(__file__).parent / "programs"


@contextmanager
def family(*command: str, **options: Any) -> Iterator[subprocess.Popen[str]]:
    """Start a process; at the end it and all that it forked are gone."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        **options,
    )
    try:
        with process:
            try:
                yield process
            finally:
                end_all(process)
    finally:
        end_all(process)


def end_all(process: subprocess.Popen[str]) -> None:
    """End the process and all that it forked, at once."""
    with suppress(ProcessLookupError):  # the last of them has gone
        os.killpg(process.pid, signal.SIGKILL)


def started(program: str, *arguments: object) -> Any:
    """Start a program."""
    # Python warns of any fork beside threads: that is what these tests are for
    options = ["-W", "ignore::DeprecationWarning"]
    command = [sys.executable, *options, str(PROGRAMS / program), *map(str, arguments)]
    return family(*command)


def run_program(program: str, *arguments: object) -> list[Any]:
    """Run a program and give its answers; it may say nothing else."""
    with started(program, *arguments) as process:
        return answers_of(process)


def answers_of(process: subprocess.Popen[str]) -> list[Any]:
    """Wait for a program and give its answers; it may say nothing else."""
    said, complaints = process.communicate(timeout=LONG)
    assert (process.returncode, complaints) == (0, ""), complaints
    return [json.loads(line) for line in said.splitlines()]


def answers_by_case(program: str, *arguments: object) -> dict[str, Any]:
    """Run a program and give what each of its cases answered, also where a later one hangs."""
    with started(program, *arguments) as process:
        ends = threading.Timer(LONG, end_all, [process])
        ends.start()
        answers = dict(json.loads(line) for line in process.stdout or ())
        ends.cancel()
        complaints = process.stderr.read() if process.stderr else ""
        return answers | {"complaints": complaints}
