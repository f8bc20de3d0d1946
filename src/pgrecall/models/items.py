"""What is stored: items, and changes of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

from pgrecall._notebooks.short import record
from pgrecall._notebooks.short import vector as short_vector
from pgrecall.models.equality import are_same, are_same_vectors

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from numpy.typing import NDArray

    from pgrecall.models.collections import FieldPath


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """One stored item.

    Attributes:
        id: Any non-empty string of up to 2,000 bytes; unique within its collection.
        vector: As many numbers as the collection has dimensions, as a sequence of floats or a
            1-D array; None where only text is kept. Comes back as a float32 array.
        text: Any text without NUL; it may be empty.
        metadata: A JSON object whose objects and lists nest 100 levels at most, itself counted;
            None means an empty one. Comes back as a dict.
        created_at: When it was written first, in UTC; None before it is stored. The database's
            clock sets it, and what a write gives is ignored, except by ``load`` with
            ``keep_times=True``. Neither time is compared.
        updated_at: When it was written last, likewise.
    """

    id: str
    vector: Sequence[float] | NDArray[Any] | None
    text: str = ""
    metadata: Mapping[str, Any] | None = None
    _: KW_ONLY
    created_at: datetime | None = field(default=None, repr=False)
    updated_at: datetime | None = field(default=None, repr=False)

    def __eq__(self, other: object) -> bool:
        """Compare vectors by their numbers: arrays have no truth value of their own."""
        if not isinstance(other, Item):
            return NotImplemented
        return (
            self.id == other.id
            and self.text == other.text
            and are_same(self.metadata, other.metadata)
            and are_same_vectors(self.vector, other.vector)
        )

    __hash__ = None  # type: ignore[assignment]  # metadata and arrays have no hash

    def __repr__(self) -> str:
        """Show what it has, what is long by its beginning."""
        return record(self, {"vector": short_vector})


class _Keep(Enum):
    KEEP = "KEEP"

    def __repr__(self) -> str:
        return self.value


KEEP: Any = _Keep.KEEP
"""Stands in a ``Change`` for what stays as it is."""


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """What ``update`` does to one stored item; what is not given stays as it is.

    A field is a string, the literal key of the metadata whatever its characters (``"id"`` too), or
    a tuple or list of keys, a path into nested objects.

    Attributes:
        id: The item's id. One that is not stored is left out, never created.
        vector: The new vector; None takes the vector away.
        text: The new text. The vector stays: give the new text's beside it.
        metadata: In place of all that there is; None means an empty object. Not beside ``set`` or
            ``remove``.
        set: Fields and their new values, done in this order. What is missing on a path is made;
            what is there on it and is no object refuses the batch.
        remove: Fields to remove, after ``set``; one that is not there is no error.
    """

    id: str
    _: KW_ONLY
    vector: Sequence[float] | NDArray[Any] | None = KEEP
    text: str = KEEP
    metadata: Mapping[str, Any] | None = KEEP
    set: Mapping[FieldPath, Any] | None = None
    remove: Iterable[FieldPath | list[str]] = ()

    def __eq__(self, other: object) -> bool:
        """Compare vectors by their numbers: arrays have no truth value of their own."""
        if not isinstance(other, Change):
            return NotImplemented
        names = (name for name in self.__slots__ if name != "vector")
        same = all(are_same(getattr(self, name), getattr(other, name)) for name in names)
        if self.vector is KEEP or other.vector is KEEP:
            return same and self.vector is other.vector
        return same and are_same_vectors(self.vector, other.vector)

    __hash__ = None  # type: ignore[assignment]  # metadata and arrays have no hash
