"""A sync and an async store on one server, for adapters that serve both kinds of callers."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any, TypeVar

from pgrecall.async_store import AsyncStore
from pgrecall.errors import InvalidArgumentError
from pgrecall.store import Store

if TYPE_CHECKING:
    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation

T = TypeVar("T")

# several adapters on one store share its other half, and with it one pool an event loop
_OTHER_HALVES: weakref.WeakKeyDictionary[Store | AsyncStore, Store | AsyncStore] = (
    weakref.WeakKeyDictionary()
)


class Pair:
    """Runs an operation on either of two stores that share what they know of the database.

    Args:
        store: A ``Store`` or an ``AsyncStore`` of the caller's, who closes it; or a DSN, as
            ``Store`` takes it, for a pair of its own. None is ``Store``'s default DSN.
        owns: The pair closes ``store``, which was made for it.

    Raises:
        InvalidArgumentError: ``store`` is something else.
    """

    def __init__(
        self, store: Store | AsyncStore | str | None = None, *, owns: bool = False
    ) -> None:
        """Connect to nothing yet."""
        self._owns = owns or store is None or isinstance(store, str)
        given = Store(store) if store is None or isinstance(store, str) else store
        if not isinstance(given, Store | AsyncStore):
            msg = (
                "store must be a pgrecall.Store, a pgrecall.AsyncStore or a DSN, not"
                f" {type(given).__name__}"
            )
            raise InvalidArgumentError(msg)
        self._given = given

    def __repr__(self) -> str:
        """Show where the pair points; never a password."""
        return f"{type(self).__name__}({self._given!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle how to connect (the DSN with its password), never a connection.

        Raises:
            TypeError: The store runs on a pool of the caller's, which no other process has.
        """
        driver = self._given._driver
        if driver.has_given_pool:
            msg = (
                f"{self._given!r} runs on a pool of its caller's and cannot be pickled: make it"
                " from a DSN"
            )
            raise TypeError(msg)
        return _unpickled, (type(self._given), driver.settings.arguments())

    def __copy__(self) -> Pair:
        """Share the connections: they are no data."""
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Pair:
        """Share the connections: they are no data."""
        return self

    @property
    def context(self) -> Context:
        """What both stores know of the database; every operation takes it."""
        return self._given._driver.context

    @property
    def store(self) -> Store:
        """The sync store.

        Raises:
            InvalidArgumentError: The pair was made of an AsyncStore on a pool of the caller's.
        """
        found = self._given if isinstance(self._given, Store) else self._other_half(Store)
        assert isinstance(found, Store)  # noqa: S101  # for the type checker
        return found

    @property
    def async_store(self) -> AsyncStore:
        """The async store.

        Raises:
            InvalidArgumentError: The pair was made of a Store on a pool of the caller's.
        """
        found = self._given if isinstance(self._given, AsyncStore) else self._other_half(AsyncStore)
        assert isinstance(found, AsyncStore)  # noqa: S101  # for the type checker
        return found

    def run(self, operation: Operation[T]) -> T:
        """Run an operation for a sync caller."""
        return self.store._driver.run(operation)

    async def arun(self, operation: Operation[T]) -> T:
        """Run an operation for an async caller, in the event loop that runs."""
        return await self.async_store._driver.run(operation)

    def close(self) -> None:
        """Close the sync connections and the idle async ones; a store of the caller's stays open.

        An async connection at work is closed when it is done.
        """
        for half in self._closed_with_this():
            if isinstance(half, AsyncStore):
                half._driver.close_idle()
            else:
                half.close()

    async def aclose(self) -> None:
        """Close the connections of both kinds; a store of the caller's stays open."""
        for half in self._closed_with_this():
            if isinstance(half, AsyncStore):
                await half.close()
            else:
                half.close()

    def _closed_with_this(self) -> list[Store | AsyncStore]:
        other = _OTHER_HALVES.get(self._given)
        halves = [self._given] if self._owns else []
        return halves if other is None else [*halves, other]

    def _other_half(self, kind: type[Store | AsyncStore]) -> Store | AsyncStore:
        found = _OTHER_HALVES.get(self._given)
        if found is not None:
            return found
        driver = self._given._driver
        if driver.has_given_pool:
            calls = "sync" if kind is Store else "async"
            msg = (
                f"{self._given!r} runs on a pool of its caller's, which serves no {calls} calls:"
                " give a DSN, or a store made from one"
            )
            raise InvalidArgumentError(msg)
        made = kind(**driver.settings.arguments())
        made._driver.context = driver.context
        # two threads may make one at once: both go on with the first
        return _OTHER_HALVES.setdefault(self._given, made)


def _unpickled(kind: type[Store | AsyncStore], arguments: dict[str, Any]) -> Pair:
    return Pair(kind(**arguments), owns=True)
