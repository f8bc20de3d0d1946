"""Change items where they are: some of their columns, the others unsent and unread."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from pgrecall._operations.context import resolve
from pgrecall._operations.items.ahead import ReadAhead
from pgrecall._operations.items.items import (
    kind_of,
    leaving_rows,
    moved,
    where_items_are,
    write_batches,
)
from pgrecall._operations.moved import MovedError
from pgrecall._operations.on_table import on_collection
from pgrecall._operations.tracing import traced
from pgrecall._operations.work import Work
from pgrecall._statements.collections import tables
from pgrecall._statements.items import changes as statements
from pgrecall._statements.statement import Many
from pgrecall._values.changes import ChangeBatch, edit_values, refusal
from pgrecall._values.edits import checked_edit
from pgrecall._values.groups import groups
from pgrecall._values.numbers import checked_whole
from pgrecall._values.strings import shown
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping

    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation, Steps
    from pgrecall._statements.layout import Stored
    from pgrecall._statements.statement import Result, Statement
    from pgrecall._values.changes import Changed
    from pgrecall.filters import FilterLike
    from pgrecall.models import Change, FieldPath


@traced("update")
def update(
    context: Context,
    tenant: str,
    name: str,
    changes: Iterable[Change],
    *,
    batch_size: int,
    progress: Callable[[int], object] | None,
) -> Operation[int]:
    """Change items by id, a transaction a batch; count the distinct ones that were there."""
    batch_size = checked_whole("batch_size", batch_size)
    stored = yield from resolve(context, tenant, name)
    if stored.adopted is not None:
        from pgrecall._operations.adopted import changing  # noqa: PLC0415  # few callers need it

        return (
            yield from changing.update(
                context, stored, changes, batch_size=batch_size, progress=progress
            )
        )
    cut = groups(changes, batch_size, what="changes must be an iterable of pgrecall.Change")
    make = partial(ChangeBatch, kind_of(stored))
    ahead = ReadAhead(make, cut, stored, is_callers=context.is_callers)
    # some 80 bytes an id: that of each batch alone would count an id again in the next
    counted: set[int] = set()

    def write(batch: ChangeBatch) -> Operation[int]:
        nonlocal stored
        try:
            changed = yield from _update_batch(context, stored, batch, ahead)
        except MovedError:
            stored = yield from moved(context, stored)
            changed = yield from _update_batch(context, stored, batch, ahead)
        before = len(counted)
        counted.update(map(hash, changed))
        return len(counted) - before

    return (yield from write_batches(ahead, write, progress))


def _update_batch(
    context: Context, stored: Stored, batch: ChangeBatch, ahead: ReadAhead[ChangeBatch]
) -> Operation[set[str]]:
    def work(now: Stored) -> Work[set[str]]:
        # on Citus one change may take several statements
        several = batch.needs_several_statements or now.collection.distributed
        return Work(
            lambda: _changing(now, batch, ahead, several=several),
            writes=True,
            transaction=several,
        )

    if batch.has_vectors:
        # what only changes text and metadata mixes no vectors of two models
        yield from resolve(context, stored.tenant, stored.collection.name, vectors=True)
        return (yield from on_collection(context, stored, work(stored), vectors=True))
    return (yield from where_items_are(context, stored, work))


def _changing(
    stored: Stored, batch: ChangeBatch, ahead: ReadAhead[ChangeBatch], *, several: bool
) -> Steps[set[str]]:
    results: list[Result] = []
    parts: list[Changed | None] = []
    statements_ = _statements(stored, batch, ahead, parts)
    if several:
        yield tables.lock_rows(stored)
        results = yield Many(statements_)
    else:
        for statement in statements_:
            results.append((yield statement))
    changed: set[str] = set()
    for part, result in zip(parts, results, strict=True):
        for row in result.rows:
            if part is None or len(row) == 1:  # what a lock gives
                continue
            id_, fault = row
            if fault is not None:
                raise part.refusal(id_, fault)
            changed.add(id_)
    return changed


def _statements(
    stored: Stored,
    batch: ChangeBatch,
    ahead: ReadAhead[ChangeBatch],
    parts: list[Changed | None],
) -> Generator[Statement, Any, None]:
    """Give a batch's statements; ``parts`` receives what each one changes."""
    if batch.needs_lock:
        parts.append(None)
        yield statements.lock(stored, batch.ids)
    for some in batch.changed():
        for statement in statements.update(stored, some):
            parts.append(some)
            yield statement
        ahead.read()


@traced("update_where")
def update_where(
    context: Context,
    tenant: str,
    name: str,
    filter_: FilterLike,
    *,
    set_: Mapping[FieldPath, Any] | None,
    remove: Iterable[FieldPath | list[str]],
) -> Operation[int]:
    """Change the metadata of the items that match, all or none of them."""
    parsed = leaving_rows(
        filter_,
        "update_where needs a filter that can leave rows: an empty one would change every item"
        " (update does that, with a Change of every id)",
    )
    what = "update_where"
    stored = yield from resolve(context, tenant, name)
    edit = checked_edit(set_, remove, what, kind_of(stored).text_fields)
    if edit is None:
        msg = "update_where changes nothing: give set or remove"
        raise InvalidArgumentError(msg)
    if stored.adopted is not None:
        from pgrecall._operations.adopted import changing  # noqa: PLC0415

        return (yield from changing.update_where(context, stored, parsed, edit))
    values = edit_values(edit.parts(what))

    def work(now: Stored) -> Work[int]:
        made = statements.update_where(now, parsed, edit.shape, values)

        def body() -> Steps[int]:
            results: list[Result] = yield Many(made)
            for result in results:
                for row in result.rows:
                    if len(row) > 1 and row[-1] is not None:
                        raise refusal(f"item {shown(row[1])}", edit, row[-1])
            last = results[-1]
            return int(last.rows[0][0]) if last.rows else last.touched

        return Work(body, writes=True, transaction=len(made) > 1)

    return (yield from where_items_are(context, stored, work))
