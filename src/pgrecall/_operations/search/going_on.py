"""What comes before and after a search by index: a look at the nearest rows, and asking again."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from pgrecall._operations.search import planning
from pgrecall._operations.search.effort import MAX_EF, by_bits, default_effort, measured_effort
from pgrecall._operations.search.kept_effort import lists_of
from pgrecall.indexes import IvfFlat

if TYPE_CHECKING:
    from pgrecall._statements.layout import Stored
    from pgrecall._statements.search.plan import Plan
    from pgrecall.filters import Filter

FURTHER_WORTH = 3.0
"""Times what that costs, that comparing every row that matches has to: which is right at once."""
ALIKE = 1.25
"""Times as far they may lie the second time, for they come in another order."""
LOOKED_AT, PART_LOOKED_AT = 40, 16
"""Nearest rows that are looked at before every row that matches is compared, at least, and the part
of the limit otherwise."""
LOOK_WORTH = 20
"""Times what a look costs, that comparing every row that matches has to."""
UNSEEN_WORTH = 8
"""Times what a look costs, that asking the index has to, where nobody knows how many match: those
that a filter matches anywhere are asked of the index, and the look was for nothing."""
NEAR_AT_LEAST = 2.0
"""Times the share of all rows, that a filter matches of the nearest ones, if it lies near."""
_HARDER = 8


def further(
    stored: Stored, plan: Plan, reached: float, share: float | None, where: Filter | None
) -> Plan | None:
    """Ask the index again, to go beyond the rows that are asked for: there they are, it told.

    Args:
        stored: The collection.
        plan: How it was asked.
        reached: How many candidates it gave until it had what was asked for.
        share: Part of the rows that match, where it is known.
        where: The filter.

    Returns:
        How; None where to compare every row that matches costs little more.
    """
    made = _beyond(stored, plan, reached)
    if share is None or where is None or isinstance(stored.collection.index, IvfFlat):
        return made
    exact = planning.cost_by_comparing(stored, plan.fetch, share, where)
    return None if FURTHER_WORTH * planning.cost_by_index(stored, made, 1.0) > exact else made


def _beyond(stored: Stored, plan: Plan, reached: float) -> Plan:
    rows = math.ceil(planning.FURTHER * reached)
    plan = replace(
        plan, sample_percent=None, wanted=plan.wanted or plan.fetch, bound=rows, trusted=0
    )
    if isinstance(stored.collection.index, IvfFlat):
        lists = lists_of(stored.settings) or 1
        return replace(
            plan, fetch=rows, effort=min(lists, math.ceil(planning.FURTHER * plan.effort))
        )
    effort = max(plan.effort, rows, default_effort(stored, rows, 1.0))
    if effort >= MAX_EF:
        # no one step brings so many: as many candidates as an effort would have
        needed = measured_effort(stored, math.ceil(reached))
        rows = max(rows, math.ceil(min(planning.MOST_CANDIDATES, needed)))
        plan = replace(plan, fetch=rows, bound=rows)
    visited = planning.VISITED * rows
    plan = replace(plan, visited=plan.visited and visited, visited_worn=visited)
    if effort >= MAX_EF:
        return replace(plan, effort=MAX_EF, near=1)
    # all come in order, in one step: those that are asked for are the first
    return replace(plan, effort=effort, near=math.ceil(ALIKE * reached))


def harder(stored: Stored, plan: Plan) -> Plan | None:
    """Ask the index again, once, among rows that are deleted; None where it costs too much."""
    lists = lists_of(stored.settings) or 0
    most = lists // planning.MORE_LISTS if isinstance(stored.collection.index, IvfFlat) else MAX_EF
    effort = min(most, max(1, int(stored.rows / planning.STEP)), _HARDER * plan.effort)
    if plan.wanted or effort < planning.FURTHER * plan.effort:
        return None
    plan = replace(plan, effort=effort, wanted=plan.fetch, at_once=False)
    return planning.bounded(stored, plan, 1.0)


def look(stored: Stored, plan: Plan, limit: int, share: float | None, where: Filter) -> Plan | None:
    """Choose a look at the nearest rows, before every row that matches is compared.

    A filter that few rows match may match all that lie near: only they tell. None where the look,
    or the index even then, would cost too much beside comparing.

    Args:
        stored: The collection.
        plan: What was chosen for it: to compare, or to find out what share matches.
        limit: Rows asked for.
        share: Part of the rows that match, where it is known.
        where: The filter.
    """
    is_open = plan.exact or plan.sample_percent is not None
    if not is_open or not planning.is_built(stored) or stored.collection.distributed:
        return None
    if by_bits(stored.collection.index):  # what lies near, they hardly know
        return None
    if share is not None and NEAR_AT_LEAST * share > 1:
        return None
    count = max(LOOKED_AT, math.ceil(limit / PART_LOOKED_AT))
    effort = None if isinstance(stored.collection.index, IvfFlat) else count
    made = planning.approximate(stored, count, 1.0, effort=effort, fetch=count, fall_back=False)
    cost, index = planning.cost_by_index(stored, made, 1.0), _cost_near(stored, limit, 1.0)
    if share is None and UNSEEN_WORTH * cost > index:
        return None
    exact = planning.cost_by_comparing(stored, limit, share, where)
    if LOOK_WORTH * cost > exact or cost + index > exact:
        return None
    return replace(made, sample_percent=plan.sample_percent)


def closer(stored: Stored, limit: int, share: float, near: float, where: Filter) -> Plan | None:
    """Ask the index all the same, where the rows that match lie near; None where they do not.

    Args:
        stored: The collection.
        limit: Rows asked for.
        share: Part of its rows that match.
        near: Part of the nearest ones that do.
        where: The filter.
    """
    if not near or near < NEAR_AT_LEAST * share:  # none of either: there is no telling how far
        return None
    if _cost_near(stored, limit, near) > planning.cost_by_comparing(stored, limit, share, where):
        return None
    return planning.approximate(stored, limit, near)


def _cost_near(stored: Stored, limit: int, near: float) -> float:
    return planning.cost_by_index(stored, planning.approximate(stored, limit, near), near)
