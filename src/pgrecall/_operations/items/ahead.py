"""Read and check the next batch of items while the server works on the last."""

from __future__ import annotations

import sys
import time
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Generic, Protocol, Self, TypeVar

from pgrecall._operations.work import PAUSE
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence
    from types import FrameType

    from pgrecall._operations.work import Operation
    from pgrecall._statements.layout import Stored


class Rows(Protocol):
    """A batch that is filled a group at a time."""

    def add(self, items: Sequence[Any], /) -> None:
        """Check what the caller gave and take it in."""

    def closed(self) -> Self:
        """Make it ready to be written."""

    def __len__(self) -> int:
        """Count what is in it."""


B = TypeVar("B", bound=Rows)
W = TypeVar("W")
W_co = TypeVar("W_co", covariant=True)


class Ahead(Protocol[W_co]):
    """Where a write has its batches from."""

    @property
    def is_callers(self) -> bool:
        """Tell whether the transaction is the caller's."""

    def read(self) -> None:
        """Read some more while a batch is being written."""

    def next_batch(self) -> Operation[W_co | None]:
        """Give the next batch; None where there is no more."""


BRIEF_SECONDS = 0.001
"""How long reading may go on before others have their moment: of one item alone it does not."""
SLOW_SECONDS = 0.05
"""A group that took longer to read and check: the next is read between transactions."""


# tables whose transaction is open while code of the caller's runs
# with the frame that runs it: an interruption on the way out may leave one here
_BEING_WRITTEN: ContextVar[tuple[tuple[tuple[str, str], FrameType], ...]] = ContextVar(
    "being_written", default=()
)


def check_not_within(stored: Stored) -> None:
    """Raise InvalidArgumentError where this thread is reading items for the same collection.

    The one would wait for the other's locks, in a circle that the server does not see.
    """
    beneath = _BEING_WRITTEN.get()
    if not beneath:
        return
    table = (stored.schema, stored.table_name)
    if any(written == table and _runs(frame) for written, frame in beneath):
        msg = (
            f"collection {stored.collection.name!r} is written from within the iterable that gives"
            " another write its items: make a list of them first, or write after it"
        )
        raise InvalidArgumentError(msg)


def _runs(frame: FrameType) -> bool:
    """Tell whether a function's frame runs still; what an interruption left of it is let go."""
    try:
        frame.clear()
    except RuntimeError:
        return True
    return False


class ReadAhead(Generic[B]):
    """The batches of an iterable, read a group at a time and at most one batch ahead.

    What is wrong with an item is told when its batch is asked for: the batch before it is
    committed by then.
    """

    def __init__(
        self,
        make: Callable[[int], B],
        groups: Iterator[tuple[list[object], bool]],
        into: Stored,
        *,
        is_callers: bool,
    ) -> None:
        """Read nothing yet.

        Args:
            make: Makes an empty batch; it is told the place of its first item.
            groups: What to read, from ``_values``' function of that name.
            into: What the batches are written to.
            is_callers: Whether the transaction is the caller's: what is read may come from its
                connection, which does one thing at a time, and no batch is stored by itself.
        """
        self._into = (into.schema, into.table_name)
        self._steps = _steps(make, groups)
        self._batch: B | None = None
        self._error: Exception | None = None
        self._ended = False
        self._since_pause = 0.0
        self._slow = self.is_callers = is_callers

    def read(self) -> None:
        """Read one more group while a batch is being written, unless that takes time.

        A slow iterable, such as one that computes embeddings, would keep a transaction open.
        """
        if not self._slow and self._waiting():
            outer = _BEING_WRITTEN.get()
            try:
                running = (self._into, sys._getframe())  # noqa: SLF001  # as inspect gets it
                _BEING_WRITTEN.set((*outer, running))
                del running  # it would hold itself
                self._read()
            finally:
                _BEING_WRITTEN.set(outer)

    def next_batch(self) -> Operation[B | None]:
        """Give the next batch; None where there is no more."""
        while self._waiting():
            self._read()
            if self._since_pause > BRIEF_SECONDS:
                self._since_pause = 0.0
                yield PAUSE
        batch, self._batch = self._batch, None
        if batch is None and self._error is not None:
            raise self._error
        return batch

    def _waiting(self) -> bool:
        return self._batch is None and self._error is None and not self._ended

    def _read(self) -> None:
        started = time.perf_counter()
        try:
            self._batch = next(self._steps)
        except StopIteration:
            self._ended = True
        except Exception as error:  # noqa: BLE001  # raised again by next_batch, whatever it is
            self._error = error
        taken = time.perf_counter() - started
        self._since_pause += taken
        self._slow = self.is_callers or taken > SLOW_SECONDS


class Whole(Generic[W]):
    """One batch that was read before anything is written: there is nothing to read ahead."""

    def __init__(self, batch: W, *, is_callers: bool) -> None:
        """Take the batch.

        Args:
            batch: What is to be written.
            is_callers: Whether the transaction is the caller's.
        """
        self._batch: W | None = batch
        self.is_callers = is_callers

    def read(self) -> None:
        """Do nothing: all was read."""

    def next_batch(self) -> Operation[W | None]:
        """Give the batch, then None."""
        batch, self._batch = self._batch, None
        return batch
        yield


def _steps(
    make: Callable[[int], B], groups: Iterator[tuple[list[object], bool]]
) -> Generator[B | None, None, None]:
    batch: B | None = None
    seen = 0
    for group, ends in groups:
        if batch is None:
            batch = make(seen)
        batch.add(group)
        seen += len(group)
        yield batch.closed() if ends else None
        if ends:
            batch = None
    if batch is not None:
        yield batch.closed()
