"""An evaluation says what to change where its questions show it."""

import re

import numpy as np
import pytest

from pgrecall.cli.evaluate.advice import advice
from pgrecall.evaluation import Evaluation, ModeReport, Question
from pgrecall.evaluation.measures import MEASURES

COUNT = 40
CHANCE = np.random.default_rng(1).uniform(0.2, 0.4, COUNT)


def evaluated(**ndcg: float) -> Evaluation:
    """Make an evaluation in which each way has so much more than chance."""
    modes = {}
    for name, more in ndcg.items():
        values = CHANCE + more
        per_question = dict.fromkeys(MEASURES, values)
        called = name.replace("_", " ")
        modes[called] = ModeReport(called, per_question, np.full(COUNT, 10 * more))
    return Evaluation(k=10, questions=[Question("who?")] * COUNT, modes=modes)


@pytest.mark.parametrize(
    ("ndcg", "told"),
    [
        ({"vector": 0.1, "text": 0.1, "hybrid": 0.2}, ["nothing that is to be changed"]),
        ({"hybrid": 0.2}, []),
        ({"vector": 0.3, "text": 0.1, "hybrid": 0.2}, ["vector answers better.*tune docs --q"]),
        ({"vector": 0.1, "exact": 0.2}, ["the index misses.*tune docs --target"]),
        ({"hybrid": 0.2, "hybrid_reranked": 0.4}, ["hybrid: the reranking pays, for 2.0 ms"]),
        ({"text": 0.2, "text_reranked": 0.1}, ["text: these questions do not show that the rer"]),
        ({"hybrid": 0.2, "fusion_0.9": 0.3, "vector": 0.25}, ["fusion 0.9 answers better"]),
    ],
)
def test_what_is_to_be_changed_is_said(ndcg: dict[str, float], told: list[str]) -> None:
    said = advice(evaluated(**ndcg), "docs")
    assert len(said) == len(told)
    for one, pattern in zip(said, told, strict=True):
        assert re.search(pattern, one)
