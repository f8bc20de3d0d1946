"""Filters that come again and again, parsed once: applications ask with the same few."""

from __future__ import annotations

import marshal
from typing import TYPE_CHECKING

from pgrecall import filters
from pgrecall._cache import BoundedCache

if TYPE_CHECKING:
    from pgrecall.filters import Filter, FilterLike

_KEPT_BYTES, _SEEN_BYTES = 1 << 20, 1 << 18
_FORMAT = 2  # later ones write what is shared within a value as such: equal values would differ


def parsed(filter_like: FilterLike | None) -> Filter | None:
    """Parse a filter, or give what the same one was parsed to; from the second time on it is kept.

    Raises:
        FilterError: It cannot be used.
    """
    key = None
    if type(filter_like) is dict:
        try:
            # 1, 1.0 and True differ in it; a subclass, whose text may be any, cannot be written
            key = marshal.dumps(filter_like, _FORMAT)
        except ValueError:
            key = None
    if key is None:
        return filters.parse(filter_like)
    found = _KEPT.get(key)
    if found is not None:
        return found
    made = filters.parse(filter_like)
    if made is None:
        return None
    if key in _SEEN:
        _KEPT.put(key, made)
        _SAME.put(id(made), made)
    else:
        _SEEN.put(key, True)
    return made


def is_kept(parsed_filter: Filter | None) -> bool:
    """Tell whether the same object comes back for the same filter; None does."""
    return parsed_filter is None or _SAME.get(id(parsed_filter)) is parsed_filter


_KEPT: BoundedCache[bytes, Filter] = BoundedCache(_KEPT_BYTES)
_SEEN: BoundedCache[bytes, bool] = BoundedCache(_SEEN_BYTES)
_SAME: BoundedCache[int, Filter] = BoundedCache(_KEPT_BYTES)
