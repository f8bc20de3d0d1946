"""Look at one collection: its table, its indexes, and who works there."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from pgrecall._operations.adopted.facts import found_out, nothing_known
from pgrecall._operations.adopted.present import present_of
from pgrecall._operations.health.facts import CollectionFacts, IndexFacts, LongTexts, TableFacts
from pgrecall._operations.indexes import filling
from pgrecall._operations.indexes.aside import is_at_work
from pgrecall._operations.indexes.claims import is_claimed
from pgrecall._operations.indexes.parts import counted_hot, is_unmeasured, wanted_parts
from pgrecall._operations.search.effort import LIMIT
from pgrecall._operations.search.planning import is_built, threshold_of
from pgrecall._operations.work import Work, one
from pgrecall._statements import analysis
from pgrecall._statements import health as statements
from pgrecall._statements.collections import tables
from pgrecall._statements.indexes.indexes import index_name, memory_needed
from pgrecall._statements.indexes.parts import hot_mark, names_of
from pgrecall._statements.statement import Many
from pgrecall.errors import ConnectionFailedError, DatabaseError
from pgrecall.indexes import IvfFlat

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pgrecall._operations.context import Context
    from pgrecall._operations.indexes.parts import Counted
    from pgrecall._operations.work import Operation, Steps
    from pgrecall._statements.layout import Stored


_LONG_TEXT_BYTES = 16_384
"""What a text that is not searched whole takes in the TOAST table at least, compressed."""


def whole(context: Context, stored: Stored) -> Operation[CollectionFacts]:
    """Gather what there is to know of one collection that the registry has, its indexes too."""
    if stored.adopted is not None:
        return (yield from adopted(context, stored))
    facts: CollectionFacts = yield Work(partial(look, context, stored))
    return facts


def look(
    context: Context, stored: Stored, *, counted: Counted | None = None, counts: bool = False
) -> Steps[CollectionFacts]:
    """Gather what there is to know of one collection, of the moment.

    Args:
        context: The store's.
        stored: The collection.
        counted: The values of hot fields that were counted already.
        counts: Whether they are counted where they were not.
    """
    described, indexed, owned = yield Many(
        [statements.table(stored), statements.indexes_of(stored), tables.is_owned(stored)]
    )
    table = TableFacts(*described.rows[0][1:]) if described.rows else None
    indexes = {name: IndexFacts(name, *facts) for _, name, *facts in indexed.rows}
    facts = facts_of(stored, table, indexes)
    if stored.collection.distributed:
        # the coordinator's own table is empty
        facts = replace(facts, rows=stored.rows)
    facts = yield from filled(stored, facts)
    if stored.adopted is not None:
        facts = replace(facts, adopted=(yield from found_out(stored, stored.adopted)))
        return (yield from who_works(context, stored, facts))
    waits = isinstance(stored.collection.index, IvfFlat) and not facts.ann_built
    if waits and facts.rows <= 0 < facts.estimated and owned.rows[0][0]:
        # what its writers counted is told up to a second later: is there a row by now?
        empty = yield tables.is_empty(stored)
        facts = facts if empty.rows[0][0] else replace(facts, rows=facts.estimated)
    facts = replace(facts, owned=owned.rows[0][0])
    facts = yield from analysed(stored, facts)
    if counted is None and counts and table is not None and not stored.indexes_pending:
        counted = yield from counted_hot(replace(stored, rows=max(facts.rows, stored.rows)))
    if counted is not None:
        parts = wanted_parts(stored, counted, facts.hot_indexes)
        facts = replace(facts, counted=counted, parts=parts)
    return (yield from who_works(context, stored, facts))


def adopted(context: Context, stored: Stored) -> Operation[CollectionFacts]:
    """Gather the same of one on a table of somebody else's; that it cannot be read is told too."""

    def body() -> Steps[CollectionFacts]:
        now = yield from present_of(stored)
        return (yield from look(context, now))

    try:
        facts: CollectionFacts = yield Work(body)
    except ConnectionFailedError:
        raise
    except DatabaseError as error:
        facts = facts_of(stored, None, {})
        if stored.adopted is not None:
            facts = replace(facts, adopted=nothing_known(stored.adopted, str(error)))
    return facts


def filled(stored: Stored, facts: CollectionFacts) -> Steps[CollectionFacts]:
    """Tell what part of the rows has a vector by now, where many had none."""
    if facts.pending or not facts.ann_built:
        return facts
    return replace(facts, filled=(yield from filling.filled(stored)))


def filled_now(stored: Stored, facts: CollectionFacts) -> Operation[CollectionFacts]:
    """Tell the same outside a transaction: of a table that is gone by now nothing."""
    try:
        facts = yield Work(partial(filled, stored, facts))
    except DatabaseError as error:
        if not _is_out_of_reach(error):
            raise
    return facts


