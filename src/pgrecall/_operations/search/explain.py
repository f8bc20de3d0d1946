"""Why a search ran as it did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrecall._operations.context import on_collection
from pgrecall._operations.search import planning
from pgrecall._operations.work import Work
from pgrecall._statements.search.explain import analyze, text_of
from pgrecall._statements.search.vector import index_settings
from pgrecall._statements.statement import Many, Result
from pgrecall.indexes import Hnsw
from pgrecall.models import Explanation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation, Steps
    from pgrecall._statements.layout import Stored
    from pgrecall._statements.search.plan import Plan
    from pgrecall._statements.statement import Statement


def analyzed(
    context: Context,
    stored: Stored,
    before: Sequence[Statement],
    statement: Statement,
    *,
    plan: Plan | None,
    reason: str,
    share: float | None,
) -> Operation[tuple[Result, Explanation]]:
    """Run a search, and again under EXPLAIN ANALYZE in the same transaction.

    Args:
        context: The store's view.
        stored: The collection.
        before: The search's settings.
        statement: The search.
        plan: How its vector arm runs; None for a search by text alone.
        reason: Why.
        share: Part of the rows that match, where it is known.
    """

    def body() -> Steps[tuple[Result, str]]:
        results: list[Result] = yield Many([*before, statement, analyze(statement)])
        lines = [line for (line,) in results[-1].rows]
        return results[-2], "\n".join(lines)

    result, tree = yield from on_collection(
        context, stored, Work(body, replica=True), vectors=plan is not None
    )
    return result, Explanation(
        plan=name_of(stored, plan),
        reason=reason,
        rows=round(stored.rows),
        matching=None if share is None else round(stored.rows * share),
        settings={} if plan is None or plan.exact else index_settings(stored, plan),
        sql=text_of(statement),
        analyze=tree,
    )


def why(
    stored: Stored,
    plan: Plan,
    limit: int,
    share: float | None,
    *,
    exact: bool | None = None,
    ef_search: int | None = None,
) -> str:
    """Say why a vector search, or the vector arm of a hybrid one, runs as its plan says."""
    if exact is True:
        return "exact=True asks for it"
    if not planning.is_built(stored):
        waiting = stored.indexes_pending or stored.collection.index is not None
        return "the index is not built yet" if waiting else "the collection has no index"
    if exact is False:
        return "exact=False asks for the index"
    if ef_search is not None:
        return "ef_search asks for the index"
    border = planning.threshold(stored, limit)
    rows = f"the collection's {stored.rows:,.0f} rows (estimated)"
    if plan.sample_percent is not None:
        return (
            f"what share of {rows} the filter lets through is not known: the statement looks at"
            f" {plan.sample_percent:.2g} % of them, and takes the index above {border:,.0f}"
            " matching rows"
        )
    if share is not None and share < 1:
        rows = f"{stored.rows * share:,.0f} of {rows} match the filter (seen lately)"
    else:
        rows = f"there are {stored.rows:,.0f} rows (estimated)"
    side = "at most" if plan.exact else "more than"
    return f"{rows}: {side} {border:,.0f}, from where the index is faster at limit {limit:,}"


def name_of(stored: Stored, plan: Plan | None) -> str:
    """Name a plan: ``exact``, ``hnsw``, ``ivfflat``, ``exact or hnsw``, or ``text`` for none."""
    if plan is None:
        return "text"
    if plan.exact:
        return "exact"
    index = "hnsw" if isinstance(stored.collection.index, Hnsw) else "ivfflat"
    return index if plan.sample_percent is None else f"exact or {index}"
