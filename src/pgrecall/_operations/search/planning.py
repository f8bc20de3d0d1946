"""Choose between comparing every row that matches and asking the index: numbers, no SQL.

The constants come from measurements on 50,000 texts of 384 dimensions (``benchmarks/plans.py``
prints the table): an exact comparison costs about 0.9 us a row, a step of the index some 14 us, and
the index has to look at limit * rows / matching rows to find what it needs.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from pgrecall._operations.search.effort import (
    MAX_EF,
    UNKNOWN_SHARE,
    by_bits,
    default_effort,
    reach_of,
    reranked,
    reranked_by_formula,
    wanted_effort,
)
from pgrecall._operations.search.kept_effort import lists_of, pinned
from pgrecall._operations.search.sampling import sampled_percent
from pgrecall._statements.narrowing import is_found
from pgrecall._statements.search.plan import EXACT, Plan, goes_on
from pgrecall._statements.search.trust import FEW_CANDIDATES
from pgrecall.indexes import Hnsw, IvfFlat

if TYPE_CHECKING:
    from pgrecall._statements.layout import Stored
    from pgrecall.filters import Filter

FEW_ROWS = 1_000
"""An exact search of so many rows costs as much as a search by index."""
STEP = 64
"""Matching rows for each candidate that an index may give before every row is compared: one costs
as much as comparing 15 to 40, and finding out may cost a part of an exact search alone."""
MOST_CANDIDATES = 4_000
"""And so many at most, of what is not asked for: beyond it pgvector runs out of memory."""
SLACK = 2.0
"""Times the candidates that a filter which lies nowhere in particular takes: that is no sign."""
TOLD_BY = 10
"""Rows that match are taken at least: how late fewer of them come tells nothing."""
VISITED = 12
"""Vectors that an HNSW index with pgvector's own ``m`` of 16 compares for each that it gives."""
BEYOND = 2.0
"""Times the rows asked for that an HNSW index gives, where they are more than its effort can be."""
RERANK_COST = 10
"""Rows that are compared one after another in the time of one that a binary index gives."""
MAX_VISITED = 2**31 - 1
"""pgvector's limit."""
FURTHER = 2.0
"""Times as far as the rows that are asked for lie, an index has to go to bring them all."""
_CHANCE = 8.0  # of few rows chance makes more
_OF_LISTS, MORE_LISTS = 0.1, 4
_PLAIN_COST, _TOASTED_COST = 25, 7
_BEYOND_COST = 2.5  # times as much for each row beyond what one step of the index can bring
_EASY = 1.5  # times the effort
_MATCHED = 1.5  # rows compared in the time of one that a filter has to be asked about
_ASKED = 0.03  # of what a row by the index costs, to ask a row whether it matches
_HALF_OVERSAMPLING = 2
_OUT_OF_REACH, _FOR_THE_TARGET = 1.3, 2.0
"""Times the greatest effort from which that misses half as much again as it may, and times the cost
of a greater one that it may take then to compare all."""


def plan(stored: Stored, limit: int, share: float | None, where: Filter | None = None) -> Plan:
    """Choose for ``exact=None``; ``share`` is the part of the rows that match, where known."""
    if not is_built(stored):
        return EXACT
    threshold = threshold_of(stored, limit, where)
    if where is None:
        share = 1.0
    matching = stored.rows if share is None else stored.rows * share
    if matching <= threshold:
        return EXACT
    percent = None
    if share is None:
        percent = sampled_percent(stored, threshold)
        threshold = max(threshold, _dear_up_to(stored, limit, where))
    if share is not None and _is_dear(stored, limit, share, where):
        return EXACT
    return approximate(stored, limit, share, percent=percent, threshold=threshold)


