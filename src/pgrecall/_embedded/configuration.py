"""The server's configuration files: the machine's settings go beneath those of the user."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from pgrecall._values.marks import EMBEDDED_MARK

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pgrecall._embedded.account import Account

MADE, OWN = ".pgrecall.conf", "pgrecall.conf"
"""The file that each start writes anew, and the user's own, which nothing writes to."""
POSTGRES = "postgresql.conf"

_INITDB = {
    "shared_buffers": "shared_buffers = 128MB # min 128kB",
    "max_wal_size": "max_wal_size = 1GB",
}
"""The lines of initdb that set what the machine is to decide."""
_DEEPEST = 10  # PostgreSQL's own limit for files that include files
_INCLUDE = re.compile(r"\s*(include|include_if_exists|include_dir)[\s=]+'?([^'#]+)", re.IGNORECASE)


def write(folder: Path, settings: Mapping[str, str], account: Account | None) -> None:
    """Write the file that the server starts with; the user's files stay as they are.

    PostgreSQL's own rule decides: the last to name a setting has it. That is ALTER SYSTEM, before
    it ``pgrecall.conf``, before it ``postgresql.conf``, and the machine's settings come first.
    """
    lines = [
        "# Made by pgrecall at each start: what you write here is lost. Settings of your own go to"
    ]
    lines += [f"# {OWN}, {POSTGRES} or ALTER SYSTEM, which all come after these."]
    lines += [f"{name} = '{value}'" for name, value in settings.items()]
    lines += [f"{EMBEDDED_MARK} = 'on'", f"include '{POSTGRES}'"]
    lines += ["# initdb's own lines in there are nobody's choice"]
    lines += [f"{name} = '{settings[name]}'" for name in _left_by_initdb(folder / POSTGRES)]
    # what is there but closed to the server's account would be passed over in silence
    include = "include" if (folder / OWN).exists() else "include_if_exists"
    lines += [f"{include} '{OWN}'", ""]
    new = folder / f"{MADE}.new"
    new.unlink(missing_ok=True)
    new.write_text("\n".join(lines))
    new.chmod(0o600)
    if account:
        os.chown(new, account.uid, account.gid)
    new.replace(folder / MADE)


def _left_by_initdb(file: Path) -> list[str]:
    """Name the settings that are in the user's configuration only because initdb put them there."""
    lines = list(_lines(file, _DEEPEST))
    left = []
    for name, theirs in _INITDB.items():
        setting = re.compile(rf"\s*{name}\b", re.IGNORECASE)
        # a line that was changed, or is not the only one, is somebody's choice
        if [" ".join(line.split()) for line in lines if setting.match(line)] == [theirs]:
            left.append(name)
    return left


def _lines(file: Path, depth: int) -> Iterator[str]:
    """Read a file of settings with all that it includes; what cannot be read, PostgreSQL tells."""
    try:
        text = file.read_text(errors="surrogateescape")
    except OSError:
        return
    for line in text.splitlines():
        yield line
        included = _INCLUDE.match(line)
        if included and depth:
            named = file.parent / included[2].strip()
            is_folder = included[1].lower() == "include_dir"
            for one in sorted(named.glob("*.conf")) if is_folder else [named]:
                yield from _lines(one, depth - 1)
