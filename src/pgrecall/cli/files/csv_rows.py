"""CSV as rows, each with the bytes that it was read from."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

from pgrecall.cli.files import lines as limits
from pgrecall.cli.files.lines import CutLine, not_utf8, quotes, too_long
from pgrecall.cli.files.rows import BadRow, Row
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Iterator

_DELIMITERS = ",;\t|"


class CsvRows:
    """The rows of CSV, whose first line names the columns.

    Attributes:
        header: That line, once rows were read.
    """

    def __init__(self, lines: Iterator[bytes], name: str) -> None:
        """Read nothing yet.

        Args:
            lines: The file's.
            name: How messages name it.
        """
        self.header = b""
        self._text = _Decoded(lines)
        self._name = name

    def read(self) -> Iterator[Row | BadRow]:
        """Give the rows in order, once.

        Raises:
            InvalidArgumentError: The first line names no columns.
        """
        csv.field_size_limit(limits.MAX_LINE)
        self.header = self._text.peek()
        if not self.header:
            return
        reader = csv.reader(self._text, delimiter=self._delimiter(), strict=True)
        try:
            names = next(reader)
        except csv.Error as error:
            raise InvalidArgumentError(f"the header of {self._name} is no CSV: {error}") from None
        if len(set(names)) < len(names) or not all(names):
            raise InvalidArgumentError(
                f"the header of {self._name} needs a name of its own for each column: {names}"
            )
        self._text.take()
        yield from self._rows(reader, names)

    def _delimiter(self) -> str:
        if isinstance(self.header, CutLine):
            raise InvalidArgumentError(f"the header of {self._name} is {too_long('line')}")
        try:
            first = self.header.decode()
        except UnicodeDecodeError as error:
            raise InvalidArgumentError(f"the header of {self._name} is {not_utf8(error)}") from None
        return max(_DELIMITERS, key=first.count)

    def _rows(self, reader: Any, names: list[str]) -> Iterator[Row | BadRow]:
        while True:
            number = self._text.taken + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raw, wrong = self._text.take()
                yield BadRow(number, wrong or f"no CSV: {error}", raw[: limits.MAX_LINE])
                continue
            raw, wrong = self._text.take()
            if wrong:
                yield BadRow(number, wrong, raw)
            elif cells and len(cells) != len(names):
                told = f"{len(cells)} columns; the header has {len(names)}"
                yield BadRow(number, told, raw)
            elif cells:
                yield Row(number, dict(zip(names, cells, strict=True)), raw)


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
        self._quotes += quotes(raw)
        if isinstance(raw, CutLine) or self._size > limits.MAX_LINE:
            self._wrong = too_long("line" if isinstance(raw, CutLine) else "record")
            self._kept = [b"".join(self._kept)[: limits.KEPT]]
            # the rest of the record goes by: an odd number of quotes is an open one
            while self._quotes % 2 and (rest := next(self._lines, b"")):
                self.taken += 1
                self._quotes += quotes(rest)
            raise csv.Error(self._wrong)
        try:
            return raw.decode()
        except UnicodeDecodeError as error:
            self._wrong = not_utf8(error)
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
