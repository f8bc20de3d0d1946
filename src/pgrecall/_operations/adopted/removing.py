"""Remove rows of an adopted table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgrecall._operations.adopted.pieces import Pieces, run
from pgrecall._operations.adopted.target import target_of
from pgrecall._operations.adopted.violations import is_of_a_row, of_table, told
from pgrecall._operations.on_table import on_collection
from pgrecall._operations.work import Work
from pgrecall._statements.adopted import writing as statements
from pgrecall._values.table_changes import key_arrays
from pgrecall.errors import DatabaseError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall._operations.adopted.pieces import Piece
    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation, Steps
    from pgrecall._statements.adopted.target import Target
    from pgrecall._statements.layout import Stored
    from pgrecall._statements.statement import Result, Statement
    from pgrecall.filters import Filter

ROWS = 1_000
"""Ids that one statement removes."""


@dataclass(frozen=True, slots=True, eq=False)
class _Doomed:
    """Ids of rows that are removed by one statement."""

    stored: Stored
    target: Target
    ids: list[str]

    def statement(self) -> Statement:
        return statements.delete(self.stored, key_arrays(self.target.slots, self.ids))

    def split(self) -> list[Piece]:
        return [_Doomed(self.stored, self.target, [id_]) for id_ in self.ids]


def delete(context: Context, stored: Stored, ids: Sequence[str]) -> Operation[int]:
    """Remove rows by id."""
    target = yield from target_of(context, stored, "delete")
    if not ids:
        return 0
    slots = target.slots
    known = {slots.id_of(id_): id_ for id_ in ids}
    wanted = [known[key] for key in sorted(known, key=slots.order_of)]
    chunks = [wanted[at : at + ROWS] for at in range(0, len(wanted), ROWS)]
    count = 0

    def begin() -> None:
        nonlocal count
        count = 0

    def taken(_: Piece, result: Result) -> Steps[None]:
        nonlocal count
        count += result.touched
        return
        yield

    rows = Pieces(
        [_Doomed(stored, target, chunk) for chunk in chunks],
        statements.lock(stored, key_arrays(slots, wanted)),
        taken,
        lambda: count,
        begin,
        "removed",
        "delete",
        is_checked=False,
    )
    return (yield from run(context, stored, target, rows))


def delete_where(context: Context, stored: Stored, parsed: Filter) -> Operation[int]:
    """Remove the rows that match."""
    target = yield from target_of(context, stored, "delete_where")

    def body() -> Steps[int]:
        result = yield statements.delete_where(stored, parsed)
        return int(result.touched)

    try:
        return (yield from on_collection(context, stored, Work(body, writes=True)))
    except DatabaseError as error:
        if not is_of_a_row(error):
            raise of_table(error, target.slots.table, "removed") from error.__cause__
        raise told(error, target.slots.table, [], "removed") from error.__cause__
