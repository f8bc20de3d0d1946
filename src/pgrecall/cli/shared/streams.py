"""Standard input, output and error, whatever the shell made of them, and what ends a run."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import signal
import sys
import traceback
from typing import TYPE_CHECKING, Any

from pgrecall.cli.shared.escaping import clean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FOUND, MISTAKE, INTERRUPTED, NO_READER = 1, 2, 130, 141
"""Exit codes: a check found something serious; something cannot be used; Ctrl-C; the reader of the
output went away.
"""

_DEFECT = 1
_SIGNALLED = 128  # plus the signal's number, as a shell tells it
_ENDING = ("SIGTERM", "SIGHUP")


class Terminated(KeyboardInterrupt):
    """A signal asked the command to end: as Ctrl-C, under its own name."""

    def __init__(self, number: int) -> None:
        """Keep the signal's number."""
        super().__init__()
        self.number = number


def prepare() -> None:
    """Give each stream that the shell closed a place, and let none fail at a character."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            # else the next socket or file would be taken for the stream
            os.open(os.devnull, os.O_RDONLY if number == 1 else os.O_RDWR)
    if sys.stdout is None:
        # open for reading: a write fails as on a closed one
        sys.stdout = os.fdopen(os.open(os.devnull, os.O_RDONLY), "w", encoding="utf-8")
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115  # for good
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    # what psycopg warns of while an interrupted call ends is told in the command's own words
    logging.getLogger("psycopg").addHandler(logging.NullHandler())


def run(command: Callable[[], Any]) -> int:
    """Run the command to its end, its output included.

    Returns:
        The exit code.
    """
    with _endings():
        code = _run(command)
        try:
            sys.stdout.flush()
        except OSError as error:
            # 1 may be what doctor found: that nobody can read it is told all the same
            code = failed(error) if code in (0, _DEFECT) else code
            _silence()
    with contextlib.suppress(OSError):  # nowhere is left to tell it
        sys.stderr.flush()
    return code


def failed(error: OSError) -> int:
    """Tell that the output, or a file, cannot be written or read; nothing where its reader left.

    Returns:
        The exit code.
    """
    if error.errno == errno.EPIPE:
        _silence()
        return NO_READER
    why = error.strerror or str(error)
    if error.filename is not None:
        tell(f"{str(error.filename)!r} cannot be used: {why}")
        return MISTAKE
    tell(f"the command ran, but its output cannot be written: {why}")
    _silence()
    return MISTAKE


def interrupted(
    error: KeyboardInterrupt, then: str = "the next run completes what is missing"
) -> int:
    """Tell what ended the command, and what comes of it.

    Returns:
        The exit code.
    """
    if isinstance(error, Terminated):
        what, code = f"ended by {signal.Signals(error.number).name}", _SIGNALLED + error.number
    else:
        what, code = "interrupted", INTERRUPTED
    tell(f"{what}; {then}")
    return code


def tell(message: str) -> None:
    """Write a line on stderr, if anything can be written there."""
    with contextlib.suppress(OSError):
        sys.stderr.write(f"pgrecall: {clean(message, lines=False)}\n")
        sys.stderr.flush()


def _run(command: Callable[[], Any]) -> int:
    try:
        command()
    except SystemExit as stopped:
        return stopped.code if isinstance(stopped.code, int) else int(stopped.code is not None)
    except KeyboardInterrupt as error:
        return interrupted(error)
    except OSError as error:
        return failed(error)
    except Exception:  # noqa: BLE001  # its message may hold stored text: shown as all of it is
        with contextlib.suppress(OSError):
            sys.stderr.write(clean(traceback.format_exc()))
        return _DEFECT
    return 0


def _silence() -> None:
    """Drop what is still to be written: Python would fail at it once more at the end."""
    with contextlib.suppress(OSError, ValueError):  # a stream of a test has no number
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, sys.stdout.fileno())
        os.close(nothing)


@contextlib.contextmanager
def _endings() -> Iterator[None]:
    """Let signals that end a process end the command as Ctrl-C does; `nohup` still holds."""

    def end(number: int, _: object) -> None:
        raise Terminated(number)

    before = {
        number: signal.signal(number, end)
        for number in (getattr(signal, name, None) for name in _ENDING)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
