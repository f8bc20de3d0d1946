"""Write, read and remove items."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from pgrecall import filters
from pgrecall._operations.adopted.distinct import check_distinct
from pgrecall._operations.context import resolve
from pgrecall._operations.items.ahead import Ahead, ReadAhead, W, Whole
from pgrecall._operations.moved import MovedError
from pgrecall._operations.on_table import on_collection
from pgrecall._operations.tracing import traced
from pgrecall._operations.work import PAUSE, PROGRESS, Call, Operation, Work, one
from pgrecall._statements.collections import tables
from pgrecall._statements.distributed import dialect_of
from pgrecall._statements.items import items as statements
from pgrecall._statements.layout import metric_of
from pgrecall._statements.statement import Many
from pgrecall._values.filter_constants import matches_everything
from pgrecall._values.groups import groups
from pgrecall._values.instants import utc_sent
from pgrecall._values.json_text import read_metadata
from pgrecall._values.numbers import checked_whole
from pgrecall._values.rows import Batch, Kind
from pgrecall._values.single import Single
from pgrecall._values.strings import check_ids
from pgrecall._values.vectors import Shape, decode
from pgrecall.errors import CollectionConflictError, InvalidArgumentError, PgRecallError
from pgrecall.indexes import kinds_of
from pgrecall.models import Item, Rows

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Sequence

    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Steps
    from pgrecall._statements.layout import Stored
    from pgrecall._statements.statement import Result, Statement
    from pgrecall._values.rows import Columns
    from pgrecall.errors import Advice
    from pgrecall.filters import Filter, FilterLike
    from pgrecall.models import Collection

T = TypeVar("T")

DEFAULT_BATCH = 5_000
"""Rows that one transaction of ``upsert`` and ``load`` writes at most; a call holds two in memory.

Rows with long texts are fewer: a batch has some 64 MB (``BATCH_BYTES``) at most.
"""


@traced("upsert")
def upsert(
    context: Context,
    tenant: str,
    name: str,
    items: Iterable[Item],
    *,
    batch_size: int,
    progress: Callable[[int], object] | None,
    clean: bool = False,
) -> Operation[int]:
    """Insert or replace items, a transaction a batch."""
    batch_size = checked_whole("batch_size", batch_size)
    stored = yield from resolve(context, tenant, name, vectors=True)
    if stored.adopted is not None:
        from pgrecall._operations.adopted import writing  # noqa: PLC0415  # few callers need it

        return (
            yield from writing.upsert(
                context, stored, items, batch_size=batch_size, progress=progress, clean=clean
            )
        )
    ahead = _reading(context, stored, items, batch_size, clean=clean)

    def write(batch: Batch | Single) -> Operation[int]:
        nonlocal stored
        try:
            yield from upsert_batch(context, stored, batch, ahead)
        except MovedError:
            stored = yield from moved(context, stored)
            yield from upsert_batch(context, stored, batch, ahead)
        return len(batch)

    return (yield from write_batches(ahead, write, progress))


def moved(context: Context, stored: Stored) -> Operation[Stored]:
    """Give a collection where it is now, for rows that are encoded for where it was."""
    now = yield from resolve(context, stored.tenant, stored.collection.name, vectors=True)
    return now.written_as(stored)


def _reading(
    context: Context, stored: Stored, items: Iterable[Item], batch_size: int, *, clean: bool
) -> Ahead[Batch | Single]:
    # a service writes one item a call, more often than not
    single = Single.of(kind_of(stored, clean=clean), items)
    if single is not None:
        return Whole(single, is_callers=context.is_callers)
    return reading_ahead(context, stored, items, batch_size, clean=clean)


def reading_ahead(
    context: Context,
    stored: Stored,
    items: Iterable[Item],
    batch_size: int,
    *,
    clean: bool,
    times: bool = False,
) -> ReadAhead[Batch]:
    """Read items, a batch ahead of the one that is written."""
    kind = kind_of(stored, clean=clean, times=times)
    cut = groups(items, batch_size, kind.shape.size)
    return ReadAhead(partial(Batch, kind), cut, stored, is_callers=context.is_callers)


def write_batches(
    ahead: Ahead[W],
    write: Callable[[W], Operation[int]],
    progress: Callable[[int], object] | None,
) -> Operation[int]:
    """Write batch by batch; an error tells how many rows are stored already.

    Args:
        ahead: Gives the batches.
        write: Writes one batch, and tells how many rows it wrote.
        progress: Told how many are written.
    """
    written = 0
    try:
        while (batch := (yield from ahead.next_batch())) is not None:
            written += yield from write(batch)
            if progress is not None:
                yield Call(progress, (written,), PROGRESS)
    except PgRecallError as error:
        error.written = 0 if ahead.is_callers else written
        raise
    except Exception as error:
        if written and not ahead.is_callers:
            error.add_note(f"pgrecall: {written} rows of earlier batches are stored")
        raise
    return written


def upsert_batch(
    context: Context, stored: Stored, batch: Batch | Single, ahead: Ahead[Any]
) -> Operation[None]:
    """Write one batch, in one statement where it is small."""
    if isinstance(batch, Single):
        work = one(statements.upsert_one(stored, batch.values), writes=True)
        yield from on_collection(context, stored, work, vectors=True)
        return

    def body() -> Steps[None]:
        if batch.needs_several_statements:
            yield tables.lock_rows(stored)
            yield from write_several(stored, batch, ahead)
        else:
            yield from _written(statements.upsert, stored, batch, ahead)

    several = Work(body, writes=True, transaction=batch.needs_several_statements)
    yield from on_collection(context, stored, several, vectors=True)


def write_several(stored: Stored, batch: Batch, ahead: Ahead[Any]) -> Steps[None]:
    """Write a batch of several statements, in their transaction and with the table's lock."""
    write = statements.upsert
    if statements.is_overwritten_apart(stored) and not batch.has_times:
        settings = dialect_of(stored).set_local({"enable_seqscan": "off"})
        results = yield Many([settings, statements.hold(stored, batch.id_array())])
        if results[-1].rows[0][0] == len(batch):
            write = statements.overwrite
    yield Many(_written(write, stored, batch, ahead))


