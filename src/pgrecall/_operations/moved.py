"""A collection whose table is another by now, and the verb that is run again on it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from pgrecall.errors import CollectionNotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pgrecall._operations.work import Operation

P = ParamSpec("P")
T = TypeVar("T")


class MovedError(CollectionNotFoundError):
    """A collection that the store knew is on another table by now: the same call finds it."""

    def __init__(self, tenant: str, collection: str) -> None:
        """Keep the names, so that callers need not parse the message."""
        detail = " where it was any more (it was altered)"
        super().__init__(tenant, collection, detail, "call it again")


def following(operation: Callable[P, Operation[T]]) -> Callable[P, Operation[T]]:
    """Run a verb again that met a collection where it is no more: it did nothing there.

    What it was given to read once alone may have been read: then the error stays.
    """

    @wraps(operation)
    def run(*arguments: P.args, **keywords: P.kwargs) -> Operation[T]:
        try:
            return (yield from operation(*arguments, **keywords))
        except MovedError:
            if any(isinstance(given, Iterator) for given in (*arguments, *keywords.values())):
                raise
        return (yield from operation(*arguments, **keywords))

    return run
