"""Where the servers of tests keep data that is thrown away."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

ROOM = 8 << 30
"""Free bytes of memory from which on the servers of four workers may be there: 1 GB each."""


def fast_folder() -> str:
    """In memory where there is room for thousands of tables: they are made and thrown away."""
    memory = Path("/dev/shm")  # noqa: S108
    roomy = os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > ROOM
    return str(memory) if roomy else "/var/tmp"  # noqa: S108  # mkdtemp makes a folder of our own


def server_parent() -> Path:
    """Make a folder in which servers may have theirs."""
    # not tmp_path: a server that root starts runs as another user, who must get there
    made = Path(tempfile.mkdtemp(prefix="pgrecall-", dir=fast_folder()))
    made.chmod(0o755)
    return made
