"""Reports to keep: of recall, and of an evaluation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pgrecall import RecallReport
from pgrecall.evaluation import Evaluation, ModeReport, Question
from pgrecall.evaluation.measures import MEASURES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

RECALL = RecallReport(
    recall=0.9,
    low=0.8,
    high=1.0,
    k=10,
    sample=50,
    settings={"ef_search": 40},
    exact_ms=2,
    index_ms=1,
)


def evaluation_of(
    modes: Mapping[str, Sequence[float]], *, ids: Sequence[str], text: str = "who?"
) -> Evaluation:
    """Give an evaluation whose ways of searching have these values of every measure."""
    reports = {
        name: ModeReport(name, dict.fromkeys(MEASURES, np.array(found)), np.array(found) + 1)
        for name, found in modes.items()
    }
    questions = [Question(text, ["a"], id=id_) for id_ in ids]
    return Evaluation(k=10, questions=questions, modes=reports)
