"""The neighbours of rows that were sampled, as questions are made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from pgrecall._operations.indexes.asking import answered
from pgrecall._operations.indexes.scans import nearer
from pgrecall._operations.search import planning

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from pgrecall._operations.indexes.asking import Ask, Question
    from pgrecall._statements.layout import Stored

_EFFORT, _MORE = 64, 1.25
"""The effort by which they are found, at least, and times as many as they are."""


class Neighbours(NamedTuple):
    """What lies near a row.

    Attributes:
        near: Distances and vectors, the nearest first; not the row itself.
        has_itself: Whether the row's own search finds it.
    """

    near: list[tuple[float, bytes]]
    has_itself: bool


def neighbours(
    stored: Stored, rows: Sequence[Question], count: int, ask: Ask, *, hidden: bool = False
) -> Generator[Any, Any, list[Neighbours]]:
    """Give each row's neighbours, the nearest first: their distances and vectors.

    Args:
        stored: The collection.
        rows: Vectors with their ids.
        count: Neighbours of each.
        ask: Sends searches together.
        hidden: Whether a scan finds those too that the index does not.
    """
    # a row finds itself
    tried = max(_EFFORT, round(_MORE * count))
    plan = planning.approximate(stored, count + 1, 1.0, effort=tried, fall_back=False)
    vectors = [one.vector for one in rows]
    answers = yield from answered(stored, vectors, count + 1, plan, ask, vectors=True)
    found = [
        {id_: (distance, data) for id_, distance, data in answer if id_ != row.id}
        for row, answer in zip(rows, answers, strict=True)
    ]
    if hidden:
        bounds = [max((row[1] for row in answer), default=0.0) for answer in answers]
        scanned = yield from nearer(stored, rows, bounds, count + 1, ask, vectors=True)
        for known, more in zip(found, scanned, strict=True):
            known |= {id_: (distance, data) for distance, id_, data in more}
    # of one distance those that have one vector lie together
    return [
        Neighbours(sorted(known.values())[:count], any(id_ == row.id for id_, *_ in answer))
        for known, row, answer in zip(found, rows, answers, strict=True)
    ]
