"""Read the registry, the catalogs and the server's settings, for many collections at once."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from pgrecall._operations.context import check_names
from pgrecall._operations.health import looking
from pgrecall._operations.health.facts import Facts, IndexFacts, ServerFacts, TableFacts
from pgrecall._operations.indexes.memory import usual
from pgrecall._operations.search.checks import checked_limit
from pgrecall._operations.work import Work, one
from pgrecall._statements import analysis
from pgrecall._statements import health as statements
from pgrecall._statements.collections import loaders, registry
from pgrecall._values.instants import utc

if TYPE_CHECKING:
    from collections.abc import Container

    from pgrecall._operations.context import Context
    from pgrecall._operations.health.facts import CollectionFacts
    from pgrecall._operations.work import Operation


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
            collections.append((yield from looking.adopted(context, one_)))
        elif one_.source is None and (name in table_facts or name in before):
            known_facts = looking.facts_of(one_, table_facts.get(name), by_table.get(name, {}))
            if one_.indexes_pending or loaders.BUILDER in one_.settings:
                known_facts = yield Work(partial(looking.who_works, context, one_, known_facts))
            known_facts = yield from looking.filled_now(one_, known_facts)
            is_older = (one_.analysis or 0) < analysis.NEWEST
            if one_.collection.text_search is not None and is_older:
                known_facts = yield Work(partial(looking.analysed, one_, known_facts))
            if (found_long := (yield from looking.long_texts(one_, known_facts.table))) is not None:
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
            facts.append((yield from looking.adopted(context, each)))
        elif each.source is None:
            facts.append(looking.facts_of(each, tables_.get(each.table_name), {}))
    return facts
