"""A report that was kept in the registry."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pgrecall._values.strings import check_name, shown
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pgrecall.evaluation.report import Evaluation
    from pgrecall.models import RecallReport

_MOST_NAME = 200


def check_report_name(name: str | None) -> None:
    """Raise InvalidArgumentError unless a report can be called so; None names none."""
    if name is None:
        return
    check_name("the name of a report", name, limit=None)
    if len(name) > _MOST_NAME or name.isdecimal():
        msg = (
            f"the name of a report must have {_MOST_NAME} characters at most, and not be a number"
            f" alone, which reports have anyway; not {shown(name)}"
        )
        raise InvalidArgumentError(msg)


def best_mode(summary: Mapping[str, Any]) -> str:
    """Name the way of searching that has the best nDCG in an evaluation's summary."""
    modes: Mapping[str, Any] = summary["modes"]
    return max(modes, key=lambda mode: modes[mode]["ndcg"]["value"] or 0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KeptReport:
    """What an evaluation, or a measurement of recall, found once.

    No question's words are in it, and no ids of items: ids of questions, and numbers.

    Attributes:
        number: Tells it from all others.
        name: What its keeper called it; others may be called so too.
        kind: ``"evaluation"`` or ``"recall"``.
        at: When it was kept, in UTC.
        collection: What the collection was called then.
        embedding_model: The collection's model then.
        index: The collection's index then: ``"hnsw"``, ``"ivfflat"`` or ``"none"``.
        rows: How many rows it had then, about.
        summary: Its figures, ready for JSON: of an evaluation, as its ``to_dict()``.
        report: The report itself, of an evaluation with the figures of each question; None of an
            evaluation in a list, ``get_report`` has it.
    """

    number: int
    name: str
    kind: str
    at: datetime
    collection: str
    embedding_model: str
    index: str
    rows: int
    summary: Mapping[str, Any] = field(repr=False)
    report: Evaluation | RecallReport | None = field(default=None, repr=False)
