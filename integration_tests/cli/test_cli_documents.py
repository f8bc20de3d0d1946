"""``pgrecall load`` of documents: chunks stored, kept, moved and removed as files change."""

from __future__ import annotations

import gzip
import shlex
from pathlib import Path
from typing import Any

import pytest
from integration_tests.cli.cli_runs import Cli, write_lines

from pgrecall import Change, Item, Store
from pgrecall.cli.documents import loading

_MODULE = """
from pathlib import Path
def embed(texts):
    with Path(__file__).with_suffix(".calls").open("a") as calls:
        calls.writelines(f"{len(text)}\\n" for text in texts)
    return [[1.0, float(len(text))] for text in texts]
def breaks(texts):
    if any("word 7 " in text for text in texts):
        raise RuntimeError("no quota left")
    return embed(texts)
def stops(texts):
    if any("word 7 " in text for text in texts):
        raise KeyboardInterrupt
    return embed(texts)
"""


@pytest.fixture
def cli(dsn: str, tenant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    (tmp_path / "here" / "notes" / "sub").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "here")
    return Cli(dsn, tenant)


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tenant: str) -> str:
    name = f"documents_{tenant[-8:]}"
    (tmp_path / f"{name}.py").write_text(_MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    return name


@pytest.fixture
def _few_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "CHUNKS", 2)


def sections(*numbers: int) -> str:
    """Make a section a number, each long enough to be a chunk."""
    return "# Page\n\n" + "\n\n".join(
        f"## Part {number}\n\n{f'word {number} ' * 40}" for number in numbers
    )


def chunks(store: Store, cli: Cli, source: str) -> dict[str, Item]:
    found = store.list_items(cli.tenant, "notes", filter={"source": source}, limit=None)
    return {item.metadata["heading"]: item for item in found if item.metadata}


def told(result: Any) -> str:
    return " ".join(result.stderr.split())


def test_a_folder_of_markdown_is_loaded_and_answers_a_question(cli: Cli, sync_store: Store) -> None:
    Path("notes/a.md").write_text("# Backups\n\n## Restore\n\nCopy the newest folder back.\n")
    Path("notes/sub/b.txt").write_text("Tea is made with boiling water.")
    Path("notes/.hidden.md").write_text("secret")
    Path("notes/c.png").write_bytes(b"")
    result = cli.run("load", "notes/")
    assert "notes: 2 chunks of 2 files stored in" in result.stdout
    assert 'now: pgrecall search notes "a question of yours"' in result.stdout
    assert told(result) == (
        "pgrecall: left out: notes/.hidden.md (hidden); notes/c.png (of no format that is read"
        " here)"
    )
    (match,) = cli.json("search", "notes", "bring back a backup", "--limit", "1")["matches"]
    assert match["id"].startswith("notes/a.md#")
    assert match["metadata"] == {
        "source": "notes/a.md", "heading": "Backups > Restore", "start": 0, "end": 51,
    }  # fmt: skip
    collection = sync_store.describe_collection(cli.tenant, "notes")
    assert collection is not None
    assert collection.title == "heading"
    cli.run("load", "notes/a.md", "--language", "none")


def test_documents_loaded_again_are_embedded_and_written_where_they_changed(
    cli: Cli, sync_store: Store, tmp_path: Path, module: str
) -> None:
    page = Path("notes/a.md")
    page.write_text(sections(1, 2, 3, 4))
    assert cli.json("load", "notes", "--embed", f"{module}:embed", "--chunk", "400")["written"] == 4
    before = chunks(sync_store, cli, "notes/a.md")
    sync_store.update(cli.tenant, "notes", [Change(before["Page > Part 4"].id, set={"mine": 1})])
    again = cli.json("load", "./notes/", "--chunk", "400")
    assert (again["written"], again["unchanged"], again["moved"]) == (0, 4, 0)

    page.write_text(sections(1, 9, 3, 4).replace("# Page", "# Page\n\nAnd a word before.", 1))
    report = cli.json("load", "notes/a.md", "-c", "notes", "--chunk", "400")
    assert {key: report[key] for key in ("written", "unchanged", "moved", "removed")} == {
        "written": 2, "unchanged": 2, "moved": 2, "removed": 2,
    }  # fmt: skip
    after = chunks(sync_store, cli, "notes/a.md")
    assert set(after) == {"Page", "Page > Part 9", "Page > Part 3", "Page > Part 4"}
    fourth = after["Page > Part 4"]
    assert fourth.id == before["Page > Part 4"].id
    assert fourth.metadata is not None
    assert fourth.metadata["mine"] == 1
    place = slice(fourth.metadata["start"], fourth.metadata["end"])
    assert page.read_text()[place] == fourth.text
    assert len((tmp_path / f"{module}.calls").read_text().splitlines()) == 4 + 2


