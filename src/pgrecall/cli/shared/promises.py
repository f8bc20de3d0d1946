"""The recall that is asked for and that was measured, as commands show it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pgrecall._values.figures import age_text

if TYPE_CHECKING:
    from pgrecall.models import RecallPromise


def promise_json(promise: RecallPromise | None) -> dict[str, Any] | None:
    """Give it in what JSON has."""
    if promise is None:
        return None
    return {
        "target": promise.target,
        "recall": promise.recall,
        "effort": promise.effort,
        "limit": promise.limit,
        "rows": promise.rows,
        "reranked": promise.reranked,
        "measured_at": promise.measured_at and promise.measured_at.isoformat(),
    }


def promise_cells(promise: RecallPromise) -> dict[str, str]:
    """Give its cells of a table, by their headings."""
    if promise.recall is None:
        return dict.fromkeys(("measured", "age", "effort"), "-") | {"target": f"{promise.target:g}"}
    return {
        "measured": f"{promise.recall:.3f}",
        "age": age_text(promise.measured_at),
        "effort": f"{promise.effort:,}",
        "target": f"{promise.target:g}",
    }
