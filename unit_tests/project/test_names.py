"""Names say what they are of: a check gives nothing, what is checked is given."""

from __future__ import annotations

import ast
import functools
from pathlib import Path

import pgrecall

PACKAGE = Path(pgrecall.__file__).parent
NOTHING = {"None", "Operation[None]", "Steps[None]"}


@functools.cache
def checks() -> list[tuple[Path, str, str]]:
    """The functions of each file that check something, and what each returns."""
    return [
        (path, node.name, ast.unparse(node.returns or ast.Name("")))
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.lstrip("_").startswith("check")
    ]


def functions(prefix: str) -> list[tuple[str, str]]:
    """Those whose name begins so."""
    return [
        (f"{path.relative_to(PACKAGE)}: {name}", given)
        for path, name, given in checks()
        if name.lstrip("_").startswith(prefix)
    ]


def test_a_check_gives_nothing() -> None:
    # a statement is a check that the server makes, and what a doctor's checks find is no value
    others = {"Statement", "list[Finding]"}

    assert [name for name, given in functions("check_") if given not in NOTHING | others] == []


def test_what_gives_a_checked_value_is_called_so() -> None:
    checked = functions("checked_")

    assert checked
    assert [name for name, given in checked if given in NOTHING] == []
