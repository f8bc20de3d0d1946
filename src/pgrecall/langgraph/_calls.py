"""Calls that wait to go to the server together, whoever makes them."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from contextvars import ContextVar
from typing import TYPE_CHECKING, Generic, TypeVar
from weakref import WeakKeyDictionary

from pgrecall._pools.forks import check_process, renewed_in_children

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Callable

    from langgraph.store.base import BaseStore, Result

    from pgrecall._adapters.query import AdapterQuery
    from pgrecall.langgraph._batch import Batch

T = TypeVar("T")

LANES = {"writes": 2, "reads": 4, "searches": 10}
"""How many threads run calls at a time, by what these are, before others wait."""
MOST_OPS = 1_000
"""Operations that go together at most, unless one call has more."""

INSIDE: ContextVar[bool] = ContextVar("pgrecall_langgraph_inside", default=False)
"""Whether this runs for calls that go together: what it calls itself must not wait for them."""


class Call(ABC):
    """What one caller asks, and where its result goes."""

    def __init__(self, batch: Batch) -> None:
        """Keep the batch."""
        self.batch = batch

    @abstractmethod
    def is_over(self) -> bool:
        """Whether it was answered, or its caller waits no more."""

    @abstractmethod
    def give(self, results: list[Result]) -> None:
        """Answer it."""

    @abstractmethod
    def fail(self, error: BaseException) -> None:
        """Answer it with an error."""


AnyCall = TypeVar("AnyCall", bound=Call)


def lane_of(batch: Batch, asked: AdapterQuery) -> str | None:
    """Give what a call waits among: "writes", "reads", "searches", or "mixed" for what is both.

    None runs at once: nothing is asked, or by a model's rank, which may take long for one call.
    """
    queries = batch.queries()
    if batch.writes:
        return "mixed" if batch.reads else "writes"
    if not batch.reads or (queries and asked.options.rerank is not None):
        return None
    return "searches" if queries else "reads"


def taken(waiting: deque[AnyCall]) -> list[AnyCall]:
    """Take those that go next, in order; none where nobody waits.

    What reads and writes goes by itself: it would see half of what others write.
    """
    together: list[AnyCall] = []
    count = 0
    while waiting:
        batch = waiting[0].batch
        is_mixed = bool(batch.writes) and batch.reads
        if together and (is_mixed or count + batch.count > MOST_OPS):
            break
        call = waiting.popleft()
        if call.is_over():
            continue
        together.append(call)
        count += batch.count
        if is_mixed:
            break
    return together


class PerStore(Generic[T]):
    """Something of each store, beside it: stores are pickled, and a fork begins anew."""

    def __init__(self, make: Callable[[], T]) -> None:
        """Make each with ``make``, when it is asked for first."""
        self._make = make
        self.renew()
        renewed_in_children(self)

    def renew(self) -> None:
        """Begin with none."""
        self._lock = threading.Lock()
        self._kept: WeakKeyDictionary[BaseStore, T] = WeakKeyDictionary()

    def of(self, store: BaseStore) -> T:
        """Give what a store has."""
        check_process()
        with self._lock:
            found = self._kept.get(store)
            if found is None:
                found = self._kept[store] = self._make()
            return found
