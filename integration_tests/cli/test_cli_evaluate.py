"""``pgrecall evaluate``: searches measured on the questions of a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from integration_tests.cli.cli_runs import Cli, notes, write_lines

from pgrecall import Store, search_log


@pytest.fixture
def cli(dsn: str, tenant: str) -> Cli:
    return Cli(dsn, tenant)


def loaded(cli: Cli, folder: Path) -> Path:
    cli.run("load", write_lines(folder / "notes.jsonl", notes()), "--collection", "notes")
    path = folder / "questions.csv"
    path.write_text(
        "id,question,relevant\n"
        + "".join(f"q{n},{row['text']},{row['id']}\n" for n, row in enumerate(notes(4)))
    )
    return path


def test_it_prints_a_table_writes_run_files_and_speaks_json(cli: Cli, tmp_path: Path) -> None:
    path = loaded(cli, tmp_path)

    told = cli.run("evaluate", "notes", str(path), "--run-files", str(tmp_path / "runs"), "-k", "3")
    assert "nDCG@3 [95 %]" in told.stdout
    assert "4 questions" in told.stdout
    lines = (tmp_path / "runs" / "text.run").read_text().splitlines()
    assert lines[0].split()[:2] == ["q0", "Q0"]
    assert {len(line.split()) for line in lines} == {6}

    read = json.loads(cli.run("evaluate", "notes", str(path), "--mode", "text", "--json").stdout)
    assert list(read["modes"]) == ["text"]
    assert read["modes"]["text"]["hit_rate"]["value"] == 1


def test_a_file_that_cannot_be_used_is_told(cli: Cli, tmp_path: Path) -> None:
    loaded(cli, tmp_path)
    (tmp_path / "bad.csv").write_text("name\nx\n")
    assert "bad.csv, line 2 has no text" in cli.told("evaluate", "notes", str(tmp_path / "bad.csv"))


def test_logged_searches_are_asked_again(cli: Cli, dsn: str, tmp_path: Path) -> None:
    loaded(cli, tmp_path)
    log = search_log(Store(dsn))
    with Store(dsn, on_search=log, search_questions=True) as store:
        for row in notes(3):
            store.search_text(cli.tenant, "notes", row["text"], limit=2)

    told = cli.run("evaluate", "notes", "--from-log", "-k", "2", "--fusion", "0.9").stdout
    assert "overlap@2 [95 %]" in told
    assert "3 searches of the log" in told
    read = json.loads(
        cli.run("evaluate", "notes", "--from-log", "--mode", "exact", "--json").stdout
    )
    assert list(read["modes"]) == ["as then", "exact"]
    assert read["modes"]["as then"]["same"]["value"] == 1
    assert "give QUESTIONS, or --from-log" in cli.told("evaluate", "notes")
    assert "not 'max'" in cli.told("evaluate", "notes", "--from-log", "--fusion", "max")
    assert "go with QUESTIONS" in cli.told("evaluate", "notes", "--from-log", "--split", "dev")
    assert "--most goes with --from-log" in cli.told("evaluate", "notes", "q.csv", "--most", "3")


def test_the_weight_of_hybrid_searches_is_learned(cli: Cli, tmp_path: Path) -> None:
    path = str(loaded(cli, tmp_path))
    assert (
        "alpha stays 0.7: 4 questions are too few"
        in cli.run("tune", "notes", "--questions", path).stdout
    )
    read = cli.json("tune", "notes", "--questions", path)
    assert (read["alpha"], read["pinned"], read["questions"]) == (0.7, False, 4)
    assert "which --questions does not tune" in cli.told(
        "tune", "notes", "--questions", path, "-k", "3"
    )
