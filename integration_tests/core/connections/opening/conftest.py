"""Servers, databases and roles of the tests of opening a store."""

from __future__ import annotations

import os
import socket
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from integration_tests.shared.faults import execute, new_database, own_folder, start_own

from pgrecall import Collection, Store, embedded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Opener = Callable[..., Any]


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    """The data folder of a server whose roles and settings are these tests' to change."""
    with own_folder() as made:
        start_own(made)
        yield made


@pytest.fixture(scope="session")
def owner_dsn(folder: Path) -> str:
    return embedded.start(folder)


@pytest.fixture
def database(owner_dsn: str) -> str:
    """A new database of that server with nothing in it, as its owner sees it."""
    return new_database(owner_dsn)


@pytest.fixture
def role(owner_dsn: str) -> str:
    """A role that may log in and nothing else."""
    name = f"role_{uuid.uuid4().hex[:12]}"
    execute(owner_dsn, f"CREATE ROLE {name} LOGIN")
    return name


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port of this machine that nobody listens on, kept from everyone else."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("PG"):
            monkeypatch.delenv(name)


@pytest.fixture
def shared(database: str) -> str:
    """A database whose owner set up a store with the collection "docs", empty."""
    with Store(database) as store:
        store.ensure_collection("tenant", Collection("docs", 3, fields={"page": "number"}))
    return database
