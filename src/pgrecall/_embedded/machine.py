"""What the machine has, of which a server of the user's own takes a part."""

from __future__ import annotations

import math
from pathlib import Path

from pgrecall._embedded.programs import library
from pgrecall.errors import ConnectionFailedError

_GROUPS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
_SHARE, _SHARE_OF_FREE = 0.5, 0.75


def memory_for_builds() -> int | None:
    """Give the bytes that a build of an index may take: others have the rest.

    That is half of what the machine, or the container, has, and at most three quarters of what is
    free. None where what tells of it is not installed.
    """
    try:
        memory = library("psutil").virtual_memory()
    except ConnectionFailedError:
        return None
    total = min([int(memory.total), *_limits()])
    return math.floor(min(_SHARE * total, _SHARE_OF_FREE * int(memory.available)))


def _limits() -> list[int]:
    found = []
    for group in _GROUPS:
        try:
            text = group.read_text("ascii").strip()
        except OSError:
            continue
        if text.isdecimal():
            found.append(int(text))
    return found
