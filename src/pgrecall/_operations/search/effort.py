"""How hard an index is asked: what was measured on the collection, else a formula of its rows.

What was measured stands in the collection's settings. The effort itself has keys of its own, which
older clients read too; a document beside it says of what it was measured and how it follows for
other limits and under filters. It holds as long as both say the same.

A binary index has one effort for both of what it costs: the candidates that it looks for, and those
that full vectors are compared of. More candidates than are compared find next to nothing, and fewer
cost the same.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pgrecall._operations.search.kept_effort import (
    effort_of,
    factor_of,
    is_older,
    limit_of,
    lists_of,
    pinned,
    tuned_target,
)
from pgrecall._operations.search.pin import SLACK, by_limit, limit_by, more_for
from pgrecall._statements.search.plan import goes_on
from pgrecall._values.kept_numbers import MOST_ROWS, number_of
from pgrecall.indexes import Hnsw, IvfFlat
from pgrecall.models import RecallPromise

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pgrecall._operations.search.pin import Pin
    from pgrecall._statements.layout import Stored
    from pgrecall.indexes import Index
    from pgrecall.models import Collection

MAX_EF = 1_000
"""pgvector's limit."""
MOST_RERANKED = 4_000
"""Candidates of a binary index at most: beyond it pgvector runs out of memory."""
RERANKED, RERANKED_PER_ROW = 200, 20
"""What is compared of those by full vectors until it is measured, and for each row asked for."""
BASE_ROWS, GROWTH = 50_000, 0.2
"""Rows at which these were measured, and the power of the rows by which they grow."""
UNKNOWN_SHARE, LEAST_SHARE = 0.25, 0.01
"""What a filter is taken to let through where nobody has seen it, and the least that counts."""
LIMIT = 10
"""The limit at which an effort is measured first."""
OUTGROWN = 1.5
"""Rows against those of the measuring from where it is due again."""
GROWN = 0.3
"""The power of the rows by which a graph's effort grows from there, until it is measured again: on
four sets, made at random, it is 0.1 to 0.46."""

WITHOUT_VECTORS = "without_vectors"
"""Key of the settings for the rows that there were when none that was looked at had a vector."""

OF_QUESTIONS = "tuned_by"
"""Key of the settings for how much more effort a caller's own questions take, and by what index."""


def by_questions(pin: Pin, index: Index | None) -> dict[str, Any]:
    """Write down how much harder than rows a caller's own questions were for an index."""
    return {"index": _kind(index), "factor": round(pin.ease, 3), "sample": pin.sample}


def of_questions(settings: Mapping[str, Any], index: Index | None) -> float | None:
    """Read it; None where none were given, or another kind of index was asked."""
    told = settings.get(OF_QUESTIONS)
    if not isinstance(told, dict) or told.get("index") != _kind(index):
        return None
    return factor_of(told)


def _kind(index: Index | None) -> str:
    if isinstance(index, Hnsw):
        return "binary" if by_bits(index) else "hnsw"
    return "ivfflat"


def target_of(settings: Mapping[str, Any], collection: Collection) -> float:
    """Give what is to be reached: what ``tune`` was asked for, else the collection's own.

    An older client's index, or tune, leaves what it does not know, and that holds no more.
    """
    tuned = tuned_target(settings)
    if tuned is not None and pinned(settings, collection.index) is not None:
        return tuned
    return collection.target_recall


def is_due(
    collection: Collection,
    settings: Mapping[str, Any],
    rows: float,
    worth: float,
    *,
    unhurried: bool = False,
    filled: float | None = None,
) -> bool:
    """Tell whether an index's effort was never measured, or for another target, or fewer rows.

    Args:
        collection: The collection, whose index is built.
        settings: Its settings.
        rows: About how many rows it has.
        worth: Rows from which the index is asked at all.
        unhurried: Whether what was measured in too little time is due as well.
        filled: What part of them has a vector, where somebody looked.
    """
    if rows <= worth:
        return False
    pin = pinned(settings, collection.index)
    if pin is None:
        without = number_of(settings, WITHOUT_VECTORS, 0, MOST_ROWS) or 0
        if not filled and rows <= OUTGROWN * without:
            return False
        return not is_older(settings)
    if pin.reranked != by_bits(collection.index) or (unhurried and pin.hurried):
        return True
    target = target_of(settings, collection)
    more = 1.0 if filled is None else filled / max(pin.filled, _ROUNDING)
    return pin.target != target or rows * max(1.0, more) > OUTGROWN * pin.rows


def may_fill(settings: Mapping[str, Any], index: Index | None) -> bool:
    """Tell whether many rows had no vector when an index was measured: others may have, by now."""
    pin = pinned(settings, index)
    return WITHOUT_VECTORS in settings if pin is None else OUTGROWN * pin.filled < 1


def told(settings: Mapping[str, Any], collection: Collection) -> RecallPromise:
    """Tell what is to be found, and what was measured."""
    target = target_of(settings, collection)
    pin = pinned(settings, collection.index)
    if pin is None:
        return RecallPromise(target)
    at = datetime.fromtimestamp(pin.at, UTC)
    return RecallPromise(
        target,
        pin.recall,
        min(pin.effort, MAX_EF),
        pin.limit,
        round(pin.rows),
        at,
        pin.effort if pin.reranked else None,
    )


