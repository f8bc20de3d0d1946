"""The server process of a data folder, told apart from what a dead one left."""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from psycopg import pq

from pgrecall._embedded.programs import library
from pgrecall.errors import ConnectionFailedError

if TYPE_CHECKING:
    from collections.abc import Sequence

PID_FILE = "postmaster.pid"
_DATA, _STARTED, _PORT, _SOCKETS, _STATUS = 1, 2, 3, 4, 7  # the lines of it, from 0
_READY = (("ready",), ("standby",))
_SOCKET = ".s.PGSQL."
_NO_PROCESS = "2147483647"  # above every system's highest
_PAUSE, _GLANCE = 0.05, 0.005
_SILENCE = 30.0
_STOP_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Postmaster:
    """A server process that lives.

    Attributes:
        pid: Its number; None where its process cannot be seen, as that of another container.
        port: What its socket is numbered with.
        sockets: The folder of its socket; None before it has one.
    """

    pid: int | None
    port: str
    sockets: Path | None

    @property
    def dsn(self) -> str:
        """The libpq URI that reaches it, whatever ``PGPORT`` and its like say."""
        host = quote(str(self.sockets), safe="/")
        return f"postgresql://postgres@/postgres?host={host}&port={self.port}"

    def answers(self) -> bool:
        """Whether it takes connections: not while it starts, recovers or stops."""
        return self._ping() == pq.Ping.OK

    def _ping(self) -> int:
        if self.sockets is None:
            return pq.Ping.NO_RESPONSE
        return pq.PGconn.ping(self.dsn.encode())


def find(folder: Path) -> Postmaster | None:
    """Return the process that serves the data folder, ready or not.

    Folders are compared, not their names: a server started under another name of the folder, as a
    bind mount gives it one, is found. Nothing is written.

    Raises:
        ConnectionFailedError: The process that ``postmaster.pid`` names works in the folder, and
            is no PostgreSQL by its name: whether it is the server cannot be told.
    """
    lines = _lines(folder / PID_FILE)
    pid = _pid_of(lines)
    process = _living(pid) if pid else None
    if process is not None and _works_in(process, folder):
        if not _is_postgres(process):
            raise ConnectionFailedError(
                f"{folder / PID_FILE} names process {pid}, which works in that folder and may be"
                f" its server: end it, or remove {PID_FILE} where you know that no server runs"
            )
        return Postmaster(pid, *_reached(folder, lines))
    return _unnamed(folder, lines)


def wait(folder: Path) -> Postmaster | None:
    """Wait while a server starts, recovers or stops, however long that takes.

    Returns:
        A server that answers, or None where there is none (any more).

    Raises:
        ConnectionFailedError: A server lives, but its socket has gone.
    """
    silent_since = time.monotonic()
    while server := find(folder):
        match server._ping():  # noqa: SLF001  # this module's own
            case pq.Ping.REJECT:
                silent_since = time.monotonic()
            case pq.Ping.NO_RESPONSE:
                if time.monotonic() - silent_since > _SILENCE:
                    raise ConnectionFailedError(
                        f"the server on {folder} lives (process {server.pid}), but nothing answers"
                        f" on its socket in {server.sockets}: stop it by `kill -INT {server.pid}`"
                    )
            case _:
                return server
        time.sleep(_PAUSE)
    return None


def status(folder: Path) -> tuple[str, ...]:
    """Give what the server last said of itself: its number, when it started, and how it is."""
    lines = _lines(folder / PID_FILE)
    return tuple(lines[place].strip() for place in (0, _STARTED, _STATUS) if place < len(lines))


def comes_up(folder: Path, stale: tuple[str, ...], ended: int) -> bool:
    """Wait until a server that was started takes connections, however long it recovers.

    Args:
        folder: Its data folder.
        stale: The status that was there before.
        ended: What reads as the end of a file when the server's process has gone.

    Returns:
        False where it has ended.
    """
    looked = time.monotonic()
    while (now := status(folder)) == stale or now[-1:] not in _READY:
        if select.select([ended], [], [], _GLANCE)[0]:
            return False
        # a child that another thread forked meanwhile may hold the other end for long
        if time.monotonic() - looked > _SILENCE:
            if find(folder) is None:
                return False
            looked = time.monotonic()
    return True


def stop(folder: Path, server: Postmaster) -> None:
    """End a server that was found, open transactions rolled back, and wait until it has gone.

    Raises:
        ConnectionFailedError: It cannot be ended from here, or goes on.
    """
    if server.pid is None:
        raise ConnectionFailedError(
            f"the server on {folder} runs where its process cannot be seen, as in another"
            " container: stop it there"
        )
    try:
        os.kill(server.pid, signal.SIGINT)  # PostgreSQL's fast shutdown, as pg_ctl asks for it
    except ProcessLookupError:
        return
    deadline = time.monotonic() + _STOP_SECONDS
    while find(folder):
        if time.monotonic() > deadline:
            raise ConnectionFailedError(
                f"the server on {folder} (process {server.pid}) does not stop within"
                f" {_STOP_SECONDS:.0f} s"
            )
        time.sleep(_PAUSE)


