"""Gather what tells whether a store's tables and their server are well; judges nothing."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from pgrecall._operations.adopted.facts import AdoptedFacts, found_out, nothing_known
from pgrecall._operations.adopted.present import present_of
from pgrecall._operations.context import check_names
from pgrecall._operations.indexes.aside import is_at_work
from pgrecall._operations.indexes.claims import is_claimed
from pgrecall._operations.indexes.memory import usual
from pgrecall._operations.indexes.parts import counted_hot, is_unmeasured, wanted_parts
from pgrecall._operations.search.checks import checked_limit
from pgrecall._operations.search.effort import LIMIT
from pgrecall._operations.search.planning import is_built, threshold_of
from pgrecall._operations.work import Work, one
from pgrecall._statements import analysis
from pgrecall._statements import health as statements
from pgrecall._statements.collections import loaders, registry, tables
from pgrecall._statements.indexes.indexes import USUAL_MEMORY, index_name, memory_needed
from pgrecall._statements.indexes.parts import hot_mark, names_of
from pgrecall._statements.statement import Many
from pgrecall._values.instants import utc
from pgrecall.errors import ConnectionFailedError, DatabaseError
from pgrecall.indexes import IvfFlat

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence
    from datetime import datetime

    from pgrecall._operations.context import Context
    from pgrecall._operations.indexes.parts import Counted
    from pgrecall._operations.work import Operation, Steps
    from pgrecall._statements.layout import Stored
    from pgrecall._statements.parts import Part
    from pgrecall.models import Collection


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """A server's versions, memory in bytes and connections."""

    version: int
    version_text: str
    vector_version: str
    vector_available: str
    shared_buffers: int
    maintenance_work_mem: int
    work_mem: int
    max_connections: int
    reserved_connections: int
    connections: int
    pgrecall_connections: int
    autovacuum: bool
    counting_since: datetime
    embedded: bool = False
    textsearch_version: str | None = None


_LONG_TEXT_BYTES = 16_384
"""What a text that is not searched whole takes in the TOAST table at least, compressed."""


@dataclass(frozen=True, slots=True)
class TableFacts:
    """A table's size and what PostgreSQL's statistics say; ``rows`` is -1 where unknown."""

    name: str
    rows: float
    total_bytes: int
    live_rows: int
    dead_rows: int
    analyzed: bool
    toast_bytes: int = 0


@dataclass(frozen=True, slots=True)
class LongTexts:
    """About how many texts full text search does not cover whole.

    Attributes:
        beyond_places: Those with words behind the last place that a tsvector has.
        beyond_indexed: Those with more characters than are indexed.
        exact: Whether they were counted, and not guessed from a sample.
    """

    beyond_places: int
    beyond_indexed: int
    exact: bool


@dataclass(frozen=True, slots=True)
class IndexFacts:
    """One index as the catalog has it; ``scans`` counts since ``counting_since``."""

    name: str
    method: str
    valid: bool
    primary: bool
    bytes: int
    scans: int
    building: bool


