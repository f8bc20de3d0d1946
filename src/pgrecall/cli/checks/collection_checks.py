"""Checks of collections: their tables, indexes, plans and rows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeAlias

from psycopg import sql

from pgrecall._adapters.findings import Finding, Severity
from pgrecall._operations.maintain.due import Limits as DueLimits
from pgrecall._operations.maintain.tasks import TASKS
from pgrecall._operations.search.kept_effort import pinned
from pgrecall._statements.names import qualified_name
from pgrecall._values.memory import memory_text
from pgrecall.cli.checks.adopted_checks import check_adopted
from pgrecall.cli.checks.naming import named, tenant, words
from pgrecall.cli.shared.output import bytes_text, rounded
from pgrecall.indexes import Hnsw, hot_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgrecall._operations.health.facts import CollectionFacts, Facts, TableFacts
    from pgrecall._operations.maintain.due import Due
    from pgrecall.cli.checks.findings import Limits
    from pgrecall.indexes import Index

_Shown: TypeAlias = tuple[Severity, str, tuple[str, ...]]


def check_collections(facts: Facts, limits: Limits) -> list[Finding]:
    """Check each collection, and what belongs to none."""
    found: list[Finding] = []
    for one in facts.collections:
        if one.adopted is not None:
            found += check_adopted(one, one.adopted, limits)
            found += _cramped(facts, one)
            continue
        if one.table is None:
            found.append(_lost_table(facts, one))
            continue
        found += _due(facts, one, limits)
        found += _unused(facts, one, limits)
        found += _scanned(one, limits)
        found += _short(one)
        found += _cramped(facts, one)
        found += _long(one)
    return found + [_leftover(facts, table) for table in facts.leftovers]


def _lost_table(facts: Facts, one: CollectionFacts) -> Finding:
    registry = qualified_name(facts.schema, "collections")
    which = f"tenant = {_string(one.tenant)} AND name = {_string(one.collection.name)}"
    table = one.collection.table_name
    return Finding(
        Severity.SERIOUS,
        f"{named(one)}: its table {table} is gone",
        "every call on the collection fails",
        f"bring the table back from a backup, or forget the collection: pgrecall drop {words(one)}",
        (f"DELETE FROM {registry} WHERE {which}",),  # noqa: S608  # shown, never run
    )


def _due(facts: Facts, one: CollectionFacts, limits: Limits) -> Iterator[Finding]:
    """Tell what ``pgrecall maintain`` would do, by the table it goes by itself."""
    for task in TASKS:
        if task.name not in _SHOWN:
            continue
        told = DueLimits(limits.analyzed_rows, limits.dead_rows, limits.dead_share)
        for due in task.find(one, told):
            if due.can_wait:
                continue
            severity, by_hand, sql = _SHOWN[task.name](facts, one, due)
            if task.do is not None:
                by_hand = f"let it be done: pgrecall maintain{tenant(one)}, {by_hand}"
            yield Finding(severity, f"{named(one)}: {due.what}", due.why, by_hand, sql)


def _aside(_: Facts, one: CollectionFacts, __: Due) -> _Shown:
    by_hand = f"or wait for the load, or finish it: pgrecall index rebuild {words(one)}"
    return Severity.SERIOUS, by_hand, ()


def _invalid(facts: Facts, one: CollectionFacts, due: Due) -> _Shown:
    name = qualified_name(facts.schema, due.index)
    if due.index in one.expected:
        sql = f"REINDEX INDEX CONCURRENTLY {name}"
        return Severity.SERIOUS, "or build it anew", (sql,)
    return Severity.WARNING, "or drop what the build left", (f"DROP INDEX CONCURRENTLY {name}",)


def _missing(_: Facts, one: CollectionFacts, due: Due) -> _Shown:
    is_ann = due.index == one.ann
    by_hand = f"or build it: pgrecall index rebuild {words(one)}" if is_ann else "or build it"
    definition = one.expected.get(due.index)
    sql = () if definition is None else (_create(one, due.index, definition),)
    serious = is_ann and one.ann_built
    return Severity.SERIOUS if serious else Severity.WARNING, by_hand, sql


def _aged(_: Facts, one: CollectionFacts, __: Due) -> _Shown:
    return Severity.WARNING, f"or build it anew: pgrecall index rebuild {words(one)}", ()


def _not_analyzed(facts: Facts, one: CollectionFacts, _: Due) -> _Shown:
    more = "" if facts.server.autovacuum else ", and turn autovacuum on"
    return Severity.WARNING, f"or gather them{more}", (f"ANALYZE {one.collection.table_name}",)


def _dead(_: Facts, one: CollectionFacts, __: Due) -> _Shown:
    table = one.collection.table_name
    return (
        Severity.WARNING,
        "or vacuum it; where this comes back, let autovacuum come earlier",
        (
            f"VACUUM (ANALYZE) {table}",
            f"ALTER TABLE {table} SET (autovacuum_vacuum_scale_factor = 0.05)",
        ),
    )


def _not_measured(_: Facts, one: CollectionFacts, __: Due) -> _Shown:
    return Severity.NOTICE, f"or build the index anew: pgrecall index rebuild {words(one)}", ()


def _not_ended(_: Facts, __: CollectionFacts, ___: Due) -> _Shown:
    return (
        Severity.WARNING,
        "reembed() or alter_collection() goes on with it, abandon_reembed() removes it",
        (),
    )


def _older(_: Facts, one: CollectionFacts, __: Due) -> _Shown:
    by_hand = (
        "load another collection, then rename it: one that is distributed is not changed in place"
        if one.collection.distributed
        else f"write its texts' words anew, while it serves: pgrecall index rebuild {words(one)}"
    )
    return Severity.NOTICE, by_hand, ()


_SHOWN = {
    "restore indexes": _aside,
    "drop half-built indexes": _invalid,
    "build missing indexes": _missing,
    "rebuild aged indexes": _aged,
    "analyze": _not_analyzed,
    "vacuum": _dead,
    "measure the recall": _not_measured,
    "end a re-embedding": _not_ended,
    "renew the text analysis": _older,
}
"""How each task is shown: how much it matters, what to do by hand, and the SQL for it.

