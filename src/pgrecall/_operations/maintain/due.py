"""How work that is due is recognised: from facts that were gathered, with no statement sent."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgrecall._operations.indexes.ageing import has_aged, learned_from
from pgrecall._operations.search import calibration, effort
from pgrecall._operations.search.kept_effort import pinned
from pgrecall._statements.reembed.reembed import BY, INTO, OF
from pgrecall.indexes import IvfFlat

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgrecall._operations.health.facts import CollectionFacts
    from pgrecall._statements.parts import Part


@dataclass(frozen=True, slots=True)
class Limits:
    """From where work is due.

    Attributes:
        analyzed_rows: Rows from which the planner's statistics matter.
        dead_rows: Dead rows from which their share matters.
        dead_share: Share of dead rows that costs.
    """

    analyzed_rows: int = 10_000
    dead_rows: int = 1_000
    dead_share: float = 0.2


DEFAULT = Limits()

RECOUNTED = 1.5
"""By how much a value's rows are more, or fewer, than clients know, from where they are told."""
_BY_RULE = "searches ask it by a rule of thumb, which may find too little or cost too much"
SHOWN = 60
"""Characters of a value that a finding shows."""


@dataclass(frozen=True, slots=True)
class Due:
    """One piece of work that is due in a collection.

    Attributes:
        what: What was found.
        why: What comes of it.
        index: The index that it is about, where it is about one.
        part: The rows that it is on, where those are the rows of a hot value.
        can_wait: Whether searches are right meanwhile: nobody needs to be told of it.
    """

    what: str
    why: str
    index: str = ""
    part: Part | None = None
    can_wait: bool = False


def indexes_aside(one: CollectionFacts, _: Limits = DEFAULT) -> Iterator[Due]:
    """Find what a load put aside and no load brings back."""
    if one.pending and not one.loading:
        yield Due(
            "a load put its indexes aside and has not built them",
            (
                "a load is running right now, or was interrupted"
                if one.loading is None
                else "it died"
            )
            + ": until its end searches are exact and slow",
        )


def left_by_builds(one: CollectionFacts, _: Limits = DEFAULT) -> Iterator[Due]:
    """Find indexes whose build was interrupted, or ended before they were put in their place."""
    for index in one.indexes.values():
        is_fresh = index.name in one.fresh
        if index.building or (is_fresh and one.building):
            continue
        unused = index.valid and is_fresh
        if unused or not index.valid:
            yield Due(
                f"the index {index.name} "
                + ("was never put in its place" if unused else "is invalid"),
                "its build was interrupted: it serves no search and slows every write",
                index.name,
            )


def missing_indexes(one: CollectionFacts, _: Limits = DEFAULT) -> Iterator[Due]:
    """Find indexes that should be there; an invalid one is another matter."""
    if one.pending:
        return
    for name in one.expected:
        if name in one.indexes or (name == one.ann and not one.ann_built):
            continue
        yield Due(
            f"the index {name} is missing",
            "searches by vector compare every row"
            if name == one.ann
            else "text searches or filters read every row",
            name,
        )
    if isinstance(one.collection.index, IvfFlat) and not one.ann_built and one.rows > 0:
        yield Due(
            "its IVFFlat index was never built",
            "it learns its lists from rows, and there were none when the collection was made",
            one.ann,
        )


def hot_values(one: CollectionFacts, _: Limits = DEFAULT) -> Iterator[Due]:
    """Find values with so many rows that an index of their own is due, or is to be told of."""
    for name, part in one.parts.items():
        index, noted = one.indexes.get(name), one.noted.get(name)
        if index is not None and not index.valid:
            continue  # what its build left
        told = f"about {part.rows:,.0f} rows have {said_of(part)}"
        if index is None:
            yield Due(
                f"{told}, and no index of their own", "searches of them compare each", name, part
            )
        elif noted is None:
            yield Due(f"{told}, and no client knows of their index", "none asks it", name, part)
        elif not noted.rows / RECOUNTED <= part.rows <= noted.rows * RECOUNTED:
            yield Due(
                f"{told}, and clients know of {noted.rows:,.0f}",
                "they ask its index with another effort than it takes",
                name,
                part,
            )


def unmeasured_values(one: CollectionFacts, _: Limits = DEFAULT) -> Iterator[Due]:
    """Find indexes of hot values whose effort was never measured, or for another target."""
    for name in one.unmeasured:
        index, noted = one.indexes.get(name), one.noted[name]
        if index is None or not index.valid or (one.counted is not None and name not in one.parts):
            continue  # what its build left, or one that is to be dropped
        yield Due(
            f"what the index finds of about {noted.rows:,.0f} rows with {said_of(noted)} was never"
            " measured, or for another recall",
            _BY_RULE,
            name,
            noted,
        )


def cold_values(one: CollectionFacts, _: Limits = DEFAULT) -> Iterator[Due]:
    """Find indexes of values that have few rows by now, or of fields that are hot no more."""
    if one.counted is None:
        return
    for name in dict.fromkeys((*one.hot_indexes, *one.noted)):
        if name in one.parts or (name in one.indexes and not one.indexes[name].valid):
            continue
        part = one.noted.get(name)
        what = f"few rows have {said_of(part)}" if part else f"no value is hot that {name} is of"
        yield Due(f"{what} any more", "its index costs every write", name, part)


