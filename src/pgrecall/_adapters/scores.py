"""Text scores, which have no upper end, on the scale of 0 to 1 that frameworks cut off by."""

from __future__ import annotations

from pgrecall._statements.search.stages import BM25_HALF


def text_relevance(score: float) -> float:
    """Bring a BM25 score to 0 to 1; the order stays."""
    score = max(score, 0.0)
    return score / (score + BM25_HALF)
