"""Builds the wheel and the source distribution of every project into dist/, and checks them."""

from __future__ import annotations

import sys
import tarfile
from pathlib import Path

from packages.tools.projects import PROJECTS, ROOT, metadata
from packages.tools.running import run, say

DIST = ROOT / "dist"
_STRAY = ("__pycache__", ".venv", ".git", ".mypy_cache", "site", "dist")


def build() -> list[Path]:
    """Build all of one version, in place of what dist/ had; give the files."""
    DIST.mkdir(exist_ok=True)
    for old in DIST.iterdir():
        old.unlink()
    for folder in PROJECTS:
        say(f"building {metadata(folder)['name']}")
        # the wheel is built out of the source distribution, which so has all that it needs
        run([sys.executable, "-m", "build", "--outdir", DIST, folder])
    made = sorted(DIST.iterdir())
    run([sys.executable, "-m", "twine", "check", "--strict", *made])
    for file in made:
        if file.name.endswith(".tar.gz"):
            check_source(file)
    return made


def check_source(file: Path) -> None:
    """Check that a source distribution has no folder that belongs to this clone alone."""
    with tarfile.open(file) as held:
        names = [Path(name) for name in held.getnames()]
    stray = sorted({part for name in names for part in name.parts if part in _STRAY})
    if stray:
        sys.exit(f"{file.name} holds {', '.join(stray)}")
