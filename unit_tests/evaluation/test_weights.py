"""A weight is taken where questions show that it is better, and only as far as they do."""

import numpy as np
import pytest

from pgrecall.evaluation.weights import DEFAULT, FEWEST, TRIED, chosen

RANDOM = np.random.default_rng(3)


def curves(count: int, gain: float, noise: float) -> np.ndarray:
    """Make questions whose nDCG grows with the weight by so much, beside what is chance."""
    base = RANDOM.uniform(0.2, 0.7, (count, 1))
    slope = np.array(TRIED) - DEFAULT
    return base + gain * slope + noise * RANDOM.standard_normal((count, 1)) * slope


def test_a_gain_that_every_question_shows_is_taken() -> None:
    found = chosen(curves(100, 0.3, 0.1))
    assert found.alpha > 0.9
    assert found.gain.low > 0


def test_of_fewer_questions_it_is_taken_less_far() -> None:
    few, more, many = (chosen(curves(count, 0.3, 0.05)).alpha for count in (12, 50, 2_000))
    assert DEFAULT < few < more < many == 1


def test_a_gain_for_the_words_is_taken_too() -> None:
    assert chosen(curves(200, -0.3, 0.1)).alpha < 0.1


@pytest.mark.parametrize("count", [20, 50, 200])
def test_what_is_chance_leaves_the_default(count: int) -> None:
    found = [chosen(curves(count, 0.0, 0.3)).alpha for _ in range(40)]
    assert found.count(DEFAULT) >= 34


def test_too_few_questions_leave_the_default() -> None:
    found = chosen(curves(FEWEST - 1, 0.5, 0.0))
    assert found == (DEFAULT, (0, 0, 0), 0)


WAYS = ((100.0, 4.0), (100.0, 8.0), (50.0, 4.0), (50.0, 8.0))


def asked_in_ways(count: int, gains: list[float], noise: float) -> np.ndarray:
    """Make questions of which each way finds so much more than the default's, beside chance."""
    base = curves(count, 0.3, 0.1)[:, None, :]
    return base + np.array(gains)[:, None] + noise * RANDOM.standard_normal((count, len(gains), 1))


@pytest.mark.parametrize("best", [1, 2, 3])
def test_a_way_that_every_question_shows_to_be_better_is_taken_with_a_weight(best: int) -> None:
    gains = [0.0, 0.02, 0.02, 0.04] if best == 3 else [0.1 * (way == best) for way in range(4)]
    found = chosen(asked_in_ways(200, gains, 0.01), WAYS)
    assert found.way == best
    assert found.alpha > 0.9
    assert found.gain.value > chosen(asked_in_ways(200, gains, 0.01)[:, 0]).gain.value


@pytest.mark.parametrize("count", [20, 200])
def test_ways_that_are_alike_leave_the_default_s(count: int) -> None:
    found = [chosen(asked_in_ways(count, [0.0] * 4, 0.1), WAYS).way for _ in range(20)]
    assert found.count(0) >= 18


def test_of_fewer_questions_a_way_is_taken_less_far() -> None:
    ways = ((100.0,), (200.0,), (400.0,), (800.0,))
    gains = [0.0, 0.1, 0.2, 0.3]
    few, more, many = (
        chosen(asked_in_ways(count, gains, 0.01), ways).way for count in (12, 40, 2_000)
    )
    assert (few, more, many) == (1, 2, 3)


def test_what_to_expect_is_less_than_the_best_on_the_same_questions() -> None:
    made = curves(30, 0.1, 0.3)
    best = (made - made[:, [TRIED.index(DEFAULT)]]).mean(axis=0).max()
    assert chosen(made).gain.value <= best
