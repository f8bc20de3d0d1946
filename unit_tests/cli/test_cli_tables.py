"""Tables as programs write them: encodings, what stands before the rows, Arrow's files."""

from __future__ import annotations

import codecs
import gzip
import io
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pyarrow as pa  # type: ignore[import-untyped]  # it has no types
import pytest
from pyarrow import feather

from pgrecall.cli.files import lines
from pgrecall.cli.files.row_file import RowFile
from pgrecall.cli.files.rows import BadRow
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from pathlib import Path

TEXT = 'name;price\nCafé crème "à";1,5\n'
VALUES = [{"name": 'Café crème "à"', "price": "1,5"}]


def read(folder: Path, content: bytes, name: str = "a.csv", encoding: str | None = None) -> Any:
    (folder / name).write_bytes(content)
    with closing(RowFile(str(folder / name), None, encoding)) as source:
        return [
            (row.number, row.reason) if isinstance(row, BadRow) else row.values
            for row in source.rows()
        ]


@pytest.mark.parametrize("mark", [True, False], ids=["with a mark", "without"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "utf-32-le"])
def test_what_is_unicode_is_read_by_its_mark_or_by_what_is_told(
    tmp_path: Path, encoding: str, mark: bool
) -> None:
    content = ("\ufeff" * mark + TEXT).encode(encoding)
    assert read(tmp_path, content, encoding=None if mark else encoding) == VALUES
    json = ("\ufeff" * mark + '{"a": "é"}\n').encode(encoding)
    assert read(tmp_path, json, "a.jsonl", None if mark else encoding) == [{"a": "é"}]


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "mac-roman", "cp037", "utf-7"])
def test_any_encoding_that_python_knows_is_read(tmp_path: Path, encoding: str) -> None:
    assert read(tmp_path, TEXT.encode(encoding), encoding=encoding) == VALUES


@pytest.mark.parametrize("encoding", ["shift_jis", "iso2022_jp", "gb18030", "euc_kr"])
def test_encodings_of_several_bytes_are_read(tmp_path: Path, encoding: str) -> None:
    text = "名;b\n日本ソ;\\\n"
    if encoding == "euc_kr":
        text = "이름;b\n한국;\\\n"
    (row,) = read(tmp_path, text.encode(encoding), encoding=encoding)
    assert list(row.values()) == text.splitlines()[1].split(";")


def test_a_mark_goes_before_what_is_told(tmp_path: Path) -> None:
    assert read(tmp_path, codecs.BOM_UTF8 + TEXT.encode(), encoding="cp1252") == VALUES


def test_a_line_that_is_not_utf8_is_told_by_its_byte_and_what_would_read_it(tmp_path: Path) -> None:
    told = "not UTF-8: byte 0xe9 at 4; --encoding cp1252 would read it, as 'é'"
    assert read(tmp_path, b"a,b\ncaf\xe9,1\nx,2\n") == [(2, told), {"a": "x", "b": "2"}]
    # cp1252 has no such byte
    told = "not UTF-8: byte 0x81 at 1; --encoding says what the file is"
    assert read(tmp_path, b"a,b\n\x81,1\n") == [(2, told)]
    assert read(tmp_path, b"a,b\n\x81,1\n", encoding="cp1252") == [
        (2, "not cp1252: byte 0x81 at 1")
    ]
    ((_, told),) = read(tmp_path, b'{"a": "\xfc"}', "a.jsonl")
    assert told.endswith("--encoding cp1252 would read it, as 'ü'")


