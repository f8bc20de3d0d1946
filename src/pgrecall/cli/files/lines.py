"""Lines of a file of any size: none is kept whole that is longer than memory should hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgrecall.cli.files.encodings import Encoding

MAX_LINE = 8 << 20
"""Bytes of the longest line that is read, and of the longest record of CSV.

What a line becomes in memory may be some thirty times as large.
"""

KEPT = 1_000
"""Bytes of a longer one that are kept, to find it by."""

_PIECE = 1 << 16


class CutLine(bytes):
    """The beginning of a line that is longer than ``MAX_LINE``.

    Attributes:
        quotes: How many quotes the whole line has.
    """

    quotes: int


def read_lines(stream: Any, name: str, format_: str, encoding: Encoding) -> Iterator[bytes]:
    """Give the lines of a stream, without the mark that may begin it.

    Args:
        stream: What has ``readline``.
        name: How messages name the file.
        format_: What it is taken for.
        encoding: Of the file; it learns what the mark says.

    Raises:
        InvalidArgumentError: It is no text of lines.
    """
    stream, line = encoding.begin(stream, stream.readline(MAX_LINE + 1))
    line = line or stream.readline(MAX_LINE + 1)
    first = True
    while line:
        if len(line) > MAX_LINE:
            line, is_last = _cut(stream, line)
            if first and is_last:
                raise InvalidArgumentError(
                    f"{name} has a line of more than {MAX_LINE >> 20} MB and no other: is it"
                    f" {format_}? --format says what it is"
                )
        if first:
            encoding.check_header(line, name)
        first = False
        yield line
        line = stream.readline(MAX_LINE + 1)


def quotes(line: bytes) -> int:
    """Count the quotes of a line, also of one that was cut."""
    return line.quotes if isinstance(line, CutLine) else line.count(b'"')


def too_long(what: str) -> str:
    """Say that a line or record was cut."""
    return f"a {what} of more than {MAX_LINE >> 20} MB, of which the beginning alone is kept"


def _cut(stream: Any, line: bytes) -> tuple[CutLine, bool]:
    """Read past the rest of a line; give what is kept of it, and whether the stream ends there."""
    # the rest goes by in pieces: an archive may hold any length
    piece, count = line, line.count(b'"')
    while piece and not piece.endswith(b"\n"):
        piece = stream.readline(_PIECE)
        count += piece.count(b'"')
    kept = CutLine(line[:KEPT])
    kept.quotes = count
    return kept, not piece
