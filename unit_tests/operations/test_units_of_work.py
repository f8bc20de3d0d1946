"""What the body of a unit of work can rely on."""

from __future__ import annotations

import ast
from pathlib import Path

import pgrecall

OPERATIONS = Path(pgrecall.__file__).parent / "_operations"
NEVER_ENTER = {"Exception", "BaseException", "PgRecallError", "DatabaseError", "Error"}
"""Drivers throw no error of the server into a body: the operation that yields the work gets it."""


def test_no_body_handles_an_error_that_never_enters_it() -> None:
    handled = [
        f"{path.name}: {function.name}"
        for path in OPERATIONS.rglob("*.py")
        for function in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(function, ast.FunctionDef)
        and function.returns is not None
        and ast.unparse(function.returns).startswith("Steps[")
        for handler in ast.walk(function)
        if isinstance(handler, ast.ExceptHandler)
        if handler.type is None or NEVER_ENTER & set(_names(handler.type))
    ]
    assert handled == []


def _names(node: ast.expr) -> list[str]:
    named = [one.id for one in ast.walk(node) if isinstance(one, ast.Name)]
    return named + [one.attr for one in ast.walk(node) if isinstance(one, ast.Attribute)]