@pytest.mark.usefixtures("_few_chunks")
@pytest.mark.parametrize(("how", "code"), [("breaks", 2), ("stops", 130)])
def test_a_load_that_ends_in_the_middle_leaves_every_old_chunk_and_goes_on(
    cli: Cli, sync_store: Store, tmp_path: Path, module: str, how: str, code: int
) -> None:
    words = ["load", "notes", "--chunk", "400", "--model", "m", "--embed"]
    Path("notes/a.md").write_text(sections(1, 2))
    cli.run(*words, f"{module}:embed")
    Path("notes/a.md").write_text(sections(3, 4, 5, 6, 7, 8))
    result = cli.run(*words, f"{module}:{how}", code=code)
    assert "no quota left" in result.stderr or "holds 6 rows now" in result.stderr
    there = chunks(sync_store, cli, "notes/a.md")
    assert {f"Page > Part {number}" for number in (1, 2, 3, 4, 5, 6)} == set(there)
    report = cli.json(*words, f"{module}:embed")
    assert (report["written"], report["unchanged"], report["removed"]) == (2, 4, 2)
    assert len((tmp_path / f"{module}.calls").read_text().splitlines()) == 2 + 6


def test_files_of_one_name_and_items_that_only_say_where_they_are_from_stay_apart(
    cli: Cli, sync_store: Store
) -> None:
    Path("other").mkdir()
    for folder in ("notes", "other"):
        Path(folder, "README.md").write_text(f"# About\n\nThis is {folder}.")
    write_lines(Path("rows.jsonl"), [{"id": "x", "text": "mine", "source": "notes/README.md"}])
    words = ["load", "notes", "other", "rows.jsonl", "-c", "notes"]
    report = cli.json(*words)
    assert (report["files"], report["rows"]) == (3, 3)
    Path("notes/README.md").write_text("# About\n\nSomething else.")
    report = cli.json(*words)
    assert (report["written"], report["removed"], report["rows"]) == (1, 1, 3)
    assert [item.text for item in sync_store.get(cli.tenant, "notes", ["x"])] == ["mine"]


def test_a_file_that_a_folder_no_longer_has_is_told_and_removed_where_that_is_asked_for(
    cli: Cli,
) -> None:
    for name in ("notes/a.md", "notes/sub/b.md", "c.md"):
        Path(name).write_text(f"Words of {name}")
    cli.run("load", "notes", "c.md", "-c", "notes")
    Path("notes/sub/b.md").unlink()
    Path("c.md").unlink()
    result = cli.run("load", "notes")
    assert "no longer there: notes/sub/b.md; --prune removes their chunks" in told(result)
    assert cli.json("load", "notes")["gone_files"] == ["notes/sub/b.md"]
    report = cli.json("load", "notes", "--prune")
    assert (report["removed"], report["rows"]) == (1, 2)
    assert cli.json("load", "notes", "--prune")["gone_files"] == []


