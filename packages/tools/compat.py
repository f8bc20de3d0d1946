"""``python -m packages.tools.compat [NAME...]``: the tests on other versions of what pgrecall uses.

The lowest versions are those of pyproject.toml, which uv reads and installs; each set of extras has
an environment of its own, because no two lowest versions need to go together but within an extra.
The newest are what the registry has, on every Python that is on this machine.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from packages.tools.alone import requirement
from packages.tools.compat_newer import NEWER
from packages.tools.projects import ROOT
from packages.tools.running import last_line, run, say

ENVIRONMENTS = ROOT / ".venv" / "compat"
LOWEST_PYTHON = "3.11"
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
_TOOLS = ("pytest", "pytest-asyncio", "pytest-socket", "pytest-xdist", "hypothesis", "pyyaml")
_SHOWN = (
    "numpy", "pgvector", "psycopg", "psycopg-pool", "langchain-core", "langgraph-checkpoint",
    "llama-index-core", "mcp", "typer", "rich", "pyarrow",
)  # fmt: skip


@dataclass(frozen=True)
class Lowest:
    """Extras, each package of which is installed as low as pyproject.toml lets it be.

    Attributes:
        extras: Their names, with commas.
        tools: What their tests need beside them, by the names that the extra `dev` has.
        paths: The tests.
        ignored: Test files that need what other extras bring.
    """

    extras: str
    tools: tuple[str, ...]
    paths: tuple[str, ...]
    ignored: tuple[str, ...] = ()


LOWEST = {
    "lowest-core": Lowest(
        "binary,embedded,cli,parquet,documents,plots,ui,otel",
        ("pandas", "tqdm", "opentelemetry-sdk", "httpx"),
        (
            *(f"unit_tests/{room}" for room in ("driver", "evaluation", "operations", "values")),
            "unit_tests/statements",
            "unit_tests/cli",
            "integration_tests/core/items",
            "integration_tests/core/test_congruence.py",
            "integration_tests/cli/test_cli_explore.py",
            "integration_tests/search/test_filter_oracle.py",
        ),
        (
            # wants the model of the demo
            "unit_tests/cli/test_cli_embedders.py",
            # these try the adapters too
            *(
                f"integration_tests/core/items/test_{what}.py"
                for what in (
                    *("blank_and_dirty_texts", "bounds", "reads_beside_a_load", "refused"),
                    "value_types",
                )
            ),
        ),
    ),
    "lowest-demo": Lowest(
        "binary,embedded,cli,parquet,demo",
        (),
        (
            "unit_tests/demo",
            "unit_tests/cli/test_cli_embedders.py",
            "integration_tests/cli/test_cli_commands.py",
            "integration_tests/cli/test_cli_round_trip.py",
        ),
    ),
    "lowest-langchain": Lowest(
        "binary,embedded,cli,langchain,langgraph",
        (
            *("langchain-tests", "langchain-classic", "langgraph", "lark"),
            "langgraph-checkpoint-conformance",
        ),
        ("integration_tests/langchain", "integration_tests/langgraph"),
        (
            # both frameworks at once, and a web application
            "integration_tests/langchain/test_adapter_filters.py",
            "integration_tests/langchain/test_langchain_chains.py",
        ),
    ),
    "lowest-llama-index": Lowest(
        "binary,embedded,cli,llama-index", (), ("integration_tests/llama_index",)
    ),
    "lowest-mcp": Lowest("binary,embedded,cli,mcp", ("httpx",), ("integration_tests/mcp",)),
}
NEWEST = {f"newest-{python}": python for python in PYTHONS}
_TESTS_OF_THE_NEWEST = (
    "unit_tests",
    *(f"integration_tests/{room}" for room in ("langchain", "langgraph", "llama_index", "mcp")),
    *(f"integration_tests/core/{room}" for room in ("items", "collections", "test_congruence.py")),
    "integration_tests/cli/test_cli_commands.py",
    "integration_tests/cli/test_cli_round_trip.py",
)


class NoPythonError(Exception):
    """This machine has no such interpreter."""


def uv() -> Path:
    """Install uv, which can take the lowest versions; give its program."""
    folder = ENVIRONMENTS / "uv"
    if not (folder / "bin" / "uv").exists():
        run(["python3", "-m", "venv", "--clear", folder])
        run([folder / "bin" / "python", "-m", "pip", "install", "--quiet", "uv"])
    return folder / "bin" / "uv"


def made(name: str, python: str) -> Path:
    """Make an environment of a version of Python, and give its interpreter.

    Raises:
        NoPythonError: This machine does not have that version.
    """
    folder = ENVIRONMENTS / name
    command: list[str | Path] = [uv(), "venv", "--quiet", "--clear", "--no-python-downloads"]
    # pyenv's own programs refuse where it has another version chosen
    kept = (Path.home() / ".pyenv" / "versions").glob(f"{python}.*/bin")
    path = os.pathsep.join([*map(str, kept), os.environ["PATH"]])
    done = subprocess.run(
        [*command, "--python", python, folder],
        env={**os.environ, "PATH": path},
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise NoPythonError(python)
    return folder / "bin" / "python"


def install(python: Path, extras: str, tools: list[str], *options: str) -> str:
    """Install pgrecall with extras, and what its tests need; give what versions it got."""
    pip: list[str | Path] = [uv(), "pip"]
    wanted = ["--editable", f".[{extras}]", *tools]
    # nltk opens no file that has two names, as uv's cache and an environment would have
    copied = ["--link-mode", "copy"]
    run([*pip, "install", "--quiet", *copied, "--python", python, *options, *wanted])
    listed = run([*pip, "list", "--quiet", "--python", python, "--format", "freeze"]).splitlines()
    return " ".join(line for line in listed if line.partition("==")[0] in _SHOWN)


def run_tests(python: Path, *arguments: str) -> str:
    """Run tests in an environment; give what pytest counted."""
    here = {"PYTHONPATH": str(ROOT / "src")}
    # an older LlamaIndex looks for the words that its splitter needs where it would download them
    for core in python.parents[1].glob("lib/*/site-packages/llama_index/core"):
        here["NLTK_DATA"] = str(core)
    pytest: list[str | Path] = [python, "-m", "pytest", "-q", "-n", "2", "--dist", "loadfile"]
    return last_line(run([*pytest, *arguments], environment=here))


def try_lowest(name: str) -> str:
    """Run a set's tests on the lowest versions of its extras."""
    lowest = LOWEST[name]
    python = made(name, LOWEST_PYTHON)
    tools = [requirement(tool) for tool in (*_TOOLS, *lowest.tools)]
    say(f"{name}: {install(python, lowest.extras, tools, '--resolution', 'lowest-direct')}")
    # what an old package says of a newer one that it uses is no error of ours
    options = ["-W", "default", *(f"--ignore={path}" for path in lowest.ignored)]
    options += [f"--deselect={test}" for test in NEWER.get(name, ())]
    return run_tests(python, *options, *lowest.paths)


def try_newest(name: str) -> str:
    """Run the tests on the newest versions, on one Python."""
    python = made(name, NEWEST[name])
    say(f"{name}: {install(python, 'dev', [], '--resolution', 'highest')}")
    return run_tests(python, *_TESTS_OF_THE_NEWEST)


def main() -> None:
    """Try all, or what is named."""
    names = [*LOWEST, *NEWEST]
    parser = argparse.ArgumentParser(prog="python -m packages.tools.compat", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *names], help="try these alone; all")
    failed = []
    for name in parser.parse_args().names or names:
        try:
            counted = try_lowest(name) if name in LOWEST else try_newest(name)
        except NoPythonError as missing:
            counted = f"skipped: there is no Python {missing} here"
        except SystemExit as ended:
            failed.append(name)
            counted = str(ended)
        say(f"{name}: {counted}")
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
