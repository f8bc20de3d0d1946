"""Which weight of the vector arm is worth taking, by questions whose answers are known."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from pgrecall.evaluation.intervals import Interval, mean_of
from pgrecall.fusion import WeightedSum

if TYPE_CHECKING:
    from numpy.typing import NDArray

DEFAULT = WeightedSum().alpha
TRIED = (
    *(step / 20 for step in range(19)),
    *(0.925, 0.95, 0.975, 0.99, 1.0),
)
"""Weights that are tried: closer to one another where vectors have nearly all of it."""

FEWEST = 10
"""Questions below which nothing can be told."""
SHRUNK_BY = 20
"""Questions that the default counts as: with so many, a weight is taken half of the way to it."""
_FOLDS = 5
_Z = 1.959964  # the normal distribution's 97.5 % quantile
_PLACE = TRIED.index(DEFAULT)


class Choice(NamedTuple):
    """A weight, and what to expect of it.

    Attributes:
        alpha: The weight; the default where no other is shown to be better.
        gain: What choosing so gained over the default on questions that were not chosen by: the
            mean of nDCG, with its interval.
    """

    alpha: float
    gain: Interval


def chosen(ndcg: NDArray[np.float64]) -> Choice:
    """Choose a weight by nDCG, a row for each question and a column for each of ``TRIED``.

    A weight is taken where even the lower end of the 95 % interval of its gain over the default is
    above 0, and of several the one whose lower end is highest: with few questions, or arms that are
    alike, the interval is wide and the default stays. It is taken as far as there are questions for
    it, n / (n + 20) of the way from the default. What to expect is found by leaving a fifth of
    the questions out in turn and choosing by the others: the best of many weights on the same
    questions is always better there than elsewhere.
    """
    if len(ndcg) < FEWEST:
        return Choice(DEFAULT, mean_of(np.zeros(len(ndcg))))
    gains = ndcg - ndcg[:, [_PLACE]]
    held_out = np.empty(len(gains))
    order = np.random.default_rng(0).permutation(len(gains))
    for fold in range(_FOLDS):
        left_out = order[fold::_FOLDS]
        rest = np.delete(gains, left_out, axis=0)
        held_out[left_out] = gains[left_out, _best(rest)]
    expected = mean_of(held_out)
    place = _best(gains) if expected.value > 0 else _PLACE
    return Choice(TRIED[place], expected)


def _best(gains: NDArray[np.float64]) -> int:
    count = len(gains)
    # Student's quantile by its first term beyond the normal one's
    wide = _Z + (_Z**3 + _Z) / (4 * (count - 1))
    low = gains.mean(axis=0) - wide * gains.std(axis=0, ddof=1) / np.sqrt(count)
    place = int(np.argmax(low))
    if low[place] <= 0:
        return _PLACE
    shrunk = DEFAULT + (TRIED[place] - DEFAULT) * count / (count + SHRUNK_BY)
    return int(np.argmin(np.abs(np.array(TRIED) - shrunk)))
