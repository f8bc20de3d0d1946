"""Servers that the tests of recovery stop and kill."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from integration_tests.shared.databases import ready_database
from integration_tests.shared.faults import own_folder, start_own

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
    return ready_database(embedded.start(folder))
