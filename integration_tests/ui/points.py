"""Functions of a user's: a model of three words, and one that puts long texts first."""

from __future__ import annotations

WORDS = ("bread", "river", "code")
NAME = "integration_tests.ui.points:points"
RERANK = "integration_tests.ui.points:longest"


def points(texts: list[str]) -> list[list[float]]:
    """Say which of three words a text has."""
    return [[1.0 + text.lower().count(word) for word in WORDS] for text in texts]


def longest(_: str, texts: list[str]) -> list[float]:
    """Like long texts."""
    return [float(len(text)) for text in texts]
