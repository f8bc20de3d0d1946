"""Copy what LangGraph's own savers and stores hold in the same database, inside the server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from pgrecall._operations.adopted.refusals import refuse_adopted
from pgrecall._operations.collections import collections
from pgrecall._operations.context import check_names, look_up, resolve
from pgrecall._operations.entries.entries import MAX_KEY_BYTES
from pgrecall._operations.entries.entry_items import space_of
from pgrecall._operations.on_table import on_collection
from pgrecall._operations.setup import needing_version
from pgrecall._operations.work import Work, one, unhurried
from pgrecall._statements.copying import catalog, langgraph
from pgrecall._statements.distributed import LOCAL
from pgrecall._statements.entries.table import BLOBS
from pgrecall._statements.entries.threads import SPACE
from pgrecall._statements.limits import lifted
from pgrecall._statements.statement import Many, Result
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation, Steps
    from pgrecall.models import Collection

THREADS_A_PAGE = 100
"""Threads that one transaction copies."""
_BYTES_OF_PARTS = 64  # what an array of a thread's names takes beside them, and the space's name


class Copied(NamedTuple):
    """What there was of a kind, and how much of it was not there before."""

    what: str
    rows: int
    copied: int


def copy_all(
    context: Context,
    tenant: str,
    schema: str,
    collection: Collection,
    *,
    dry_run: bool = False,
    progress: Callable[[str, int, int], object] | None = None,
) -> Operation[list[Copied]]:
    """Copy threads and memories, of what there is of both; what is there already stays as it is.

    Args:
        context: The store's.
        tenant: Whose they become.
        schema: The schema of the tables.
        collection: That of the PgRecallStore that gets the memories, made where there are vectors.
        dry_run: Count alone.
        progress: Told of checkpoints.

    Raises:
        InvalidArgumentError: There are no such tables, or a thread's names are too long.
        CollectionConflictError: The collection is there with another pin.
    """
    check_names(tenant, collection.name)
    of_threads = yield from _columns(
        schema, langgraph.CHECKPOINTS, langgraph.BLOBS, langgraph.WRITES
    )
    of_store = yield from _columns(schema, langgraph.STORE)
    if not of_threads and not of_store:
        others: set[str] = set()
        for table in (langgraph.CHECKPOINTS, langgraph.STORE):
            found = yield one(catalog.schemas_of(table))
            others.update(name for (name,) in found.rows)
        names = ", ".join(map(repr, sorted(others))) or "none"
        raise InvalidArgumentError(
            f"schema {schema!r} has no tables of LangGraph's PostgresSaver or PostgresStore;"
            f" schemas that have such a table: {names}"
        )
    copied: list[Copied] = []
    if of_threads:
        columns = of_threads[langgraph.WRITES]
        copied += yield from _copy_threads(
            context, tenant, schema, columns, dry_run=dry_run, progress=progress
        )
    if of_store:
        columns = of_store[langgraph.STORE]
        copied += yield from _copy_store(
            context, tenant, schema, collection, columns, dry_run=dry_run
        )
    return copied


def _copy_threads(
    context: Context,
    tenant: str,
    schema: str,
    columns: set[str],
    *,
    dry_run: bool,
    progress: Callable[[str, int, int], object] | None,
) -> Operation[list[Copied]]:
    """Copy all threads, some a transaction."""
    server = context.ready_server()
    room = MAX_KEY_BYTES - len(tenant.encode()) - len(SPACE) - _BYTES_OF_PARTS
    found = yield unhurried(server, langgraph.too_long(schema, room))
    long, first = found.rows[0]
    if long:
        raise InvalidArgumentError(
            f"{long:,} rows cannot be copied, so none was: names of more than {room:,} bytes"
            f" together, of the thread {first!r} at first; remove that thread"
        )
    counted = yield unhurried(server, langgraph.count(schema))
    checkpoints, values, writes = counted.rows[0]
    new = [0, 0, 0]
    after: str | None = None
    while not dry_run:
        if progress is not None:
            progress("copying", new[2], checkpoints)
        page = yield one(langgraph.next_page(schema, after, THREADS_A_PAGE))
        upto: str | None = page.rows[0][0]
        if upto is None:
            break
        results = yield from needing_version(
            context,
            BLOBS.since,
            _page(context, tenant, schema, after, upto, columns),
        )
        new = [sum(pair) for pair in zip(new, results, strict=True)]
        after = upto
    names = ("values", "writes", "checkpoints")
    rows = (values, writes, checkpoints)
    return [Copied(*each) for each in zip(names, rows, new, strict=True)]


def _copy_store(
    context: Context,
    tenant: str,
    schema: str,
    collection: Collection,
    columns: set[str],
    *,
    dry_run: bool,
) -> Operation[list[Copied]]:
    """Copy the values of a store, and their vectors where it has such."""
    server = context.ready_server()
    there = yield from look_up(context, tenant, collection.name)
    if there is not None:
        refuse_adopted(there, "import")
    counted = yield unhurried(server, langgraph.count_store(schema))
    rows: int = counted.rows[0][0]
    found = yield one(catalog.columns(schema, langgraph.VECTORS))
    vectors = catalog.read_columns(found.rows)
    embedding = (
        vectors.get("embedding") if langgraph.COLUMNS[langgraph.VECTORS] <= set(vectors) else None
    )
    number = 0
    if embedding is not None:
        counted = yield unhurried(server, langgraph.count_vectors(schema))
        number = counted.rows[0][0]
    if dry_run:
        return [Copied("memories", rows, 0), Copied("vectors", number, 0)]
    space = space_of("langgraph", collection.name)
    statement = langgraph.copy_store(context.schema, tenant, space, schema, columns)
    result = yield from needing_version(context, 2, unhurried(server, statement, writes=True))
    made = 0
    if embedding is not None and embedding.dimensions is not None and number:
        wanted = replace(collection, dimensions=embedding.dimensions, storage=embedding.kind)
        yield from collections.ensure(context, tenant, wanted)
        stored = yield from resolve(context, tenant, collection.name)
        copy = langgraph.copy_vectors(context.schema, tenant, space, schema, stored)
        work = unhurried(server, copy, writes=True)
        made = (yield from on_collection(context, stored, work)).touched
    return [Copied("memories", rows, result.touched), Copied("vectors", number, made)]


def _page(
    context: Context, tenant: str, schema: str, after: str | None, upto: str, columns: set[str]
) -> Work[list[int]]:
    copies = langgraph.copies(context.schema, tenant, schema, after, upto, columns)

    def body() -> Steps[list[int]]:
        settings = LOCAL.set_local(lifted(context.ready_server()))
        results: list[Result] = yield Many([settings, copies])
        return list(results[1].rows[0])

    return Work(body, writes=True, transaction=True)


def _columns(schema: str, *tables: str) -> Operation[dict[str, set[str]]]:
    """Give the columns of tables; nothing where one is missing, or is another program's."""
    columns: dict[str, set[str]] = {}
    for table in tables:
        found = yield one(catalog.columns(schema, table))
        columns[table] = {row[0] for row in found.rows}
        if not langgraph.COLUMNS[table] <= columns[table]:
            return {}
    return columns
