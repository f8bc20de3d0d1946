"""Values in PostgreSQL's binary form, and arrays of them."""

from __future__ import annotations

import struct
from itertools import chain
from typing import TYPE_CHECKING, TypeVar

from pgrecall._values.vectors import Encoded

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

T = TypeVar("T")

int4 = struct.Struct(">i").pack
_float8 = struct.Struct(">d").pack
NULL = int4(-1)
BYTEA_OID, TEXT_OID, FLOAT8_OID, TIMESTAMPTZ_OID, JSONB_OID = 17, 25, 701, 1184, 3802


def jsonb(data: bytes) -> bytes:
    """Give jsonb's binary form: version 1 and the text."""
    return b"\1" + data


def text_array(texts: Iterable[str | None]) -> Encoded:
    """Encode texts and nulls: in an array's text form NULL is a word under array_nulls=off."""
    return array(TEXT_OID, [None if text is None else text.encode() for text in texts])


def bytea_array(values: Sequence[bytes]) -> Encoded:
    """Encode bytes, of which there may be a lot."""
    header = array_header(BYTEA_OID, len(values))
    return Encoded(b"".join([header, *interleaved(sized(values))]))


def float_array(numbers: Iterable[float | None]) -> Encoded:
    """Encode numbers and nulls, as ``text_array`` does."""
    values = [None if number is None else _float8(number) for number in numbers]
    return array(FLOAT8_OID, values)


def array_header(oid: int, length: int) -> bytes:
    """Begin an array in its binary form; each element follows with its length."""
    # array_send in PostgreSQL's arrayfuncs.c: dimensions, has nulls, type, length, lower bound
    return struct.pack(">iiIii", 1, 1, oid, length, 1)


def array(oid: int, values: Sequence[bytes | None]) -> Encoded:
    """Encode values, each in its binary form, and nulls as an array."""
    header = array_header(oid, len(values))
    if None in values:
        parts = [NULL if one is None else int4(len(one)) + one for one in values]
        return Encoded(header + b"".join(parts))
    return Encoded(header + b"".join(interleaved(sized(values))))  # type: ignore[arg-type]  # no None


def sized(values: Sequence[bytes]) -> tuple[Iterable[bytes], Sequence[bytes]]:
    """Give values' lengths and the values: two columns of ``interleaved``."""
    return map(int4, map(len, values)), values


def interleaved(columns: Iterable[Iterable[T]]) -> Iterable[T]:
    """Give rows of columns one value after the other; nothing of it runs in Python a value."""
    return chain.from_iterable(zip(*columns, strict=False))
