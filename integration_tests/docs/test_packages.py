"""Every block of a thin package's README runs, by the names of that package."""

from __future__ import annotations

import importlib.metadata
from typing import TYPE_CHECKING

import pytest
from integration_tests.docs.blocks import ROOT, Runner, blocks

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

READMES = sorted((ROOT / "packages").glob("*/README.md"))


@pytest.mark.parametrize("page", READMES, ids=lambda page: page.parent.name)
def test_a_readmes_blocks_print_what_it_shows(
    page: Path,
    make_database: Callable[..., str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    environment = {"PGRECALL_DSN": make_database()}
    monkeypatch.setenv("PGRECALL_DSN", environment["PGRECALL_DSN"])
    if not is_installed(page.parent.name):
        monkeypatch.syspath_prepend(page.parent / "src")
    # no README starts a command, so that none need be installed
    runner = Runner(tmp_path, environment, programs=tmp_path)
    runner.run(blocks(page))
    assert runner.ran > 1


def is_installed(name: str) -> bool:
    """Tell whether `make packages` has installed it here."""
    try:
        importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True
