"""Keys of frameworks, which may be any string, as keys that an index of PostgreSQL holds."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from pgrecall._values.strings import check_name
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pgrecall.models import Blob

MAX_PLAIN_BYTES = 1_000
"""A longer key is kept by its beginning and its hash: an index holds 2,400 bytes with the names."""
MAX_NAMESPACE_BYTES = 300
"""What a namespace of the caller's may have, so that every key fits beside every tenant."""
MAX_PATH_BYTES, MAX_BESIDE_PATH_BYTES = 400, 600
"""The same of a framework's own namespace, and of a key in it: both share the index."""

WHOLE = "key"
"""The key of a blob's metadata that has the whole of a key that was cut."""

_BEGINNING = 100  # letters of a long key that stand before its hash
# each letter has one code and no code begins with another: what a key begins with, its code does
_UNSTORABLE = re.compile("[\0\1\ud800-\udfff]")
_CODE = re.compile("\1(?:[\1\2]|\3....)")
_PART_END = b"\1\6padding"  # as many bytes as an array has of its own for a part
_NUL, _ONE, _SURROGATE, _EMPTY, _CUT = "\1\1", "\1\2", "\1\3", "\1\4", "\1\5"


def check_namespace(namespace: object) -> None:
    """Raise InvalidArgumentError unless every key fits beside this name."""
    check_name("a namespace", namespace, limit=MAX_NAMESPACE_BYTES)


def checked_list(what: str, given: Iterable[object]) -> list[str]:
    """Give keys as a list.

    Raises:
        InvalidArgumentError: They are one string, or one is no string.
    """
    if isinstance(given, str | bytes):
        msg = f"{what} must be a list of strings, not one {type(given).__name__}"
        raise InvalidArgumentError(msg)
    return [_checked(key) for key in given]


def to_stored(key: object, limit: int = MAX_PLAIN_BYTES) -> tuple[str, dict[str, str] | None]:
    """Give the key that a blob is kept under, and its metadata: that of a key that is not whole.

    Plain keys are kept as they are. NUL and lone surrogates, which PostgreSQL has not, are written
    in other letters.

    Raises:
        InvalidArgumentError: It is no string.
    """
    text = _checked(key)
    coded = _coded(text)
    if len(coded.encode()) <= limit:
        return coded or _EMPTY, None
    return _coded(text[:_BEGINNING]) + _CUT + hashlib.sha256(coded.encode()).hexdigest(), {
        WHOLE: coded
    }


def path_of(parts: Iterable[object]) -> tuple[str, ...]:
    """Give the namespace that blobs of a namespace are kept in: a long one by its hash.

    Raises:
        InvalidArgumentError: It is one string, or a part is none.
    """
    if isinstance(parts, str | bytes):
        msg = f"a namespace must be a tuple of strings, not {type(parts).__name__}"
        raise InvalidArgumentError(msg)
    path = tuple(_coded(_checked(part, "a part of a namespace")) for part in parts)
    data = b"".join(_PART_END + part.encode() for part in path)
    if len(data) <= MAX_PATH_BYTES:
        return path
    return (_CUT + hashlib.sha256(data).hexdigest(),)


def from_stored(blob: Blob) -> str:
    """Give the key that a blob was put under."""
    coded = (blob.metadata or {}).get(WHOLE)
    if not isinstance(coded, str):
        coded = "" if blob.key == _EMPTY else blob.key
    return _CODE.sub(_letter, coded)


def begin_of(prefix: object) -> str:
    """Give what every stored key begins with whose key begins with ``prefix``.

    Others may begin so too, where it is longer than what is left of a long key.

    Raises:
        InvalidArgumentError: It is no string.
    """
    return _coded(_checked(prefix, "a prefix")[:_BEGINNING])


def _checked(key: object, what: str = "a key") -> str:
    if not isinstance(key, str):
        msg = f"{what} must be a string, not {type(key).__name__}"
        raise InvalidArgumentError(msg)
    return key


def _coded(text: str) -> str:
    return _UNSTORABLE.sub(_code, text)


def _code(found: re.Match[str]) -> str:
    letter = found[0]
    if letter in "\0\1":
        return _ONE if letter == "\1" else _NUL
    return f"{_SURROGATE}{ord(letter):04x}"


def _letter(found: re.Match[str]) -> str:
    code = found[0]
    if code.startswith(_SURROGATE):
        return chr(int(code[len(_SURROGATE) :], 16))
    return "\1" if code == _ONE else "\0"
