"""Data folders of servers that were never used, copied: initdb takes longer than many a test."""

from __future__ import annotations

import atexit
import functools
import shutil
import subprocess
from pathlib import Path

from integration_tests.shared.folders import server_parent

from pgrecall import embedded


@functools.cache
def _first() -> Path:
    folder = server_parent()
    atexit.register(shutil.rmtree, folder)
    embedded.start(folder / "data")
    embedded.stop(folder / "data")
    return folder / "data"


def seed(folder: Path) -> None:
    """Make a data folder that a server was started on once, as ``embedded`` leaves it."""
    # not shutil: the copy belongs to whom the first one does
    subprocess.run(["cp", "-a", str(_first()), str(folder)], check=True)
