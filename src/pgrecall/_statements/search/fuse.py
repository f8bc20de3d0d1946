"""One ranking of two: the fusions as SQL over every candidate, scored in both arms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import sql

from pgrecall.fusion import Rrf, WeightedSum

if TYPE_CHECKING:
    from pgrecall._statements.parameters import Parameters
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
    " (SELECT *, {alpha}::float8 * coalesce({vector_odds}, 0)"
    " + (1 - {alpha}::float8) * {text_odds} AS odds FROM"
    " (SELECT *, (avg(distance) OVER () - distance) / nullif(coalesce({spread}::float8,"
    " CASE WHEN stddev_pop(distance) OVER () > 0"
    " THEN greatest(stddev_pop(distance) OVER (), {floor}::float8) END), 0) AS vector_z,"
    " coalesce((text_score - avg(text_score) OVER ())"
    " / nullif(greatest(stddev_pop(text_score) OVER (),"
    " {text_floor} * avg(text_score) OVER ()), 0), 0) AS text_z"
    " FROM candidates) AS measured) AS weighed"
)

_RRF = sql.SQL(
    "SELECT id, distance, text_score, vector_rank, text_rank, score AS odds, score FROM"
    " (SELECT *, (coalesce({vector}::float8 / ({k}::float8 + vector_rank), 0)"
    " + coalesce({text}::float8 / ({k}::float8 + text_rank), 0))"
    " / (({vector}::float8 + {text}::float8) / ({k}::float8 + 1)) AS score"
    " FROM candidates) AS ranked"
)


def fused(
    fusion: Fusion, spread: float | None, floor: float, parameters: Parameters
) -> sql.Composable:
    """Write the CTE that scores ``candidates``.

    Args:
        fusion: Which fusion.
        spread: Spread of distances between the collection's items; None takes the query's own.
        floor: What the query's own is not below.
        parameters: Takes the values in.

    Returns:
        A SELECT of id, distance, text_score, vector_rank, text_rank, odds (its order) and score.
    """
    if isinstance(fusion, Rrf):
        return _RRF.format(
            k=parameters.add(float(fusion.k)),
            vector=parameters.add(float(fusion.vector_weight)),
            text=parameters.add(float(fusion.text_weight)),
        )
    return _weighted(fusion, spread, floor, parameters)


def _weighted(
    fusion: WeightedSum, spread: float | None, floor: float, parameters: Parameters
) -> sql.Composable:
    return _WEIGHTED.format(
        alpha=parameters.add(float(fusion.alpha)),
        prior=sql.Literal(ODDS_PRIOR),
        spread=parameters.add(spread),
        floor=parameters.add(floor),
        text_floor=sql.Literal(TEXT_FLOOR),
        vector_odds=_ODDS.format(value=sql.SQL("vector_z")),
        text_odds=_ODDS.format(value=sql.SQL("text_z")),
    )
