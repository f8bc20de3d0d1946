"""Find the least effort by which an index meets a target: questions, their truth, and a search."""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from pgrecall._operations.indexes.questions import Question, answered
from pgrecall._operations.search import effort, planning
from pgrecall._operations.work import T_co
from pgrecall._statements.distributed import dialect_of
from pgrecall._statements.indexes import measuring as statements
from pgrecall._statements.search.plan import EXACT
from pgrecall.indexes import IvfFlat
from pgrecall.models import Metric

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pgrecall._operations.indexes.questions import Ask
    from pgrecall._statements.layout import Stored
    from pgrecall._statements.statement import Result, Statement

Asking: TypeAlias = Generator[Any, Any, T_co]

_SCANNED_BYTES = 4e9  # of vectors compared by one scan, some two seconds
_WORTH = 0.4  # of the rows: to ask with a great effort costs as much as comparing the others
_AT_A_SCAN = 64
_LEAST = 10
_BESIDE_BITS = 50
"""Candidates of a binary index beyond the rows asked for, at least: they cost some tenths of a
millisecond, and what is measured on rows errs there by more than elsewhere."""
STEP = 1.6
"""The factor between one effort that is tried and the next."""
_STEEP = 1.5
"""The power of the effort by which what is missed falls, or a lesser one, on the sets measured."""
_FARTHEST, _WIDE = 4.0, 2.0
"""Times the last effort that the next may be, and of two between which a line tells the rest."""
_EPSILON = 1e-6


