"""A run that goes on where it was broken off: its folder, what is done, the room it needs."""

from __future__ import annotations

import json
import os
import shutil
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pgrecall._embedded.account import is_root

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_GB = 1 << 30
_EVERY = 0.25  # seconds between two looks at the server's memory


def default_folder() -> Path:
    """Name the folder of a run: below the user's cache, or where root's server can get to."""
    if is_root():
        return Path("/var/tmp/pgrecall-headline")  # noqa: S108  # a folder of its own, on disk
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "pgrecall" / "headline"


class State:
    """What of a run is done: a JSON file, written whole after each step."""

    def __init__(self, folder: Path) -> None:
        """Read what is there."""
        self._path = folder / "state.json"
        self._steps: dict[str, dict[str, Any]] = {}
        if self._path.exists():
            self._steps = json.loads(self._path.read_text(encoding="utf-8"))

    @property
    def every(self) -> dict[str, dict[str, Any]]:
        """All that is done, by cell and step."""
        return self._steps

    def of(self, cell: str) -> dict[str, Any]:
        """Give the steps of a cell that are done, each with what it measured."""
        return self._steps.get(cell, {})

    def once(self, cell: str, step: str, action: Callable[[], Any]) -> Any:
        """Do a step unless it is done, and give what it measured then."""
        done = self._steps.setdefault(cell, {})
        if step not in done:
            done[step] = action()
            half = self._path.with_suffix(".part")
            half.write_text(json.dumps(self._steps, indent=1), encoding="utf-8")
            half.replace(self._path)
        return done[step]

    def forget(self, cell: str) -> None:
        """Let a cell begin anew."""
        self._steps.pop(cell, None)


def check_room(folder: Path, needed: float) -> str:
    """Say what room the run needs, and end it where the disk has less.

    Args:
        folder: The run's.
        needed: Bytes, of which what the folder holds is there already.
    """
    held = sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file())
    free = shutil.disk_usage(folder).free
    told = (
        f"{needed / _GB:.1f} GB of disk are needed in {folder}, of which it holds"
        f" {held / _GB:.1f}; {free / _GB:.1f} GB are free"
    )
    if needed > held + free:
        msg = f"{told}: choose other --cells, or a --folder on another disk"
        raise SystemExit(msg)
    return told


class Watch:
    """The most memory that a server's processes had at once, where /proc tells it."""

    def __init__(self, data: Path) -> None:
        """Look at the server of a data folder."""
        self._postmaster = (data / "postmaster.pid").read_text(encoding="utf-8").split()[0]
        self.own = self.shared = 0

    @property
    def bytes(self) -> int | None:
        """Private memory of all processes, and the shared memory that was used; None: unknown."""
        return self.own + self.shared or None

    def look(self) -> None:
        """Count what is in memory now."""
        own = shared = 0
        for process in Path("/proc").glob("[0-9]*"):
            try:
                status = (process / "status").read_text(encoding="utf-8", errors="replace")
            except OSError:
                continue  # it has ended
            told = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
            if self._postmaster in {told.get("Pid", "").strip(), told.get("PPid", "").strip()}:
                own += _kilobytes(told, "RssAnon")
                # each has mapped the same
                shared = max(shared, _kilobytes(told, "RssShmem"))
        self.own, self.shared = max(self.own, own), max(self.shared, shared)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Look again and again meanwhile."""
        self.own = self.shared = 0
        done = threading.Event()

        def run() -> None:
            while not done.wait(_EVERY):
                self.look()

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()
            self.look()


def _kilobytes(told: dict[str, str], what: str) -> int:
    value = told.get(what, "0 kB").split()
    return int(value[0]) * 1024
