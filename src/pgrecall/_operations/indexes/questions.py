"""Questions for an index, made of the collection's own vectors.

A vector that is stored is too easy a question: it is a node of the graph itself, linked with the
very neighbours that are asked for. On real texts an index that finds 0.98 of the neighbours of a
stored vector finds 0.92 of those of a vector that is not stored. So each sampled vector is
mirrored at the span of its nearest neighbours: what it has in common with them stays, what is its
own is turned round. The mirror image is as far from each neighbour as the vector is, and far from
the vector; nothing is stored there. Where all neighbours are its duplicates, they say nothing of
what is around it: there the question lies on the way to another sampled vector. The index finds the
neighbours, and a scan those that it hides, where there is time for one. Of many rows questions are
drawn from around the sampled ones instead, where there is time to find out how far.

An index that is no graph of full vectors knows a vector no better for its being stored: the lists
of an IVFFlat index and the bits of a binary one miss as much of a row's neighbours as of another
vector's. There the rows are asked themselves, and no row is an answer to itself. A mirror image
would lie nearer to the middle of its list than rows do, and its signs would be another's.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from pgrecall._operations.indexes.around import drawn
from pgrecall._operations.indexes.asking import AT_ONCE, Question
from pgrecall._operations.indexes.mirrored import between, mirrored
from pgrecall._operations.indexes.neighbours import neighbours
from pgrecall._operations.indexes.scans import AT_A_SCAN
from pgrecall._operations.search.effort import by_bits
from pgrecall.indexes import IvfFlat

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from pgrecall._operations.indexes.around import Around
    from pgrecall._operations.indexes.asking import Ask
    from pgrecall._operations.indexes.scans import Scans
    from pgrecall._statements.layout import Stored

_NEIGHBOURS = 32


def made(
    stored: Stored,
    anchors: Sequence[Question],
    ask: Ask,
    scans: Scans | None = None,
    around: Around | None = None,
) -> Generator[Any, Any, list[Question]]:
    """Make a question of each sampled row; those that are of no row are asked as they are.

    Args:
        stored: The collection, whose index is asked for neighbours.
        anchors: The rows, or a caller's own questions: all of one kind.
        ask: Sends searches together.
        scans: What time there is to find the neighbours that the index hides; none without it.
        around: How far around the rows to draw them, where that is known; else they are mirrored.
    """
    index = stored.collection.index
    are_of_rows = any(one.id is not None for one in anchors)
    if not are_of_rows or isinstance(index, IvfFlat) or by_bits(index):
        return list(anchors)
    if around is not None:
        return (yield from drawn(stored, anchors, around, ask))
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
        answers = yield from neighbours(stored, some, count, ask, hidden=hidden)
        if hidden and scans is not None:
            scans.took(began, len(some))
        for number, ((data, *_), answer) in enumerate(zip(some, answers, strict=True), place):
            near = [vector for _, vector in answer.near]
            if near and set(near) == {data}:
                another = anchors[(number + 1) % len(anchors)].vector
                questions.append(Question(between(stored, data, another)))
                continue
            questions.append(Question(mirrored(stored, data, near)))
    return questions
