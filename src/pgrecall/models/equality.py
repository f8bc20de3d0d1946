"""When two values are the same: vectors and metadata may hold arrays."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np


def are_same_vectors(left: object, right: object) -> bool:
    """Compare vectors by their numbers, whatever holds them."""
    if left is None or right is None:
        return left is right
    try:
        return bool(np.array_equal(np.asarray(left), np.asarray(right)))
    except ValueError:  # lists of several lengths, which are no vector: told when they are written
        return are_same(
            *(one.tolist() if isinstance(one, np.ndarray) else one for one in (left, right))
        )


def are_same(left: object, right: object) -> bool:
    """Compare what metadata may hold: arrays, wherever they stand, by their numbers."""
    if left is right:
        return True
    if hasattr(left, "__array__") or hasattr(right, "__array__"):
        return are_same_vectors(left, right)
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(are_same(left[key], right[key]) for key in left)
    for kind in (list, tuple):
        if isinstance(left, kind) and isinstance(right, kind):
            return len(left) == len(right) and all(map(are_same, left, right))
    return bool(left == right)
