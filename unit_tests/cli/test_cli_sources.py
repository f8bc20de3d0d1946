from __future__ import annotations

import gzip
import io
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pyarrow as pa  # type: ignore[import-untyped]  # it has no types
import pytest
import zstandard
from pyarrow import parquet

from pgrecall.cli.files import lines
from pgrecall.cli.files.row_file import RowFile, reject_path
from pgrecall.cli.files.rows import BadRow, Format, Row
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def _rows(folder: Path, name: str, content: bytes) -> list[Row | BadRow]:
    (folder / name).write_bytes(content)
    with closing(RowFile(str(folder / name), None)) as source:
        return list(source.rows())


def _values(rows: list[Row | BadRow]) -> list[Any]:
    return [row.values if isinstance(row, Row) else (row.number, row.reason) for row in rows]


def test_json_lines_are_rows_with_their_line_numbers(tmp_path: Path) -> None:
    rows = _rows(tmp_path, "a.jsonl", b'{"a": 1}\n\n{"a": 2}')
    assert [(row.number, row.values) for row in rows if isinstance(row, Row)] == [
        (1, {"a": 1}),
        (3, {"a": 2}),
    ]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"a": ', "not JSON: Expecting value (column 7)"),
        (b'{"a": "caf\xe9"}', "not UTF-8: byte 0xe9 at 11"),
        (b"[1]", "a JSON object is needed, not an array"),
        (b"null", "a JSON object is needed, not null"),
        (b"1" * 5000, "not JSON: Exceeds the limit"),
        (b'{"a": ' + b"[" * 100_000, "not JSON: "),
    ],
)
def test_a_bad_line_of_json_says_why_and_the_next_is_read(
    tmp_path: Path, line: bytes, reason: str
) -> None:
    first, bad, last = _rows(tmp_path, "a.jsonl", b'{"a": 1}\n' + line + b'\n{"a": 3}\n')
    assert isinstance(first, Row)
    assert isinstance(bad, BadRow)
    assert isinstance(last, Row)
    assert (bad.number, bad.raw) == (2, line + b"\n")
    assert bad.reason.startswith(reason)


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv"])
def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path: Path, name: str) -> None:
    content = b'{"a": "x"}\n' if name == "a.jsonl" else b"a\nx\n"
    assert _values(_rows(tmp_path, name, b"\xef\xbb\xbf" + content)) == [{"a": "x"}]


@pytest.mark.parametrize(("ending", "pack"), [("gz", gzip.compress), ("zst", zstandard.compress)])
def test_a_packed_file_is_read_as_what_is_in_it(
    tmp_path: Path, ending: str, pack: Callable[[bytes], bytes]
) -> None:
    two_members = pack(b'{"a": 1}\n') + pack(b'{"a": 2}\n')
    assert _values(_rows(tmp_path, f"a.jsonl.{ending}", two_members)) == [{"a": 1}, {"a": 2}]
    table = io.BytesIO()
    parquet.write_table(pa.table({"a": [1, 2]}), table)
    packed = pack(table.getvalue())
    assert _values(_rows(tmp_path, f"a.parquet.{ending}", packed)) == [{"a": 1}, {"a": 2}]


@pytest.mark.parametrize(("ending", "pack"), [("gz", gzip.compress), ("zst", zstandard.compress)])
@pytest.mark.parametrize("name", ["a.jsonl", "a.parquet"])
def test_a_packed_file_that_is_cut_is_told(
    tmp_path: Path, name: str, ending: str, pack: Callable[[bytes], bytes]
) -> None:
    with pytest.raises(InvalidArgumentError, match="cannot be read to its end"):
        _rows(tmp_path, f"{name}.{ending}", pack(b'{"a": 1}\n')[:-6])


@pytest.mark.parametrize("content", [b"[1, 2]", b'[\n  {"a": 1}\n]\n'])
def test_one_json_array_is_told_with_what_splits_it(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(InvalidArgumentError, match=r"jq -c '\.\[\]'"):
        _rows(tmp_path, "a.json", content)


def test_a_file_without_line_breaks_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "MAX_LINE", 1 << 20)
    with pytest.raises(InvalidArgumentError, match="a line of more than 1 MB"):
        _rows(tmp_path, "a.jsonl", b"x" * (2 << 20))


def test_a_line_that_is_too_long_is_told_as_others_that_are_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "MAX_LINE", 1 << 20)
    content = b'{"a": 1}\n{"a": "' + b"x" * (3 << 20) + b'"}\n{"a": 2}\n'
    first, bad, last = _rows(tmp_path, "a.jsonl", content)
    assert (first.values, last.values) == ({"a": 1}, {"a": 2})
    assert isinstance(bad, BadRow)
    assert "a line of more than 1 MB" in bad.reason
    assert (bad.number, bad.raw) == (2, content.splitlines()[1][:1_000])
    assert last.number == 3