def approximate(
    stored: Stored,
    limit: int,
    share: float | None,
    *,
    percent: float | None = None,
    threshold: float = 0.0,
    effort: int | None = None,
    fetch: int | None = None,
    fall_back: bool = True,
) -> Plan:
    """Ask the index, with the effort that its recall takes unless one is given.

    Args:
        stored: The collection.
        limit: Rows asked for.
        share: Part of the rows that match the filter, 1 without one; None where it is not known.
        percent: Of the table, that the statement looks at to know it.
        threshold: Matching rows from which the index is asked.
        effort: The effort. As many candidates of a binary index are compared by full vectors, but
            no fewer than is usual: that is what they cost.
        fetch: Candidates that are.
        fall_back: Whether every row is compared where the index comes short.
    """
    if fetch is None:
        fetch = fetched(stored, limit, filtered=share != 1.0)
        if effort is not None and share == 1.0 and by_bits(stored.collection.index):
            fetch = max(effort, min(fetch, reranked_by_formula(limit)))
    if fall_back and share != 1:
        fetch = max(fetch, TOLD_BY)
    if effort is None:
        effort = default_effort(stored, limit, share)
    plan = Plan(
        exact=False,
        sample_percent=percent,
        threshold=threshold,
        fetch=fetch,
        effort=effort if isinstance(stored.collection.index, IvfFlat) else min(MAX_EF, effort),
        fall_back=fall_back,
    )
    # what the servers of a spread table gave, no one of them tells
    is_told = fall_back and not stored.collection.distributed
    return bounded(stored, plan, share) if is_told else plan


def bounded(stored: Stored, plan: Plan, share: float | None) -> Plan:
    """Let a search by index find out whether what it brought is right."""
    index = stored.collection.index
    expected = SLACK * plan.fetch + _CHANCE
    worth = min(MOST_CANDIDATES, stored.rows * (1.0 if share is None else share) / STEP)
    trusted = 0
    if isinstance(index, IvfFlat):
        lists = lists_of(stored.settings) or 1
        first = round(stored.rows * plan.effort / lists * _OF_LISTS)
        pin = pinned(stored.settings, index)
        # where it takes many lists to find ten, the order of the lists tells little of what is near
        near = first if pin is None else min(first, max(1, round(pin.reach(plan.effort))))
    elif by_bits(index):
        near = max(plan.fetch, plan.effort)
    else:
        # what stands at the end of a list of candidates was found by chance
        near = fetched(stored, max(1, round(reach_of(stored, plan.effort))), filtered=False)
        if pinned(stored.settings, index) is not None:
            trusted = max(near, round(reach_of(stored, round(FURTHER * plan.effort))))
    usual = expected / max(share or UNKNOWN_SHARE, 0.001)
    if plan.sample_percent is None:
        trusted = trusted and round(max(trusted, usual))
        near = round(max(near, min(expected, FEW_CANDIDATES) / max(share or 1.0, 0.001)))
        worth = round(max(near, usual, worth))
    plan = replace(
        plan,
        near=near,
        expected=expected,
        trusted=trusted,
        bound=worth,
        by_bits=by_bits(index),
    )
    if isinstance(index, IvfFlat):
        return replace(plan, most_probes=min(lists, MORE_LISTS * plan.effort))
    if not goes_on(stored.server.vector_version):
        return plan
    each = _visited(stored)
    needed = max(near, usual)
    return replace(
        plan,
        visited=min(MAX_VISITED, round(each * max(needed, worth))),
        # the first step is taken in any case
        visited_worn=min(MAX_VISITED, round(each * needed)) if needed > plan.effort else 1,
    )


def cost_by_index(stored: Stored, plan: Plan, share: float) -> float:
    """Give the rows that could be compared in the time of a search by index, of this share."""
    if isinstance(stored.collection.index, IvfFlat):
        return stored.rows * plan.effort / (lists_of(stored.settings) or 1)
    return _visited(stored) * max(plan.effort, plan.fetch / share)


def _visited(stored: Stored) -> float:
    """Give the vectors that an HNSW index compares for each candidate that it gives."""
    index = stored.collection.index
    return VISITED * max(1.0, index.m / 16) if isinstance(index, Hnsw) else VISITED


def _is_dear(stored: Stored, limit: int, share: float, where: Filter | None) -> bool:
    """Tell whether the target takes an HNSW index longer than to compare every row that matches.

    Of some data no effort meets it, or not at a greater limit, such as of inner products among
    vectors of many lengths. Then every row is compared as far as it takes no more than twice what
    such an effort would.
    """
    compared = stored.rows
    if where is not None:
        compared = cost_by_comparing(stored, limit, share, where)
    return _worth_comparing(stored, limit, share) > compared


