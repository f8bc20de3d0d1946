"""Files as rows: JSON lines, CSV and Parquet, read a piece at a time."""

from __future__ import annotations

import codecs
import csv
import gzip
import json
import sys
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal, get_args

from pgrecall.cli.files import manifest, parquet
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Iterator

Format = Literal["jsonl", "csv", "parquet"]

STDIN = "-"
MAX_LINE = 8 << 20
"""Bytes of the longest line that is read, and of the longest record of CSV.

What a line becomes in memory may be some thirty times as large.
"""

_PIECE = 1 << 16
_KEPT = 1_000  # bytes of a longer one that are kept, to find it by

_ENDINGS: dict[str, Format] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".csv": "csv",
    ".tsv": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
}
_DELIMITERS = ",;\t|"
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file: where it begins, its values, and its bytes where it has any of its own."""

    number: int
    values: dict[str, Any]
    raw: bytes | None = None


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be used, and why; its values where it has no bytes of its own."""

    number: int
    reason: str
    raw: bytes | None = None
    values: dict[str, Any] | None = None


class Source:
    """A file of rows.

    Attributes:
        name: How messages name it.
        format: What it is.
        size: Bytes, or rows of a Parquet file; None where that is not known.
        position: How many of them were read.
        header: The first line of a CSV file, once rows were read.
        manifest: What an export says of its collection, once rows were read.
        has_rows: Whether a row was read.
    """

    def __init__(self, path: str, format_: Format | None) -> None:
        """Open the file.

        Raises:
            InvalidArgumentError: There is no such file, or it is no file of rows.
        """
        self.name = "standard input" if path == STDIN else path
        self.size: int | None = None
        self.position = 0
        self.header = b""
        self.manifest: manifest.Manifest | None = None
        self.has_rows = False
        self._path = path
        self._parquet: Any = None
        try:
            self._file: IO[bytes] = _stdin() if path == STDIN else _open(path)
        except OSError as error:
            raise InvalidArgumentError(_why_not(path, error)) from None
        if path != STDIN:
            self.size = Path(path).stat().st_size
        try:
            self.format = format_ or _format_of(path)
            if self.format == "parquet":
                self._open_parquet()
        except InvalidArgumentError:
            self.close()
            raise

    @property
    def stem(self) -> str:
        """The file's name without its endings."""
        return "stdin" if self._path == STDIN else Path(self._path).name.partition(".")[0]

    @property
    def line_word(self) -> str:
        """What a message calls one row: ``line``, or ``row`` where there are no lines."""
        return "row" if self.format == "parquet" else "line"

    @property
    def reject_path(self) -> Path:
        """Where rows that cannot be used go: beside the file, in its format."""
        ending = "csv" if self.format == "csv" else "jsonl"
        folder = Path() if self._path == STDIN else Path(self._path).parent
        name = Path(self._path).name.removesuffix(".gz")
        stem = "stdin" if self._path == STDIN else Path(name).stem
        return folder / f"{stem}.rejected.{ending}"

    def close(self) -> None:
        """Close the file; standard input stays open."""
        if self._path != STDIN:
            self._file.close()

    def rows(self) -> Iterator[Row | BadRow]:
        """Give the rows in order, once.

        Raises:
            InvalidArgumentError: The file as a whole cannot be read.
        """
        readers = {"jsonl": self._jsonl, "csv": self._csv, "parquet": self._parquet_rows}
        try:
            for row in readers[self.format]():
                if isinstance(row, BadRow) or self._is_item(row):
                    yield row
        except (OSError, EOFError, zlib.error) as error:
            raise InvalidArgumentError(f"{self.name} cannot be read to its end: {error}") from error

    def _is_item(self, row: Row) -> bool:
        """Take what an export says of its collection out of a row; True where more is in it."""
        told = manifest.read(row.values.get(manifest.KEY), self.name)
        if told is not None:
            if self.has_rows and told != self.manifest:
                raise InvalidArgumentError(
                    f"line {row.number:,} of {self.name} begins the export of another collection,"
                    " or was moved from the top: load one export at a time, its first line first"
                )
            self.manifest = told
            del row.values[manifest.KEY]
        self.has_rows = self.has_rows or bool(row.values)
        return told is None or bool(row.values)

    def _lines(self) -> Iterator[bytes]:
        # IO[bytes] has no read-ahead of its own: the position is that of what was taken
        stream: Any = self._file
        if self._path.endswith(".gz"):
            stream = gzip.GzipFile(fileobj=self._file)
        first = True
        while line := stream.readline(MAX_LINE + 1):
            if first and line.startswith(_UTF16):
                raise InvalidArgumentError(
                    f"{self.name} is UTF-16, not UTF-8: convert it with iconv -f UTF-16 -t UTF-8"
                )
            if len(line) > MAX_LINE:
                # the rest goes by in pieces: an archive may hold any length
                piece, quotes = line, line.count(b'"')
                while piece and not piece.endswith(b"\n"):
                    piece = stream.readline(_PIECE)
                    quotes += piece.count(b'"')
                if first and not piece:
                    raise InvalidArgumentError(
                        f"{self.name} has a line of more than {MAX_LINE >> 20} MB and no other: is"
                        f" it {self.format}? --format says what it is"
                    )
                line = _Cut(line[:_KEPT])
                line.quotes = quotes
            if first:
                line = line if isinstance(line, _Cut) else line.removeprefix(codecs.BOM_UTF8)
                first = False
            if self.size is not None:
                self.position = self._file.tell()
            yield line

    def _jsonl(self) -> Iterator[Row | BadRow]:
        for number, raw in enumerate(self._lines(), start=1):
            if number == 1 and raw.lstrip().startswith(b"["):
                raise InvalidArgumentError(_one_array(self.name))
            if isinstance(raw, _Cut):
                yield BadRow(number, _too_long("line"), raw)
            elif raw and not raw.isspace():
                yield _json_row(number, raw)

    def _csv(self) -> Iterator[Row | BadRow]:
        csv.field_size_limit(MAX_LINE)
        text = _Decoded(self._lines())
        self.header = text.peek()
        if not self.header:
            return
        if isinstance(self.header, _Cut):
            raise InvalidArgumentError(f"the header of {self.name} is {_too_long('line')}")
        try:
            first = self.header.decode()
        except UnicodeDecodeError as error:
            raise InvalidArgumentError(f"the header of {self.name} is {_not_utf8(error)}") from None
        delimiter = max(_DELIMITERS, key=first.count)
        reader = csv.reader(text, delimiter=delimiter, strict=True)
        try:
            names = next(reader)
        except csv.Error as error:
            raise InvalidArgumentError(f"the header of {self.name} is no CSV: {error}") from None
        if len(set(names)) < len(names) or not all(names):
            raise InvalidArgumentError(
                f"the header of {self.name} needs a name of its own for each column: {names}"
            )
        text.take()
        yield from self._csv_rows(reader, names, text)

    def _csv_rows(self, reader: Any, names: list[str], text: _Decoded) -> Iterator[Row | BadRow]:
        while True:
            number = text.taken + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raw, wrong = text.take()
                yield BadRow(number, wrong or f"no CSV: {error}", raw[:MAX_LINE])
                continue
            raw, wrong = text.take()
            if wrong:
                yield BadRow(number, wrong, raw)
            elif cells and len(cells) != len(names):
                told = f"{len(cells)} columns; the header has {len(names)}"
                yield BadRow(number, told, raw)
            elif cells:
                yield Row(number, dict(zip(names, cells, strict=True)), raw)

    def _open_parquet(self) -> None:
        if self._path == STDIN:
            raise InvalidArgumentError("Parquet cannot be read from standard input: name a file")
        self._parquet = parquet.opened(self._file, self.name)
        self.size = self._parquet.metadata.num_rows
        self.manifest = manifest.read(parquet.told(self._parquet, manifest.KEY), self.name)

    def _parquet_rows(self) -> Iterator[Row | BadRow]:
        for values in parquet.rows(self._parquet):
            self.position += 1
            yield Row(self.position, values)


