"""Questions are read, and what cannot be used is named."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from pgrecall import InvalidArgumentError
from pgrecall.evaluation import Question
from pgrecall.evaluation.questions import check_are_several, judged


@pytest.mark.parametrize(
    ("given", "grades"),
    [
        (Question("who?", ["a", "b"]), {"a": 1, "b": 1}),
        (Question("who?", ("a",)), {"a": 1}),
        (Question("who?", {"a": 2, "b": 0, "c": True}), {"a": 2, "c": 1}),
        (Question("who?", (id_ for id_ in "ab")), {"a": 1, "b": 1}),
        (Question("who?", {"a": np.int64(2), "b": np.float32(0.5)}), {"a": 2, "b": 0.5}),
        (("who?", ["a"]), {"a": 1}),
        (("who?", {"a": 2}), {"a": 2}),
        (Question("who?"), {}),
        ("who?", {}),
    ],
)
def test_a_question_says_which_items_answer_it(given: Any, grades: Mapping[str, float]) -> None:
    assert judged(given, 1)[:3] == ("1", "who?", grades)


def test_a_question_without_an_id_is_called_by_its_number() -> None:
    assert judged(Question("who?", ["a"]), 7).id == "7"
    assert judged(Question("who?", ["a"], id="q-1"), 7).id == "q-1"


def test_a_question_brings_its_vector() -> None:
    vector = np.ones(3, dtype=np.float32)
    assert judged(Question("who?", ["a"], vector), 1).vector is vector


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (7, "question 3 is a int"),
        (("who?",), "question 3 is a tuple"),
        (Question("a\0b"), "question 3"),
        (Question(7), "question 3"),  # type: ignore[arg-type]
        (Question("who?", "a"), r"write \['a'\]"),
        (Question("who?", 7), "must be a list of ids"),  # type: ignore[arg-type]
        (Question("who?", [""]), "a string that is not empty"),
        (Question("who?", [7]), "'who\\?'.*not 7"),  # type: ignore[list-item]
        (Question("who?", {"a": -1}), "'a'.*is -1: grades are 0"),
        (Question("who?", {"a": 1e308}), "'a'.*is 1e\\+308: grades are 1e\\+100 or less"),
        (Question("who?", {"a": float("nan")}), "'a'.*must be a number, not nan"),
        (Question("who?", {"a": "high"}), "'a'.*not 'high'"),  # type: ignore[dict-item]
        (Question("who?", {"a": 10**5000}), "'a'.*not one so large"),
        (Question("who?", ["a"], id="two words"), "without blanks"),
        (Question("who?", ["a"], id=""), "without blanks"),
        (Question("who?", [["a"]]), "must be a string that is not empty, not \\['a'\\]"),
        (Question("who?", ["a\0"]), "a relevant id of question 3 .* holds NUL"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_number(given: Any, told: str) -> None:
    with pytest.raises(InvalidArgumentError, match=told):
        judged(given, 3)


@pytest.mark.parametrize("given", ["who?", Question("who?", ["a"]), {"who?": ["a"]}, 7])
def test_one_question_in_place_of_a_list_is_told(given: object) -> None:
    with pytest.raises(InvalidArgumentError, match="must be a list of questions"):
        check_are_several(given)


def test_a_questions_vector_is_not_shown() -> None:
    assert "vector" not in repr(Question("who?", ["a"], [0.25]))
