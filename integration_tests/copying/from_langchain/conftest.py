"""A database with the tables that langchain-postgres made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from integration_tests.copying.peer_tables import execute, filled_by, name_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(scope="module")
def filled(make_database: Callable[..., str]) -> tuple[str, dict[str, Any]]:
    dsn = make_database()
    return dsn, filled_by("make_langchain.py", dsn)


@pytest.fixture
def made(filled: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    """What the stores were read to hold, by their names."""
    return filled[1]


@pytest.fixture
def peers(
    filled: tuple[str, dict[str, Any]], make_database: Callable[..., str], server_dsn: str
) -> Iterator[str]:
    """A database of the test's own with the tables that langchain-postgres made."""
    made = make_database(options=f"TEMPLATE {name_of(filled[0])}")
    yield made
    execute(server_dsn, f"DROP DATABASE {name_of(made)} WITH (FORCE)")
