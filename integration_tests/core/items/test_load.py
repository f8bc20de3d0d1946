"""The load of the benchmarks, for a shorter time and with fewer callers."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

from integration_tests.shared.exhaustive import EXHAUSTIVE
from integration_tests.shared.faults import own_folder, start_own

SCRIPT = Path(__file__).parents[3] / "benchmarks" / "load.py"


async def hold(minutes: str) -> None:
    """Mix every verb for so long, and see that all checks are met."""
    with own_folder() as folder:
        options = ["--minutes", minutes, "--threads", "12", "--tasks", "12", "--connections", "4"]
        command = [sys.executable, str(SCRIPT), "--json", "--dsn", start_own(folder), *options]
        done = await asyncio.to_thread(
            subprocess.run, command, capture_output=True, text=True, check=False
        )
    assert done.stdout, done.stderr
    found = json.loads(done.stdout)["load"]
    assert found["errors"] == {}
    assert {name: check for name, check in found["checks"].items() if not check["met"]} == {}
    assert done.returncode == 0
    assert found["calls"] >= 24  # one of each caller, however slow the machine is


async def test_both_stores_hold_a_mixed_load() -> None:
    await hold("0.05")


@EXHAUSTIVE
async def test_both_stores_hold_a_mixed_load_for_twenty_seconds() -> None:
    await hold("0.33")
