"""A store whose calls are held to what a handle expects of its collection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from pgrecall._operations.collections import collections
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from pgrecall._operations.collections.pins import Expectation
    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation
    from pgrecall.models import Collection


class _AnyStore(Protocol):
    _driver: Any


S = TypeVar("S", bound=_AnyStore)


def expecting(store: S, tenant: str, name: str, expect: Collection | None) -> S:
    """Give the store itself for None, else one on the same connections that is held to ``expect``.

    Raises:
        InvalidArgumentError: ``expect`` is not of that collection, or a field cannot be used.
    """
    if expect is None:
        return store
    expectation = collections.expectation(store._driver.context, tenant, expect)
    if expectation.name != name:
        msg = f"expect is of collection {expectation.name!r}, and the handle of {name!r}"
        raise InvalidArgumentError(msg)
    held = object.__new__(type(store))
    vars(held).update(vars(store), _driver=_Held(store, expectation))
    return held


class _Held:
    """Either store's driver, as far as the verbs of a handle use one."""

    def __init__(self, store: _AnyStore, expectation: Expectation) -> None:
        self._store = store
        self._expectation = expectation

    @property
    def context(self) -> Context:
        context: Context = self._store._driver.context
        return context.expecting(self._expectation)

    @property
    def settings(self) -> Any:
        return self._store._driver.settings

    def run(self, operation: Operation[Any]) -> Any:
        # what an async driver gives is awaited by the verb
        return self._store._driver.run(operation)
