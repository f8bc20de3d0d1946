from __future__ import annotations

import json
import re
import shlex
from typing import TYPE_CHECKING

import click.testing
import psycopg
import pytest
import typer.testing
from integration_tests.cli.cli_runs import Cli, notes, popen, write_lines

from pgrecall import Collection, Hnsw, Item, Store
from pgrecall.cli.app import app

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def cli(dsn: str, tenant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return Cli(dsn, tenant)


@pytest.fixture
def loaded(cli: Cli, tmp_path: Path) -> Cli:
    cli.run("load", write_lines(tmp_path / "notes.jsonl", notes()))
    return cli


def test_collections_are_listed_with_what_they_are(loaded: Cli) -> None:
    (one,) = loaded.json("collections")
    assert one["table"].startswith("pgrecall.items_tenant_")
    assert one["bytes"] > 8192
    del one["table"], one["bytes"]
    assert one == {
        "tenant": loaded.tenant,
        "name": "notes",
        "rows": 20,
        "rows_are_exact": True,
        "dimensions": 256,
        "metric": "cosine",
        "storage": "vector",
        "embedding_model": "wordllama-l2-supercat-256",
        "text_search": "english",
        "fields": {},
        "index": "none",
        "target_recall": 0.98,
        "title": None,
        "text_index": "none",
        "k1": 1.2,
        "b": 0.75,
        "indexes_pending": False,
        "settings": {},
        "adopted": False,
    }


def test_a_collection_is_altered_and_renamed(loaded: Cli, sync_store: Store) -> None:
    told = loaded.run("alter", "notes", "--fields", "page:number", "--language", "none").stdout
    assert told.startswith("notes: fields, text_search changed in ")
    assert "; writers waited " in told
    assert loaded.run("alter", "notes", "--language", "none").stdout == "notes is so already\n"
    by_key = "lang:de=german,otherwise=english"
    done = loaded.json(
        "alter", "notes", "--fields", "none", "--storage", "halfvec", "--language", by_key
    )
    assert done["changed"] == ["fields", "text_search", "storage"]
    assert (done["fields"], done["text_search"], done["storage"]) == ({}, by_key, "halfvec")
    asked = ("search", "notes", "the", "--mode", "text", "--language")
    assert loaded.json(*asked, "en")["matches"] == []
    failed = loaded.run(*asked[:3], "--mode", "vector", "--language", "en", code=2)
    assert "--mode text and --mode hybrid have it" in failed.stderr

    assert loaded.run("rename", "notes", "archive").stdout == "notes is archive from here on\n"
    again = loaded.json("rename", "archive", "notes")
    assert (again["collection"], again["before"]) == ("notes", "archive")
    assert sync_store.count(loaded.tenant, "notes") == 20


def test_a_load_names_the_command_that_changes_what_differs(loaded: Cli, tmp_path: Path) -> None:
    more = write_lines(tmp_path / "more.jsonl", notes())
    failed = loaded.run("load", more, "--collection", "notes", "--fields", "page:number", code=2)
    assert failed.stderr.endswith("was requested; `pgrecall alter` changes it\n")


def test_without_a_tenant_everyones_collections_are_listed(loaded: Cli, sync_store: Store) -> None:
    sync_store.ensure_collection(f"{loaded.tenant}-2", Collection("others", 3))
    names = {one["name"] for one in loaded.json("collections", tenant=False)}
    assert {"notes", "others"} <= names


@pytest.mark.parametrize("columns", [80, 120, 200])
def test_tables_fit_their_terminal(dsn: str, tenant: str, sync_store: Store, columns: int) -> None:
    name = "a rather long name of a collection, as people give them " * 2
    sync_store.ensure_collection(tenant, Collection(name, 3, "a-model-with-a-name-of-its-own"))
    sync_store.upsert(
        tenant, name, [Item("i" * 150, [1, 2, 3], "words " * 99, {"key": "value " * 30})]
    )
    cli = Cli(dsn, tenant, columns)
    for words in (
        ["collections"],
        ["get", name, "i" * 150],
        ["search", name, "words", "--mode", "text"],
    ):
        lines = cli.run(*words).stdout.splitlines()
        assert max(len(line) for line in lines if "i" * 150 not in line) <= columns
    shown = cli.run("collections").stdout
    assert ("a-model-with-a-name-of-its-own" in shown) is (columns == 200)


def test_a_search_uses_the_model_that_the_collection_was_loaded_with(loaded: Cli) -> None:
    for mode in ("hybrid", "vector", "text"):
        answer = loaded.json("search", "notes", "sorted lists", "--mode", mode, "--limit", "2")
        assert answer["mode"] == mode
        assert ["merge two sorted" in match["text"] for match in answer["matches"]] == [True] * 2
        assert "<b>sorted</b> <b>lists</b>" in answer["matches"][0]["snippet"]


def test_a_search_obeys_filter_and_limit(loaded: Cli) -> None:
    words = ["search", "notes", "copy", "--filter", '{"page": {"$gte": 15}}', "--limit", "3"]
    pages = [match["metadata"]["page"] for match in loaded.json(*words)["matches"]]
    assert len(pages) == 3
    assert min(pages) >= 15


def test_found_words_are_shown_without_their_marks(loaded: Cli) -> None:
    shown = loaded.run("search", "notes", "random token", "--limit", "1").stdout
    assert "make a random token that nobody guesses" in shown
    assert "<b>" not in shown


def test_a_search_that_finds_nothing_says_so(loaded: Cli) -> None:
    shown = loaded.run("search", "notes", "zebra", "--mode", "text").stdout
    assert shown == "nothing in notes matches\n"


def test_a_search_shows_pages_and_groups(loaded: Cli) -> None:
    asked = ("search", "notes", "sorted lists", "--mode", "vector")

    pages = [loaded.json(*asked, "--limit", "2", "--offset", str(n)) for n in (0, 2)]
    longer = loaded.json(*asked, "--limit", "4")
    grouped = loaded.json(*asked, "--group-by", "page", "--per-group", "2")
    few = loaded.json(*asked, "--min-score", "2")

    found = [[one["id"] for one in answer["matches"]] for answer in (*pages, longer)]
    assert found[0] + found[1] == found[2]
    groups = [one["group"] for one in grouped["matches"]]
    assert groups == [one["metadata"]["page"] for one in grouped["matches"]]
    assert len(set(groups)) == 5
    assert "group" not in longer["matches"][0]
    assert few["matches"] == []
    told = loaded.told("search", "notes", "lists", "--mode", "text", "--per-group", "2")
    assert "--group-by" in told or "group_by" in told


def test_a_collection_without_a_known_model_is_searched_by_text(
    cli: Cli, sync_store: Store
) -> None:
    sync_store.ensure_collection(cli.tenant, Collection("mine", 2, "text-embedding-3-small"))
    sync_store.upsert(cli.tenant, "mine", [Item("a", [1, 2], "copy a folder")])
    result = cli.run("search", "mine", "folder", "--json")
    assert json.loads(result.stdout)["mode"] == "text"
    assert result.stderr == (
        "pgrecall: the model 'text-embedding-3-small' of 'mine' is not known here: its texts alone"
        " are searched; --embed module:function says how to embed the question\n"
    )
    assert cli.run("search", "mine", "folder", "--mode", "text").stderr == ""
    told = cli.told("search", "mine", "folder", "--mode", "hybrid")
    assert "holds vectors of 'text-embedding-3-small': --embed module:function says" in told


def test_get_shows_items_and_tells_those_that_are_not_there(loaded: Cli) -> None:
    result = loaded.run("get", "notes", "note-3", "nope", "note-1", code=2)
    assert result.stdout.index("note-3") < result.stdout.index("note-1")
    assert "256 numbers" in result.stdout
    assert result.stderr == "pgrecall: 'notes' has no item 'nope'\n"
    (item,) = loaded.json("get", "notes", "note-3", "--vectors")
    assert item["metadata"] == {"page": 3}
    assert len(item["embedding"]) == 256


def test_what_is_stored_cannot_command_the_terminal(cli: Cli, sync_store: Store) -> None:
    sync_store.ensure_collection(cli.tenant, Collection("bad\x1b[31m", 2))
    items = [Item("a\x1b]0;x\x07", [1, 2], "t\x1b[2J words", {"k\x1b": "v\x1b[1m"})]
    sync_store.upsert(cli.tenant, "bad\x1b[31m", items)
    for words in (["collections"], ["get", "bad\x1b[31m", "a\x1b]0;x\x07"]):
        assert "\x1b" not in cli.run(*words).output
    assert "\x1b" not in cli.run("search", "bad\x1b[31m", "words").output


def test_delete_removes_by_id_and_by_filter(loaded: Cli) -> None:
    assert loaded.json("delete", "notes", "note-1", "note-2", "nope")["removed"] == 2
    assert (
        loaded.json("delete", "notes", "--where", '{"page": {"$gte": 10}}', "-y")["removed"] == 10
    )
    assert loaded.json("collections")[0]["rows"] == 8


def test_update_changes_metadata_by_id_and_by_filter(loaded: Cli) -> None:
    words = ["--set", '{"seen": [1]}', "--set", '[["by", "name"], "Ada"]', "--remove", "page"]
    assert loaded.json("update", "notes", "note-1", "note-1", "nope", *words)["changed"] == 1
    (item,) = loaded.json("get", "notes", "note-1")
    assert item["metadata"] == {"seen": [1], "by": {"name": "Ada"}}
    where = ["--where", '{"seen": {"$exists": true}}', "--remove", '["by", "name"]', "--yes"]
    assert "1 item of notes changed" in loaded.run("update", "notes", *where).output
    (item,) = loaded.json("get", "notes", "note-1")
    assert item["metadata"] == {"seen": [1], "by": {}}
    assert "item 'note-2'" in loaded.told(
        "update", "notes", "note-2", "--set", '[["page", "a"], 1]'
    )


def test_update_and_delete_take_fields_and_conditions_without_json(loaded: Cli) -> None:
    sets = ["--set", "by.name = Ada", "--set", 'tags = ["x"]', "--set", "on = 2026-01-01"]
    loaded.run("update", "notes", "--where", "page < 2", *sets, "--remove", "page", "--yes")
    (item,) = loaded.json("get", "notes", "note-1")
    assert item["metadata"] == {"by": {"name": "Ada"}, "tags": ["x"], "on": "2026-01-01"}
    assert loaded.json("count", "notes", "--where", "on < 2026-01-02")["count"] == 2
    both = ["--where", "page >= 10", "--where", "page <= 11", "--filter", '{"page": {"$ne": 10}}']
    assert loaded.json("delete", "notes", *both, "--yes")["removed"] == 1
    assert loaded.run("count", "notes").stdout == "19\n"


def test_before_all_is_removed_a_key_that_no_item_has_is_told(loaded: Cli) -> None:
    result = loaded.run("delete", "notes", "--where", "pgae != 3", code=2)
    first, second = result.stderr.splitlines()
    assert first == "pgrecall: no item that was looked at has 'pgae'; did you mean 'page'?"
    assert "Remove 20 items of 'notes'?" in second


def test_clear_removes_the_items_and_keeps_the_collection(loaded: Cli) -> None:
    assert "Remove all of 'notes', 20 items?" in loaded.told("clear", "notes")
    assert loaded.run("clear", "notes", "--yes").stdout == "notes is empty: 20 items removed\n"
    assert loaded.json("count", "notes")["count"] == 0


def test_a_filter_that_would_delete_everything_is_refused(loaded: Cli) -> None:
    for everything in ("{}", '{"$and": []}'):
        told = loaded.told("delete", "notes", "--where", everything, "--yes")
        assert "need what can leave rows: an empty one would remove every item" in told
        assert "(`pgrecall clear` does)" in told


def test_collections_are_listed_by_pages(cli: Cli, sync_store: Store) -> None:
    told = cli.run("collections", "--after", "b", tenant=False, code=2).stderr
    assert "give its --tenant too" in " ".join(told.split())
    for name in "abc":
        sync_store.ensure_collection(cli.tenant, Collection(name, 2))
    page = cli.json("collections", "--limit", "1", "--after", "a")
    assert [one["name"] for one in page] == ["b"]
    assert len(cli.json("collections", "-n", "2", tenant=False)) == 2
    assert "no collection behind 'c'" in cli.run("collections", "--after", "c").stdout


def test_drop_removes_the_collection(loaded: Cli) -> None:
    assert loaded.json("drop", "notes", "--yes")["removed"] == 20
    assert loaded.json("collections") == []
    loaded.told("drop", "notes")


@pytest.mark.parametrize(
    "words",
    [
        ["drop", "notes"],
        ["delete", "notes", "--where", '{"page": 1}'],
        ["update", "notes", "--where", "page = 1", "--remove", "page"],
        ["clear", "notes"],
    ],
)
def test_without_a_terminal_nothing_is_removed_until_yes_is_said(
    loaded: Cli, words: list[str]
) -> None:
    told = loaded.told(*words)
    assert told.endswith("Standard input is no terminal to ask at: --yes says yes")
    assert loaded.json("collections")[0]["rows"] == 20
    loaded.run(*words, "--yes")


@pytest.mark.parametrize("words", [["drop", "notes"], ["delete", "notes", "note-1"]])
def test_on_a_terminal_it_asks_before_it_removes(
    loaded: Cli, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    asked: list[str] = []

    def refuse(question: str, **_: object) -> None:
        asked.append(question)
        raise typer.Abort

    monkeypatch.setattr("typer.confirm", refuse)
    for testing in (typer.testing, click.testing):  # an older typer has click's
        wrapper = getattr(testing, "_NamedTextIOWrapper", None)
        if wrapper is not None:
            monkeypatch.setattr(wrapper, "isatty", lambda _: True, raising=False)
    loaded.run(*words, code=1)
    assert len(asked) == 1
    assert loaded.json("collections")[0]["rows"] == 20
    loaded.run(*words, "--yes")
    assert len(asked) == 1


def test_an_index_is_created_measured_tuned_rebuilt_and_dropped(
    loaded: Cli, sync_store: Store
) -> None:
    built = loaded.json("index", "create", "notes", "--m", "8", "--quantization", "half")
    assert built["options"] == {"m": 8, "ef_construction": 64, "quantization": "half"}
    report = loaded.json("recall", "notes", "-k", "3", "--sample", "5")
    assert report["recall"] == 1.0
    tuned = loaded.json("tune", "notes", "--target", "0.9", "-k", "3")
    assert (tuned["target"], list(tuned["settings"])) == (0.9, ["ef_search"])
    assert "pinned: every client follows" in loaded.run("tune", "notes", "-k", "3").stdout
    assert loaded.json("index", "rebuild", "notes")["done"] == "rebuilt"
    made = sync_store.describe_collection(loaded.tenant, "notes")
    assert made is not None
    assert made.index == Hnsw(8, 64, "half")
    assert loaded.json("index", "drop", "notes")["done"] == "dropped"
    assert "`pgrecall index create` builds one" in loaded.told("recall", "notes")
    assert "no approximate index" in loaded.run("index", "rebuild", "notes").stdout


def test_an_index_that_cannot_be_is_told(loaded: Cli) -> None:
    assert "--m=1 must be" in loaded.told("index", "create", "notes", "--m", "1")


@pytest.mark.parametrize("name", ["out.jsonl", "out.jsonl.gz", "out.parquet"])
def test_an_export_is_loaded_back_as_it_was(
    loaded: Cli, sync_store: Store, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pgrecall.cli.export.command.PAGE", 7)
    file = tmp_path / name
    report = loaded.json("export", "notes", "--output", str(file))
    assert report == {"collection": "notes", "items": 20, "file": str(file)}
    loaded.run("load", str(file), "--collection", "again")
    tenant = loaded.tenant
    assert sync_store.list_items(tenant, "again") == sync_store.list_items(tenant, "notes")
    assert sorted(path.name for path in tmp_path.glob("out*")) == [name]


def test_without_a_file_an_export_is_json_lines_on_stdout(loaded: Cli) -> None:
    words = ["export", "notes", "--no-vectors", "--filter", '{"page": {"$lt": 2}}']
    lines = loaded.run(*words).stdout.splitlines()
    assert [json.loads(line)["id"] for line in lines] == ["note-0", "note-1"]
    assert "embedding" not in lines[0]


def test_an_export_that_cannot_be_written_is_told(loaded: Cli, tmp_path: Path) -> None:
    told = loaded.told("export", "notes", "-o", str(tmp_path / "no" / "out.jsonl"))
    assert "cannot be written: No such file" in told


@pytest.mark.parametrize(
    "words",
    [
        ["search", "note", "a"],
        ["get", "note", "a"],
        ["delete", "note", "a"],
        ["update", "note", "a", "--remove", "x"],
        ["delete", "note", "--where", '{"page": 1}'],
        ["drop", "note"],
        ["export", "note"],
        ["head", "note"],
        ["count", "note"],
        ["clear", "note"],
        ["recall", "note"],
        ["tune", "note"],
        ["index", "create", "note"],
        ["index", "drop", "note"],
        ["index", "rebuild", "note"],
    ],
    ids=" ".join,
)
def test_a_collection_that_is_not_there_is_one_line_that_suggests_others(
    loaded: Cli, words: list[str]
) -> None:
    told = loaded.told(*words)
    assert told.endswith("has no collection 'note'; did you mean 'notes'?")


def test_without_a_like_name_all_are_told_and_without_any_what_makes_one(
    loaded: Cli, dsn: str
) -> None:
    assert loaded.told("recall", "xyz").endswith("'xyz'; it has 'notes'")
    told = Cli(dsn, f"{loaded.tenant}-2").told("recall", "xyz")
    assert told.endswith("'xyz', nor any other: `pgrecall load FILE` makes one")


def test_a_database_without_pgrecall_is_told_and_not_changed(fresh_dsn: str, tenant: str) -> None:
    cli = Cli(fresh_dsn, tenant)
    for words in (["collections"], ["search", "notes", "a"]):
        told = cli.told(*words)
        assert "holds no collections of pgrecall in schema 'pgrecall'" in told
    with psycopg.connect(fresh_dsn) as connection:
        query = "select count(*) from pg_namespace where nspname = 'pgrecall'"
        assert connection.execute(query).fetchone() == (0,)


@pytest.mark.parametrize("words", [["collections"], ["load", "FILE"], ["doctor"]], ids=" ".join)
def test_a_server_that_is_not_there_is_one_line_without_a_traceback(
    tmp_path: Path, programs: Path, words: list[str]
) -> None:
    file = write_lines(tmp_path / "notes.jsonl", notes())
    words = [file if word == "FILE" else word for word in words]
    process = popen("postgresql://127.0.0.1:1/x", *words, programs=programs)
    shown, told = process.communicate()
    assert (process.returncode, shown) == (2, "")
    (line,) = told.splitlines()
    assert "cannot reach PostgreSQL at 127.0.0.1:1: is the server up?" in line


def test_debug_shows_the_traceback(dsn: str) -> None:
    process = popen(dsn, "get", "nothing-here", "a", "--debug")
    _, told = process.communicate()
    assert process.returncode == 1
    assert "Traceback" in told
    assert "CollectionNotFoundError" in told


# the demo and its server, the pages, and what a shell completes, are tried elsewhere
_ELSEWHERE = {"demo", "up", "down", "ui", "completion"}


def _examples() -> list[str]:
    groups = [group.typer_instance for group in app.registered_groups if group.name == "index"]
    commands = [command for one in (app, *groups) for command in one.registered_commands]
    told = [command.callback.__doc__ or "" for command in commands if command.callback]
    return [match for text in told for match in re.findall(r"Example: `pgrecall (.*)`", text)]


def test_every_example_of_the_help_works(
    fresh_dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = notes()
    write_lines(tmp_path / "more.jsonl", [row | {"source": "old.txt"} for row in rows])
    cli = Cli(fresh_dsn, "default")
    with psycopg.connect(fresh_dsn) as connection:
        connection.execute("CREATE EXTENSION vector")
        connection.execute(
            "CREATE TABLE articles (slug text PRIMARY KEY, title text, body text, embedding"
            " vector(3))"
        )
    examples = [one for one in _examples() if one.split()[0] not in _ELSEWHERE]
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "one.md").write_text("# Folders\n\nHow a folder is copied.\n")
    (tmp_path / "questions.txt").write_text("how do I copy a folder?\n\nand a file?\n")
    (tmp_path / "questions.csv").write_text(f"question,relevant\nhow?,{rows[0]['id']};none\n")
    order = [
        "load",
        "search-many",
        "search",
        "near",
        "get",
        "mcp",
        "list",
        "head",
        "count",
        "sample",
        "facet",
        "range",
        "fields",
    ]
    order += ["words", "export", "collections", "index create", "recall", "tune"]
    order += [
        "evaluate",
        "reports",
        "size",
        "doctor",
        "prewarm",
        "maintain",
        "index rebuild",
        "index drop",
    ]
    order += ["update", "delete", "reembed", "clear", "alter", "rename", "drop"]
    order += ["forget", "adopt"]
    by_command = {next(o for o in order if one.startswith(o)): one for one in examples}
    assert set(by_command) == set(order)
    for command in order:
        # doctor's exit code is about the server that runs here
        code = None if command == "doctor" else 0
        cli.run(*shlex.split(by_command[command]), tenant=False, code=code)
        if command == "rename":
            cli.run("rename", "archive", "notes", tenant=False)
