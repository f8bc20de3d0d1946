"""Write items to an adopted table, and remove them from it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from pgrecall._operations.adopted.pieces import Pieces, run
from pgrecall._operations.adopted.target import target_anew, target_of
from pgrecall._operations.items.ahead import Ahead, ReadAhead, Whole
from pgrecall._operations.items.items import kind_of, moved, write_batches
from pgrecall._operations.moved import MovedError
from pgrecall._statements.adopted import writing as statements
from pgrecall._values.groups import groups
from pgrecall._values.strings import shown
from pgrecall._values.table_changes import key_arrays
from pgrecall._values.table_rows import TableBatch
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pgrecall._operations.adopted.pieces import Piece
    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation, Steps
    from pgrecall._statements.adopted.target import Target
    from pgrecall._statements.layout import Stored
    from pgrecall._statements.statement import Result, Statement
    from pgrecall._values.table_rows import RowShape
    from pgrecall.models import Item


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """Rows that are upserted by one statement."""

    stored: Stored
    target: Target
    batch: TableBatch
    shape: RowShape
    places: list[int]

    @property
    def ids(self) -> list[str]:
        return self.batch.ids_at(self.places)

    def statement(self) -> Statement:
        written = self.batch.written(self.shape, self.places)
        return statements.upsert(self.stored, self.target, written)

    def split(self) -> list[Piece]:
        of = partial(_Rows, self.stored, self.target, self.batch, self.shape)
        return [of([place]) for place in self.places]


def upsert(
    context: Context,
    stored: Stored,
    items: Iterable[Item],
    *,
    batch_size: int,
    progress: Callable[[int], object] | None,
    clean: bool,
) -> Operation[int]:
    """Insert or replace items, a transaction a batch; count the rows that were written."""
    target = yield from target_of(context, stored, "upsert")
    slots = target.slots
    if slots.texts > 1:
        msg = f"upsert writes no item to {slots.table}: {slots.no_text}"
        raise InvalidArgumentError(msg)
    kind = kind_of(stored, clean=clean)
    make = partial(TableBatch, kind, slots)
    ahead: Ahead[TableBatch]
    if type(items) is list and len(items) == 1:
        # a service writes one item a call, more often than not
        only = make(0)
        only.add(items)
        ahead = Whole(only.closed(), is_callers=context.is_callers)
    else:
        cut = groups(items, batch_size, kind.shape.size)
        ahead = ReadAhead(make, cut, stored, is_callers=context.is_callers)

    def write(batch: TableBatch) -> Operation[int]:
        nonlocal stored, target
        try:
            return (yield from upsert_batch(context, stored, target, batch, ahead))
        except MovedError:
            stored = yield from moved(context, stored)
            target = yield from target_anew(context, stored, target, "upsert")
            return (yield from upsert_batch(context, stored, target, batch, ahead))

    return (yield from write_batches(ahead, write, progress))


def upsert_batch(
    context: Context, stored: Stored, target: Target, batch: TableBatch, ahead: Ahead[Any]
) -> Operation[int]:
    """Insert or replace the rows of a batch, and count those that were."""
    pieces = [_Rows(stored, target, batch, *part) for part in batch.parts]
    in_order = len(pieces) == 1 or (target.is_direct and batch.is_in_order)
    count = 0

    def begin() -> None:
        nonlocal count
        count = 0

    def taken(piece: Piece, result: Result) -> Steps[None]:
        nonlocal count
        if target.is_direct and not target.is_scoped:
            count += result.touched
            return
        count += len(result.rows)
        yield from check_scope(stored, target, piece.ids, result.rows)

    rows = Pieces(
        pieces,
        None if in_order else statements.lock(stored, batch.key_arrays(batch.places)),
        taken,
        lambda: count,
        begin,
        "stored",
        "upsert",
        target.is_scoped or target.makes_ids,
    )
    return (yield from run(context, stored, target, rows, read=ahead.read, vectors=True))


def check_scope(
    stored: Stored, target: Target, ids: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> Steps[None]:
    """Raise InvalidArgumentError where a row is not within the collection's ``where``.

    Args:
        stored: The collection.
        target: Its table.
        ids: What was to be written.
        rows: What was: each id, and whether it is within.
    """
    table = target.slots.table
    for id_, inside in rows:
        if not inside:
            msg = (
                f"item {shown(id_)} cannot be stored in {table}: it would not match what the"
                f" collection is held to, where={stored.adopted and stored.adopted.where}"
            )
            raise InvalidArgumentError(msg)
    if len(rows) == len(ids):
        return
    missing = [id_ for id_ in ids if id_ not in {id_ for id_, _ in rows}]
    if target.is_scoped:
        found: Result = yield statements.outside(stored, key_arrays(target.slots, missing))
        if found.rows:
            named = ", ".join(shown(id_) for (id_,) in found.rows)
            msg = (
                f"items cannot be stored in {table}: their ids are those of rows that the"
                f" collection's where={stored.adopted and stored.adopted.where} does not match, as"
                f" {named}"
            )
            raise InvalidArgumentError(msg)
    if target.makes_ids and missing:
        names = ", ".join(column.name for column in target.slots.id)
        msg = (
            f"item {shown(missing[0])} cannot be made in {table}: the database alone gives its"
            f" {names} (GENERATED ALWAYS); upsert replaces rows that are there"
        )
        raise InvalidArgumentError(msg)
