"""Measure what an index finds, and find the least effort that meets a target."""

from __future__ import annotations

import math
import statistics
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from pgrecall._operations.context import resolve
from pgrecall._operations.indexes import measuring, promise
from pgrecall._operations.indexes.around import Around
from pgrecall._operations.indexes.asking import Question, of_rows
from pgrecall._operations.indexes.budget import Budget, by_works
from pgrecall._operations.indexes.questions import made
from pgrecall._operations.indexes.scans import Scans
from pgrecall._operations.items.items import shape_of
from pgrecall._operations.on_table import on_collection
from pgrecall._operations.search import effort, planning
from pgrecall._operations.search.kept_effort import MOST_LIMIT, pinned
from pgrecall._operations.search.many import listed
from pgrecall._operations.search.running import in_one_trip
from pgrecall._operations.tracing import traced
from pgrecall._operations.work import one
from pgrecall._statements.search import drawing
from pgrecall._statements.search import vector as statements
from pgrecall._statements.search.plan import EXACT, Plan
from pgrecall._values.numbers import checked_share, checked_whole
from pgrecall._values.strings import nth
from pgrecall._values.vectors import encode_query
from pgrecall.errors import CREATE_INDEX, InvalidArgumentError
from pgrecall.indexes import IvfFlat
from pgrecall.models import RecallReport

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation
    from pgrecall._statements.layout import Stored

MAX_K, MAX_SAMPLE = MOST_LIMIT, 10_000
_SAMPLE_FOR_TIMES = 20
_Z95 = 1.959964  # the normal distribution's 97.5 % quantile


@traced("measure_recall")
def measure(
    context: Context, tenant: str, name: str, *, k: int, sample: int, queries: object = None
) -> Operation[RecallReport]:
    """Compare the index with the exact search, as the store asks it without a filter."""
    k, sample = _checked(k, sample)
    given = _given(queries)
    stored = yield from _indexed(context, tenant, name)
    return (yield from _reported(context, stored, k, sample, _encoded(stored, given)))


@traced("tune")
def tune(
    context: Context,
    tenant: str,
    name: str,
    *,
    target_recall: float,
    k: int,
    queries: object = None,
) -> Operation[RecallReport]:
    """Find the least effort that meets the target and pin it for every client."""
    target = checked_share("target_recall", target_recall)
    k, _ = _checked(k, _SAMPLE_FOR_TIMES)
    given = _given(queries)
    stored = yield from _indexed(context, tenant, name)
    own = _encoded(stored, given)
    try:
        if own:
            pin = yield from promise.measured_by(context, stored, own, target, k)
        else:
            # what an earlier call was given says nothing of this one
            plain = replace(stored, settings={**stored.settings, effort.OF_QUESTIONS: None})
            pin = yield from promise.measured(context, plain, target, Budget(), limit=k)
    except promise.NoVectorsError:
        pin = None
    if pin is None:
        raise _too_few(stored)
    yield from promise.pinning(context, stored, pin, tuned=True, questions=len(own))
    stored = yield from _indexed(context, tenant, name)
    report = yield from _reported(context, stored, k, _SAMPLE_FOR_TIMES, own[:_SAMPLE_FOR_TIMES])
    low, high = wilson(pin.recall, pin.sample)
    return replace(report, recall=pin.recall, low=low, high=high, sample=pin.sample)


def _checked(k: int, sample: int) -> tuple[int, int]:
    k, sample = checked_whole("k", k), checked_whole("sample", sample)
    for what, value, most in (("k", k, MAX_K), ("sample", sample, MAX_SAMPLE)):
        if value > most:
            msg = f"{what} must be at most {most:,}, not {value:,}"
            raise InvalidArgumentError(msg)
    return k, sample


def _given(queries: object) -> list[object]:
    if queries is None:
        return []
    vectors = listed(queries, "a list of it")
    if not 0 < len(vectors) <= MAX_SAMPLE:
        msg = f"queries must be 1 to {MAX_SAMPLE:,} vectors, not {len(vectors):,}"
        raise InvalidArgumentError(msg)
    return vectors


