"""Servers that the tests of recovery stop and kill."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from integration_tests.shared.faults import execute, own_folder, start_own
from psycopg.conninfo import make_conninfo

from pgrecall import embedded

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    """The data folder of a server that these tests stop and kill."""
    with own_folder() as made:
        start_own(made)
        yield made


@pytest.fixture
def database(folder: Path) -> str:
    """A database of one's own on that server."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    dsn = embedded.start(folder)
    execute(dsn, f"CREATE DATABASE {name}")
    return make_conninfo(dsn, dbname=name)
