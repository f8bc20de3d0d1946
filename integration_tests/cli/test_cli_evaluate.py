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
    assert "these questions show nothing that is to be changed" in told.stdout
    lines = (tmp_path / "runs" / "text.run").read_text().splitlines()
    assert lines[0].split()[:2] == ["q0", "Q0"]
    assert {len(line.split()) for line in lines} == {6}

    read = json.loads(cli.run("evaluate", "notes", str(path), "--mode", "text", "--json").stdout)
    assert list(read["modes"]) == ["text"]
    assert read["modes"]["text"]["hit_rate"]["value"] == 1

    # one question has no interval, and JSON no NaN
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:2]))
    told = cli.run("evaluate", "notes", str(path), "--mode", "text", "--json").stdout
    assert "NaN" not in told
    assert json.loads(told)["modes"]["text"]["ndcg"]["low"] is None


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
    asked = ("tune", "notes", "--questions", path, "--candidates", "--reset")
    ways = [(way["candidates"], way["title_weight"]) for way in cli.json(*asked)["ways"]]
    assert ways == [(100, None), (50, None), (200, None)]
    assert "title, and 'notes' has none" in cli.told(*asked, "--title-weight")
    assert cli.run("tune", "notes", "--reset").stdout == "alpha is the default, 0.7\n"
    assert "which --reset does not forget" in cli.told("tune", "notes", "--reset", "-k", "3")
    assert "go with --questions" in cli.told("tune", "notes", "--candidates")


@pytest.mark.parametrize("function", ["last_first", "last_first_later"])
def test_a_function_of_one_s_own_puts_what_is_found_in_its_order(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, function: str
) -> None:
    path = str(loaded(cli, tmp_path))
    (tmp_path / f"model_of_{function}.py").write_text(
        "def last_first(question, texts):\n"
        "    return [float(place) for place, _ in enumerate(texts)]\n"
        "async def last_first_later(question, texts):\n"
        "    return last_first(question, texts)\n"
        "def busy(question, texts):\n"
        "    raise TimeoutError('busy')\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    rerank = ("--rerank", f"model_of_{function}:{function}")
    for mode in ("text", "vector", "hybrid"):
        asked = ("search", "notes", notes(1)[0]["text"], "--mode", mode, "--limit", "3")
        found = [match["id"] for match in cli.json(*asked)["matches"]]
        again = cli.json(*asked, *rerank, "--rerank-candidates", "3")["matches"]
        assert [match["id"] for match in again] == found[::-1]
        assert [match["rerank_score"] for match in again] == [2, 1, 0][-len(found) :]
    assert "reranked 2" in cli.run(*asked, *rerank, "--rerank-candidates", "3").stdout

    runs = ("--run-files", str(tmp_path / "runs"))
    read = cli.json("evaluate", "notes", path, "--mode", "text", "--fusion", "0.9", *rerank, *runs)
    run = (tmp_path / "runs" / "fusion_0.9_reranked.run").read_text().splitlines()
    columns = [line.split(" ") for line in run if line.startswith("q0 ")]
    scores = [float(one[4]) for one in columns]  # what tools go by, not by the ranks
    assert scores == sorted(scores, reverse=True) == [float(n) for n in range(19, 9, -1)]
    assert {tuple(one[5:]) for one in columns} == {("fusion_0.9_reranked",)}
    assert list(read["modes"]) == ["text", "text reranked", "fusion 0.9", "fusion 0.9 reranked"]
    assert read["modes"]["text"]["mrr"]["value"] > read["modes"]["text reranked"]["mrr"]["value"]
    assert "--rerank-candidates goes with" in cli.told(*asked, "--rerank-candidates", "9")
    assert "goes with --mode or --fusion" in cli.told("evaluate", "notes", "--from-log", *rerank)
    busy = f"model_of_{function}:busy"
    assert f"{busy} failed: TimeoutError: busy" in cli.told(*asked, "--rerank", busy)
    assert "--rerank takes module:function" in cli.told("evaluate", "notes", path, "--rerank", "a")


def test_figures_are_kept_listed_shown_and_compared(cli: Cli, tmp_path: Path) -> None:
    path = str(loaded(cli, tmp_path))
    assert "no report is kept" in cli.run("reports", "notes").stdout
    told = cli.run("evaluate", "notes", path, "--mode", "text", "--keep", "before")
    assert "nDCG@10 [95 %]" in told.stdout
    assert "kept as before, number" in told.stderr
    cli.run("evaluate", "notes", path, "--mode", "text", "--keep", "after", "--json")
    listed = cli.json("reports", "notes")
    assert [(one["name"], one["kind"]) for one in listed] == [
        ("after", "evaluation"),
        ("before", "evaluation"),
    ]
    assert "text: nDCG@10 1.000 [1.000, 1.000]" in " ".join(
        cli.run("reports", "notes").stdout.split()
    )
    assert "hit rate" in cli.run("reports", "notes", str(listed[1]["number"])).stdout
    both = cli.run("reports", "notes", "before", "after").stdout
    assert "+0.000 [+0.000, +0.000]" in " ".join(both.split())
    read = cli.json("reports", "notes", "before", "after")
    assert read["modes"]["text"]["ndcg"] == {"value": 0, "low": 0, "high": 0}
    assert "there are 'after', 'before'" in cli.told("reports", "notes", "never")
    assert "no report has the number" in cli.told("reports", "notes", "9" * 5_000)
    assert "not be a number alone" in cli.told("evaluate", "notes", path, "--keep", "7")
    assert cli.json("reports", "notes", "after", "--delete") == {"removed": 1}
    assert "--delete goes with one REPORT" in cli.told("reports", "notes", "--delete")


def test_what_is_measured_of_an_index_is_kept_too(cli: Cli, tmp_path: Path) -> None:
    loaded(cli, tmp_path)
    cli.run("index", "create", "notes")
    cli.run("recall", "notes", "--sample", "5", "--keep", "measured")
    cli.run("tune", "notes", "--keep", "tuned")
    shown = " ".join(cli.run("reports", "notes", "measured", "tuned").stdout.split())
    assert "measured (" in shown
    assert shown.count("ef_search=") == 2
    cli.run("evaluate", "notes", str(tmp_path / "questions.csv"), "--mode", "text", "--keep", "b")
    assert "two of one kind can be compared" in cli.told("reports", "notes", "b", "tuned")
    assert "--keep keeps what is measured" in cli.told("tune", "notes", "--reset", "--keep", "a")
