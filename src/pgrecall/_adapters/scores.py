"""Text scores, which have no upper end, on the scale of 0 to 1 that frameworks cut off by."""

from __future__ import annotations

import sys

from pgrecall._statements.search.stages import BM25_HALF


def text_relevance(score: float) -> float:
    """Bring a BM25 score to 0 to 1; the order stays."""
    score = max(score, 0.0)
    return score / (score + BM25_HALF)


def of_text_relevance(relevance: float) -> float:
    """Give the BM25 score whose relevance this is; what no score reaches is beyond all."""
    if relevance >= 1:
        return sys.float_info.max
    return BM25_HALF * relevance / (1 - relevance) if relevance > 0 else relevance
