"""Reports to keep, of the collection of notes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from integration_tests.shared.reports import evaluation_of

if TYPE_CHECKING:
    from pgrecall.evaluation import Evaluation

DOCS = "docs"


def evaluation(*found: float, ids: str = "abcdefgh", text: str = "who?") -> Evaluation:
    """Give an evaluation by vector with these values of every measure."""
    return evaluation_of({"vector": found}, ids=ids[: len(found)], text=text)
