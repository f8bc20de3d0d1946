"""Reports: what was measured and kept, one drawn with its intervals, two compared."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from anyio import to_thread

from pgrecall.errors import InvalidArgumentError
from pgrecall.evaluation import Evaluation, Interval
from pgrecall.evaluation.kept import best_mode
from pgrecall.evaluation.printing import tells
from pgrecall.models import RecallReport
from pgrecall.ui.drawing.plots import plots_of
from pgrecall.ui.drawing.scales import around_zero, scale_of
from pgrecall.ui.pages.page import Page, described

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.datastructures import QueryParams

    from pgrecall.evaluation import Comparison, KeptReport
    from pgrecall.models import Collection
    from pgrecall.ui.drawing.scales import Scale
    from pgrecall.ui.place import Place

MEASURES = {"ndcg": "nDCG", "recall": "recall", "mrr": "MRR", "hit_rate": "hit rate"}
"""The measures of an evaluation, as people call them."""

_LOST, _MOVED = 20, 12  # questions that are named
_DIGITS = 19  # of the greatest number of a report
_AT_K = {"ndcg", "recall"}
_NO_CHOICE = "Choose two reports of one kind: two evaluations, or two of recall."


@dataclass(frozen=True, slots=True)
class Row:
    """A figure with its interval.

    Attributes:
        name: Of the way of searching.
        found: The figure.
        before: What it was before, where two are compared.
        now: What it is then.
        verdict: ``good``, ``bad``, or empty where the questions do not tell.
    """

    name: str
    found: Interval
    before: float | None = None
    now: float | None = None
    verdict: str = ""


@dataclass(frozen=True, slots=True)
class Rows:
    """Figures of one measure, or of one kind."""

    title: str
    rows: Sequence[Row]


async def show(place: Place, asked: QueryParams) -> dict[str, Any]:
    """Give what is kept of a collection; one report whole, or two compared."""
    one = await described(place, asked)
    number, other = _number(asked.get("r")), _number(asked.get("b"))
    if number is None:
        return {"collection": one, "report": None, **await _listed(place, one)}
    report = await place.store.get_report(place.tenant, one.name, number)
    values: dict[str, Any] = {"collection": one, "report": report, "before": None}
    if other is None or other == number:
        if isinstance(report.report, Evaluation):
            return values | await to_thread.run_sync(partial(_whole, report))
        return values | _recalls([report])
    before = await place.store.get_report(place.tenant, one.name, other)
    values["before"] = before
    if isinstance(report.report, Evaluation) and isinstance(before.report, Evaluation):
        return values | await to_thread.run_sync(partial(_compared, report.report, before.report))
    if isinstance(report.report, RecallReport) and isinstance(before.report, RecallReport):
        return values | _recalls([before, report])
    raise InvalidArgumentError(_NO_CHOICE)


async def _listed(place: Place, collection: Collection) -> dict[str, Any]:
    """Give all reports of a collection: evaluations with their best way, and those of recall."""
    kept = await place.store.list_reports(place.tenant, collection.name)
    evaluations = [report for report in kept if report.kind == "evaluation"]
    best = {report.number: _best(report) for report in evaluations}
    return {
        "evaluations": evaluations,
        "best": best,
        "scale": scale_of(end for _, found in best.values() for end in found[1:]),
        **_recalls([report for report in kept if report.kind == "recall"]),
    }


def _recalls(reports: Sequence[KeptReport]) -> dict[str, Any]:
    """Give measurements of recall, with the scale of their table and their drawings."""
    return {
        "recalls": reports,
        "recall_scale": scale_of([1.0, *(one.summary["low"] for one in reports)]),
        "plots": plots_of(reports),
    }


def _number(text: str | None) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= _DIGITS):
        msg = f"a report is named by its number here, not {text[:60]!r}"
        raise InvalidArgumentError(msg)
    return int(text)


def _best(kept: KeptReport) -> tuple[str, Interval]:
    """Name the way of searching that did best, with its nDCG."""
    name = best_mode(kept.summary)
    return name, _interval(kept.summary["modes"][name]["ndcg"])


def _interval(plain: Mapping[str, float | None]) -> Interval:
    value, low, high = (_known(plain[name]) for name in ("value", "low", "high"))
    return Interval(value, low, high)


def _known(value: float | None) -> float:
    return float("nan") if value is None else value


def _title(measure: str, k: int) -> str:
    return f"{MEASURES[measure]}@{k}" if measure in _AT_K else MEASURES[measure]


def _whole(kept: KeptReport) -> dict[str, Any]:
    """Give an evaluation's figures by measure, and how much better its best is than each other."""
    evaluation, modes = kept.report, kept.summary["modes"]
    if not isinstance(evaluation, Evaluation):
        raise TypeError(kept.kind)
    figures = [
        Rows(
            _title(measure, evaluation.k),
            [Row(name, _interval(mode[measure])) for name, mode in modes.items()],
        )
        for measure in MEASURES
    ]
    best, _ = _best(kept)
    rows = [
        _judged(other, evaluation.difference(best, other), len(evaluation.questions))
        for other in evaluation
        if other != best
    ]
    lost = evaluation.lost(best)
    return {
        "figures": figures,
        "figures_scale": scale_of([0.0, 1.0]),
        "best_mode": best,
        "differences": rows,
        "difference_scale": _scale_of(rows),
        "lost": [question.id for question in lost[:_LOST]],
        "lost_count": len(lost),
    }


def _compared(now: Evaluation, before: Evaluation) -> dict[str, Any]:
    comparison: Comparison = now.compare(before)
    count = len(comparison.questions)
    figures = [
        Rows(
            _title(measure, comparison.k),
            [
                _judged(
                    change.name,
                    change.difference(measure),
                    count,
                    before=float(change.values_before[measure].mean()),
                    now=float(change.values[measure].mean()),
                )
                for change in comparison.modes.values()
            ],
        )
        for measure in MEASURES
    ]
    return {
        "comparison": comparison,
        "figures": figures,
        "figures_scale": _scale_of([row for of in figures for row in of.rows]),
        "moved": {name: comparison.moved(name, _MOVED) for name in comparison},
    }


def _judged(
    name: str,
    found: Interval,
    questions: int,
    *,
    before: float | None = None,
    now: float | None = None,
) -> Row:
    verdict = ""
    if tells(questions, found):
        verdict = "good" if found.low > 0 else "bad"
    return Row(name, found, before, now, verdict)


def _scale_of(rows: Sequence[Row]) -> Scale:
    return around_zero(end for row in rows for end in row.found)


PAGE = Page("reports", "/reports", show, menu="Reports")
