"""Mirror a row at the span of its neighbours, or move it: a question that is stored nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pgrecall._operations.items.items import shape_of
from pgrecall._values.vectors import Encoded, decode, encode_query
from pgrecall.errors import InvalidArgumentError
from pgrecall.models import Metric

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from pgrecall._statements.layout import Stored

_TRACE = 1e-7
_ON_THE_WAY = 0.3
_OF_DIRECTIONS = (Metric.COSINE, Metric.IP)
"""What ranks rows alike for a question of any length: among vectors of many lengths nearly every
mirror image would seem near otherwise, as the long ones that are found lie far from a short one."""
_BEYOND = 10  # farther from the vector than so many of its neighbours


def between(stored: Stored, data: bytes, another: bytes) -> Encoded:
    """Give a vector on the way from one to another."""
    own, other = decoded(stored, [data, another])
    return encoded(stored, own + _ON_THE_WAY * (other - own), data)


def decoded(stored: Stored, vectors: Sequence[bytes]) -> NDArray[Any]:
    """Give vectors, one a row, of length 1 where it is their directions that are compared."""
    storage = stored.collection.storage
    rows = np.array([decode(storage, one) for one in vectors], dtype=np.float64)
    if stored.metric in _OF_DIRECTIONS:
        rows /= np.linalg.norm(rows, axis=1, keepdims=True) + np.finfo(float).tiny
    return rows


def encoded(stored: Stored, image: NDArray[Any], data: bytes) -> Encoded:
    """Give a question's binary form, or a row's own where the question has none."""
    try:
        return encode_query(shape_of(stored), image)
    except InvalidArgumentError:
        return Encoded(data)  # too large for its numbers, or without a direction


def mirrored(stored: Stored, data: bytes, near: Sequence[bytes]) -> Encoded:
    """Mirror a vector at the span of its neighbours: of fewer where it would come to lie near."""
    if not near:
        return Encoded(data)
    both = decoded(stored, [data, *near])
    own, others = both[0], both[1:]
    beyond = np.linalg.norm(own - others[:_BEYOND], axis=1).max()
    image, count = own, len(others)
    try:
        while count:
            image = 2 * _projected(own, others[:count].T) - own
            if np.linalg.norm(image - own) >= beyond:
                break
            count //= 2
    except np.linalg.LinAlgError:
        image = own
    return encoded(stored, image, data)


def _projected(own: NDArray[Any], span: NDArray[Any]) -> NDArray[Any]:
    square = span.T @ span
    # a trace more than nothing: neighbours that are alike have a solution too
    square[np.diag_indices_from(square)] += _TRACE * (square.trace() or 1.0)
    found: NDArray[Any] = span @ np.linalg.solve(square, span.T @ own)
    return found
