"""Every block of the pages in docs/ runs, or is checked, and prints what the page shows."""

from __future__ import annotations

import ast
import importlib
import logging
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest
from integration_tests.docs.blocks import ROOT, Runner, blocks
from integration_tests.docs.services import services
from integration_tests.shared.folders import server_parent
from integration_tests.shared.seeds import seed

import pgrecall
import pgrecall.alembic
import pgrecall.demo
import pgrecall.evaluation
import pgrecall.langchain
import pgrecall.langgraph
import pgrecall.llama_index
from pgrecall import Store, embedded
from pgrecall._embedded.programs import installed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
WITH_BLOCKS = [page for page in PAGES if blocks(page)]
# these need more than one database
BACKUP = DOCS / "how-to" / "backup.md"
REPLICAS = DOCS / "how-to" / "replicas.md"
# this asks services that embed texts
EMBEDDERS = DOCS / "how-to" / "embedders.md"
# runs in a clean clone: test_first_screen.py
TUTORIAL = DOCS / "tutorial.md"
NOT_RUN = 2
"""Blocks that no test can run, at most: each says why."""


def name_of(page: Path) -> str:
    return page.relative_to(DOCS).as_posix()


@pytest.mark.parametrize(
    "page",
    [page for page in WITH_BLOCKS if page not in {REPLICAS, EMBEDDERS, TUTORIAL}],
    ids=name_of,
)
def test_a_pages_blocks_print_what_it_shows(
    page: Path,
    make_database: Callable[..., str],
    programs: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    environment = {"PGRECALL_DSN": make_database()}
    if page == BACKUP:
        environment["RESTORED_DSN"] = make_database()
    run_page(page, environment, programs, tmp_path, monkeypatch)


def test_the_page_on_replicas_holds_on_a_replica(
    replica: dict[str, str], programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_page(REPLICAS, replica, programs, tmp_path, monkeypatch)


def test_the_page_on_embedders_holds_against_stand_ins_of_the_services(
    make_database: Callable[..., str],
    programs: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with services() as stand_ins:
        environment = {"PGRECALL_DSN": make_database(), **stand_ins.environment}
        run_page(EMBEDDERS, environment, programs, tmp_path, monkeypatch)
        shapes = {name: embedded_by(name) for name in ("by_cohere", "by_http", "by_wordllama")}

    assert shapes == {"by_cohere": (2, 512), "by_http": (2, 512), "by_wordllama": (2, 256)}
    assert not stand_ins.refused
    for path, key in (("/v2/embed", "input_type"), ("/voyage/v1/embeddings", "input_type")):
        kinds = [body[key] for body in stand_ins.asked[path]]
        assert kinds[0].endswith("document")
        assert kinds[1].endswith("query")
    prefixes = {
        text.split(":")[0] for body in stand_ins.asked["/api/embed"] for text in body["input"]
    }
    assert prefixes == {"search_document", "search_query"}


def embedded_by(name: str) -> tuple[int, int]:
    """Ask a model of the page for two texts and a question."""
    try:
        model = importlib.import_module(name).model
    finally:
        sys.modules.pop(name, None)
    vectors = model.embed_documents(["a printer", "a canteen"])
    assert len(model.embed_query("lunch?")) == len(vectors[0])
    return len(vectors), len(vectors[0])


def run_page(
    page: Path,
    environment: dict[str, str],
    programs: Path,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    # a Python block may start the command, too
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(folder)
    # wordllama turns on INFO messages of the whole process
    monkeypatch.setattr(logging.root, "handlers", list(logging.root.handlers))
    monkeypatch.setattr(logging.root, "level", logging.root.level)
    with patch.dict(os.environ):  # what a page sets is gone with it
        Runner(folder, environment, programs).run(blocks(page))


@pytest.fixture
def replica() -> Iterator[dict[str, str]]:
    """A primary and a streaming replica of it, both of this test's own."""
    folder = server_parent()
    primary, standby = folder / "primary", folder / "standby"
    try:
        seed(primary)
        dsn = embedded.start(primary)
        with Store(dsn) as store:
            store.list_collections("nobody")  # the page begins with a primary that is in use
        command = [installed() / "pg_basebackup", "-d", dsn, "-D", standby, "-R", "-c", "fast"]
        subprocess.run(command, check=True, capture_output=True)
        owner = primary.stat()
        for path in (standby, *standby.rglob("*")):
            os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)
        yield {"PGRECALL_DSN": dsn, "REPLICA_DSN": embedded.start(standby)}
    finally:
        embedded.stop(standby)
        embedded.stop(primary)
        shutil.rmtree(folder)


def test_blocks_that_are_not_run_are_few_and_say_why() -> None:
    skipped = [block for page in PAGES for block in blocks(page) if block.reason]

    assert len(skipped) <= NOT_RUN, [f"{block.where}: {block.reason}" for block in skipped]
    assert all(len(block.reason) > len("no reason") for block in skipped)


@pytest.mark.parametrize(
    "module",
    [
        pgrecall,
        pgrecall.alembic,
        pgrecall.demo,
        pgrecall.evaluation,
        pgrecall.langchain,
        pgrecall.langgraph,
        pgrecall.llama_index,
    ],
    ids=lambda module: module.__name__,
)
def test_every_public_name_has_a_place_in_the_reference(module: ModuleType) -> None:
    shown = set(re.findall(r"^ *::: ([\w.]+)", reference(), re.MULTILINE))
    listed = set(re.findall(r"^ {8}- (\w+)$", reference(), re.MULTILINE))
    names = {name for name in module.__all__ if not name.startswith("_")}

    assert names <= {name.rpartition(".")[2] for name in shown} | listed


def reference() -> str:
    return "\n".join(page.read_text() for page in sorted((DOCS / "reference").glob("*.md")))


def test_every_test_and_command_that_a_page_names_exists() -> None:
    named = [
        (page, *found)
        for page in PAGES
        for found in re.findall(
            r"`((?:unit_tests|integration_tests)/[\w/]+\.py)(?:::(\w+))?`", page.read_text()
        )
    ]
    assert named
    for page, file, test in named:
        assert (ROOT / file).exists(), f"{name_of(page)} names {file}"
        assert not test or test in functions_of(ROOT / file), f"{name_of(page)}: {file}::{test}"
    for page in PAGES:
        for script in re.findall(r"python (benchmarks/\w+\.py)", page.read_text()):
            assert (ROOT / script).exists(), f"{name_of(page)} names {script}"


def test_every_number_of_a_peers_failure_has_its_tests() -> None:
    numbers = re.findall(r"langchain (\d+)", (DOCS / "compare.md").read_text())
    tests = functions_of(
        ROOT / "integration_tests" / "langchain" / "test_langchain_peer_failures.py"
    )

    assert numbers
    for number in numbers:
        assert any(name.startswith(f"test_{number}_") for name in tests), number


def functions_of(file: Path) -> set[str]:
    tree = ast.parse(file.read_text())
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in ast.walk(tree) if isinstance(node, kinds)}


def test_every_page_is_in_the_navigation() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text()

    assert [name_of(page) for page in PAGES if name_of(page) not in navigation] == []
