"""What is kept beside collections: entries and blobs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """One value under a key of a namespace.

    Attributes:
        namespace: Strings from the widest to the narrowest; it may be empty.
        key: Any non-empty string; unique within its namespace.
        value: Anything that JSON has.
        created_at: When it was first written, in UTC; the database's clock sets it.
        updated_at: When it was last written, in UTC; the database's clock sets it.
        expires_at: When it is gone, in UTC, or None; follows from ``ttl_minutes``.
        ttl_minutes: Minutes that it lives after its last write or refresh; None: for good.
    """

    namespace: tuple[str, ...]
    key: str
    value: Any
    created_at: datetime | None = None
    updated_at: datetime | None = None
    expires_at: datetime | None = None
    ttl_minutes: float | None = None


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes under a key of a namespace.

    Attributes:
        namespace: Strings from the widest to the narrowest; it may be empty.
        key: Any non-empty string; unique within its namespace.
        value: The bytes, 1,000,000,000 at most; None where they were not asked for.
        content_type: What they are, by the writer's words.
        metadata: What it is found by: anything of a JSON object.
        created_at: When it was first written, in UTC; the database's clock sets it.
        updated_at: When it was last written, in UTC; the database's clock sets it.
        expires_at: When it is gone, in UTC, or None; follows from ``ttl_minutes``.
        ttl_minutes: Minutes that it lives after its last write or refresh; None: for good.
        size: How many bytes there are.
        number: Of two blobs, the one that came first has the lower; the database gives it.
    """

    namespace: tuple[str, ...]
    key: str
    value: bytes | None = None
    content_type: str | None = None
    metadata: Mapping[str, Any] | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    expires_at: datetime | None = None
    ttl_minutes: float | None = None
    size: int | None = None
    number: int | None = None
