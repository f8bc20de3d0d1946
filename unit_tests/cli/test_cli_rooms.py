"""The folders of the command line tell where a command stands."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from pgrecall import cli
from pgrecall.cli.app import app

HOME = Path(cli.__file__).parent
ROOMS = sorted(path for path in HOME.iterdir() if path.is_dir() and path.name != "__pycache__")
MODULES = sorted(HOME.rglob("*.py"))
# what rooms have in common; no command is in them, and each knows those before it alone
LIBRARIES = ("shared", "files", "documents", "checks")
MOST_LINES = 300


def name_of(path: Path) -> str:
    return str(path.relative_to(HOME))


def commands(group: Any) -> list[Any]:
    return [
        one
        for found in group.commands.values()
        for one in (commands(found) if hasattr(found, "commands") else [found])
    ]


def imported(module: Path) -> set[str]:
    """Name the rooms that a module imports from, its types too."""
    found = ast.walk(ast.parse(module.read_text()))
    whole = [node.module for node in found if isinstance(node, ast.ImportFrom) and node.module]
    return {name.split(".")[2] for name in whole if name.startswith("pgrecall.cli.")}


def known_to(room: str) -> tuple[str, ...]:
    return LIBRARIES[: LIBRARIES.index(room)] if room in LIBRARIES else LIBRARIES


def test_no_module_stands_outside_of_a_room_but_the_one_that_puts_all_together() -> None:
    assert {path.name for path in HOME.glob("*.py")} == {"__init__.py", "app.py"}


@pytest.mark.parametrize("room", ROOMS, ids=name_of)
def test_a_room_says_what_is_in_it_and_has_its_command_in_one_place(room: Path) -> None:
    assert ast.get_docstring(ast.parse((room / "__init__.py").read_text()))
    assert (room / "command.py").exists() is (room.name not in LIBRARIES)
    assert all(path.is_file() or path.name == "__pycache__" for path in room.iterdir())


def test_every_command_stands_in_the_module_of_its_room_for_commands() -> None:
    found = commands(get_command(app))
    homes = {one.callback.__module__ for one in found}
    assert len(found) > 15
    assert homes == {
        f"pgrecall.cli.{room.name}.command" for room in ROOMS if room.name not in LIBRARIES
    }


def test_a_room_knows_no_other_but_what_all_share() -> None:
    strays = [
        (name_of(module), other)
        for module in MODULES
        if module.parent != HOME
        for other in imported(module) - {module.parent.name}
        if other not in known_to(module.parent.name)
    ]
    assert strays == []


def test_a_module_of_the_command_line_is_short() -> None:
    lines = {name_of(module): len(module.read_text().splitlines()) for module in MODULES}
    assert {name: count for name, count in lines.items() if count >= MOST_LINES} == {}


def test_only_the_demo_imports_the_texts_of_the_demo() -> None:
    script = (
        "import sys\n"
        "import pgrecall.cli.app, pgrecall.cli.load.steps\n"
        "from pgrecall.cli.shared import embedders\n"
        "embedders.named('wordllama')\n"
        "print('pgrecall.demo.corpus' in sys.modules)\n"
        "import pgrecall.cli.demo.ask\n"
        "print('pgrecall.demo.corpus' in sys.modules)\n"
    )
    ran = subprocess.run(  # noqa: S603  # this Python
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    )
    assert ran.stdout.split() == ["False", "True"]
