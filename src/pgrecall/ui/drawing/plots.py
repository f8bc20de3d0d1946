"""Where measurements of recall are on the page: by effort, and by time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgrecall.models import RecallReport
from pgrecall.ui.drawing.scales import Scale, scale_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall.evaluation import KeptReport

WIDTH, HEIGHT = 640.0, 240.0
LEFT, RIGHT, TOP, BOTTOM = 52.0, 18.0, 14.0, 34.0
_EFFORTS = ("ef_search", "probes")


@dataclass(frozen=True, slots=True)
class Mark:
    """A measurement on the page: its mean, and the ends of its interval."""

    kept: KeptReport
    x: float
    y: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Plot:
    """A drawing of measurements.

    Attributes:
        title: What is drawn.
        across: What the x axis is.
        marks: The measurements, from the left to the right.
        upright: Lines across, each with where it is and what it says.
        along: Lines upright, likewise.
        goal: Where the recall is that was asked for; None where it is beyond, or nobody knows.
    """

    title: str
    across: str
    marks: Sequence[Mark]
    upright: Sequence[tuple[float, str]]
    along: Sequence[tuple[float, str]]
    goal: float | None


def plots_of(kept: Sequence[KeptReport]) -> list[Plot]:
    """Draw measurements of recall by their effort, and by when they were kept.

    Those of effort are of one kind of index each: an ``ef_search`` is no number of probes.
    """
    plots = []
    for name in _EFFORTS:
        of = [one for one in kept if name in _measured(one).settings]
        if of:
            efforts = [float(_measured(one).settings[name]) for one in of]
            scale = scale_of([0.0, *efforts])
            plots.append(_plot(f"Recall by {name}", name, of, efforts, scale))
    if kept:
        times = [one.at.timestamp() for one in kept]
        first, last = min(times), max(times)
        ends = (first - 1, last + 1) if first == last else (first, last)
        plots.append(_plot("Recall over time", "", kept, times, Scale(*ends, ticks=())))
    return plots


def _measured(kept: KeptReport) -> RecallReport:
    if not isinstance(kept.report, RecallReport):
        msg = f"report {kept.number} is none of recall"
        raise TypeError(msg)
    return kept.report


def _plot(
    title: str, across: str, kept: Sequence[KeptReport], places: Sequence[float], scale: Scale
) -> Plot:
    reports = [_measured(one) for one in kept]
    recalls = scale_of([1.0, *(report.low for report in reports)])

    def x_of(value: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * scale.at(value) / 100, 1)

    def y_of(value: float) -> float:
        return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * recalls.at(value) / 100, 1)

    marks = [
        Mark(one, x_of(place), y_of(report.recall), y_of(report.low), y_of(report.high))
        for one, place, report in zip(kept, places, reports, strict=True)
    ]
    along = [(x_of(tick), scale.text(tick)) for tick in scale.ticks]
    if not along:
        days = {place: f"{one.at:%Y-%m-%d %H:%M}" for one, place in zip(kept, places, strict=True)}
        along = [(x_of(end), days[end]) for end in dict.fromkeys((min(places), max(places)))]
    promise = next((report.promise for report in reports if report.promise is not None), None)
    goal = None if promise is None or promise.target < recalls.low else y_of(promise.target)
    return Plot(
        title,
        across,
        sorted(marks, key=lambda mark: (mark.x, mark.kept.number)),
        [(y_of(tick), recalls.text(tick)) for tick in recalls.ticks],
        along,
        goal,
    )
