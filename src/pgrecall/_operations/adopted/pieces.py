"""Rows of an adopted table that are written together, and the one that is refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from pgrecall._operations.adopted.target import check_unaltered
from pgrecall._operations.adopted.violations import is_of_a_row, of_table, told
from pgrecall._operations.on_table import on_collection
from pgrecall._operations.work import Work
from pgrecall.errors import DatabaseError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation, Steps
    from pgrecall._statements.adopted.target import Target
    from pgrecall._statements.layout import Stored
    from pgrecall._statements.statement import Result, Statement

R = TypeVar("R")


class Piece(Protocol):
    """Some rows of one statement."""

    @property
    def ids(self) -> Sequence[str]:
        """Their ids."""

    def statement(self) -> Statement:
        """Write the statement."""

    def split(self) -> Sequence[Piece]:
        """Give pieces of one row each."""


@dataclass(frozen=True, slots=True)
class Pieces(Generic[R]):
    """Rows that are written together or not at all.

    Attributes:
        pieces: The statements, in order.
        first: What is run before them, where they are several and their order is not the rows'.
        taken: Told each piece's result: it may ask more, and raises where a row cannot stay.
        done: Gives what came of it.
        what: What could not be done where one is refused: ``stored``.
        verb: The verb that does it.
        is_checked: Whether ``taken`` may raise: one statement is a transaction then, too.
    """

    pieces: Sequence[Piece]
    first: Statement | None
    taken: Callable[[Piece, Result], Steps[None]]
    done: Callable[[], R]
    begin: Callable[[], None]
    what: str
    verb: str
    is_checked: bool


def run(
    context: Context,
    stored: Stored,
    target: Target,
    rows: Pieces[R],
    *,
    read: Callable[[], object] = lambda: None,
    vectors: bool = False,
) -> Operation[R]:
    """Write rows in one transaction; one that is refused is told by its item.

    The server tells which statement failed. Of several rows in it, each is a statement of its own
    when the same is tried once more: then it tells the row, or all is stored.
    """
    pieces = rows.pieces
    at: Piece | None = None

    def body() -> Steps[R]:
        nonlocal at
        rows.begin()
        if len(pieces) > 1 and rows.first is not None:
            yield rows.first
        for piece in pieces:
            at = piece
            result = yield piece.statement()
            yield from rows.taken(piece, result)
            read()
        # what fails from here on is what COMMIT checks: of one row alone it is known which
        at = pieces[0] if len(pieces) == 1 and len(pieces[0].ids) == 1 else None
        return rows.done()

    while True:
        at = None
        several = rows.is_checked or len(pieces) > 1
        work = Work(body, writes=True, transaction=several)
        try:
            return (yield from on_collection(context, stored, work, vectors=vectors))
        except DatabaseError as error:
            yield from check_unaltered(context, stored, target, rows.verb, error)
            if not is_of_a_row(error):
                raise of_table(error, target.slots.table, rows.what) from error.__cause__
            if at is None or len(at.ids) == 1:
                ids = [id_ for piece in pieces for id_ in piece.ids] if at is None else at.ids
                raise told(error, target.slots.table, ids, rows.what) from error.__cause__
            place = pieces.index(at)
            pieces = [*pieces[:place], *at.split(), *pieces[place + 1 :]]
