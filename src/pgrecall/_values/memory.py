"""An amount of memory, as callers and settings write it."""

from __future__ import annotations

import re

from pgrecall._values.numbers import whole_number
from pgrecall.errors import InvalidArgumentError

LEAST, MOST = 1 << 20, 1 << 40
"""PostgreSQL takes no less than 1 MB for ``maintenance_work_mem``, and no 2 TB."""

_UNITS = {"": 0, "b": 0, "kb": 10, "mb": 20, "gb": 30, "tb": 40}
_WRITTEN = re.compile(r"(\d{1,15}(?:\.\d{1,9})?) ?([kmgt]?i?b)?", re.IGNORECASE | re.ASCII)


def checked_memory(what: str, value: object) -> int:
    """Give an amount of memory in bytes.

    Args:
        what: What messages call it.
        value: Bytes, or a string with a unit: ``"6GB"``, ``"512 MB"``, ``"1.5GB"``, in powers of
            1024 as PostgreSQL has them.

    Raises:
        InvalidArgumentError: It is none, or too little or too much for a build.
    """
    size = whole_number(value)
    if isinstance(value, str):
        found = _WRITTEN.fullmatch(value.strip())
        if found is not None:
            unit = (found[2] or "").lower().replace("i", "")
            size = round(float(found[1]) * (1 << _UNITS[unit]))
    if size is None or not LEAST <= size <= MOST:
        msg = (
            f'{what}={value!r} must be bytes as a whole number, or a string such as "6GB" (kB, MB,'
            " GB or TB), from 1MB to 1TB"
        )
        raise InvalidArgumentError(msg)
    return size


def memory_text(size: float) -> str:
    """Write an amount as callers may give it back, at least as much: ``7GB``, ``650MB``."""
    megabytes = max(1, -(-round(size) >> 20))
    if megabytes < 10 << 10:
        return f"{megabytes}MB"
    return f"{-(-megabytes >> 10)}GB"
