"""What a model gives for texts is checked, and puts matches in its order, without a database."""

from __future__ import annotations

import array
import math
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from pgrecall import Explanation, InvalidArgumentError, Match, Matches
from pgrecall._operations.search.checks import checked
from pgrecall._operations.search.options import (
    UNSAID_OFFSET,
    HybridOptions,
    SearchOptions,
    TextOptions,
    VectorOptions,
)
from pgrecall._operations.search.reranking import (
    judged,
    question_of,
    questions_of,
    reranked,
    unranked,
)
from pgrecall._operations.work import Call

TEXTS = ["one", "two", "three", "four"]


def driven(operation: Any) -> Any:
    """Run an operation that asks for nothing but the caller's function."""
    try:
        work = next(operation)
        while True:
            assert isinstance(work, Call)
            assert (work.what, work.in_thread) == ("rerank", True)
            work = operation.send(work.run())
    except StopIteration as finished:
        return finished.value


def giving(scores: Any) -> Any:
    return lambda _question, _texts: scores


class Tensor:
    """What a tensor has that matters here."""

    def __init__(self, value: Any) -> None:
        self._array = np.asarray(value)
        self.shape, self.ndim = self._array.shape, self._array.ndim

    def tolist(self) -> Any:
        return self._array.tolist()

    def item(self) -> Any:
        return self._array.item()


@pytest.mark.parametrize(
    "scores",
    [
        [1, 0.5, -2, 3],
        (1.0, 0.5, -2.0, 3.0),
        np.array([1, 0.5, -2, 3], dtype=np.float16),
        [np.float32(1), np.float64(0.5), np.int8(-2), 3],
        [np.array(1.0), Tensor(0.5), np.array(-2), 3],
        Tensor([1, 0.5, -2, 3]),
        array.array("d", [1, 0.5, -2, 3]),
        [Fraction(1), Fraction(1, 2), -2, 3],
    ],
    ids=lambda scores: type(scores).__name__,
)
def test_scores_may_be_numbers_of_any_kind_in_a_list_or_an_array(scores: Any) -> None:
    found = driven(judged(giving(scores), "why?", TEXTS))

    assert found == [1, 0.5, -2, 3]
    assert {type(score) for score in found} == {float}


@pytest.mark.parametrize(
    ("scores", "told"),
    [
        (None, "not a value of type NoneType"),
        ("1234", "not a value of type str"),
        (bytearray(b"1234"), "not a value of type bytearray"),
        ({"one": 1}, "not a value of type dict"),
        ((score for score in (1, 2, 3, 4)), "not a value of type generator"),
        (np.array(3.0), "type ndarray and shape ()"),
        ([1, 2, 3], "3 scores for 4 texts"),
        (np.zeros((1, 4)), "1 scores for 4 texts"),
        ([1, 2, 3, 4, 5], "5 scores for 4 texts"),
        (np.zeros((4, 1)), "shape (1,) for text 1, in a value of type ndarray and shape (4, 1)"),
        ([1, math.nan, 3, 4], "gave nan for text 2, in a value of type list"),
        (np.array([1, 2, -np.inf, 4]), "gave -inf for text 3, in a value of type ndarray"),
        ([1, 2, True, 4], "gave True for text 3"),
        ([1, 2, 3, 10**5000], "for text 4"),
        ([(0, 1), (1, 2), (2, 3), (3, 4)], "gave a value of type tuple for text 1"),
        (["secret", 1, 2, 3], "gave a value of type str for text 1"),
    ],
    ids=lambda told: told if isinstance(told, str) else type(told).__name__,
)
def test_what_is_no_score_for_each_text_is_refused_by_what_it_is(scores: Any, told: str) -> None:
    with pytest.raises(InvalidArgumentError) as raised:
        driven(judged(giving(scores), "why?", TEXTS))

    assert told in str(raised.value)
    assert "rerank" in str(raised.value)
    assert "secret" not in str(raised.value)


def test_a_text_with_nothing_to_read_is_not_given_to_the_model() -> None:
    given: list[Any] = []

    def model(question: str, texts: list[str]) -> list[int]:
        given.append((question, texts))
        return [len(text) for text in texts]

    assert driven(judged(model, "why?", ["", "aa", " \n", "b", "\ufeff"])) == [
        None,
        2,
        None,
        1,
        None,
    ]
    assert given == [("why?", ["aa", "b"])]
    assert driven(judged(model, "why?", ["", "\t"])) == [None, None]
    assert driven(judged(model, "why?", [])) == []
    assert len(given) == 1


def matches(*texts: str, groups: Any = None, vectors: Any = None) -> Matches:
    count = len(texts)
    found = Matches(
        Match(f"{place}", None, float(count - place), text, {}, vector=vector, group=group)
        for place, (text, group, vector) in enumerate(
            zip(texts, groups or [None] * count, vectors or [None] * count, strict=True)
        )
    )
    found.explanation = Explanation("exact", "no index", 4, 4, {}, "", "")
    return found


def by_length(_question: str, texts: list[str]) -> list[int]:
    return [len(text) for text in texts]


def ids(found: Any) -> list[str]:
    return [match.id for match in found]