def _encoded(stored: Stored, given: Sequence[object]) -> list[Question]:
    shape = shape_of(stored)
    return [
        Question(encode_query(shape, vector, f"query {nth(place)}"))
        for place, vector in enumerate(given)
    ]


def _indexed(context: Context, tenant: str, name: str) -> Operation[Stored]:
    stored = yield from resolve(context, tenant, name)
    if not planning.is_built(stored):
        msg = f"collection {name!r} has no index to measure: {CREATE_INDEX}"
        raise InvalidArgumentError(msg, advice=CREATE_INDEX)
    return stored


def _too_few(stored: Stored) -> InvalidArgumentError:
    msg = f"collection {stored.collection.name!r} has too few vectors to measure recall on"
    return InvalidArgumentError(msg)


def _reported(
    context: Context, stored: Stored, k: int, sample: int, own: Sequence[Question]
) -> Operation[RecallReport]:
    """Ask questions by the statement that a search sends, with its effort, and compare."""
    questions = own or (yield from _questions(context, stored, sample))
    index = stored.collection.index
    told = effort.default_effort(stored, k, 1.0)
    pin = pinned(stored.settings, index)
    # questions made of stored vectors are easier, where the data is so: they get less
    ease = 1.0 if pin is None or own else pin.ease
    tried = max(1, round(told / ease))
    fetch = None
    is_ivf = isinstance(index, IvfFlat)
    asked = {"probes": told} if is_ivf else {"ef_search": min(told, effort.MAX_EF)}
    if effort.by_bits(index):
        asked["reranked"] = effort.reranked(stored, k, filtered=False)
        fetch = max(k, round(asked["reranked"] / ease))
    # no row counts as its own neighbour
    limit = k + any(question.id is not None for question in questions)
    plan = planning.approximate(stored, limit, 1.0, effort=tried, fetch=fetch, fall_back=False)
    shares: list[float] = []
    times: tuple[list[float], list[float]] = ([], [])
    for question in questions:
        true = yield from _search(context, stored, question, limit, EXACT, times[0])
        found = yield from _search(context, stored, question, limit, plan, times[1])
        true, found = true[:k], found[:k]
        if true:
            border = measuring.border_of(stored, true[-1])
            shares.append(sum(distance <= border for distance in found) / len(true))
    if not shares:
        raise _too_few(stored)
    recall = min(1.0, statistics.fmean(shares))
    low, high = wilson(recall, len(shares))
    return RecallReport(
        recall=recall,
        low=low,
        high=high,
        k=k,
        sample=len(shares),
        settings=asked,
        exact_ms=statistics.median(times[0]),
        index_ms=statistics.median(times[1]),
        promise=effort.told(stored.settings, stored.collection),
    )


def _questions(context: Context, stored: Stored, sample: int) -> Operation[list[Question]]:
    work = one(drawing.sample_vectors(stored, sample))
    anchors = yield from on_collection(context, stored, work)
    send = by_works(context, stored, Budget())
    rows = of_rows(anchors.rows)
    if len(rows) == 1 < sample:  # there is no other: it is what can be found
        rows = [rows[0]._replace(id=None)]
    pin = pinned(stored.settings, stored.collection.index)
    # as those that the effort was measured with: how easy they are is known
    far = Around(*pin.around) if pin is not None and pin.around else None
    questions = yield from made(stored, rows, send, Scans.within(Budget()), far)
    if not questions:
        raise _too_few(stored)
    return questions


def _search(
    context: Context, stored: Stored, asked: Question, limit: int, plan: Plan, times: list[float]
) -> Operation[list[float]]:
    statement = statements.vector(stored, asked.vector, limit, None, plan, include_vectors=False)
    started = time.perf_counter()
    results = yield from on_collection(context, stored, in_one_trip(statement))
    times.append((time.perf_counter() - started) * 1000)
    return [row[1] for row in results[-1].rows if row[0] != asked.id]


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
