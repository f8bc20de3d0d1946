"""One ranking of two: the fusions as SQL over every candidate, scored in both arms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import sql

from pgrecall.fusion import Rrf

if TYPE_CHECKING:
    from pgrecall.fusion import Fusion

ODDS_PRIOR = 4.0
"""Odds that make a score of one half: set so that a hybrid's first hits lie above it."""

TEXT_FLOOR = 2e-6
"""Spread of text scores, by their mean, below which they differ by rounding: ``ts_rank`` gives
single precision, of which this is sixteen roundings.
"""

_ODDS = sql.SQL("power(({value} + sqrt({value} * {value} + 4)) / 2, 2)")

# an item without a vector has no evidence in that arm, one without a matching term scores 0
_WEIGHTED = sql.SQL(
    "SELECT id, distance, text_score, vector_rank, text_rank, odds,"
    " odds / (odds + {prior}::float8) AS score FROM"
    " (SELECT *, %(alpha)s::float8 * coalesce({vector_odds}, 0)"
    " + (1 - %(alpha)s::float8) * {text_odds} AS odds FROM"
    " (SELECT *, (avg(distance) OVER () - distance) / nullif(coalesce(%(spread)s::float8,"
    " CASE WHEN stddev_pop(distance) OVER () > 0"
    " THEN greatest(stddev_pop(distance) OVER (), %(floor)s::float8) END), 0) AS vector_z,"
    " coalesce((text_score - avg(text_score) OVER ())"
    " / nullif(greatest(stddev_pop(text_score) OVER (),"
    " {text_floor} * avg(text_score) OVER ()), 0), 0) AS text_z"
    " FROM candidates) AS measured) AS weighed"
)

_RRF = sql.SQL(
    "SELECT id, distance, text_score, vector_rank, text_rank, score AS odds, score FROM"
    " (SELECT *, (coalesce(%(rrf_vector)s::float8 / (%(rrf_k)s::float8 + vector_rank), 0)"
    " + coalesce(%(rrf_text)s::float8 / (%(rrf_k)s::float8 + text_rank), 0))"
    " / ((%(rrf_vector)s::float8 + %(rrf_text)s::float8) / (%(rrf_k)s::float8 + 1)) AS score"
    " FROM candidates) AS ranked"
)


def fused(kind: type[Fusion]) -> sql.Composable:
    """Write the CTE that scores ``candidates``; its parameters are those of ``fusion_values``.

    Returns:
        A SELECT of id, distance, text_score, vector_rank, text_rank, odds (its order) and score.
    """
    if issubclass(kind, Rrf):
        return _RRF
    return _WEIGHTED.format(
        prior=sql.Literal(ODDS_PRIOR),
        text_floor=sql.Literal(TEXT_FLOOR),
        vector_odds=_ODDS.format(value=sql.SQL("vector_z")),
        text_odds=_ODDS.format(value=sql.SQL("text_z")),
    )


def fusion_values(fusion: Fusion, spread: float | None, floor: float) -> dict[str, float | None]:
    """Give the parameters of ``fused``.

    Args:
        fusion: Which fusion.
        spread: Spread of distances between the collection's items; None takes the query's own.
        floor: What the query's own is not below.
    """
    if isinstance(fusion, Rrf):
        weights = {"rrf_vector": fusion.vector_weight, "rrf_text": fusion.text_weight}
        return {"rrf_k": float(fusion.k), **{name: float(one) for name, one in weights.items()}}
    return {"alpha": float(fusion.alpha), "spread": spread, "floor": floor}
