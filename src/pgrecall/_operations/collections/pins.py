"""Which pin a store met a collection with, and what one caller expects of a collection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from pgrecall._cache import BoundedCache
from pgrecall.errors import CollectionConflictError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pgrecall._statements.layout import Stored

MAX_BYTES = 16 * 2**20
"""What the remembered pins of one store take at most: some 20,000 collections with short names.

Those that were not used for the longest time are forgotten first, and met anew.
"""


class Pin(NamedTuple):
    """What makes vectors comparable; the first field that differs is told."""

    embedding_model: str
    dimensions: int
    metric: str


def pin_of(stored: Stored) -> Pin:
    """Give a collection's pin."""
    return Pin(stored.collection.embedding_model, stored.dimensions, str(stored.metric))


class Pins:
    """The pin under which each collection was last met. Safe for threads, as its cache is."""

    __slots__ = ("_kept",)

    def __init__(self) -> None:
        """Know none."""
        self._kept: BoundedCache[tuple[str, str], Pin] = BoundedCache(MAX_BYTES)

    def get(self, tenant: str, name: str) -> Pin | None:
        """Give the pin that a collection was last met with."""
        return self._kept.get((tenant, name))

    def put(self, tenant: str, name: str, pin: Pin) -> None:
        """Remember a pin."""
        self._kept.put((tenant, name), pin)

    def meet(self, stored: Stored) -> None:
        """Remember a collection's pin unless it was met before."""
        tenant, name = stored.tenant, stored.collection.name
        if self.get(tenant, name) is None:
            self.put(tenant, name, pin_of(stored))

    def compared(self, stored: Stored) -> Pin | None:
        """Give the pin that a collection has to have, as it was last met."""
        return self.get(stored.tenant, stored.collection.name)


class PinsWithin(Pins):
    """The pins of a store as a transaction sees them that may yet be rolled back.

    What is met in it is not told the store. Both its own pins and the store's are known: which of
    the two a collection has, depends on what became of the transaction.
    """

    __slots__ = ("_below",)

    def __init__(self, below: Pins) -> None:
        """Know what the store knows."""
        super().__init__()
        self._below = below

    def get(self, tenant: str, name: str) -> Pin | None:
        """Give the pin of this transaction, else the store's."""
        return super().get(tenant, name) or self._below.get(tenant, name)

    def compared(self, stored: Stored) -> Pin | None:
        """Give the collection's own pin where the store knows it, else this transaction's."""
        below = self._below.get(stored.tenant, stored.collection.name)
        return below if below == pin_of(stored) else super().compared(stored)


@dataclass(frozen=True, slots=True)
class Expectation:
    """What one caller expects of one collection, at every call.

    Attributes:
        tenant: The tenant.
        name: The collection's name.
        verify: Raises CollectionConflictError where a collection is not as it was said.
        said: Which fields of ``Pin`` were said: a change of these needs no telling, for what was
            said is what the caller knows.
    """

    tenant: str
    name: str
    verify: Callable[[Stored], None]
    said: frozenset[str] = frozenset()

    def is_of(self, stored: Stored) -> bool:
        """Tell whether it is about this collection."""
        return (self.tenant, self.name) == (stored.tenant, stored.collection.name)


def conflict(
    stored: Stored, expectation: Expectation | None, last: Pin | None, *, vectors: bool
) -> CollectionConflictError | None:
    """Compare a collection with what is expected of it, and for vectors with how it was last met.

    Args:
        stored: The collection as it was resolved.
        expectation: What the caller said of it.
        last: The pin that it was last met with.
        vectors: Whether vectors of the caller's go into it, or are compared with its own.
    """
    said: frozenset[str] = frozenset()
    if expectation is not None and expectation.is_of(stored):
        said = expectation.said
        try:
            expectation.verify(stored)
        except CollectionConflictError as error:
            return error
    if not vectors or last is None:
        return None
    now = pin_of(stored)
    if now == last:
        return None
    for field, existing, before in zip(Pin._fields, now, last, strict=True):
        if existing != before and field not in said:
            return CollectionConflictError(field, existing, before, stored.collection.name)
    return None
