"""Documents are read, and cut where their structure lets them be."""

from __future__ import annotations

import gzip
import io
import string
import time
from typing import TYPE_CHECKING

import pypdf
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as some
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from pgrecall.cli.documents import reading
from pgrecall.cli.documents.chunks import Chunk, Cutter
from pgrecall.cli.documents.headings import Outline
from pgrecall.cli.documents.inputs import Input
from pgrecall.cli.documents.reading import Document, read
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pgrecall.cli.documents.formats import DocumentFormat

GUIDE = """# Guide

What it is.

## Install

```sh
# no heading
pip install guide
```

## Use `it` *well*

Call it. Then call it again.

### In depth

Much more of it.
"""


def cut(text: str, size: int = 60, overlap: int = 0, format_: DocumentFormat = "md") -> list[Chunk]:
    return Cutter(size, overlap).chunks(Document(format_, text), "a.md")


def headings(chunks: Sequence[Chunk]) -> list[str | None]:
    return [chunk.metadata.get("heading") for chunk in chunks]


def test_chunks_are_sections_with_the_path_of_their_headings() -> None:
    assert headings(cut(GUIDE)) == [
        "Guide",
        "Guide > Install",
        "Guide > Use it well",
        "Guide > Use it well > In depth",
    ]


@pytest.mark.parametrize("format_", ["md", "txt"])
@settings(deadline=None, max_examples=60)
@given(
    parts=some.lists(
        some.sampled_from(
            ["# One\n", "## Two\n", "words and more words. ", "\n\n", "```\n", "- item\n", "é漢字 ",
             "> quote\n", "| a | b |\n|---|---|\n| 1 | 2 |\n", "a" * 90, "***\n", "\t", "🙂" * 9,
             "- " * 99]
        ),
        max_size=30,
    ),
    size=some.integers(50, 200),
    overlap=some.integers(0, 40),
)  # fmt: skip
def test_every_chunk_is_its_place_in_the_text_and_every_word_is_in_one(
    format_: DocumentFormat, parts: list[str], size: int, overlap: int
) -> None:
    text = "".join(parts)
    chunks = cut(text, size, overlap, format_)
    covered = [False] * len(text)
    for chunk in chunks:
        start, end = chunk.metadata["start"], chunk.metadata["end"]
        assert text[start:end] == chunk.text
        assert end - start <= 2 * size
        covered[start:end] = [True] * (end - start)
    left = {one for one, found in zip(text, covered, strict=True) if not found}
    assert not any(one.isalnum() for one in left)
    assert len({chunk.id for chunk in chunks}) == len(chunks)
    assert chunks == cut(text, size, overlap, format_)


def test_no_chunk_is_a_heading_or_a_fence_alone_where_something_follows() -> None:
    text = "# A\n\n## B\n\n```python\n" + "print('line')\n" * 20 + "```\n\n# C\n\n" + "Words. " * 40
    chunks = cut(text, 100)
    assert chunks[0].text.startswith("# A\n\n## B\n\n```python\nprint")
    assert next(chunk.text for chunk in chunks if "# C" in chunk.text).startswith("# C\n\nWords.")
    assert not any(chunk.text.startswith("```") for chunk in chunks)
    assert headings(chunks)[0] == "A > B"


def test_a_heading_or_a_rule_of_pages_makes_no_chunk_of_pages() -> None:
    for text in (
        f"# {'x' * 3_000}\n\nWords",
        f"{'- ' * 2_000}\n\nWords",
        f"Words\n\n{'-' * 3_000}",
    ):
        chunks = cut(text, 100)
        assert max(len(chunk.text) for chunk in chunks) <= 200
        assert "Words" in "".join(chunk.text for chunk in chunks)


