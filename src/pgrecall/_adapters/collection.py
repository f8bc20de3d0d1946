"""One collection as an adapter uses it: made at the first write, empty until then."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from pgrecall._adapters.pair import Pair
from pgrecall._operations.collections import checks, collections, creating
from pgrecall._operations.context import resolve
from pgrecall.errors import CollectionNotFoundError
from pgrecall.models import Metric

if TYPE_CHECKING:
    from collections.abc import Callable

    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation
    from pgrecall._statements.layout import Stored
    from pgrecall.async_store import AsyncStore
    from pgrecall.models import Collection
    from pgrecall.store import Store

T = TypeVar("T")

_logger = logging.getLogger("pgrecall")
_MODEL_ATTRIBUTES = ("model", "model_name", "model_id", "repo_id")
_TRIES = 5


class AdapterCollection:
    """A collection whose dimensions the first write tells, on a pair of stores.

    Args:
        store: As ``Pair`` takes it, or a pair.
        tenant: The tenant.
        wanted: What to create, and what to expect of a collection that is there: what is said and
            differs raises at every call. Its dimensions may be None.
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
        checks.checked(self.pair.context, tenant, self._created)
        self._expectation = collections.expectation(self.pair.context, tenant, wanted)

    @property
    def name(self) -> str:
        """The collection's name."""
        return self.wanted.name

    @property
    def context(self) -> Context:
        """What an operation of this adapter takes: each call is held to what is expected."""
        return self.pair.context.expecting(self._expectation)

    @property
    def place(self) -> tuple[Context, str, str]:
        """What an operation on this collection takes first: the context, the tenant, the name."""
        return self.context, self.tenant, self.name

    @property
    def metric(self) -> Metric:
        """What vectors are compared by: of the collection, once the server was asked for it."""
        known = self._known()
        return Metric(self.wanted.metric or Metric.COSINE) if known is None else known.metric

    def is_met(self, *, vectors: bool = False) -> bool:
        """Tell whether the store knows the collection, and as the adapter expects it: no I/O.

        Args:
            vectors: Whether the call that follows has vectors, as ``resolve`` takes it.
        """
        known = self._known()
        return known is not None and self.context.conflict(known, vectors=vectors) is None

    def exists(self, *, vectors: bool = False) -> Operation[bool]:
        """Tell whether there is a collection, before an embedding is paid for.

        Asks the server where the store does not know: the call that follows does not ask again.

        Args:
            vectors: Whether that call has vectors, as ``resolve`` takes it.

        Raises:
            CollectionConflictError: The collection has another pin than the adapter expects.
            CollectionNotFoundError: It was renamed.
        """
        if self.is_met(vectors=vectors):
            return True
        try:
            yield from resolve(*self.place, vectors=vectors)
        except CollectionNotFoundError as error:
            _tell_renamed(error)
            return False
        return True

    def reading(self, make: Callable[[], Operation[T]], *, missing: T) -> Operation[T]:
        """Run an operation that reads or deletes; ``missing`` where there is no collection.

        Args:
            make: Makes the operation, of ``place``, which resolves the collection and so holds it
                to what is expected; called again where the collection that the store knew was
                dropped: it may have been made anew.
            missing: What to give where there is none.

        Raises:
            CollectionConflictError: The collection has another pin than the adapter expects.
        """
        # what is known is resolved by the operation itself
        if self._known() is not None or (yield from self.exists()):
            try:
                return (yield from make())
            except CollectionNotFoundError as error:
                self._tell_another(error)
                _tell_renamed(error)
            # what the store knew is gone, and forgotten by now: the registry is asked again
            if (yield from self.exists()):
                try:
                    return (yield from make())
                except CollectionNotFoundError as error:
                    self._tell_another(error)
        return missing

    def ready(self, dimensions: int | None = None) -> Operation[bool]:
        """Make sure of what can be before texts are embedded; tell whether the collection is there.

        Args:
            dimensions: What it would be created with, where that is known.

        Raises:
            CollectionConflictError: The collection has another pin than the adapter expects, or
                than the store last met.
            InvalidArgumentError: It is missing, and the server cannot make what is wanted.
        """
        if (yield from self.exists(vectors=True)):
            return True
        made = self._made(dimensions)
        yield from creating.checked_creatable(self.context, self.tenant, made)
        return False

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
            make: Makes the operation, of ``context``; called again where the collection was dropped
                meanwhile.

        Raises:
            CollectionConflictError: The collection has another pin than the adapter expects.
            CollectionNotFoundError: There is none, and ``dimensions`` is None.
        """
        tries = 0
        while True:
            tries += 1
            yield from self._make_missing(dimensions, check)
            try:
                return (yield from make())
            except CollectionNotFoundError as error:
                _tell_renamed(error)
                if tries == _TRIES:
                    raise

    def _tell_another(self, error: CollectionNotFoundError) -> None:
        # a function of the caller's may ask for collections too: what it raises is the caller's
        if (error.tenant, error.collection) != (self.tenant, self.name):
            raise error

    def _known(self) -> Stored | None:
        return self.pair.context.known(self.tenant, self.name)

    def _made(self, dimensions: int | None) -> Collection:
        return replace(self._created, dimensions=self.wanted.dimensions or dimensions)

    def _make_missing(
        self, dimensions: int | None, check: Callable[[Collection], Operation[None]]
    ) -> Operation[None]:
        if (yield from self.exists()):
            return
        context, made = self.context, self._made(dimensions)
        if made.dimensions is None:  # nothing tells them: this says what is missing
            yield from resolve(context, self.tenant, self.name)
            return
        yield from check(checks.checked(context, self.tenant, made))
        yield from collections.create_missing(context, self.tenant, made)


def _tell_renamed(error: CollectionNotFoundError) -> None:
    # what is there under another name is neither nothing nor to be made a second time
    if error.renamed is not None:
        raise error


class CollectionMixin:
    """Tells what an adapter is on."""

    _collection: AdapterCollection

    def __repr__(self) -> str:
        """Show the collection and where it is; never a password."""
        names = f"collection={self.collection!r}, tenant={self.tenant!r}"
        return f"{type(self).__name__}({names}, {self._collection.pair!r})"

    @property
    def collection(self) -> str:
        """The collection's name."""
        return self._collection.name

    @property
    def tenant(self) -> str:
        """The tenant."""
        return self._collection.tenant

    @property
    def store(self) -> Store:
        """The core store: every verb that the framework has no name for.

        Raises:
            InvalidArgumentError: This was made of an AsyncStore on a pool of the caller's.
        """
        return self._collection.pair.store


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