def test_a_file_that_is_loaded_from_another_folder_is_told_to_be_there_twice(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("a.md").write_text("Words of another file")
    for name in ("notes/a.md", "notes/sub/b.md"):
        Path(name).write_text(f"Words of {name}")
    assert cli.run("load", "notes", "a.md", "-c", "notes").stderr == ""
    monkeypatch.chdir("notes")
    assert cli.json("load", ".", "-c", "notes", "--base", "..")["written"] == 0
    result = cli.run("load", ".", "-c", "notes")
    assert told(result) == (
        "pgrecall: notes/a.md and a.md say the same: is it one file? --base names files from one"
        " folder"
    )
    Path("sub/b.md").unlink()
    assert cli.json("load", ".", "-c", "notes", "--prune")["gone_files"] == ["sub/b.md"]


def test_a_file_that_cannot_be_read_is_told_and_the_others_are_loaded(cli: Cli) -> None:
    Path("notes/a.md").write_text("Words")
    Path("notes/b.pdf").write_bytes(b"%PDF-1.4 broken")
    Path("notes/c.txt").write_bytes(b"caf\xe9")
    Path("notes/d.md").write_text("\n")
    result = cli.run("load", "notes", code=2)
    assert "'notes/b.pdf' is no PDF that can be read" in told(result)
    assert "'notes/c.txt', line 1: not UTF-8: byte 0xe9 at 4; --encoding cp1252" in told(result)
    assert "without a word of text: notes/d.md" in told(result)
    assert "notes: 1 chunk of 2 files stored" in result.stdout
    assert "is no PDF that can be read" in cli.told("load", "notes", "--stop-on-error")
    report = cli.json("load", "notes/c.txt", "-c", "notes", "--encoding", "cp1252")
    assert report["written"] == 1


def test_a_document_without_words_makes_no_collection_and_empties_one(cli: Cli) -> None:
    page = Path("notes/a.md")
    page.write_text("---\n")
    assert "not a word of text is there" in cli.told("load", "notes")
    page.write_text("Words")
    cli.run("load", "notes")
    page.write_text("")
    report = cli.json("load", "notes")
    assert (report["removed"], report["rows"]) == (1, 0)


def test_a_file_of_another_format_is_told_with_lines_that_run(cli: Cli) -> None:
    Path("it's.docx").write_bytes(b"PK")
    result = cli.run("load", "it's.docx", code=2)
    first, *lines = result.stderr.splitlines()
    assert "LangChain's Docx2txtLoader reads it, and LlamaIndex's DocxReader" in first
    assert lines[-1] == """# pgrecall load 'it'"'"'s.docx.txt'"""
    compile("\n".join(lines), "lines", "exec")


def test_several_files_of_rows_are_one_collection_and_bad_lines_stay_with_their_file(
    cli: Cli,
) -> None:
    write_lines(Path("dump-1.jsonl"), [{"id": "a", "text": "one"}, {"id": "b", "text": "two"}])
    packed = gzip.compress(b'{"id": "c", "text": "three"}\nbroken\n')
    Path("dump-2.jsonl.gz").write_bytes(packed)
    Path("dump-0.jsonl").write_text("not one row\n")
    Path("dump-3.jsonl").write_text("[]")
    result = cli.run("load", "dump-*", "-c", "dump", code=2)
    assert "dump: 3 rows of 2 files stored in" in result.stdout
    assert "1 line of dump-2.jsonl.gz was rejected: 2 (not JSON" in told(result)
    assert "no line of dump-0.jsonl can be used" in told(result)
    assert "dump-3.jsonl holds one JSON array" in told(result)
    assert "no line of dump-0.jsonl" in cli.told("load", "dump-0.jsonl", "dump-3.jsonl", "-c", "x")
    assert Path("dump-2.rejected.jsonl").read_text() == "broken\n"
    report = cli.json("load", "dump-1.jsonl", "dump-2.jsonl.gz", "-c", "dump", code=2)
    assert (report["written"], report["unchanged"], report["rows"]) == (0, 3, 3)


def test_rows_that_come_with_documents_leave_headings_the_title(
    cli: Cli, sync_store: Store
) -> None:
    Path("notes/a.md").write_text("# Bolts\n\nThey hold.")
    write_lines(Path("rows.jsonl"), [{"id": "a", "text": "one"}])
    cli.run("load", "rows.jsonl", "notes", "-c", "both")
    cli.run("load", "rows.jsonl", "notes", "-c", "none", "--title", "none")
    titles = {one.name: one.title for one in sync_store.list_collections(cli.tenant)}
    assert titles == {"both": "heading", "none": None}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["notes", "--id", "x"], "are of rows; a document such as 'notes/a.md' has none"),
        (["rows.jsonl", "--chunk", "90"], "each row of a file such as 'rows.jsonl' is an item"),
        (["notes/a.md", "--prune"], "--prune goes by what folders have: name a folder"),
        (["notes", "--base", "none"], "--base names a folder; 'none' is none"),
        (["rows.jsonl", "notes/a.md"], "--collection says where they go"),
        (["*.jsonl", "rows2.jsonl", "-c", "x", "--reject", "r"], "--reject names one file"),
    ],
)
def test_options_that_do_not_fit_the_files_are_told(
    cli: Cli, words: list[str], message: str
) -> None:
    Path("notes/a.md").write_text("Words")
    for name in ("rows.jsonl", "rows2.jsonl"):
        write_lines(Path(name), [{"id": "a", "text": "one"}])
    assert message in cli.told("load", *words)


def test_the_command_that_a_load_ends_with_asks_a_collection_of_any_name(cli: Cli) -> None:
    Path("notes/a.md").write_text("Tea is made with boiling water.")
    result = cli.run("load", "notes/", "--collection", "-rf", tenant=True)
    [line] = [one for one in result.stdout.splitlines() if one.startswith("now: ")]
    program, *words = shlex.split(line.removeprefix("now: "))
    assert program == "pgrecall"
    assert "boiling" in cli.run(*words, tenant=False).stdout
