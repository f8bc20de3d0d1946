"""How a collection is kept, as commands are told it."""

from __future__ import annotations

from typing import Literal

from pgrecall._operations.collections.fields import KINDS
from pgrecall.errors import InvalidArgumentError

Storage = Literal["vector", "halfvec"]


def split_names(text: str) -> list[str]:
    """Read names with commas between."""
    return [name.strip() for name in text.split(",") if name.strip()]


def read_fields(text: str) -> dict[str, str]:
    """Read what ``--fields`` gives.

    Raises:
        InvalidArgumentError: It cannot be read.
    """
    fields = {}
    for part in split_names(text):
        key, _, kind = part.rpartition(":")
        if not key or kind not in KINDS:
            known = ", ".join(f"key:{one}" for one in KINDS)
            raise InvalidArgumentError(
                f"--fields takes {known}, with commas between; {part!r} is none of them"
            )
        fields[key] = kind
    return fields
