"""Questions for an index, made of the collection's own vectors.

A vector that is stored is too easy a question: it is a node of the graph itself, linked with the
very neighbours that are asked for. On real texts an index that finds 0.98 of the neighbours of a
stored vector finds 0.92 of those of a vector that is not stored. So each sampled vector is
mirrored at the span of its nearest neighbours: what it has in common with them stays, what is its
own is turned round. The mirror image is as far from each neighbour as the vector is, and far from
the vector; nothing is stored there. Where all neighbours are its duplicates, they say nothing of
what is around it: there the question lies on the way to another sampled vector. The index finds the
neighbours, and a scan those that it hides, where there is time for one.

An index that is no graph of full vectors knows a vector no better for its being stored: the lists
of an IVFFlat index and the bits of a binary one miss as much of a row's neighbours as of another
vector's. There the rows are asked themselves, and no row is an answer to itself. A mirror image
would lie nearer to the middle of its list than rows do, and its signs would be another's.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from pgrecall._operations.indexes.scans import AT_A_SCAN, nearer
from pgrecall._operations.items.items import shape_of
from pgrecall._operations.search import planning
from pgrecall._operations.search.effort import by_bits
from pgrecall._statements.indexes import measuring as statements
from pgrecall._statements.search import scanning
from pgrecall._values.vectors import Encoded, decode, encode_query
from pgrecall.errors import InvalidArgumentError
from pgrecall.indexes import IvfFlat
from pgrecall.models import Metric

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from numpy.typing import NDArray

    from pgrecall._operations.indexes.scans import Scans
    from pgrecall._statements.layout import Stored
    from pgrecall._statements.search.plan import Plan
    from pgrecall._statements.statement import Result, Statement

Ask: TypeAlias = "Callable[[Sequence[Statement]], Generator[Any, Any, list[Result]]]"
"""Sends statements together, in one transaction: an operation's way, or a transaction's own."""


class Question(NamedTuple):
    """What an index is asked.

    Attributes:
        vector: The question.
        id: Of the row whose vector it is: that row is no answer. None where it is of no row.
    """

    vector: Encoded
    id: str | None = None


AT_ONCE = 32
"""Searches that are sent together."""
_NEIGHBOURS = 32
_EFFORT = 64
_TRACE = 1e-7
_ON_THE_WAY = 0.3
_OF_DIRECTIONS = (Metric.COSINE, Metric.IP)
"""What ranks rows alike for a question of any length: among vectors of many lengths nearly every
mirror image would seem near otherwise, as the long ones that are found lie far from a short one."""
_BEYOND = 10  # farther from the vector than so many of its neighbours


def made(
    stored: Stored, anchors: Sequence[Question], ask: Ask, scans: Scans | None = None
) -> Generator[Any, Any, list[Question]]:
    """Make a question of each sampled row; those that are of no row are asked as they are.

    Args:
        stored: The collection, whose index is asked for neighbours.
        anchors: The rows, or a caller's own questions: all of one kind.
        ask: Sends searches together.
        scans: What time there is to find the neighbours that the index hides; none without it.
    """
    index = stored.collection.index
    are_of_rows = any(one.id is not None for one in anchors)
    if not are_of_rows or isinstance(index, IvfFlat) or by_bits(index):
        return list(anchors)
    # of few dimensions, so many neighbours would span nearly all
    count = min(_NEIGHBOURS, stored.dimensions // 8)
    if not count:
        return list(anchors)
    hidden = scans is not None and scans.afford(stored, len(anchors))
    questions: list[Question] = []
    # a stretch at a time: no more neighbours are in memory than one scan brings
    stretch = AT_A_SCAN if hidden else AT_ONCE
    for place in range(0, len(anchors), stretch):
        some = anchors[place : place + stretch]
        began = time.monotonic()
        answers = yield from _neighbours(stored, some, count, ask, hidden=hidden)
        if hidden and scans is not None:
            scans.took(began, len(some))
        for number, ((data, _), near) in enumerate(zip(some, answers, strict=True), place):
            if near and set(near) == {data}:
                another = anchors[(number + 1) % len(anchors)].vector
                questions.append(Question(_between(stored, data, another)))
                continue
            questions.append(Question(_mirrored(stored, data, near)))
    return questions


def _neighbours(
    stored: Stored, rows: Sequence[Question], count: int, ask: Ask, *, hidden: bool
) -> Generator[Any, Any, list[list[bytes]]]:
    """Give the vectors of each row's neighbours, the nearest first.

    Args:
        stored: The collection.
        rows: Vectors with their ids.
        count: Neighbours of each.
        ask: Sends searches together.
        hidden: Whether a scan finds those too that the index does not.
    """
    # a row finds itself
    plan = planning.approximate(stored, count + 1, 1.0, effort=_EFFORT, fall_back=False)
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
    return [[data for _, data in sorted(known.values())[:count]] for known in found]


def of_rows(rows: Sequence[Sequence[Any]]) -> list[Question]:
    """Take rows of an id and a vector's binary form."""
    return [Question(Encoded(data), id_) for id_, data in rows]