@dataclass(frozen=True, slots=True)
class CollectionFacts:
    """A collection with its table, or None where that is gone, and its indexes.

    Attributes:
        tenant: Whose it is.
        collection: As the registry has it.
        settings: How it is searched, as ``tune`` and builds left it.
        pending: A load put its indexes aside, and has not brought them back.
        table: None where the registry names a table that is not there.
        rows: About how many there are.
        indexes: The table's indexes by name.
        expected: The definitions of the indexes that should be there, by name.
        ann: Name of the approximate index.
        ann_built: Whether the approximate index should be there by now.
        estimated: About how many rows there are, by the pages of the table alone.
        loading: A load is at work in it; None where nobody asked.
        building: A call builds an index of it.
        ann_new: Name of an approximate index until it is put in its place.
        fresh: The table's indexes that were built and are to be put in their place.
        owned: Whether this role may build and drop the table's indexes.
        worth: Rows from which a search asks the index.
        memory_needed: Bytes that a build of the approximate index is to be allowed to stay quick;
            0 without one.
        hot_indexes: The table's indexes of hot values, by name.
        noted: The parts whose index every client knows of, by its name.
        unmeasured: Names of those whose effort was never measured, or for another recall.
        counted: The values of each hot field with many rows, and their rows; None where nobody
            counted.
        parts: The parts that are to have an index, by its name; empty where nobody counted.
        older_analysis: Whether its texts are searched as an older pgrecall analysed them, or not
            analysed, and could be as this one does.
        long_texts: Its texts that are not searched whole; None where there are none, or nobody
            looked.
        adopted: What there is to know of the table of somebody else's that it stands on; all else
            is of that table too.
    """

    tenant: str
    collection: Collection
    settings: Mapping[str, object]
    pending: bool
    table: TableFacts | None
    rows: float
    indexes: Mapping[str, IndexFacts]
    expected: Mapping[str, str]
    ann: str
    ann_built: bool
    estimated: float = 0.0
    loading: bool | None = None
    building: bool = False
    ann_new: str = ""
    fresh: Sequence[str] = ()
    owned: bool = True
    worth: float = 0.0
    memory_needed: int = 0
    hot_indexes: Sequence[str] = ()
    noted: Mapping[str, Part] = field(default_factory=dict)
    unmeasured: Sequence[str] = ()
    counted: Counted | None = None
    parts: Mapping[str, Part] = field(default_factory=dict)
    older_analysis: bool = False
    long_texts: LongTexts | None = None
    adopted: AdoptedFacts | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that ``gather`` found out.

    Attributes:
        schema: The store's schema.
        server: The server's facts.
        collections: The collections of all tenants, by tenant and name.
        leftovers: Tables that look like a collection's and are in no registry.
        memory_allowed: Bytes that a build by this store may have.
    """

    schema: str
    server: ServerFacts
    collections: Sequence[CollectionFacts]
    leftovers: Sequence[TableFacts]
    memory_allowed: int = USUAL_MEMORY


def gather(
    context: Context, tenant: str | None = None, *, names: Container[str] | None = None
) -> Operation[Facts]:
    """Read the registry, the catalogs and the server's settings.

    Args:
        context: The store's view.
        tenant: Whose collections; None for all, and for the tables that are nobody's.
        names: Which of them; None for all.
    """
    schema, known = context.schema, context.ready_server()
    asked = yield one(statements.server())
    version, text, available, *rest, since, embedded, textsearch = asked.rows[0]
    rest += [utc(since), embedded, textsearch]
    server = ServerFacts(version, text, known.vector_version, available or "", *rest)
    # the registry before and after the catalog: what is made or dropped in between is no finding
    found = yield one(registry.table_names(schema))
    present = yield one(statements.tables(schema))
    again = yield one(registry.find_every(schema, tenant))
    listed = [registry.stored_from(schema, known, row) for row in again.rows]
    listed = [one_ for one_ in listed if names is None or one_.collection.name in names]
    before = {name for (name,) in found.rows}
    indexed = yield one(statements.indexes(schema))
    by_table: dict[str, dict[str, IndexFacts]] = {}
    for table, name, *facts in indexed.rows:
        by_table.setdefault(table, {})[name] = IndexFacts(name, *facts)
    table_facts = {row[1]: TableFacts(*row[1:]) for row in present.rows}
    collections: list[CollectionFacts] = []
    for one_ in listed:
        name = one_.table_name
        if one_.adopted is not None:
            collections.append((yield from _adopted(context, one_)))
        elif one_.source is None and (name in table_facts or name in before):
            known_facts = _collection_facts(one_, table_facts.get(name), by_table.get(name, {}))
            if one_.indexes_pending or loaders.BUILDER in one_.settings:
                known_facts = yield Work(partial(_who_works, context, one_, known_facts))
            if one_.collection.text_search is not None and one_.analysis != analysis.NEWEST:
                known_facts = yield Work(partial(_analysed, one_, known_facts))
            if (found_long := (yield from _long_texts(one_, known_facts.table))) is not None:
                known_facts = replace(known_facts, long_texts=found_long)
            collections.append(known_facts)
    owned = before | {one_.table_name for one_ in listed}
    strays = table_facts.items() if tenant is None else ()
    leftovers = [table for name, table in strays if name not in owned]
    memory = context.memory_allowed() or usual(server.maintenance_work_mem)
    return Facts(schema, server, collections, leftovers, memory)


def listed(
    context: Context, tenant: str | None, *, limit: int | None = None, after: str | None = None
) -> Operation[list[CollectionFacts]]:
    """Read collections by tenant and name, and their tables; of no other table anything is read.

    Their indexes are left out.

    Args:
        context: The store's view.
        tenant: Whose; None for all.
        limit: Collections at most; None for every one.
        after: The name before the first one, where there is a tenant.
    """
    if tenant is not None:
        check_names(tenant, "-")
    if limit is not None:
        limit = checked_limit(limit)
    schema, server = context.schema, context.ready_server()
    found = yield one(registry.find_every(schema, tenant, limit=limit, after=after))
    stored = [registry.stored_from(schema, server, row) for row in found.rows]
    names = [each.table_name for each in stored if each.source is None]
    present = yield one(statements.tables_named(schema, names))
    tables_ = {row[1]: TableFacts(*row[1:]) for row in present.rows}
    facts = []
    for each in stored:
        if each.adopted is not None:
            facts.append((yield from _adopted(context, each)))
        elif each.source is None:
            facts.append(_collection_facts(each, tables_.get(each.table_name), {}))
    return facts


def whole(context: Context, stored: Stored) -> Operation[CollectionFacts]:
    """Gather what there is to know of one collection that the registry has, its indexes too."""
    if stored.adopted is not None:
        return (yield from _adopted(context, stored))
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
    facts = _collection_facts(stored, table, indexes)
    if stored.collection.distributed:
        # the coordinator's own table is empty
        facts = replace(facts, rows=stored.rows)
    if stored.adopted is not None:
        facts = replace(facts, adopted=(yield from found_out(stored, stored.adopted)))
        return (yield from _who_works(context, stored, facts))
    waits = isinstance(stored.collection.index, IvfFlat) and not facts.ann_built
    if waits and facts.rows <= 0 < facts.estimated and owned.rows[0][0]:
        # what its writers counted is told up to a second later: is there a row by now?
        empty = yield tables.is_empty(stored)
        facts = facts if empty.rows[0][0] else replace(facts, rows=facts.estimated)
    facts = replace(facts, owned=owned.rows[0][0])
    facts = yield from _analysed(stored, facts)
    if counted is None and counts and table is not None and not stored.indexes_pending:
        counted = yield from counted_hot(replace(stored, rows=max(facts.rows, stored.rows)))
    if counted is not None:
        parts = wanted_parts(stored, counted, facts.hot_indexes)
        facts = replace(facts, counted=counted, parts=parts)
    return (yield from _who_works(context, stored, facts))


def _adopted(context: Context, stored: Stored) -> Operation[CollectionFacts]:
    """Gather the same of one on a table of somebody else's; that it cannot be read is told too."""

    def body() -> Steps[CollectionFacts]:
        now = yield from present_of(stored)
        return (yield from look(context, now))

    try:
        facts: CollectionFacts = yield Work(body)
    except ConnectionFailedError:
        raise
    except DatabaseError as error:
        facts = _collection_facts(stored, None, {})
        if stored.adopted is not None:
            facts = replace(facts, adopted=nothing_known(stored.adopted, str(error)))
    return facts


