"""Search by vector and text at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pgrecall import filters
from pgrecall._operations.context import on_collection, resolve
from pgrecall._operations.items.items import shape_of
from pgrecall._operations.search import calibration, planning
from pgrecall._operations.search.explain import analyzed, name_of, why
from pgrecall._operations.search.text import check_searchable, known_frequencies
from pgrecall._operations.search.vector import checked_limit
from pgrecall._operations.tracing import note_plan, traced
from pgrecall._operations.work import Work
from pgrecall._statements.items.items import read_metadata
from pgrecall._statements.search import hybrid as statements
from pgrecall._statements.search.hybrid import HybridQuery
from pgrecall._statements.statement import Many, Result, Statement
from pgrecall._values.conversions import checked_whole
from pgrecall._values.rows import check_text
from pgrecall._values.vectors import encode_query
from pgrecall.errors import InvalidArgumentError
from pgrecall.fusion import Fusion, Rrf, WeightedSum
from pgrecall.models import Match, Matches

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation, Steps
    from pgrecall._statements.layout import Stored
    from pgrecall._statements.search.plan import Plan
    from pgrecall.filters import FilterLike

DEFAULT_CANDIDATES = 100
"""Rows of each arm: fifty and two hundred measured within 0.004 of it."""
MAX_CANDIDATES = 10_000


@traced("search_hybrid")
def search_hybrid(
    context: Context,
    tenant: str,
    name: str,
    query: object,
    text: str,
    *,
    limit: int,
    filter_: FilterLike | None,
    fusion: Fusion | None,
    candidates: int | None,
    text_candidates: int | None = None,
    explain: bool = False,
) -> Operation[Matches]:
    """Find the items that fit a vector and a text best."""
    limit = checked_limit(limit)
    check_text("the query text", text)
    fusion = check_fusion(fusion)
    candidates, text_candidates = _checked_candidates(candidates, text_candidates, limit)
    parsed = filters.parse(filter_)
    stored = yield from resolve(context, tenant, name, vectors=True)
    check_searchable(stored)
    encoded = encode_query(shape_of(stored), query)
    known = yield from known_frequencies(context, stored, vectors=True)
    scale = yield from calibration.scale(context, stored)
    seen = planning.digest_of(parsed)
    share = 1.0 if parsed is None else context.estimates.get(stored.id, seen)
    plan = planning.plan(stored, candidates, share, filtered=parsed is not None)
    note_plan(stored, name_of(stored, plan))
    asked = HybridQuery(
        encoded, str(text), limit, candidates, text_candidates, fusion, *scale, share
    )
    statement = statements.hybrid(stored, asked, parsed, plan, known)
    explanation = None
    if explain:
        before = [statements.settings(stored, plan)]
        reason = why(stored, plan, candidates, share)
        result, explanation = yield from analyzed(
            context, stored, before, statement, plan=plan, reason=reason, share=share
        )
    else:
        work = _with_settings(stored, plan, statement)
        result = yield from on_collection(context, stored, work, vectors=True)
    if share is None and result.rows and result.rows[0][8] is not None:
        context.estimates.put(stored.id, seen, result.rows[0][8])
    found = Matches([_match(row) for row in result.rows])
    found.explanation = explanation
    return found


def _match(row: Sequence[Any]) -> Match:
    id_, distance, score, text, metadata, vector_rank, text_rank, text_score, _ = row
    return Match(
        id_,
        distance,
        score,
        text,
        read_metadata(metadata),
        vector_rank=vector_rank,
        text_rank=text_rank,
        text_score=text_score,
    )


def _with_settings(stored: Stored, plan: Plan, statement: Statement) -> Work[Result]:
    def body() -> Steps[Result]:
        results: list[Result] = yield Many([statements.settings(stored, plan), statement])
        return results[1]

    return Work(body, replica=True)


def _checked_candidates(
    candidates: int | None, text_candidates: int | None, limit: int
) -> tuple[int, int]:
    if candidates is None:
        candidates = max(DEFAULT_CANDIDATES, limit)
    candidates = checked_whole("candidates", candidates)
    # who sizes each arm decides how many there are to choose from
    fewest = limit if text_candidates is None else 1
    if not fewest <= candidates <= MAX_CANDIDATES:
        msg = (
            f"candidates={candidates:,} must be at least limit ({limit:,}) and at most"
            f" {MAX_CANDIDATES:,}: each arm brings so many rows to choose from"
        )
        raise InvalidArgumentError(msg)
    if text_candidates is None:
        return candidates, candidates
    text_candidates = checked_whole("text_candidates", text_candidates)
    if text_candidates > MAX_CANDIDATES:
        msg = f"text_candidates={text_candidates:,} must be at most {MAX_CANDIDATES:,}"
        raise InvalidArgumentError(msg)
    return candidates, text_candidates


def check_fusion(fusion: Fusion | None) -> Fusion:
    """Give the fusion to use, the default for None.

    Raises:
        InvalidArgumentError: It is none, or has a weight out of range.
    """
    if fusion is None:
        return WeightedSum()
    if isinstance(fusion, WeightedSum):
        _check_number("WeightedSum alpha", fusion.alpha, 0, 1)
    elif isinstance(fusion, Rrf):
        _check_number("Rrf k", fusion.k, 0, 1e6)
        _check_number("Rrf vector_weight", fusion.vector_weight, 0, 1e6)
        _check_number("Rrf text_weight", fusion.text_weight, 0, 1e6)
        if not fusion.vector_weight + fusion.text_weight > 0:
            msg = "Rrf needs a vector_weight or a text_weight above 0"
            raise InvalidArgumentError(msg)
    else:
        msg = f"fusion must be WeightedSum(...), Rrf(...) or None, not {fusion!r}"
        raise InvalidArgumentError(msg)
    return fusion


def _check_number(what: str, value: object, low: float, high: float) -> None:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not low <= value <= high:  # type: ignore[operator]  # a number
        msg = f"{what}={value!r} must be a number from {low:g} to {high:,g}"
        raise InvalidArgumentError(msg)