def answered(
    stored: Stored,
    questions: Sequence[Encoded],
    limit: int,
    plan: Plan,
    ask: Ask,
    *,
    parts: int = statements.PARTS,
    vectors: bool = False,
) -> Generator[Any, Any, list[list[tuple[Any, ...]]]]:
    """Ask the index: give each question's rows of id, distance and vector."""
    answers: list[list[tuple[Any, ...]]] = []
    settings = scanning.settings(stored, plan)
    for place in range(0, len(questions), AT_ONCE):
        some = questions[place : place + AT_ONCE]
        if stored.collection.distributed:
            asked = [
                statements.found(stored, one, limit, plan, parts=parts, vectors=vectors)
                for one in some
            ]
            results = yield from ask([settings, *asked])
            answers += [list(result.rows) for result in results[1:]]
            continue
        together = statements.found_each(stored, some, limit, plan, parts=parts, vectors=vectors)
        results = yield from ask([settings, together])
        each: list[list[tuple[Any, ...]]] = [[] for _ in some]
        for number, *row in results[-1].rows:
            each[number].append(tuple(row))
        answers += each
    return answers


def _between(stored: Stored, data: bytes, another: bytes) -> Encoded:
    own, other = _decoded(stored, [data, another])
    return _encoded(stored, own + _ON_THE_WAY * (other - own), data)


def _decoded(stored: Stored, vectors: Sequence[bytes]) -> NDArray[Any]:
    storage = stored.collection.storage
    return np.array([decode(storage, one) for one in vectors], dtype=np.float64)


def _encoded(stored: Stored, image: NDArray[Any], data: bytes) -> Encoded:
    try:
        return encode_query(shape_of(stored), image)
    except InvalidArgumentError:
        return Encoded(data)  # too large for its numbers, or without a direction


def _mirrored(stored: Stored, data: bytes, near: Sequence[bytes]) -> Encoded:
    """Mirror a vector at the span of its neighbours: of fewer where it would come to lie near."""
    if not near:
        return Encoded(data)
    both = _decoded(stored, [data, *near])
    if stored.metric in _OF_DIRECTIONS:
        both /= np.linalg.norm(both, axis=1, keepdims=True) + np.finfo(float).tiny
    own, others = both[0], both[1:]
    beyond = np.linalg.norm(own - others[:_BEYOND], axis=1).max()
    image, count = own, len(others)
    try:
        while count:
            image = 2 * _projected(own, others[:count].T) - own
            if np.linalg.norm(image - own) >= beyond:
                break
            count //= 2
    except np.linalg.LinAlgError:
        image = own
    return _encoded(stored, image, data)


def _projected(own: NDArray[Any], span: NDArray[Any]) -> NDArray[Any]:
    square = span.T @ span
    # a trace more than nothing: neighbours that are alike have a solution too
    square[np.diag_indices_from(square)] += _TRACE * (square.trace() or 1.0)
    found: NDArray[Any] = span @ np.linalg.solve(square, span.T @ own)
    return found
