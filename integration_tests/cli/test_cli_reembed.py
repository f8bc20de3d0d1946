"""A collection embedded anew from a shell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from integration_tests.cli.cli_runs import Cli

from pgrecall import Collection, Item, Store

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def cli(
    dsn: str, tenant: str, sync_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Cli:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "anew.py").write_text(
        "def embed(texts):\n    return [[1.0, len(text), text.count('o')] for text in texts]\n"
    )
    (tmp_path / "asked.csv").write_text("question,relevant\nwho is it?,a\n")
    sync_store.ensure_collection(tenant, Collection("notes", 2, "old"))
    sync_store.upsert(
        tenant, "notes", [Item(id_, [1, 2], f"note {id_}") for id_ in ("a", "b", "c")]
    )
    return Cli(dsn, tenant)


def test_a_collection_is_embedded_by_another_model(cli: Cli) -> None:
    told = cli.json("reembed", "notes", "--embed", "anew:embed", "--index", "hnsw")
    assert (told["rows"], told["embedded"]) == (3, 3)
    whole = cli.json("collections", "notes")
    assert (whole["dimensions"], whole["embedding_model"]) == (3, "anew:embed")
    assert whole["index"] == "hnsw"
    assert cli.json("collections", told["kept"])["dimensions"] == 2


def test_with_questions_both_are_compared_before_the_new_one_is_taken(cli: Cli) -> None:
    words = ["reembed", "notes", "--embed", "anew:embed", "--questions", "asked.csv"]
    told = cli.told(*words)
    assert told.endswith("of the old? Standard input is no terminal to ask at: --yes says yes")
    assert len(cli.json("collections")) == 1

    done = cli.run(*words, "--yes")
    first, second = done.stderr.splitlines()
    assert first.endswith("the model of 'notes' is not known here: only the new one is asked")
    assert second.startswith("pgrecall: 1 question asked, recall@10 1.000 now, nDCG@10 ")
    assert done.stdout.startswith("notes: 3 texts embedded by anew:embed in ")
    assert "the old vectors are kept in 'notes (before " in done.stdout


def test_what_was_begun_is_abandoned(cli: Cli) -> None:
    assert "Remove what was embedded anew" in cli.told("reembed", "notes", "--abandon")
    assert cli.json("reembed", "notes", "--abandon", "--yes")["removed"] == 0
    assert "--embed says by which model" in cli.told("reembed", "notes")
    assert "goes with no other" in cli.told("reembed", "notes", "--abandon", "--index", "none")
