"""Checks of collections: their tables, indexes, plans and rows."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from psycopg import sql

from pgrecall._statements.layout import qualified_name
from pgrecall.cli.doctor.findings import Finding, Limits, Severity
from pgrecall.cli.shared.output import bytes_text, plural, rounded
from pgrecall.indexes import IvfFlat

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgrecall._operations.health import CollectionFacts, Facts, TableFacts


def check_collections(facts: Facts, limits: Limits) -> list[Finding]:
    """Check each collection, and what belongs to none."""
    found: list[Finding] = []
    for one in facts.collections:
        if one.table is None:
            found.append(_lost_table(facts, one))
            continue
        found += _pending(one)
        found += _missing(one)
        found += _invalid(facts, one)
        found += _unused(facts, one, limits)
        found += _scanned(facts, one, one.table, limits)
        found += _dead(one, one.table, limits)
    return found + [_leftover(facts, table) for table in facts.leftovers]


def _lost_table(facts: Facts, one: CollectionFacts) -> Finding:
    registry = qualified_name(facts.schema, "collections")
    which = f"tenant = {_string(one.tenant)} AND name = {_string(one.collection.name)}"
    table = one.collection.table_name
    return Finding(
        Severity.SERIOUS,
        f"{_named(one)}: its table {table} is gone",
        "every call on the collection fails",
        "bring the table back from a backup, or forget the collection: pgrecall drop"
        f" {_words(one)}",
        (f"DELETE FROM {registry} WHERE {which}",),  # noqa: S608  # shown, never run
    )


def _pending(one: CollectionFacts) -> Iterator[Finding]:
    if one.pending:
        yield Finding(
            Severity.SERIOUS,
            f"{_named(one)}: a load put its indexes aside and has not built them",
            "a load is running right now, or was interrupted: until its end searches are exact and"
            " slow",
            f"wait for the load, or finish it: pgrecall index rebuild {_words(one)}",
        )


def _missing(one: CollectionFacts) -> Iterator[Finding]:
    if one.pending:
        return
    for name, definition in one.expected.items():
        is_ann = name == one.ann
        if name in one.indexes or (is_ann and not one.ann_built):
            continue
        yield Finding(
            Severity.SERIOUS if is_ann else Severity.WARNING,
            f"{_named(one)}: the index {name} is missing",
            "searches by vector compare every row"
            if is_ann
            else "text searches or filters read every row",
            f"build it anew: pgrecall index rebuild {_words(one)}" if is_ann else "build it anew",
            (_create(one, name, definition),),
        )
    if isinstance(one.collection.index, IvfFlat) and not one.ann_built and one.rows > 0:
        yield Finding(
            Severity.WARNING,
            f"{_named(one)}: its IVFFlat index was never built",
            "it learns its lists from rows, and there were none when the collection was made",
            f"build it: pgrecall index rebuild {_words(one)}",
            tuple(
                _create(one, name, text) for name, text in one.expected.items() if name == one.ann
            ),
        )


def _invalid(facts: Facts, one: CollectionFacts) -> Iterator[Finding]:
    for index in one.indexes.values():
        if index.valid or index.building:
            continue
        name = qualified_name(facts.schema, index.name)
        needed = index.name in one.expected
        yield Finding(
            Severity.SERIOUS if needed else Severity.WARNING,
            f"{_named(one)}: the index {index.name} is invalid",
            "its build was interrupted: it serves no search and slows every write",
            "build it anew" if needed else "drop what the build left",
            (
                f"REINDEX INDEX CONCURRENTLY {name}"
                if needed
                else f"DROP INDEX CONCURRENTLY {name}",
            ),
        )


def _unused(facts: Facts, one: CollectionFacts, limits: Limits) -> Iterator[Finding]:
    for index in one.indexes.values():
        if index.primary or not index.valid or index.scans or index.bytes < limits.unused_bytes:
            continue
        since = f"{facts.server.counting_since:%Y-%m-%d %H:%M} UTC"
        yield Finding(
            Severity.NOTICE,
            f"{_named(one)}: nothing has used the index {index.name} ({bytes_text(index.bytes)})"
            f" since {since}",
            "every write keeps it up to date",
            f"if it stays so: pgrecall index drop {_words(one)}"
            if index.name == one.ann
            else "drop it, if no filter or text search needs it",
            (f"DROP INDEX CONCURRENTLY {qualified_name(facts.schema, index.name)}",),
        )


def _scanned(
    facts: Facts, one: CollectionFacts, table: TableFacts, limits: Limits
) -> Iterator[Finding]:
    if one.collection.index is None and one.rows >= limits.scanned_rows and not one.pending:
        yield Finding(
            Severity.WARNING,
            f"{_named(one)}: about {rounded(one.rows)} rows and no approximate index",
            "every search by vector compares all of them",
            f"build one: pgrecall index create {_words(one)}",
        )
    if not table.analyzed and table.rows <= 0 and one.rows >= limits.analyzed_rows:
        yield Finding(
            Severity.WARNING,
            f"{_named(one)}: the planner has no statistics of its rows",
            "it guesses how many rows match, and BM25 how common a word is",
            "gather them" if facts.server.autovacuum else "gather them, and turn autovacuum on",
            (f"ANALYZE {one.collection.table_name}",),
        )


def _dead(one: CollectionFacts, table: TableFacts, limits: Limits) -> Iterator[Finding]:
    share = table.dead_rows / max(1, table.dead_rows + table.live_rows)
    if table.dead_rows >= limits.dead_rows and share >= limits.dead_share:
        yield Finding(
            Severity.WARNING,
            f"{_named(one)}: {share:.0%} of its rows are dead"
            f" ({plural(table.dead_rows, 'dead row')})",
            "searches walk over them, in the table and in its indexes",
            "vacuum it; where this comes back, let autovacuum come earlier",
            (
                f"VACUUM (ANALYZE) {one.collection.table_name}",
                (
                    f"ALTER TABLE {one.collection.table_name}"
                    " SET (autovacuum_vacuum_scale_factor = 0.05)"
                ),
            ),
        )


def _leftover(facts: Facts, table: TableFacts) -> Finding:
    name = qualified_name(facts.schema, table.name)
    return Finding(
        Severity.WARNING,
        f"the table {name} ({bytes_text(table.total_bytes)}) belongs to no collection",
        "it takes room and backs up with the rest; perhaps the registry was restored without it",
        "look into it, then drop it",
        (f"TABLE {name} LIMIT 5", f"DROP TABLE {name}"),
    )


def _named(one: CollectionFacts) -> str:
    return f"{one.tenant}/{one.collection.name}"


def _words(one: CollectionFacts) -> str:
    """Name a collection as the command line takes it."""
    tenant = "" if one.tenant == "default" else f" --tenant {shlex.quote(one.tenant)}"
    return shlex.quote(one.collection.name) + tenant


def _create(one: CollectionFacts, name: str, definition: str) -> str:
    quoted = qualified_name("", name).removeprefix('"".')
    return (
        f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {quoted} ON"
        f" {one.collection.table_name} {definition}"
    )


def _string(value: str) -> str:
    return sql.Literal(value).as_string(None)
