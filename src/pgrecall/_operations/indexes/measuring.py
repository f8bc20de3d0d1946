"""What an index finds with an effort: questions, their answers, and what is known of the truth."""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from pgrecall._operations.indexes.asking import answered
from pgrecall._operations.indexes.scans import SCANNED_BYTES
from pgrecall._operations.indexes.truth import Truth
from pgrecall._operations.search import effort, planning
from pgrecall._operations.search.pin import more_for
from pgrecall._operations.work import T_co
from pgrecall._statements.indexes import measuring as statements
from pgrecall.indexes import IvfFlat
from pgrecall.models import Metric

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall._operations.indexes.asking import Ask, Question
    from pgrecall._operations.indexes.truth import Answer
    from pgrecall._statements.layout import Stored

Asking: TypeAlias = Generator[Any, Any, T_co]

_LEAST = 10
_BESIDE_BITS = 50
"""Candidates of a binary index beyond the rows asked for, at least: they cost some tenths of a
millisecond, and what is measured on rows errs there by more than elsewhere."""
_VERY_MANY = 500_000
"""Rows from which all chance is reckoned with: of fewer that took three times the least effort."""
_NEARLY_ALL, _NEARLY_ALL_OF_VERY_MANY = 4.0, 8.0
"""What may be missed of what a great effort finds, where that loses some itself: a part of what the
target lets be missed."""
_ERRORS = 2.0  # standard errors: one of twenty goes beyond
_BY_CHANCE = 0.5
"""What of the misses that the target allows is reckoned with for chance at most: the errors of a
few questions are more than all of them, which no effort, or only the greatest, could meet."""
_NEXT_TO_ALL = 0.7
"""What a question misses that was led to a wrong place: it finds some there by chance at most."""
_BEYOND_CHANCE, _TEN = 6.0, 10
"""Standard deviations beyond what a target lets be missed, where that is much, as if each of ten
neighbours was missed for itself: what they all have in common takes a part of these."""
_FOR_CHANCE = 1.25
"""Times the effort that chance among such questions adds at most."""
_EPSILON = 1e-6


