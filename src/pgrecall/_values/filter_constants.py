"""What a filter is whatever is stored: true for every item, for none, or neither."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pgrecall._values.instants import Instant
from pgrecall._values.own_fields import TIMES
from pgrecall.filters import And, Condition, Not, Or

if TYPE_CHECKING:
    from pgrecall.filters import Filter, FilterLike


def matches_everything(parsed: Filter | None, /) -> bool:
    """Tell whether a parsed filter matches every item whatever is stored.

    Constants decide, the data does not: ``And()``, ``Not(Or())``, ``not_in []``, an id that is
    not a number. A field that all items happen to have is no constant.
    """
    return parsed is None or _constant(parsed) is True


def constant_value(condition: Condition, /) -> bool | None:
    """Tell what a parsed condition is for every item: True, False, or None where it depends."""
    op, value = condition.op, condition.value
    if op in ("in", "any") and not value:
        return False
    if op == "not_in" and not value:
        return True
    if op == "between" and _is_number(value[0]) is not _is_number(value[1]):
        return False
    return _constant_of_own(op, value) if condition.field in ("id", *TIMES) else None


def _is_number(value: object) -> bool:
    return not isinstance(value, str | Instant)


def _constant_of_own(op: str, value: Any) -> bool | None:
    """An id is a non-empty string in every item, and a time is there in every one."""
    match op:
        case "exists":
            return bool(value)
        case "is_empty":
            return not value
        case "any" | "all":
            return False
    return None


def _constant(parsed: FilterLike) -> bool | None:
    match parsed:
        case Condition():
            return constant_value(parsed)
        case Not(part):
            inner = _constant(part)
            return None if inner is None else not inner
        case And(parts):
            return _decide(parts, False)
        case Or(parts):
            return _decide(parts, True)
    raise TypeError("a mapping is parsed first")


def _decide(parts: tuple[FilterLike, ...], deciding: bool) -> bool | None:
    constants = {_constant(part) for part in parts}
    if deciding in constants:
        return deciding
    return None if None in constants else not deciding