_ROUNDING = 1e-6


def by_bits(index: Index | None) -> bool:
    """Tell whether an index holds bits, and full vectors choose of what it gives."""
    return isinstance(index, Hnsw) and index.quantization == "binary"


def greatest(stored: Stored) -> int:
    """Give the greatest effort."""
    index = stored.collection.index
    if isinstance(index, IvfFlat):
        return lists_of(stored.settings) or 1
    return MOST_RERANKED if by_bits(index) else MAX_EF


def default_effort(stored: Stored, limit: int, share: float | None) -> int:
    """Give ef_search or probes: what was measured, else what measured well elsewhere.

    Of a binary index it is what is compared by full vectors too, and may be more than ef_search.

    Args:
        stored: The collection.
        limit: Rows asked for.
        share: Part of the rows that match the filter; None where that is not known.
    """
    index = stored.collection.index
    narrow = max(UNKNOWN_SHARE if share is None else share, LEAST_SHARE)
    most = greatest(stored)
    pin = pinned(stored.settings, index)
    if pin is not None:
        if narrow == 1 and limit <= pin.limit:  # as most searches ask
            return min(most, math.ceil(pin.effort * _outgrown(stored, pin) - _ROUNDING))
        told_effort = _told_effort(stored, pin, limit, narrow)
        least = 1 if isinstance(index, IvfFlat) else limit
        return min(most, max(least, math.ceil(told_effort - _ROUNDING)))
    effort = effort_of(stored.settings, index)
    if isinstance(index, IvfFlat):
        return min(most, effort or max(10, round(2 * math.sqrt(most))))
    base = float(effort or 0)
    if effort is None or limit > limit_of(stored.settings):
        formula = _growth(stored) * by_limit(limit)
        if by_bits(index):
            formula = max(1.0, _growth(stored)) * reranked_by_formula(limit)
        base = max(base, formula, 1.2 * limit)
    # a filter thins the graph: the fewer match, the more candidates recall takes
    return min(most, round(base / narrow))


def reranked_by_formula(limit: int) -> int:
    """Give how many candidates of a binary index full vectors choose so many rows of, often."""
    return max(RERANKED, RERANKED_PER_ROW * limit)


def reranked(stored: Stored, limit: int, tried: float | None = None, *, filtered: bool) -> int:
    """Give how many candidates of a binary index are compared by full vectors.

    Under a filter they are no fewer than the formula's: how late the nearest come among them tells
    there whether the index went far enough.

    Args:
        stored: The collection.
        limit: Rows asked for.
        tried: The effort that is measured; None: as the store chooses.
        filtered: Whether there is a filter.
    """
    if tried is None:
        pin = pinned(stored.settings, stored.collection.index)
        # an older client's effort is that of the graph alone
        is_pinned = effort_of(stored.settings, stored.collection.index) is not None
        is_graphs = is_pinned and (pin is None or not pin.reranked)
        tried = reranked_by_formula(limit) if is_graphs else default_effort(stored, limit, 1.0)
    if filtered:
        tried = max(tried, reranked_by_formula(limit))
    return max(limit, min(MOST_RERANKED, math.ceil(tried)))


def measured_effort(stored: Stored, limit: int) -> float:
    """Give what so many rows take without a filter, as far as it was measured; else 0."""
    pin = pinned(stored.settings, stored.collection.index)
    if pin is None:
        return 0.0
    return pin.at_limit(limit) * _outgrown(stored, pin)


def wanted_effort(stored: Stored, pin: Pin, limit: int, share: float) -> float:
    """Give the effort that meets the target, be it more than the greatest.

    Args:
        stored: The collection.
        pin: What was measured of it.
        limit: Rows asked for.
        share: Part of the rows that match the filter, 1 without one.
    """
    told_effort = _told_effort(stored, pin, limit, max(share, LEAST_SHARE))
    if pin.is_met:
        return told_effort
    # what is pinned finds about as much as the greatest, which misses that too
    beyond = more_for(1 - pin.recall, max(SLACK, 1 - pin.target))
    return beyond * max(told_effort, greatest(stored))


def _told_effort(stored: Stored, pin: Pin, limit: int, share: float) -> float:
    more = _outgrown(stored, pin)
    under = pin.under(share, goes_on=goes_on(stored.server.vector_version))
    return more * pin.at_limit(limit) * under


def reach_of(stored: Stored, effort: int) -> float:
    """Give the limit that takes this ef_search, without a filter: nearer rows are found by it."""
    pin = pinned(stored.settings, stored.collection.index)
    if pin is not None:
        return pin.reach(effort / _outgrown(stored, pin))
    return limit_by(effort / _growth(stored))


def _outgrown(stored: Stored, pin: Pin) -> float:
    """Give how much more effort it takes than was measured, where there are far more rows now.

    More rows in the same lists take no more lists.
    """
    if isinstance(stored.collection.index, IvfFlat):
        return 1.0
    grown = stored.rows / max(1.0, pin.rows)
    return float(grown**GROWN) if grown > OUTGROWN else 1.0


def _growth(stored: Stored) -> float:
    return float(max(stored.rows / BASE_ROWS, 0.01) ** GROWTH)
