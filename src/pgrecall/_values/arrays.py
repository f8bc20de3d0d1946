"""Values in PostgreSQL's binary form, and arrays of them."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from pgrecall._values.vectors import Encoded

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

int4 = struct.Struct(">i").pack
_float8 = struct.Struct(">d").pack
NULL = int4(-1)
TEXT_OID, FLOAT8_OID, TIMESTAMPTZ_OID, JSONB_OID = 25, 701, 1184, 3802


def jsonb(data: bytes) -> bytes:
    """Give jsonb's binary form: version 1 and the text."""
    return b"\1" + data


def text_array(texts: Iterable[str | None]) -> Encoded:
    """Encode texts and nulls: in an array's text form NULL is a word under array_nulls=off."""
    return array(TEXT_OID, [None if text is None else text.encode() for text in texts])


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
    parts = [array_header(oid, len(values))]
    for value in values:
        parts += (NULL,) if value is None else (int4(len(value)), value)
    return Encoded(b"".join(parts))