def test_a_long_first_line_of_several_is_told_and_the_others_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "MAX_LINE", 1 << 20)
    rows = _rows(tmp_path, "a.jsonl", b"x" * (2 << 20) + b'\n{"a": 2}\n')
    assert [row.number for row in rows] == [1, 2]
    with pytest.raises(InvalidArgumentError, match="holds one JSON array"):
        _rows(tmp_path, "a.jsonl", b"[" + b"x" * (2 << 20) + b"\n1\n")


@pytest.mark.parametrize(
    "long",
    [
        b"x,y" + b"x" * (2 << 20),
        b'"x","y' + b"y" * (2 << 20) + b'\n"',
        b'"' + b'x""\n' * (1 << 19) + b'",y',
        b'"' + (b"x" * 99 + b"\n") * 30_000 + b'",y',
    ],
    ids=["a line", "a long line of a record", "quotes", "a record of many lines"],
)
def test_a_csv_record_that_is_too_long_is_told_and_reading_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, long: bytes
) -> None:
    monkeypatch.setattr(lines, "MAX_LINE", 1 << 20)
    first, *bad, last = _rows(tmp_path, "a.csv", b"a,b\n1,2\n" + long + b"\n3,4\n")
    assert (first.values, last.values) == ({"a": "1", "b": "2"}, {"a": "3", "b": "4"})
    assert bad[0].number == 3
    assert "of more than 1 MB" in bad[0].reason
    assert sum(len(row.raw or b"") for row in bad) < 4 << 20
    assert last.number == 4 + long.count(b"\n")


@pytest.mark.parametrize("delimiter", [b",", b";", b"\t", b"|"])
def test_the_header_of_a_csv_tells_its_delimiter(tmp_path: Path, delimiter: bytes) -> None:
    content = b"a,b\n1,2\n".replace(b",", delimiter)
    assert _values(_rows(tmp_path, "a.csv", content)) == [{"a": "1", "b": "2"}]


def test_a_csv_record_may_span_lines_and_is_told_by_its_first(tmp_path: Path) -> None:
    rows = _rows(tmp_path, "a.csv", b'a,b\n"x\ny",1\n\nonly\nz,2\n')
    assert _values(rows) == [
        {"a": "x\ny", "b": "1"},
        (5, "1 columns; the header has 2"),
        {"a": "z", "b": "2"},
    ]


def test_a_quote_that_is_not_closed_takes_the_rest_of_a_csv_into_one_bad_row(
    tmp_path: Path,
) -> None:
    first, bad = _rows(tmp_path, "a.csv", b'a,b\nx,1\n"y,2\nz,3\n')
    assert isinstance(first, Row)
    assert isinstance(bad, BadRow)
    assert (bad.number, bad.raw) == (3, b'"y,2\nz,3\n')


def test_parquet_gives_lists_of_numbers_as_arrays(tmp_path: Path) -> None:
    table = pa.table(
        {"text": ["a", "b"], "v": pa.array([[1.0, 2.0], None], pa.list_(pa.float32()))}
    )
    parquet.write_table(table, tmp_path / "a.parquet")
    with closing(RowFile(str(tmp_path / "a.parquet"), None)) as source:
        first, second = (row.values for row in source.rows() if isinstance(row, Row))
    assert (source.size, source.position) == (2, 2)
    assert first["v"].tolist() == [1.0, 2.0]
    assert (second["text"], second["v"]) == ("b", None)


def test_what_is_no_parquet_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgumentError, match="is no Parquet file"):
        _rows(tmp_path, "a.parquet", b"text")


def test_parquet_without_its_library_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(InvalidArgumentError, match=r'pip install "pgrecall\[parquet\]"'):
        _rows(tmp_path, "a.parquet", b"")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("nothing.jsonl", "there is no file"),
        ("folder", "is a folder"),
        ("a.xyz", "name it with --format jsonl|csv|parquet|arrow"),
    ],
)
def test_a_file_that_cannot_be_used_is_told(tmp_path: Path, name: str, told: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "a.xyz").touch()
    with pytest.raises(InvalidArgumentError) as raised:
        RowFile(str(tmp_path / name), None)
    assert told in str(raised.value)


def test_standard_input_is_read_as_json_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b'{"a": 1}\n')))
    source = RowFile("-", None)
    assert _values(list(source.rows())) == [{"a": 1}]
    assert (source.stem, str(reject_path("-", "jsonl"))) == ("stdin", "stdin.rejected.jsonl")


@pytest.mark.parametrize(
    ("name", "format_", "rejects"),
    [
        ("notes.jsonl", "jsonl", "notes.rejected.jsonl"),
        ("notes.2024.csv", "csv", "notes.2024.rejected.csv"),
        ("notes.jsonl.gz", "jsonl", "notes.rejected.jsonl"),
    ],
)
def test_rejected_rows_go_beside_the_file(name: str, format_: Format, rejects: str) -> None:
    assert str(reject_path(f"a/{name}", format_)) == f"a/{rejects}"
    assert str(reject_path(f"a/{name}", format_, whole=True)).startswith(f"a/{name}.rejected.")
