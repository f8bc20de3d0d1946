"""How far apart a collection's items lie: the scale on which a hybrid search reads distances."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pgrecall._operations.context import on_collection
from pgrecall._operations.work import one
from pgrecall._statements import registry
from pgrecall._statements import search as statements
from pgrecall._vectors import decode
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
# insufficient_privilege, read_only_sql_transaction, lock_not_available
_NOT_NOW = {"42501", "25006", "55P03"}


def spread(context: Context, stored: Stored) -> Operation[float | None]:
    """Give the spread of distances between items; measured once, and again after growth.

    Returns:
        None where the collection has too few vectors to tell.
    """
    settings = {**stored.settings, **context.calibrations.get(stored.id, {})}
    rows = float(settings.get("spread_rows", 0.0))
    if "spread" in settings and rows / _GROWTH <= stored.rows <= max(rows, 1.0) * _GROWTH:
        return float(settings["spread"])
    sampled = one(statements.sample_vectors(stored, SAMPLE, repeatable=True), replica=True)
    result = yield from on_collection(context, stored, sampled, vectors=True)
    vectors = [decode(stored.collection.storage, data) for _, data in result.rows]
    if len(vectors) < _FEWEST:
        return None
    measured = _spread(np.array(vectors, dtype=np.float64), stored.metric)
    found = {"spread": measured, "spread_rows": stored.rows}
    context.calibrations[stored.id] = found
    try:
        # kept for every client, where it need not wait: the same question scores alike everywhere
        yield one(registry.update_settings(stored, found, wait=False), writes=True)
    except (ConnectionFailedError, OutcomeUnknownError):
        return measured  # a replica answers while the primary is away
    except DatabaseError as error:
        if error.sqlstate not in _NOT_NOW:
            raise
    return measured


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
