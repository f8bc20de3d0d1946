"""Reports as the registry keeps them: figures and ids of questions, no words and no items' ids."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from pgrecall._statements.evaluate.reports import EVALUATION, RECALL
from pgrecall._values.strings import check_text
from pgrecall.errors import InvalidArgumentError
from pgrecall.evaluation.intervals import Interval
from pgrecall.evaluation.kept import KeptReport
from pgrecall.evaluation.measures import MEASURES
from pgrecall.evaluation.printing import without_nan
from pgrecall.evaluation.questions import Question
from pgrecall.evaluation.report import Evaluation, ModeReport
from pgrecall.models import RecallPromise, RecallReport

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from pgrecall._statements.layout import Stored

MOST_CHARACTERS = 200_000_000
"""Of a report as JSON: PostgreSQL takes 256 MB in one list."""
MOST_FIGURES = 2_000_000
"""Figures of one report: 130,000 questions in three ways."""
_FIGURES = ("recall", "low", "high", "exact_ms", "index_ms")
_UNKNOWN = float("nan")
_DIGITS = 4
"""Of milliseconds; what differences are taken of is kept as it is."""


def kind_of(report: object) -> str:
    """Tell the kind of a report.

    Raises:
        InvalidArgumentError: It is none that can be kept.
    """
    if isinstance(report, RecallReport):
        return RECALL
    if not isinstance(report, Evaluation):
        msg = (
            "report must be what evaluate(), measure_recall() or tune() gave, not of type"
            f" {type(report).__name__}"
        )
        raise InvalidArgumentError(msg)
    if report.failure is not None:
        msg = (
            f"this evaluation ended early, by {type(report.failure).__name__}: what later ones are"
            " compared with has to be whole"
        )
        raise InvalidArgumentError(msg)
    if not (report.questions and report.modes):
        raise InvalidArgumentError(
            "an evaluation without questions, or ways, tells nothing to keep"
        )
    figures = len(report.questions) * len(report.modes) * (len(MEASURES) + 1)
    if figures > MOST_FIGURES:
        msg = f"a report of {figures:,} figures cannot be kept; {MOST_FIGURES:,} at most can"
        raise InvalidArgumentError(msg)
    return EVALUATION


def document_of(stored: Stored, name: str, report: Evaluation | RecallReport) -> str:
    """Write a report as JSON.

    Raises:
        InvalidArgumentError: A name in it cannot be kept as text.
    """
    index = stored.collection.index
    about: dict[str, Any] = {
        "name": name,
        "model": stored.collection.embedding_model,
        "index": "none" if index is None else type(index).__name__.lower(),
        "rows": round(stored.rows),
    }
    if isinstance(report, RecallReport):
        return _json(about | {"summary": _recall(report)})
    ids = [str(question.id or n) for n, question in enumerate(report.questions, 1)]
    values = {
        "ids": ids,
        "marks": list(report.marked()),
        "known": [n for n, question in enumerate(report.questions) if question.known_item],
        "modes": {
            mode: {name: _listed(of.per_question[name]) for name in MEASURES}
            | {"ms": _listed(of.ms.round(_DIGITS))}
            for mode, of in report.modes.items()
        },
    }
    for mode in report:
        check_text("the name of a mode", mode)
    for id_ in ids:
        check_text("the id of a question", id_)
    summary = {key: of for key, of in report.to_dict().items() if key != "missing_ids"}
    return _json(about | {"order": list(report), "summary": summary, "values": values})


def _listed(values: NDArray[np.float64]) -> list[float | None]:
    """Give figures for JSON: null where one is not known."""
    listed: list[float | None] = values.tolist()
    for place in np.flatnonzero(~np.isfinite(values)).tolist():
        listed[place] = None
    return listed


def _json(document: Mapping[str, Any]) -> str:
    try:
        text = json.dumps(without_nan(document), default=_plain, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise InvalidArgumentError(f"this report cannot be kept as JSON: {error}") from None
    if len(text) > MOST_CHARACTERS:
        msg = (
            f"this report has {len(text):,} characters as JSON; {MOST_CHARACTERS:,} at most can be"
            " kept: shorter ids of questions, or fewer, have room"
        )
        raise InvalidArgumentError(msg)
    return text


def _plain(value: object) -> object:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} is no value of JSON")


def kept_from(row: Sequence[Any]) -> KeptReport:
    """Read a row of the log: number, kind, time, collection, document.

    Raises:
        ValueError: Something else has written it.
    """
    number, kind, at, collection, text = row
    try:
        document = json.loads(text)
        summary, values = document["summary"], document.get("values")
        report: Evaluation | RecallReport | None
        if kind == RECALL:
            report = _recall_from(summary)
        else:  # jsonb has an order of its own
            summary["modes"] = {mode: summary["modes"][mode] for mode in document["order"]}
            report = None if values is None else _evaluation_from(summary, values)
            _check_modes(summary["modes"])
        return KeptReport(
            number=number,
            name=str(document["name"]),
            kind=kind,
            at=datetime.fromtimestamp(at, UTC),
            collection=collection,
            embedding_model=str(document["model"]),
            index=str(document["index"]),
            rows=int(document["rows"]),
            summary=summary,
            report=report,
        )
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError) as error:
        msg = f"report {number} is not as this pgrecall writes reports"
        raise ValueError(msg) from error


def _check_modes(modes: Mapping[str, Any]) -> None:
    """Raise ValueError, or what wrong types do, unless every way has its figures."""
    if not modes:
        raise ValueError("modes")
    for mode in modes.values():
        for name in MEASURES:
            Interval(**mode[name])


def _recall(report: RecallReport) -> dict[str, Any]:
    promise = report.promise
    at = None if promise is None else promise.measured_at
    told = None
    if promise is not None:
        names = ("target", "recall", "effort", "limit", "rows", "reranked")
        told = {name: getattr(promise, name) for name in names}
        told["measured_at"] = None if at is None else at.isoformat()
    figures = (*_FIGURES, "k", "sample")
    settings = {"settings": dict(report.settings), "promise": told}
    return {name: getattr(report, name) for name in figures} | settings


def _recall_from(summary: Mapping[str, Any]) -> RecallReport:
    told = summary["promise"]
    promise = None
    if told is not None:
        at = told["measured_at"]
        moment = None if at is None else datetime.fromisoformat(at)
        promise = RecallPromise(**{**told, "measured_at": moment})
    figures = {name: _UNKNOWN if summary[name] is None else summary[name] for name in _FIGURES}
    return RecallReport(**{**summary, **figures, "promise": promise})


def _evaluation_from(summary: Mapping[str, Any], values: Mapping[str, Any]) -> Evaluation:
    known = set(values["known"])
    questions = [Question("", id=id_, known_item=n in known) for n, id_ in enumerate(values["ids"])]
    ids = values["ids"]
    for mode in summary["modes"]:
        of = values["modes"][mode]
        if any(len(of[name]) != len(ids) for name in (*MEASURES, "ms")):
            raise ValueError(mode)
    modes = {
        mode: ModeReport(
            mode,
            {name: np.array(values["modes"][mode][name], dtype=float) for name in MEASURES},
            np.array(values["modes"][mode]["ms"], dtype=float),
        )
        for mode in summary["modes"]
    }
    return Evaluation(
        k=summary["k"],
        questions=questions,
        modes=modes,
        unjudged=summary["unjudged"],
        missing=summary["missing"],
        marks=tuple(values["marks"]),
    )
