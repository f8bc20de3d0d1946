"""What a mean over questions would be on other questions of the same kind."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

RESAMPLES = 2_000
"""Draws of a bootstrap: the ends of an interval of 95 % vary by a fortieth of its width."""
MANY = 2_000
"""Values that are drawn one by one at most: of more, how many of each, rounded to thousandths."""
_CHUNK = 1 << 21  # numbers that are drawn at once: 16 MB
_SEED = 18


class Interval(NamedTuple):
    """A mean over questions with its 95 % confidence interval.

    Attributes:
        value: The mean.
        low: Lower end of the interval; NaN, as ``high`` is, of one question.
        high: Upper end.
    """

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        """Write it as ``0.712 [0.661, 0.758]``, or ``0.712`` where no interval is known."""
        return self._written(".3f")

    def signed(self) -> str:
        """Write a difference, as ``+0.051 [-0.006, +0.104]``."""
        return self._written("+.3f")

    def _written(self, form: str) -> str:
        value = format(self.value, form)
        if math.isnan(self.low):
            return value
        return f"{value} [{self.low:{form}}, {self.high:{form}}]"


def mean_of(values: NDArray[np.float64]) -> Interval:
    """Give the mean and its interval, by the percentile bootstrap over questions.

    The same values give the same interval each time. One value tells nothing of others: its
    interval is not known. Efron, B., and Tibshirani, R. J. (1993): An
    Introduction to the Bootstrap, chapter 13.
    """
    if not len(values):
        return Interval(float("nan"), float("nan"), float("nan"))
    mean = float(values.mean())
    if len(values) == 1:
        return Interval(mean, float("nan"), float("nan"))
    if len(values) > MANY:
        means = _means_of_many(values)
    else:
        means = np.concatenate([values[drawn].mean(axis=1) for drawn in _draws(len(values))])
    low, high = np.quantile(means, (0.025, 0.975))
    return Interval(mean, float(low), float(high))


def _means_of_many(values: NDArray[np.float64]) -> NDArray[np.float64]:
    count = len(values)
    of_each, counts = np.unique(values.round(3), return_counts=True)
    drawn = np.random.default_rng(_SEED).multinomial(count, counts / count, RESAMPLES)
    means: NDArray[np.float64] = (drawn - counts) @ of_each / count + values.mean()
    return means


def _draws(count: int) -> Iterator[NDArray[np.int64]]:
    """Draw so many questions with repetition, RESAMPLES times, some at once."""
    random = np.random.default_rng(_SEED)
    step = max(1, min(RESAMPLES, _CHUNK // count))
    for first in range(0, RESAMPLES, step):
        yield random.integers(0, count, (min(step, RESAMPLES - first), count))
