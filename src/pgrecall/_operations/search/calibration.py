"""How far apart a collection's items lie: the scale on which a hybrid search reads distances."""

from __future__ import annotations

import math
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from pgrecall._operations.context import look_up
from pgrecall._operations.on_table import on_collection
from pgrecall._operations.work import Work, one
from pgrecall._statements.collections import registry
from pgrecall._statements.search import drawing
from pgrecall._values.kept_numbers import MOST_ROWS, number_of
from pgrecall._values.vectors import decode
from pgrecall.errors import PgRecallError
from pgrecall.models import Metric

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation, Steps
    from pgrecall._statements.layout import Stored
    from pgrecall._statements.statement import Statement
    from pgrecall.models import Collection

SAMPLE = 300
"""Items whose pairs are measured: their spread is known within 1 to 4 % then."""
WORTH_KEEPING = 1_000
"""Rows from which what one client measured is kept for all."""
_FEWEST = 20
_GROWTH = 4.0
_NORMAL = 1.349
"""Quartiles of a normal distribution lie this many standard deviations apart."""
_ROUNDINGS = 16.0
_EPSILON = float(np.finfo(np.float32).eps)
_WIDEST = 2 * float(np.finfo(np.float32).max) ** 2
"""A spread at most: no product of numbers in single precision is greater, for what it is worth."""


class Scale(NamedTuple):
    """What a difference of distances is measured by.

    Attributes:
        spread: The spread of distances between items, never below ``floor``; None where there
            are too few vectors to tell.
        floor: Below this, differences of distances are rounding.
    """

    spread: float | None
    floor: float


def scale(context: Context, stored: Stored) -> Operation[Scale]:
    """Give the spread of distances between items, as the registry has it.

    A reader who finds none there, or one of far fewer items, measures it for itself: it keeps it in
    memory and writes nothing. ``keeping`` is for those who look after a collection.
    """
    for settings in (stored.settings, context.calibrations.get(stored.id) or {}):
        spread = number_of(settings, "spread", 0, _WIDEST)
        if spread is not None and not is_old(settings, stored.rows):
            floor = number_of(settings, "spread_floor", 0, _WIDEST)
            floor = floor or _floor(stored, np.empty((0, 0)))
            return Scale(max(spread, floor), floor)
    sampled = one(_sample(stored), replica=True)
    result = yield from on_collection(context, stored, sampled, vectors=True)
    measured = _scale_of(stored, result.rows)
    if measured.spread is not None:
        context.calibrations.put(stored.id, _settings(stored, measured))
    return measured


def is_old(settings: Mapping[str, object], rows: float) -> bool:
    """Tell whether a spread was never measured, or when there were far fewer items, or far more."""
    measured = number_of(settings, "spread_rows", 0, MOST_ROWS)
    if measured is None:
        return True
    return not measured / _GROWTH <= rows <= max(measured, 1.0) * _GROWTH


def keeping(stored: Stored) -> Steps[tuple[dict[str, float], bool]]:
    """Measure the spread and keep it for every client: the same question scores alike everywhere.

    Where there are too few vectors, the rows alone are kept: nobody looks again before they grow.

    Returns:
        What was measured, and whether it was kept: not where another changes the registry's row.
    """
    result = yield _sample(stored)
    found = _settings(stored, _scale_of(stored, result.rows))
    kept = yield registry.update_settings(stored, found, wait=False)
    return found, kept.touched > 0


def keep_after(
    context: Context, tenant: str, name: str, written: int | None = None
) -> Operation[None]:
    """End a load or a build with it, where it is due.

    What was loaded and built is there, whatever becomes of this: maintenance comes back to it.

    Args:
        context: The store's.
        tenant: The tenant.
        name: The collection's name.
        written: Rows of a load; few are not worth the look.
    """
    if context.is_callers or (written is not None and written < SAMPLE):
        return
    with suppress(PgRecallError):
        stored = yield from look_up(context, tenant, name)
        if stored is not None and is_due(stored.collection, stored.settings, stored.rows):
            work = Work(partial(keeping, stored), writes=True, transaction=True)
            found, _ = yield from on_collection(context, stored, work)
            context.calibrations.put(stored.id, found)


def is_due(collection: Collection, settings: Mapping[str, object], rows: float) -> bool:
    """Tell whether a collection's spread should be measured for every client.

    Of few rows each reader looks at all: every one finds the same.
    """
    return collection.text_search is not None and rows >= WORTH_KEEPING and is_old(settings, rows)


def _sample(stored: Stored) -> Statement:
    return drawing.sample_vectors(stored, SAMPLE, repeatable=True)


def _scale_of(stored: Stored, rows: Sequence[tuple[Any, ...]]) -> Scale:
    decoded = [decode(stored.collection.storage, data) for _, data in rows]
    vectors = np.array(decoded, dtype=np.float64)
    floor = _floor(stored, vectors)
    if len(vectors) < _FEWEST:
        return Scale(None, floor)
    return Scale(max(_spread(vectors, stored.metric), floor), floor)


def _settings(stored: Stored, measured: Scale) -> dict[str, float]:
    found = {"spread_rows": stored.rows}
    if measured.spread is not None:
        found |= {"spread": measured.spread, "spread_floor": measured.floor}
    return found


def _floor(stored: Stored, vectors: NDArray[Any]) -> float:
    """Give the spread that rounding alone makes, sixteen times over.

    pgvector adds products in single precision, each rounded by half of ``_EPSILON``: a sum of n of
    them is off by some sqrt(n) roundings of its size, which is 1 under cosine and the squared
    length under ip. Under l2 and l1 near numbers are subtracted without rounding, but were rounded
    when they were stored. Sixteen of these are 0.0002 under cosine in 16,000 dimensions and 0.00004
    in 384, which is a thousandth of the spread that embeddings have.
    """
    length = float(np.linalg.norm(vectors, axis=1).mean()) if len(vectors) else 0.0
    summed = math.sqrt(stored.dimensions)
    match stored.metric:
        case Metric.COSINE:
            size = summed
        case Metric.IP:
            size = summed * length * length
        case _:
            size = length
    return _ROUNDINGS * _EPSILON * size


def _spread(vectors: NDArray[Any], metric: Metric) -> float:
    distances = _pairs(vectors, metric)[np.triu_indices(len(vectors), 1)]
    low, high = np.quantile(distances, (0.25, 0.75))
    # quartiles, so that a few near-duplicates do not widen it
    return float((high - low) / _NORMAL)


def _pairs(vectors: NDArray[Any], metric: Metric) -> NDArray[Any]:
    if metric is Metric.L1:
        return np.array([np.abs(vectors - row).sum(axis=1) for row in vectors])
    if metric is Metric.COSINE:
        vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    products: NDArray[Any] = vectors @ vectors.T
    if metric is not Metric.L2:
        return -products
    squares = np.diag(products)
    distances: NDArray[Any] = squares[:, None] + squares[None, :] - 2 * products
    lengths: NDArray[Any] = np.sqrt(np.maximum(distances, 0))
    return lengths
