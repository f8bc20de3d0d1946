"""Every Python block of the README runs, and prints what the block after it shows."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

README = Path(__file__).parents[1] / "README.md"
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README.read_text(), re.DOTALL)


def test_the_readmes_blocks_print_what_it_shows(make_database: Callable[..., str]) -> None:
    dsn = make_database()
    shown = list(zip(BLOCKS, [*BLOCKS[1:], ("", "")], strict=True))
    ran = 0
    for (language, code), (next_language, output) in shown:
        if language != "python":
            continue
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", code],
            env={"PGRECALL_DSN": dsn},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, ""), code
        assert next_language == "text", f"a block without its output:\n{code}"
        assert done.stdout == output
        ran += 1
    assert ran >= 3


@pytest.mark.parametrize("target", ["demo", "test", "bench"])
def test_every_make_target_of_the_readme_exists(target: str) -> None:
    makefile = (README.parent / "Makefile").read_text()

    assert f"make {target}" in README.read_text()
    assert re.search(rf"^{target}:", makefile, re.MULTILINE)
