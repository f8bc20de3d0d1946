"""What the driver is asked to run, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from psycopg import sql


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement with its parameters.

    ``sql`` is bytes where a shape that comes again and again was rendered before. ``prepare`` is
    psycopg's: None prepares after some uses, which allows a generic plan; False plans each time
    with the values at hand, which an expression index needs.
    """

    sql: sql.SQL | sql.Composed | bytes
    parameters: Mapping[str, Any] = field(default_factory=dict)
    prepare: bool | None = False


@dataclass(frozen=True, slots=True)
class Many:
    """Statements sent without waiting for each answer; answered by a list of results."""

    statements: Iterable[Statement]


@dataclass(frozen=True, slots=True)
class Copy:
    """``COPY ... FROM STDIN`` with the blocks that make up its binary stream."""

    sql: sql.SQL | sql.Composed
    blocks: Iterable[bytes]


@dataclass(frozen=True, slots=True)
class Call:
    """A function of the caller's; the async driver awaits what can be awaited."""

    function: Callable[..., Any]
    arguments: tuple[Any, ...]


class Result(NamedTuple):
    """Rows that came back, and how many rows the statement touched."""

    rows: list[tuple[Any, ...]]
    touched: int


Request: TypeAlias = Statement | Many | Copy | Call

BEGIN = Statement(sql.SQL("BEGIN"))
COMMIT = Statement(sql.SQL("COMMIT"))
ROLLBACK = Statement(sql.SQL("ROLLBACK"))
