"""Start the server's process, see whether it lives, and say why it does not."""

from __future__ import annotations

import logging
import os
import re
import shlex
import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pgrecall._embedded import configuration, postmaster, settings
from pgrecall.errors import ConnectionFailedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pgrecall._embedded.account import Account

LOG = "server.log"
_LONGEST_SOCKET = 103  # bytes that macOS allows; Linux has four more
SOCKETS = "pgrecall-socket-"
_PAUSE = 0.05
_SAID = re.compile(r"(?:\S+ \S+ \S+ \[\d+\] )?(LOG|FATAL|DETAIL|HINT):  ?(.*)")
_logger = logging.getLogger("pgrecall.embedded")


def run(
    programs: Path, command: list[str], folder: Path, account: Account | None, *kept: int
) -> subprocess.CompletedProcess[str]:
    """Run one of PostgreSQL's programs to its end; it keeps the file descriptors ``kept``."""
    as_account: dict[str, Any] = (
        {"user": account.uid, "group": account.gid, "extra_groups": []} if account else {}
    )
    return subprocess.run(  # noqa: S603  # the wheel's own programs, with no shell between
        [str(programs / command[0]), *command[1:]],
        cwd=folder,  # as root, ours may be closed to the account
        env={name: value for name, value in os.environ.items() if not name.startswith("PG")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        pass_fds=kept,
        **as_account,
    )


@contextmanager
def _seen_ending() -> Iterator[tuple[int, list[int]]]:
    """Give an end of a pipe that is closed when a program has ended, and what it is to keep."""
    ended, kept = os.pipe()
    held = [kept]
    try:
        yield ended, held
    finally:
        for each in (ended, *held):
            os.close(each)


def launch(
    folder: Path,
    programs: Path,
    account: Account | None,
    by_machine: dict[str, str],
    said: Mapping[str, str],
) -> None:
    """Start the server, and wait until it takes connections.

    Args:
        folder: Its data folder, which holds a database.
        programs: Where PostgreSQL's programs are.
        account: Who runs it; None: this user.
        by_machine: Settings where neither its files nor ``said`` have others.
        said: Settings that nothing overrules.

    Raises:
        ConnectionFailedError: It does not start, with what PostgreSQL says of it.
    """
    left = postmaster.left_sockets(folder)
    sockets = _sockets(folder, account)
    listed = '"' + str(sockets).replace('"', '""') + '"'  # the setting is a list of folders
    command = ["pg_ctl", "start", "-D", ".", "-l", LOG, "-W"]  # its own wait looks every 100 ms
    options = ["-h", "", "-k", listed, "-c", f"config_file={configuration.MADE}"]
    for name, value in said.items():
        options += ["-c", f"{name}={value}"]
    command += ["-o", shlex.join(options)]
    configuration.write(folder, by_machine, account)
    log = folder / LOG
    deadline = time.monotonic() + 60
    while True:
        before = log.stat().st_size if log.exists() else 0
        with _seen_ending() as (ended, kept):
            stale = postmaster.status(folder)
            done = run(programs, command, folder, account, *kept)
            os.close(kept.pop())  # from here on the server alone holds it
            if not done.returncode and postmaster.comes_up(folder, stale, ended):
                remove_sockets(folder, left)
                return
        failure = failed(folder, done.stderr or "it stopped at once", before)
        # only what PostgreSQL itself stopped at is touched: until then its own locks decide
        if given := postmaster.disown(folder):
            _logger.warning(
                "the server on %s is dead, and its number is now given to another process: %s;"
                " its lock files name none any more",
                folder,
                ", ".join(map(str, given)),
            )
        elif (
            "could not map anonymous shared memory" in failure
            and by_machine["shared_buffers"] != settings.PLAIN_BUFFERS
        ):
            _logger.warning("%s; it is tried with %s of it", failure, settings.PLAIN_BUFFERS)
            by_machine["shared_buffers"] = settings.PLAIN_BUFFERS
            configuration.write(folder, by_machine, account)
        # children of a server that was killed may live a moment longer than it; and its number may
        # have been in use, by what was not reaped yet, when PostgreSQL looked, and be free by now
        elif time.monotonic() > deadline or not (
            "shared memory block" in failure
            or ("lock file" in failure and postmaster.names_nobody(folder))
        ):
            remove_sockets(folder, sockets)
            raise ConnectionFailedError(failure)
        time.sleep(_PAUSE)


def _sockets(folder: Path, account: Account | None) -> Path:
    # libpq takes a comma in a host for the end of it
    if len(os.fsencode(folder / ".s.PGSQL.5432")) <= _LONGEST_SOCKET and "," not in str(folder):
        return folder
    sockets = Path(tempfile.mkdtemp(prefix=SOCKETS))
    if account:
        os.chown(sockets, account.uid, account.gid)
    return sockets


def remove_sockets(folder: Path, sockets: Path | None) -> None:
    """Remove a folder that was made for the server's socket alone."""
    if sockets and sockets != folder and sockets.name.startswith(SOCKETS):
        shutil.rmtree(sockets, ignore_errors=True)


def failed(folder: Path, told: str, before: int) -> str:
    """Say why the server did not start: in its own words, as its log has them since ``before``."""
    log = folder / LOG
    lines = log.read_bytes()[before:].decode(errors="replace").splitlines() if log.exists() else []
    said = [found for line in lines if (found := _SAID.match(line))]
    last = max((place for place, one in enumerate(said) if one[1] == "FATAL"), default=len(said))
    reasons = [one[2].strip() for one in said[last:] if one[1] != "LOG"]
    if reasons and reasons[0].startswith("configuration file"):  # what is wrong in it came before
        reasons = [one[2].strip() for one in said[:last]] + reasons
    reason = "; ".join(reasons) or told.strip()
    return f"the server on {folder} did not start: {reason} (its log: {log})"
