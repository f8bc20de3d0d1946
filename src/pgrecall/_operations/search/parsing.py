"""Filters that come again and again, parsed once: applications ask with the same few."""

from __future__ import annotations

import marshal
from typing import TYPE_CHECKING, Any

from pgrecall import filters
from pgrecall._cache import BoundedCache

if TYPE_CHECKING:
    from pgrecall.filters import Filter, FilterLike

_KEPT_BYTES, _SEEN_BYTES = 1 << 20, 1 << 18
_FORMAT = 2  # later ones write what is shared within a value as such: equal values would differ
_LONGEST = 12_000  # bytes of a key: what is made of a longer one is too large to be kept
_KEYS, _PLAIN = frozenset((str,)), frozenset((str, int, float, bool, type(None)))


def parsed(filter_like: FilterLike | None) -> Filter | None:
    """Parse a filter, or give what the same one was parsed to; from the second time on it is kept.

    Raises:
        FilterError: It cannot be used.
    """
    key = _written(filter_like)
    if key is None:
        return filters.parse(filter_like)
    found = _KEPT.get(key)
    if found is not None:
        return found
    if key not in _SEEN:
        _SEEN.put(key, True)
        return filters.parse(filter_like)
    # what is kept is what the key says: another thread may change the caller's own meanwhile
    made = filters.parse(marshal.loads(key))  # noqa: S302  # written above
    if made is not None:
        _KEPT.put(key, made)
        _SAME.put(id(made), made)
    return made


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
    kind = type(value)
    if kind is dict:
        within = value.values()
        if not _KEYS.issuperset(map(type, value)):
            return False
    elif kind is list or kind is tuple:
        within = value
    else:
        return kind in _PLAIN
    return _PLAIN.issuperset(map(type, within)) or all(map(_is_plain, within))


_KEPT: BoundedCache[bytes, Filter] = BoundedCache(_KEPT_BYTES)
_SEEN: BoundedCache[bytes, bool] = BoundedCache(_SEEN_BYTES)
_SAME: BoundedCache[int, Filter] = BoundedCache(_KEPT_BYTES)
