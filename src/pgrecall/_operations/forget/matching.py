"""Items that match a filter, with what they make searchable."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING

from pgrecall._operations.entries import chats, entry_items
from pgrecall._operations.forget.run import OWNERS, Run, copies_of, is_plain
from pgrecall._statements.entries import chats as chat_statements
from pgrecall._statements.entries.threads import SPACE as THREADS
from pgrecall._statements.forget import forget as statements
from pgrecall._statements.items import items as item_statements
from pgrecall._statements.statement import Many

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pgrecall._operations.work import Steps
    from pgrecall._statements.entries.table import Key, Table
    from pgrecall._statements.layout import Stored
    from pgrecall.filters import Filter


def matching(run: Run, page: Sequence[Stored], filter_: Filter) -> Steps[None]:
    """Remove or count the items of some collections that match."""
    spaces: dict[str, list[tuple[Table, str]]] = defaultdict(list)
    for table, space in (yield from run.spaces()):
        spaces[entry_items.collection_of(space)].append((table, space))
    every: Sequence[Stored] = ()
    if any(stored.collection.name in spaces for stored in page):
        every = yield from run.collections()
    for stored in page:
        if not (yield from run.is_usable(stored)):
            continue
        beside = spaces.get(stored.collection.name)
        if beside:
            yield from _with_owners(run, stored, filter_, beside, every)
        yield from run.on_items(
            stored,
            item_statements.delete_where(stored, filter_),
            item_statements.count(stored, filter_),
        )


def _with_owners(
    run: Run,
    stored: Stored,
    filter_: Filter,
    beside: Sequence[tuple[Table, str]],
    every: Sequence[Stored],
) -> Steps[None]:
    """Remove or count what items that match were made of: an entry whole, a message alone."""
    found = yield statements.matching(stored, filter_)
    owners: dict[Key, str] = {}
    messages: dict[str, list[int]] = defaultdict(list)
    owned = 0
    for id_, names in found.rows:
        owner, _, number = id_.rpartition(":")
        key = entry_items.key_from(id_, *json.loads(names))
        if key is not None:
            owners[key] = owner
            owned += 1
        elif number.isdecimal():
            messages[owner].append(int(number))
    for table, space in beside:
        if is_plain(table, space):
            keys = sorted(owners)
            for begin in range(0, len(keys), OWNERS):
                some = keys[begin : begin + OWNERS]
                gone = yield statements.named(
                    run.schema, run.tenant, space, some, table, removing=run.removing
                )
                run.counts[table.name] += sum(rows for _, rows, _, _ in gone.rows)
        elif space != THREADS and run.removing:
            yield from _messages(run, chats.Place(run.tenant, space), messages)
    yield from run.items_beside(copies_of(every, stored.collection.name), list(owners.values()))
    if not run.removing:
        run.counts["items"] -= owned  # those are counted with all that match, too


def _messages(run: Run, place: chats.Place, messages: Mapping[str, Sequence[int]]) -> Steps[None]:
    for session, numbers in sorted(messages.items()):
        # as every writer of messages does, their session is held before
        yield chat_statements.lock(run.schema, place, session)
        yield Many(
            [chat_statements.remove_number(run.schema, place, session, one) for one in numbers]
        )