def _is_out_of_reach(error: DatabaseError) -> bool:
    """Tell whether there is no right to read a table, or it is gone by now."""
    return (error.sqlstate or "")[:2] == "42"


def analysed(stored: Stored, facts: CollectionFacts) -> Steps[CollectionFacts]:
    """Tell texts that are searched as an older pgrecall did from those that cannot be otherwise."""
    configs = stored.configs
    number = stored.analysis or 0
    if not configs or number >= analysis.NEWEST:
        return facts
    found = yield analysis.applies(stored.schema, configs)
    is_older = (found.rows[0][0] or 0) > number
    return replace(facts, older_analysis=is_older, analysis=stored.analysis)


def long_texts(stored: Stored, table: TableFacts | None) -> Operation[LongTexts | None]:
    """Look for texts that are not searched whole, where there can be one."""
    if stored.collection.text_search is None or table is None:
        return None
    if table.toast_bytes < _LONG_TEXT_BYTES and not stored.collection.distributed:
        return None  # a long text lies there
    try:
        found = yield one(statements.long_texts(stored))
    except DatabaseError as error:
        if not _is_out_of_reach(error):
            raise
        return None
    looked_at, longer, read, beyond_places, beyond_indexed = found.rows[0]
    exact = stored.rows <= statements.LOOKED_AT and longer == read
    factor = longer / max(read, 1) * max(stored.rows, looked_at) / max(looked_at, 1)
    if not exact:
        beyond_places, beyond_indexed = (
            round(count * factor) for count in (beyond_places, beyond_indexed)
        )
    if not beyond_places and not beyond_indexed:
        return None
    return LongTexts(beyond_places, beyond_indexed, exact)


def who_works(context: Context, stored: Stored, facts: CollectionFacts) -> Steps[CollectionFacts]:
    """Tell a load and a build that go on from notes of those that died."""
    loading = (yield from is_at_work(context, stored)) if stored.indexes_pending else False
    building = any(index.building for index in facts.indexes.values())
    if not building:
        fresh = facts.indexes.get(facts.ann_new)
        building = yield from is_claimed(context, stored, None if fresh is None else fresh.valid)
    return replace(facts, loading=loading, building=building)


def facts_of(
    stored: Stored, table: TableFacts | None, indexes: Mapping[str, IndexFacts]
) -> CollectionFacts:
    """Put together what the registry, the table and its indexes tell, without asking more."""
    # before its first ANALYZE a table's rows are known by what its writers counted
    counted = table.live_rows if table is not None and table.rows <= 0 else stored.rows
    if stored.adopted is not None:
        return _facts_of_others(stored, table, indexes)
    expected = {
        name: definition.as_string(None).replace("%%", "%")
        for name, definition in tables.secondary_indexes(stored).items()
    }
    ann_new = stored.index_name("ann_new")
    return CollectionFacts(
        tenant=stored.tenant,
        collection=stored.collection,
        settings=stored.settings,
        pending=stored.indexes_pending,
        table=table,
        rows=counted,
        indexes=indexes,
        expected=expected,
        ann=index_name(stored),
        ann_built=is_built(stored),
        estimated=stored.rows,
        building=any(index.building for index in indexes.values()),
        ann_new=ann_new,
        fresh=[
            name
            for name in indexes
            if name == ann_new or (tables.field_mark(stored) in name and name not in expected)
        ],
        worth=threshold_of(stored, LIMIT),
        hot_indexes=[name for name in indexes if hot_mark(stored) in name],
        noted=names_of(stored),
        unmeasured=[name for name, part in names_of(stored).items() if is_unmeasured(stored, part)],
        memory_needed=memory_needed(replace(stored, rows=max(0.0, stored.rows, counted))),
    )


def _facts_of_others(
    stored: Stored, table: TableFacts | None, indexes: Mapping[str, IndexFacts]
) -> CollectionFacts:
    """Give the same of somebody else's table: no index of it is pgrecall's to expect."""
    name = None if stored.present is None else stored.present.index
    if table is not None and stored.adopted is not None and stored.adopted.kind == "view":
        # it has no statistics of its own, and needs none
        table = replace(table, analyzed=True)
    return CollectionFacts(
        tenant=stored.tenant,
        collection=stored.collection,
        settings=stored.settings,
        pending=False,
        table=table,
        rows=stored.rows,
        indexes=indexes,
        expected={},
        ann=name or "",
        ann_built=name is not None and is_built(stored),
        estimated=stored.rows,
        building=any(index.building for index in indexes.values()),
        worth=threshold_of(stored, LIMIT),
        memory_needed=memory_needed(stored),
    )
