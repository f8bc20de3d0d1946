"""Which weight of the vector arm is worth taking, by questions whose answers are known."""

from __future__ import annotations

from statistics import NormalDist
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from pgrecall.evaluation.intervals import Interval, mean_of
from pgrecall.evaluation.measures import ndcg
from pgrecall.fusion import WeightedSum

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from pgrecall.models import Match

K = 10
"""Answers that count."""
ARMS = (1.0, 0.0)
"""Weights by which a hybrid search gives what each arm alone says of every candidate."""

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
_ALIKE = 1e-9
_PLACE = TRIED.index(DEFAULT)


def by_weight(
    grades: Mapping[str, float], by_vector: Iterable[Match], by_words: Iterable[Match]
) -> list[float]:
    """Give the nDCG of the order that each of ``TRIED`` makes of a question's candidates.

    Args:
        grades: The question's.
        by_vector: All candidates of a hybrid search, by the first of ``ARMS``.
        by_words: The same, by the second.
    """
    odds: dict[str, list[float]] = {}
    for arm, matches in enumerate((by_vector, by_words)):
        for match in matches:
            odds.setdefault(match.id, [0.0, 0.0])[arm] = _odds(match.score)
    ids = sorted(odds)  # ties go by id
    arms = np.array([odds[id_] for id_ in ids]).reshape(len(ids), 2)
    found = []
    for alpha in TRIED:
        order = np.argsort(-(alpha * arms[:, 0] + (1 - alpha) * arms[:, 1]), kind="stable")[:K]
        found.append(ndcg(grades, [ids[place] for place in order], K))
    return found


def _odds(score: float) -> float:
    """Give the odds that a score was made of, but for a factor that all have."""
    return score / max(1.0 - score, np.finfo(float).tiny)


class Choice(NamedTuple):
    """A weight, and what to expect of it.

    Attributes:
        alpha: The weight; the default where no other is shown to be better.
        gain: What choosing so gained over the default on questions that were not chosen by: the
            mean of nDCG, with its interval.
        way: The place of the way of searching that is taken, among those that were tried.
    """

    alpha: float
    gain: Interval
    way: int = 0


def chosen(ndcg: NDArray[Any], ways: Sequence[tuple[float, ...]] = ((1.0,),)) -> Choice:
    """Choose a weight, and a way of searching where there are several, by questions' nDCG.

    A weight is taken where even the lower end of the 95 % interval of its gain over the default is
    above 0, and of several the one whose lower end is highest: with few questions, or arms that are
    alike, the interval is wide and the default stays. It is taken as far as there are questions for
    it, n / (n + 20) of the way from the default. What to expect is found by leaving a fifth of
    the questions out in turn and choosing by the others: the best of many weights on the same
    questions is always better there than elsewhere.

    Another way of searching is taken where the best weight with it is shown to be better than the
    best weight without, by an interval that is the wider the more ways are tried, and where
    choosing among the ways gains more on questions left out than the weight alone. It too is taken
    as far as there are questions for it.

    Args:
        ndcg: A row for each question, of a column for each of ``TRIED``; or of as many such rows as
            there are ways.
        ways: What each way of searching sets, numbers above 0; the first is the default's.
    """
    count = len(ndcg)
    if count < FEWEST:
        return Choice(DEFAULT, mean_of(np.zeros(count)))
    cube = ndcg.reshape(count, len(ways), len(TRIED))
    taken, expected = _chosen(cube[:, :1], ways[:1])
    if len(ways) > 1:
        with_ways = _chosen(cube, ways)
        if with_ways[1].value > expected.value:
            taken, expected = with_ways
    way, place = taken if expected.value > 0 else (0, _PLACE)
    return Choice(TRIED[place], expected, way)


def _chosen(
    cube: NDArray[Any], ways: Sequence[tuple[float, ...]]
) -> tuple[tuple[int, int], Interval]:
    """Give the places of the best way and weight, and what choosing so gains elsewhere."""
    held_out = np.empty(len(cube))
    every = np.arange(len(cube))
    order = np.random.default_rng(0).permutation(len(cube))
    for fold in range(_FOLDS):
        left_out = order[fold::_FOLDS]
        way, place = _best(cube, ways, np.delete(every, left_out))
        held_out[left_out] = _gain(cube, left_out, (way, place), (0, _PLACE))
    return _best(cube, ways, every), mean_of(held_out)


def _gain(
    cube: NDArray[Any], rows: NDArray[np.intp], one: tuple[int, int], other: tuple[int, int]
) -> NDArray[np.float64]:
    """Give what some questions gain by the places of a way and a weight over others."""
    gained: NDArray[np.float64] = cube[(rows, *one)].astype(np.float64)
    gained -= cube[(rows, *other)]
    return gained


def _best(
    cube: NDArray[Any], ways: Sequence[tuple[float, ...]], rows: NDArray[np.intp]
) -> tuple[int, int]:
    """Give the places of the way and the weight that questions show to be best."""
    share = len(rows) / (len(rows) + SHRUNK_BY)
    usual = (0, _best_weight(cube, rows, 0, share))
    lows = [0.0]  # of the default's
    for way in range(1, len(ways)):
        one = (way, _best_weight(cube, rows, way, share))
        lows.append(float(_low(_gain(cube, rows, one, usual), len(ways) - 1)))
    best = int(np.argmax(lows))
    if not best:
        return usual
    # so far from the default's as there are questions for it, by the ratio to each of its numbers
    scales = np.log(np.array(ways) / np.array(ways[0]))
    way = int(np.argmin(np.abs(scales - share * scales[best]).sum(axis=1)))
    return way, _best_weight(cube, rows, way, share)


def _best_weight(cube: NDArray[Any], rows: NDArray[np.intp], way: int, share: float) -> int:
    found: NDArray[np.float64] = cube[rows, way].astype(np.float64)
    low = _low(found - found[:, [_PLACE]])
    distances = np.abs(np.array(TRIED) - DEFAULT)
    # of weights that are alike, the one nearest to the default
    place = int(np.argmin(np.where(low >= low.max() - _ALIKE, distances, np.inf)))
    shrunk = DEFAULT + (TRIED[place] - DEFAULT) * share
    return int(np.argmin(np.abs(np.array(TRIED) - shrunk)))


def _low(gains: NDArray[np.float64], tried: int = 1) -> Any:
    """Give the lower ends of the means' intervals, of the best of so many that were tried."""
    count = len(gains)
    z = NormalDist().inv_cdf(1 - 0.025 / tried)
    # Student's quantile by its first term beyond the normal one's
    wide = z + (z**3 + z) / (4 * (count - 1))
    return gains.mean(axis=0) - wide * gains.std(axis=0, ddof=1) / np.sqrt(count)
