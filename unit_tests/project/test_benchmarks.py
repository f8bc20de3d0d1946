from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BENCHMARKS = ROOT / "benchmarks"
PEERS = BENCHMARKS / "peers"


# those that are run, and not only imported by others
SCRIPTS = sorted(
    file.stem for file in BENCHMARKS.glob("*.py") if '__name__ == "__main__"' in file.read_text()
)

# all in one process: what they import takes longer than what they say
_EXPLAINED = """
import contextlib, io, json, runpy, sys
_, folder, *scripts = sys.argv
sys.path.insert(0, folder)
told = {}
for script in scripts:
    sys.argv, shown = [script, "--help"], io.StringIO()
    with contextlib.suppress(SystemExit), contextlib.redirect_stdout(shown):
        runpy.run_path(f"{folder}/{script}.py", run_name="__main__")
    told[script] = shown.getvalue()
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def explained() -> dict[str, str]:
    """What each benchmark answers to --help."""
    command = [sys.executable, "-c", _EXPLAINED, str(BENCHMARKS), *SCRIPTS]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    told: dict[str, str] = json.loads(done.stdout)
    return told


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_benchmark_explains_itself(script: str, explained: dict[str, str]) -> None:
    assert "--dsn" in explained[script]
    assert "--json" in explained[script]


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