def _written(
    write: Callable[[Stored, Columns], Statement],
    stored: Stored,
    batch: Batch,
    ahead: Ahead[Any],
) -> Generator[Statement, Any, None]:
    """Give a batch's statements; after each, some of the next batch is read."""
    for columns in batch.columns():
        yield write(stored, columns)
        ahead.read()


@traced("get")
def get(context: Context, tenant: str, name: str, ids: Iterable[str]) -> Operation[Rows[Item]]:
    """Read items in the order asked."""
    wanted = checked_ids(ids)
    stored = yield from resolve(context, tenant, name)
    if not wanted:
        return Rows()
    result = yield from on_collection(
        context, stored, one(statements.get(stored, wanted), replica=True)
    )
    return items_from(stored, result, wanted)


def items_from(stored: Stored, result: Result, asked: Sequence[str] = ()) -> Rows[Item]:
    """Make items of rows: id, text, metadata, vector, times.

    Args:
        stored: The collection.
        result: The rows.
        asked: The ids that were asked for, if any were.
    """
    check_distinct(stored, (row[0] for row in result.rows), asked)
    storage = stored.collection.storage
    return Rows(
        [
            Item(
                id_,
                decode(storage, vector),
                text,
                read_metadata(metadata),
                created_at=utc_sent(created),
                updated_at=utc_sent(updated),
            )
            for id_, text, metadata, vector, created, updated in result.rows
        ]
    )


@traced("delete")
def delete(context: Context, tenant: str, name: str, ids: Iterable[str]) -> Operation[int]:
    """Remove items by id."""
    wanted = checked_ids(ids)
    stored = yield from resolve(context, tenant, name)
    if stored.adopted is not None:
        from pgrecall._operations.adopted import removing  # noqa: PLC0415

        return (yield from removing.delete(context, stored, wanted))
    if not wanted:
        return 0
    return (yield from _remove(context, stored, lambda now: statements.delete(now, wanted)))


