"""Read a collection into the server's memory, so that its first searches are as quick as any."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from pgrecall._operations.context import resolve
from pgrecall._operations.on_table import on_collection
from pgrecall._operations.search.planning import is_built
from pgrecall._operations.tracing import traced
from pgrecall._operations.work import Work
from pgrecall._statements.distributed import LOCAL
from pgrecall._statements.prewarm import prewarm as statements
from pgrecall._statements.statement import Many
from pgrecall.errors import InvalidArgumentError
from pgrecall.models import PrewarmReport

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation, Steps
    from pgrecall._statements.layout import Stored
    from pgrecall._statements.statement import Statement

_OTHERS = 10  # of so many parts of the buffers one is left to others


class _Relation(NamedTuple):
    """What holds a part of a collection: the table or what it keeps out of line, or an index."""

    number: int
    kind: str
    name: str
    blocks: int
    block_bytes: int
    readable: bool


@traced("prewarm")
def prewarm(context: Context, tenant: str, name: str) -> Operation[PrewarmReport]:
    """Read the collection's indexes and table into memory."""
    stored = yield from resolve(context, tenant, name)
    check_is_here(stored)
    work = Work(partial(_warmed, stored), transaction=True, replica=True)
    return (yield from on_collection(context, stored, work))


def check_is_here(stored: Stored) -> None:
    """Refuse a collection that Citus spreads: this connection's server has no row of it.

    Raises:
        InvalidArgumentError: It is distributed.
    """
    if stored.collection.distributed:
        raise InvalidArgumentError(
            f"collection {stored.collection.name!r} is distributed, and is not read into memory by"
            " one call: run pg_prewarm on its shards, by run_command_on_shards of Citus"
        )


def _warmed(stored: Stored) -> Steps[PrewarmReport]:
    set_ = LOCAL.set_local(statements.settings(stored))
    _, server, listed = yield Many([set_, statements.server(), statements.relations(stored)])
    buffers, work_mem, schema = server.rows[0]
    relations = [_Relation(*row) for row in listed.rows]
    # an index has no rights of its own, and older versions ask for those: its owner's alone. A
    # view has no pages
    if schema is not None and relations and all(one.readable for one in relations):
        return (yield from _by_extension(schema, relations, buffers))
    return (yield from _by_reading(stored, relations, work_mem))


def _by_extension(
    schema: str, relations: Sequence[_Relation], buffers: int
) -> Steps[PrewarmReport]:
    """Fill the buffers, with the index before all; what has no room comes to the system's memory.

    The index is read last: of a table that is larger than the memory it is what stays there.
    """
    read = {"table": 0, "index": 0}
    room = buffers - buffers // _OTHERS
    parts: list[tuple[_Relation, str, int, int]] = []
    for one in relations:
        within = min(one.blocks, room // one.block_bytes)
        room -= within * one.block_bytes
        parts += [(one, "buffer", 0, within - 1), (one, "read", within, one.blocks - 1)]
    for one, mode, first, last in reversed(parts):
        if first <= last:
            done = yield statements.by_extension(schema, one.number, mode, first, last)
            read[one.kind] += done.rows[0][0] * one.block_bytes
    return PrewarmReport(read["table"], read["index"], "pg_prewarm")


def _by_reading(
    stored: Stored, relations: Sequence[_Relation], work_mem: int
) -> Steps[PrewarmReport]:
    """Scan the table, the index of its ids and, last, the approximate one, which then stays."""
    tables = sum(one.blocks * one.block_bytes for one in relations if one.kind == "table")
    indexes = [one for one in relations if one.kind == "index"]
    numbers = [one.number for one in indexes]
    before = yield statements.visited(numbers)
    yield statements.table(stored)
    index = stored.collection.index
    effort = {"enable_sort": "off", "enable_seqscan": "off"}
    walk: Statement | None = None
    if index is not None and is_built(stored):
        found = yield statements.a_vector(stored)
        if found.rows:
            walk = statements.walked(stored, index, found.rows[0][0])
            effort = statements.walk_settings(stored, index, work_mem)
    yield LOCAL.set_local(effort)
    yield statements.ids(stored)
    if walk is not None:
        yield walk
    after = yield statements.visited(numbers)
    looks = dict(after.rows)
    for number, count in before.rows:
        looks[number] -= count
    # a page that was looked at twice is one
    read = sum(min(one.blocks, looks[one.number]) * one.block_bytes for one in indexes)
    return PrewarmReport(tables, read, "reading")
