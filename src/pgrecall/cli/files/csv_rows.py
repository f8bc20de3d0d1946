"""CSV as rows, each with the bytes that it was read from."""

from __future__ import annotations

import csv
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from pgrecall.cli.files import lines as limits
from pgrecall.cli.files.lines import CutLine, quotes, too_long
from pgrecall.cli.files.rows import BadRow, Row
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgrecall.cli.files.encodings import Encoding

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
"""What may stand between cells, and what messages call it."""

# Excel writes it before the header, and reads by it
_SAYS = re.compile(r'"?sep=([^"\r\n])"?\r?\n?\Z', re.IGNORECASE)
_QUOTED = re.compile(r'"(?:[^"]|"")*"')


def unnamed(place: int) -> str:
    """Name a column that the header has no name for, by its place from 0 on."""
    return f"column {place + 1}"


class CsvRows:
    """The rows of CSV, whose first line names the columns.

    Attributes:
        header: What stands before the rows, once rows were read.
        delimiter: What stands between cells.
    """

    def __init__(self, lines: Iterator[bytes], name: str, encoding: Encoding) -> None:
        """Read nothing yet.

        Args:
            lines: The file's.
            name: How messages name it.
            encoding: The file's.
        """
        self.header = b""
        self.delimiter = ","
        self._text = _Decoded(lines, encoding)
        self._name = name
        self._encoding = encoding

    def read(self) -> Iterator[Row | BadRow]:
        """Give the rows in order, once.

        Raises:
            InvalidArgumentError: The first line names no columns.
        """
        csv.field_size_limit(limits.MAX_LINE)
        first = self._first_line()
        if (says := _SAYS.match(first)) is not None:
            next(self._text)
            self.header += self._text.take()[0]
            first = self._first_line()
        if not first:
            return
        self.delimiter = says[1] if says is not None else _usual(first)
        reader = csv.reader(self._text, delimiter=self.delimiter, strict=True)
        try:
            names = next(reader)
        except csv.Error as error:
            raise InvalidArgumentError(f"the header of {self._name} is no CSV: {error}") from None
        raw, wrong = self._text.take()
        if wrong:
            raise InvalidArgumentError(f"the header of {self._name} is {wrong}")
        self.header += raw
        yield from self._rows(reader, *self._named(names))

    def _first_line(self) -> str:
        """Give the next line that is not blank, without taking it; empty at the end."""
        while (raw := self._text.peek()) and raw.isspace():
            next(self._text)
            self._text.take()
        if isinstance(raw, CutLine):
            raise InvalidArgumentError(f"the header of {self._name} is {too_long('line')}")
        try:
            return self._encoding.text(raw)
        except UnicodeDecodeError as error:
            told = self._encoding.told(error)
            raise InvalidArgumentError(f"the header of {self._name} is {told}") from None

    def _named(self, header: list[str]) -> tuple[list[str], int]:
        """Name each column; say how many a row needs: those at the end without a name may lack."""
        needed = len(header)
        while needed and not header[needed - 1].strip():
            needed -= 1
        names = [name if name.strip() else unnamed(place) for place, name in enumerate(header)]
        twice = [name for name, count in Counter(names).items() if count > 1]
        if twice or not needed:
            which = f"; {', '.join(map(repr, twice))} comes twice" if twice else ""
            raise InvalidArgumentError(
                f"the header of {self._name} needs a name of its own for each column: {header}"
                f"{which}"
            )
        return names, needed

    def _rows(self, reader: Any, names: list[str], needed: int) -> Iterator[Row | BadRow]:
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
            elif cells and (len(cells) < needed or any(cells[len(names) :])):
                told = f"{len(cells)} columns; the header has {len(names)}"
                yield BadRow(number, told, raw)
            elif cells:
                # what is missing or too much is empty
                yield Row(number, dict(zip(names, cells, strict=False)), raw)


class _Decoded:
    """Lines as text for ``csv``, which keeps the bytes of the record being read.

    Attributes:
        taken: How many lines were read.
    """

    def __init__(self, lines: Iterator[bytes], encoding: Encoding) -> None:
        self.taken = 0
        self._lines = lines
        self._encoding = encoding
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
            return self._encoding.text(raw)
        except UnicodeDecodeError as error:
            self._wrong = self._encoding.told(error)
            return raw.decode("ascii", errors="replace")

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


def _usual(header: str) -> str:
    """Say which delimiter a header has most of, outside of quotes."""
    bare = _QUOTED.sub("", header)
    return max(DELIMITERS, key=bare.count)
