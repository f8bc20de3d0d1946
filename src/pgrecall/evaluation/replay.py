"""What the searches of a log find now, beside what they found then."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from pgrecall.evaluation.intervals import Interval, mean_of
from pgrecall.evaluation.printing import table, without_nan

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class LoggedSearch:
    """A search that was asked again. Its repr shows no question.

    Attributes:
        at: When it was answered, in UTC.
        mode: What kind of search it was.
        question_hash: The same for the same question.
        text: Its words; None of a search by vector alone.
    """

    at: datetime
    mode: str
    question_hash: str
    text: str | None = field(repr=False)


class ReplayedMode:
    """What one way of searching finds of what was found then.

    Attributes:
        name: What it is called.
        per_search: By measure (``overlap``, ``same``, ``first``, ``moved``) the value of each
            search, in the order of ``Replay.searches``.
        ms: Milliseconds that each search took now.
    """

    def __init__(
        self, name: str, per_search: Mapping[str, NDArray[np.float64]], ms: NDArray[np.float64]
    ) -> None:
        """Keep the values."""
        self.name, self.per_search, self.ms = name, per_search, ms

    def __repr__(self) -> str:
        """Show the first measure."""
        return f"{type(self).__name__}({self.name!r}, overlap={self.overlap})"

    @cached_property
    def overlap(self) -> Interval:
        """Mean share of the first ``k`` of then that are among the first ``k`` now."""
        return mean_of(self.per_search["overlap"])

    @cached_property
    def same(self) -> Interval:
        """Share of the searches whose first ``k`` are the same, in the same order."""
        return mean_of(self.per_search["same"])

    @cached_property
    def first(self) -> Interval:
        """Share of the searches whose first answer is the same."""
        return mean_of(self.per_search["first"])

    @cached_property
    def moved(self) -> Interval:
        """Mean places by which what is among both has moved; NaN where nothing is."""
        moved = self.per_search["moved"]
        return mean_of(moved[~np.isnan(moved)])

    @property
    def p50(self) -> float:
        """Milliseconds that half of the searches stayed below, now."""
        return float(np.quantile(self.ms, 0.5))

    @property
    def p95(self) -> float:
        """Milliseconds that 95 % of the searches stayed below, now."""
        return float(np.quantile(self.ms, 0.95))

    def to_dict(self) -> dict[str, Any]:
        """Give the means, their intervals and the times, ready for JSON."""
        means = {name: getattr(self, name)._asdict() for name in self.per_search}
        return {**means, "p50_ms": self.p50, "p95_ms": self.p95}


@dataclass(frozen=True, kw_only=True, eq=False)
class Replay:
    """What logged searches find now, by way of searching: no figure says which answer is better.

    Printed it is a table. ``replay["as then"].overlap.value`` is one figure of it.

    Attributes:
        k: Answers of each search that are compared, or as many as it asked for.
        searches: What was asked again, the newest first.
        modes: By name, what each way of searching finds.
        left_out: Searches of the log that were not asked again, by the reason why.
        missing: Answers of then that are not stored any more: they are left out of every figure.
        failure: What ended it before the last search, as an embedding model that failed; None where
            every search was asked. What was compared before stands.
    """

    k: int
    searches: Sequence[LoggedSearch]
    modes: Mapping[str, ReplayedMode]
    left_out: Mapping[str, int]
    missing: int = 0
    failure: BaseException | None = field(default=None, repr=False)

    def __getitem__(self, mode: str) -> ReplayedMode:
        """Give what was found by one way of searching."""
        try:
            return self.modes[mode]
        except KeyError:
            msg = f"no mode {mode!r} was asked; there are {', '.join(map(repr, self.modes))}"
            raise KeyError(msg) from None

    def __iter__(self) -> Iterator[str]:
        """Name the ways of searching, in the order they were given."""
        return iter(self.modes)

    def __len__(self) -> int:
        """Count the ways of searching."""
        return len(self.modes)

    def changed(self, mode: str, most: int = 10) -> list[LoggedSearch]:
        """Give the searches of which the least is found again: the ones to look at.

        Raises:
            KeyError: There is no such way of searching.
        """
        overlap = self[mode].per_search["overlap"]
        order = np.argsort(overlap, kind="stable").tolist()
        return [self.searches[place] for place in order[:most] if overlap[place] < 1]

    def __str__(self) -> str:
        """Write the table, and what is to be known beside it."""
        head = (
            "mode", f"overlap@{self.k} [95 %]", "same first", "all the same", "places moved",
            "p50 ms", "p95 ms",
        )  # fmt: skip
        rows = [
            (
                one.name,
                str(one.overlap),
                f"{one.first.value:.3f}",
                f"{one.same.value:.3f}",
                f"{one.moved.value:.2f}",
                f"{one.p50:.1f}",
                f"{one.p95:.1f}",
            )
            for one in self.modes.values()
        ]
        return "\n".join([*table(head, rows), "", *self._notes()])

    def _notes(self) -> list[str]:
        count = len(self.searches)
        oldest, newest = self.searches[-1].at, self.searches[0].at
        when = f"{oldest:%Y-%m-%d %H:%M} to {newest:%Y-%m-%d %H:%M} UTC"
        said = [f"{count:,} {_searches(count)} of the log, {when}"]
        if self.missing:
            said.append(f"not stored any more, and left out: {self.missing:,} of their answers")
        said += [
            f"{many:,} {_searches(many)} left out: {why}" for why, many in self.left_out.items()
        ]
        if self.failure is not None:
            told = f"{type(self.failure).__name__}: {self.failure}"
            said.append(f"ended after {count:,} {_searches(count)}: {told}")
        return said

    def to_dict(self) -> dict[str, Any]:
        """Give all figures, ready for JSON: what was asked is left out."""
        return {
            "k": self.k,
            "searches": len(self.searches),
            "missing": self.missing,
            "left_out": dict(self.left_out),
            "failure": None if self.failure is None else type(self.failure).__name__,
            "modes": {name: one.to_dict() for name, one in self.modes.items()},
        }

    def to_json(self) -> str:
        """Write ``to_dict`` as JSON; a figure that is not known is null."""
        return json.dumps(without_nan(self.to_dict()), indent=2, ensure_ascii=False)


def _searches(count: int) -> str:
    return "search" if count == 1 else "searches"


def compared(then: Sequence[str], now: Sequence[str]) -> dict[str, float]:
    """Compare what is found now with what was found then, both best first."""
    places = {id_: place for place, id_ in enumerate(now)}
    moved = [abs(places[id_] - place) for place, id_ in enumerate(then) if id_ in places]
    return {
        "overlap": len(moved) / len(then) if then else float(not now),
        "same": float(list(then) == list(now)),
        "first": float(then[:1] == now[:1]),
        "moved": sum(moved) / len(moved) if moved else float("nan"),
    }


MEASURES = tuple(compared((), ()))
"""The measures of a search, by their names."""