def _analysed(stored: Stored, facts: CollectionFacts) -> Steps[CollectionFacts]:
    """Tell texts that are searched as an older pgrecall did from those that cannot be otherwise."""
    configs = stored.configs
    if not configs or stored.analysis == analysis.NEWEST:
        return facts
    found = yield analysis.applies(stored.schema, configs)
    return replace(facts, older_analysis=found.rows[0][0])


def _long_texts(stored: Stored, table: TableFacts | None) -> Operation[LongTexts | None]:
    """Look for texts that are not searched whole, where there can be one."""
    if stored.collection.text_search is None or table is None:
        return None
    if table.toast_bytes < _LONG_TEXT_BYTES and not stored.collection.distributed:
        return None  # a long text lies there
    try:
        found = yield one(statements.long_texts(stored))
    except DatabaseError as error:
        if (error.sqlstate or "")[:2] != "42":  # no right to read it, or it is gone by now
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


def _who_works(context: Context, stored: Stored, facts: CollectionFacts) -> Steps[CollectionFacts]:
    """Tell a load and a build that go on from notes of those that died."""
    loading = (yield from is_at_work(context, stored)) if stored.indexes_pending else False
    building = any(index.building for index in facts.indexes.values())
    if not building:
        fresh = facts.indexes.get(facts.ann_new)
        building = yield from is_claimed(context, stored, None if fresh is None else fresh.valid)
    return replace(facts, loading=loading, building=building)


def _collection_facts(
    stored: Stored, table: TableFacts | None, indexes: Mapping[str, IndexFacts]
) -> CollectionFacts:
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
