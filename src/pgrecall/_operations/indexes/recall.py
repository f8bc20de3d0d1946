"""Measure what an index finds, and find the least effort that meets a target."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from pgrecall._operations.context import look_up, on_collection, resolve
from pgrecall._operations.search import planning
from pgrecall._operations.search.running import in_one_trip
from pgrecall._operations.tracing import traced
from pgrecall._operations.work import one
from pgrecall._statements.collections import registry
from pgrecall._statements.search import vector as statements
from pgrecall._statements.search.plan import EXACT, Plan
from pgrecall._values.conversions import checked_whole
from pgrecall._values.vectors import Encoded
from pgrecall.errors import CREATE_INDEX, InvalidArgumentError
from pgrecall.indexes import IvfFlat
from pgrecall.models import RecallReport

if TYPE_CHECKING:
    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation
    from pgrecall._statements.layout import Stored

MAX_K, MAX_SAMPLE = 10_000, 10_000
_EFFORTS = (10, 20, 30, 40, 60, 80, 100, 130, 160, 200, 250, 320, 400, 500, 640, 800, 1_000)
_SAMPLE_FOR_TUNING = 200
_Z95 = 1.959964  # the normal distribution's 97.5 % quantile


class _Query(NamedTuple):
    """One sampled vector, with the distance of its k-th true neighbour."""

    id: str
    vector: Encoded
    worst: float
    found: int


@traced("measure_recall")
def measure(
    context: Context, tenant: str, name: str, *, k: int, sample: int
) -> Operation[RecallReport]:
    """Compare the index with the exact search, as the store asks it without a filter."""
    k, sample = _checked(k, sample)
    stored = yield from _indexed(context, tenant, name)
    queries, exact_ms = yield from _truth(context, stored, k, sample)
    effort = planning.default_effort(stored, k, 1.0)
    return (yield from _measured(context, stored, k, queries, exact_ms, effort))


@traced("tune")
def tune(
    context: Context, tenant: str, name: str, *, target_recall: float, k: int
) -> Operation[RecallReport]:
    """Find the least effort that meets the target and pin it for every client."""
    if not isinstance(target_recall, int | float) or not 0 < target_recall <= 1:
        msg = f"target_recall must be above 0 and at most 1, not {target_recall!r}"
        raise InvalidArgumentError(msg)
    k, _ = _checked(k, _SAMPLE_FOR_TUNING)
    stored = yield from _indexed(context, tenant, name)
    queries, exact_ms = yield from _truth(context, stored, k, _SAMPLE_FOR_TUNING)
    efforts = _efforts(stored)
    low, high = 0, len(efforts) - 1
    reports: dict[int, RecallReport] = {}
    # recall grows with effort: halve the ladder
    while low <= high:
        middle = (low + high) // 2
        report = yield from _measured(context, stored, k, queries, exact_ms, efforts[middle])
        reports[middle] = report
        if report.recall >= target_recall:
            high = middle - 1
        else:
            low = middle + 1
    chosen = min(low, len(efforts) - 1)
    report = reports[chosen]
    pinned = {**report.settings, "tuned_k": k}
    yield one(registry.update_settings(stored, pinned), writes=True)
    yield from look_up(context, tenant, name)
    return report


def _checked(k: int, sample: int) -> tuple[int, int]:
    k, sample = checked_whole("k", k), checked_whole("sample", sample)
    for what, value, most in (("k", k, MAX_K), ("sample", sample, MAX_SAMPLE)):
        if value > most:
            msg = f"{what} must be at most {most:,}, not {value:,}"
            raise InvalidArgumentError(msg)
    return k, sample


def _indexed(context: Context, tenant: str, name: str) -> Operation[Stored]:
    stored = yield from resolve(context, tenant, name)
    if not planning.is_built(stored):
        msg = f"collection {name!r} has no index to measure: {CREATE_INDEX}"
        raise InvalidArgumentError(msg, advice=CREATE_INDEX)
    return stored


def _truth(
    context: Context, stored: Stored, k: int, sample: int
) -> Operation[tuple[list[_Query], float]]:
    work = one(statements.sample_vectors(stored, sample))
    result = yield from on_collection(context, stored, work)
    queries, times = [], []
    for id_, data in result.rows:
        vector = Encoded(data)
        started = time.perf_counter()
        found = yield from _search(context, stored, vector, k, EXACT)
        times.append((time.perf_counter() - started) * 1000)
        distances = [distance for other, distance in found if other != id_][:k]
        if distances:
            queries.append(_Query(id_, vector, distances[-1], len(distances)))
    if not queries:
        msg = f"collection {stored.collection.name!r} has too few vectors to measure recall on"
        raise InvalidArgumentError(msg)
    return queries, statistics.median(times)


def _measured(
    context: Context,
    stored: Stored,
    k: int,
    queries: Sequence[_Query],
    exact_ms: float,
    effort: int,
) -> Operation[RecallReport]:
    plan = planning.approximate(stored, k + 1, 1.0, effort=effort, fall_back=False)
    shares, times = [], []
    for query in queries:
        started = time.perf_counter()
        found = yield from _search(context, stored, query.vector, k, plan)
        times.append((time.perf_counter() - started) * 1000)
        # by distance, not by id: neighbours at the same distance are as good as one another
        border = query.worst + 1e-6 * max(1.0, abs(query.worst))
        hits = sum(1 for other, distance in found if other != query.id and distance <= border)
        shares.append(min(hits, query.found) / query.found)
    recall = statistics.fmean(shares)
    low, high = wilson(recall, len(shares))
    kind = "probes" if isinstance(stored.collection.index, IvfFlat) else "ef_search"
    return RecallReport(
        recall=recall,
        low=low,
        high=high,
        k=k,
        sample=len(shares),
        settings={kind: effort},
        exact_ms=exact_ms,
        index_ms=statistics.median(times),
    )


def _search(
    context: Context, stored: Stored, vector: Encoded, k: int, plan: Plan
) -> Operation[list[tuple[str, float]]]:
    # one more than k: the query itself is in the collection
    statement = statements.vector(stored, vector, k + 1, None, plan, include_vectors=False)
    results = yield from on_collection(context, stored, in_one_trip(statement))
    return [(row[0], row[1]) for row in results[-1].rows]


def _efforts(stored: Stored) -> Sequence[int]:
    if not isinstance(stored.collection.index, IvfFlat):
        return _EFFORTS
    lists = int(stored.settings["lists"])
    steps = {min(lists, max(1, round(1.5**power))) for power in range(27)}
    return sorted(steps)


def wilson(share: float, count: int) -> tuple[float, float]:
    """Give the 95 % interval of a share seen in ``count`` queries.

    Wilson, E. B. (1927): Probable inference, the law of succession, and statistical inference.
    It stays within 0 and 1, and wider than nothing where every query agreed.
    """
    z2 = _Z95 * _Z95
    middle = (share + z2 / (2 * count)) / (1 + z2 / count)
    spread = math.sqrt(share * (1 - share) / count + z2 / (4 * count * count))
    width = _Z95 * spread / (1 + z2 / count)
    return max(0.0, middle - width), min(1.0, middle + width)
