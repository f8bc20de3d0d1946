"""Reports to keep."""

from __future__ import annotations

import numpy as np

from pgrecall import RecallReport
from pgrecall.evaluation import Evaluation, ModeReport, Question
from pgrecall.evaluation.measures import MEASURES

DOCS = "docs"
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


def evaluation(*found: float, ids: str = "abcdefgh", text: str = "who?") -> Evaluation:
    """Give an evaluation with these values of every measure."""
    values = np.array(found)
    questions = [Question(text, ["a"], id=id_) for id_, _ in zip(ids, found, strict=False)]
    mode = ModeReport("vector", dict.fromkeys(MEASURES, values), values + 1)
    return Evaluation(k=10, questions=questions, modes={"vector": mode})
