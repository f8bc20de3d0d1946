"""Rows of a file that could not be stored: told by number, and kept to be mended."""

from __future__ import annotations

import json
from contextlib import contextmanager
from decimal import Decimal
from typing import IO, TYPE_CHECKING, NamedTuple

from pgrecall._values.conversions import plain
from pgrecall._values.unusable import Unusable
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pgrecall.cli.files.row_file import RowFile
    from pgrecall.cli.files.rows import BadRow, Row

HOPELESS = 100
"""Bad rows before the first good one that tell that the file is something else."""

KEPT = 100
"""Rejected rows whose reasons are kept to be told."""


class Rejected(NamedTuple):
    """A row that was not stored, and why."""

    number: int
    reason: str


class Rejects:
    """The rows that cannot be used: kept in a file, so that they can be mended and loaded.

    Attributes:
        path: The file; it is made at the first bad row.
        count: How many there were.
        told: The first of them.
    """

    def __init__(self, path: Path, source: RowFile, *, stop: bool) -> None:
        """Write nothing yet."""
        self.path = path
        self.count = 0
        self.told: list[Rejected] = []
        self.good = 0
        self._source = source
        self._stop = stop
        self._file: IO[bytes] | None = None

    def add(self, row: Row | BadRow, reason: str) -> None:
        """Keep a row.

        Raises:
            InvalidArgumentError: Nothing can be used, or the first bad row is to stop the run.
        """
        where = f"{self._source.line_word} {row.number:,} of {self._source.name}"
        if self._stop:
            raise InvalidArgumentError(f"{where}: {reason}")
        self.count += 1
        if len(self.told) < KEPT:
            self.told.append(Rejected(row.number, reason))
        self._write(row)
        if not self.good and self.count >= HOPELESS:
            raise self.nothing_usable()

    def nothing_usable(self) -> InvalidArgumentError:
        """Say that no row could be used; the file of rejects goes: it would be the same again."""
        self.close()
        if self.path.is_file() and not self.path.is_symlink():  # and not /dev/null
            self.path.unlink()
        first, source = self.told[0], self._source
        word = source.line_word
        which = f"none of the first {self.count} {word}s" if self.count > 1 else f"no {word}"
        return InvalidArgumentError(
            f"{which} of {source.name} can be used as {source.format}; {word} {first.number:,}:"
            f" {first.reason}"
        )

    def close(self) -> None:
        """Close the file.

        Raises:
            InvalidArgumentError: What was kept cannot be written.
        """
        if self._file is not None:
            with self._keeping():
                self._file.close()

    def _write(self, row: Row | BadRow) -> None:
        raw = row.raw
        if raw is None:
            raw = json.dumps(row.values, ensure_ascii=False, default=_plain).encode()
        with self._keeping():
            if self._file is None:
                self._file = self.path.open("wb")
                self._file.write(self._source.header)
            self._file.write(raw.rstrip(b"\r\n") + b"\n")

    @contextmanager
    def _keeping(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise InvalidArgumentError(
                f"rejected rows cannot be kept in {str(self.path)!r} ({error.strerror}):"
                " --reject names another file"
            ) from None


def _plain(value: object) -> object:
    try:
        made = plain(value)
    except Unusable:
        return str(value)  # such as bytes: to be seen and mended, not loaded as it is
    return float(made) if isinstance(made, Decimal) else made
