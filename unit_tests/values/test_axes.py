"""The plane of a map: what PCA by all of its directions gives, and where others lie on it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pgrecall import CollectionMap, DimensionMismatchError, InvalidArgumentError
from pgrecall._values.axes import principal_axes


def vectors(count: int, dimensions: int, scale: float = 1.0) -> Any:
    """Vectors that vary by direction as embeddings do: each less than the one before."""
    chance = np.random.default_rng(3)
    spread = 1.0 / np.arange(1, dimensions + 1)
    turned = np.linalg.qr(chance.standard_normal((dimensions, dimensions)))[0]
    made = chance.standard_normal((count, dimensions)) * spread @ turned + 0.3
    return (made * scale).astype(np.float32)


def drawn(given: Any, *, normalised: bool = False) -> CollectionMap:
    found = principal_axes(given.copy(), normalised=normalised)
    ids = [str(place) for place in range(len(given))]
    return CollectionMap(
        "docs", ids, found.xy, None, None, found.shares, found.mean, found.axes, normalised
    )


@pytest.mark.parametrize(("count", "dimensions"), [(400, 60), (40, 300), (7, 2), (2, 5), (5, 1)])
@pytest.mark.parametrize("scale", [1.0, 1e-35, 1e37])
def test_the_axes_are_those_of_the_whole_decomposition(
    count: int, dimensions: int, scale: float
) -> None:
    given = vectors(count, dimensions, scale)
    wide = given.astype(np.float64)
    _, sizes, axes = np.linalg.svd(wide - wide.mean(axis=0), full_matrices=False)
    shares = sizes**2 / (sizes**2).sum()

    found = drawn(given)

    assert found.explained == pytest.approx((*shares[:2], 0.0)[:2], abs=1e-4)
    assert np.abs(found.axes[0] @ axes[0]) == pytest.approx(1, abs=1e-4)
    assert found.xy[:, 0].std() == pytest.approx(((wide - wide.mean(axis=0)) @ axes[0]).std(), 1e-3)


def test_the_same_vectors_give_the_same_map_to_the_bit_and_the_same_way_up() -> None:
    given = vectors(300, 40)
    one, other = drawn(given), drawn(given)

    assert np.array_equal(one.xy, other.xy)
    assert (one.axes[np.arange(2), np.abs(one.axes).argmax(axis=1)] > 0).all()


def test_what_was_drawn_is_projected_to_where_it_lies() -> None:
    for normalised in (False, True):
        given = vectors(50, 8, 100.0)
        found = drawn(given, normalised=normalised)

        assert np.allclose(found.project(given), found.xy, rtol=1e-4, atol=1e-4)
        assert np.allclose(found.project(given[7]), found.xy[7], rtol=1e-4, atol=1e-4)
        assert found.project(given[7].tolist()).shape == (2,)
        assert found.project([]).shape == (0, 2)


def test_lengths_do_not_count_where_vectors_are_compared_by_cosine() -> None:
    given = vectors(50, 8)
    lengths = np.geomspace(1e-3, 1e3, 50, dtype=np.float32)[:, None]
    one, other = drawn(given, normalised=True), drawn(given * lengths, normalised=True)

    assert np.allclose(one.xy, other.xy, atol=1e-4)
    same_direction = drawn(np.ones((50, 8), np.float32) * lengths, normalised=True)
    assert not same_direction.xy.any()
    assert same_direction.explained == (0.0, 0.0)


@pytest.mark.parametrize("number", [0.0, 0.1, 3e38])
@pytest.mark.parametrize("count", [0, 1, 30])
def test_where_nothing_varies_all_lie_at_the_middle(count: int, number: float) -> None:
    found = drawn(np.full((count, 6), number, np.float32))

    assert found.xy.shape == (count, 2)
    assert not found.xy.any()
    assert found.explained == (0.0, 0.0)
    assert found.project(np.ones(6)).tolist() == [0.0, 0.0]
    assert len(found) == count


def test_vectors_along_one_line_have_one_axis() -> None:
    line = np.outer(np.arange(30), np.ones(5)).astype(np.float32)

    found = drawn(line)

    assert found.explained == pytest.approx((1.0, 0.0), abs=1e-6)
    assert np.allclose(found.xy[:, 1], 0, atol=1e-4)


def test_what_is_no_vector_of_the_collection_is_refused() -> None:
    found = drawn(vectors(20, 4))

    with pytest.raises(DimensionMismatchError, match="'docs' holds vectors of 4"):
        found.project([1.0, 2.0])
    for wrong in ("text", [[1, 2, 3, 4], [1]], 3, np.zeros((2, 2, 4)), None, [object()] * 4):
        with pytest.raises(InvalidArgumentError):
            found.project(wrong)  # type: ignore[arg-type]  # what a caller may give
    with pytest.raises(InvalidArgumentError, match="NaN"):
        found.project([1, 2, np.nan, 4])


def test_a_map_is_told_in_few_words() -> None:
    found = drawn(np.outer(np.arange(2_000), np.ones(3)).astype(np.float32))

    assert repr(found) == "CollectionMap('docs', 2,000 items, shown=1.0)"
