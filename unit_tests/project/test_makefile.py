"""What `make demo` tells before it keeps somebody waiting."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_make_demo_says_what_it_does_before_it_installs_and_pip_says_what_it_does() -> None:
    command = ["make", "--dry-run", "--always-make", "demo"]
    done = subprocess.run(  # noqa: S603  # fixed words
        command, cwd=ROOT, check=True, capture_output=True, text=True
    )
    lines = done.stdout.splitlines()
    installs = next(place for place, line in enumerate(lines) if "pip install" in line)
    assert any(line.startswith('echo "Installing pgrecall') for line in lines[:installs])
    assert "--quiet" not in lines[installs]
