"""Write the golden files: ``python -m unit_tests.statements.make_golden``, or ``make golden``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from unit_tests.statements.golden_cases import CASES
from unit_tests.statements.golden_search import Made
from unit_tests.statements.golden_values import SPREAD, STORED
from unit_tests.statements.pretty_sql import pretty

from pgrecall._statements.statement import Copy, Statement

GOLDEN = Path(__file__).parent / "golden"
COMMAND = "make golden"


def golden_files() -> dict[str, str]:
    """Make every golden file, by its name."""
    return {file: text for name in CASES for file, text in files_of(name).items() if text}


@cache
def files_of(name: str) -> dict[str, str]:
    """Make the files of a case; the one of a spread collection is empty where it says the same."""
    local, spread = (shown(CASES[name](stored)) for stored in (STORED, SPREAD))
    return {f"{name}.sql": local, f"{name}.citus.sql": "" if spread == local else spread}


def shown(made: Made) -> str:
    """Write statements for a reader: the values of each, then its SQL."""
    return "\n".join(map(_shown, statements_of(made))) or "-- nothing\n"


def statements_of(made: Made) -> list[Statement | Copy]:
    """Give what a case made as a list."""
    return [made] if isinstance(made, Statement | Copy) else list(made)


def sql_of(statement: Statement | Copy) -> str:
    """Give the text that psycopg gets."""
    if isinstance(statement.sql, bytes):
        return statement.sql.decode()
    return statement.sql.as_string(None)


def _shown(statement: Statement | Copy) -> str:
    if isinstance(statement, Copy):
        heading = ["-- rows follow in binary form"]
    else:
        heading = [f"-- prepare={statement.prepare}", *_values(statement.parameters)]
    return "\n".join([*heading, pretty(sql_of(statement)) + ";", ""])


def _values(parameters: Mapping[str, Any]) -> list[str]:
    return [f"-- %({name})s = {_value(value)}" for name, value in parameters.items()]


def _value(value: object) -> str:
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:80]}..."


def main() -> None:
    """Write what the cases make, and remove files that no case makes."""
    files = golden_files()
    for name, text in files.items():
        (GOLDEN / name).write_text(text, encoding="utf-8")
    for path in GOLDEN.glob("*.sql"):
        if path.name not in files:
            path.unlink()


if __name__ == "__main__":
    main()
