"""What memory, processors and disk a server may use here, by the machine and its container."""

from __future__ import annotations

import math
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pgrecall._embedded.programs import library
from pgrecall.errors import ConnectionFailedError

if TYPE_CHECKING:
    from collections.abc import Iterator

_MEMORY_FILES = (
    ("memory.max", "memory.current", "inactive_file"),
    ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
)
"""Where either version of control groups has the limit and what is in use, and in ``memory.stat``
the name of what of that are pages of files, which make room for others."""
_MEMBERSHIP, _ROOT = Path("/proc/self/cgroup"), Path("/sys/fs/cgroup")
_SHARE_OF_BUILDS, _SHARE_OF_FREE = 0.5, 0.75
_LEAST = 1 << 20  # with less PostgreSQL builds nothing


class Machine(NamedTuple):
    """What a server may count on.

    Attributes:
        memory: Bytes of memory; a container's limit where that is less than the machine has.
        processors: How many it may run on, 1 or more.
        disk: Bytes that are free where the data lie.
    """

    memory: int
    processors: int
    disk: int

    @classmethod
    def of(cls, folder: Path) -> Machine:
        """Look at the machine, the container around this process and the disk of a folder."""
        memory = _within_container(library("psutil").virtual_memory().total)
        affinity = getattr(os, "sched_getaffinity", None)  # macOS has none
        allowed = len(affinity(0)) if affinity else os.cpu_count() or 1
        processors = min([allowed, *processor_limits(_MEMBERSHIP, _ROOT)])
        existing = next(path for path in (folder, *folder.parents) if path.exists())
        return cls(memory, max(1, int(processors)), shutil.disk_usage(existing).free)


def memory_for_builds() -> int | None:
    """Give the bytes that a build of an index may take: others have the rest.

    That is half of what the machine, or the container, has, and at most three quarters of what is
    free. None where what tells of it is not installed.
    """
    try:
        memory = library("psutil").virtual_memory()
    except ConnectionFailedError:
        return None
    total = _within_container(memory.total)
    free = min([int(memory.available), *memory_left(_MEMBERSHIP, _ROOT)])
    return max(_LEAST, math.floor(min(_SHARE_OF_BUILDS * total, _SHARE_OF_FREE * free)))


def _within_container(memory: int) -> int:
    return min([memory, *memory_limits(_MEMBERSHIP, _ROOT)])


def memory_limits(membership: Path, root: Path) -> Iterator[int]:
    """Read the limits of memory that the control groups of this process have, of either version."""
    for group in _groups(membership, root, "memory"):
        for name, _, _ in _MEMORY_FILES:
            limit = _number(group / name)
            if limit is not None:  # "max" where there is none
                yield limit


def memory_left(membership: Path, root: Path) -> Iterator[int]:
    """Read what the same groups leave: their limit without what is in use, but for files' pages."""
    for group in _groups(membership, root, "memory"):
        for name, in_use, of_files in _MEMORY_FILES:
            limit, used = _number(group / name), _number(group / in_use)
            if limit is None or used is None:
                continue
            words = _words(group / "memory.stat")
            kept = dict(zip(words[::2], words[1::2], strict=False)).get(of_files, "0")
            yield max(0, limit - used + (int(kept) if kept.isdecimal() else 0))


def processor_limits(membership: Path, root: Path) -> Iterator[float]:
    """Read how many processors' time the control groups of this process may use."""
    for group in _groups(membership, root, "cpu"):
        words = _words(group / "cpu.max")
        if not words:
            words = _words(group / "cpu.cfs_quota_us") + _words(group / "cpu.cfs_period_us")
        quota, period = words if len(words) == 2 else ("", "")  # noqa: PLR2004  # both, or nothing
        if quota.isdecimal() and period.isdecimal() and int(period):
            yield int(quota) / int(period)


def _groups(membership: Path, root: Path, controller: str) -> Iterator[Path]:
    """Give the folders of a control group and all above it; within a container, the mount is it."""
    try:
        lines = membership.read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = (*line.split(":", 2), "", "")[:3]
        if controllers and controller not in controllers.split(","):
            continue
        mounted = root / (controller if controllers else "")
        for part in (Path(path.lstrip("/")), *Path(path.lstrip("/")).parents):
            yield mounted / part


def _number(file: Path) -> int | None:
    words = _words(file)
    return int(words[0]) if words and words[0].isdecimal() else None


def _words(file: Path) -> list[str]:
    try:
        return file.read_text().split()
    except OSError:
        return []
