"""Entries and blobs below a namespace, threads and chats, with the items that belong to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrecall._operations.entries import chats, entry_items
from pgrecall._operations.forget.run import Run, copies_of, is_plain
from pgrecall._statements.entries import chats as chat_statements
from pgrecall._statements.entries.table import BLOBS
from pgrecall._statements.entries.threads import SPACE as THREADS
from pgrecall._statements.forget import forget as statements

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall._operations.work import Steps
    from pgrecall._statements.entries.table import Key, Table
    from pgrecall._statements.layout import Stored

BATCH = 2_000
"""Entries or blobs of one statement, whose items are removed before the next."""


def threads_of(run: Run, threads: Sequence[str]) -> Steps[None]:
    """Remove or count threads."""
    prefixes = [(thread,) for thread in threads]
    found = yield from run.again_if_any(
        statements.within(run.schema, run.tenant, THREADS, prefixes, BLOBS, removing=run.removing)
    )
    run.counts["threads"] += sum(there for _, _, there, _ in found)


def below(
    run: Run,
    namespace: tuple[str, ...],
    spaces: Sequence[tuple[Table, str]],
    collections: Sequence[Stored],
) -> Steps[None]:
    """Remove or count what is below a namespace, in every space but those of threads and chats."""
    for table, space in spaces:
        if not is_plain(table, space):
            continue
        copies = yield from _copies(run, space, collections)
        after: Key | None = None
        while True:
            found = yield statements.next_below(
                run.schema,
                run.tenant,
                space,
                namespace,
                table,
                after=after,
                most=BATCH,
                removing=run.removing,
            )
            keys: list[Key] = [(tuple(parts), key) for parts, key in found.rows]
            run.counts[table.name] += len(keys)
            yield from run.items_beside(copies, [entry_items.owner_of(key) for key in keys])
            if len(keys) < BATCH:
                break
            after = keys[-1]


def ended(
    run: Run,
    sessions: Sequence[str],
    spaces: Sequence[tuple[Table, str]],
    collections: Sequence[Stored],
) -> Steps[None]:
    """Remove or count chats, of whatever framework."""
    for table, space in spaces:
        if is_plain(table, space) or space == THREADS:
            continue
        place = chats.Place(run.tenant, space)
        keys = sorted(chats.key_of(place, name) for name in sessions)
        # who writes to a session holds its row: its messages are all there once that is ours
        found = yield statements.named(
            run.schema,
            run.tenant,
            space,
            [(chat_statements.SESSIONS, key) for key in keys],
            BLOBS,
            removing=run.removing,
        )
        run.counts["sessions"] += sum(rows for _, rows, _, _ in found.rows)
        if run.removing:
            yield chat_statements.sweep(run.schema, place, keys)
        copies = yield from _copies(run, space, collections)
        yield from run.items_beside(copies, keys)


def _copies(run: Run, space: str, collections: Sequence[Stored]) -> Steps[list[Stored]]:
    copies = []
    for stored in copies_of(collections, entry_items.collection_of(space)):
        if (yield from run.is_usable(stored)):
            copies.append(stored)  # noqa: PERF401  # no list comprehension can yield
    return copies
