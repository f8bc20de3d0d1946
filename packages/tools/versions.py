"""``python -m packages.tools.versions [VERSION]``: one version, and one licence, for all projects.

pgrecall's pyproject.toml is where the version is. The thin packages have it written into theirs,
and the licence copied beside it, so that each of them, and its source distribution, stands alone.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from packages.tools.projects import PROJECTS, ROOT, THIN, version, with_version

if TYPE_CHECKING:
    from pathlib import Path


def texts(version: str) -> dict[Path, str]:
    """Give what the files that follow the version say."""
    projects = [folder / "pyproject.toml" for folder in PROJECTS]
    made = {path: with_version(path.read_text("utf-8"), version) for path in projects}
    licence = (ROOT / "LICENSE").read_text("utf-8")
    return made | {folder / "LICENSE": licence for folder in THIN}


def write(version: str) -> None:
    """Write the version, and the licence, wherever it is another."""
    for path, text in texts(version).items():
        if not path.is_file() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
            sys.stdout.write(f"{path.relative_to(ROOT)}\n")


def main() -> None:
    """Write what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("version", nargs="?", default=version(), help="a new one; pgrecall's own")
    write(parser.parse_args().version)


if __name__ == "__main__":
    main()
