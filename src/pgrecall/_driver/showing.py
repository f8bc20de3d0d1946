"""``progress=``: a function of the caller's, or True for a bar where the call runs."""

from __future__ import annotations

from collections.abc import MappingView, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, TypeVar

from pgrecall._progress.showing import shown
from pgrecall._values.controls import CONTROL, escape
from pgrecall.errors import InvalidArgumentError
from pgrecall.models import IndexProgress

if TYPE_CHECKING:
    from collections.abc import Callable

    from pgrecall._operations.work import Operation
    from pgrecall._progress.showing import Shown

T = TypeVar("T")

_NAME, _DETAIL = 24, 40  # characters that are shown of a name, and of what was found


def showing(
    progress: object,
    what: str,
    name: object,
    unit: str,
    operation: Callable[..., Operation[T]],
    given: object = None,
) -> Operation[T]:
    """Run an operation that tells how far it is.

    Args:
        progress: What the caller gave: a function, True for a bar, or nothing.
        what: What the operation does to the collection.
        name: The collection, or its name; None where it is none's.
        unit: What is counted, in the plural.
        operation: Makes it; takes the function that is told as ``progress``.
        given: What the caller gave to be gone through: how much it is, where it says so.
    """
    if progress is None or progress is False:
        return (yield from operation(progress=None))
    if progress is not True:
        if not callable(progress):
            msg = f"progress must be a function, True for a bar, or None, not {progress!r}"
            raise InvalidArgumentError(msg)
        return (yield from operation(progress=progress))
    bar = shown(_label(what, name), unit, _size(given))
    is_done = False
    try:
        result = yield from operation(progress=_Steps(bar))
        is_done = True
    finally:
        bar.close(is_done=is_done)
    return result


class _Steps:
    """What an operation tells, whatever it is, as how far it is."""

    def __init__(self, bar: Shown) -> None:
        self._bar = bar
        self._found = 0

    def __call__(self, told: object) -> None:
        if isinstance(told, IndexProgress):
            # without what begins it, such as building index
            phase = told.phase.rpartition(": ")[2]
            self._bar.update(told.done, told.total or None, _cut(phase, _DETAIL))
        elif isinstance(told, int):
            self._bar.update(told, None, "")
        else:  # a finding of maintain
            self._found += 1
            self._bar.update(self._found, None, _cut(str(told), _DETAIL))


def _label(what: str, name: object) -> str:
    named = getattr(name, "name", name)
    return f"{what} {_cut(named, _NAME)}" if isinstance(named, str) else what


def _cut(text: str, room: int) -> str:
    """Give a text in one line, with nothing in it that a terminal would obey."""
    plain = CONTROL.sub(escape, " ".join(text.split()))
    return plain if len(plain) <= room else f"{plain[: room - 1]}\N{HORIZONTAL ELLIPSIS}"


def _size(given: object) -> int | None:
    # what else has a length may ask a database for it
    return len(given) if isinstance(given, Sequence | AbstractSet | MappingView) else None
