"""The text of a document."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from pgrecall._values.conversions import cleaned
from pgrecall.cli.files.encodings import Encoding
from pgrecall.cli.files.packing import UNREADABLE, unpacked
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall.cli.documents.formats import LoadFormat
    from pgrecall.cli.documents.inputs import Input

MAX_BYTES = 64 << 20
"""Bytes of the largest document, unpacked: it is in memory whole."""


@dataclass(frozen=True, slots=True)
class Document:
    """A document's text.

    Attributes:
        format: What it was.
        text: The text, its lines ended by a line feed each.
        pages: Where each page begins in it; empty where there are no pages.
        textless: How many pages have no text.
    """

    format: LoadFormat
    text: str
    pages: Sequence[int] = ()
    textless: int = 0


def read(input_: Input, encoding: str | None = None, *, clean: bool = False) -> Document:
    """Read a document.

    Args:
        input_: The file.
        encoding: What a text is, where no mark at its beginning tells; None is UTF-8.
        clean: Whether NUL is taken out of texts.

    Raises:
        InvalidArgumentError: It cannot be read; the message says what would help.
    """
    path = input_.path
    try:
        with open(path, "rb") as file:  # noqa: PTH123  # as it was given
            if input_.format == "pdf":
                return _pdf(file, path)
            content = _content(file, path)
    except UNREADABLE as error:
        told = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise InvalidArgumentError(f"{path!r} cannot be read: {told}") from None
    text = _decoded(content, Encoding(encoding), path)
    if "\0" in text:
        if not clean:
            line = text.count("\n", 0, text.index("\0")) + 1
            raise InvalidArgumentError(
                f"{path!r} has a NUL in line {line:,}: is it text? --clean takes NUL out"
            )
        text = cleaned(text)
    return Document(input_.format, text.replace("\r\n", "\n").replace("\r", "\n"))


def _pdf(file: IO[bytes], path: str) -> Document:
    from pgrecall.cli.documents import pdf  # noqa: PLC0415  # pypdf is an extra, and slow to import

    text, pages, textless = pdf.text_of(_content(file, path), path)
    return Document("pdf", text, pages, textless)


def _content(file: IO[bytes], path: str) -> bytes:
    content: bytes = unpacked(file, path).read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise InvalidArgumentError(
            f"{path!r} has more than {MAX_BYTES >> 20} MB: split it, or load its parts as rows"
        )
    return content


def _decoded(content: bytes, encoding: Encoding, path: str) -> str:
    recoded, text = encoding.begin(io.BytesIO(), content)
    text = text or recoded.read()
    encoding.check_header(text.partition(b"\n")[0], repr(path))
    try:
        return encoding.text(text)
    except UnicodeDecodeError as error:
        before = text.count(b"\n", 0, error.start)
        try:
            encoding.text(text.split(b"\n")[before])  # once more, for its place in the line
        except UnicodeDecodeError as of_line:
            error = of_line
        raise InvalidArgumentError(
            f"{path!r}, line {before + 1:,}: {encoding.told(error)}"
        ) from None
