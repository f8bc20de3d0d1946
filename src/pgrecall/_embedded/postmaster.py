"""The server process of a data folder, told apart from what a dead one left."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from psycopg import pq

from pgrecall._embedded.programs import library
from pgrecall.errors import ConnectionFailedError

_FILE = "postmaster.pid"
_SOCKETS = 4  # the line of it, from 0
_NO_PROCESS = "2147483647"  # above every system's highest
_PAUSE = 0.05
_SILENCE = 30.0


@dataclass(frozen=True, slots=True)
class Postmaster:
    """A server process that lives, as its ``postmaster.pid`` describes it."""

    pid: int
    port: str
    sockets: Path

    @property
    def dsn(self) -> str:
        """The libpq URI that reaches it, whatever ``PGPORT`` and its like say."""
        host = quote(str(self.sockets), safe="/")
        return f"postgresql://postgres@/postgres?host={host}&port={self.port}"

    def answers(self) -> bool:
        """Whether it takes connections: not while it starts, recovers or stops."""
        return self._ping() == pq.Ping.OK

    def _ping(self) -> int:
        return pq.PGconn.ping(self.dsn.encode())


def find(folder: Path) -> Postmaster | None:
    """Return the process that serves the data folder, ready or not."""
    psutil = library("psutil")
    try:
        lines = (folder / _FILE).read_text().splitlines()
        pid, port, sockets = abs(int(lines[0])), lines[3], Path(lines[_SOCKETS])
        process = psutil.Process(pid)
        # a zombie was killed and not reaped; with another folder the number has been given anew
        serves = process.status() != psutil.STATUS_ZOMBIE and Path(process.cwd()) == folder
    except (FileNotFoundError, NotADirectoryError, psutil.Error):
        return None
    except (IndexError, ValueError):  # the file is being written, or a full disk cut it
        return None
    return Postmaster(pid, port, sockets) if serves else None


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


def disown(folder: Path) -> Path | None:
    """Make the lock files of a dead server name no process, and keep the rest of them.

    PostgreSQL refuses to start while the process they name lives, which a zombie does; by the rest
    it finds children of the dead server that still write.

    Returns:
        The folder that the dead server had its socket in, where it left word of it.
    """
    sockets = None
    for file in (folder / _FILE, *folder.glob(".s.PGSQL.*.lock")):
        if file.exists():
            lines = file.read_text().splitlines()
            if lines:
                file.write_text("\n".join([_NO_PROCESS, *lines[1:], ""]))
                sockets = Path(lines[_SOCKETS]) if len(lines) > _SOCKETS else sockets
            else:
                file.unlink()
    return sockets
