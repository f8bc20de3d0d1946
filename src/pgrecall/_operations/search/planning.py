"""Choose between comparing every row that matches and asking the index: numbers, no SQL.

The constants come from measurements on 50,000 texts of 384 dimensions (``benchmarks/plans.py``
prints the table): an exact comparison costs about 0.9 us a row, a step of the index some 14 us, and
the index has to look at limit * rows / matching rows to find what it needs.
"""

from __future__ import annotations

import math
import time
from dataclasses import replace
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from pgrecall._cache import BoundedCache, Overlay
from pgrecall._operations.search.effort import (
    MAX_EF,
    UNKNOWN_SHARE,
    by_bits,
    default_effort,
    pinned,
    reach_of,
    reranked,
)
from pgrecall._statements.narrowing import is_found
from pgrecall._statements.search.plan import EXACT, Plan, goes_on
from pgrecall._statements.search.trust import FEW_CANDIDATES
from pgrecall.indexes import Hnsw, IvfFlat

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall._statements.layout import Stored
    from pgrecall.filters import Filter

FEW_ROWS = 1_000
"""An exact search of so many rows costs as much as a search by index."""
SAMPLED_MATCHES = 12
"""Matching rows that a sample should hold where the decision is close."""
MOST_SAMPLED = 20_000
"""Rows of the table that are sampled at most for those of one hot value."""
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
_CHANCE = 8.0  # of few rows chance makes more
_OF_LISTS, _MORE_LISTS = 0.1, 4
_HARDER = 8
_PLAIN_COST, _TOASTED_COST = 25, 7
_BEYOND_COST = 2.5  # times as much for each row beyond what one step of the index can bring
_EASY = 1.5  # times the effort
_MATCHED = 1.5  # rows compared in the time of one that a filter has to be asked about
_ASKED = 0.03  # of what a row by the index costs, to ask a row whether it matches
_ESTIMATE_SECONDS = 60.0
_ESTIMATES_BYTES = 4 << 20  # some 8,000
_DIGEST = 16
_HALF_OVERSAMPLING = 2


class Estimates:
    """What share of a collection's rows each filter matched lately.

    Only speed depends on them: an exact search is right anyway, and a search by index falls back
    where it came short. Applications ask with the same few filters again and again; a digest
    stands for each, which may hold thousands of ids.
    """

    __slots__ = ("_shares",)

    def __init__(self, over: Estimates | None = None) -> None:
        """Begin with none, or with those of others, which stay as they are."""
        self._shares: BoundedCache[tuple[int, bytes], tuple[float, float]] = (
            BoundedCache(_ESTIMATES_BYTES)
            if over is None
            else Overlay(over._shares, _ESTIMATES_BYTES)  # noqa: SLF001  # of the same class
        )

    def __len__(self) -> int:
        """Count them."""
        return len(self._shares)

    def get(self, collection: int, filter_: bytes) -> float | None:
        """Give the share seen within the last minute, of the filter with this ``digest_of``."""
        entry = self._shares.get((collection, filter_))
        if entry is None or time.monotonic() - entry[0] > _ESTIMATE_SECONDS:
            return None
        return entry[1]

    def put(self, collection: int, filter_: bytes, share: float) -> None:
        """Keep a share."""
        self._shares.put((collection, filter_), (time.monotonic(), share))


def digest_of(filter_: Filter | None) -> bytes:
    """Give what stands for a parsed filter; 128 bits tell two filters apart."""
    if filter_ is None:
        return b""
    return blake2b(repr(filter_).encode(), digest_size=_DIGEST).digest()


