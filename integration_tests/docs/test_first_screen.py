"""README and tutorial, from top to bottom in one shell each, in a clean clone."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import venv
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from integration_tests.docs.blocks import ROOT, Block, blocks, check_output
from integration_tests.shared.exhaustive import IS_EXHAUSTIVE
from integration_tests.shared.folders import server_parent

from pgrecall import Store, embedded

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGES = [ROOT / "README.md", ROOT / "docs" / "tutorial.md"]
_MARK = "--- the next block ---"
_FEWER = """from pgrecall.demo import corpus

every = corpus.modules
corpus.modules = lambda: every()[::40]
"""
"""Lets the demo read a fortieth of Python's documentation: no page shows what it finds."""


@pytest.fixture(scope="module")
def clone() -> Iterator[Path]:
    """What `git clone` gives, with the `.venv` of `make demo` made already: of the tests' own."""
    # not pytest's folder: a server that root starts runs as another user, who must get there;
    # nor one in memory, from which programs may not be allowed to run
    folder = Path(tempfile.mkdtemp(prefix="pgrecall-clone-", dir="/var/tmp"))
    folder.chmod(0o755)
    made = folder / "pgrecall"
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True)
    for name in filter(None, listed.stdout.decode().split("\0")):
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, made / name)
    _install(made)
    yield made
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    """The folder of the reader's server."""
    folder = server_parent()
    yield folder / "data"
    embedded.stop(folder / "data")
    shutil.rmtree(folder)


def _install(clone: Path) -> None:
    venv.create(clone / ".venv", symlinks=True)
    packages = next((clone / ".venv").glob("lib/*/site-packages"))
    (packages / "installed.pth").write_text(f"{clone / 'src'}\n{sysconfig.get_path('purelib')}\n")
    command = clone / ".venv" / "bin" / "pgrecall"
    begins = f"#!{clone}/.venv/bin/python\n{'' if IS_EXHAUSTIVE else _FEWER}"
    command.write_text(f"{begins}from pgrecall.cli import main\n\nmain()\n", encoding="utf-8")
    command.chmod(0o755)
    (clone / ".venv" / ".demo").touch()


def _script(page: list[Block]) -> str:
    """Write the page's blocks as somebody types them, one after another."""
    lines = ["set -euo pipefail"]
    for block in page:
        if block.title:
            lines.append(f"cat > {block.title} <<'END'\n{block.code}END")
        elif block.language == "python":
            lines.append(f"python - <<'END'\n{block.code}END")
        elif block.language == "sh":
            lines.append(block.code)
        lines.append(f"echo '{_MARK}'")
    return "\n".join(lines)


@pytest.mark.parametrize("file", PAGES, ids=lambda file: file.stem)
def test_a_page_runs_from_top_to_bottom_in_one_shell(file: Path, clone: Path, data: Path) -> None:
    page = blocks(file)
    assert [block.where for block in page if block.reason] == []
    unset = ("PYTHONPATH", "PGRECALL_DSN", "VIRTUAL_ENV", "PYTHONHOME")
    kept = {name: value for name, value in os.environ.items() if name not in unset}
    done = subprocess.run(
        ["bash"],
        cwd=clone,
        env=kept
        | {
            "HOME": str(clone.parent),
            "PATH": os.pathsep.join([_with_python(clone.parent), os.environ["PATH"]]),
            embedded.PATH_VARIABLE: str(data),
        },
        input=_script(page),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"
    printed = done.stdout.split(f"{_MARK}\n")
    for place, block in enumerate(page):
        if block.language == "text":
            check_output(page[place - 1], printed[place - 1], block.code)
    with Store(embedded.start(data)) as store:
        # the next page begins with the demo alone
        for tenant in ("acme", "default"):
            for collection in store.list_collections(tenant):
                store.drop_collection(tenant, collection.name)


def _with_python(folder: Path) -> str:
    """Make a folder for PATH that has no pgrecall: a reader's PATH has none."""
    made = folder / "bin"
    made.mkdir(exist_ok=True)
    if not (made / "python3").exists():
        (made / "python3").symlink_to(sys.executable)
    return str(made)
