"""Write, read and remove items."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from pgrecall import filters
from pgrecall._operations.context import on_collection, resolve
from pgrecall._operations.work import PAUSE, Work, one
from pgrecall._rows import Batch, Kind, check_id, groups
from pgrecall._statements import items as statements
from pgrecall._statements.statement import Many
from pgrecall._vectors import Shape, decode
from pgrecall.errors import InvalidArgumentError, PgRecallError
from pgrecall.models import Item

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation, Pause, Steps
    from pgrecall._statements.layout import Stored
    from pgrecall.filters import FilterLike

T = TypeVar("T")

DEFAULT_BATCH = 5_000
"""Rows that one transaction of ``upsert`` and ``load`` writes; a call holds one batch in memory."""


def upsert(
    context: Context,
    tenant: str,
    name: str,
    items: Iterable[Item],
    *,
    batch_size: int,
    progress: Callable[[int], object] | None,
) -> Operation[int]:
    """Insert or replace items, a transaction a batch."""
    check_positive("batch_size", batch_size)
    stored = yield from resolve(context, tenant, name)
    write = upsert_batch
    return (yield from write_batches(context, stored, items, batch_size, progress, write))


def write_batches(
    context: Context,
    stored: Stored,
    items: Iterable[Item],
    batch_size: int,
    progress: Callable[[int], object] | None,
    write: Callable[[Stored, Batch], Work[None]],
) -> Operation[int]:
    """Write an iterable batch by batch; an error tells how many rows are stored already."""
    written = 0
    try:
        batches = _batches(stored, items, batch_size)
        while (batch := (yield from _next_batch(batches))) is not None:
            yield from on_collection(context, stored, write(stored, batch))
            written += len(batch)
            if progress is not None:
                progress(written)
    except PgRecallError as error:
        error.written = written
        raise
    except Exception as error:
        if written:
            error.add_note(f"pgrecall: {written} rows of earlier batches are stored")
        raise
    return written


def upsert_batch(stored: Stored, batch: Batch) -> Work[None]:
    """Write one batch, in one statement where it is small."""

    def body() -> Steps[None]:
        chunks = (statements.upsert(stored, columns) for columns in batch.columns())
        yield Many(chunks) if batch.needs_several_statements else next(chunks)

    return Work(body, writes=True, transaction=batch.needs_several_statements)


def get(context: Context, tenant: str, name: str, ids: Iterable[str]) -> Operation[list[Item]]:
    """Read items in the order asked."""
    wanted = _checked_ids(ids)
    stored = yield from resolve(context, tenant, name)
    if not wanted:
        return []
    result = yield from on_collection(context, stored, one(statements.get(stored, wanted)))
    storage = stored.collection.storage
    return [
        Item(id_, decode(storage, vector), text, statements.read_metadata(metadata))
        for id_, text, metadata, vector in result.rows
    ]


def delete(context: Context, tenant: str, name: str, ids: Iterable[str]) -> Operation[int]:
    """Remove items by id."""
    wanted = _checked_ids(ids)
    stored = yield from resolve(context, tenant, name)
    if not wanted:
        return 0
    work = one(statements.delete(stored, wanted), writes=True)
    result = yield from on_collection(context, stored, work)
    return result.touched


def delete_where(
    context: Context, tenant: str, name: str, filter_: FilterLike | None
) -> Operation[int]:
    """Remove the items that match."""
    parsed = filters.parse(filter_)
    if parsed is None or filters.matches_everything(parsed):
        msg = (
            "delete_where needs a filter that can leave rows: an empty one would remove every item"
            " (drop_collection does that)"
        )
        raise InvalidArgumentError(msg)
    stored = yield from resolve(context, tenant, name)
    work = one(statements.delete_where(stored, parsed), writes=True)
    result = yield from on_collection(context, stored, work)
    return result.touched


def list_ids(context: Context, tenant: str, name: str) -> Operation[list[str]]:
    """Read every id."""
    stored = yield from resolve(context, tenant, name)
    result = yield from on_collection(context, stored, one(statements.list_ids(stored)))
    return [id_ for (id_,) in result.rows]


def count(context: Context, tenant: str, name: str, filter_: FilterLike | None) -> Operation[int]:
    """Count the items that match."""
    parsed = filters.parse(filter_)
    stored = yield from resolve(context, tenant, name)
    result = yield from on_collection(context, stored, one(statements.count(stored, parsed)))
    return int(result.rows[0][0])


def shape_of(stored: Stored) -> Shape:
    """Say what a collection's vectors must be."""
    collection = stored.collection
    return Shape(collection.name, stored.dimensions, stored.metric, collection.storage)


def check_positive(what: str, value: object) -> None:
    """Raise InvalidArgumentError unless ``value`` is a whole number of 1 or more."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        msg = f"{what} must be a whole number of 1 or more, not {value!r}"
        raise InvalidArgumentError(msg)


def _batches(
    stored: Stored, items: Iterable[Item], batch_size: int
) -> Generator[Batch | Pause, None, None]:
    text_fields = tuple(key for key, kind in stored.fields.items() if kind == "text")
    kind = Kind(shape_of(stored), stored.vector_oid, text_fields)
    batch = None
    for group, ends in groups(items, batch_size):
        if batch is None:
            batch = Batch(kind)
        batch.add(group)
        if ends:
            yield batch.closed()
            batch = None
        else:
            yield PAUSE
    if batch is not None:
        yield batch.closed()


def _next_batch(batches: Generator[Batch | Pause, None, None]) -> Operation[Batch | None]:
    for step in batches:
        if isinstance(step, Batch):
            return step
        yield step
    return None


def _checked_ids(ids: Iterable[str]) -> list[str]:
    if isinstance(ids, str | bytes):
        msg = "ids must be a list of strings, not one string"
        raise InvalidArgumentError(msg)
    try:
        wanted = list(ids)
    except TypeError:
        msg = f"ids must be an iterable of strings, not {type(ids).__name__}"
        raise InvalidArgumentError(msg) from None
    for id_ in wanted:
        check_id(id_, limit=None)
    return list(map(str.__str__, wanted))
