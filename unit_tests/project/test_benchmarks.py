from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BENCHMARKS = ROOT / "benchmarks"
PEERS = BENCHMARKS / "peers"


@pytest.mark.parametrize(
    "script",
    ["writes", "search", "adapters", "peers", "plans", "text_quality", "hybrid_quality", "load"],
)
def test_a_benchmark_explains_itself(script: str) -> None:
    command = [sys.executable, str(BENCHMARKS / f"{script}.py"), "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    assert "--dsn" in done.stdout
    assert "--json" in done.stdout


def test_no_peer_is_a_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].values()
    ours = {_name(line) for group in [project["dependencies"], *extras] for line in group}
    assert not ours & {"langchain-postgres", "llama-index-vector-stores-postgres"}


def test_each_peer_has_its_script_and_pinned_requirements() -> None:
    files = sorted(PEERS.glob("*.txt"))
    assert files
    for file in files:
        assert (PEERS / f"run_{file.stem}.py").exists()
        wanted = [line for line in file.read_text().splitlines() if line and line[0] != "#"]
        assert [line for line in wanted if "==" not in line] == []


def _name(requirement: str) -> str:
    return re.split(r"[^\w.-]", requirement, maxsplit=1)[0].lower()
