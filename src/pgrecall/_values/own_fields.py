"""Filters on an item's id and times, which are no metadata: what they are compared with."""

from __future__ import annotations

from typing import Any

from pgrecall._values.instants import Instant, read
from pgrecall._values.numbers import show
from pgrecall.errors import FilterError

TIMES = ("$created_at", "$updated_at")
"""What a field of this name is everywhere: a time of the item, not of its metadata."""

OF_TIMES = ("eq", "ne", "in", "not_in", "gt", "gte", "lt", "lte", "between", "exists", "is_empty")
"""Operators that a time is tested with."""


def hint(field: object) -> str:
    """Say how the metadata key of that name is written."""
    return f'("{field}",) is the metadata key of that name'


def instants_for(field: object, op: str, value: Any) -> Any:
    """Let the strings mean instants that a condition compares a time with.

    Raises:
        FilterError: A string that says no instant has an order with none.
    """
    if op in ("in", "not_in", "between"):
        return tuple(_instant_for(field, op, one) for one in value)
    return _instant_for(field, op, value)


def _instant_for(field: object, op: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    instant = read(value)
    if instant is None and op in ("gt", "gte", "lt", "lte", "between"):
        raise FilterError(
            f"filter on {show(field)}, operator {op!r}: {show(value)} is no time: write a datetime,"
            ' or "2024-05-01" or "2024-05-01T12:30:00Z" (RFC 3339)'
        )
    return value if instant is None else instant


def checked_times(field: str, op: str, value: Any) -> Any:
    """Give what an item's time is compared with: all else would match none, and its negation all.

    Raises:
        FilterError: It is no time, or no operator for one.
    """
    if op not in OF_TIMES:
        raise FilterError(
            f"filter on {field!r}: it is a time, which {op!r} does not test; write"
            f" {', '.join(OF_TIMES)}; {hint(field)}"
        )
    if op in ("exists", "is_empty"):
        return value
    for one in value if isinstance(value, tuple) else (value,):
        if not isinstance(one, str | Instant):
            raise FilterError(
                f"filter on {field!r}, operator {op!r}: an item's time is compared with a datetime,"
                f" not {show(one)}; {hint(field)}"
            )
    return instants_for(field, op, value)


def check_strings(op: str, value: Any) -> None:
    """Refuse for an id what is no string: a number would match none, and its negation all.

    Raises:
        FilterError: It names the value.
    """
    if op in ("exists", "is_empty"):
        return
    for one in value if isinstance(value, tuple) else (value,):
        if not isinstance(one, str):
            raise FilterError(
                f"filter on 'id', operator {op!r}: an item's id is compared with strings only, not"
                f" {show(one)}; {hint('id')}"
            )
