"""Two evaluations compared, question by question."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import numpy as np

from pgrecall._values.figures import plural
from pgrecall.errors import InvalidArgumentError
from pgrecall.evaluation.intervals import Interval, mean_of
from pgrecall.evaluation.measures import MEASURES, check_measure, title_of
from pgrecall.evaluation.printing import table, tells, without_nan

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from pgrecall.evaluation.questions import Question
    from pgrecall.evaluation.report import Evaluation

_MARK_BYTES = 4  # enough to see that a question is another, too few to tell what it was


def mark_of(question: Question) -> str:
    """Give a few letters that are others where the words or the answers of a question are."""
    relevant = question.relevant
    grades = relevant if isinstance(relevant, Mapping) else dict.fromkeys(relevant, 1.0)
    answers = sorted((id_, float(grade)) for id_, grade in grades.items())
    data = repr((question.text, answers)).encode("utf-8", "surrogatepass")
    return blake2b(data, digest_size=_MARK_BYTES).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ModeChange:
    """How one way of searching did before, and now, on the questions that both were asked.

    Attributes:
        name: What it is called now.
        before: What it was called before.
        values: By measure the value of each question now, in the order of ``Comparison.questions``.
        values_before: The same, before.
        ms: Milliseconds that half of all searches stayed below, now.
        ms_before: The same, before.
    """

    name: str
    before: str
    values: Mapping[str, NDArray[np.float64]]
    values_before: Mapping[str, NDArray[np.float64]]
    ms: float
    ms_before: float

    def __repr__(self) -> str:
        """Show the first measure."""
        return f"{type(self).__name__}({self.name!r}, ndcg={self.difference('ndcg')})"

    def difference(self, measure: str = "ndcg") -> Interval:
        """Give how much better it is now: the mean of the differences, and its 95 % interval.

        Raises:
            InvalidArgumentError: There is no such measure.
        """
        check_measure(measure)
        return mean_of(self.values[measure] - self.values_before[measure])

    @property
    def is_shown(self) -> bool:
        """Whether the questions show that nDCG is another now."""
        return tells(len(self.values["ndcg"]), self.difference())


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Comparison:
    """What another evaluation of the same questions found otherwise; printed, a table.

    Attributes:
        k: Answers of each search that count.
        questions: Ids of the questions that both were asked.
        only_now: Questions that this one alone was asked, or with other words or answers.
        only_before: The same of the other.
        modes: By their names now, the ways of searching that both have.
    """

    k: int
    questions: Sequence[str]
    only_now: int
    only_before: int
    modes: Mapping[str, ModeChange]

    def __getitem__(self, mode: str) -> ModeChange:
        """Give what was found of one way of searching."""
        try:
            return self.modes[mode]
        except KeyError:
            msg = f"no mode {mode!r} was compared; there are {', '.join(map(repr, self.modes))}"
            raise KeyError(msg) from None

    def __iter__(self) -> Iterator[str]:
        """Name the ways of searching."""
        return iter(self.modes)

    def __len__(self) -> int:
        """Count the ways of searching."""
        return len(self.modes)

    def __str__(self) -> str:
        """Write the table, and what is to be known beside it."""
        head, rows, said = self._parts()
        return "\n".join([*table(head, rows), "", *said])

    def _parts(self) -> tuple[Sequence[str], Sequence[tuple[str, ...]], Sequence[str]]:
        head = ("mode", f"nDCG@{self.k} before", "now", "difference [95 %]", "p50 ms before", "now")
        rows = [_row(change) for change in self.modes.values()]
        count = len(self.questions)
        said = [f"{plural(count, 'question')} of both, one by one"]
        said += [
            f"{name}: these questions do not tell whether it is better"
            for name, change in self.modes.items()
            if not change.is_shown
        ]
        if self.only_now or self.only_before:
            said.append(
                f"left out, for one of the two has them alone or with other answers:"
                f" {self.only_before:,} of before, {self.only_now:,} of now"
            )
        return head, rows, said

    def plot(self, measure: str = "ndcg", ax: Axes | None = None) -> Axes:
        """Draw how much better each way is now, question by question, with its 95 % interval.

        Where an interval holds 0, these questions do not tell whether it is better.

        Args:
            measure: ``ndcg``, ``recall``, ``mrr`` or ``hit_rate``.
            ax: Where to draw; None: a new figure.

        Returns:
            Where it was drawn.

        Raises:
            InvalidArgumentError: There is no such measure.
            ImportError: matplotlib is not installed.
        """
        from pgrecall._notebooks import plots  # noqa: PLC0415  # few callers need it

        found = {name: change.difference(measure) for name, change in self.modes.items()}
        title = f"now - before: {title_of(measure, self.k)}"
        return plots.intervals(found, ax, title, None, zero=True)

    def _repr_html_(self) -> str:
        """Write the table for a notebook, and what is to be known beside it."""
        from pgrecall._notebooks import html  # noqa: PLC0415  # only notebooks need it

        return html.printed("Comparison", *self._parts())

    def moved(self, mode: str, most: int = 10) -> list[tuple[str, float, float]]:
        """Give the questions whose nDCG changed most: id, before, now; the largest fall first.

        Raises:
            KeyError: There is no such way of searching.
        """
        change = self[mode]
        before, now = change.values_before["ndcg"], change.values["ndcg"]
        places = np.argsort(-abs(now - before), kind="stable")[:most]
        chosen = [place for place in places.tolist() if now[place] != before[place]]
        chosen.sort(key=lambda place: now[place] - before[place])
        return [
            (self.questions[place], float(before[place]), float(now[place])) for place in chosen
        ]

    def to_dict(self) -> dict[str, Any]:
        """Give all figures, ready for JSON."""
        modes = {
            name: {
                "before": change.before,
                **{measure: change.difference(measure)._asdict() for measure in MEASURES},
                "p50_ms": change.ms,
                "p50_ms_before": change.ms_before,
            }
            for name, change in self.modes.items()
        }
        told: dict[str, Any] = {
            "k": self.k,
            "questions": len(self.questions),
            "only_now": self.only_now,
            "only_before": self.only_before,
            "modes": modes,
        }
        return without_nan(told)  # type: ignore[no-any-return]  # a mapping stays one


def compare(
    now: Evaluation, before: Evaluation, modes: Mapping[str, str] | None = None
) -> Comparison:
    """Compare two evaluations on the questions that both were asked.

    Raises:
        InvalidArgumentError: They count other numbers of answers, or have no question or no way of
            searching in common.
    """
    if now.k != before.k:
        msg = f"figures @{now.k} and @{before.k} are not alike: evaluate both with one k"
        raise InvalidArgumentError(msg)
    pairs = {name: name for name in now if name in before.modes} if modes is None else dict(modes)
    for side, asked, found in (("now", pairs, now), ("before", pairs.values(), before)):
        for name in asked:
            if name not in found.modes:
                known = ", ".join(map(repr, found))
                raise InvalidArgumentError(f"{side} has no mode {name!r}; it has {known}")
    if not pairs:
        msg = (
            f"they have no mode in common: {', '.join(map(repr, now))} now,"
            f" {', '.join(map(repr, before))} before; modes={{NOW: BEFORE}} says what to compare"
        )
        raise InvalidArgumentError(msg)
    ours, theirs = _places(now), _places(before)
    shared = [key for key in ours if key in theirs]
    if not shared:
        msg = "they were asked no question in common, with the same id, words and answers"
        raise InvalidArgumentError(msg)
    here = np.array([ours[key] for key in shared])
    there = np.array([theirs[key] for key in shared])
    return Comparison(
        k=now.k,
        questions=[id_ for id_, _ in shared],
        only_now=len(ours) - len(shared),
        only_before=len(theirs) - len(shared),
        modes={
            name: ModeChange(
                name=name,
                before=other,
                values=_of(now, name, here),
                values_before=_of(before, other, there),
                ms=now[name].p50,
                ms_before=before[other].p50,
            )
            for name, other in pairs.items()
        },
    )


def _places(evaluation: Evaluation) -> dict[tuple[str, str], int]:
    named = zip(evaluation.questions, evaluation.marked(), strict=True)
    return {
        (str(question.id or number), mark): number - 1
        for number, (question, mark) in enumerate(named, 1)
    }


def _of(evaluation: Evaluation, mode: str, places: NDArray[np.int64]) -> dict[str, Any]:
    values = evaluation[mode].per_question
    return {measure: values[measure][places] for measure in MEASURES}


def _row(change: ModeChange) -> tuple[str, ...]:
    same = change.name == change.before
    found = change.difference()
    means = (float(of["ndcg"].mean()) for of in (change.values_before, change.values))
    return (
        change.name if same else f"{change.name} (before: {change.before})",
        *(f"{mean:.3f}" for mean in means),
        found.signed(),
        f"{change.ms_before:.1f}",
        f"{change.ms:.1f}",
    )
