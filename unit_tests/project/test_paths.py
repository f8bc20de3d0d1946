"""A file or folder that a page or a docstring names is there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "pgrecall"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
SOURCES = sorted((ROOT / "src").rglob("*.py"))

# from the top of the repository, and not a part of an address on the web
_FROM_THE_TOP = re.compile(
    r"(?<![\w/.-])(?:src|unit_tests|integration_tests|benchmarks|notebooks|docs)/[\w./*-]*"
)
_IN_BACKTICKS = re.compile(r"`([\w./*-]+(?:\.py|\.ipynb|\.toml|\.yml|\.md|/))`")
_IN_A_DOCSTRING = re.compile(r"``([\w/]+\.py)``")


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def is_there(path: str, *folders: Path) -> bool:
    """Tell whether a path stands below one of the folders; a star and NN stand for anything."""
    pattern = path.rstrip("./").replace("NN_name", "*")
    return any(any(folder.glob(pattern)) for folder in folders)


def test_every_path_from_the_top_that_a_page_names_exists() -> None:
    named = [
        (name_of(page), path) for page in PAGES for path in _FROM_THE_TOP.findall(page.read_text())
    ]
    assert len(named) > 40
    assert [(page, path) for page, path in named if not is_there(path, ROOT)] == []


def test_every_file_and_folder_that_contributing_names_exists() -> None:
    page = (ROOT / "CONTRIBUTING.md").read_text()
    named = set(_IN_BACKTICKS.findall(page)) - {
        "site/",
        "dist/",
    }  # what `make docs` and `make packages` make
    assert len(named) > 20
    assert [path for path in sorted(named) if not is_there(path, ROOT, PACKAGE)] == []


def test_every_file_that_a_docstring_names_exists() -> None:
    missing = [
        (name_of(source), path)
        for source in SOURCES
        for path in _IN_A_DOCSTRING.findall(source.read_text())
        # a package may name a file that each of its own packages has
        if not is_there(path, source.parent, PACKAGE, ROOT)
        and not (source.name == "__init__.py" and is_there(f"*/{path}", source.parent))
    ]
    assert missing == []


def test_every_page_of_the_navigation_exists() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text()
    named = re.findall(r"^ +- (?:[^\n]*: )?([\w/-]+\.md)$", navigation, re.MULTILINE)
    assert len(named) > 30
    assert [path for path in named if not is_there(path, ROOT / "docs")] == []
