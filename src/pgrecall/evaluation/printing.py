"""An evaluation as text: a table, and what is to be known beside it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from pgrecall._values.figures import plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall.evaluation.intervals import Interval
    from pgrecall.evaluation.report import Evaluation, ModeReport

_MOST_MISSING = 3
LEAST_TO_TELL = 6
"""Questions below which even all of one mind are chance more often than one time in twenty."""


def printed(evaluation: Evaluation) -> str:
    """Write the table, and the notes that belong to it."""
    head, rows, told = parts(evaluation)
    return "\n".join([*table(head, rows), "", *told])


def parts(
    evaluation: Evaluation,
) -> tuple[Sequence[str], Sequence[tuple[str, ...]], Sequence[str]]:
    """Give the head, the rows and the notes."""
    head = (
        "mode",
        f"nDCG@{evaluation.k} [95 %]",
        f"recall@{evaluation.k}",
        "MRR",
        "hit rate",
        "p50 ms",
        "p95 ms",
    )
    return head, [_row(report) for report in evaluation.modes.values()], notes(evaluation)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Write the lines of a table, its first column to the left."""
    widths = [max(len(row[place]) for row in (head, *rows)) for place in range(len(head))]
    lines = [_line(row, widths) for row in (head, *rows)]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return lines


def without_nan(value: Any) -> Any:
    """Give a value for JSON, which has no NaN and no infinity: null stands for them."""
    if isinstance(value, dict):
        return {key: without_nan(one) for key, one in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _row(report: ModeReport) -> tuple[str, ...]:
    means = (f"{one.value:.3f}" for one in (report.recall, report.mrr, report.hit_rate))
    return (report.name, str(report.ndcg), *means, f"{report.p50:.1f}", f"{report.p95:.1f}")


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = [row[0].ljust(widths[0])]
    cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
    return "  ".join(cells)


def tells(questions: int, difference: Interval) -> bool:
    """Tell whether so many questions show that a difference is none of chance."""
    return questions >= LEAST_TO_TELL and (difference.low > 0 or difference.high < 0)


def is_shown(evaluation: Evaluation, one: str, other: str) -> bool:
    """Tell whether the questions show that one way is better than another."""
    found = evaluation.difference(one, other)
    return found.low > 0 and tells(len(evaluation.questions), found)


def notes(evaluation: Evaluation) -> list[str]:
    """Say of how many questions the figures are, which way is better, and what weakens them."""
    count = len(evaluation.questions)
    said = [plural(count, "question")]
    best = max(evaluation.modes.values(), key=lambda report: report.ndcg.value)
    for name in evaluation.modes:
        if name != best.name:
            found = evaluation.difference(best.name, name)
            sure = found.low > 0 and tells(count, found)
            unsure = "" if sure else ": these questions do not tell which is better"
            said.append(f"{best.name} - {name}: {found.signed()}{unsure}")
    if evaluation.known_items:
        said.append(
            f"{evaluation.known_items:,} of the questions were written from the item that answers"
            " them: they flatter search by text"
        )
    if evaluation.missing:
        some = ", ".join(map(repr, evaluation.missing_ids[:_MOST_MISSING]))
        more = ", ..." if evaluation.missing > _MOST_MISSING else ""
        said.append(
            f"not stored, and counted as not found: {evaluation.missing:,} of the relevant items:"
            f" {some}{more}"
        )
    if evaluation.unjudged:
        said.append(
            f"{plural(evaluation.unjudged, 'question')} left out: nothing is known to answer them"
        )
    if evaluation.failure is not None:
        said.append(
            f"ended after {plural(count, 'question')}: {type(evaluation.failure).__name__}:"
            f" {evaluation.failure}"
        )
    return said
