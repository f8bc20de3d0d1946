"""Find out how far the true neighbours of questions reach, beside which an index is measured.

Of few rows one scan compares all, for many questions at once. Of many that takes too long: there
what a great effort finds stands for the truth, and a scan of some rows tells what part of the true
neighbours it loses, such as those of a question that the graph leads to a wrong place.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from pgrecall._operations.indexes.scans import SCANNED_BYTES, nearer, scanned_bytes
from pgrecall._statements.distributed import dialect_of
from pgrecall._statements.indexes import measuring as statements
from pgrecall._statements.search.plan import EXACT

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from typing import Any

    from pgrecall._operations.indexes.asking import Ask, Question
    from pgrecall._statements.layout import Stored
    from pgrecall._statements.statement import Result, Statement

Answer: TypeAlias = "list[tuple[float, str]]"
"""Distances and ids of the rows that a question found, the nearest first."""

_WORTH = 1.0
"""Times ``SCANNED_BYTES`` that are compared in the time of asking with a great effort, about."""
GREAT = 4
"""Times an effort, the one that stands for the truth beside it."""
_WIDTH = 50
"""Rows of each question that a scan of some rows is compared with: of ten, it would meet too few to
tell a loss of one in a hundred."""


@dataclass(slots=True)
class Truth:
    """What is known of the true neighbours of some questions.

    Attributes:
        stored: The collection.
        questions: What is asked.
        send: Sends statements together.
        limit: Rows asked for.
        parts: What the filter lets through, of ``statements.PARTS``.
        bytes_: Of vectors to compare in a scan of some rows.
        worst: Distance of each question's last true neighbour.
        effort: That it was found with; infinite where every row was compared.
        answers: What that effort found.
        seen: How many true neighbours a scan of some rows is to have met; 0 without one.
        met: What it met nearer than what was known then, of each question.
    """

    stored: Stored
    questions: Sequence[Question]
    send: Ask
    limit: int
    parts: int
    bytes_: float = SCANNED_BYTES
    worst: list[float] = field(default_factory=list)
    effort: float = 0
    answers: list[Answer] = field(default_factory=list)
    seen: float = 0.0
    met: list[Answer] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        """Whether every row was compared."""
        return math.isinf(self.effort)

    @property
    def missing(self) -> float:
        """How many of the true neighbours that a scan met are not known by now.

        Of a question that was led to a wrong place more rows than its neighbours lie nearer than
        what it found: no more are counted than of its neighbours a scan is to meet.
        """
        most = self.seen / max(1, len(self.questions))
        missing = 0.0
        for rows, answer in zip(self.met, self.answers, strict=False):
            bound, known = _farthest(answer), {id_ for _, id_ in answer}
            count = sum(distance < bound and id_ not in known for distance, id_ in rows)
            missing += most if count > max(1.0, most) else count
        return missing

    @property
    def width(self) -> int:
        """How many rows are known of each question where an effort stands for the truth."""
        return max(self.limit, _WIDTH)

    def learn(
        self,
        tried: int,
        most: int,
        answers: Sequence[Answer],
        search: Callable[[Sequence[Question], int, int], Generator[Any, Any, list[Answer]]],
    ) -> Generator[Any, Any, None]:
        """Find out what is not known yet and must be, to judge an effort.

        Args:
            tried: The effort.
            most: The greatest.
            answers: What the effort found.
            search: Asks some questions with an effort for a number of rows.
        """
        if self.effort >= min(most, GREAT / 2 * tried):
            return
        if self.stored.collection.distributed:
            yield from self._compare()
            return
        if self._scanned(_WORTH * SCANNED_BYTES + self.bytes_) >= 1:
            yield from self._scan(answers)
            return
        great = min(most, GREAT * tried)
        self.answers = yield from search(self.questions, great, self.width)
        self.worst = [_farthest(answer[: self.limit]) for answer in self.answers]
        self.effort = great

    def check(self) -> Generator[Any, Any, None]:
        """Look at some rows, for what lies nearer than the last that is known and is not among it.

        What is counted of fifty rows of a question is more than is lost of ten: where there is time
        to compare every row, ``learn`` does.
        """
        if self.seen or self.is_whole:
            return
        part = min(1.0, self._scanned(self.bytes_))
        bounds = [_farthest(answer) for answer in self.answers]
        self.met = yield from self._nearer(bounds, 2 * self.width, part)
        self.seen = part * self.width * len(self.questions)

    def _scanned(self, bytes_: float) -> float:
        """Give what part of the rows a scan of so many bytes compares with each question."""
        compared = scanned_bytes(self.stored) * self.parts / statements.PARTS * len(self.questions)
        return bytes_ / max(1.0, compared)

    def _scan(self, answers: Sequence[Answer]) -> Generator[Any, Any, None]:
        bounds = [_farthest(answer) for answer in answers]
        found = yield from self._nearer(bounds, 2 * self.limit, 1.0)
        self.worst = [
            sorted(rows)[self.limit - 1][0] if len(rows) >= self.limit else bound
            for bound, rows in zip(bounds, found, strict=True)
        ]
        self.effort = math.inf

    def _nearer(
        self, bounds: Sequence[float], most: int, part: float
    ) -> Generator[Any, Any, list[Answer]]:
        """Find in a scan what lies nearer than a distance of each question."""
        found = yield from nearer(
            self.stored, self.questions, bounds, most, self.send, parts=self.parts, part=part
        )
        return [[(distance, id_) for distance, id_ in rows] for rows in found]

    def _compare(self) -> Generator[Any, Any, None]:
        """Compare every row, a question at a time: no scan over shards serves several."""
        self.worst = []
        for one in self.questions:
            found = statements.found(
                self.stored,
                one.vector,
                self.limit + (one.id is not None),
                EXACT,
                parts=self.parts,
            )
            result = yield from self._unhurried(found)
            rows = [(row[1], row[0]) for row in result.rows if row[0] != one.id]
            self.worst.append(_farthest(rows[: self.limit]))
        self.effort = math.inf

    def _unhurried(self, statement: Statement) -> Generator[Any, Any, Result]:
        no_jit = dialect_of(self.stored).set_local({"jit": "off"})
        results = yield from self.send([no_jit, statement])
        return results[-1]


def _farthest(answer: Sequence[tuple[float, str]]) -> float:
    return max((distance for distance, _ in answer), default=0.0)
