"""What a handle on one collection stands on: a driver, and what is expected of the collection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, cast

from pgrecall._operations.collections import collections
from pgrecall._operations.context import check_names
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from pgrecall._operations.collections.pins import Expectation
    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation
    from pgrecall.models import Collection


class _AnyDriver(Protocol):
    context: Context

    def run(self, operation: Operation[Any]) -> Any: ...


D = TypeVar("D", bound=_AnyDriver)


class Bound(Generic[D]):
    """A tenant and a collection; the made handles add the verbs."""

    __slots__ = ("_collection", "_driver", "_tenant")

    def __init__(
        self, driver: D, tenant: str, collection: str, expect: Collection | None = None
    ) -> None:
        """Bind the names.

        Raises:
            InvalidArgumentError: A name cannot be used, or ``expect`` is of another collection.
        """
        check_names(tenant, collection)
        self._driver = _expecting(driver, tenant, collection, expect)
        self._tenant = tenant
        self._collection = collection

    def __repr__(self) -> str:
        """Show what the handle is bound to."""
        return f"{type(self).__name__}({self._tenant!r}, {self._collection!r})"

    @property
    def tenant(self) -> str:
        """The tenant that every call is for."""
        return self._tenant

    @property
    def collection(self) -> str:
        """The collection that every call is for."""
        return self._collection


def _expecting(driver: D, tenant: str, name: str, expect: Collection | None) -> D:
    """Give the driver itself for None, else one on its connections that is held to ``expect``."""
    if expect is None:
        return driver
    expectation = collections.expectation(driver.context, tenant, expect)
    if expectation.name != name:
        msg = f"expect is of collection {expectation.name!r}, and the handle of {name!r}"
        raise InvalidArgumentError(msg)
    return cast("D", _Held(driver, expectation))


class _Held:
    """Either driver, as far as the verbs of a handle use one."""

    def __init__(self, driver: _AnyDriver, expectation: Expectation) -> None:
        self._driver = driver
        self._expectation = expectation

    @property
    def context(self) -> Context:
        return self._driver.context.expecting(self._expectation)

    def run(self, operation: Operation[Any]) -> Any:
        # what an async driver gives is awaited by the verb
        return self._driver.run(operation)
