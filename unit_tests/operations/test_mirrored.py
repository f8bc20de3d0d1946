"""A question made of a row is as far from the row's neighbours as the row, and far from it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from unit_tests.operations.indexed import stored

from pgrecall import Metric
from pgrecall._operations.indexes.mirrored import mirrored
from pgrecall._operations.items.items import shape_of
from pgrecall._values.vectors import decode, encode_query

if TYPE_CHECKING:
    from numpy.typing import NDArray

DIMENSIONS, NEIGHBOURS = 64, 4


def around(lengths: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Give a row and its neighbours, of these lengths: all in about one direction."""
    random = np.random.default_rng(3)
    rows = random.standard_normal(DIMENSIONS) + 0.3 * random.standard_normal(
        (NEIGHBOURS + 1, DIMENSIONS)
    )
    rows *= lengths[:, None] / np.linalg.norm(rows, axis=1, keepdims=True)
    return rows[0], rows[1:]


@pytest.mark.parametrize(
    ("metric", "longer"),
    [(Metric.COSINE, 1.0), (Metric.COSINE, 9.0), (Metric.IP, 1.0), (Metric.IP, 9.0)],
    ids=str,
)
def test_a_mirror_image_compares_with_the_neighbours_as_the_row_does(
    metric: Metric, longer: float
) -> None:
    kept = stored()
    kept = replace(kept, collection=replace(kept.collection, metric=metric, dimensions=DIMENSIONS))
    own, near = around(np.array([1.0] + [longer] * NEIGHBOURS))
    shape = shape_of(kept)

    data, *others = (bytes(encode_query(shape, one)) for one in (own, *near))
    image = decode(kept.collection.storage, mirrored(kept, data, others))

    as_far = (image @ near.T) / (own @ near.T)
    assert as_far == pytest.approx([as_far[0]] * NEIGHBOURS, rel=1e-3)

    def cosine(one: NDArray[Any]) -> float:
        return float(one @ own / np.linalg.norm(one) / np.linalg.norm(own))

    assert cosine(image) < min(map(cosine, near))
