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
    assert found == (DEFAULT, (0, 0, 0))


def test_what_to_expect_is_less_than_the_best_on_the_same_questions() -> None:
    made = curves(30, 0.1, 0.3)
    best = (made - made[:, [TRIED.index(DEFAULT)]]).mean(axis=0).max()
    assert chosen(made).gain.value <= best