@dataclass(slots=True)
class Measured:
    """Questions under one filter, for one limit, and what is known of their answers.

    Attributes:
        limit: Rows asked for.
        parts: What the filter lets through, of ``statements.PARTS``.
        found: Distances and ids that each question found, by effort.
        worst: Distance of each question's last true neighbour, as far as is known.
        lost: Share of the true neighbours that lie nearer than those that are known.
    """

    stored: Stored
    questions: Sequence[Question]
    send: Ask
    limit: int = effort.LIMIT
    parts: int = statements.PARTS
    found: dict[int, list[list[tuple[float, str]]]] = field(default_factory=dict)
    worst: list[float] = field(default_factory=list)
    lost: float = 0.0

    @property
    def share(self) -> float:
        """What part of the rows the filter lets through."""
        return self.parts / statements.PARTS

    @property
    def most(self) -> int:
        """The greatest effort."""
        return effort.greatest(self.stored)

    @property
    def least(self) -> int:
        """The least effort: fewer candidates than rows are of no use."""
        index = self.stored.collection.index
        if isinstance(index, IvfFlat):
            return 1
        least = self.limit + _BESIDE_BITS if effort.by_bits(index) else self.limit
        return min(self.most, max(_LEAST, least))

    def ask(self, tried: int) -> Asking[None]:
        """Let every question be answered with an effort."""
        if tried in self.found:
            return
        plan = planning.approximate(
            self.stored,
            self._asked_for,
            self.share,
            effort=tried,
            fetch=self._fetch(tried),
            fall_back=False,
        )
        vectors = [question.vector for question in self.questions]
        answers = yield from answered(
            self.stored, vectors, self._asked_for, plan, self.send, parts=self.parts
        )
        self.found[tried] = [
            self._without(question, [(row[1], row[0]) for row in answer])
            for question, answer in zip(self.questions, answers, strict=True)
        ]

    @property
    def _asked_for(self) -> int:
        """How many rows are asked for: one more where a question may find itself."""
        return self.limit + any(question.id is not None for question in self.questions)

    def _without(
        self, question: Question, answer: Sequence[tuple[float, str]]
    ) -> list[tuple[float, str]]:
        """Leave the row out whose vector the question is."""
        return [row for row in answer if row[1] != question.id][: self.limit]

    def _fetch(self, tried: int) -> int | None:
        if not effort.by_bits(self.stored.collection.index):
            return None
        is_filtered = self.parts < statements.PARTS
        return effort.reranked(self.stored, self.limit, tried, filtered=is_filtered)

    def learn(self, tried: int, target: float) -> Asking[None]:
        """Find out how far the true neighbours reach, from what was found with an effort.

        One scan counts what lies nearer. Of many rows it looks at some, and what was found counts
        as the truth but for the share that it shows to be lost: the effort must be a great one.
        """
        if self.worst and (self.lost == 0 or self.lost < (1 - target) / 2):
            return
        if self.stored.collection.distributed:
            yield from self._compare()
            return
        compared = self.stored.rows * self.share * len(self.questions)
        part = min(1.0, _SCANNED_BYTES / max(1.0, compared * self.stored.row_bytes))
        if part >= _WORTH:
            part = 1.0
        else:
            tried = min(self.most, 4 * tried)
        while True:
            yield from self.ask(tried)
            self.worst, self.lost = yield from self._scan(self.found[tried], part)
            if part == 1 or tried >= self.most or self.lost < (1 - target) / 2:
                return
            tried = min(self.most, 3 * tried)

    def _scan(
        self, answers: Sequence[Sequence[tuple[float, str]]], part: float
    ) -> Asking[tuple[list[float], float]]:
        worst: list[float] = []
        lost = 0.0
        for place in range(0, len(answers), _AT_A_SCAN):
            known = answers[place : place + _AT_A_SCAN]
            bounds = [max((distance for distance, _ in one), default=0.0) for one in known]
            questions = self.questions[place : place + _AT_A_SCAN]
            asked = [(one.vector, bound) for one, bound in zip(questions, bounds, strict=True)]
            statement = statements.nearer(
                self.stored, asked, 2 * self.limit, parts=self.parts, part=part
            )
            result = yield from self._unhurried(statement)
            nearer: list[list[float]] = [[] for _ in known]
            for number, id_, distance in result.rows:
                if id_ == questions[number].id:
                    continue
                if part == 1:
                    nearer[number].append(distance)
                elif id_ not in {other for _, other in known[number]}:
                    lost += 1 / (part * self.limit * len(answers))
            for bound, distances in zip(bounds, nearer, strict=True):
                full = len(distances) >= self.limit
                worst.append(sorted(distances)[self.limit - 1] if full else bound)
        return worst, min(lost, 1.0)

    def _compare(self) -> Asking[None]:
        """Compare every row, a question at a time: no scan over shards serves several."""
        self.worst = []
        for one in self.questions:
            result = yield from self._unhurried(
                statements.found(self.stored, one.vector, self._asked_for, EXACT, parts=self.parts)
            )
            rows = self._without(one, [(row[1], row[0]) for row in result.rows])
            self.worst.append(rows[-1][0] if rows else 0.0)

    def _unhurried(self, statement: Statement) -> Asking[Result]:
        no_jit = dialect_of(self.stored).set_local({"jit": "off"})
        results = yield from self.send([no_jit, statement])
        return results[-1]

    def recall(self, tried: int) -> float:
        """Give the share of the true neighbours that an effort, which was asked with, found.

        Where fewer rows came back than were asked for, a search compares every row.
        """
        shares = self._shares(tried)
        return (1 - self.lost) * sum(shares) / len(shares)

    def _shares(self, tried: int) -> list[float]:
        shares = []
        for answer, worst in zip(self.found[tried], self.worst, strict=True):
            border = border_of(self.stored, worst)
            hits = sum(distance <= border for distance, _ in answer)
            shares.append(1.0 if len(answer) < self.limit else hits / self.limit)
        return shares

    def found_with(self, tried: float) -> Asking[float]:
        """Ask with an effort, and give the recall."""
        within = self._within(tried)
        yield from self.ask(within)
        return self.recall(within)

    def spare(self, target: float) -> float:
        """Give what part of the least effort would do, where that finds more than the target."""
        if self.least not in self.found:
            return 1.0
        missed = max(1 - self.recall(self.least), self._smallest)
        return float(min(1.0, missed / max(1 - target, _EPSILON)) ** (1 / _STEEP))

    def is_sure(self, target: float, errors: float) -> bool:
        """Tell whether the least effort meets the target by so many standard errors."""
        if self.least not in self.found:
            return False
        shares = self._shares(self.least)
        middle = sum(shares) / len(shares)
        square = sum((one - middle) ** 2 for one in shares) / len(shares)
        return self.recall(self.least) - errors * math.sqrt(square / len(shares)) >= target

    def next_to(self, effort_: float, step: float) -> Asking[list[int]]:
        """Give efforts that were tried, or are now, on both sides of one or next below it."""
        below = max((tried for tried in self.found if tried <= effort_), default=0)
        if below * step < effort_ - 1:
            below = self._within(effort_)
            yield from self.ask(below)
        above = min((tried for tried in self.found if tried > below), default=self.most)
        return [below, above] if above <= _WIDE * below + 1 and above in self.found else [below]

    def grown(
        self, questions: Sequence[Question], efforts: Sequence[int], target: float
    ) -> Asking[Measured]:
        """Give the same for more questions, which are asked with efforts that were tried."""
        more = replace(self, questions=questions, found={}, worst=[], lost=0.0)
        for tried in efforts:
            yield from more.learn(tried, target)
            yield from more.ask(tried)
        old, new = len(self.questions), len(questions)
        return replace(
            self,
            questions=[*self.questions, *questions],
            found={tried: [*self.found[tried], *more.found[tried]] for tried in efforts},
            worst=[*self.worst, *more.worst],
            lost=(old * self.lost + new * more.lost) / (old + new),
        )

    def least_for(
        self, target: float, start: float, step: float = STEP
    ) -> Asking[tuple[float, float]]:
        """Find the least effort that meets a target, and the recall there.

        Args:
            target: The recall.
            start: The effort to begin with.
            step: The factor between one effort and the next, until the target is between two.

        Returns:
            The least effort that finds about as much as the greatest, and its recall, where none
            meets the target.
        """
        tried = self._within(start)
        yield from self.learn(tried, target)
        known: dict[int, float] = {}
        while True:
            yield from self.ask(tried)
            known[tried] = self.recall(tried)
            other = self._next(known, tried, target, step)
            if other in known:
                return self._between(known, target)
            tried = other

    def _next(self, known: Mapping[int, float], tried: int, target: float, step: float) -> int:
        """Give the effort to try next: one that is known where the target is between two."""
        met = [one for one in known if known[one] >= target]
        if len(met) not in {0, len(known)}:
            high = min(met)
            low = max((one for one in known if one < high), default=high)
            # between these a line on logarithms tells it
            return low if high <= _WIDE * low + 1 else self._within(math.sqrt(low * high))
        # as far as what is missed tells, and half a step beyond: then it is between
        missed = max(1 - known[tried], self._smallest) / max(1 - target, _EPSILON)
        beyond = missed ** (1 / _STEEP) * (step**-0.5 if met else step**0.5)
        if met:
            wanted = max(1 / _FARTHEST, min(1 / step, beyond)) * tried
            return self._within(min(tried - 1, round(wanted)))
        wanted = min(_FARTHEST, max(step, beyond)) * tried
        return self._within(max(tried + 1, round(wanted)))

    @property
    def _smallest(self) -> float:
        """What may be missed where nothing was."""
        return 0.5 / (self.limit * len(self.questions))

    def _within(self, wanted: float) -> int:
        return min(self.most, max(self.least, round(wanted)))

    def _between(self, known: dict[int, float], target: float) -> tuple[float, float]:
        good = [tried for tried in known if known[tried] >= target]
        if not good:
            enough = known[max(known)] - effort.SLACK
            best = min(tried for tried in known if known[tried] >= enough)
            return float(best), known[best]
        high = min(good)
        low = max((tried for tried in known if tried < high), default=high)
        if low == high:
            return float(high), known[high]
        # what is missed falls with a power of the effort
        smallest = self._smallest
        missed = [math.log(max(1 - known[one], smallest)) for one in (low, high)]
        part = (missed[0] - math.log(max(1 - target, smallest))) / (missed[0] - missed[1])
        return low * (high / low) ** min(1.0, max(0.0, part)), target


def border_of(stored: Stored, worst: float) -> float:
    """Give the distance up to which a row counts as one of the true neighbours.

    By distance, not by id: neighbours at the same distance are as good as one another. A cosine
    distance is rounded as 1 is, any other as itself, however small the vectors' numbers are.
    """
    size = max(1.0, abs(worst)) if stored.metric is Metric.COSINE else abs(worst)
    return worst + _EPSILON * size
