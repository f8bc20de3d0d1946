"""Why a search ran as it did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pgrecall._operations.search import planning
from pgrecall._operations.search.effort import told
from pgrecall._statements.search.explain import text_of
from pgrecall._values.strings import shown
from pgrecall.indexes import Hnsw
from pgrecall.models import Explanation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pgrecall._statements.layout import Stored
    from pgrecall._statements.search.plan import Plan
    from pgrecall._statements.statement import Result, Statement
    from pgrecall.filters import Filter


@dataclass(frozen=True, slots=True)
class Reasons:
    """How a search runs and why, known before it is sent.

    Attributes:
        plan: What ``name_of`` calls it.
        reason: Why, in one sentence.
        share: Part of the rows that match the filter, where it is known.
        gucs: PostgreSQL's settings for its transaction.
        scope: The rows whose index may be asked: the collection, or a part of it.
    """

    plan: str
    reason: str
    share: float | None
    gucs: Mapping[str, str]
    scope: Stored | None = None

    @property
    def asks_index(self) -> bool:
        """Whether an approximate index is asked, or may be."""
        return self.plan not in {"exact", "text", "bm25", "bm25 or text"}


def explanation(
    stored: Stored, reasons: Reasons, statement: Statement, analyzed: Result
) -> Explanation:
    """Tell how a search ran, once its second run under EXPLAIN ANALYZE is back."""
    scope = reasons.scope or stored
    return Explanation(
        plan=reasons.plan,
        reason=reasons.reason,
        rows=round(stored.rows),
        matching=None if reasons.share is None else round(stored.rows * reasons.share),
        settings=dict(reasons.gucs),
        sql=text_of(statement),
        analyze="\n".join(line for (line,) in analyzed.rows),
        promise=told(scope.settings, scope.collection) if reasons.asks_index else None,
    )


def why(
    stored: Stored,
    plan: Plan,
    limit: int,
    share: float | None,
    *,
    where: Filter | None = None,
    exact: bool | None = None,
    ef_search: int | None = None,
    wanted: str = "",
) -> str:
    """Say why a vector search, or the vector arm of a hybrid one, runs as its plan says.

    Args:
        stored: The collection, or the part of it whose index may be asked.
        plan: How it runs.
        limit: Rows that it brings at most.
        share: Part of the rows that match, where it is known.
        where: The filter.
        exact: What the caller said.
        ef_search: What the caller said.
        wanted: What the message calls those rows, where they are not the caller's limit.
    """
    if exact is True:
        return "exact=True asks for it"
    if not planning.is_built(stored):
        waiting = stored.indexes_pending or stored.collection.index is not None
        return "the index is not built yet" if waiting else "the collection has no index"
    if exact is False or ef_search is not None:
        return f"{'exact=False' if exact is False else 'ef_search'} asks for the index"
    threshold = planning.threshold_of(stored, limit, where)
    counted, rows = f"{stored.rows:,.0f} rows", f"the collection's {stored.rows:,.0f} rows"
    if stored.part is not None:
        counted += f" with this value of {shown(stored.part.field)}, which has its own index"
        rows = f"the {counted},"
    rows += " (estimated)"
    if plan.sample_percent is not None:
        return (
            f"what share of {rows} the filter lets through is not known: the statement looks at"
            f" {plan.sample_percent:.2g} % of them, and takes the index above {plan.threshold:,.0f}"
            " matching rows"
        )
    matching = stored.rows
    if share is not None and share < 1:
        matching *= share
        rows = f"{matching:,.0f} of {rows} match the filter (seen lately)"
    else:
        rows = f"there are {counted} (estimated)"
    wanted = wanted or f"at limit {limit:,}"
    if plan.exact and matching > threshold:
        effort = "the index takes so much effort for the target recall, as it was measured"
        return f"{rows}: {wanted} {effort}, that they are all compared"
    side = "at most" if plan.exact else "more than"
    return f"{rows}: {side} {threshold:,.0f}, from where the index is faster {wanted}"


def name_of(stored: Stored, plan: Plan | None) -> str:
    """Name a plan: ``exact``, ``hnsw``, ``ivfflat``, ``exact or hnsw``, or ``text`` for none."""
    if plan is None:
        return "text"
    if plan.exact:
        return "exact"
    index = "hnsw" if isinstance(stored.collection.index, Hnsw) else "ivfflat"
    return index if plan.sample_percent is None else f"exact or {index}"
