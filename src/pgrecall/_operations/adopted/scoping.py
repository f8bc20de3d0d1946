"""The filter that all reads and writes of an adopted table are held to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pgrecall._values.instants import Instant
from pgrecall._values.numbers import show
from pgrecall._values.own_fields import TIMES
from pgrecall.errors import FilterError, InvalidArgumentError
from pgrecall.filters import And, Condition, FilterLike, Not, Or, parse


@dataclass(frozen=True, slots=True)
class Scope:
    """A filter over columns.

    Attributes:
        json: The filter, as ``filters.parse`` reads it.
        columns: What it is about, in order.
        fixed: The columns of which it lets one value through.
        deep: The columns of which it asks for a key: they have to be JSON.
        instants: The columns that it compares with a time.
    """

    json: str
    columns: tuple[str, ...]
    fixed: frozenset[str]
    deep: frozenset[str]
    instants: frozenset[str]


def scope_of(where: object) -> Scope | None:
    """Read ``Table.where``; None where it lets all through.

    Raises:
        InvalidArgumentError: It is no filter, or none that the registry can hold.
    """
    if where is None:
        return None
    if not isinstance(where, Mapping):
        msg = (
            'where must be a filter such as {"account_id": 7}, as a mapping, not of type'
            f" {type(where).__name__}"
        )
        raise InvalidArgumentError(msg)
    try:
        parsed = parse(where, metadata_only=True)
        if parsed is None:
            return None
        walk = _Walk()
        written = json.dumps(walk.node(parsed))
    except FilterError as error:
        raise FilterError(f"where: {error}") from None
    return Scope(
        written,
        tuple(dict.fromkeys(walk.columns)),
        frozenset(_fixed(parsed)),
        frozenset(walk.deep),
        frozenset(walk.instants),
    )


class _Walk:
    def __init__(self) -> None:
        self.columns: list[str] = []
        self.deep: list[str] = []
        self.instants: list[str] = []

    def node(self, node: FilterLike) -> dict[str, Any]:
        match node:
            case Condition(field, op, value):
                return self.condition(field, op, value)
            case And(parts):
                return {"$and": [self.node(part) for part in parts]}
            case Or(parts):
                return {"$or": [self.node(part) for part in parts]}
            case Not(part):
                return {"$not": self.node(part)}
        raise TypeError("a mapping is parsed first")

    def condition(self, field: str | tuple[str, ...], op: str, value: Any) -> dict[str, Any]:
        keys = (field,) if isinstance(field, str) else field
        if field in TIMES or any(key.startswith("$") for key in keys):
            raise FilterError(f"{show(keys[0])} is no column of a table")
        self.columns.append(keys[0])
        if len(keys) > 1:
            self.deep.append(keys[0])
        written: Any = {f"${op}": self.value(keys[0], value)}
        for key in reversed(keys):
            written = {key: written}
        made: dict[str, Any] = written
        return made

    def value(self, column: str, value: Any) -> Any:
        match value:
            case tuple():
                return [self.value(column, one) for one in value]
            case Instant():
                self.instants.append(column)
                return str(value)
            case Decimal():
                return _number(value)
        return value


def _number(value: Decimal) -> float:
    number = float(value)
    if Decimal(repr(number)) != value:
        raise FilterError(f"{value} has more digits than a filter that is kept can hold")
    return number


def _fixed(node: FilterLike) -> list[str]:
    match node:
        case And(parts):
            return [column for part in parts for column in _fixed(part)]
        case Condition(field, op, value):
            keys = (field,) if isinstance(field, str) else field
            one = value if op == "eq" else value[0] if op == "in" and len(value) == 1 else None
            return [keys[0]] if len(keys) == 1 and one is not None else []
    return []
