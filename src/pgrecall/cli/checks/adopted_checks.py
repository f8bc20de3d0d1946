"""Checks of collections on tables that somebody else made: what is shown is theirs to run."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pgrecall._adapters.findings import Finding, Severity
from pgrecall._operations.adopted.facts import COLUMN, COMPUTED
from pgrecall._operations.maintain.due import Limits as DueLimits
from pgrecall._operations.maintain.tasks import TASKS
from pgrecall._operations.search.kept_effort import pinned
from pgrecall._statements.names import qualified_name
from pgrecall.cli.checks.naming import named, words
from pgrecall.cli.shared.output import rounded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgrecall._operations.adopted.facts import AdoptedFacts
    from pgrecall._operations.health.facts import CollectionFacts
    from pgrecall.cli.checks.findings import Limits

_FEW_TEXTS = 1_000
"""Rows from which making the words of each text anew takes longer than a search may."""

_BY_HAND = {
    "vacuum": (Severity.WARNING, "VACUUM (ANALYZE) {table}"),
    "analyze": (Severity.WARNING, "ANALYZE {table}"),
    "rebuild aged indexes": (Severity.WARNING, "REINDEX INDEX CONCURRENTLY {index}"),
    "drop half-built indexes": (Severity.WARNING, "DROP INDEX CONCURRENTLY {index}"),
    "measure the recall": (Severity.NOTICE, ""),
}
"""How what is due is shown, and the statement of what pgrecall does not do there."""


def check_adopted(one: CollectionFacts, of: AdoptedFacts, limits: Limits) -> list[Finding]:
    """Check a collection that was adopted."""
    if of.error:
        return [_unreadable(one, of)]
    return [
        *_due(one, of, limits),
        *_vectors(one, of, limits),
        *_tokens(one, of, limits),
        *_not_kept(one, of),
        *_ids(one, of),
        *_short(one, of),
    ]


def _unreadable(one: CollectionFacts, of: AdoptedFacts) -> Finding:
    return Finding(
        Severity.SERIOUS,
        f"{named(one)}: {of.error}",
        "every call on the collection fails",
        "bring the table back to what it was, or forget the collection, which removes no row:"
        f" pgrecall drop {words(one)}",
    )


def _due(one: CollectionFacts, of: AdoptedFacts, limits: Limits) -> Iterator[Finding]:
    told = DueLimits(limits.analyzed_rows, limits.dead_rows, limits.dead_share)
    for task in TASKS:
        shown = _BY_HAND.get(task.name)
        if shown is None:
            continue
        severity, statement = shown
        for due in task.find(one, told):
            if due.can_wait:
                continue
            index = qualified_name(of.schema, due.index)
            todo = (
                "the table is yours, and pgrecall leaves it as it is: run"
                if statement
                else "let it be done, which changes nothing of the table: pgrecall maintain"
            )
            sql = (statement.format(table=of.table, index=index),) if statement else ()
            yield Finding(severity, f"{named(one)}: {due.what}", due.why, todo, sql)


def _vectors(one: CollectionFacts, of: AdoptedFacts, limits: Limits) -> Iterator[Finding]:
    if not of.has_vectors or not of.can_have_indexes or of.index is not None:
        return
    if one.rows <= one.worth:
        return
    many = one.rows >= limits.scanned_rows
    whole = of.kind != "partitioned table"
    todo = "build one beside readers and writers"
    todo += f": pgrecall index create {words(one)}" if whole else ""
    yield Finding(
        Severity.WARNING if many else Severity.NOTICE,
        f"{named(one)}: no index serves searches by its vectors and {one.collection.metric}",
        f"each compares all of some {rounded(one.rows)} rows",
        todo,
        tuple(of.index_vectors),
    )


def _tokens(one: CollectionFacts, of: AdoptedFacts, limits: Limits) -> Iterator[Finding]:
    if of.has_tokens_index or one.rows < _FEW_TEXTS:
        return
    computed = of.tokens == COMPUTED
    what = "no tsvector column, and no index on one that is computed, serves searches by its texts"
    if of.tokens == COLUMN:
        what = f"no index on its column {of.tsvector} serves searches by its texts"
    yield Finding(
        Severity.WARNING if one.rows >= limits.analyzed_rows else Severity.NOTICE,
        f"{named(one)}: {what}",
        "each search makes the words of every text anew"
        if computed
        else f"each reads all of some {rounded(one.rows)} rows",
        "build one beside readers and writers; a generated column would rank quicker still, and"
        " writes the whole table anew while nobody reads it"
        if computed
        else "build one beside readers and writers",
        (of.index_tokens,),
    )


def _not_kept(one: CollectionFacts, of: AdoptedFacts) -> Iterator[Finding]:
    if of.is_kept or of.tsvector is None:
        return
    yield Finding(
        Severity.WARNING,
        f"{named(one)}: nothing keeps its column {of.tsvector}",
        "it is not generated, and no trigger fills it when its texts are written: searches miss"
        " what is written, unless every writer fills it",
        "let a trigger of INSERT and UPDATE fill it, such as tsvector_update_trigger(), or generate"
        " it; leave it where every writer fills it",
    )


def _ids(one: CollectionFacts, of: AdoptedFacts) -> Iterator[Finding]:
    if of.has_unique_id or not of.check_ids:
        return
    yield Finding(
        Severity.NOTICE,
        f"{named(one)}: no unique index tells that no two rows of the {of.kind} have an id",
        "of two rows with one id a search may give either, and get() both",
        "rule it out" if of.can_have_indexes else "see that none has",
        (of.check_ids,),
    )


def _short(one: CollectionFacts, of: AdoptedFacts) -> Iterator[Finding]:
    """Tell of an index that finds less than it is to, however hard it is asked."""
    pin = pinned(one.settings, one.collection.index)
    if pin is None or pin.is_met or not one.ann_built or of.index is None:
        return
    reached = max(1, math.floor(100 * pin.recall)) / 100
    yield Finding(
        Severity.WARNING,
        f"{named(one)}: its index finds {pin.recall:.3f} of the neighbours at most, and"
        f" {pin.target:g} is asked for",
        "no effort finds more in the index that was built",
        f"ask for less: pgrecall alter {words(one)} --target-recall {reached:g}; or build another,"
        f" with a larger m and ef_construction: pgrecall index create {words(one)}, once this one"
        " is dropped",
        (f"DROP INDEX CONCURRENTLY {of.index}",),
    )
