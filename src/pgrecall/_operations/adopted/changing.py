"""Change rows of an adopted table where they are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from pgrecall._operations.adopted.pieces import Pieces, run
from pgrecall._operations.adopted.target import check_unaltered, target_anew, target_of
from pgrecall._operations.adopted.violations import is_of_a_row, of_table, told
from pgrecall._operations.adopted.writing import check_scope
from pgrecall._operations.context import resolve
from pgrecall._operations.items.ahead import ReadAhead
from pgrecall._operations.items.items import kind_of, moved, write_batches
from pgrecall._operations.moved import MovedError
from pgrecall._operations.on_table import on_collection
from pgrecall._operations.work import Work
from pgrecall._statements.adopted import changing as statements
from pgrecall._statements.adopted import writing
from pgrecall._values.changes import ChangeShape, edit_values, refusal
from pgrecall._values.groups import groups
from pgrecall._values.strings import shown
from pgrecall._values.table_changes import TableChangeBatch, parted_edit
from pgrecall.errors import DatabaseError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pgrecall._operations.adopted.pieces import Piece
    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation, Steps
    from pgrecall._statements.adopted.target import Target
    from pgrecall._statements.layout import Stored
    from pgrecall._statements.statement import Result, Statement
    from pgrecall._values.changes import Changed
    from pgrecall._values.edits import Edit
    from pgrecall.filters import Filter
    from pgrecall.models import Change


@dataclass(frozen=True, slots=True, eq=False)
class _Changes:
    """Changes of one statement."""

    stored: Stored
    target: Target
    batch: TableChangeBatch
    some: Changed

    @property
    def ids(self) -> list[str]:
        return self.some.ids

    def statement(self) -> Statement:
        return statements.update(self.stored, self.target, self.some)

    def split(self) -> list[Piece]:
        return [
            _Changes(self.stored, self.target, self.batch, one)
            for one in self.batch.one_by_one(self.some)
        ]


def update(
    context: Context,
    stored: Stored,
    changes: Iterable[Change],
    *,
    batch_size: int,
    progress: Callable[[int], object] | None,
) -> Operation[int]:
    """Change items by id, a transaction a batch; count the distinct ones that were there."""
    target = yield from target_of(context, stored, "update")
    cut = groups(changes, batch_size, what="changes must be an iterable of pgrecall.Change")
    make = partial(TableChangeBatch, kind_of(stored), target.slots)
    ahead = ReadAhead(make, cut, stored, is_callers=context.is_callers)
    counted: set[int] = set()

    def write(batch: TableChangeBatch) -> Operation[int]:
        nonlocal stored, target
        try:
            changed = yield from _update_batch(context, stored, target, batch, ahead)
        except MovedError:
            stored = yield from moved(context, stored)
            target = yield from target_anew(context, stored, target, "update")
            changed = yield from _update_batch(context, stored, target, batch, ahead)
        before = len(counted)
        counted.update(map(hash, changed))
        return len(counted) - before

    return (yield from write_batches(ahead, write, progress))


def _update_batch(
    context: Context,
    stored: Stored,
    target: Target,
    batch: TableChangeBatch,
    ahead: ReadAhead[TableChangeBatch],
) -> Operation[set[str]]:
    changed: set[str] = set()

    def taken(piece: Piece, result: Result) -> Steps[None]:
        assert isinstance(piece, _Changes)  # noqa: S101  # made here
        for id_, _, fault in result.rows:
            if fault is not None:
                raise piece.some.refusal(id_, fault)
        written = [(id_, inside) for id_, inside, _ in result.rows]
        yield from check_scope(stored, target, [id_ for id_, _ in written], written)
        changed.update(id_ for id_, _ in written)

    if batch.has_vectors:
        # what only changes text and metadata mixes no vectors of two models
        yield from resolve(context, stored.tenant, stored.collection.name, vectors=True)
    rows = Pieces(
        [_Changes(stored, target, batch, some) for some in batch.changed()],
        writing.lock(stored, batch.key_arrays()),
        taken,
        lambda: changed,
        changed.clear,
        "changed",
        "update",
        target.is_scoped,
    )
    return (
        yield from run(context, stored, target, rows, read=ahead.read, vectors=batch.has_vectors)
    )


def update_where(context: Context, stored: Stored, parsed: Filter, edit: Edit) -> Operation[int]:
    """Change the metadata of the items that match, all or none of them."""
    what = "update_where"
    target = yield from target_of(context, stored, what)
    made = parted_edit(target.slots, edit, what)
    keys = tuple(sorted(made.typed))
    shape = ChangeShape(False, False, False, made.edit and made.edit.shape, keys, made.nested)
    values: dict[str, Any] = {} if made.edit is None else edit_values(made.edit.parts(what))
    values |= {f"c{number}": made.typed[key] for number, key in enumerate(keys)}

    def body() -> Steps[int]:
        result = yield statements.update_where(stored, target, parsed, shape, values)
        count, outside, faulty, fault = result.rows[0]
        if fault is not None:
            assert made.edit is not None  # noqa: S101  # what has none has no such path
            raise refusal(f"item {shown(faulty)}", made.edit, fault)
        if outside is not None:
            yield from check_scope(stored, target, [outside], [(outside, False)])
        return int(count)

    work = Work(body, writes=True, transaction=target.is_scoped)
    try:
        return (yield from on_collection(context, stored, work))
    except DatabaseError as error:
        yield from check_unaltered(context, stored, target, what, error)
        if not is_of_a_row(error):
            raise of_table(error, target.slots.table, "changed") from error.__cause__
        raise told(error, target.slots.table, [], "changed") from error.__cause__