def _json_row(number: int, raw: bytes) -> Row | BadRow:
    try:
        values = json.loads(raw.decode().rstrip("\r\n"))
    except UnicodeDecodeError as error:
        return BadRow(number, _not_utf8(error), raw)
    except json.JSONDecodeError as error:
        told = f"{error.msg.removesuffix(' at')} (column {error.colno})"
        return BadRow(number, f"not JSON: {told}", raw)
    except (ValueError, RecursionError) as error:  # a number of too many digits, too deep
        return BadRow(number, f"not JSON: {error}", raw)
    if isinstance(values, dict):
        return Row(number, values, raw)
    return BadRow(number, f"a JSON object is needed, not {_kind(values)}", raw)


class _Cut(bytes):
    """The beginning of a line that is longer than ``MAX_LINE``.

    Attributes:
        quotes: How many quotes the whole line has.
    """

    quotes: int


class _Decoded:
    """Lines as text for ``csv``, which keeps the bytes of the record being read.

    Attributes:
        taken: How many lines were read.
    """

    def __init__(self, lines: Iterator[bytes]) -> None:
        self.taken = 0
        self._lines = lines
        self._kept: list[bytes] = []
        self._size = self._quotes = 0
        self._wrong = ""
        self._ahead: bytes | None = None

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        raw, self._ahead = self.peek(), None
        if not raw:
            raise StopIteration
        self.taken += 1
        self._kept.append(raw)
        self._size += len(raw)
        self._quotes += _quotes(raw)
        if isinstance(raw, _Cut) or self._size > MAX_LINE:
            self._wrong = _too_long("line" if isinstance(raw, _Cut) else "record")
            self._kept = [b"".join(self._kept)[:_KEPT]]
            # the rest of the record goes by: an odd number of quotes is an open one
            while self._quotes % 2 and (rest := next(self._lines, b"")):
                self.taken += 1
                self._quotes += _quotes(rest)
            raise csv.Error(self._wrong)
        try:
            return raw.decode()
        except UnicodeDecodeError as error:
            self._wrong = _not_utf8(error)
            return raw.decode(errors="replace")

    def peek(self) -> bytes:
        """Give the next line without taking it; empty at the end."""
        if self._ahead is None:
            self._ahead = next(self._lines, b"")
        return self._ahead

    def take(self) -> tuple[bytes, str]:
        """Give the bytes of the record read last, and what is wrong with them."""
        raw, wrong = b"".join(self._kept), self._wrong
        self._kept, self._wrong = [], ""
        self._size = self._quotes = 0
        return raw, wrong