def left_sockets(folder: Path) -> Path | None:
    """Give the folder that a dead server had its socket in, where it left word of it."""
    lines = _lines(folder / PID_FILE)
    return Path(lines[_SOCKETS]) if len(lines) > _SOCKETS and lines[_SOCKETS] else None


def names_nobody(folder: Path) -> bool:
    """Tell whether the lock file names no process that exists."""
    pid = _pid_of(_lines(folder / PID_FILE))
    return pid is None or not _exists(pid)


def disown(folder: Path) -> list[int]:
    """Make a dead server's lock files name no process, where one that is not it has its number.

    PostgreSQL refuses to start while that process lives; so does what was killed and not reaped.
    The rest of the files stays: by it PostgreSQL finds children of the dead server that still
    write.

    Returns:
        The numbers that were taken out; none where the files name no process that lives, or a
        server of this folder lives.
    """
    given: list[int] = []
    for file in (folder / PID_FILE, *folder.glob(f"{_SOCKET}*.lock")):
        lines = _lines(file)
        pid = _pid_of(lines)
        if pid is None or not _exists(pid):
            continue
        # the last look before the write: PostgreSQL itself gives way to the number that is there
        if find(folder) or _lines(file) != lines:
            break
        file.write_text("\n".join([_NO_PROCESS, *lines[1:], ""]))
        given.append(pid)
    return given


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(errors="surrogateescape").splitlines()
    except (FileNotFoundError, NotADirectoryError):
        return []


def _pid_of(lines: Sequence[str]) -> int | None:
    # the file may be in the writing, or cut by a full disk
    text = lines[0].strip().removeprefix("-") if lines else ""
    return int(text) if text.isdecimal() and 0 < int(text) < int(_NO_PROCESS) else None


def _exists(pid: int) -> bool:
    psutil = library("psutil")

    return bool(psutil.pid_exists(pid))


def _living(pid: int) -> Any:
    psutil = library("psutil")

    try:
        process = psutil.Process(pid)
        # a zombie was killed and not reaped
        return None if process.status() == psutil.STATUS_ZOMBIE else process
    except psutil.Error:
        return None


def _works_in(process: Any, folder: Path) -> bool:
    """Tell whether a process has the folder for its own, as PostgreSQL has its data folder."""
    psutil = library("psutil")

    try:
        # through /proc the folder itself is seen, whatever names lead to it now
        name = f"/proc/{process.pid}/cwd" if sys.platform == "linux" else process.cwd()
        return Path(name).samefile(folder)
    except (psutil.Error, OSError):
        # another user's, so none of this folder: PostgreSQL runs as the owner of its data, who
        # alone, with root, gets as far as this
        return False


def _is_postgres(process: Any) -> bool:
    psutil = library("psutil")

    try:
        return str(process.name()).startswith(("postgres", "postmaster"))
    except psutil.Error:
        return False


def _unnamed(folder: Path, lines: Sequence[str]) -> Postmaster | None:
    """Find a server that ``postmaster.pid`` does not name as it is seen from here."""
    psutil = library("psutil")

    for process in psutil.process_iter():
        # its children have a title; those of a dead one are no server
        if _is_postgres(process) and not _has_title(process) and _works_in(process, folder):
            return Postmaster(process.pid, *_reached(folder, lines))
    # a container has processes of its own, and shares the socket with the folder
    for socket in folder.glob(f"{_SOCKET}*") if folder.is_dir() else ():
        if socket.is_socket():
            server = Postmaster(None, socket.name.removeprefix(_SOCKET), folder)
            if server._ping() in (pq.Ping.OK, pq.Ping.REJECT):  # noqa: SLF001  # this module's own
                return server
    return None


def _has_title(process: Any) -> bool:
    psutil = library("psutil")

    try:
        words = process.cmdline()
        return not words or words[0].startswith("postgres:")
    except psutil.Error:
        return True


def _reached(folder: Path, lines: Sequence[str]) -> tuple[str, Path | None]:
    """Say how a server is reached: the number of its socket, and its folder."""
    if len(lines) <= _SOCKETS:
        named = next((one for one in folder.glob(f"{_SOCKET}*") if one.is_socket()), None)
        return (named.name.removeprefix(_SOCKET), folder) if named else ("", None)
    port, sockets = lines[_PORT], lines[_SOCKETS]
    if not sockets:  # it has opened none yet
        return port, None
    if sockets == lines[_DATA] and not _is_same(Path(sockets), folder):
        return port, folder  # that name of the folder leads nowhere from here
    return port, Path(sockets)


def _is_same(path: Path, folder: Path) -> bool:
    try:
        return path.samefile(folder)
    except OSError:
        return False
