"""A file of rows: JSON lines, CSV, Parquet or Arrow, read a piece at a time."""

from __future__ import annotations

import codecs
import os
import sys
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, get_args

from pgrecall.cli.files import arrow_batches, json_lines, manifest, parquet
from pgrecall.cli.files.arrow import ArrowRows
from pgrecall.cli.files.csv_rows import CsvRows
from pgrecall.cli.files.encodings import Encoding
from pgrecall.cli.files.lines import read_lines
from pgrecall.cli.files.packing import UNREADABLE, unpacked, unpacked_whole, without_packing
from pgrecall.cli.files.rows import BadRow, Format, Row
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

STDIN = "-"

ENDINGS: dict[str, Format] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".csv": "csv",
    ".tsv": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".arrow": "arrow",
    ".feather": "arrow",
}
"""What a file of rows is, by the ending of its name."""


class RowFile:
    """A file of rows.

    Attributes:
        name: How messages name it.
        format: What it is.
        encoding: How its bytes are text, once rows were read.
        size: Bytes, or rows of a table; None where that is not known.
        manifest: What an export says of its collection, once rows were read.
        has_rows: Whether a row was read.
    """

    def __init__(self, path: str, format_: Format | None, encoding: str | None = None) -> None:
        """Open the file.

        Raises:
            InvalidArgumentError: There is no such file, or it is no file of rows.
        """
        self.name = "standard input" if path == STDIN else path
        self.size: int | None = None
        self.manifest: manifest.Manifest | None = None
        self.has_rows = False
        self.encoding = Encoding(encoding)
        self._path = path
        # what pyarrow reads has no lines, and its rows are counted
        self._table: Callable[[], Iterator[dict[str, Any]]] | None = None
        self._table_rows_read = 0
        self._csv: CsvRows | None = None
        try:
            self._file: IO[bytes] = _stdin() if path == STDIN else _open(path)
        except OSError as error:
            raise InvalidArgumentError(_why_not(path, error)) from None
        if path != STDIN and self._file.seekable():  # as a pipe of the shell's is not
            self.size = os.fstat(self._file.fileno()).st_size
        try:
            self.format = format_ or _format_of(path)
            if self.format in {"parquet", "arrow"}:
                self._open_table(is_text=encoding is not None)
        except InvalidArgumentError:
            self.close()
            raise

    @property
    def position(self) -> int:
        """How many bytes, or rows of a table, were read; 0 where ``size`` is None."""
        if self._table is not None:
            return 0 if self.size is None else self._table_rows_read
        # IO[bytes] has no read-ahead of its own: the position is that of what was taken
        return 0 if self.size is None else self._file.tell()

    @property
    def header(self) -> bytes:
        """What stands before the rows of a CSV file, once rows were read."""
        # rows of what was recoded are UTF-8, whatever --encoding says: a mark goes before it
        mark = codecs.BOM_UTF8 if self.encoding.is_recoded else b""
        return mark if self._csv is None else mark + self._csv.header

    @property
    def delimiter(self) -> str:
        """What stands between the cells of a CSV file, once rows were read; else nothing."""
        return "" if self._csv is None else self._csv.delimiter

    @property
    def stem(self) -> str:
        """The file's name without its endings."""
        return "stdin" if self._path == STDIN else Path(self._path).name.partition(".")[0]

    @property
    def line_word(self) -> str:
        """What a message calls one row: ``line``, or ``row`` where there are no lines."""
        return "line" if self._table is None else "row"

    @property
    def reject_path(self) -> Path:
        """Where rows that cannot be used go: beside the file, in its format."""
        ending = "csv" if self.format == "csv" else "jsonl"
        folder = Path() if self._path == STDIN else Path(self._path).parent
        name = without_packing(Path(self._path).name)
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
        try:
            for row in self._every_row():
                if isinstance(row, BadRow) or self._is_item(row):
                    yield row
        except UNREADABLE as error:
            raise InvalidArgumentError(f"{self.name} cannot be read to its end: {error}") from error

    def _every_row(self) -> Iterator[Row | BadRow]:
        if self._table is not None:
            return self._table_rows(self._table())
        lines = read_lines(unpacked(self._file, self._path), self.name, self.format, self.encoding)
        if self.format == "jsonl":
            return json_lines.rows(lines, self.name, self.encoding)
        self._csv = CsvRows(lines, self.name, self.encoding)
        return self._csv.read()

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

    def _open_table(self, *, is_text: bool) -> None:
        if is_text:
            raise InvalidArgumentError(
                f"--encoding is for CSV and JSON lines; {self.name} is {self.format}"
            )
        if self._path != STDIN:  # which is read in its order
            self._file = unpacked_whole(self._file, self._path)
        if self.format == "arrow":
            arrow = ArrowRows(self._file, self.name, is_stream=self._path == STDIN)
            self._table, self.size, schema = arrow.rows, arrow.count, arrow.schema
        elif self._path == STDIN:
            raise InvalidArgumentError("Parquet cannot be read from standard input: name a file")
        else:
            file = parquet.opened(self._file, self.name)
            self._table, schema = partial(parquet.rows, file), file.schema_arrow
            self.size = file.metadata.num_rows
        self.manifest = manifest.read(arrow_batches.told(schema, manifest.KEY), self.name)

    def _table_rows(self, rows: Iterator[dict[str, Any]]) -> Iterator[Row | BadRow]:
        for values in rows:
            self._table_rows_read += 1
            yield Row(self._table_rows_read, values)


def _stdin() -> IO[bytes]:
    if sys.stdin is None:
        raise InvalidArgumentError("standard input is closed: name a file, or pipe one in")
    return sys.stdin.buffer


def _open(path: str) -> IO[bytes]:
    return Path(path).open("rb")


def _format_of(path: str) -> Format:
    if path == STDIN:
        return "jsonl"
    ending = Path(without_packing(path)).suffix.lower()
    if ending not in ENDINGS:
        raise InvalidArgumentError(
            f"{path!r} does not tell what it is: name it with --format {'|'.join(get_args(Format))}"
        )
    return ENDINGS[ending]


def _why_not(path: str, error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return f"there is no file {path!r}"
    if isinstance(error, IsADirectoryError):
        return f"{path!r} is a folder: name a file in it"
    return f"{path!r} cannot be opened: {error.strerror}"
