from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgrecall import InvalidArgumentError, Match, maximal_marginal_relevance


def match(name: str, vector: list[float] | None) -> Match:
    array = None if vector is None else np.array(vector, dtype=np.float32)
    return Match(name, 0.0, 0.0, "", {}, array)


NEAR_TWINS = [match("a", [1, 0.02]), match("b", [1, 0.03]), match("c", [0.6, -0.8])]


def ids(matches: list[Match]) -> list[str]:
    return [found.id for found in matches]


def test_relevance_alone_keeps_the_order_of_similarity() -> None:
    chosen = maximal_marginal_relevance([1, 0], NEAR_TWINS, limit=3, lambda_mult=1)

    assert ids(chosen) == ["a", "b", "c"]


def test_novelty_passes_over_a_near_duplicate() -> None:
    chosen = maximal_marginal_relevance([1, 0], NEAR_TWINS, limit=2, lambda_mult=0.5)

    assert ids(chosen) == ["a", "c"]


def test_a_lambda_of_zero_counts() -> None:
    chosen = maximal_marginal_relevance([1, 0], NEAR_TWINS, limit=3, lambda_mult=0)

    assert ids(chosen) == ["a", "c", "b"]


def test_no_matches_give_none() -> None:
    assert maximal_marginal_relevance([1, 0], [], limit=3) == []


def test_a_match_without_a_vector_says_what_to_do() -> None:
    with pytest.raises(InvalidArgumentError, match="include_vectors=True"):
        maximal_marginal_relevance([1, 0], [match("a", None)], limit=1)


@pytest.mark.parametrize(("limit", "weight"), [(0, 0.5), (True, 0.5), (1, -0.1), (1, 1.1)])
def test_numbers_out_of_range_are_refused(limit: int, weight: float) -> None:
    with pytest.raises(InvalidArgumentError):
        maximal_marginal_relevance([1, 0], NEAR_TWINS, limit=limit, lambda_mult=weight)


def by_definition(query: np.ndarray, rows: np.ndarray, limit: int, weight: float) -> list[int]:
    """Every step looks at every pair: slow, and plainly the formula."""

    def cosine(left: np.ndarray, right: np.ndarray) -> float:
        return float(left @ right / (np.linalg.norm(left) * np.linalg.norm(right)))

    chosen = [max(range(len(rows)), key=lambda n: cosine(query, rows[n]))]
    while len(chosen) < min(limit, len(rows)):
        rest = [n for n in range(len(rows)) if n not in chosen]
        gains = [
            weight * cosine(query, rows[n])
            - (1 - weight) * max(cosine(rows[n], rows[m]) for m in chosen)
            for n in rest
        ]
        chosen.append(rest[int(np.argmax(gains))])
    return chosen


@given(st.integers(0, 2**32 - 1), st.integers(1, 12), st.integers(1, 12), st.floats(0, 1))
def test_it_is_the_formula(seed: int, count: int, limit: int, weight: float) -> None:
    random = np.random.default_rng(seed)
    rows, query = random.standard_normal((count, 5)), random.standard_normal(5)
    matches = [match(str(n), list(row)) for n, row in enumerate(rows.astype(np.float32))]

    chosen = maximal_marginal_relevance(query, matches, limit=limit, lambda_mult=weight)

    expected = by_definition(query, rows.astype(np.float32), limit, weight)
    assert ids(chosen) == [str(n) for n in expected]
