"""The files that ``pgrecall load`` is given: by name, by pattern, and by folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pgrecall.cli.documents.inputs import Inputs, collection_name, find
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from pgrecall.cli.documents.formats import LoadFormat


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def make(*names: str) -> None:
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text("words")


def found(*paths: str, format_: LoadFormat | None = None, base: str | None = None) -> Inputs:
    return find(paths, format_, None if base is None else Path(base))


def sources(inputs: Inputs) -> list[str]:
    return [one.source for one in (*inputs.documents, *inputs.rows)]


def skipped(inputs: Inputs) -> dict[str, str]:
    return {one.path: one.reason for one in inputs.skipped}


def test_a_folder_gives_its_documents_at_any_depth_in_the_order_of_names() -> None:
    make("notes/b.md", "notes/a/c.txt", "notes/a.pdf", "notes/z.md.gz", "notes/RE.MD")
    assert sources(found("notes")) == [
        "notes/RE.MD", "notes/a.pdf", "notes/b.md", "notes/z.md.gz", "notes/a/c.txt"
    ]  # fmt: skip


def test_what_is_hidden_generated_or_of_another_format_is_left_out_and_told() -> None:
    make("n/a.md", "n/.git/b.md", "n/.c.md", "n/node_modules/d/README.md", "n/e.png", "n/f.docx")
    inputs = found("n")
    assert sources(inputs) == ["n/a.md"]
    assert skipped(inputs) == {
        "n/.git": "hidden",
        "n/.c.md": "hidden",
        "n/node_modules": "generated",
        "n/e.png": "of no format that is read here",
        "n/f.docx": "LangChain's Docx2txtLoader reads it: load it alone for how",
    }


def test_links_lead_to_no_second_copy_and_to_no_walk_without_end() -> None:
    make("n/a.md", "elsewhere/b.md")
    Path("n/again").symlink_to("../n", target_is_directory=True)
    Path("n/b.md").symlink_to("a.md")
    Path("n/c.md").symlink_to("nowhere.md")
    os.mkfifo("n/d.md")
    inputs = found("n", "n/a.md", "./n//a.md")
    assert sources(inputs) == ["n/a.md"]
    assert skipped(inputs) == {
        "n/again": "a link to a folder",
        "n/c.md": "no regular file",
        "n/d.md": "no regular file",
    }


def test_rows_among_documents_are_left_out_and_a_folder_of_rows_is_loaded() -> None:
    make("n/a.md", "n/b.csv", "rows/a.jsonl", "rows/b.csv.zst", "rows/a.rejected.jsonl")
    assert "rows among documents" in skipped(found("n"))["n/b.csv"]
    assert sources(found("n", "n/b.csv")) == ["n/a.md", "n/b.csv"]
    rows = found("rows")
    assert sources(rows) == ["rows/a.jsonl", "rows/b.csv.zst"]
    assert skipped(rows) == {"rows/a.rejected.jsonl": "rejected rows of another load"}


def test_patterns_that_the_shell_left_alone_are_met_here() -> None:
    make("dump-2.jsonl", "dump-1.jsonl", "n/a.md", "n/b/c.md", "n/.d.md", "n/e.png")
    assert sources(found("dump-*.jsonl")) == ["dump-1.jsonl", "dump-2.jsonl"]
    assert sources(found("n/**/*.md")) == ["n/a.md", "n/b/c.md"]
    assert sources(found("n/**")) == ["n/a.md", "n/b/c.md"]
    assert sources(found("n*")) == ["n/a.md", "n/b/c.md"]
    assert skipped(found("n/*"))["n/e.png"] == "of no format that is read here"
    with pytest.raises(InvalidArgumentError, match=r"no file matches 'dumb-\*'"):
        found("dumb-*")


def test_a_file_whose_name_looks_like_a_pattern_is_that_file() -> None:
    make("a[1].md", "a1.md")
    assert sources(found("a[1].md")) == ["a[1].md"]


@pytest.mark.parametrize("path", ["n/a.md", "./n/a.md", "n//a.md", "n/../n/a.md"])
def test_a_source_is_the_path_as_it_was_given_without_detours(path: str) -> None:
    make("n/a.md")
    assert sources(found(path)) == ["n/a.md"]


def test_a_source_by_absolute_path_stays_absolute_and_one_with_a_base_is_named_from_it() -> None:
    make("n/a.md", "m/a.md")
    whole = str(Path("n/a.md").absolute())
    assert sources(found(whole)) == [whole]
    assert sources(found(whole, base="n")) == ["a.md"]
    assert sources(found("n", "m", base=".")) == ["n/a.md", "m/a.md"]


@pytest.mark.parametrize(
    ("folder", "base", "prefix"),
    [("n", None, "n/"), ("./n/", None, "n/"), (".", None, ""), ("n", "n", "")],
)
def test_a_folder_tells_how_sources_begin_that_lie_in_it(
    folder: str, base: str | None, prefix: str
) -> None:
    make("n/a.md")
    assert found(folder, base=base).folders == [prefix]


def test_a_name_that_is_no_utf8_has_a_source_that_can_be_stored() -> None:
    path = os.fsdecode(b"caf\xe9.md")
    make(path)
    assert sources(found(path)) == ["caf\\xe9.md"]


def test_a_file_that_is_not_there_is_told_before_anything_is_loaded() -> None:
    make("a.md")
    with pytest.raises(InvalidArgumentError, match=r"there is no file 'b\.md'"):
        found("a.md", "b.md")


def test_a_folder_without_anything_to_load_says_what_it_has() -> None:
    make("n/a.png", "n/b.png")
    told = r"'n': no Markdown, text, PDF or file of rows is there; left out: n/a.png .* 1 more"
    with pytest.raises(InvalidArgumentError, match=told):
        found("n")


def test_of_several_files_one_of_another_format_is_told_and_the_others_are_loaded() -> None:
    make("a.md", "b.html")
    inputs = found("a.md", "b.html")
    assert sources(inputs) == ["a.md"]
    assert [(one.path, "BSHTMLLoader" in one.reason) for one in inputs.refused] == [
        ("b.html", True)
    ]


def test_standard_input_is_rows_and_is_loaded_alone() -> None:
    assert [one.format for one in found("-").rows] == ["jsonl"]
    with pytest.raises(InvalidArgumentError, match="is loaded alone"):
        found("-", "a.md")
    with pytest.raises(InvalidArgumentError, match="read as rows, not as md: name a file"):
        found("-", format_="md")


@pytest.mark.parametrize(
    ("paths", "name"),
    [
        (["n"], "n"),
        (["n/"], "n"),
        (["n/.."], "here"),
        (["n/a.md"], "a"),
        (["rows.jsonl.gz"], "rows"),
        (["n/*.md"], "n"),
        (["n/**/*.md"], "n"),
        (["n/a.md", "n/b.md"], "n"),
        (["n", "n/b.md"], "n"),
        (["."], "here"),
        (["-"], "stdin"),
    ],
)
def test_a_collection_is_named_after_the_file_or_the_folder(
    paths: list[str], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make("here/n/a.md", "here/n/b.md", "here/rows.jsonl.gz")
    monkeypatch.chdir("here")
    assert collection_name(paths) == name


@pytest.mark.parametrize(
    "paths", [["n/a.md", "m/a.md"], ["n/a.md", "b.md"], ["n", "m"], ["*.md"], ["/"]]
)
def test_files_without_a_name_in_common_need_one(paths: list[str]) -> None:
    make("n/a.md", "m/a.md", "b.md")
    with pytest.raises(InvalidArgumentError, match="--collection says where they go"):
        collection_name(paths)


def test_a_pattern_meets_rejected_rows_where_it_names_them() -> None:
    make("a.jsonl", "a.rejected.jsonl")
    inputs = found("*.jsonl")
    assert sources(inputs) == ["a.jsonl"]
    assert skipped(inputs) == {"a.rejected.jsonl": "rejected rows of another load"}
    assert sources(found("*.rejected.jsonl")) == ["a.rejected.jsonl"]


def test_a_folder_by_a_link_is_called_as_the_link_is() -> None:
    make("release-1/a.md")
    Path("current").symlink_to("release-1")
    assert collection_name(["current"]) == "current"
