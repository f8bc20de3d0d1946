"""Caches that hold a stated number of bytes, about, and no more: each of the package is one."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping
from enum import Enum
from functools import wraps
from typing import Any, Generic, ParamSpec, TypeVar

K = TypeVar("K")
V = TypeVar("V")
P = ParamSpec("P")

_ENTRY = 300
"""What an entry takes beside its key and value: places in a dict, two tuples, a number."""
_PLAIN = {str, bytes, int, float}
"""Kinds that hold nothing else; a subclass may."""
_LARGEST = 8
"""An entry may take this part of a cache: one large one does not turn out all others."""


class BoundedCache(Generic[K, V]):
    """Keeps what was used lately, up to a number of bytes.

    Entries are in two halves. What is new or used goes to the young half; when that is full, it
    becomes the old one, and what was in the old one is let go. There is no lock: every step is
    one read or write of a dict, so that threads may race, at worst for what is kept, and a forked
    process finds nothing held.
    """

    __slots__ = ("_besides", "_half", "_old", "_used", "_young")

    def __init__(self, max_bytes: int, *, besides: tuple[type, ...] = ()) -> None:
        """Begin empty.

        Args:
            max_bytes: What keys and values may take together, as ``approximate_bytes`` counts.
            besides: Kinds that a value may refer to and that are kept elsewhere: they do not count.
        """
        self._half = max_bytes // 2
        self._besides = besides
        self._used = 0
        self._young: dict[K, tuple[V, int]] = {}
        self._old: dict[K, tuple[V, int]] = {}

    def __len__(self) -> int:
        """Count the entries."""
        return len(self._young.keys() | self._old.keys())

    def __contains__(self, key: K) -> bool:
        """Tell whether an entry is kept."""
        return key in self._young or key in self._old

    def get(self, key: K) -> V | None:
        """Give what was kept, if it still is."""
        entry = self._young.get(key)
        if entry is None:
            entry = self._old.get(key)
            if entry is None:
                return None
            self._keep(key, entry)
        return entry[0]

    def __getitem__(self, key: K) -> V:
        """Give what is kept.

        Raises:
            KeyError: It is not, or no more.
        """
        found = self.get(key)
        if found is None:
            raise KeyError(key)
        return found

    def put(self, key: K, value: V) -> V:
        """Keep a value, unless it is too large for this cache, and give it back."""
        most = 2 * self._half // _LARGEST
        size = _ENTRY + approximate_bytes(key, most=most)
        if size <= most:
            size += approximate_bytes(value, self._besides, most=most)
        if size > most:
            self.pop(key)
        else:
            self._keep(key, (value, size))
        return value

    def renew(self, key: K, value: V) -> V:
        """Keep a value as large as what was kept, whose bytes are not counted again."""
        before = self._young.get(key) or self._old.get(key)
        if before is None:
            return self.put(key, value)
        self._keep(key, (value, before[1]))
        return value

    def pop(self, key: K) -> None:
        """Forget an entry."""
        self._old.pop(key, None)
        self._young.pop(key, None)

    def clear(self) -> None:
        """Forget every entry."""
        self._young, self._old, self._used = {}, {}, 0

    def _keep(self, key: K, entry: tuple[V, int]) -> None:
        before = self._young.get(key)
        grown = entry[1] - (before[1] if before else 0)
        if self._used + grown > self._half:
            self._old, self._young, self._used = self._young, {}, 0
            grown = entry[1]
        self._young[key] = entry
        self._used += grown


class Overlay(BoundedCache[K, V]):
    """Reads what another cache keeps, too, and keeps what is new to itself."""

    __slots__ = ("_below",)

    def __init__(self, below: BoundedCache[K, V], max_bytes: int) -> None:
        """Begin with what is below, which is never changed from here."""
        super().__init__(max_bytes)
        self._below = below

    def get(self, key: K) -> V | None:
        """Give what was kept here, else what is kept below."""
        found = super().get(key)
        return self._below.get(key) if found is None else found


def cached(max_bytes: int) -> Callable[[Callable[P, V]], Callable[P, V]]:
    """Keep what a function gave for the same positional arguments, as ``lru_cache`` does.

    Args:
        max_bytes: What arguments and results may take together.
    """

    def decorate(function: Callable[P, V]) -> Callable[P, V]:
        kept: BoundedCache[Any, V] = BoundedCache(max_bytes)

        @wraps(function)
        def call(*arguments: P.args, **keywords: P.kwargs) -> V:
            key = (arguments, tuple(keywords.items())) if keywords else arguments
            found = kept.get(key)
            return kept.put(key, function(*arguments, **keywords)) if found is None else found

        return call

    return decorate


def approximate_bytes(
    value: object, besides: tuple[type, ...] = (), *, most: float = math.inf
) -> int:
    """Count the bytes of a value and of what it holds; what is shared within it counts once.

    Args:
        value: The value.
        besides: Kinds that do not count, nor what they hold.
        most: Where it is more than this, it is not counted to the end.
    """
    total, seen, waiting = 0, set[int](), [value]
    uncounted = (type, Enum, *besides)
    while waiting and total <= most:
        one = waiting.pop()
        if id(one) in seen or isinstance(one, uncounted):
            continue
        seen.add(id(one))
        total += sys.getsizeof(one)
        if type(one) in _PLAIN:
            continue
        if isinstance(one, Mapping):
            waiting += one.keys()
            waiting += one.values()
        elif isinstance(one, list | tuple | set | frozenset):
            if _PLAIN.issuperset(map(type, one)):  # thousands of values, in a filter
                fresh = {id(each): each for each in one if id(each) not in seen}
                seen.update(fresh)
                total += sum(map(sys.getsizeof, fresh.values()))
            else:
                waiting += one
        for kind in type(one).__mro__:
            names = kind.__dict__.get("__slots__", ())
            for name in (names,) if isinstance(names, str) else names:
                if name not in {"__weakref__", "__dict__"} and hasattr(one, name):
                    waiting.append(getattr(one, name))
        waiting += getattr(one, "__dict__", {}).values()
    return total
