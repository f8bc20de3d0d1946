"""A model of the user's that puts what was found in its order."""

from __future__ import annotations

from typing import Any

from pgrecall._operations.search.options import RERANK_CANDIDATES
from pgrecall.cli.shared import functions
from pgrecall.errors import InvalidArgumentError


def options_from(rerank: str | None, candidates: int) -> dict[str, Any]:
    """Give the search options that ``--rerank`` and ``--rerank-candidates`` stand for.

    Raises:
        InvalidArgumentError: The function cannot be loaded, or there is none.
    """
    if rerank is None:
        if candidates != RERANK_CANDIDATES:
            raise InvalidArgumentError("--rerank-candidates goes with --rerank")
        return {}
    return {
        "rerank": functions.imported(rerank, "--rerank"),
        "rerank_candidates": candidates,
    }
