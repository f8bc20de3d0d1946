"""How collections are, as the pages show it: what ``pgrecall doctor`` finds, of one tenant."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pgrecall._operations.adopted.adopting import registered
from pgrecall._operations.health import gathering
from pgrecall._operations.search import effort
from pgrecall._operations.work import one
from pgrecall._statements.indexes import indexes as statements
from pgrecall.cli.checks.collection_checks import check_collections
from pgrecall.cli.checks.findings import DEFAULT, worst_first
from pgrecall.cli.checks.server_checks import check_server
from pgrecall.ui.place import CollectionState, Health, IndexState

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Container

    from pgrecall._adapters.pair import Pair
    from pgrecall._operations.context import Context
    from pgrecall._operations.health.facts import CollectionFacts, Facts, IndexFacts
    from pgrecall._operations.work import Operation


def looking(pair: Pair, tenant: str) -> Callable[[Container[str]], Awaitable[Health]]:
    """Give what tells how collections of a tenant are; of others it says nothing."""

    async def look(names: Container[str]) -> Health:
        facts = await pair.arun(gathering.gather(pair.context, tenant, names=names))
        states = {each.collection.name: _state(facts, each) for each in facts.collections}
        for name, state in states.items():
            if state.index == "building":
                phase = await pair.arun(_phase(pair.context, tenant, name))
                states[name] = replace(state, phase=phase)
        server = facts.server
        said = f"PostgreSQL {server.version_text}, pgvector {server.vector_version}"
        return Health(said, worst_first(check_server(facts, DEFAULT)), states)

    return look


def _state(facts: Facts, one_: CollectionFacts) -> CollectionState:
    table = one_.table
    found = check_collections(replace(facts, collections=[one_], leftovers=[]), DEFAULT)
    has_index = one_.ann_built and table is not None
    return CollectionState(
        rows=max(0.0, one_.rows),
        total_bytes=table.total_bytes if table else 0,
        toast_bytes=table.toast_bytes if table else 0,
        dead_rows=table.dead_rows if table else 0,
        index=_index(one_),
        promise=effort.told(one_.settings, one_.collection) if has_index else None,
        indexes=sorted(map(_index_state, one_.indexes.values()), key=lambda each: -each.bytes),
        findings=worst_first(found),
        adopted=one_.adopted.table if one_.adopted is not None else "",
    )


def _index(one_: CollectionFacts) -> str:
    """Name the state of a collection's approximate index."""
    if one_.table is None:
        return "lost"
    if one_.building or one_.loading:
        return "building"
    if one_.collection.index is None:
        return "none"
    if not one_.ann_built or one_.pending:
        return "waiting"
    built = one_.indexes.get(one_.ann)
    return "ready" if built is not None and built.valid else "missing"


def _index_state(index: IndexFacts) -> IndexState:
    state = "building" if index.building else "ready" if index.valid else "invalid"
    return IndexState(index.name, index.method, index.bytes, index.scans, state)


def _phase(context: Context, tenant: str, name: str) -> Operation[tuple[str, float | None] | None]:
    """Tell what a build of a collection's index does, and how far it is."""
    stored = yield from registered(context, tenant, name)
    if stored is None:
        return None
    found = yield one(statements.progress(stored))
    for phase, blocks, all_blocks, rows, all_rows in found.rows:
        done, total = (blocks, all_blocks) if all_blocks else (rows, all_rows)
        return phase, done / total if total else None
    return None
