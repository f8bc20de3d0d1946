"""Remove what a tenant has: all of it, or what is named.

What belongs together goes together: entries, blobs and chats with the items that make them
searchable, and the other way round. Rows of the tables of all tenants go before those of
collections, in the order in which writers lock both.
"""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

from pgrecall._operations.collections.collections import drop_table
from pgrecall._operations.entries import chats
from pgrecall._operations.forget.checks import checked
from pgrecall._operations.forget.matching import matching
from pgrecall._operations.forget.named import below, ended, threads_of
from pgrecall._operations.forget.run import Run
from pgrecall._operations.tracing import traced
from pgrecall._operations.work import Work
from pgrecall._statements.collections import registry, tables, versions
from pgrecall._statements.distributed import LOCAL
from pgrecall._statements.entries.table import BLOBS
from pgrecall._statements.entries.threads import SPACE as THREADS
from pgrecall._statements.forget import forget as statements
from pgrecall._statements.limits import lifted
from pgrecall.errors import DatabaseError
from pgrecall.models import Forgotten

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation, Steps
    from pgrecall._statements.layout import Stored
    from pgrecall.filters import FilterLike

AT_ONCE = 32
"""Collections of one transaction: each takes thirty locks or so, of a server's few thousand."""

_MOVED = "42P01"  # undefined_table
_TRIES = 5
_RECORDS, _LOG = 2, 3  # the versions of the registry that brought them


@traced("forget", collection=None)
def forget(
    context: Context,
    tenant: str,
    *,
    filter_: FilterLike | None,
    namespace: Sequence[str] | None,
    threads: Iterable[object],
    sessions: Iterable[object],
    dry_run: bool,
) -> Operation[Forgotten]:
    """Remove what is named, or all, some collections at a time; count it."""
    asked = checked(tenant, filter_, namespace, threads, sessions)
    counts: Counter[str] = Counter()
    kept: list[str] = []
    after: str | None = None
    is_first, tries = True, 0
    while is_first or after is not None:
        run = Run(context, asked, removing=not dry_run)
        body = partial(_some, run, after, is_first=is_first)
        try:
            found = yield Work(body, writes=not dry_run, transaction=True)
        except DatabaseError as error:
            tries += 1
            # a collection was dropped, renamed or rewritten since its name was read
            if error.sqlstate != _MOVED or tries == _TRIES or context.is_callers:
                if context.is_callers or not (told := _told(counts, kept, dry_run=dry_run)):
                    raise
                raise error.explained(told) from error.__cause__
            continue
        except Exception as error:
            if not context.is_callers and (told := _told(counts, kept, dry_run=dry_run)):
                error.add_note(f"pgrecall: {told}")
            raise
        after, is_first, tries = found, False, 0
        counts.update(run.counts)
        kept += run.tables_kept
    return Forgotten(**counts, tables_kept=tuple(dict.fromkeys(kept)), dry_run=dry_run)


def _told(counts: Counter[str], kept: Sequence[str], *, dry_run: bool) -> str:
    """Say what earlier transactions removed; nothing where there was none."""
    if dry_run or not (any(counts.values()) or kept):
        return ""
    done = Forgotten(**counts, tables_kept=tuple(dict.fromkeys(kept)), dry_run=False)
    return f"{done}, and broke off then: the same call goes on from there"


def _some(run: Run, after: str | None, *, is_first: bool) -> Steps[str | None]:
    """Do a part of it; give the last collection where others are left."""
    run.counts.clear()  # this may be another try
    run.tables_kept.clear()
    server = run.context.ready_server()
    yield LOCAL.set_local(lifted(server))
    found = yield versions.read(run.schema)
    run.has = found.rows[0][1]
    asked = run.asked
    if is_first:
        yield from (_rows_of_tenant if asked.is_all else _rows_named)(run)
    if not asked.is_all and asked.filter is None:
        return None
    listed = yield registry.find_all(run.schema, run.tenant, limit=AT_ONCE + 1, after=after)
    page = [registry.stored_from(run.schema, server, row) for row in listed.rows]
    if asked.filter is not None:
        yield from matching(run, page[:AT_ONCE], asked.filter)
    else:
        for stored in page[:AT_ONCE]:
            yield from _drop(run, stored)
        if run.removing:
            # what was written while the tables of its items were waited for has none of them now
            yield from _rows_of_tables(run)
    return page[AT_ONCE - 1].collection.name if len(page) > AT_ONCE else None


def _rows_of_tenant(run: Run) -> Steps[None]:
    yield from _rows_of_tables(run)
    others = (("records", _RECORDS, statements.records), ("log_rows", _LOG, statements.log_rows))
    for kind, since, of_tenant in others:
        if run.has >= since:
            found = yield of_tenant(run.schema, run.tenant, removing=run.removing)
            run.counts[kind] += found.touched if run.removing else found.rows[0][0]


def _rows_of_tables(run: Run) -> Steps[None]:
    counts, removing = run.counts, run.removing
    for table in run.tables():
        found = yield from run.again_if_any(
            statements.of_tenant(run.schema, run.tenant, table, removing=removing)
        )
        for space, rows, threads, sessions in found:
            if table is BLOBS and space == THREADS:
                counts["threads"] += threads
            elif table is BLOBS and chats.is_of_chats(space):
                counts["sessions"] += sessions
            else:
                counts[table.name] += rows


def _rows_named(run: Run) -> Steps[None]:
    asked = run.asked
    if asked.threads and run.has >= BLOBS.since:
        yield from threads_of(run, asked.threads)
    if asked.namespace is None and not asked.sessions:
        return
    spaces = yield from run.spaces()
    collections = yield from run.collections()
    if asked.namespace is not None:
        yield from below(run, asked.namespace, spaces, collections)
    if asked.sessions:
        yield from ended(run, asked.sessions, spaces, collections)


def _drop(run: Run, listed: Stored) -> Steps[None]:
    """Remove a collection; of one on a table of the user's own, its line of the registry alone."""
    context, name = run.context, listed.collection.name
    if not run.removing:
        run.counts["collections"] += 1
        if (yield from run.is_usable(listed)):
            counted = yield tables.count(listed)
            run.counts["items"] += counted.rows[0][0]
        return
    context.forget(run.tenant, name)
    result = yield registry.delete(run.schema, run.tenant, name)
    if not result.rows:  # it went with the collection whose place it was to take
        return
    stored = registry.stored_from(run.schema, listed.server, result.rows[0])
    run.counts["collections"] += 1
    if stored.source is not None:
        run.tables_kept.append(name)
        if stored.adopted is not None:
            yield from drop_table(context, stored)  # what marks that it was adopted
        return
    run.counts["items"] += yield from drop_table(context, stored)
    context.frequencies.pop(stored.id)
    context.calibrations.pop(stored.id)
