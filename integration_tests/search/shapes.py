"""The shapes of search, the statement of each, and the plan that it has."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import psycopg

from pgrecall import Store, WeightedSum, filters
from pgrecall._operations.items.items import shape_of
from pgrecall._operations.search import planning
from pgrecall._statements.search import hybrid, text
from pgrecall._statements.search import vector as statements
from pgrecall._statements.search.bm25 import Frequencies
from pgrecall._statements.search.hybrid import HybridQuery
from pgrecall._statements.search.plan import EXACT
from pgrecall._statements.search.sending import LONGEST, Sending
from pgrecall._statements.search.text_query import TextQuery
from pgrecall._values.vectors import encode_query

if TYPE_CHECKING:
    from pgrecall._statements.layout import Stored
    from pgrecall._statements.search.plan import Plan
    from pgrecall._statements.statement import Statement

KINDS = ("index", "text", "both")
NOT_FILTERED, FILTERED = None, {"n": {"$gt": 0}}
BY_VECTOR: dict[str, tuple[int, Any, dict[str, Any]]] = {
    "index": (10, NOT_FILTERED, {}),
    "index, long": (LONGEST + 1, NOT_FILTERED, {}),
    "index, filtered, long": (LONGEST + 1, FILTERED, {}),
    "index, filtered, planned": (10, FILTERED, {"percent": 1.0}),
}
"""The limit and the filter of each shape, and what is said of it besides."""
BY_WORDS: dict[str, tuple[int, Any, float | None]] = {
    f"{kind}{shape}": of
    for kind in ("text", "both")
    for shape, of in {
        "": (10, NOT_FILTERED, 20_000),
        ", long": (LONGEST + 1, NOT_FILTERED, 20_000),
        ", filtered": (10, FILTERED, 20_000),
        ", few or many rows": (10, NOT_FILTERED, 100),
    }.items()
}
"""The same, and how many rows the planner is said to know of, at least."""
COMPILED = 100_000
"""PostgreSQL's jit_above_cost."""


class Searched:
    """A collection, and a connection to look at plans by."""

    def __init__(
        self, store: Store, connection: psycopg.Connection[Any], tenant: str, name: str
    ) -> None:
        store._driver.context.forget(tenant, name)  # rows that were counted before
        store.count(tenant, name)
        stored = store._driver.context.known(tenant, name)
        assert stored is not None
        self.stored: Stored = stored
        self._connection = connection

    def statement(self, limit: int, filter_: Any = None, **choice: Any) -> Statement:
        plan = EXACT
        if not choice.pop("exact", False):
            plan = planning.approximate(self.stored, limit, 1.0, effort=40, **choice)
        return self.planned(plan, filter_, limit=limit)

    def planned(
        self, plan: Plan, filter_: Any, *, limit: int = 10, of: Stored | None = None
    ) -> Statement:
        stored, parsed = of or self.stored, filters.parse(filter_)
        query = encode_query(shape_of(stored), [0.5] * stored.dimensions)
        return statements.vector(stored, query, limit, parsed, plan, include_vectors=False)

    def by_words(self, kind: str, limit: int, filter_: Any, rows: float) -> Statement:
        stored = replace(self.stored, rows=float(rows))
        where = filters.parse(filter_)
        known = Frequencies(stored.rows, 0.001, 20.0)
        if kind == "text":
            asked = TextQuery()
            return text.text(stored, "word1 word2", limit, where, asked, known, highlight=False)
        vector = encode_query(shape_of(stored), [0.5] * stored.dimensions)
        candidates = max(100, limit)
        fusion = WeightedSum()
        both = HybridQuery(
            vector, "word1 word2", limit, candidates, candidates, fusion, 0.1, 0.001, 1.0
        )
        plan = planning.approximate(stored, candidates, 1.0)
        return hybrid.hybrid(stored, both, where, plan, known)

    def plan(self, statement: Statement) -> str:
        """Give the plan that a search has: for any values, where it is prepared."""
        query, values = statement.sent()
        with self._connection.transaction(force_rollback=True):
            if statement.before is not None:
                before, settings = statement.before.sent()
                psycopg.RawCursor(self._connection).execute(before, settings)
            cursor = psycopg.RawCursor(self._connection)
            (mode,) = cursor.execute("SHOW plan_cache_mode").fetchone() or ("",)
            if statement.prepare is None and mode == "auto":
                cursor.execute(f"EXPLAIN (GENERIC_PLAN) {query}")
            else:
                cursor.execute(f"EXPLAIN {query}", values)
            return "\n".join(line for (line,) in cursor.fetchall())


def cost_of(plan: str) -> float:
    """What a plan costs: of one that costs too much "JIT" is told by a server that has it alone."""
    found = re.search(r"cost=[0-9.]+\.\.([0-9.]+)", plan)
    assert found is not None
    return float(found[1])


def check(statement: Statement, sending: Sending) -> None:
    assert statement.prepare is sending.prepare
    assert (statement.before is not None) is sending.is_before


def check_within(plan: str) -> None:
    """What is asked first is what the scan waits for, and the planner's cost is no trap."""
    assert "One-Time Filter" in plan
    assert cost_of(plan) < COMPILED
    assert "Gather" not in plan
    assert "Seq Scan" not in plan
