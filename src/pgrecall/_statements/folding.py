"""Filters in the form that costs least: what is said of one field stands together.

An ``Or`` of equals on one field is an ``in``, an ``And`` of negated ones a ``not_in``: however
often a value was written as a test of its own, it is one element of one array.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pgrecall._values.own_fields import TIMES
from pgrecall.filters import And, Condition, Filter, FilterLike, Not, Or

if TYPE_CHECKING:
    from collections.abc import Hashable

_OPPOSITES = {"eq": "ne", "ne": "eq", "in": "not_in", "not_in": "in"}
# what stands for a list of values, and what for one of it
_JOINED_BY_OR = {"eq": "in", "in": "in", "any": "any"}
_JOINED_BY_AND = {"ne": "not_in", "not_in": "not_in"}
_OF_ONE = ("eq", "ne")


def folded(node: FilterLike) -> Filter:
    """Give a parsed filter that matches the same items, with a test for each field and no more."""
    match node:
        case Condition():
            return node
        case Not(part):
            inner = folded(part)
            if isinstance(inner, Not):
                return folded(inner.part)
            if isinstance(inner, Condition) and inner.op in _OPPOSITES:
                return Condition(inner.field, _OPPOSITES[inner.op], inner.value)
            return Not(inner)
        case And(parts):
            return _folded(And, parts, _JOINED_BY_AND)
        case Or(parts):
            return _folded(Or, parts, _JOINED_BY_OR)
    raise TypeError("a mapping is parsed first")


def _folded(kind: type[And | Or], parts: tuple[FilterLike, ...], joined: dict[str, str]) -> Filter:
    kept: dict[Hashable, Any] = {}
    for place, part in enumerate(_flat(kind, parts)):
        if isinstance(part, Condition) and part.op in joined:
            kept.setdefault((_subject(part.field), joined[part.op]), []).append(part)
        else:
            kept[place] = [part]
    made = [_one(group, joined) if len(group) > 1 else group[0] for group in kept.values()]
    return made[0] if len(made) == 1 else kind(*made)


def _flat(kind: type[And | Or], parts: tuple[FilterLike, ...]) -> list[Filter]:
    flat: list[Filter] = []
    for part in map(folded, parts):
        flat.extend(part.parts if isinstance(part, kind) else (part,))  # type: ignore[arg-type]  # folded
    return flat


def _one(group: list[Condition], joined: dict[str, str]) -> Condition:
    values: list[Any] = []
    for part in group:
        values.extend((part.value,) if part.op in _OF_ONE else part.value)
    return Condition(group[0].field, joined[group[0].op], tuple(values))


def _subject(field: str | tuple[str, ...]) -> Hashable:
    """Tell fields apart: an item's own from keys of its metadata, whichever way they are named."""
    return field if isinstance(field, tuple) or field in ("id", *TIMES) else (field,)
