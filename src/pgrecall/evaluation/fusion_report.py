"""What was learned about a collection's fusion."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pgrecall.evaluation.weights import DEFAULT, FEWEST

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pgrecall.evaluation.intervals import Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class FusionReport:
    """How the caller's questions speak for weighing the vectors, and what else was tried.

    Attributes:
        alpha: The weight that hybrid searches without a ``fusion`` take from now on.
        candidates: How many rows each arm brings to them, where they do not say.
        title_weight: How often a word of the title counts in them; None of a collection without.
        pinned: Whether that was learned, now or before; else it is the default.
        changed: Whether this call changed it.
        gain: What to expect of choosing by these questions: the mean gain in nDCG@10 over the
            default on questions that were left out, with its 95 % interval.
        questions: How many were asked.
        curve: Mean nDCG@10 by each weight, in the way that was chosen, on the same questions: the
            best of it is too good to expect.
        ways: The best such mean by ``(candidates, title_weight)``, of all that were tried.
        unjudged: Questions that were left out, for nothing is known to answer them.
        missing: Relevant items that are not stored.
        missing_ids: Some of their ids, 20 at most.
    """

    alpha: float
    candidates: int
    title_weight: float | None
    pinned: bool
    changed: bool
    gain: Interval
    questions: int
    curve: Mapping[float, float] = field(repr=False)
    ways: Mapping[tuple[int, float | None], float] = field(repr=False)
    unjudged: int = 0
    missing: int = 0
    missing_ids: Sequence[str] = ()

    def __str__(self) -> str:
        """Say what was done, why, and what to expect."""
        if not self.curve:
            return f"alpha is the default, {self.alpha:g}"
        if self.changed:
            done = f"alpha {self.alpha:g} is taken from now on, in place of {DEFAULT:g}"
            if len(self.ways) > 1:
                done += f", with {self._way()}"
        elif self.questions < FEWEST:
            done = f"alpha stays {self.alpha:g}: {self.questions} questions are too few to tell"
        else:
            done = f"alpha stays {self.alpha:g}: no other is shown to be better"
        return f"{done}; nDCG@10 gained on questions left out: {self.gain.signed()}"

    def _way(self) -> str:
        arms = f"{self.candidates:,} candidates of each arm"
        if self.title_weight is None:
            return arms
        return f"{arms} and words of the title counted {self.title_weight:g} times"
