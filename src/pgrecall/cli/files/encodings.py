"""How the bytes of a file are text: by its byte order mark, else as told, else UTF-8."""

from __future__ import annotations

import codecs
import io
from typing import TYPE_CHECKING, Any

from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

UTF8 = "utf-8"
USUAL = "cp1252"
"""What Windows' programs write in western Europe and America where they do not write UTF-8."""

# the marks of UTF-32 begin with those of UTF-16
_MARKS = (
    (codecs.BOM_UTF8, UTF8),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_ASCII = bytes(range(128))
_PIECE = 1 << 16
_ZERO = 0
_USUAL_ZEROS = 4  # of so many bytes of UTF-16 one is zero, where half of its letters are Latin


class Encoding:
    """The encoding of one file.

    A mark at its beginning goes before what was told. One in which lines end as in ASCII is decoded
    line by line, so that a line that is broken is told and kept as it is; any other, such as
    UTF-16, becomes UTF-8 while it is read.

    Attributes:
        name: As Python names it.
        is_recoded: Whether lines are UTF-8 that were something else in the file.
    """

    def __init__(self, told: str | None = None) -> None:
        """Take what ``--encoding`` says.

        Raises:
            InvalidArgumentError: There is none of this name.
        """
        self.name = UTF8 if told is None else _known(told)
        self.is_recoded = False
        self._is_told = told is not None

    def begin(self, stream: Any, first: bytes) -> tuple[Any, bytes]:
        """Look at the first line; give what the lines after it are read from, and the line.

        Args:
            stream: What it was read from.
            first: It, or a piece of it: in UTF-16 no line ends where one of ASCII does.
        """
        for mark, name in _MARKS:
            if first.startswith(mark):
                self.name, first = name, first.removeprefix(mark)
                break
        if _ends_as_ascii(self.name):
            return stream, first
        self.is_recoded = True
        recoded = io.BufferedReader(_Recoded(stream, first, self.name))
        return recoded, b""

    def text(self, line: bytes) -> str:
        """Decode a line.

        Raises:
            UnicodeDecodeError: It is something else.
        """
        return line.decode(UTF8 if self.is_recoded else self.name)

    def told(self, error: UnicodeDecodeError) -> str:
        """Say where a line is something else, and what reads it where that is not known."""
        byte = error.object[error.start]
        label = self.name.upper() if self.name.startswith("utf") else self.name
        told = f"not {label}: byte 0x{byte:02x} at {error.start + 1}"
        if self._is_told or self.is_recoded:
            return told
        try:
            error.object.decode(USUAL)
        except UnicodeDecodeError:
            return f"{told}; --encoding says what the file is"
        character = bytes([byte]).decode(USUAL)
        return f"{told}; --encoding {USUAL} would read it, as {character!r}"

    def check_header(self, line: bytes, name: str) -> None:
        """Raise InvalidArgumentError where a first line is UTF-16 that nothing says so of."""
        zeros = line.count(_ZERO)  # a single NUL is something else
        if zeros and _USUAL_ZEROS * zeros >= len(line) and not (self._is_told or self.is_recoded):
            order = "be" if line.startswith(b"\0") else "le"
            raise InvalidArgumentError(
                f"{name} has zero bytes in its first line: UTF-16 without a mark at its beginning"
                f" is read by --encoding utf-16-{order}"
            )


class _Recoded(io.RawIOBase):
    """A stream of another encoding as UTF-8."""

    def __init__(self, stream: Any, first: bytes, name: str) -> None:
        super().__init__()
        self._stream = stream
        self._name = name
        # half a pair stays what it is, and is told where its line is read
        errors = "surrogatepass" if name.startswith("utf") else "strict"
        self._decoder = codecs.getincrementaldecoder(name)(errors)
        self._made = self._recoded(first)
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        while not self._made and not self._ended:
            piece = self._stream.read(_PIECE)
            self._ended = not piece
            self._made = self._recoded(piece, final=self._ended)
        view = memoryview(buffer)
        count = min(len(view), len(self._made))
        view[:count] = self._made[:count]
        self._made = self._made[count:]
        return count

    def _recoded(self, piece: bytes, *, final: bool = False) -> bytes:
        try:
            return self._decoder.decode(piece, final).encode(UTF8, "surrogatepass")
        except UnicodeError as error:
            raise InvalidArgumentError(
                f"what is read is not {self._name}: --encoding says what the file is"
            ) from error


def _known(name: str) -> str:
    try:
        found = codecs.lookup(name)
        is_text = isinstance("".encode(name), bytes)
    except (LookupError, ValueError):
        is_text = False
    if not is_text:
        raise InvalidArgumentError(
            f"--encoding takes utf-8, cp1252, latin-1, utf-16, shift_jis or another encoding that"
            f" Python knows, not {name!r}"
        )
    # a mark of its own is looked for whatever the name
    return {"utf-8-sig": UTF8, "utf-16": "utf-16-le", "utf-32": "utf-32-le"}.get(
        found.name, found.name
    )


def _ends_as_ascii(name: str) -> bool:
    """Tell whether lines can be cut before they are decoded."""
    try:
        return _ASCII.decode(name).encode() == _ASCII
    except UnicodeError:
        return False
