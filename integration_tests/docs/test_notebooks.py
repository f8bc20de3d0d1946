"""The notebooks run in clean kernels, and are committed as their runs left them."""

from __future__ import annotations

import base64
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from integration_tests.shared.exhaustive import IS_EXHAUSTIVE

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
NAMES = [path.stem for path in NOTEBOOKS]
MOST_BYTES = 1_500_000

# of a user, a temporary file, an environment or a drive: no machine but one has it
MACHINE = re.compile(r"/(home|root|Users|tmp|var|opt|work|private)/|site-packages|\b[A-Z]:\\")


def _read(path: Path) -> Any:
    return nbformat.read(path, as_version=4)


def _code(path: Path) -> list[Any]:
    return [cell for cell in _read(path).cells if cell.cell_type == "code"]


def _kinds(path: Path) -> list[list[tuple[str, ...]]]:
    """What each cell of code gives: text, values, pictures."""
    return [
        [(output.output_type, *sorted(output.get("data", ()))) for output in cell.outputs]
        for cell in _code(path)
    ]


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh run of all notebooks, in a folder of the tests' own."""
    folder = tmp_path_factory.mktemp("notebook")
    make = [sys.executable, str(ROOT / "notebooks" / "make.py"), "--into", str(folder)]
    if not IS_EXHAUSTIVE:
        make.append("--fewer")
    done = subprocess.run(make, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


def test_the_notebooks_are_numbered_from_one() -> None:
    assert [name[:2] for name in NAMES] == [f"{n:02}" for n in range(1, 8)]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_a_notebook_runs_in_a_clean_kernel_and_gives_what_is_committed(
    path: Path, fresh: Path
) -> None:
    assert _kinds(fresh / path.name) == _kinds(path)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_the_committed_cells_ran_in_order_and_none_failed(path: Path) -> None:
    cells = _code(path)

    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    for cell in cells:
        assert not [output for output in cell.outputs if output.output_type == "error"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_a_committed_cell_that_prints_or_plots_has_an_output(path: Path) -> None:
    for cell in _code(path):
        if re.search(r"^(print|show|plt\.show|talk|await recalled)\(", cell.source, re.MULTILINE):
            assert cell.outputs, cell.source


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_a_committed_output_names_no_place_of_a_machine(path: Path) -> None:
    for cell in _code(path):
        for output in cell.outputs:
            data = output.get("data", {})
            texts = [output.get("text", ""), *(data[kind] for kind in data if "text/" in kind)]
            for text in texts:
                assert not MACHINE.search(text), text


def test_the_notebooks_are_small_enough_to_commit() -> None:
    assert sum(path.stat().st_size for path in NOTEBOOKS) < MOST_BYTES


def test_the_readmes_plot_is_the_one_of_the_fifth_notebook() -> None:
    (path,) = (path for path in NOTEBOOKS if path.name.startswith("05"))
    shown = [
        output.data["image/png"].replace("\n", "")
        for cell in _code(path)
        for output in cell.outputs
        if "image/png" in output.get("data", {})
    ]
    picture = (ROOT / "docs" / "pictures" / "recall.png").read_bytes()

    assert picture == base64.b64decode(shown[-1])


@pytest.mark.parametrize("command", [["check"], ["format", "--check"]], ids=["lint", "format"])
def test_the_code_of_the_notebooks_is_in_order(command: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ruff", *command, "notebooks"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout
