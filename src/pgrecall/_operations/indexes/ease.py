"""By how much more effort vectors take that are not stored than questions made of stored ones.

It depends on the data: on real texts they take about as much or a little less, among vectors that
lie in all directions alike a third more. So it is measured, on some rows of the collection: a small
index beside it, which is gone when it was asked, holds some of them and leaves others out. Those
are asked twice, as they are and as the questions that are made of them (see ``questions``), so that
what is hard to find near one is so near the other, and chance among them counts for less. Of a few
rows it would cost more than the effort does, so a margin stands in its place.
"""

from __future__ import annotations

import logging
import math
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from pgrecall._operations.indexes import around
from pgrecall._operations.indexes.asking import Question, of_rows
from pgrecall._operations.indexes.budget import Budget, TimeIsUpError
from pgrecall._operations.indexes.least import least_for
from pgrecall._operations.indexes.measuring import Asking, Measured
from pgrecall._operations.indexes.questions import made
from pgrecall._operations.indexes.scans import Scans
from pgrecall._operations.on_table import on_collection
from pgrecall._operations.search.effort import by_bits
from pgrecall._operations.search.pin import MANY_ROWS
from pgrecall._operations.work import Work
from pgrecall._statements.distributed import LOCAL
from pgrecall._statements.indexes import measuring as statements
from pgrecall._statements.statement import Many
from pgrecall.errors import PgRecallError
from pgrecall.indexes import Hnsw

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation, Steps
    from pgrecall._statements.layout import Stored
    from pgrecall._statements.statement import Result, Statement

_logger = logging.getLogger("pgrecall")

FEW_ROWS = 4_000
"""Rows of a collection below which what takes effort is not worth being known to a tenth."""
_MARGIN = 1.3
_TIME = 1 / 3  # of what there is; the rest is for the index itself
_SECONDS = 1.0  # that it takes, about
_ROWS, _ROW_BYTES = 1_500, 4 << 20
"""Rows of the small index, fewer where they are long: it is built within a second or two."""
_M, _EF_CONSTRUCTION = 6, 16
"""Of the small index: a good graph of few rows finds all with the least effort, which tells
nothing; a poor one misses as much as a good one of many rows, and is built in a tenth of a second.
"""
_LEVEL = 0.9
"""The recall at which both kinds are compared: more is missed there than at the target, and what is
missed tells them apart."""
_QUESTIONS, _MANY, _MANY_SECONDS = 192, 768, 3.0
"""Questions, and how many are worth so many seconds where there are: the factor is off by a tenth
with the one and by a twentieth with the other, as chance has it."""
_TIMES, _TIMES_SECONDS, _DRAWN = 4, 8.0, 2.0
"""Times as large a small index beside many rows, and the seconds that it is worth, where there are
(of real texts the factor is 1.1 by one and 1.5 by the other); and how many times as long it takes
to draw questions as to mirror them."""
_FEWEST = 500
_LEAST_EASE, _MOST_EASE = 0.85, 3.0
_START = 40


def measured(
    context: Context, stored: Stored, target: float, budget: Budget, *, is_drawn: bool = False
) -> Operation[float]:
    """Give the factor; a margin where it is not measured.

    That is where there are few rows or little time, or no right to make a table for the moment. An
    IVFFlat index knows no vector better than another, and what a binary one misses, it misses by
    the order of its bits, which is no better for those that are stored.
    """
    index = stored.collection.index
    if not isinstance(index, Hnsw) or by_bits(index):
        return 1.0
    if stored.rows < FEW_ROWS:
        return _MARGIN
    try:
        mine = budget.part(_TIME)
        mine.affords(_SECONDS)
        slower = _DRAWN if is_drawn else 1.0
        thorough = stored.rows >= MANY_ROWS and mine.has(slower * _TIMES_SECONDS)
        questions = _MANY if mine.has(slower * _MANY_SECONDS) else _QUESTIONS
        times = _TIMES if thorough else 1
        steps = partial(_measuring, stored, target, mine, times, questions, is_drawn=is_drawn)
        return (yield from on_collection(context, stored, Work(steps, True, True)))
    except TimeIsUpError:
        return _MARGIN
    except PgRecallError as error:
        _logger.debug("a margin stands for a small index beside %r: %s", stored.table_name, error)
        return _MARGIN


def _measuring(
    stored: Stored, target: float, budget: Budget, times: int, questions: int, *, is_drawn: bool
) -> Steps[float]:
    index = stored.collection.index
    wanted = times * max(_FEWEST, min(_ROWS, _ROW_BYTES // stored.row_bytes))
    values = {"maintenance_work_mem": "64MB", "jit": "off", **budget.limits(stored)}
    results: list[Result] = yield Many(
        [LOCAL.set_local(values), *statements.drawn(stored, wanted + questions)]
    )
    rows = results[-1].touched - questions
    if rows < _FEWEST or index is None:
        yield statements.gone()
        return _MARGIN
    small = statements.beside(stored, rows)
    send = partial(_send, stored, budget)
    poor = index
    if isinstance(index, Hnsw):
        poor = replace(
            index, m=min(index.m, _M), ef_construction=min(index.ef_construction, _EF_CONSTRUCTION)
        )
    for statement in statements.indexed_beside(small, poor, rows):
        yield from send([statement])
    results = yield Many([statements.left_out(small, rows)])
    outside = of_rows(results[-1].rows, are_held=False)
    # every row of a small table is compared
    far = (yield from around.found(small, outside, send)) if is_drawn else None
    if is_drawn and far is None:
        yield statements.gone()
        return _MARGIN
    asked = yield from made(small, outside, send, Scans(), far)
    rough = min(target, _LEVEL)
    easy = yield from _least(Measured(small, asked, send), rough, _START)
    others = [Question(one.vector) for one in outside]
    hard = yield from _least(Measured(small, others, send), rough, easy)
    yield statements.gone()
    factor = hard / easy
    # less effort is believed half only: a promise comes before what it costs
    return min(_MOST_EASE, max(_LEAST_EASE, factor if factor > 1 else math.sqrt(factor)))


def _least(measured: Measured, target: float, start: float) -> Asking[float]:
    """Give the least effort that meets a target; what part of it would do, where all efforts do."""
    found, _ = yield from least_for(measured, target, start)
    return found * (measured.spare(target) if found <= measured.least else 1.0)


def _send(stored: Stored, budget: Budget, asked: Sequence[Statement]) -> Asking[list[Result]]:
    budget.check()
    results: list[Result] = yield Many([LOCAL.set_local(budget.limits(stored)), *asked])
    return results[1:]
