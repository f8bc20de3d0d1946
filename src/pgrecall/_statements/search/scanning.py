"""What an index is told of a search: settings that its scan reads, and the parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrecall._statements.distributed import dialect_of
from pgrecall._statements.search import trust
from pgrecall._statements.search.plan import goes_on
from pgrecall._statements.search.sending import BEFORE, SENDINGS, SETTABLE, Sending, shape_of
from pgrecall.indexes import IvfFlat

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pgrecall._statements.layout import Stored
    from pgrecall._statements.search.plan import Plan
    from pgrecall._statements.statement import Statement

MOST_VISITED = 40_000
"""Vectors that an HNSW index compares at most, where nothing looks at how far it went."""


def looks(stored: Stored, plan: Plan) -> bool:
    """Tell whether a search looks if what its index brought is right."""
    return plan.is_bounded and not stored.collection.distributed


def plan_values(stored: Stored, plan: Plan) -> dict[str, object]:
    """Give the parameters that ``vector_arm`` uses beside ``query`` and the limit."""
    if plan.exact:
        return {}
    values: dict[str, object] = {"fetch": plan.fetch}
    if plan.sample_percent is not None:
        values |= {
            "sample_percent": plan.sample_percent,
            "table_rows": stored.table_rows,
            "index_threshold": plan.threshold,
        }
    if looks(stored, plan):
        values |= trust.trust_values(plan)
    return values


def within_values(stored: Stored, plan: Plan) -> dict[str, object]:
    """Give those of a statement that sets what its index reads, where numbers are written out."""
    near = {"near_rows": max(plan.near, round(plan.expected))}
    return near | set_values(scan_gucs(stored, plan, within=True))


def set_values(gucs: Mapping[str, str]) -> dict[str, object]:
    """Give the parameters that ``sending.setting`` binds."""
    return {SETTABLE[name]: gucs[name] for name in gucs if name in SETTABLE}


def sending_of(stored: Stored, plan: Plan, limit: int, *, filtered: bool) -> Sending:
    """Tell how a search for so many rows goes to the server."""
    rows: float = max(limit, plan.fetch)
    looked = looks(stored, plan) and plan.sample_percent is None
    if filtered and looked:
        rows = max(rows, plan.bound)
    return SENDINGS[shape_of(stored, exact=plan.exact, filtered=filtered, rows=rows, looked=looked)]


def settings(stored: Stored, plan: Plan) -> Statement:
    """Set for one transaction what a search by index needs."""
    return dialect_of(stored).set_local(gucs(stored, plan))


def gucs(stored: Stored, plan: Plan, sending: Sending = BEFORE) -> dict[str, str]:
    """Give PostgreSQL's settings for a search; an exact one needs none.

    Sorting is ruled out where the index gives the order: the planner takes vectors to be cheaper to
    sort than they are. ``relaxed_order`` recalls more than ``strict_order`` at the same cost, and
    the result is sorted again. A branch that does not run must not start parallel workers.
    """
    if plan.exact:
        return {}
    if sending.is_within:
        return scan_gucs(stored, plan, within=sending.is_written_out)
    values = {"jit": "off", "max_parallel_workers_per_gather": "0"}
    return values | index_gucs(stored, plan)


def index_gucs(stored: Stored, plan: Plan) -> dict[str, str]:
    """Give what a search by index needs, beside what every decided search does."""
    return {"enable_sort": "off"} | scan_gucs(stored, plan)


def scan_gucs(stored: Stored, plan: Plan, *, within: bool = False) -> dict[str, str]:
    """Give what an index reads when its scan starts.

    Args:
        stored: The collection.
        plan: How the search runs.
        within: Whether its own statement sets it, which has no filter.
    """
    iterative = goes_on(stored.server.vector_version)
    if isinstance(stored.collection.index, IvfFlat):
        values = {"ivfflat.probes": str(plan.effort)}
        if iterative:
            values["ivfflat.iterative_scan"] = "relaxed_order"
            if looks(stored, plan) and plan.most_probes:
                values["ivfflat.max_probes"] = str(plan.most_probes)
    else:
        values = {"hnsw.ef_search": str(plan.effort)}
        if iterative and not (within and plan.at_once):
            values["hnsw.iterative_scan"] = "relaxed_order"
            visited = 0
            if looks(stored, plan):
                visited = plan.visited_worn if within else plan.visited
            values["hnsw.max_scan_tuples"] = str(visited or MOST_VISITED)
            values["hnsw.scan_mem_multiplier"] = "4"
    return values