def said_of(part: Part) -> str:
    """Name a hot value, as JSON has it; a long one is cut."""
    value = json.dumps(part.value, ensure_ascii=False) if part.kind == "text" else part.value
    value = value if len(value) <= SHOWN else f"{value[:SHOWN]}..."
    return f"{part.field} = {value}"


def aged_index(one: CollectionFacts, _: Limits = DEFAULT) -> Iterator[Due]:
    """Find an IVFFlat index whose rows have outgrown what it learned from."""
    learned = learned_from(one.settings)
    if learned is not None and one.ann_built and has_aged(one.settings, one.estimated):
        yield Due(
            f"about {one.estimated:,.0f} rows, and its IVFFlat index was built from {learned:,.0f}",
            "it keeps the lists it learned: searches find less of the rows that came later",
            one.ann,
        )


def dead_rows(one: CollectionFacts, limits: Limits = DEFAULT) -> Iterator[Due]:
    """Find a table of which a large part is dead rows."""
    table = one.table
    if table is None or one.pending:
        return
    share = table.dead_rows / max(1, table.dead_rows + table.live_rows)
    if table.dead_rows >= limits.dead_rows and share >= limits.dead_share:
        yield Due(
            f"{share:.0%} of its rows are dead ({table.dead_rows:,} dead rows)",
            "searches walk over them, in the table and in its indexes: an approximate index finds"
            " less with the same effort",
        )


def unmeasured_recall(one: CollectionFacts, _: Limits = DEFAULT) -> Iterator[Due]:
    """Find an index whose effort was never measured, or for another target, or far fewer rows."""
    if one.pending or one.building or not one.ann_built or one.ann not in one.indexes:
        return  # who builds it measures
    known = one.collection, one.settings, one.estimated, one.worth
    if not effort.is_due(*known, unhurried=True, filled=one.filled):
        return
    can_wait = not effort.is_due(*known, filled=one.filled)  # in haste alone
    pin = pinned(one.settings, one.collection.index)
    why = _BY_RULE
    if pin is None:
        what = "what its index finds was never measured"
    elif pin.target != (target := effort.target_of(one.settings, one.collection)):
        what = f"what its index finds was measured for a recall of {pin.target:g}, not {target:g}"
    elif can_wait:
        what = "what its index finds was measured in haste, at the end of a load or a build"
        why = (
            "a margin stands for what there was no time for, so searches may cost more than need"
            " be; of 30,000 rows or more with little structure they may find less than is promised"
        )
    elif pin.reranked != effort.by_bits(one.collection.index):
        what = "what its index finds was measured by an older version"
    else:
        what = f"what its index finds was measured on {pin.rows * pin.filled:,.0f} rows, of about"
        share = pin.filled if one.filled is None else one.filled
        what += f" {one.estimated * share:,.0f}"
    yield Due(what, why, can_wait=can_wait)


def missing_statistics(one: CollectionFacts, limits: Limits = DEFAULT) -> Iterator[Due]:
    """Find a table that nobody has analysed."""
    # the coordinator of a distributed one has no rows of its own
    if one.table is None or one.collection.distributed:
        return
    if not one.table.analyzed and one.table.rows <= 0 and one.rows >= limits.analyzed_rows:
        yield Due(
            "the planner has no statistics of its rows",
            "it guesses how many rows match, and BM25 how common a word is",
        )


def old_spread(one: CollectionFacts, _: Limits = DEFAULT) -> Iterator[Due]:
    """Find a collection whose distances were never measured, or when it was far smaller."""
    if not one.pending and calibration.is_due(one.collection, one.settings, one.estimated):
        never = "spread" not in one.settings
        yield Due(
            "the spread of its distances was never measured for all clients"
            if never
            else "the spread of its distances was measured on far fewer rows, or far more",
            "each client measures it for itself at its first hybrid search",
        )


def unfinished_reembedding(one: CollectionFacts, _: Limits = DEFAULT) -> Iterator[Due]:
    """Find the successor of a collection whose re-embedding or altering has not ended."""
    if OF in one.settings:
        altered = one.settings.get(BY) == "alter_collection"
        what = "an altering" if altered else "a re-embedding"
        yield Due(
            f"it is filled by {what} that has not ended",
            "unless a call is at work right now, each write to the collection that it replaces is"
            " noted, and nobody follows the notes",
        )


_MISSED = {
    0: "parts of paths, addresses, identifiers and compounds, and scripts without spaces are not"
    " found in them",
    1: "words behind a terminal's colour code or a written \\n, and sizes by a sign, are not found"
    " in them",
    2: "what is found is the same, but a lone word that many of them hold takes a search as long as"
    " it takes to read all that hold it",
}
"""What the texts of each analysis lack."""


def older_analysis(one: CollectionFacts, _: Limits = DEFAULT) -> Iterator[Due]:
    """Find texts that are searched as an older pgrecall split them into words."""
    if one.older_analysis and OF not in one.settings and INTO not in one.settings:
        yield Due("its texts are searched by an older analysis", _MISSED[one.analysis or 0])
