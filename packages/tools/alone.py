"""Installs each distribution alone and runs its framework's own suite on what is there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from packages.tools.build import DIST
from packages.tools.projects import ROOT, metadata, version
from packages.tools.running import last_line, run, say
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ENVIRONMENTS = ROOT / ".venv" / "alone"
_TOOLS = ("pytest", "pytest-asyncio", "pytest-socket", "hypothesis", "pyyaml")
_SEEN = "import pgrecall, sys; assert pgrecall.__file__.startswith(sys.prefix), pgrecall.__file__"


@dataclass(frozen=True)
class Trial:
    """A distribution, and what is run where it alone is installed.

    Attributes:
        name: The distribution.
        tools: What its tests need beside it, by the names that the extra `dev` has.
        suites: Test files, by the module that they take the adapters from.
        readme: Whether it is a thin package, whose README runs.
        environment: What the tests see.
    """

    name: str
    suites: Mapping[str, str]
    tools: tuple[str, ...] = ()
    readme: bool = True
    environment: Mapping[str, str] = field(default_factory=dict)


TRIALS = (
    Trial("pgrecall", {"": "integration_tests/core/test_congruence.py"}, readme=False),
    Trial(
        "langchain-pgrecall",
        {"langchain_pgrecall": "integration_tests/langchain/test_langchain_standard.py"},
        ("langchain-tests",),
    ),
    Trial(
        "langgraph-checkpoint-pgrecall",
        {
            "langgraph.checkpoint.pgrecall": "integration_tests/langgraph/test_langgraph_saver.py",
            "langgraph.store.pgrecall": "integration_tests/langgraph/test_langgraph_store.py",
        },
        ("langgraph", "langgraph-checkpoint-conformance"),
    ),
    Trial(
        "llama-index-vector-stores-pgrecall",
        {
            "llama_index.vector_stores.pgrecall": (
                "integration_tests/llama_index/test_llama_index_conformance.py"
            )
        },
        # all of its cases, and not the part that `make test` runs
        environment={"PGRECALL_EXHAUSTIVE": "1"},
    ),
)


def try_alone(trial: Trial) -> None:
    """Install a distribution in an environment of its own, as people do, and run its tests."""
    say(f"{trial.name}: installing")
    folder = ENVIRONMENTS / trial.name
    run(["python3", "-m", "venv", "--clear", folder])
    python = folder / "bin" / "python"
    wanted = f"{trial.name}[binary,embedded]=={version()}"
    tools = [requirement(name) for name in (*_TOOLS, *trial.tools)]
    pip: list[str | Path] = [python, "-m", "pip", "--disable-pip-version-check"]
    run([*pip, "install", "--quiet", "--find-links", DIST, wanted, *tools])
    run([*pip, "check"])
    run([python, "-c", _SEEN], folder=folder)
    for module, path in trial.suites.items():
        named = {"PGRECALL_TEST_ADAPTERS": module} if module else {}
        say(f"{trial.name}: {path}: {tested(python, trial, [path], named)}")
    if trial.readme:
        chosen = ["integration_tests/docs/test_packages.py", "-k", f"[{trial.name}]"]
        say(f"{trial.name}: README.md: {tested(python, trial, chosen, {})}")


def tested(python: Path, trial: Trial, chosen: list[str], named: Mapping[str, str]) -> str:
    """Run tests in an environment, and give what pytest counted."""
    pytest: list[str | Path] = [python, "-m", "pytest", "-q", *chosen]
    return last_line(run(pytest, environment={**trial.environment, **named}))


def requirement(name: str) -> str:
    """Give what an extra wants of a package: its bounds are not written twice."""
    extras = metadata(ROOT)["optional-dependencies"]
    for text in (*extras["dev"], *extras["notebooks"]):
        if canonicalize_name(Requirement(text).name) == canonicalize_name(name):
            return str(text)
    message = f"the extra dev has no {name}"
    raise LookupError(message)
