"""Every statement against its golden file: a change of SQL is read by its diff."""

from __future__ import annotations

import difflib
import importlib
import inspect
import pkgutil
import sys
from collections.abc import Iterator
from types import CodeType, FrameType

import pytest
from unit_tests.statements.golden_cases import CASES
from unit_tests.statements.golden_values import SPREAD, STORED
from unit_tests.statements.make_golden import (
    COMMAND,
    GOLDEN,
    files_of,
    golden_files,
    sql_of,
    statements_of,
)
from unit_tests.statements.pretty_sql import pretty, tokens

import pgrecall._statements


@pytest.mark.parametrize("name", CASES)
def test_a_statement_is_the_one_of_its_golden_file(name: str) -> None:
    for file, made in files_of(name).items():
        path = GOLDEN / file
        kept = path.read_text(encoding="utf-8") if path.exists() else ""
        diff = difflib.unified_diff(kept.splitlines(), made.splitlines(), file, "made now", n=2)
        assert kept == made, f"run `{COMMAND}`, and read its diff:\n" + "\n".join(diff)


def test_no_golden_file_is_left_over() -> None:
    assert {path.name for path in GOLDEN.iterdir()} == set(golden_files()), f"run `{COMMAND}`"


def test_every_statement_has_a_golden_file() -> None:
    called: set[CodeType] = set()

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            called.add(frame.f_code)

    sys.setprofile(note)
    try:
        for make in CASES.values():
            for stored in (STORED, SPREAD):
                statements_of(make(stored))
    finally:
        sys.setprofile(None)
    missing = [name for name, code in _makers() if code not in called]
    assert not missing, "add a line to golden_cases.py for each of these"


def test_a_laid_out_statement_has_the_words_of_the_one_sent() -> None:
    for make in CASES.values():
        for statement in statements_of(make(SPREAD)):
            text = sql_of(statement)
            laid_out = [token.text for token in tokens(pretty(text))]
            assert laid_out == [token.text for token in tokens(text)]


def _makers() -> Iterator[tuple[str, CodeType]]:
    """Give the functions of ``_statements`` that make what is sent."""
    package = pgrecall._statements
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        for name, value in vars(importlib.import_module(module.name)).items():
            if not inspect.isfunction(value) or value.__module__ != module.name:
                continue
            made = str(value.__annotations__.get("return", ""))
            if not name.startswith("_") and ("Statement" in made or made == "Copy"):
                yield f"{module.name}.{name}", value.__code__