def test_what_stands_in_code_or_in_the_front_matter_is_no_heading() -> None:
    text = "---\ntitle: 'A page'\ntags: [x]\n---\n\nWords.\n\n    # code\n\nLow\n---\n\n> # quote\n"
    found = Outline(text)
    assert [(one.level, one.title) for one in found.headings] == [(0, "A page"), (2, "Low")]
    assert found.path(len(text) - 1) == "A page > Low"


def test_the_title_of_the_front_matter_is_said_once() -> None:
    assert Outline("---\ntitle: A page\n---\n# A page\n\n## B\n\nWords").path(45) == "A page > B"


def test_an_edit_leaves_the_ids_of_all_other_chunks() -> None:
    before = {chunk.id for chunk in cut(GUIDE)}
    after = cut("Something new stands before it all, a whole paragraph of it.\n\n" + GUIDE)
    assert before < {chunk.id for chunk in after}
    edited = {chunk.id for chunk in cut(GUIDE.replace("Call it.", "Do call it."))}
    assert len(before & edited) == len(before) - 1


def test_what_a_file_says_twice_is_two_chunks_with_ids_that_stay() -> None:
    text = "\n\n".join(["The same words, said again and again and again."] * 3)
    ids = [chunk.id for chunk in cut(text)]
    assert len(set(ids)) == 3
    assert ids == [chunk.id for chunk in cut(text)]


def test_a_chunk_has_as_much_of_the_one_before_as_is_asked_for() -> None:
    text = " ".join(f"Sentence {number}." for number in range(30))
    first, second = cut(text, 100, 30)[:2]
    shared = first.metadata["end"] - second.metadata["start"]
    assert 0 < shared <= 30
    with pytest.raises(InvalidArgumentError, match="--overlap 60 has no room in --chunk 60"):
        Cutter(60, 60)


@pytest.mark.parametrize("text", ["", "\n \n", "---\n\n***\n", "```\n```\n"])
def test_a_text_without_a_word_has_no_chunk(text: str) -> None:
    assert cut(text) == []


def test_a_heading_with_nothing_below_it_is_kept() -> None:
    assert [chunk.text for chunk in cut("# Alone")] == ["# Alone"]
    assert cut(f"{'Words. ' * 8}\n\n# Last")[-1].text == "# Last"


def test_a_text_of_any_length_is_cut_in_time_that_grows_as_it_does() -> None:
    started = time.perf_counter()
    chunks = cut(GUIDE * 500, 400)
    chunks += cut("a" * 150_000, 400, format_="txt")
    assert time.perf_counter() - started < 30
    assert sum(len(chunk.text) for chunk in chunks) > 200_000


def file(folder: Path, name: str, content: bytes, format_: DocumentFormat = "txt") -> Input:
    (folder / name).write_bytes(content)
    return Input(str(folder / name), name, format_)


@pytest.mark.parametrize(
    ("name", "pack"),
    [("a.txt", bytes), ("a.txt.gz", gzip.compress), ("a.txt.zst", zstandard.compress)],
)
def test_a_text_is_read_packed_or_not(tmp_path: Path, name: str, pack: object) -> None:
    packed = pack("é\r\nb\rc\n".encode())  # type: ignore[operator]  # of one signature
    assert read(file(tmp_path, name, packed)).text == "é\nb\nc\n"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_text_is_read_as_its_mark_says(tmp_path: Path, encoding: str) -> None:
    assert read(file(tmp_path, "a.txt", "é漢".encode(encoding))).text == "é漢"


def test_a_text_is_read_as_encoding_says(tmp_path: Path) -> None:
    assert read(file(tmp_path, "a.txt", b"caf\xe9"), "cp1252").text == "café"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"a\n\nb caf\xe9", "line 3: not UTF-8: byte 0xe9 at 6; --encoding cp1252 would read it"),
        (b"a\nb\0c", "a NUL in line 2: is it text? --clean takes NUL out"),
        ("a\nb".encode("utf-16-le"), "is read by --encoding utf-16-le"),
    ],
)
def test_what_is_no_text_is_told_with_what_would_read_it(
    tmp_path: Path, content: bytes, told: str
) -> None:
    with pytest.raises(InvalidArgumentError) as raised:
        read(file(tmp_path, "a.txt", content))
    assert told in str(raised.value)


