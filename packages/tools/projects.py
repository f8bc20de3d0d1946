"""The projects of this repository, each of which is a distribution."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
THIN = sorted(path.parent for path in (ROOT / "packages").glob("*/pyproject.toml"))
"""The folders of the thin packages."""
PROJECTS = [ROOT, *THIN]

_VERSION = re.compile(r'^(version = ")[^"]+(")$', re.MULTILINE)
_PIN = re.compile(r'("pgrecall\[[\w,-]+\]==)[^"]+(")')


def metadata(folder: Path) -> dict[str, Any]:
    """Give the table ``project`` of a folder's pyproject.toml."""
    project: dict[str, Any] = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    return project


def version() -> str:
    """Give pgrecall's version: the one that all of them have."""
    return str(metadata(ROOT)["version"])


def with_version(project: str, version: str) -> str:
    """Give the text of a pyproject.toml with another version of itself and of pgrecall."""
    return _PIN.sub(rf"\g<1>{version}\g<2>", _VERSION.sub(rf"\g<1>{version}\g<2>", project))