class FilterShare:
    """What part of a collection's rows a filter lets through: seen lately, or learned by a search.

    Attributes:
        value: 1 without a filter, else what was seen within the last minute; None where nothing
            was, or pages are to be alike whatever was: the search's own statement looks then.
    """

    __slots__ = ("_estimates", "_filter_key", "_stored", "value")

    def __init__(
        self,
        estimates: Estimates,
        stored: Stored,
        filter_: Filter | None,
        *,
        used: bool = True,
        paged: bool = False,
    ) -> None:
        """Look up what was seen.

        Args:
            estimates: What was seen.
            stored: The collection.
            filter_: The filter.
            used: Whether anything depends on it.
            paged: Whether it is of a page: what another search saw, before this page or in another
                process, would give each page a plan of its own.
        """
        self._estimates = estimates
        self._stored = stored
        self._filter_key = digest_of(filter_) if used else b""
        self.value: float | None = None
        if filter_ is None:
            self.value = 1.0
        elif used and not paged:
            self.value = estimates.get(stored.id, self._filter_key)

    def learn(self, rows: Sequence[Sequence[Any]]) -> None:
        """Keep the share that a search's rows tell, each in its last column, where it looked."""
        if rows and rows[0][-1] is not None:
            self._estimates.put(self._stored.id, self._filter_key, rows[0][-1])


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
        needed = SAMPLED_MATCHES * stored.rows / threshold
        percent = min(100.0, 100.0 * max(needed, 100.0) / stored.rows)
        if stored.part is not None:  # the sample is of the whole table
            percent = min(percent, 100.0 * MOST_SAMPLED / max(1.0, stored.table_rows))
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
        effort: The effort. No fewer candidates are compared by full vectors for it.
        fetch: Candidates that are.
        fall_back: Whether every row is compared where the index comes short.
    """
    if fetch is None:
        fetch = fetched(stored, limit, filtered=share != 1.0)
        if effort is not None and share == 1.0 and by_bits(stored.collection.index):
            fetch = max(fetch, effort)
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
    return _bounded(stored, plan, share) if is_told else plan


def _bounded(stored: Stored, plan: Plan, share: float | None) -> Plan:
    """Let a search by index find out whether what it brought is right."""
    index = stored.collection.index
    expected = SLACK * plan.fetch + _CHANCE
    worth = min(MOST_CANDIDATES, stored.rows * (1.0 if share is None else share) / STEP)
    trusted = 0
    if isinstance(index, IvfFlat):
        lists = int(stored.settings["lists"])
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
        return replace(plan, most_probes=min(lists, _MORE_LISTS * plan.effort))
    if not goes_on(stored.server.vector_version):
        return plan
    each = VISITED * max(1.0, index.m / 16) if isinstance(index, Hnsw) else VISITED
    needed = max(near, usual)
    return replace(
        plan,
        visited=min(MAX_VISITED, round(each * max(needed, worth))),
        # the first step is taken in any case
        visited_worn=min(MAX_VISITED, round(each * needed)) if needed > plan.effort else 1,
    )


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
    exact = _by_comparing(stored, plan.fetch, share, where)
    return None if FURTHER_WORTH * _by_index(stored, made, 1.0) > exact else made


def _beyond(stored: Stored, plan: Plan, reached: float) -> Plan:
    rows = math.ceil(FURTHER * reached)
    plan = replace(
        plan, sample_percent=None, wanted=plan.wanted or plan.fetch, bound=rows, trusted=0
    )
    if isinstance(stored.collection.index, IvfFlat):
        lists = int(stored.settings["lists"])
        return replace(plan, fetch=rows, effort=min(lists, math.ceil(FURTHER * plan.effort)))
    effort = max(plan.effort, rows, default_effort(stored, rows, 1.0))
    if effort >= MAX_EF:
        # no one step brings so many: as many candidates as an effort would have
        pin = pinned(stored.settings, stored.collection.index)
        needed = 0.0 if pin is None else min(MOST_CANDIDATES, pin.at_limit(math.ceil(reached)))
        rows = max(rows, math.ceil(needed))
        plan = replace(plan, fetch=rows, bound=rows)
    visited = VISITED * rows
    plan = replace(plan, visited=plan.visited and visited, visited_worn=visited)
    if effort >= MAX_EF:
        return replace(plan, effort=MAX_EF, near=1)
    # all come in order, in one step: those that are asked for are the first
    return replace(plan, effort=effort, near=math.ceil(ALIKE * reached))


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
    if not is_open or not is_built(stored) or stored.collection.distributed:
        return None
    if by_bits(stored.collection.index):  # what lies near, they hardly know
        return None
    if share is not None and NEAR_AT_LEAST * share > 1:
        return None
    count = max(LOOKED_AT, math.ceil(limit / PART_LOOKED_AT))
    effort = None if isinstance(stored.collection.index, IvfFlat) else count
    made = approximate(stored, count, 1.0, effort=effort, fetch=count, fall_back=False)
    cost, index = _by_index(stored, made, 1.0), _cost_near(stored, limit, 1.0)
    if share is None and UNSEEN_WORTH * cost > index:
        return None
    exact = _by_comparing(stored, limit, share, where)
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
    if _cost_near(stored, limit, near) > _by_comparing(stored, limit, share, where):
        return None
    return approximate(stored, limit, near)


def _cost_near(stored: Stored, limit: int, near: float) -> float:
    return _by_index(stored, approximate(stored, limit, near), near)


def _by_index(stored: Stored, plan: Plan, share: float) -> float:
    """Give the rows that could be compared in the time of a search by index, of this share."""
    index = stored.collection.index
    if isinstance(index, IvfFlat):
        return stored.rows * plan.effort / int(stored.settings["lists"])
    each = VISITED * max(1.0, index.m / 16) if isinstance(index, Hnsw) else VISITED
    return each * max(plan.effort, plan.fetch / share)


def _by_comparing(stored: Stored, limit: int, share: float | None, where: Filter) -> float:
    """Give the rows that could be in the time of comparing all that match."""
    matching = threshold_of(stored, limit, where) if share is None else stored.rows * share
    asked = 0.0 if is_found(where, stored.fields) else _ASKED * _cost_of(stored) * stored.rows
    return _MATCHED * matching + asked


def at_once(stored: Stored, plan: Plan) -> Plan:
    """Let an HNSW index end with its first step where that is enough, unless many rows are dead.

    To set what going on takes costs the server time in every search, and few need it.
    """
    if plan.exact or not isinstance(stored.collection.index, Hnsw):
        return plan
    return replace(plan, at_once=plan.effort >= SLACK * plan.fetch + _CHANCE)


def harder(stored: Stored, plan: Plan) -> Plan | None:
    """Ask the index again, once, among rows that are deleted; None where it costs too much."""
    lists = int(stored.settings.get("lists", 0))
    most = lists // _MORE_LISTS if isinstance(stored.collection.index, IvfFlat) else MAX_EF
    effort = min(most, max(1, int(stored.rows / STEP)), _HARDER * plan.effort)
    if plan.wanted or effort < FURTHER * plan.effort:
        return None
    plan = replace(plan, effort=effort, wanted=plan.fetch, at_once=False)
    return _bounded(stored, plan, 1.0)


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
    return isinstance(index, Hnsw) or "lists" in stored.settings


def threshold_of(stored: Stored, limit: int, where: Filter | None = None) -> float:
    """Give the matching rows above which the index wins; without a filter every row matches."""
    cost = _cost_of(stored)
    least, asked = FEW_ROWS, 0.0
    if by_bits(stored.collection.index) and "measured" in stored.settings:
        least = max(least, RERANK_COST * fetched(stored, limit, filtered=where is not None))
    if where is not None and _is_easy(stored) and not is_found(where, stored.fields):
        # an exact search asks every row whether it matches
        asked = _ASKED * cost * stored.rows / 2
    if limit > MAX_EF:
        cost *= _BEYOND_COST
    wanted = cost * max(limit, 40) * stored.rows
    return max(least, math.sqrt(asked**2 + wanted) - asked)


def _cost_of(stored: Stored) -> float:
    return float(_PLAIN_COST if stored.is_plain else _TOASTED_COST)


def _is_easy(stored: Stored) -> bool:
    """Tell whether a narrow filter was measured to take hardly more effort than none."""
    pin = pinned(stored.settings, stored.collection.index)
    return pin is not None and bool(pin.shares) and pin.shares[-1][1] <= _EASY
