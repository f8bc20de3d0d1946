"""mem0, langmem and deepagents keep their memories here: the real packages, as they are."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from integration_tests.shared.exhaustive import EXHAUSTIVE

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv" / "agents" / "bin" / "python"
PROGRAM = Path(__file__).with_name("memories.py")

# six seconds of imports; what mem0 needs of a store is in test_langchain_documents.py
pytestmark = EXHAUSTIVE


@pytest.fixture(scope="module")
def told(dsn: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    assert PYTHON.exists(), "`make .venv/.agents` installs the packages"
    folder = str(tmp_path_factory.mktemp("mem0"))
    ran = subprocess.run(
        [PYTHON, PROGRAM, dsn, "agents", folder],
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        check=True,
        capture_output=True,
        text=True,
    )
    answers: dict[str, Any] = json.loads(ran.stdout)
    return answers


def test_mem0_adds_searches_lists_updates_deletes_and_resets(told: dict[str, Any]) -> None:
    assert told["mem0"] == {
        "empty": [],
        "found": ["ada bakes bread"],
        "best": pytest.approx(1.0),
        "listed": ["ada bakes bread", "ada writes code", "ada lives at the river"],
        "other": [["grace bakes bread, too", 2020]],
        "updated": ["ada sold the river", "ada lives at the river", "ada sold the river"],
        "deleted": ["ada lives at the river", "ada sold the river"],
        "apart": [2, 0],
        "reset": [],
        "anew": ["ada begins anew"],
        "async": [["ada waits"], ["ada begins anew", "ada waits"]],
    }


def test_langmems_tools_keep_each_users_memories_apart(told: dict[str, Any]) -> None:
    assert told["langmem"] == {
        "made": ["created", "memory"],
        "first": [[["memories", "ada"], {"content": "ada bakes bread"}]],
        "same": [True, True],
        "changed": ["ada swims in the river"],
        "filtered": ["ada writes code"],
        "left": ["ada reads code", "ada writes code"],
    }


def test_deepagents_keeps_its_files(told: dict[str, Any]) -> None:
    assert told["deepagents"] == {
        "edited": 1,
        "read": "one\nzwei\nthree\n",
        "missing": True,
        "grep": [["/notes.txt", 2]],
        "glob": [f"/many/{place}.txt" for place in range(200, 205)],
        "uploaded": [None],
        "bytes": True,
        "listed": ["/bytes.bin", "/many/", "/notes.txt"],
        "later": "now\n",
        "left": ["/bytes.bin", "/later.txt", "/notes.txt"],
    }
