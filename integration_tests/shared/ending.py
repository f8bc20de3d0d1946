"""How a test's own server ends whose data nobody wants any more."""

from __future__ import annotations

import shutil
import signal
import time
from typing import TYPE_CHECKING

import psutil

from pgrecall._embedded import postmaster

if TYPE_CHECKING:
    from pathlib import Path

PATIENCE = 180.0


def throw_away(folder: Path, *datas: Path) -> None:
    """End the servers of data folders at once, without their last checkpoint, and remove all."""
    for data in datas:
        server = postmaster.find(data)
        if server is not None:
            psutil.Process(server.pid).send_signal(signal.SIGQUIT)
    deadline = time.monotonic() + PATIENCE
    while any(postmaster.find(data) for data in datas):
        assert time.monotonic() < deadline, "a server did not end"
        time.sleep(0.01)
    shutil.rmtree(folder)
