"""Two evaluations are compared on the questions that both were asked."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from pgrecall import InvalidArgumentError
from pgrecall.evaluation import Comparison, Evaluation, ModeReport, Question
from pgrecall.evaluation.comparing import mark_of
from pgrecall.evaluation.measures import MEASURES

CHANCE = np.random.default_rng(3)
COUNT = 30
LESS = CHANCE.uniform(0.2, 0.6, COUNT)
MORE = LESS + CHANCE.normal(0.2, 0.02, COUNT)


def evaluation(
    ids: Sequence[str] | None = None,
    *,
    k: int = 10,
    text: str = "who?",
    answers: Sequence[str] | Mapping[str, float] = ("a",),
    **modes: np.ndarray,
) -> Evaluation:
    ids = [str(n) for n in range(COUNT)] if ids is None else ids
    questions = [Question(text, answers, id=id_) for id_ in ids]
    reports = {
        name: ModeReport(name, dict.fromkeys(MEASURES, values), np.full(len(ids), 2.0))
        for name, values in modes.items()
    }
    return Evaluation(k=k, questions=questions, modes=reports)


def compared(**modes: np.ndarray) -> Comparison:
    return evaluation(**modes).compare(evaluation(vector=LESS))


def test_the_difference_is_of_each_question_and_so_its_interval_is_narrow() -> None:
    found = compared(vector=MORE)["vector"]
    one, other = (evaluation(v=values)["v"].ndcg for values in (LESS, MORE))
    assert found.difference().low > 0
    assert found.difference().high - found.difference().low < (one.high - one.low) / 4
    assert other.value - one.value == pytest.approx(found.difference().value)


def test_what_is_as_it_was_tells_nothing() -> None:
    found = compared(vector=LESS)
    assert found["vector"].difference("mrr") == (0, 0, 0)
    assert "these questions do not tell whether it is better" in str(found)


def test_questions_are_put_together_by_their_ids_in_any_order() -> None:
    before = evaluation(["a", "b", "gone"], vector=np.array([0.1, 0.2, 0.3]))
    now = evaluation(["new", "b", "a"], vector=np.array([0.9, 0.4, 0.1]))
    found = now.compare(before)
    assert found.questions == ["b", "a"]
    assert (found.only_now, found.only_before) == (1, 1)
    assert found["vector"].values["ndcg"].tolist() == [0.4, 0.1]
    assert found["vector"].values_before["ndcg"].tolist() == [0.2, 0.1]
    assert "1 of before, 1 of now" in str(found)


@pytest.mark.parametrize("other", [{"text": "when?"}, {"answers": ["b"]}, {"answers": {"a": 2}}])
def test_another_question_of_the_same_id_is_not_compared(other: dict[str, str]) -> None:
    before = evaluation(vector=LESS)
    with pytest.raises(InvalidArgumentError, match="no question in common"):
        evaluation(vector=MORE, **other).compare(before)  # type: ignore[arg-type]


def test_a_mark_is_short_and_the_same_for_a_list_and_for_grades_of_one() -> None:
    marks = {mark_of(Question("who?", relevant)) for relevant in (["b", "a"], {"a": 1, "b": 1.0})}
    assert [len(mark) for mark in marks] == [8]


def test_modes_of_other_names_are_compared_where_that_is_said() -> None:
    now, before = evaluation(rrf=MORE), evaluation(hybrid=LESS)
    with pytest.raises(InvalidArgumentError, match="no mode in common: 'rrf' now, 'hybrid' before"):
        now.compare(before)
    found = now.compare(before, modes={"rrf": "hybrid"})
    assert (found["rrf"].before, list(found), len(found)) == ("hybrid", ["rrf"], 1)
    assert "rrf (before: hybrid)" in str(found)


@pytest.mark.parametrize("modes", [{"text": "hybrid"}, {"rrf": "text"}])
def test_a_mode_that_is_in_neither_is_named(modes: dict[str, str]) -> None:
    with pytest.raises(InvalidArgumentError, match="has no mode 'text'"):
        evaluation(rrf=MORE).compare(evaluation(hybrid=LESS), modes=modes)


def test_figures_of_another_number_of_answers_are_not_compared() -> None:
    with pytest.raises(InvalidArgumentError, match="@10 and @5 are not alike"):
        evaluation(vector=MORE).compare(evaluation(k=5, vector=LESS))


def test_a_measure_that_there_is_not_is_refused_and_so_is_a_mode() -> None:
    found = compared(vector=MORE)
    with pytest.raises(InvalidArgumentError, match="measure must be one of ndcg, recall"):
        found["vector"].difference("speed")
    with pytest.raises(KeyError, match="no mode 'text' was compared"):
        found["text"]


def test_the_questions_that_moved_most_come_with_the_falls_first() -> None:
    values = LESS.copy()
    values[3], values[7] = values[3] - 0.1, values[7] + 0.15
    moved = compared(vector=values).moved("vector")
    assert [id_ for id_, _, _ in moved] == ["3", "7"]
    assert [now - before for _, before, now in moved] == pytest.approx([-0.1, 0.15])


def test_all_of_it_is_json_for_programs() -> None:
    one = evaluation(["a"], vector=np.array([0.5]))
    told = json.loads(json.dumps(one.compare(one).to_dict(), allow_nan=False))
    assert told["modes"]["vector"]["ndcg"] == {"value": 0, "low": None, "high": None}
