"""Search by vector."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrecall import filters
from pgrecall._operations.context import on_collection, resolve
from pgrecall._operations.items.items import shape_of
from pgrecall._operations.search import planning
from pgrecall._operations.search.explain import analyzed, name_of, why
from pgrecall._operations.tracing import note_plan, traced
from pgrecall._operations.work import Work, one
from pgrecall._statements.items.items import read_metadata
from pgrecall._statements.search import vector as statements
from pgrecall._statements.search.plan import EXACT
from pgrecall._statements.statement import Many, Result, Statement
from pgrecall._values.conversions import checked_whole
from pgrecall._values.vectors import decode, encode_query
from pgrecall.errors import CREATE_INDEX, InvalidArgumentError
from pgrecall.indexes import Hnsw
from pgrecall.models import Match, Matches, Metric

if TYPE_CHECKING:
    from collections.abc import Callable

    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation, Steps
    from pgrecall._statements.layout import Stored
    from pgrecall._statements.search.plan import Plan
    from pgrecall.filters import FilterLike

MAX_LIMIT = 2**31 - 1


@traced("search")
def search(
    context: Context,
    tenant: str,
    name: str,
    query: object,
    *,
    limit: int,
    filter_: FilterLike | None,
    exact: bool | None,
    ef_search: int | None,
    include_vectors: bool,
    explain: bool = False,
) -> Operation[Matches]:
    """Find the nearest items."""
    limit = checked_limit(limit)
    parsed = filters.parse(filter_)
    stored = yield from resolve(context, tenant, name, vectors=True)
    encoded = encode_query(shape_of(stored), query)
    # what a filter matches decides only beside an index
    seen = planning.digest_of(parsed) if planning.is_built(stored) else b""
    share = None if parsed is None else context.estimates.get(stored.id, seen)
    plan = choose(stored, limit, share, filtered=parsed is not None, exact=exact, ef=ef_search)
    note_plan(stored, name_of(stored, plan))
    statement = statements.vector(
        stored, encoded, limit, parsed, plan, include_vectors=include_vectors
    )
    explanation = None
    if explain:
        before = [] if plan.exact else [statements.settings(stored, plan)]
        reason = why(stored, plan, limit, share, exact=exact, ef_search=ef_search)
        result, explanation = yield from analyzed(
            context, stored, before, statement, plan=plan, reason=reason, share=share
        )
    else:
        work = with_settings(stored, plan, statement)
        result = yield from on_collection(context, stored, work, vectors=True)
    if plan.sample_percent is not None and result.rows and result.rows[0][5] is not None:
        context.estimates.put(stored.id, seen, result.rows[0][5])
    score, storage = SCORES[stored.metric], stored.collection.storage
    found = Matches(
        [
            Match(
                id_,
                distance,
                score(distance),
                text,
                read_metadata(metadata),
                decode(storage, vector),
            )
            for id_, distance, text, metadata, vector, _ in result.rows
        ]
    )
    found.explanation = explanation
    return found


def choose(
    stored: Stored,
    limit: int,
    share: float | None,
    *,
    filtered: bool,
    exact: bool | None,
    ef: int | None = None,
) -> Plan:
    """Choose a plan within what the caller asked for.

    Raises:
        InvalidArgumentError: The caller asked for an index that is not there, or for an effort
            that it does not know.
    """
    if exact is not None and not isinstance(exact, bool):
        msg = f"exact must be True, False or None, not {exact!r}"
        raise InvalidArgumentError(msg)
    if (exact is False or ef is not None) and not planning.is_built(stored):
        msg = (
            f"collection {stored.collection.name!r} has no index, which exact=False and ef_search"
            f" need: {CREATE_INDEX}"
        )
        raise InvalidArgumentError(msg, advice=CREATE_INDEX)
    if ef is not None:
        ef = _checked_ef_search(stored, ef)
    if exact is True:
        return EXACT
    if exact is None and ef is None:
        return planning.plan(stored, limit, share, filtered=filtered)
    return planning.approximate(
        stored, limit, share if filtered else 1.0, effort=ef, fall_back=exact is None
    )


def with_settings(stored: Stored, plan: Plan, statement: Statement) -> Work[Result]:
    """Run a search in one round trip, its settings with it where it asks an index."""
    if plan.exact:
        return one(statement, replica=True)

    def body() -> Steps[Result]:
        results: list[Result] = yield Many([statements.settings(stored, plan), statement])
        return results[1]

    return Work(body, replica=True)


def _checked_ef_search(stored: Stored, ef: object) -> int:
    if not isinstance(stored.collection.index, Hnsw):
        msg = (
            f"ef_search is HNSW's; collection {stored.collection.name!r} has an IVFFlat index,"
            " whose probes tune() sets"
        )
        raise InvalidArgumentError(msg)
    return checked_whole("ef_search", ef, 1, planning.MAX_EF)


def checked_limit(limit: object, what: str = "limit") -> int:
    """Give a limit as an int.

    Raises:
        InvalidArgumentError: It is no whole number that PostgreSQL can take.
    """
    number = checked_whole(what, limit)
    if number > MAX_LIMIT:
        raise InvalidArgumentError(f"{what} must be at most {MAX_LIMIT:,}, not {number:,}")
    return number


def _cosine_score(distance: float) -> float:
    return 1.0 - distance


def _product_score(distance: float) -> float:
    return -distance


def _inverse_score(distance: float) -> float:
    return 1.0 / (1.0 + distance)


SCORES: dict[Metric, Callable[[float], float]] = {
    Metric.COSINE: _cosine_score,
    Metric.IP: _product_score,
    Metric.L2: _inverse_score,
    Metric.L1: _inverse_score,
}
