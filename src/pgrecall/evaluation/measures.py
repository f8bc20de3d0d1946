"""How good an answer is: the measures of one question, as trec_eval counts them.

Each takes the grades of a question's relevant items, all above 0, the ids that were found, best
first, and how many of them count.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence


def ndcg(grades: Mapping[str, float], ids: Sequence[str], k: int) -> float:
    """Give the discounted gain against that of the best order, 0 to 1.

    An item's gain is its grade; the best order is of all relevant items, found or not.
    Järvelin, K., and Kekäläinen, J. (2002): Cumulated gain-based evaluation of IR techniques.
    """
    best = sorted(grades.values(), reverse=True)
    return _gain(grades.get(id_, 0.0) for id_ in ids[:k]) / _gain(best[:k])


def _gain(grades: Iterable[float]) -> float:
    return sum(grade / math.log2(place + 2) for place, grade in enumerate(grades))


def recall(grades: Mapping[str, float], ids: Sequence[str], k: int) -> float:
    """Give the share of the relevant items that were found, 0 to 1."""
    return sum(id_ in grades for id_ in ids[:k]) / len(grades)


def reciprocal_rank(grades: Mapping[str, float], ids: Sequence[str], k: int) -> float:
    """Give 1 / the place of the first relevant item; 0 where there is none."""
    places = (place for place, id_ in enumerate(ids[:k], 1) if id_ in grades)
    return 1 / next(places, math.inf)


def hit(grades: Mapping[str, float], ids: Sequence[str], k: int) -> float:
    """Give 1 where a relevant item was found, else 0."""
    return float(any(id_ in grades for id_ in ids[:k]))


MEASURES: dict[str, Callable[[Mapping[str, float], Sequence[str], int], float]] = {
    "ndcg": ndcg,
    "recall": recall,
    "mrr": reciprocal_rank,
    "hit_rate": hit,
}
"""By the name of its mean over questions."""

_SHOWN = {"ndcg": "nDCG@{}", "recall": "recall@{}", "mrr": "MRR", "hit_rate": "hit rate"}


def check_measure(measure: str) -> None:
    """Raise InvalidArgumentError unless there is such a measure."""
    if measure not in MEASURES:
        msg = f"measure must be one of {', '.join(MEASURES)}, not {measure!r}"
        raise InvalidArgumentError(msg)


def title_of(measure: str, k: int) -> str:
    """Give a measure's name above a plot, with its interval."""
    return f"{_SHOWN[measure].format(k)} [95 %]"
