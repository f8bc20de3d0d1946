"""How far apart a collection's items lie: the scale on which a hybrid search reads distances."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from pgrecall._operations.context import on_collection
from pgrecall._operations.work import one
from pgrecall._statements.collections import registry
from pgrecall._statements.search import vector as statements
from pgrecall._values.vectors import decode
from pgrecall.errors import ConnectionFailedError, DatabaseError, OutcomeUnknownError
from pgrecall.models import Metric

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation
    from pgrecall._statements.layout import Stored

SAMPLE = 300
"""Items whose pairs are measured: their spread is known within 1 to 4 % then."""
_FEWEST = 20
_GROWTH = 4.0
_NORMAL = 1.349
"""Quartiles of a normal distribution lie this many standard deviations apart."""
_ROUNDINGS = 16.0
_EPSILON = float(np.finfo(np.float32).eps)
# insufficient_privilege, read_only_sql_transaction, lock_not_available
_NOT_NOW = {"42501", "25006", "55P03"}


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
    """Give the spread of distances between items; measured once, and again after growth."""
    settings = {**stored.settings, **(context.calibrations.get(stored.id) or {})}
    rows = float(settings.get("spread_rows", 0.0))
    if "spread" in settings and rows / _GROWTH <= stored.rows <= max(rows, 1.0) * _GROWTH:
        floor = float(settings.get("spread_floor", 0.0)) or _floor(stored, np.empty((0, 0)))
        return Scale(max(float(settings["spread"]), floor), floor)
    sampled = one(statements.sample_vectors(stored, SAMPLE, repeatable=True), replica=True)
    result = yield from on_collection(context, stored, sampled, vectors=True)
    decoded = [decode(stored.collection.storage, data) for _, data in result.rows]
    vectors = np.array(decoded, dtype=np.float64)
    floor = _floor(stored, vectors)
    if len(vectors) < _FEWEST:
        return Scale(None, floor)
    measured = max(_spread(vectors, stored.metric), floor)
    found = {"spread": measured, "spread_floor": floor, "spread_rows": stored.rows}
    context.calibrations.put(stored.id, found)
    try:
        # kept for every client, where it need not wait: the same question scores alike everywhere
        yield one(registry.update_settings(stored, found, wait=False), writes=True)
    except (ConnectionFailedError, OutcomeUnknownError):
        return Scale(measured, floor)  # a replica answers while the primary is away
    except DatabaseError as error:
        if error.sqlstate not in _NOT_NOW:
            raise
    return Scale(measured, floor)


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
