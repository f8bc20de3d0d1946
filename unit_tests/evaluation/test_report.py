"""What an evaluation tells: means, intervals, differences, and what one way loses."""

import json
import math

import numpy as np
import pytest

from pgrecall import InvalidArgumentError
from pgrecall.evaluation import Evaluation, ModeReport, Question, intervals
from pgrecall.evaluation.intervals import mean_of
from pgrecall.evaluation.measures import MEASURES

COUNT = 40
RANDOM = np.random.default_rng(1)
LESS = RANDOM.uniform(0.2, 0.6, COUNT)
MORE = LESS + RANDOM.normal(0.2, 0.02, COUNT)
HITS = np.array([1.0] * 30 + [0.0] * 10)


def report(name: str, ndcg: np.ndarray, hits: np.ndarray) -> ModeReport:
    values = dict.fromkeys(MEASURES, ndcg) | {"hit_rate": hits}
    return ModeReport(name, values, np.arange(COUNT, dtype=float))


def evaluation(**fields: object) -> Evaluation:
    questions = [Question(f"who {n}?", ["a"], id=str(n)) for n in range(COUNT)]
    modes = {
        "vector": report("vector", LESS, HITS),
        "hybrid": report("hybrid", MORE, HITS[::-1]),
    }
    return Evaluation(**{"k": 10, "questions": questions, "modes": modes, **fields})  # type: ignore[arg-type]


def test_a_mean_comes_with_an_interval_around_it() -> None:
    found = evaluation()["vector"].ndcg
    assert found.value == pytest.approx(LESS.mean())
    assert found.low < found.value < found.high
    error = LESS.std() / np.sqrt(COUNT)
    assert (found.high - found.low) / (4 * 0.98 * error) == pytest.approx(1, abs=0.1)


def test_the_same_values_give_the_same_interval() -> None:
    assert mean_of(LESS) == mean_of(LESS)


def test_values_that_are_all_alike_leave_no_doubt() -> None:
    assert mean_of(np.ones(5)) == (1, 1, 1)


def test_one_value_tells_nothing_of_others() -> None:
    found = mean_of(np.array([0.25]))
    assert (found.value, math.isnan(found.low), math.isnan(found.high)) == (0.25, True, True)
    assert (str(found), found.signed()) == ("0.250", "+0.250")


def test_an_interval_is_written_beside_its_mean_and_a_difference_with_its_signs() -> None:
    found = intervals.Interval(0.05, -0.006, 0.1041)
    assert str(found) == "0.050 [-0.006, 0.104]"
    assert found.signed() == "+0.050 [-0.006, +0.104]"


def test_many_values_have_the_interval_that_they_would_have_one_by_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    values = RANDOM.uniform(0, 1, 3_000) ** 2
    found = mean_of(values)
    monkeypatch.setattr(intervals, "MANY", len(values))
    assert found == pytest.approx(mean_of(values), abs=1e-3)
    assert found.value == values.mean()


@pytest.mark.parametrize(("count", "sure"), [(1, False), (5, False), (6, True)])
def test_a_few_questions_of_one_mind_do_not_tell(count: int, sure: bool) -> None:
    modes = {
        name: ModeReport(name, dict.fromkeys(MEASURES, values[:count]), np.arange(count) + 1.0)
        for name, values in (("vector", LESS), ("hybrid", MORE))
    }
    questions = [Question("who?", ["a"], id=str(n)) for n in range(count)]
    told = str(evaluation(questions=questions, modes=modes))
    assert ("do not tell which is better" not in told) == sure


def test_a_difference_is_taken_question_by_question() -> None:
    found = evaluation().difference("hybrid", "vector")
    assert found.value == pytest.approx(0.2, abs=0.02)
    assert found.high - found.low < 0.02  # the questions differ far more than the ways do


def test_a_difference_the_other_way_round_is_its_negative() -> None:
    there = evaluation().difference("hybrid", "vector")
    back = evaluation().difference("vector", "hybrid")
    assert back == pytest.approx((-there.value, -there.high, -there.low))


def test_what_one_way_loses_are_questions_that_another_answers() -> None:
    lost = evaluation().lost("vector")
    assert [question.id for question in lost] == [str(n) for n in range(30, 40)]
    assert all(isinstance(question, Question) for question in lost)


def test_a_way_or_a_measure_that_is_not_there_is_told() -> None:
    with pytest.raises(KeyError, match=r"'rrf'.*'vector', 'hybrid'"):
        evaluation()["rrf"]
    with pytest.raises(InvalidArgumentError, match="must be one of ndcg, recall, mrr, hit_rate"):
        evaluation().difference("vector", "hybrid", "map")


def test_it_prints_as_a_table_with_what_is_to_be_known() -> None:
    questions = [Question("who?", ["a"], id="1", known_item=True)] * COUNT
    text = str(
        evaluation(
            questions=questions,
            unjudged=3,
            missing=2,
            missing_ids=["x", "y"],
            failure=RuntimeError("quota"),
        )
    )
    assert text.splitlines()[0].split()[:2] == ["mode", "nDCG@10"]
    assert f"hybrid - vector: {(MORE - LESS).mean():+.3f}" in text
    for said in (
        "flatter search by text",
        "not stored, and counted as not found: 2 of the relevant items: 'x', 'y'",
        "3 questions left out",
        "ended after 40 questions: RuntimeError: quota",
    ):
        assert said in text


def test_ways_that_cannot_be_told_apart_are_called_so() -> None:
    modes = {name: report(name, LESS, HITS) for name in ("vector", "text")}
    assert "do not tell which is better" in str(evaluation(modes=modes))


def test_it_goes_to_json_with_every_figure_and_no_text_of_a_question() -> None:
    read = json.loads(evaluation(missing=1, missing_ids=["x"]).to_json())
    assert read["modes"]["hybrid"]["ndcg"].keys() == {"value", "low", "high"}
    assert read["modes"]["vector"]["p50_ms"] == 19.5
    assert (read["questions"], read["missing_ids"], "who 1?" in str(read)) == (COUNT, ["x"], False)


def test_it_goes_to_pandas_with_a_row_for_each_question_and_way() -> None:
    pytest.importorskip("pandas", reason="pandas is not installed")
    frame = evaluation().to_pandas()
    assert len(frame) == 2 * COUNT
    assert frame.groupby("mode")["ndcg"].mean()["vector"] == pytest.approx(LESS.mean())
