"""LangGraph's filters as the core's: each key is a path into the value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pgrecall._values.conversions import listed
from pgrecall._values.filter_values import LISTS, whole
from pgrecall._values.own_fields import TIMES
from pgrecall.errors import FilterError
from pgrecall.filters import And, Condition, Filter, Not, Or, nesting_told

_WHOLE = ("eq", "ne")
_LOGICAL = ("$and", "$or", "$not")


@nesting_told
def to_filter(given: Mapping[str, Any] | None, base: tuple[str, ...] = ()) -> Filter | None:
    """Turn a filter of LangGraph into the core's.

    A mapping without operators matches an object whose keys match, others may stand beside them.
    A list is equal to that very list, as in LangGraph's own stores; ``$eq`` and ``$ne`` take a
    whole list or object too.

    ``"$created_at"`` and ``"$updated_at"`` are the entry's times.

    Args:
        given: Keys of the value with a value or ``{"$gt": 3}`` and the like; ``$and``, ``$or`` and
            ``$not`` around such mappings, the last around a list of them too: none of them.
        base: Where the value lies in what the core filters.

    Raises:
        FilterError: It cannot be used; the message says what would work.
    """
    if given is None:
        return None
    if not isinstance(given, Mapping):
        msg = f"filter must be a mapping such as {{'kind': 'note'}}, not {type(given).__name__}"
        raise FilterError(msg)
    return And(*(_part(key, value, base) for key, value in given.items())) if given else None


def _part(key: Any, value: object, base: tuple[str, ...]) -> Filter:
    if key not in _LOGICAL:
        keys = key if isinstance(key, tuple) else (key,)
        return _test(key if key in TIMES else (*base, *keys), value)
    if key == "$not" and not isinstance(value, list | tuple):
        return Not(_whole(value, base))
    if not isinstance(value, list | tuple):
        msg = f'"{key}" takes a list of mappings, not {type(value).__name__}'
        raise FilterError(msg)
    parts = [_whole(one, base) for one in value]
    if key == "$not":
        return Not(Or(*parts))
    return And(*parts) if key == "$and" else Or(*parts)


def _whole(given: Any, base: tuple[str, ...]) -> Filter:
    return to_filter(given, base) or And()


def _test(path: str | tuple[str, ...], value: object) -> Filter:
    if isinstance(value, Mapping):
        if any(isinstance(key, str) and key.startswith("$") for key in value):
            return And(*(_operator(path, name, inner) for name, inner in value.items()))
        if isinstance(path, str):  # a time, which has no keys: the core says so
            return Condition(path, "eq", value)
        return And(_is_object(path), *(_test((*path, key), inner) for key, inner in value.items()))
    if isinstance(listed(value), LISTS):  # LangGraph's own stores compare the whole list
        return _operator(path, "$eq", value)
    return Condition(path, "eq", value)


def _named(path: str | tuple[str, ...]) -> str:
    return repr(path if isinstance(path, str) else path[-1])


def _operator(path: str | tuple[str, ...], name: object, value: object) -> Condition:
    if not isinstance(name, str) or not name.startswith("$"):
        msg = f"filter on {_named(path)}: {name!r} stands beside operators and is none"
        raise FilterError(msg)
    op = name[1:]
    if op not in _WHOLE:
        return Condition(path, op, value)
    try:
        return Condition(path, op, whole(value))
    except FilterError as error:
        raise FilterError(f"filter on {_named(path)}, operator {op!r}: {error}") from None


def _is_object(path: tuple[str, ...]) -> Filter:
    """Match what is there and is no string, number, list, boolean or null."""
    return And(
        Condition(path, "exists", True),
        Not(
            Or(
                Condition(path, "like", "%"),
                Condition(path, "gte", 0),
                Condition(path, "lt", 0),
                Condition(path, "all", []),
                Condition(path, "in", [True, False, None]),
            )
        ),
    )
