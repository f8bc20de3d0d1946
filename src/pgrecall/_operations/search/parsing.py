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
_MOST_PARTS = _LONGEST // 16  # a part takes more
_CONDITION = 0
_MADE: dict[int, Any] = {1: filters.And, 2: filters.Or, 3: filters.Not}
_KINDS: dict[Any, int] = {kind: code for code, kind in _MADE.items()}
_KEYS, _LISTS = frozenset((str,)), frozenset((list, tuple))
_TAKEN = frozenset((str, int, float, bool, type(None), dict, *_LISTS))


@filters.nesting_told
def parsed(filter_like: FilterLike | None, *, metadata_only: bool = False) -> Filter | None:
    """Parse a filter, or give what the same one was parsed to; from the second time on it is kept.

    Args:
        filter_like: A filter or a mapping, or what came back for one.
        metadata_only: As ``filters.parse`` has it.

    Raises:
        FilterError: It cannot be used.
    """
    if not metadata_only and _SAME.get(id(filter_like)) is filter_like:
        return filter_like
    written = _written(filter_like)
    if written is None:
        return _folded(filter_like, metadata_only=metadata_only)
    key = (metadata_only, written)
    found = _KEPT.get(key)
    if found is not None:
        return found
    if key not in _SEEN:
        _SEEN.put(key, True)
        return _folded(filter_like, metadata_only=metadata_only)
    # what is kept is what the key says: another thread may change the caller's own meanwhile
    taken = _joined(marshal.loads(written))  # noqa: S302  # written above
    made = _folded(taken, metadata_only=metadata_only)
    if made is not None:
        _KEPT.put(key, made)
        _SAME.put(id(made), made)
    return made


def _folded(filter_like: FilterLike | None, *, metadata_only: bool) -> Filter | None:
    """Parse a filter; a long one comes in the form that everything asks for, which costs once here.

    Any other stays as it was written, for who keeps what was asked.
    """
    made = filters.parse(filter_like, metadata_only=metadata_only)
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
    try:
        apart = _apart(filter_like)
        if apart is None:
            return None
        # 1, 1.0 and True differ in it
        written = marshal.dumps(apart, _FORMAT)
        # what has a buffer is written as its bytes, which a number and a string of numpy's share
        return written if len(written) <= _LONGEST and _is_plain(apart) else None
    except (ValueError, RecursionError):
        return None


def _apart(node: Any) -> Any:
    """Take a filter apart: mappings stay, all else is a tuple of what it is and of its parts.

    Returns:
        None for what is no filter, or a longer one than is kept.
    """
    kind = type(node)
    if kind is dict:
        return node
    if kind is filters.Condition:
        return (_CONDITION, node.field, node.op, node.value)
    if kind not in _KINDS:
        return None
    parts = (node.part,) if kind is filters.Not else node.parts
    apart = tuple(map(_apart, parts)) if len(parts) <= _MOST_PARTS else (None,)
    return None if None in apart else (_KINDS[kind], apart)


def _joined(apart: Any) -> FilterLike:
    """Make the filter that was taken apart."""
    made: FilterLike
    if type(apart) is dict:
        made = apart
    elif apart[0] == _CONDITION:
        made = filters.Condition(*apart[1:])
    else:
        made = _MADE[apart[0]](*map(_joined, apart[1]))
    return made


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


_KEPT: BoundedCache[tuple[bool, bytes], Filter] = BoundedCache(_KEPT_BYTES)
_SEEN: BoundedCache[tuple[bool, bytes], bool] = BoundedCache(_SEEN_BYTES)
_SAME: BoundedCache[int, Filter] = BoundedCache(_KEPT_BYTES)