@pytest.mark.parametrize(
    ("content", "encoding", "told"),
    [
        (b"a\xfc,b\n", None, r"the header of .* not UTF-8: byte 0xfc at 2; --encoding cp1252"),
        ("a,b\n".encode("utf-16-le"), None, "read by --encoding utf-16-le"),
        ("a,b\n".encode("utf-16-be"), None, "read by --encoding utf-16-be"),
        (b"\xff\xfea\0,", None, "what is read is not utf-16-le"),
        (b"a", "no-such", "--encoding takes utf-8, cp1252, .* not 'no-such'"),
        (b"a", "rot13", "another encoding that Python knows, not 'rot13'"),
        (b"a", "a\0b", "another encoding that Python knows"),
    ],
)
def test_what_cannot_be_read_as_a_whole_says_what_would_do(
    tmp_path: Path, content: bytes, encoding: str | None, told: str
) -> None:
    with pytest.raises(InvalidArgumentError, match=told):
        read(tmp_path, content, encoding=encoding)


def test_half_a_pair_of_utf16_makes_one_line_bad(tmp_path: Path) -> None:
    content = codecs.BOM_UTF16_LE + "a\n\ud800\nx\n".encode("utf-16-le", "surrogatepass")
    (number, told), good = read(tmp_path, content)
    assert (number, good) == (2, {"a": "x"})
    assert told.startswith("not UTF-16-LE")


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "cp1252"])
def test_rejected_lines_are_read_again_with_the_same_options(tmp_path: Path, encoding: str) -> None:
    content = "sep=;\nname;price\né\nCafé;1\n".encode(encoding)
    (tmp_path / "a.csv").write_bytes(content)
    with closing(RowFile(str(tmp_path / "a.csv"), None, encoding)) as source:
        bad, _ = source.rows()
        assert isinstance(bad, BadRow)
        assert bad.raw is not None
        kept = source.header + bad.raw.rstrip(b"\n")
    mended = kept + b";2\n"
    assert read(tmp_path, mended, encoding=encoding) == [{"name": "é", "price": "2"}]


def test_a_long_line_of_utf16_is_told_and_the_next_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "MAX_LINE", 1 << 18)
    content = "\ufeffa\n" + "x" * (1 << 19) + "\nlast\n"
    (number, told), good = read(tmp_path, content.encode("utf-16-le"))
    assert (number, good) == (2, {"a": "last"})
    assert "a line of more than" in told


@pytest.mark.parametrize(
    "first", ["sep=;", '"sep=;"', "SEP=;", "\nsep=;"], ids=["bare", "quoted", "capitals", "blank"]
)
def test_a_line_for_excel_says_the_delimiter(tmp_path: Path, first: str) -> None:
    assert read(tmp_path, f"{first}\r\na;b,c\r\n1;2\r\n".encode()) == [{"a": "1", "b,c": "2"}]


def test_a_delimiter_within_quotes_is_none(tmp_path: Path) -> None:
    assert read(tmp_path, b'"a; b; c",d\n1,2\n') == [{"a; b; c": "1", "d": "2"}]


def test_a_header_may_span_lines_and_stand_below_blank_ones(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b'\n\n"a\nb",c\nonly\n1,2\n')
    with closing(RowFile(str(tmp_path / "a.csv"), None)) as source:
        bad, good = source.rows()
        assert (bad.number, good.values) == (5, {"a\nb": "1", "c": "2"})
        assert source.header == b'"a\nb",c\n'


def test_a_column_without_a_name_is_called_by_its_place(tmp_path: Path) -> None:
    assert read(tmp_path, b",a,,b,,\n0,x,y,z,,\n1,x,,z\n2,x,y,z,,w\n3,x,y\n") == [
        {"column 1": "0", "a": "x", "column 3": "y", "b": "z", "column 5": "", "column 6": ""},
        {"column 1": "1", "a": "x", "column 3": "", "b": "z"},
        {"column 1": "2", "a": "x", "column 3": "y", "b": "z", "column 5": "", "column 6": "w"},
        (5, "3 columns; the header has 6"),
    ]


def test_empty_cells_behind_the_last_column_are_nothing_and_others_are_told(tmp_path: Path) -> None:
    assert read(tmp_path, b"a,b\n1,2,\n3,4,,5\n") == [
        {"a": "1", "b": "2"},
        (3, "4 columns; the header has 2"),
    ]


