"""Scans that find the neighbours of sampled rows, as far as there is time for them.

An index hides some rows, and a question made of those that it finds easily is easy: of a million
real texts an effort of 64 finds 0.9 of the neighbours of a row, and one of 500 finds 0.988 of those
of questions made of them, 0.979 where every row was compared, as 0.973 of a vector that is not
stored. One scan serves many questions. Yet it takes longer the more rows there are, so it is timed.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgrecall._statements.distributed import dialect_of
from pgrecall._statements.indexes import measuring as statements

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from typing import Any

    from pgrecall._operations.indexes.asking import Ask, Question
    from pgrecall._operations.indexes.budget import Budget
    from pgrecall._statements.layout import Stored

SCANNED_BYTES = 1.6e10
"""Of vectors compared by one scan, about a second."""
_OUT_OF_ROW = 8
"""Times a vector in its row that one takes which lies elsewhere, as those of adopted tables may."""
AT_A_SCAN = 64
"""Questions that one scan serves."""
_PART, _MOST_SECONDS = 0.4, 60.0
"""What scans may take of the time that there is, and at most."""
_SOON = 1 / 3
"""What of it a scan may take of which it is not known how long it takes, before anything else."""
_FEWEST = 96
"""Questions that are worth more than others are, which are more but easier."""
_SECONDS = 1.0 / SCANNED_BYTES  # for each byte, at least, until it is timed


def scanned_bytes(stored: Stored) -> float:
    """Give what a scan compares with one question; more where to read it takes longer."""
    is_quick = stored.is_plain and stored.adopted is None
    return stored.rows * stored.row_bytes * (1 if is_quick else _OUT_OF_ROW)


@dataclass(slots=True)
class Scans:
    """What time scans may take, and what they took.

    Attributes:
        left: Seconds.
        each: Seconds that a question took; None before the first.
        go_on: Whether there is time for all that are still to come; None before that is decided.
    """

    left: float = math.inf
    each: float | None = None
    go_on: bool | None = None

    @classmethod
    def within(cls, budget: Budget) -> Scans:
        """Give what a measuring may take for them."""
        return cls(min(_MOST_SECONDS, _PART * budget.left))

    def afford(self, stored: Stored, count: int, *, soon: bool = False) -> bool:
        """Tell whether there is time for so many questions. No scan over shards serves several.

        Args:
            stored: The collection.
            count: How many.
            soon: Whether so little time is meant that nothing else needs to be known before.
        """
        if stored.collection.distributed:
            return False
        if self.go_on is not None:
            return self.go_on
        each = scanned_bytes(stored) * _SECONDS if self.each is None else self.each
        return count * each <= (_SOON * self.left if soon else self.left)

    def took(self, began: float, count: int) -> None:
        """Note what questions took that were begun at a time."""
        seconds = time.monotonic() - began
        self.left -= seconds
        self.each = seconds / max(1, count)

    def worth(self, anchors: Sequence[Question], made: int) -> Sequence[Question]:
        """Decide whether to go on, and give the rows of which questions are to be made by it.

        Args:
            anchors: All that were sampled.
            made: Of how many there are questions by now.
        """
        if self.each is None:
            self.go_on = False
            return anchors
        count = made + int(max(0.0, self.left) / max(self.each, 1e-9))
        self.go_on = count >= min(_FEWEST, len(anchors))
        return anchors[:count] if self.go_on else anchors


def nearer(
    stored: Stored,
    questions: Sequence[Question],
    bounds: Sequence[float],
    most: int,
    ask: Ask,
    *,
    parts: int = statements.PARTS,
    part: float = 1.0,
    vectors: bool = False,
) -> Generator[Any, Any, list[list[tuple[Any, ...]]]]:
    """Find in scans what lies nearer than a distance of each question.

    Returns:
        For each question rows of a distance and an id, and of the vector where it is wanted; not
        the row that the question is of.
    """
    found: list[list[tuple[Any, ...]]] = [[] for _ in questions]
    # few rows come of it, which the planner takes for all: parallel workers are worth it
    planned = dialect_of(stored).set_local({"jit": "off", "parallel_tuple_cost": "0"})
    for place in range(0, len(found), AT_A_SCAN):
        some = questions[place : place + AT_A_SCAN]
        asked = [(one.vector, bounds[place + at]) for at, one in enumerate(some)]
        statement = statements.nearer(stored, asked, most, parts=parts, part=part, vectors=vectors)
        results = yield from ask([planned, statement])
        for number, id_, distance, *vector in results[-1].rows:
            if id_ != some[number].id:
                found[place + number].append((distance, id_, *vector))
    return found
