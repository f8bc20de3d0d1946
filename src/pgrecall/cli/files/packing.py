"""Files that are packed, by gzip or Zstandard, read as what is in them."""

from __future__ import annotations

import gzip
import io
import shutil
import tempfile
import zlib
from pathlib import PurePath
from typing import IO, TYPE_CHECKING, Any

from pgrecall._extras import needs
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from types import ModuleType

_GZIP, _ZSTD = (".gz",), (".zst", ".zstd")
_PIECE = 1 << 17
_PACKED = 1 << 10  # bytes of Zstandard that are unpacked at once: they become 32 MB at most

UNREADABLE = (OSError, EOFError, zlib.error)
"""What reading a packed file raises where it is broken or cut."""


def without_packing(name: str) -> str:
    """Leave out the ending that tells how a file is packed: ``a.md`` of ``a.md.gz``."""
    return name[: -len(_packing(name))] if _packing(name) else name


def unpacked(file: IO[bytes], name: str) -> Any:
    """Give what reads a file as what is in it; one that is not packed is given as it is.

    Args:
        file: The file, open.
        name: Its name, whose last ending tells how it is packed.

    Raises:
        InvalidArgumentError: It is packed by Zstandard, and the package that reads it is missing.
    """
    packing = _packing(name)
    if packing in _GZIP:
        return gzip.GzipFile(fileobj=file)
    if packing in _ZSTD:
        return io.BufferedReader(_Zstd(file, _zstandard(name)), _PIECE)
    return file


def unpacked_whole(file: IO[bytes], name: str) -> IO[bytes]:
    """As ``unpacked``, for what is not read in its order: a temporary file has it, or a pipe's.

    Raises:
        InvalidArgumentError: It cannot be unpacked.
    """
    if not _packing(name) and file.seekable():
        return file
    made: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  # the caller closes what it is given
    try:
        with file:
            shutil.copyfileobj(unpacked(file, name), made)
    except UNREADABLE as error:
        made.close()
        raise InvalidArgumentError(f"{name} cannot be read to its end: {error}") from error
    return made


def _packing(name: str) -> str:
    ending = PurePath(name).suffix.lower()
    return ending if ending in (*_GZIP, *_ZSTD) else ""


def _zstandard(name: str) -> ModuleType:
    try:
        import zstandard  # noqa: PLC0415  # few files are packed so
    except ModuleNotFoundError:
        raise InvalidArgumentError(needs(name, "zstandard", "pgrecall[cli]")) from None
    return zstandard


class _Zstd(io.RawIOBase):
    """Frames of Zstandard; zstandard's own reader takes a file that is cut for one that ends."""

    def __init__(self, file: IO[bytes], library: ModuleType) -> None:
        self._file = file
        self._library = library
        self._frame: Any = None
        self._ready = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._ready:
            piece = self._rest_or_next()
            if not piece:
                if self._frame is not None:
                    raise EOFError("Zstandard file ended before the end-of-stream marker")
                return 0
            self._ready = memoryview(self._unpack(piece))
        taken = self._ready[: len(buffer)]
        self._ready = self._ready[len(taken) :]
        buffer[: len(taken)] = taken
        return len(taken)

    def _rest_or_next(self) -> bytes:
        if self._frame is not None and self._frame.eof:
            rest: bytes = self._frame.unused_data
            self._frame = None
            if rest:
                return rest
        return self._file.read(_PACKED)

    def _unpack(self, piece: bytes) -> bytes:
        try:
            if self._frame is None:
                self._frame = self._library.ZstdDecompressor().decompressobj()
            found: bytes = self._frame.decompress(piece)
        except self._library.ZstdError as error:
            raise OSError(str(error)) from None
        return found
