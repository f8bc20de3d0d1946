"""What a server is asked to run, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from psycopg import sql

from pgrecall._statements.rendered import Rendered


class Sets(NamedTuple):
    """Which parameters of its transaction a statement sets, and how others are set alike."""

    names: tuple[str, ...]
    again: Callable[[Mapping[str, str]], Statement]


@dataclass(slots=True)
class Statement:
    """One statement with its parameters.

    ``sql`` is ``Rendered`` where it comes again and again. ``prepare`` is psycopg's: None prepares
    after some uses, which allows a generic plan; False plans each time with the values at hand,
    which an expression index needs. ``sets`` is told where the statement does nothing else: in a
    transaction of the caller's, what a write has set is put back. ``before`` is one that sets what
    this one needs, and has to go before it in one transaction.
    """

    sql: sql.SQL | sql.Composed | bytes
    parameters: Mapping[str, Any] = field(default_factory=dict)
    prepare: bool | None = False
    sets: Sets | None = None
    before: Statement | None = None

    def sent(self) -> tuple[str, list[Any]]:
        """Give the SQL as PostgreSQL takes it, and its values by number."""
        made, values = self.written()
        return made.numbered, values

    def written(self) -> tuple[Rendered, list[Any]]:
        """Give the same, with the text in every form that it has."""
        made = self.sql
        if not isinstance(made, Rendered):
            made = Rendered.of(made.decode() if isinstance(made, bytes) else made.as_string(None))
        parameters = self.parameters
        return made, [parameters[name] for name in made.names]


@dataclass(slots=True)
class Heard(Statement):
    """One whose notices are told while it runs; what is told raises nothing.

    Attributes:
        tell: Takes what a notice says, without its details.
    """

    tell: Callable[[str], object] = str


@dataclass(frozen=True, slots=True)
class Many:
    """Statements sent without waiting for each answer; answered by a list of results."""

    statements: Iterable[Statement]


@dataclass(frozen=True, slots=True)
class Copy:
    """``COPY ... FROM STDIN`` with the blocks that make up its binary stream."""

    sql: sql.SQL | sql.Composed
    blocks: Iterable[bytes]


class Result(NamedTuple):
    """Rows that came back, and how many rows the statement touched."""

    rows: list[tuple[Any, ...]]
    touched: int


BEGIN, COMMIT, ROLLBACK = (Statement(Rendered.of(word)) for word in ("BEGIN", "COMMIT", "ROLLBACK"))
