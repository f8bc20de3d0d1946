"""Every block of the README runs, or is checked, and prints what the block after it shows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .blocks import ROOT, Runner, blocks

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest

README = ROOT / "README.md"


def test_the_readmes_blocks_print_what_it_shows(
    make_database: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dsn = make_database()
    monkeypatch.setenv("PGRECALL_DSN", dsn)
    monkeypatch.chdir(tmp_path)
    # who copies one block has that block alone
    runner = Runner(tmp_path, {"PGRECALL_DSN": dsn}, fresh=True)
    runner.run(blocks(README))
    assert runner.ran >= 6


def test_the_readme_has_no_block_that_is_not_run() -> None:
    assert [block.where for block in blocks(README) if block.reason] == []


def test_every_file_that_the_readme_links_to_exists() -> None:
    for target in set(_links(README.read_text())):
        assert (ROOT / target).exists(), target


def _links(text: str) -> list[str]:
    found = re.findall(r"\]\(([^)#]+)\)|(?:src|href)=\"([^\"#]+)\"", text)
    return [one or other for one, other in found if "://" not in (one or other)]
