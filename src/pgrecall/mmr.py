"""Maximal marginal relevance: hits that are near the query and unlike one another."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from pgrecall._values.numbers import checked_weight, checked_whole
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from pgrecall.models import Match


def maximal_marginal_relevance(
    query: Sequence[float] | NDArray[Any],
    matches: Sequence[Match],
    *,
    limit: int,
    lambda_mult: float = 0.5,
) -> list[Match]:
    """Choose among a search's matches by relevance and novelty.

    Each step takes the match with the highest ``lambda_mult * sim(query, match) -
    (1 - lambda_mult) * max(sim(match, chosen))``, by cosine similarity. Carbonell and Goldstein
    (1998): The use of MMR, diversity-based reranking for reordering documents and producing
    summaries.

    Args:
        query: The vector that was searched for.
        matches: What ``search(..., include_vectors=True)`` gave, best with more of them than
            ``limit``: 20 for 4 is usual.
        limit: Matches to choose, 1 or more.
        lambda_mult: 1 for relevance alone, 0 for novelty alone (the first is the nearest still).

    Returns:
        At most ``limit`` of the matches, in the order they were chosen.

    Raises:
        InvalidArgumentError: A match has no vector, or a number is out of range.
    """
    limit = checked_whole("limit", limit)
    lambda_mult = checked_weight("lambda_mult", lambda_mult, "novelty", "relevance")
    if not matches:
        return []
    vectors = [match.vector for match in matches]
    if any(vector is None for vector in vectors):
        msg = "a match has no vector: search with include_vectors=True"
        raise InvalidArgumentError(msg)
    unit = unit_rows(np.array(vectors, dtype=np.float64))
    relevance = unit @ unit_rows(np.asarray(query, dtype=np.float64)[None, :])[0]
    order = diverse_order(relevance, unit, lambda_mult=lambda_mult)
    return [matches[place] for place in islice(order, limit)]


def diverse_order(
    relevance: NDArray[np.float64], unit: NDArray[np.float64], *, lambda_mult: float
) -> Iterator[int]:
    """Give the places in the order they are chosen, as far as asked; of equals the first is first.

    Args:
        relevance: How well each fits what is searched for.
        unit: Their vectors, each of length 1, or 0 for what is like no other.
        lambda_mult: 1 for relevance alone, 0 for novelty alone.
    """
    # the first has nothing to be unlike: it is the nearest whatever lambda_mult is
    place = int(np.argmax(relevance))
    yield place
    likeness = unit @ unit[place]
    chosen = np.zeros(len(relevance), dtype=bool)
    chosen[place] = True
    for _ in range(1, len(relevance)):
        gain = lambda_mult * relevance - (1 - lambda_mult) * likeness
        gain[chosen] = -np.inf
        place = int(np.argmax(gain))
        yield place
        chosen[place] = True
        np.maximum(likeness, unit @ unit[place], out=likeness)


def unit_rows(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Bring each row to length 1; a row of zeros stays so."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: NDArray[np.float64] = rows / np.where(lengths > 0, lengths, 1)
    return unit
