"""Questions of many rows: drawn from around a row, as another one might lie there.

Where rows lie in groups that run together, or on a curved surface, a mirror image lies nearer to
the rows than rows do, the more so the more rows there are. So a question is a random combination of
what a row's neighbours have beyond their mean, which has their spread in every direction (normal
weights: a smoothed bootstrap, Silverman and Young 1987), brought to their median length. How many
neighbours is the one thing that differs between data: with few the question is too near to them,
with many too far. It is found out: with the right number its tenth neighbour is as far as that of
the row, itself left out, as often as not. Where no number is enough, the combination is stretched.
Where even the least is too many, as of groups of ten, mirror images are better. So they are of L1:
few coordinates of a sparse row are not zero, and all of a combination.

Neighbours are what the index finds. A row that its own search does not find is asked itself: the
index hides it, and what lies beside it, such as behind many duplicates, from any question there.
"""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from pgrecall._operations.indexes.asking import AT_ONCE, Question, answered
from pgrecall._operations.indexes.measuring import border_of
from pgrecall._operations.indexes.mirrored import between, decoded, encoded
from pgrecall._operations.indexes.neighbours import neighbours
from pgrecall._operations.search import planning
from pgrecall._operations.search.effort import LIMIT, by_bits
from pgrecall._operations.search.pin import MANY_ROWS
from pgrecall._values.vectors import decode
from pgrecall.errors import PgRecallError
from pgrecall.indexes import Hnsw
from pgrecall.models import Metric

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from numpy.typing import NDArray

    from pgrecall._operations.indexes.asking import Ask
    from pgrecall._operations.indexes.budget import Budget
    from pgrecall._operations.indexes.neighbours import Neighbours
    from pgrecall._statements.layout import Stored
    from pgrecall._values.vectors import Encoded

    Near = list[tuple[float, bytes]]

_FEWEST, _MOST, _BYTES = 16, 400, 64 << 20
"""Neighbours of each row, fewer where so many bytes of them would be in memory for one stretch."""
_TRIED, _TOLD_BY = 128, 24
"""Rows by which how far is found, and those at least that are no duplicates of their neighbours."""
_EFFORT = 400
"""By which the tenth neighbour is found, nearly always."""
_HALF, _STEPS, _STRETCHED = 0.5, 4, 1.25
_STRETCHES, _TIME = 24, 0.5
"""What all of it takes, in the time that one stretch of neighbours does, and of what time it may:
four stretches of neighbours and six times as many questions, and then the questions themselves."""


class TooSlowError(PgRecallError):
    """There is too little time to find out how far around rows to draw."""


class Around(NamedTuple):
    """How far around a row its question is drawn.

    Attributes:
        reach: Neighbours whose spread it has.
        stretch: Times their median distance from their mean that it is from it.
    """

    reach: int
    stretch: float = 1.0


def is_for(stored: Stored) -> bool:
    """Tell whether a collection's questions are to be drawn: one of many rows, by a graph."""
    index = stored.collection.index
    is_graph = isinstance(index, Hnsw) and not by_bits(index)
    return is_graph and stored.metric is not Metric.L1 and stored.rows >= MANY_ROWS


def wanted(
    stored: Stored, anchors: Sequence[Question], ask: Ask, budget: Budget | None = None
) -> Generator[Any, Any, Around | None]:
    """Find out how far around rows to draw where questions are drawn: of many rows.

    Raises:
        TooSlowError: There is too little time.
    """
    return (yield from found(stored, anchors, ask, budget)) if is_for(stored) else None


def found(
    stored: Stored, anchors: Sequence[Question], ask: Ask, budget: Budget | None = None
) -> Generator[Any, Any, Around | None]:
    """Find out how far around rows to draw, by some of them.

    Returns:
        None where that is nowhere: among duplicates, hidden rows, and groups of a few rows.

    Raises:
        TooSlowError: There is too little time.
    """
    most = _most(stored)
    rows, near = yield from _telling(stored, anchors[:_TRIED], most, ask, budget)
    if len(rows) < _TOLD_BY:
        return None

    def too_near(around: Around) -> Generator[Any, Any, bool]:
        asked = [
            _one(stored, row, answer, around, number)
            for number, (row, answer) in enumerate(zip(rows, near, strict=True))
        ]
        return (yield from _share_farther(stored, rows, near, asked, ask)) < _HALF

    if (yield from too_near(Around(most))):
        stretch = yield from _turning(lambda one: too_near(Around(most, one)), 1.0, _STRETCHED)
        return Around(most, stretch)
    if not (yield from too_near(Around(_FEWEST))):
        return None
    reach = yield from _turning(lambda one: too_near(Around(round(one))), _FEWEST, most)
    return Around(round(reach))


