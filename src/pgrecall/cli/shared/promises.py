"""The recall that is asked for and that was measured, as commands show it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pgrecall.models import RecallPromise

_MINUTES, _HOURS, _DAYS = 60, 48, 1_440


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


def age_text(since: datetime | None) -> str:
    """Show how long ago something was: ``12 min``, ``5 h``, ``8 days``."""
    if since is None:
        return "-"
    minutes = max(0, round((datetime.now(UTC) - since).total_seconds() / 60))
    if minutes < _MINUTES:
        return f"{minutes} min"
    hours = round(minutes / 60)
    return f"{hours} h" if hours < _HOURS else f"{round(minutes / _DAYS)} days"