A spread that is not kept for all clients costs each a moment: no finding.
"""


def _unused(facts: Facts, one: CollectionFacts, limits: Limits) -> Iterator[Finding]:
    for index in one.indexes.values():
        if index.primary or not index.valid or index.scans or index.bytes < limits.unused_bytes:
            continue
        since = f"{facts.server.counting_since:%Y-%m-%d %H:%M} UTC"
        yield Finding(
            Severity.NOTICE,
            f"{named(one)}: nothing has used the index {index.name} ({bytes_text(index.bytes)})"
            f" since {since}",
            "every write keeps it up to date",
            f"if it stays so: pgrecall index drop {words(one)}"
            if index.name == one.ann
            else "drop it, if no filter or text search needs it",
            (f"DROP INDEX CONCURRENTLY {qualified_name(facts.schema, index.name)}",),
        )


def _scanned(one: CollectionFacts, limits: Limits) -> Iterator[Finding]:
    if one.collection.index is not None or one.pending or hot_of(one.collection.fields):
        return  # of hot values, the others are few
    if one.rows >= limits.scanned_rows:
        yield Finding(
            Severity.WARNING,
            f"{named(one)}: about {rounded(one.rows)} rows and no approximate index",
            "every search by vector compares all of them",
            f"build one: pgrecall index create {words(one)}",
        )


def _short(one: CollectionFacts) -> Iterator[Finding]:
    """Tell where no effort meets the target."""
    index = one.collection.index
    pin = pinned(one.settings, index)
    if pin is not None and one.ann_built and not pin.is_met:
        told = _better(index)
        reached = max(1, math.floor(100 * pin.recall)) / 100
        yield Finding(
            Severity.WARNING,
            f"{named(one)}: its index finds {pin.recall:.3f} of the neighbours at most, and"
            f" {pin.target:g} is asked for",
            "no effort finds more in the graph that was built",
            f"build {told[0]}: pgrecall index create {words(one)}{told[1]}; or ask for less:"
            f" pgrecall alter {words(one)} --target-recall {reached:g}",
        )


def _cramped(facts: Facts, one: CollectionFacts) -> Iterator[Finding]:
    """Tell where a build of the index would not have the memory that it needs."""
    if one.memory_needed <= facts.memory_allowed:
        return
    is_due = one.pending or one.ann not in one.indexes
    is_graph = isinstance(one.collection.index, Hnsw)
    needed = memory_text(one.memory_needed)
    yield Finding(
        Severity.WARNING if is_due else Severity.NOTICE,
        f"{named(one)}: to build its index takes {needed} of memory, and a build may have"
        f" {memory_text(facts.memory_allowed)}",
        "once that is full, the rest of the build takes many times as long"
        if is_graph
        else "PostgreSQL refuses to build it with less",
        f"allow it, where the server has so much: Store(build_memory={needed!r}), or pgrecall index"
        f" rebuild {words(one)} --build-memory {needed}",
    )


def _long(one: CollectionFacts) -> Iterator[Finding]:
    """Tell of texts that full text search does not cover whole."""
    long = one.long_texts
    if long is None:
        return
    about = "" if long.exact else "about "
    told = {
        f"{about}{rounded(long.beyond_places)} with words behind the 16,383rd": long.beyond_places,
        f"{about}{rounded(long.beyond_indexed)} with more than 130,000 characters": (
            long.beyond_indexed
        ),
    }
    yield Finding(
        Severity.NOTICE,
        f"{named(one)}: texts that are longer than text search covers,"
        f" {' and '.join(text for text, count in told.items() if count)}",
        "phrases are not found behind the 16,383rd word, where a word counts once however often it"
        " is there; nothing is found behind 130,000 characters",
        "store such texts in parts, a chapter or a page an item",
    )


def _better(index: Index | None) -> tuple[str, str]:
    """Say which index would find more, and the options that make it."""
    if not isinstance(index, Hnsw):
        return "an HNSW index", ""
    if index.quantization is not None:
        return "it of full vectors", f" --m {index.m} --ef-construction {index.ef_construction}"
    m = min(100, 2 * index.m)
    candidates = min(1_000, max(200, 2 * index.ef_construction, 2 * m))
    return "it with a larger m or ef_construction", f" --m {m} --ef-construction {candidates}"


def _leftover(facts: Facts, table: TableFacts) -> Finding:
    name = qualified_name(facts.schema, table.name)
    return Finding(
        Severity.WARNING,
        f"the table {name} ({bytes_text(table.total_bytes)}) belongs to no collection",
        "it takes room and backs up with the rest; perhaps the registry was restored without it",
        "look into it, then drop it",
        (f"TABLE {name} LIMIT 5", f"DROP TABLE {name}"),
    )


def _create(one: CollectionFacts, name: str, definition: str) -> str:
    quoted = qualified_name("", name).removeprefix('"".')
    return (
        f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {quoted} ON"
        f" {one.collection.table_name} {definition}"
    )


def _string(value: str) -> str:
    return sql.Literal(value).as_string(None)
