"""A row of a file, whatever the file's format, and the formats."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Format = Literal["jsonl", "csv", "parquet", "arrow"]


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file: where it begins, its values, and its bytes where it has any of its own."""

    number: int
    values: dict[str, Any]
    raw: bytes | None = None


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be used, and why; its values where it has no bytes of its own."""

    number: int
    reason: str
    raw: bytes | None = None
    values: dict[str, Any] | None = None