def test_nul_is_taken_out_where_that_is_asked_for(tmp_path: Path) -> None:
    assert read(file(tmp_path, "a.txt", b"a\nb\0c"), clean=True).text == "a\nbc"


@pytest.mark.parametrize("name", ["a.txt.gz", "a.txt.zst"])
def test_a_packed_text_that_is_cut_or_broken_is_told(tmp_path: Path, name: str) -> None:
    pack = gzip.compress if name.endswith("gz") else zstandard.compress
    whole = pack(string.printable.encode() * 50_000)
    for content in (whole[:-9], b"no such thing"):
        with pytest.raises(InvalidArgumentError, match="cannot be read"):
            read(file(tmp_path, name, content))


def test_a_document_that_memory_should_not_hold_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MAX_BYTES", 1 << 20)
    bomb = file(tmp_path, "a.txt.gz", gzip.compress(bytes(9 << 20)))
    with pytest.raises(InvalidArgumentError, match="has more than 1 MB"):
        read(bomb)


def pdf(*pages: Sequence[str], locked: str = "") -> bytes:
    """Make a PDF of lines a page."""
    writer = pypdf.PdfWriter()
    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Helvetica"),
        }
    )
    for lines in pages:
        page = writer.add_blank_page(width=400, height=400)
        stream = DecodedStreamObject()
        shown = " ".join(f"({line}) Tj T*" for line in lines)
        stream.set_data(f"BT /F1 12 Tf 14 TL 20 380 Td {shown} ET".encode())
        page[NameObject("/Contents")] = writer._add_object(stream)
        fonts = DictionaryObject({NameObject("/F1"): font})
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
    if locked:
        writer.encrypt(locked, algorithm="RC4-128")
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()


def test_a_pdf_gives_its_text_with_lines_that_go_on_joined_and_its_pages(tmp_path: Path) -> None:
    content = pdf(
        ["One sentence that", "goes on here. Exam-", "ples follow."], [], ["Another one of them."]
    )
    document = read(file(tmp_path, "a.pdf", content, "pdf"))
    assert document.text.split("\n")[0] == "One sentence that goes on here. Examples follow."
    assert document.textless == 1
    chunks = Cutter(60).chunks(document, "a.pdf")
    assert [(chunk.text, chunk.metadata["page"]) for chunk in chunks] == [
        ("One sentence that goes on here. Examples follow.", 1),
        ("Another one of them.", 3),
    ]


def test_a_pdf_that_is_packed_is_read(tmp_path: Path) -> None:
    packed = file(tmp_path, "a.pdf.zst", zstandard.compress(pdf(["Words"])), "pdf")
    assert read(packed).text == "Words"


def test_a_pdf_that_anybody_may_open_is_read_though_it_is_encrypted(tmp_path: Path) -> None:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf(["Words"])))
    writer.encrypt("", "owner's", algorithm="RC4-128")
    writer.write(tmp_path / "a.pdf")
    assert read(Input(str(tmp_path / "a.pdf"), "a.pdf", "pdf")).text == "Words"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (pdf(["Words"], locked="secret"), "needs a password: qpdf --decrypt"),
        (pdf([], []), "has pages and no text, as scans have: ocrmypdf"),
        (b"%PDF-1.7\nbroken", "is no PDF that can be read"),
        (b"", "is no PDF that can be read"),
    ],
    ids=["encrypted", "scanned", "broken", "empty"],
)
def test_a_pdf_that_cannot_be_read_is_told_with_what_would_help(
    tmp_path: Path, content: bytes, told: str
) -> None:
    with pytest.raises(InvalidArgumentError) as raised:
        read(file(tmp_path, "it's.pdf", content, "pdf"))
    assert told in str(raised.value)
