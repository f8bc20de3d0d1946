"""Ask the caller's questions in several ways, and count what is found."""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from pgrecall._operations.evaluate.asking import Asked, ask_each, check_functions
from pgrecall._operations.evaluate.modes import Mode, checked_modes
from pgrecall._operations.search.checks import checked_limit
from pgrecall._operations.work import Call
from pgrecall.evaluation.measures import MEASURES
from pgrecall.evaluation.questions import Judged, Question
from pgrecall.evaluation.report import Evaluation, ModeReport

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pgrecall._operations.context import Context
    from pgrecall._operations.evaluate.asking import Embed
    from pgrecall._operations.evaluate.modes import Modes
    from pgrecall._operations.work import Operation
    from pgrecall.models import Matches

OnAnswer: TypeAlias = Callable[[Question, str, "Matches"], object]


@dataclass(slots=True)
class _Found:
    """What was measured so far.

    Attributes:
        per_question: By mode and measure, the values in the order of the questions.
        ms: By mode.
    """

    modes: Sequence[Mode]
    k: int
    per_question: dict[tuple[str, str], array[float]] = field(default_factory=dict)
    ms: dict[str, array[float]] = field(default_factory=dict)

    def add(self, mode: Mode, question: Judged, ids: Sequence[str], seconds: float) -> None:
        """Count an answer."""
        self.ms.setdefault(mode.name, array("d")).append(1_000 * seconds)
        for name, measure in MEASURES.items():
            values = self.per_question.setdefault((mode.name, name), array("d"))
            values.append(measure(question.grades, ids, self.k))

    def report(self, asked: Asked) -> Evaluation:
        """Give it as callers see it."""
        count = len(asked.questions)
        reports = {
            mode.name: ModeReport(
                mode.name,
                {name: np.array(self.per_question[mode.name, name][:count]) for name in MEASURES},
                np.array(self.ms[mode.name][:count]),
            )
            for mode in self.modes
        }
        return Evaluation(
            k=self.k,
            questions=asked.questions,
            modes=reports,
            unjudged=asked.unjudged,
            missing=asked.missing,
            missing_ids=asked.missing_ids,
            failure=asked.failure,
        )


def evaluate(
    context: Context,
    tenant: str,
    name: str,
    questions: Iterable[Any],
    *,
    modes: Modes,
    k: int,
    embed: Embed | None,
    progress: Callable[[int], object] | None,
    on_answer: OnAnswer | None,
) -> Operation[Evaluation]:
    """Ask each question in each way, one after another, and count what is found."""
    context = context.unwatched()
    k = checked_limit(k, "k")
    found = _Found(checked_modes(modes, k), k)
    check_functions(embed=embed, progress=progress, on_answer=on_answer)

    def ask(question: Judged, vector: Any, kept: Question) -> Operation[None]:
        """Ask in each way, by turns: what the machine does besides meets all alike."""
        if not found.ms:  # what a first search looks up is no part of how quick one is
            for mode in found.modes:
                yield from mode.search(context, tenant, name, vector, question.text)
        for mode in found.modes:
            started = time.perf_counter()
            matches = yield from mode.search(context, tenant, name, vector, question.text)
            seconds = time.perf_counter() - started
            found.add(mode, question, [match.id for match in matches], seconds)
            if on_answer is not None:
                yield Call(on_answer, (kept, mode.name, matches))

    needing = next((f"the mode {mode.name!r}" for mode in found.modes if mode.needs_vector), None)
    asked = yield from ask_each(
        context, tenant, name, questions, ask, needing=needing, embed=embed, progress=progress
    )
    return found.report(asked)