def test_matches_come_by_their_scores_then_as_they_were_and_without_a_text_last() -> None:
    asked = TextOptions(rerank=by_length)
    found = driven(reranked(matches("bb", "", "a", "cc", "eee", " "), asked, "why?"))

    assert ids(found) == ["4", "0", "3", "2", "1", "5"]
    assert [match.rerank_score for match in found] == [3, 2, 2, 1, None, None]
    assert [match.score for match in found] == [2, 6, 3, 4, 5, 1]
    assert found.explanation.rerank_texts == 4
    assert found.explanation.rerank_ms >= 0


def test_a_page_is_of_the_models_order() -> None:
    for offset in range(5):
        asked = TextOptions(rerank=by_length, limit=2, offset=offset)
        found = driven(reranked(matches("a", "bb", "ccc", "dddd"), asked, "why?"))
        assert ids(found) == ["3", "2", "1", "0"][offset : offset + 2]


def test_groups_come_by_their_best_score_each_together() -> None:
    groups = ["x", "x", None, None, True, 1, "z"]
    found = matches("a", "bbb", "", "cc", "bb", "dddd", "", groups=groups)
    asked = TextOptions(rerank=by_length, group_by="doc", per_group=2, limit=3)

    assert ids(driven(reranked(found, asked, "why?"))) == ["5", "1", "0", "3"]
    rest = driven(reranked(found, replace(asked, offset=3), "why?"))
    assert ids(rest) == ["4", "2", "6"]


def test_diversity_chooses_by_the_models_scores_and_leaves_what_has_none_at_the_end() -> None:
    vectors = [np.array(one, dtype=np.float32) for one in ([0, 1], [1, 0], [1, 0.01], [0, 1])]
    found = matches("", "ccccccccc", "bbbbbbbb", "a", vectors=vectors)
    asked = VectorOptions(rerank=by_length, rerank_text="why?", lambda_mult=0.4, limit=4)

    made = driven(reranked(found, asked, "why?"))

    assert ids(made) == ["1", "3", "2", "0"]
    assert all(match.vector is None for match in made)
    one = driven(reranked(found, replace(asked, lambda_mult=1.0, include_vectors=True), "why?"))
    assert ids(one) == ["1", "2", "3", "0"]
    assert one[0].vector is vectors[1]


@pytest.mark.parametrize("scores", [[1e308, -1e308], [5e-324, 0.0], [2.0, 2.0]])
def test_diversity_takes_scores_on_any_scale(scores: list[float]) -> None:
    vectors = [np.array([1, 0]), np.array([0, 1])]
    asked = VectorOptions(rerank=giving(scores), rerank_text="why?", lambda_mult=0.5)

    assert ids(driven(reranked(matches("a", "b", vectors=vectors), asked, "why?"))) == ["0", "1"]


def test_a_model_that_finds_nothing_to_read_is_not_asked() -> None:
    asked = VectorOptions(rerank=giving(None), rerank_text="why?", lambda_mult=0.5)

    assert driven(reranked(Matches(), asked, "why?")) == []
    assert ids(driven(reranked(matches("", ""), asked, "why?"))) == ["0", "1"]


def test_what_is_searched_for_is_the_same_for_each_page_and_knows_no_model() -> None:
    asked = checked(HybridOptions(rerank=by_length, limit=5, offset=10, lambda_mult=0.5))
    searched = unranked(asked)

    assert searched == unranked(replace(asked, offset=20))
    assert (searched.limit, searched.offset, searched.is_paged) == (50, 0, True)
    assert searched.include_vectors
    assert searched.lambda_mult is None
    assert checked(searched) is searched
    assert unranked(replace(asked, offset=UNSAID_OFFSET)).offset is UNSAID_OFFSET


@pytest.mark.parametrize(
    ("options", "limit"),
    [
        (TextOptions(candidates=20), 20),
        (HybridOptions(candidates=20), 20),
        (HybridOptions(candidates=20, text_candidates=90), 50),
        (HybridOptions(candidates=200, rerank_candidates=70), 70),
        (TextOptions(rerank_candidates=500), 500),
    ],
)
def test_no_more_is_reranked_than_there_are_candidates(options: SearchOptions, limit: int) -> None:
    searched = unranked(checked(replace(options, rerank=by_length)))

    assert searched.limit == limit
    checked(searched)


def test_the_question_is_the_searchs_own_unless_another_is_given() -> None:
    assert question_of(TextOptions(rerank=by_length), "a & b") == "a & b"
    assert question_of(TextOptions(rerank=by_length, rerank_text="a or b?"), "a & b") == "a or b?"
    with pytest.raises(InvalidArgumentError, match="rerank_text must be one question"):
        question_of(VectorOptions(rerank=by_length, rerank_text=("a", "b")))


def test_each_of_many_searches_has_its_question_or_all_have_one() -> None:
    asked = VectorOptions(rerank=by_length, rerank_text=("a", "b"))

    assert questions_of(asked, 2) == ["a", "b"]
    assert questions_of(replace(asked, rerank_text="a"), 3) == ["a", "a", "a"]
    with pytest.raises(InvalidArgumentError, match="2 questions for 3 queries"):
        questions_of(asked, 3)
