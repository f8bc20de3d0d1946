"""The measures of one question are those of trec_eval."""

import math

import pytest

from pgrecall.evaluation.measures import hit, ndcg, recall, reciprocal_rank

GRADES = {"a": 3.0, "b": 1.0, "c": 1.0}


def test_the_best_order_has_an_ndcg_of_1() -> None:
    assert ndcg(GRADES, ["a", "b", "c", "x"], 10) == 1


def test_the_gain_of_an_answer_is_its_grade_by_the_logarithm_of_its_place() -> None:
    best = 3 + 1 / math.log2(3) + 1 / 2
    assert ndcg(GRADES, ["x", "a", "b"], 10) == pytest.approx((3 / math.log2(3) + 1 / 2) / best)


def test_the_best_order_is_of_all_judged_items_cut_at_k() -> None:
    assert ndcg(GRADES, ["b"], 1) == pytest.approx(1 / 3)
    assert ndcg({"a": 1.0, "b": 1.0}, ["a"], 1) == 1


def test_what_comes_after_k_does_not_count() -> None:
    found = ["x", "y", "a"]
    assert ndcg(GRADES, found, 2) == recall(GRADES, found, 2) == hit(GRADES, found, 2) == 0
    assert reciprocal_rank(GRADES, found, 2) == 0


def test_recall_is_the_share_of_the_relevant_items() -> None:
    assert recall(GRADES, ["c", "x", "a"], 10) == pytest.approx(2 / 3)


def test_the_reciprocal_rank_is_of_the_first_relevant_item() -> None:
    assert reciprocal_rank(GRADES, ["x", "c", "a"], 10) == 1 / 2


def test_nothing_found_is_0_by_every_measure() -> None:
    assert [one(GRADES, [], 10) for one in (ndcg, recall, reciprocal_rank, hit)] == [0, 0, 0, 0]