def _stdin() -> IO[bytes]:
    if sys.stdin is None:
        raise InvalidArgumentError("standard input is closed: name a file, or pipe one in")
    return sys.stdin.buffer


def _quotes(line: bytes) -> int:
    return line.quotes if isinstance(line, _Cut) else line.count(b'"')


def _too_long(what: str) -> str:
    return f"a {what} of more than {MAX_LINE >> 20} MB, of which the beginning alone is kept"


def _open(path: str) -> IO[bytes]:
    return Path(path).open("rb")


def _format_of(path: str) -> Format:
    if path == STDIN:
        return "jsonl"
    ending = Path(path.removesuffix(".gz")).suffix.lower()
    if ending not in _ENDINGS:
        raise InvalidArgumentError(
            f"{path!r} does not tell what it is: name it with --format {'|'.join(get_args(Format))}"
        )
    return _ENDINGS[ending]


def _why_not(path: str, error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return f"there is no file {path!r}"
    if isinstance(error, IsADirectoryError):
        return f"{path!r} is a folder: name a file in it"
    return f"{path!r} cannot be opened: {error.strerror}"


def _not_utf8(error: UnicodeDecodeError) -> str:
    byte = error.object[error.start]
    return f"not UTF-8: byte 0x{byte:02x} at {error.start + 1}"


def _one_array(name: str) -> str:
    return (
        f"{name} holds one JSON array; an object a line is needed: jq -c '.[]' {name} > rows.jsonl"
    )


def _kind(value: object) -> str:
    kinds = {list: "an array", str: "a string", bool: "a boolean", type(None): "null"}
    return kinds.get(type(value), "a number")