def _turning(
    is_too_low: Callable[[float], Generator[Any, Any, bool]], low: float, high: float
) -> Generator[Any, Any, float]:
    """Find between two where what is too low ends, on logarithms."""
    for _ in range(_STEPS):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if (yield from is_too_low(middle)) else (low, middle)
    return math.sqrt(low * high)


def _telling(
    stored: Stored, anchors: Sequence[Question], most: int, ask: Ask, budget: Budget | None
) -> Generator[Any, Any, tuple[list[Question], list[Near]]]:
    """Give the rows that tell how far to draw, with their neighbours."""
    rows: list[Question] = []
    near: list[Near] = []
    for place in range(0, len(anchors), AT_ONCE):
        some = anchors[place : place + AT_ONCE]
        began = time.monotonic()
        answers = yield from neighbours(stored, some, most, ask)
        for row, answer in zip(some, answers, strict=True):
            # the distance of a duplicate tells nothing of what is around it
            is_alone = len(answer.near) > LIMIT and answer.near[LIMIT - 1][1] != row.vector
            if is_alone and not _is_hidden(stored, row, answer):
                rows.append(row)
                near.append(answer.near)
        took = time.monotonic() - began
        if budget is not None and _STRETCHES * took > _TIME * budget.left:
            raise TooSlowError
    return rows, near


def drawn(
    stored: Stored, anchors: Sequence[Question], around: Around, ask: Ask
) -> Generator[Any, Any, list[Question]]:
    """Draw a question from around each row."""
    questions: list[Question] = []
    for place in range(0, len(anchors), AT_ONCE):
        some = anchors[place : place + AT_ONCE]
        answers = yield from neighbours(stored, some, around.reach, ask)
        for number, (row, answer) in enumerate(zip(some, answers, strict=True), place):
            near = answer.near
            if _is_hidden(stored, row, answer):
                questions.append(row._replace(is_held=False))
            elif near and {data for _, data in near} == {row.vector}:
                another = anchors[(number + 1) % len(anchors)].vector
                questions.append(Question(between(stored, row.vector, another)))
            else:
                questions.append(Question(_one(stored, row, near, around, number)))
    return questions


def _is_hidden(stored: Stored, row: Question, answer: Neighbours) -> bool:
    """Tell whether a row's own search does not find it, though it brings what is farther."""
    if answer.has_itself or not row.is_held:
        return False
    itself = 0.0
    if stored.metric is Metric.IP:
        itself = -float(np.square(_own(stored, row)).sum())
    return not answer.near or answer.near[-1][0] > border_of(stored, itself)


def _own(stored: Stored, row: Question) -> NDArray[Any]:
    return np.asarray(decode(stored.collection.storage, row.vector), dtype=np.float64)


def _most(stored: Stored) -> int:
    in_memory = _BYTES // (AT_ONCE * stored.row_bytes)
    return max(_FEWEST, min(_MOST, in_memory, round(stored.rows / 4)))


def _one(stored: Stored, row: Question, near: Near, around: Around, number: int) -> Encoded:
    """Draw a question from around a row: of one number the same one each time."""
    rows = decoded(stored, [row.vector, *(data for _, data in near[: around.reach])])
    weights = np.random.default_rng(number).standard_normal(_MOST + 1)[: len(rows)]
    middle = rows.mean(axis=0)
    beyond = rows - middle
    way = weights @ beyond
    length = around.stretch * np.median(np.linalg.norm(beyond, axis=1))
    image = middle + way * (length / max(np.linalg.norm(way), np.finfo(float).tiny))
    if stored.metric is Metric.IP:
        # as long as the row is, whose products it is compared with
        image *= np.linalg.norm(_own(stored, row)) / max(
            np.linalg.norm(image), np.finfo(float).tiny
        )
    return encoded(stored, image, row.vector)


def _share_farther(
    stored: Stored,
    rows: Sequence[Question],
    near: Sequence[Near],
    asked: Sequence[Encoded],
    ask: Ask,
) -> Generator[Any, Any, float]:
    """Tell of how many questions the tenth neighbour is farther than that of the row."""
    plan = planning.approximate(stored, LIMIT + 1, 1.0, effort=_EFFORT, fall_back=False)
    answers = yield from answered(stored, asked, LIMIT + 1, plan, ask)
    farther = 0
    for row, own, answer in zip(rows, near, answers, strict=True):
        distances = [distance for id_, distance, *_ in answer if id_ != row.id][:LIMIT]
        farther += len(distances) < LIMIT or max(distances) > own[LIMIT - 1][0]
    return farther / len(rows)