@traced("delete_where")
def delete_where(
    context: Context, tenant: str, name: str, filter_: FilterLike | None
) -> Operation[int]:
    """Remove the items that match."""
    parsed = leaving_rows(
        filter_,
        "delete_where needs a filter that can leave rows: an empty one would remove every item"
        " (clear does that)",
    )
    stored = yield from resolve(context, tenant, name)
    if stored.adopted is not None:
        from pgrecall._operations.adopted import removing  # noqa: PLC0415

        return (yield from removing.delete_where(context, stored, parsed))
    return (yield from _remove(context, stored, lambda now: statements.delete_where(now, parsed)))


def leaving_rows(
    filter_: FilterLike | None, otherwise: str, advice: Advice | None = None
) -> Filter:
    """Parse a filter that does not match everything by its form alone.

    Raises:
        InvalidArgumentError: It is empty, or does; the message is ``otherwise``, whose last words
            are the advice, where there is one.
    """
    parsed = filters.parse(filter_)
    if parsed is None or matches_everything(parsed):
        raise InvalidArgumentError(otherwise, advice=advice)
    return parsed


def _remove(
    context: Context, stored: Stored, make: Callable[[Stored], Statement]
) -> Operation[int]:
    def work(now: Stored) -> Work[Result]:
        return one(make(now), writes=True)

    result = yield from where_items_are(context, stored, work)
    return result.touched


def where_items_are(
    context: Context, stored: Stored, make: Callable[[Stored], Work[T]]
) -> Operation[T]:
    """Run a write of what needs no vector of the caller's; re-embedded, items are elsewhere."""
    try:
        return (yield from on_collection(context, stored, make(stored)))
    except CollectionConflictError:
        now = yield from resolve(context, stored.tenant, stored.collection.name)
        return (yield from on_collection(context, now, make(now)))


@traced("list_ids")
def list_ids(context: Context, tenant: str, name: str) -> Operation[list[str]]:
    """Read every id."""
    stored = yield from resolve(context, tenant, name)
    result = yield from on_collection(
        context, stored, one(statements.list_ids(stored), replica=True)
    )
    found = [id_ for (id_,) in result.rows]
    check_distinct(stored, found)
    return found


@traced("count")
def count(context: Context, tenant: str, name: str, filter_: FilterLike | None) -> Operation[int]:
    """Count the items that match."""
    parsed = filters.parse(filter_)
    stored = yield from resolve(context, tenant, name)
    result = yield from on_collection(
        context, stored, one(statements.count(stored, parsed), replica=True)
    )
    return int(result.rows[0][0])


def shape_of(stored: Stored) -> Shape:
    """Say what a collection's vectors must be."""
    return _shape_of(stored.collection)


def _shape_of(collection: Collection) -> Shape:
    return Shape(
        collection.name,
        collection.dimensions or 0,
        metric_of(collection),
        collection.storage,
    )


def kind_of(stored: Stored, *, clean: bool = False, times: bool = False) -> Kind:
    """Say what a collection's items must be."""
    key = bool(clean), bool(times)
    kind: Kind | None = stored.kinds.get(key)
    if kind is None:
        kind = kind_of_new(stored.collection)
        kind = kind._replace(vector_oid=stored.vector_oid, clean=key[0], times=key[1])
        stored.kinds[key] = kind
    return kind


def kind_of_new(collection: Collection) -> Kind:
    """Say what the items of a collection must be that may not be there yet: to check them."""
    text_fields = tuple(key for key, kind in kinds_of(collection.fields).items() if kind == "text")
    return Kind(_shape_of(collection), 0, text_fields)


def check_items(kind: Kind, items: Iterable[object]) -> Operation[None]:
    """Raise what a write of these items would, and write nothing."""
    seen = 0
    for group, _ in groups(items, DEFAULT_BATCH):
        Batch(kind, seen).add(group)
        seen += len(group)
        yield PAUSE


def checked_ids(ids: Iterable[str], what: str = "ids") -> list[str]:
    """Read ids once; ``what`` is what a message calls them.

    Raises:
        InvalidArgumentError: They are no iterable of what can be ids.
    """
    if isinstance(ids, str | bytes):
        msg = f"{what} must be a list of strings, not one string"
        raise InvalidArgumentError(msg)
    try:
        wanted = list(ids)
    except TypeError:
        msg = f"{what} must be an iterable of strings, not {type(ids).__name__}"
        raise InvalidArgumentError(msg) from None
    check_ids(what, wanted)
    return list(map(str.__str__, wanted))
