"""One collection as an adapter uses it: made at the first write, empty until then."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Self, TypeVar

from pgrecall._operations import collections
from pgrecall._pair import Pair
from pgrecall.errors import CollectionConflictError, CollectionNotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from pgrecall._operations.work import Operation
    from pgrecall.async_store import AsyncStore
    from pgrecall.models import Collection
    from pgrecall.store import Store

T = TypeVar("T")

_logger = logging.getLogger("pgrecall")
_MODEL_ATTRIBUTES = ("model", "model_name", "model_id", "repo_id")


class Adapted:
    """A collection whose dimensions the first write tells, on a pair of stores.

    Args:
        store: As ``Pair`` takes it, or a pair.
        tenant: The tenant.
        wanted: What to create, and what to expect of a collection that is there: a pin that
            differs raises at the first use. Its dimensions may be None.
        created: What to create, where it has more than is expected of a collection that is there.

    Raises:
        InvalidArgumentError: ``store`` or a field of what is wanted cannot be used.
    """

    def __init__(
        self,
        store: Pair | Store | AsyncStore | str | None,
        tenant: str,
        wanted: Collection,
        *,
        created: Collection | None = None,
    ) -> None:
        """Connect to nothing yet."""
        self.pair = store if isinstance(store, Pair) else Pair(store)
        self.tenant = tenant
        self.wanted = wanted
        self._created = created or wanted
        self._verified = False
        collections.checked(self.pair.context, tenant, self._created)

    @property
    def name(self) -> str:
        """The collection's name."""
        return self.wanted.name

    def reading(self, make: Callable[[], Operation[T]], *, missing: T) -> Operation[T]:
        """Run an operation that reads or deletes; ``missing`` where there is no collection.

        Raises:
            CollectionConflictError: The collection has another pin than the adapter expects.
        """
        try:
            yield from self._verify()
            result = yield from make()
        except CollectionNotFoundError:
            self._verified = False
            return missing
        except CollectionConflictError:
            # it was embedded anew: its pins are checked again before the next call
            self._verified = False
            raise
        return result

    def ready(self, dimensions: int | None = None) -> Operation[bool]:
        """Make sure of what can be before texts are embedded; tell whether the collection is there.

        Args:
            dimensions: What it would be created with, where that is known.

        Raises:
            CollectionConflictError: The collection has another pin than the adapter expects.
            InvalidArgumentError: It is missing, and the server cannot make what is wanted.
        """
        try:
            yield from self._verify()
        except CollectionNotFoundError:
            yield from collections.check_creatable(
                self.pair.context, self.tenant, self._made(dimensions)
            )
            return False
        return True

    def writing(
        self,
        dimensions: int | None,
        check: Callable[[Collection], Operation[None]],
        make: Callable[[], Operation[T]],
    ) -> Operation[T]:
        """Run an operation that writes, the collection made before it where it is missing.

        Args:
            dimensions: What to create it with; None creates nothing.
            check: Refuses what could not be written to a collection that is missing: a refusal
                leaves none.
            make: Makes the operation; called again where the collection was dropped meanwhile.

        Raises:
            CollectionConflictError: The collection has another pin than the adapter expects.
            CollectionNotFoundError: There is none, and ``dimensions`` is None.
        """
        yield from self._verify(dimensions, check)
        try:
            result = yield from make()
        except CollectionNotFoundError:
            self._verified = False
            yield from self._verify(dimensions, check)
            result = yield from make()
        except CollectionConflictError:
            self._verified = False
            raise
        return result

    def _made(self, dimensions: int | None) -> Collection:
        return replace(self._created, dimensions=self.wanted.dimensions or dimensions)

    def _verify(
        self,
        dimensions: int | None = None,
        check: Callable[[Collection], Operation[None]] | None = None,
    ) -> Operation[None]:
        if self._verified:
            return
        context = self.pair.context
        try:
            yield from collections.verify(context, self.tenant, self.wanted)
        except CollectionNotFoundError:
            # a read creates nothing, whatever dimensions are known
            if check is None or (dimensions is None and self.wanted.dimensions is None):
                raise
            made = self._made(dimensions)
            yield from check(collections.checked(context, self.tenant, made))
            yield from collections.ensure(context, self.tenant, made)
        self._verified = True


class Closing:
    """What closes an adapter: shared by the adapters of every framework."""

    _adapted: Adapted

    def close(self) -> None:
        """Close what this opened; a store of the caller's stays open."""
        self._adapted.pair.close()

    async def aclose(self) -> None:
        """Close what this opened, in every event loop; a store of the caller's stays open."""
        await self._adapted.pair.aclose()

    def __enter__(self) -> Self:
        """Give the object itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()

    async def __aenter__(self) -> Self:
        """Give the object itself."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        await self.aclose()


def is_blank(text: str) -> bool:
    """Tell whether a text is empty or white space: a model has nothing to embed in it."""
    return not text.strip()


def tell_blank(count: int, total: int, name: str) -> None:
    """Log how many texts of a write were stored without a vector."""
    if count:
        _logger.warning(
            "%s of %s texts for collection %r are blank: stored without a vector, so that filters"
            " and ids find them and searches by vector do not",
            f"{count:,}",
            f"{total:,}",
            name,
        )


def model_of(embedding: object) -> str:
    """Give the name of the model behind a framework's embedding, "" where it tells none."""
    for name in _MODEL_ATTRIBUTES:
        value = getattr(embedding, name, None)
        if isinstance(value, str) and value:
            return value
    return ""
