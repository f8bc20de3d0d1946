"""What was said of a value, told from what reads as its default because nobody said it."""

from __future__ import annotations

from dataclasses import MISSING, InitVar, dataclass, fields
from enum import Enum
from functools import wraps
from typing import Any, Self, TypeVar

T = TypeVar("T")

_COPIED = "_copied"


class _Unsaid(Enum):
    UNSAID = "UNSAID"

    def __repr__(self) -> str:
        return self.value


UNSAID: Any = _Unsaid.UNSAID
"""Stands for an argument that was not given; a ``Saying`` takes it for any field."""


class _Nothing(tuple[Any, ...]):
    __slots__ = ()


NOTHING: tuple[Any, ...] = _Nothing()
"""Stands for a list that was not given, told from an empty one; it reads as an empty tuple."""


class Saying:
    """Base of frozen dataclasses that know which of their fields were said.

    The others read as their defaults. Copies by ``copy``, ``pickle`` and ``dataclasses.replace``
    say what their original said. A dataclass is made one of these by ``saying``; of one that
    inherits from it and is not, what differs from the defaults counts as said.
    """

    __slots__ = ("_said",)

    _said: frozenset[str]

    @property
    def _copied(self) -> Self:
        return self

    def __repr__(self) -> str:
        """Show what was said."""
        said = ", ".join(f"{field}={value!r}" for field, value in said_of(self).items())
        return f"{type(self).__qualname__}({said})"

    def __reduce__(self) -> tuple[Any, ...]:
        """Keep what was said."""
        return _again, (type(self), said_of(self))


@dataclass
class _Copy:
    _copied: InitVar[object] = None


class _Fields:
    """A dataclass's fields; of an object of it also the InitVar that carries what was said.

    ``dataclasses.replace`` reads and passes an InitVar that has a default, and nothing else sees
    it. A class gives its own fields alone: a dataclass that is made of it takes them over.
    """

    def __init__(self, known: dict[str, Any]) -> None:
        self._known = known
        self._of_object = {**vars(_Copy)["__dataclass_fields__"], **known}

    def __get__(self, instance: object, owner: type) -> dict[str, Any]:
        return self._known if instance is None else self._of_object


def saying(cls: type[T]) -> type[T]:
    """Let a frozen dataclass with the base ``Saying`` note which fields it is made with."""
    made: Any = cls
    init = made.__init__
    places = [field.name for field in fields(made) if not field.kw_only]

    @wraps(init)
    def noting(self: Any, *args: Any, **given: Any) -> None:
        said = list(given)
        if _COPIED in given:
            # dataclasses.replace names what it was asked for first, then every other field
            said[said.index(_COPIED) :] = said_of(given.pop(_COPIED))
        said += places[: len(args)]
        init(self, *args, **given)
        unsaid = [field for field in fields(self) if getattr(self, field.name) is UNSAID]
        for field in unsaid:
            if field.default is not MISSING:
                object.__setattr__(self, field.name, field.default)
        object.__setattr__(self, "_said", frozenset(said) - {field.name for field in unsaid})

    restore = made.__setstate__

    @wraps(restore)
    def restoring(self: Any, state: Any) -> None:
        restore(self, state)
        # a pickle from before knows no field that came since
        for field in fields(self):
            if not hasattr(self, field.name) and field.default is not MISSING:
                object.__setattr__(self, field.name, field.default)

    made.__init__ = noting
    made.__setstate__ = restoring
    made.__dataclass_fields__ = _Fields(made.__dataclass_fields__)
    return cls


def said_of(value: Saying) -> dict[str, Any]:
    """Give the fields that were said, in their order."""
    known = {field.name: field.default for field in fields(value) if field.init}  # type: ignore[arg-type]  # a dataclass
    read = {name: getattr(value, name) for name in known}
    said = getattr(value, "_said", None)
    if said is None:  # a pickle from before, a dataclass of the user's: what differs was said
        return {name: it for name, it in read.items() if it != known[name]}
    return {name: it for name, it in read.items() if name in said}


def given(value: T | None) -> T:
    """Give an argument on; unsaid where it is None."""
    return UNSAID if value is None else value


def _again(cls: type[T], said: dict[str, Any]) -> T:
    return cls(**said)
