"""What an evaluation found, by way of searching."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from pgrecall.evaluation.comparing import compare, mark_of
from pgrecall.evaluation.intervals import Interval, mean_of
from pgrecall.evaluation.measures import MEASURES, check_measure, title_of
from pgrecall.evaluation.printing import parts, printed, without_nan

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from pgrecall.evaluation.comparing import Comparison
    from pgrecall.evaluation.questions import Question

_INTERVALS = tuple(MEASURES)


class ModeReport:
    """How good one way of searching is.

    Attributes:
        name: What it is called.
        per_question: By measure (``ndcg``, ``recall``, ``mrr``, ``hit_rate``) the value of each
            question, in the order of ``Evaluation.questions``.
        ms: Milliseconds that each search took.
    """

    def __init__(
        self, name: str, per_question: Mapping[str, NDArray[np.float64]], ms: NDArray[np.float64]
    ) -> None:
        """Keep the values."""
        self.name, self.per_question, self.ms = name, per_question, ms

    def __repr__(self) -> str:
        """Show the first measure."""
        return f"{type(self).__name__}({self.name!r}, ndcg={self.ndcg})"

    @cached_property
    def ndcg(self) -> Interval:
        """Mean nDCG of the first ``k``: 1 where the best answers come first, in their order."""
        return mean_of(self.per_question["ndcg"])

    @cached_property
    def recall(self) -> Interval:
        """Mean share of the relevant items among the first ``k``."""
        return mean_of(self.per_question["recall"])

    @cached_property
    def mrr(self) -> Interval:
        """Mean of 1 / the place of the first relevant item, 0 where none is among ``k``."""
        return mean_of(self.per_question["mrr"])

    @cached_property
    def hit_rate(self) -> Interval:
        """Share of the questions with a relevant item among the first ``k``."""
        return mean_of(self.per_question["hit_rate"])

    @property
    def p50(self) -> float:
        """Milliseconds that half of the searches stayed below."""
        return float(np.quantile(self.ms, 0.5)) if len(self.ms) else float("nan")

    @property
    def p95(self) -> float:
        """Milliseconds that 95 % of the searches stayed below."""
        return float(np.quantile(self.ms, 0.95)) if len(self.ms) else float("nan")

    def to_dict(self) -> dict[str, Any]:
        """Give the means, their intervals and the times, ready for JSON."""
        means = {name: getattr(self, name)._asdict() for name in _INTERVALS}
        return {**means, "p50_ms": self.p50, "p95_ms": self.p95}


@dataclass(frozen=True, kw_only=True, eq=False)
class Evaluation:
    """How good each way of searching is on the caller's own questions.

    Printed it is a table. ``evaluation["hybrid"].ndcg.value`` is one figure of it.

    Attributes:
        k: Answers of each search that count.
        questions: What was asked and measured, without vectors: questions that something is known
            to answer.
        modes: By name, how good each way of searching is.
        unjudged: Questions that were left out, for nothing is known to answer them.
        missing: Relevant items that are not stored, counted once for each question: no search can
            find them, and they count as not found.
        missing_ids: Some of their ids, 20 at most.
        failure: What ended the evaluation before its last question, as an embedding model that
            failed; what was measured before stands. None where nothing did.
        marks: Of an evaluation that was kept, whose questions have no words, what tells each from
            another of its id.
    """

    k: int
    questions: Sequence[Question]
    modes: Mapping[str, ModeReport]
    unjudged: int = 0
    missing: int = 0
    missing_ids: Sequence[str] = ()
    failure: BaseException | None = field(default=None, repr=False)
    marks: Sequence[str] | None = field(default=None, repr=False)

    def __getitem__(self, mode: str) -> ModeReport:
        """Give what was found of one way of searching."""
        try:
            return self.modes[mode]
        except KeyError:
            msg = f"no mode {mode!r} was evaluated; there are {', '.join(map(repr, self.modes))}"
            raise KeyError(msg) from None

    def __iter__(self) -> Iterator[str]:
        """Name the ways of searching, in the order they were given."""
        return iter(self.modes)

    def __len__(self) -> int:
        """Count the ways of searching."""
        return len(self.modes)

    def __repr__(self) -> str:
        """Show what was asked how, without the questions."""
        modes = ", ".join(map(repr, self.modes.values()))
        return f"{type(self).__name__}(k={self.k}, {len(self.questions):,} questions, {modes})"

    def __str__(self) -> str:
        """Write the table, and what is to be known beside it."""
        return printed(self)

    @property
    def known_items(self) -> int:
        """How many questions were written from the item that answers them."""
        return sum(question.known_item for question in self.questions)

    def difference(self, mode: str, other: str, measure: str = "ndcg") -> Interval:
        """Give how much better one way is than another, question by question.

        Where the interval holds 0, these questions do not tell which is better.

        Args:
            mode: A way of searching.
            other: What it is compared with.
            measure: ``ndcg``, ``recall``, ``mrr`` or ``hit_rate``.

        Returns:
            The mean of the questions' differences, with its 95 % interval (paired bootstrap).

        Raises:
            KeyError: There is no such way of searching.
            InvalidArgumentError: There is no such measure.
        """
        check_measure(measure)
        pair = (self[name].per_question[measure] for name in (mode, other))
        return mean_of(next(pair) - next(pair))

    def compare(self, before: Evaluation, *, modes: Mapping[str, str] | None = None) -> Comparison:
        """Tell what an earlier evaluation found otherwise, question by question.

        Questions are the same that have one id, the same words and the same answers.

        Args:
            before: An evaluation of the same ``k``, as ``get_report`` gives it.
            modes: Names of this one's ways of searching, each with the other's name of what it is
                compared with; None compares those of one name.

        Returns:
            The differences by mode, with their 95 % intervals (paired bootstrap).

        Raises:
            InvalidArgumentError: They count other numbers of answers, or have no question or no way
                of searching in common.
        """
        return compare(self, before, modes)

    def marked(self) -> Sequence[str]:
        """Give a few letters for each question, others where its words or answers are others."""
        return self.marks or [mark_of(question) for question in self.questions]

    def lost(self, mode: str) -> list[Question]:
        """Give the questions that another way answers among the first ``k``, and this one does not.

        Raises:
            KeyError: There is no such way of searching.
        """
        own = self[mode].per_question["hit_rate"] > 0
        any_other = np.zeros(len(self.questions), dtype=bool)
        for name, report in self.modes.items():
            if name != mode:
                any_other |= report.per_question["hit_rate"] > 0
        return [self.questions[place] for place in np.flatnonzero(any_other & ~own).tolist()]

    def to_dict(self) -> dict[str, Any]:
        """Give all figures, ready for JSON: what was asked is left out."""
        return {
            "k": self.k,
            "questions": len(self.questions),
            "known_items": self.known_items,
            "unjudged": self.unjudged,
            "missing": self.missing,
            "missing_ids": list(self.missing_ids),
            "failure": None if self.failure is None else type(self.failure).__name__,
            "modes": {name: report.to_dict() for name, report in self.modes.items()},
        }

    def to_json(self) -> str:
        """Write ``to_dict`` as JSON; a figure that is not known is null."""
        return json.dumps(without_nan(self.to_dict()), indent=2, ensure_ascii=False)

    def to_pandas(self) -> Any:
        """Give a ``pandas.DataFrame`` with a row for each question and way of searching.

        Its columns are ``mode``, ``question`` (the id), ``text``, the measures, and ``ms``.

        Raises:
            ImportError: pandas is not installed.
        """
        from pgrecall._notebooks.frames import pandas  # noqa: PLC0415  # few callers need it

        pd = pandas()
        frames = [
            pd.DataFrame(
                {
                    "mode": name,
                    "question": [question.id for question in self.questions],
                    "text": [question.text for question in self.questions],
                    **report.per_question,
                    "ms": report.ms,
                }
            )
            for name, report in self.modes.items()
        ]
        return pd.concat(frames, ignore_index=True)

    def plot(
        self,
        measure: str = "ndcg",
        ax: Axes | None = None,
        *,
        against: str | None = None,
        label: str | None = None,
    ) -> Axes:
        """Draw each way's mean with its 95 % interval, or how much better than another it is.

        Two evaluations come on one plot: give the second the axes of the first, and each a label.
        Where they were asked the same questions, ``compare(before).plot()`` tells more.

        Args:
            measure: ``ndcg``, ``recall``, ``mrr`` or ``hit_rate``.
            ax: Where to draw; None: a new figure.
            against: The way that the others are compared with, question by question: where an
                interval holds 0, these questions do not tell which is better.
            label: What stands behind the names of the ways.

        Returns:
            Where it was drawn.

        Raises:
            InvalidArgumentError: There is no such measure.
            KeyError: There is no such way of searching.
            ImportError: matplotlib is not installed.
        """
        from pgrecall._notebooks import plots  # noqa: PLC0415  # few callers need it

        check_measure(measure)
        title = title_of(measure, self.k)
        if against is None:
            means = {name: getattr(one, measure) for name, one in self.modes.items()}
            return plots.intervals(means, ax, title, label)
        self[against]
        others = {name: self.difference(name, against, measure) for name in self if name != against}
        return plots.intervals(
            {f"{name} - {against}": one for name, one in others.items()},
            ax,
            f"difference in {title}",
            label,
            zero=True,
            places=[place for place, name in enumerate(self) if name != against],
        )

    def _repr_html_(self) -> str:
        """Write the table for a notebook, and what is to be known beside it."""
        from pgrecall._notebooks import html  # noqa: PLC0415  # only notebooks need it

        return html.printed("Evaluation", *parts(self))
