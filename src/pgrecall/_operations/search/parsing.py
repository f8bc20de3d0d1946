"""Filters that come again and again, parsed once: applications ask with the same few."""

from __future__ import annotations

import marshal
from itertools import chain
from typing import TYPE_CHECKING, Any

from pgrecall import filters
from pgrecall._cache import BoundedCache
from pgrecall._statements.folding import folded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall.filters import Filter, FilterLike

_KEPT_BYTES, _SEEN_BYTES = 1 << 20, 1 << 19
_LONG = 32  # parts of one And or Or
_FORMAT = 2  # later ones write what is shared within a value as such: equal values would differ
_LONGEST = 48_000  # bytes of a key: what is made of a longer one is too large to be kept
_KEYS, _LISTS = frozenset((str,)), frozenset((list, tuple))
_TAKEN = frozenset((str, int, float, bool, type(None), dict, *_LISTS))


def parsed(filter_like: FilterLike | None) -> Filter | None:
    """Parse a filter, or give what the same one was parsed to; from the second time on it is kept.

    Raises:
        FilterError: It cannot be used.
    """
    key = _written(filter_like)
    if key is None:
        return _folded(filter_like)
    found = _KEPT.get(key)
    if found is not None:
        return found
    if key not in _SEEN:
        _SEEN.put(key, True)
        return _folded(filter_like)
    # what is kept is what the key says: another thread may change the caller's own meanwhile
    made = _folded(marshal.loads(key))  # noqa: S302  # written above
    if made is not None:
        _KEPT.put(key, made)
        _SAME.put(id(made), made)
    return made


def _folded(filter_like: FilterLike | None) -> Filter | None:
    """Parse a filter; a long one comes in the form that everything asks for, which costs once here.

    Any other stays as it was written, for who keeps what was asked.
    """
    made = filters.parse(filter_like)
    return made if made is None or not _is_long(made) else folded(made)


def _is_long(node: FilterLike) -> bool:
    match node:
        case filters.And(parts) | filters.Or(parts):
            return len(parts) > _LONG or any(map(_is_long, parts))
        case filters.Not(part):
            return _is_long(part)
    return False


def is_kept(parsed_filter: Filter | None) -> bool:
    """Tell whether the same object comes back for the same filter; None does."""
    return parsed_filter is None or _SAME.get(id(parsed_filter)) is parsed_filter


def _written(filter_like: object) -> bytes | None:
    """Write a filter so that no other is written alike; None where it is not plain."""
    if type(filter_like) is not dict:
        return None
    try:
        # 1, 1.0 and True differ in it
        written = marshal.dumps(filter_like, _FORMAT)
        # what has a buffer is written as its bytes, which a number and a string of numpy's share
        return written if len(written) <= _LONGEST and _is_plain(filter_like) else None
    except (ValueError, RecursionError):
        return None


def _is_plain(value: Any) -> bool:
    """Tell whether it is made of plain values at every depth: a level at a time, of thousands."""
    level: Sequence[Any] = [value]
    while level:
        kinds = set(map(type, level))
        if not kinds <= _TAKEN:
            return False
        mappings = [one for one in level if type(one) is dict] if dict in kinds else []
        if not _KEYS.issuperset(map(type, chain.from_iterable(mappings))):
            return False
        within = map(dict.values, mappings)
        lists = [one for one in level if type(one) in _LISTS] if kinds & _LISTS else []
        level = [*chain.from_iterable(within), *chain.from_iterable(lists)]
    return True


_KEPT: BoundedCache[bytes, Filter] = BoundedCache(_KEPT_BYTES)
_SEEN: BoundedCache[bytes, bool] = BoundedCache(_SEEN_BYTES)
_SAME: BoundedCache[int, Filter] = BoundedCache(_KEPT_BYTES)
