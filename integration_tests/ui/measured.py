"""Reports as they are kept: of recall with a promise, and of an evaluation."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from integration_tests.shared import reports

from pgrecall.models import RecallPromise

if TYPE_CHECKING:
    from pgrecall.evaluation import Evaluation

RECALL = replace(reports.RECALL, promise=RecallPromise(0.98))


def evaluation(**modes: list[float]) -> Evaluation:
    """Give an evaluation of eight questions with these values of every measure."""
    return reports.evaluation_of(modes, ids=[f"q{number}" for number in range(8)])
