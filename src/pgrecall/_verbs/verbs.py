"""What stores and handles are composed of: verbs by subject, on a driver."""

from __future__ import annotations

from types import FunctionType
from typing import Generic, TypeVar

D = TypeVar("D")
C = TypeVar("C")


class Verbs(Generic[D]):
    """Verbs of one subject; the driver that runs them is of the class composed of them."""

    __slots__ = ()

    _driver: D


def composed(owner: type[C]) -> type[C]:
    """Make the verbs that a class is composed of its own.

    ``help``, signatures, tracebacks and pickles name the class that callers know, and its verbs are
    in its ``__dict__``, as if they were written there.
    """
    for subject in reversed(owner.__bases__):
        for name, verb in vars(subject).items():
            if isinstance(verb, FunctionType):
                verb.__module__ = owner.__module__
                verb.__qualname__ = f"{owner.__qualname__}.{name}"
                setattr(owner, name, verb)
    return owner