def _dear_up_to(stored: Stored, limit: int, where: Filter | None) -> float:
    """Give up to how many matching rows it does, where nobody knows how many match."""
    rest = _worth_comparing(stored, limit, 1.0) - (_asking(stored, where) if where else 0.0)
    return max(0.0, rest / _MATCHED)


def _worth_comparing(stored: Stored, limit: int, share: float) -> float:
    """Give the rows that may be compared in place of the effort that the target takes."""
    index = stored.collection.index
    if not isinstance(index, Hnsw) or by_bits(index):
        return 0.0
    pin = pinned(stored.settings, index)
    if pin is None:
        return 0.0
    wanted = wanted_effort(stored, pin, limit, share)
    each = min(_visited(stored), _cost_of(stored))  # to compare them is faster, surely
    # beyond the limits that were measured what it takes is a guess, and mostly too much
    if wanted > _OUT_OF_REACH * MAX_EF and limit <= pin.last_limit:
        each = _FOR_THE_TARGET * _cost_of(stored)
    return each * wanted


def cost_by_comparing(stored: Stored, limit: int, share: float | None, where: Filter) -> float:
    """Give the rows that could be in the time of comparing all that match."""
    matching = threshold_of(stored, limit, where) if share is None else stored.rows * share
    return _MATCHED * matching + _asking(stored, where)


def _asking(stored: Stored, where: Filter) -> float:
    """Give what it costs to ask every row whether it matches, where no index finds those."""
    return 0.0 if is_found(where, stored.fields) else _ASKED * _cost_of(stored) * stored.rows


def at_once(stored: Stored, plan: Plan) -> Plan:
    """Let an HNSW index end with its first step where that is enough, unless many rows are dead.

    To set what going on takes costs the server time in every search, and few need it.
    """
    if plan.exact or not isinstance(stored.collection.index, Hnsw):
        return plan
    return replace(plan, at_once=plan.effort >= SLACK * plan.fetch + _CHANCE)


def fetched(stored: Stored, limit: int, *, filtered: bool) -> int:
    """Give the rows to take from the index, of which full vectors choose ``limit``."""
    index = stored.collection.index
    if by_bits(index):
        return reranked(stored, limit, filtered=filtered)
    if isinstance(index, Hnsw) and index.quantization == "half":
        return max(limit, min(_HALF_OVERSAMPLING * limit, limit + 20))
    return round(BEYOND * limit) if isinstance(index, Hnsw) and limit > MAX_EF else limit


def is_built(stored: Stored) -> bool:
    """Tell whether the collection's index is there: IVFFlat waits for rows to learn from."""
    index = stored.collection.index
    if stored.indexes_pending or index is None:
        return False
    return isinstance(index, Hnsw) or lists_of(stored.settings) is not None


def threshold_of(stored: Stored, limit: int, where: Filter | None = None) -> float:
    """Give the matching rows above which the index wins; without a filter every row matches."""
    cost = _cost_of(stored)
    least, asked = FEW_ROWS, 0.0
    if by_bits(stored.collection.index) and "measured" in stored.settings:
        least = max(least, RERANK_COST * fetched(stored, limit, filtered=where is not None))
    if where is not None and _is_easy(stored, limit) and not is_found(where, stored.fields):
        # an exact search asks every row whether it matches
        asked = _ASKED * cost * stored.rows / 2
    if limit > MAX_EF:
        cost *= _BEYOND_COST
    wanted = cost * max(limit, 40) * stored.rows
    return max(least, math.sqrt(asked**2 + wanted) - asked)


def _cost_of(stored: Stored) -> float:
    return float(_PLAIN_COST if stored.is_plain else _TOASTED_COST)


def _is_easy(stored: Stored, limit: int) -> bool:
    """Tell whether a narrow filter was measured to take hardly more effort than none."""
    pin = pinned(stored.settings, stored.collection.index)
    if pin is None or not pin.shares or limit > pin.last_limit:
        return False
    return pin.shares[-1][1] <= _EASY