@dataclass(slots=True)
class Measured:
    """Questions under one filter, for one limit, and what is known of their answers.

    Attributes:
        limit: Rows asked for.
        parts: What the filter lets through, of ``statements.PARTS``.
        bytes_: Of vectors that a scan may compare, for each of what is known apart.
        besides: Places of questions that do not count.
        found: Distances and ids that each question found, by effort.
        truths: What is known of the true neighbours, of some of the questions after the others.
    """

    stored: Stored
    questions: Sequence[Question]
    send: Ask
    limit: int = effort.LIMIT
    parts: int = statements.PARTS
    bytes_: float = SCANNED_BYTES
    besides: frozenset[int] = frozenset()
    found: dict[int, list[Answer]] = field(default_factory=dict)
    truths: list[Truth] = field(default_factory=list)

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
        if tried not in self.found:
            self.found[tried] = yield from self._answers(self.questions, tried, self.limit)

    def _answers(
        self, questions: Sequence[Question], tried: int, limit: int
    ) -> Asking[list[Answer]]:
        # one more where a question may find itself
        finds_itself = any(one.id is not None and one.is_held for one in questions)
        wanted = limit + finds_itself
        fetch = None
        if effort.by_bits(self.stored.collection.index):
            is_filtered = self.parts < statements.PARTS
            fetch = effort.reranked(self.stored, limit, tried, filtered=is_filtered)
        plan = planning.approximate(
            self.stored, wanted, self.share, effort=tried, fetch=fetch, fall_back=False
        )
        vectors = [question.vector for question in questions]
        answers = yield from answered(
            self.stored, vectors, wanted, plan, self.send, parts=self.parts
        )
        return [
            [(row[1], row[0]) for row in answer if row[0] != question.id][:limit]
            for question, answer in zip(questions, answers, strict=True)
        ]

    def learn(self, tried: int) -> Asking[None]:
        """Find out how far the true neighbours reach, as far as it takes to judge an effort."""
        yield from self.ask(tried)
        if not self.truths:
            known = self.stored, self.questions, self.send, self.limit, self.parts, self.bytes_
            self.truths = [Truth(*known)]
        place = 0
        for one in self.truths:
            answers = self.found[tried][place : place + len(one.questions)]
            yield from one.learn(tried, self.most, answers, self._answers)
            place += len(one.questions)

    def check(self) -> Asking[None]:
        """Look at some rows where an effort stands for the truth, for what that loses."""
        for one in self.truths:
            yield from one.check()

    @property
    def stands_on_an_effort(self) -> bool:
        """Whether what a great effort finds stands for the truth: too many rows to compare all."""
        return any(not one.is_whole for one in self.truths)

    @property
    def lost(self) -> float:
        """The share of the true neighbours that a great effort loses, as scans have shown."""
        return self._lost(self._missing)

    def within_reach(self, target: float) -> float:
        """Give the recall of what is known by which a target is met, or nearly all that there is.

        What a great effort loses, a greater one finds at many times the cost, if at all: that is
        told, and not chased. Of very many rows a scan looks at few, and there is time for few
        questions: two standard errors, or half of what may be missed, and as many lost rows as a
        scan that met so few leaves to be likely are reckoned with there together, so that chance
        hardly breaks a promise.
        """
        if self.stored.rows < _VERY_MANY:
            most = 1 - (1 - target) / _NEARLY_ALL
            return min(target / max(_EPSILON, 1 - self.lost), most)
        by_chance = min(_ERRORS * self._error_at(target), _BY_CHANCE * (1 - target))
        most = 1 - (1 - target) / _NEARLY_ALL_OF_VERY_MANY
        unseen = self._lost(_at_most(self._missing)) - self.lost
        wanted = target + math.hypot(by_chance, unseen)
        return min(wanted / max(_EPSILON, 1 - self.lost), most)

    @property
    def _missing(self) -> float:
        return sum(one.missing for one in self.truths)

    def _lost(self, missing: float) -> float:
        seen = sum(one.seen for one in self.truths)
        return min(1.0, missing / seen) if seen else 0.0

    def recall(self, tried: int) -> float:
        """Give the share of the known neighbours that an effort, which was asked with, found.

        Where fewer rows came back than were asked for, a search compares every row.
        """
        shares = self._shares(tried)
        if self.besides:
            counted = [one for place, one in enumerate(shares) if place not in self.besides]
            shares = counted or shares
        return sum(shares) / len(shares)

    def _shares(self, tried: int) -> list[float]:
        shares = []
        worsts = [worst for one in self.truths for worst in one.worst]
        for answer, worst in zip(self.found[tried], worsts, strict=True):
            border = border_of(self.stored, worst)
            hits = sum(distance <= border for distance, _ in answer)
            shares.append(1.0 if len(answer) < self.limit else hits / self.limit)
        return shares

    def found_with(self, tried: float) -> Asking[float]:
        """Ask with an effort, and give the recall."""
        within = self.within(tried)
        yield from self.ask(within)
        return self.recall(within)

    def spare(self, target: float) -> float:
        """Give what part of the least effort would do, where that finds more than the target."""
        if self.least not in self.found:
            return 1.0
        missed = max(1 - self.recall(self.least), self.smallest)
        return more_for(min(1.0, missed / max(1 - target, _EPSILON)), 1.0)

    def for_chance(self, target: float) -> float:
        """Give how much more effort is taken, since chance decides which questions go astray.

        A graph leads some questions to a wrong place, where they find next to nothing. One of those
        misses as much as many others do: of the few that were asked, one standard error of their
        number is reckoned with, as far as it costs little. Of very many rows the target has it.
        """
        if not self.found or self.stored.rows >= _VERY_MANY:
            return 1.0
        missed = [1 - share for share in self._shares(self._met(target))]
        astray = math.sqrt(sum(one**2 for one in missed if one >= _NEXT_TO_ALL)) / len(missed)
        allowed = max(1 - target, _EPSILON)
        left = allowed - min(astray, _BY_CHANCE * allowed)
        return min(_FOR_CHANCE, more_for(allowed, left))

    def astray(self, target: float) -> frozenset[int]:
        """Give the places of questions that were led to a wrong place where a target is met."""
        shares = self._shares(self._met(target)) if self.found else []
        least = next_to_all(target)
        return frozenset(n for n, share in enumerate(shares) if 1 - share >= least)

    def is_sure(self, target: float, errors: float) -> bool:
        """Tell whether the least effort meets the target by so many standard errors."""
        if self.least not in self.found:
            return False
        return self.recall(self.least) - errors * self._error(self.least) >= target

    def _error_at(self, target: float) -> float:
        """Give the standard error of the recall, with the least effort so far that meets one."""
        return self._error(self._met(target)) if self.found else 0.0

    def _met(self, target: float) -> int:
        met = [tried for tried in self.found if self.recall(tried) >= target]
        return min(met, default=max(self.found))

    def _error(self, tried: int) -> float:
        shares = self._shares(tried)
        middle = sum(shares) / len(shares)
        square = sum((one - middle) ** 2 for one in shares) / len(shares)
        return math.sqrt(square / len(shares))

    def grown(self, questions: Sequence[Question], efforts: Sequence[int]) -> Asking[Measured]:
        """Give the same for more questions, which are asked with efforts that were tried."""
        more = replace(self, questions=questions, found={}, truths=[])
        for tried in efforts:
            yield from more.learn(tried)
        return replace(
            self,
            questions=[*self.questions, *questions],
            found={tried: [*self.found[tried], *more.found[tried]] for tried in efforts},
            truths=[*self.truths, *more.truths],
        )

    @property
    def smallest(self) -> float:
        """What may be missed where nothing was."""
        return 0.5 / (self.limit * len(self.questions))

    def within(self, wanted: float) -> int:
        return min(self.most, max(self.least, round(wanted)))


def next_to_all(target: float) -> float:
    """Give what a question misses at least that was led to a wrong place; above 1 where none was.

    Where a target lets much be missed, to miss most is ordinary: of a target of 0.9 and more it is
    seven of ten, of 0.8 all ten, and of 0.7 and less no number of misses tells. A few that are led
    astray decide nothing there.
    """
    chance = math.sqrt(target * (1 - target) / _TEN)
    return max(_NEXT_TO_ALL, 1 - target + _BEYOND_CHANCE * chance)


def border_of(stored: Stored, worst: float) -> float:
    """Give the distance up to which a row counts as one of the true neighbours.

    By distance, not by id: neighbours at the same distance are as good as one another. A cosine
    distance is rounded as 1 is, any other as itself, however small the vectors' numbers are.
    """
    size = max(1.0, abs(worst)) if stored.metric is Metric.COSINE else abs(worst)
    return worst + _EPSILON * size


def _at_most(count: float) -> float:
    """Give what a count that chance made may stand for, 84 times of 100.

    The upper limit of a Poisson variable as Gehrels gives it (1986), n + 1 + sqrt(n + 3/4).
    """
    return count + 1 + math.sqrt(count + 0.75)