@pytest.mark.parametrize(
    ("header", "told"), [(b"a,b,a", "'a' comes twice"), (b",,", "a name of its own for each")]
)
def test_a_header_needs_names_and_each_once(tmp_path: Path, header: bytes, told: str) -> None:
    with pytest.raises(InvalidArgumentError, match=told):
        read(tmp_path, header + b"\n1,2,3\n")


def _table() -> Any:
    vectors = pa.array([[1.0, 2.0], None, [3.0, 4.0]], pa.list_(pa.float32()))
    fixed = pa.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], pa.list_(pa.float32(), 2))
    names = pa.array(["a", "b", "a"]).dictionary_encode()
    return pa.table({"text": names, "v": vectors, "w": fixed})


@pytest.mark.parametrize("kind", ["file", "packed", "stream", "gzip"])
@pytest.mark.parametrize("name", ["a.arrow", "a.feather"])
def test_arrow_is_read_as_parquet_is(tmp_path: Path, kind: str, name: str) -> None:
    path = tmp_path / name
    if kind == "stream":
        with pa.ipc.new_stream(path, _table().schema) as stream:
            stream.write_table(_table())
    else:
        feather.write_feather(_table(), str(path), "zstd" if kind == "packed" else "uncompressed")
    if kind == "gzip":
        path = path.with_name(f"{name}.gz")
        path.write_bytes(gzip.compress((tmp_path / name).read_bytes()))
    with closing(RowFile(str(path), None)) as source:
        rows = list(source.rows())
        # older pyarrow counts rows by reading them all
        counts = kind != "stream" and hasattr(pa.RecordBatchFileReader, "count_rows")
        assert (source.line_word, source.size) == ("row", 3 if counts else None)
        assert source.position == (source.size or 0)
    first, second, third = [row.values for row in rows if not isinstance(row, BadRow)]
    assert [row["text"] for row in (first, second, third)] == ["a", "b", "a"]
    assert (first["v"].tolist(), second["v"], third["v"].tolist()) == ([1, 2], None, [3, 4])
    assert third["w"].tolist() == [5, 6]


def test_a_stream_of_arrow_comes_from_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    made = io.BytesIO()
    with pa.ipc.new_stream(made, _table().schema) as stream:
        stream.write_table(_table())
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(made.getvalue())))
    assert len(list(RowFile("-", "arrow").rows())) == 3


def test_a_file_of_arrow_on_standard_input_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    made = io.BytesIO()
    with pa.ipc.new_file(made, _table().schema) as file:
        file.write_table(_table())
    piped = io.BufferedReader(io.BytesIO(made.getvalue()))  # type: ignore[arg-type]  # has readinto
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(piped))

    with pytest.raises(InvalidArgumentError, match="name the file, or pipe an Arrow stream"):
        RowFile("-", "arrow")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is no Arrow file"),
        (b"text, and more of it", "is no Arrow file"),
        (b"ARROW1\0\0 and no more", "is no Arrow file"),
        (b"FEA1 of old", "is Feather of version 1"),
    ],
)
def test_what_is_no_arrow_file_is_told(tmp_path: Path, content: bytes, told: str) -> None:
    with pytest.raises(InvalidArgumentError, match=told):
        read(tmp_path, content, "a.arrow")


def test_a_stream_of_arrow_that_is_cut_is_told(tmp_path: Path) -> None:
    with pa.ipc.new_stream(tmp_path / "a.arrow", _table().schema) as stream:
        stream.write_table(_table())
    with pytest.raises(InvalidArgumentError, match="cannot be read to its end"):
        read(tmp_path, (tmp_path / "a.arrow").read_bytes()[:-60], "b.arrow")


def test_an_encoding_is_none_of_a_table_of_types(tmp_path: Path) -> None:
    feather.write_feather(_table(), str(tmp_path / "a.arrow"))
    with pytest.raises(InvalidArgumentError, match="--encoding is for CSV and JSON lines"):
        RowFile(str(tmp_path / "a.arrow"), None, "cp1252")
