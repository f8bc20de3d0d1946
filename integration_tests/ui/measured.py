"""Reports as they are kept: of recall, and of an evaluation."""

from __future__ import annotations

import numpy as np

from pgrecall import RecallReport
from pgrecall.evaluation import Evaluation, ModeReport, Question
from pgrecall.evaluation.measures import MEASURES
from pgrecall.models import RecallPromise

RECALL = RecallReport(
    recall=0.95,
    low=0.9,
    high=0.99,
    k=10,
    sample=50,
    settings={"ef_search": 40},
    exact_ms=2,
    index_ms=1,
    promise=RecallPromise(0.98),
)


def evaluation(**modes: list[float]) -> Evaluation:
    """Give an evaluation with these values of every measure."""
    questions = [Question("who?", ["a"], id=f"q{n}") for n in range(8)]
    reports = {
        name: ModeReport(name, dict.fromkeys(MEASURES, np.array(found)), np.arange(8) + 1.0)
        for name, found in modes.items()
    }
    return Evaluation(k=10, questions=questions, modes=reports)
