"""Files that would take all the time or memory there is, and those that are no files at all."""

from __future__ import annotations

import io
import os
import threading
import time
import tracemalloc
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa  # type: ignore[import-untyped]  # it has no types
import pytest
import zstandard
from pyarrow import parquet

from pgrecall.cli.documents import loading, pdf
from pgrecall.cli.documents.chunks import Cutter
from pgrecall.cli.documents.inputs import Input, collection_name, find
from pgrecall.cli.documents.reading import Document, read
from pgrecall.cli.files.packing import unpacked
from pgrecall.cli.files.row_file import RowFile
from pgrecall.cli.files.rows import Format, Row

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    "part",
    ["# A\n", "the same line, again and again\n", "> ", "[a]: b\n"],
)
def test_a_document_of_one_thing_takes_time_that_grows_as_it_does(part: str) -> None:
    def seconds(size: int) -> float:
        document = Document("md", part * (size // len(part)))
        began = time.process_time()
        Cutter(200).chunks(document, "a.md")
        return time.process_time() - began

    seconds(2_000)
    # what grows by the square would be 64 times as long
    assert seconds(40_000) < 30 * max(seconds(5_000), 0.02)


def test_a_title_of_blanks_takes_no_time() -> None:
    text = f"---\ntitle: a{' ' * 200_000}b\n---\n# X\n\nWords"
    began = time.process_time()
    (first, *_) = Cutter().chunks(Document("md", text), "a.md")
    assert time.process_time() - began < 5
    assert first.metadata["source"] == "a.md"


def test_a_page_of_blanks_takes_no_time() -> None:
    began = time.process_time()
    assert pdf._tidied(f"a{' ' * 200_000}b  \ngoes on") == f"a{' ' * 200_000}b goes on"
    assert time.process_time() - began < 5


def test_a_bomb_of_zstandard_is_unpacked_as_it_is_read() -> None:
    packer = zstandard.ZstdCompressor().compressobj()
    packed = b"".join(packer.compress(bytes(1 << 20)) for _ in range(300)) + packer.flush()
    tracemalloc.start()
    try:
        assert len(unpacked(io.BytesIO(packed), "a.zst").read(1 << 20)) == 1 << 20
        assert tracemalloc.get_traced_memory()[1] < 100 << 20
    finally:
        tracemalloc.stop()


@pytest.fixture
def pipe() -> Iterator[str]:
    os.mkfifo("pipe.md")
    yield "pipe.md"
    Path("pipe.md").unlink()


def test_a_pattern_waits_for_no_pipe(pipe: str) -> None:
    Path("a.md").write_text("words")
    found = find(["*.md"], None, None)
    assert [one.path for one in found.documents] == ["a.md"]
    assert [(one.path, one.reason) for one in found.skipped] == [(pipe, "no regular file")]


@pytest.mark.parametrize("format_", ["jsonl", "csv", "parquet", "arrow"])
def test_rows_come_through_a_pipe_that_is_named(pipe: str, format_: Format) -> None:
    table, made = pa.table({"text": ["words"]}), io.BytesIO()
    if format_ == "parquet":
        parquet.write_table(table, made)
    elif format_ == "arrow":
        with pa.ipc.new_file(made, table.schema) as file:
            file.write_table(table)
    content = {"jsonl": b'{"text": "words"}\n', "csv": b"text\nwords\n"}.get(format_)
    writer = threading.Thread(target=lambda: Path(pipe).write_bytes(content or made.getvalue()))
    writer.start()
    with closing(RowFile(pipe, format_)) as source:
        rows = list(source.rows())
        assert source.position == 0 or source.size == 1
    writer.join()
    assert [row.values for row in rows if isinstance(row, Row)] == [{"text": "words"}]


def test_a_file_out_of_reach_is_not_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("a.md").write_text("words")
    assert not loading._is_gone("a.md")
    assert loading._is_gone("b.md")
    assert loading._is_gone("a.md/b.md")

    def refuse(path: str) -> None:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(os, "lstat", refuse)  # root may look everywhere
    assert not loading._is_gone("b.md")


def test_a_name_that_is_no_utf8_names_a_collection_as_it_does_a_source() -> None:
    assert collection_name([os.fsdecode(b"caf\xe9.md")]) == r"caf\xe9"


def test_nul_in_a_first_line_is_not_taken_for_utf16() -> None:
    Path("a.md").write_bytes(b"some words\0 and more")
    assert read(Input("a.md", "a.md", "md"), clean=True).text == "some words and more"
