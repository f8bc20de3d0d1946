"""A sync and an async store on one server, for adapters that serve both kinds of callers."""

from __future__ import annotations

import threading
import weakref
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self, TypeVar

from pgrecall._pools.forks import renewed_in_children
from pgrecall.async_store import AsyncStore
from pgrecall.errors import InvalidArgumentError
from pgrecall.store import Store

if TYPE_CHECKING:
    from pgrecall._connections.settings import Dsn, Settings
    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation

T = TypeVar("T")


@dataclass(slots=True)
class _Halves:
    """What the pairs on one store share: its other half, who uses it, and whether they made it."""

    other: Store | AsyncStore | None = None
    users: set[int] = field(default_factory=set)
    owned: bool = False


class _Register:
    """The stores that pairs of this process are on."""

    def __init__(self) -> None:
        """Begin with none."""
        self.lock = threading.RLock()
        self.halves: weakref.WeakKeyDictionary[Store | AsyncStore, _Halves] = (
            weakref.WeakKeyDictionary()
        )
        self._by_settings: weakref.WeakValueDictionary[Settings, Store] = (
            weakref.WeakValueDictionary()
        )
        renewed_in_children(self)

    def renew(self) -> None:
        """Replace a lock that another thread of the parent may have held."""
        self.lock = threading.RLock()

    def store_of(self, arguments: dict[str, Any]) -> Store:
        """Give the one store of all pairs made from the same arguments."""
        made = Store(**arguments)
        settings = made._driver.settings
        try:
            hash(settings)
        except TypeError:
            # a function that gives the DSN may have no hash: it is shared with nobody
            return made
        with self.lock:
            return self._by_settings.setdefault(settings, made)


_REGISTER = _Register()


class Pair:
    """Runs an operation on either of two stores that share what they know of the database.

    Pairs made from one DSN share their connections, which are closed with the last of them.

    Args:
        store: A ``Store`` or an ``AsyncStore`` of the caller's, who closes it; or a DSN, as
            ``Store`` takes it. None is ``Store``'s default DSN.

    Raises:
        InvalidArgumentError: ``store`` is something else.
    """

    def __init__(
        self, store: Store | AsyncStore | Dsn | None = None, *, owns: bool = False
    ) -> None:
        """Connect to nothing yet; ``owns`` is of a store that was made for pairs."""
        owns = owns or not isinstance(store, Store | AsyncStore)
        if store is None or isinstance(store, str) or callable(store):
            store = _REGISTER.store_of({"dsn": store})
        if not isinstance(store, Store | AsyncStore):
            msg = (
                "store must be a pgrecall.Store, a pgrecall.AsyncStore or a DSN, not"
                f" {type(store).__name__}"
            )
            raise InvalidArgumentError(msg)
        self._given = store
        with _REGISTER.lock:
            self._halves = _REGISTER.halves.setdefault(store, _Halves())
        self._halves.owned = self._halves.owned or owns
        self._halves.users.add(id(self))
        # a pair that nobody closed uses its store no longer
        weakref.finalize(self, _leave, self._halves, weakref.ref(store), id(self))

    @classmethod
    def of(cls, arguments: dict[str, Any]) -> Self:
        """Make a pair of what a ``Store`` is made of; equal arguments share their connections."""
        return cls(_REGISTER.store_of(arguments), owns=True)

    def __repr__(self) -> str:
        """Show where the pair points; never a password."""
        return f"{type(self).__name__}({self._given!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle how to connect (the DSN with its password), never a connection.

        Raises:
            TypeError: The store runs on a pool of the caller's, which no other process has.
        """
        driver = self._given._driver
        if driver.borrows:
            msg = (
                f"{self._given!r} runs on {driver.borrows} and cannot be pickled: make it"
                " from a DSN"
            )
            raise TypeError(msg)
        return _unpickled, (driver.settings.arguments(),)

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
        found = self._half(Store)
        assert isinstance(found, Store)  # noqa: S101  # for the type checker
        return found

    @property
    def async_store(self) -> AsyncStore:
        """The async store.

        Raises:
            InvalidArgumentError: The pair was made of a Store on a pool of the caller's.
        """
        found = self._half(AsyncStore)
        assert isinstance(found, AsyncStore)  # noqa: S101  # for the type checker
        return found

    def run(self, operation: Operation[T]) -> T:
        """Run an operation for a sync caller."""
        return self.store._driver.run(operation)

    async def arun(self, operation: Operation[T]) -> T:
        """Run an operation for an async caller, in the event loop that runs."""
        return await self.async_store._driver.run(operation)

    def close(self) -> None:
        """Close the sync connections and the idle async ones, unless another pair uses them.

        A store of the caller's stays open. An async connection at work is closed when it is done.
        A pair that is used again opens them again.
        """
        _leave(self._halves, weakref.ref(self._given), id(self))

    async def aclose(self) -> None:
        """Close the connections of both kinds, as ``close``."""
        for half in _left(self._halves, self._given, id(self)):
            if isinstance(half, AsyncStore):
                await half.close()
            else:
                half.close()

    def _half(self, kind: type[Store | AsyncStore]) -> Store | AsyncStore:
        self._halves.users.add(id(self))
        if isinstance(self._given, kind):
            return self._given
        with _REGISTER.lock:
            if self._halves.other is None:
                self._halves.other = self._made(kind)
            return self._halves.other

    def _made(self, kind: type[Store | AsyncStore]) -> Store | AsyncStore:
        driver = self._given._driver
        if driver.borrows:
            calls = "sync" if kind is Store else "async"
            msg = (
                f"{self._given!r} runs on {driver.borrows}, which serves no {calls} calls:"
                " give a DSN, or a store made from one"
            )
            raise InvalidArgumentError(msg)
        made = kind(**driver.settings.arguments())
        made._driver.context = driver.context
        return made


def _left(halves: _Halves, given: Store | AsyncStore | None, user: int) -> list[Store | AsyncStore]:
    """Count a user out; give what is to be closed where it was the last."""
    with _REGISTER.lock:
        if user not in halves.users:
            return []
        halves.users.discard(user)
        if halves.users:
            return []
        of_pairs = [given if halves.owned else None, halves.other]
        return [half for half in of_pairs if half is not None]


def _leave(halves: _Halves, given: weakref.ref[Store | AsyncStore], user: int) -> None:
    for half in _left(halves, given(), user):
        if isinstance(half, AsyncStore):
            half._driver.close_idle()
        else:
            half.close()


def _unpickled(arguments: dict[str, Any]) -> Pair:
    return Pair.of(arguments)
