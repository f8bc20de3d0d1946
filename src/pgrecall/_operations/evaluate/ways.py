"""What ``tune_fusion`` may try beside the weight: candidates, and how much titles count."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice, product
from typing import TYPE_CHECKING, Any

from pgrecall._operations.search.fusing import MOST_TITLE_WEIGHT, Fusing
from pgrecall._operations.search.options import MAX_CANDIDATES
from pgrecall._values.conversions import listed
from pgrecall._values.numbers import checked_whole, real_number, show
from pgrecall.errors import InvalidArgumentError
from pgrecall.evaluation.weights import K

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall._statements.layout import Stored

CANDIDATES = (50, 100, 200)
TITLE_WEIGHTS = (1.0, 2.0, 4.0, 8.0)
_MOST = 20  # values of one kind: each is asked with each of the other kind


def checked_candidates(given: object) -> list[int]:
    """Give the numbers of candidates to try; none where none was asked for.

    Raises:
        InvalidArgumentError: They cannot be used.
    """
    return [
        checked_whole("candidates", one, K, MAX_CANDIDATES)
        for one in _several("candidates", given, CANDIDATES)
    ]


def checked_title_weights(given: object) -> list[float]:
    """Give the weights of titles to try; none where none was asked for.

    Raises:
        InvalidArgumentError: They cannot be used.
    """
    weights = []
    for one in _several("title_weight", given, TITLE_WEIGHTS):
        number = real_number(one)
        if number is None or not 1 <= number <= MOST_TITLE_WEIGHT:
            msg = f"title_weight={show(one)} must be a number from 1 to {MOST_TITLE_WEIGHT:g}"
            raise InvalidArgumentError(msg)
        weights.append(number)
    return weights


def ways(stored: Stored, candidates: Sequence[int], weights: Sequence[float]) -> list[Fusing]:
    """Give the ways of searching to try, the default's first.

    Raises:
        InvalidArgumentError: Titles are to count, and there are none.
    """
    if weights and stored.collection.title is None:
        msg = (
            f"title_weight is tried where a collection has a title, and"
            f" {stored.collection.name!r} has none: Collection(title=...) names the metadata key"
        )
        raise InvalidArgumentError(msg)
    usual = Fusing()
    tried = product(
        dict.fromkeys([usual.candidates, *candidates]),
        dict.fromkeys([usual.title_weight, *weights]),
    )
    return [Fusing(candidates=rows, title_weight=weight) for rows, weight in tried]


def _several(what: str, given: object, usual: Sequence[Any]) -> Sequence[Any]:
    if given is False:
        return ()
    if given is True:
        return usual
    several = listed(given)
    # an array of one number alone says that it can be read through, and cannot
    no_list = isinstance(several, str | bytes) or getattr(several, "ndim", 1) == 0
    if no_list or not isinstance(several, Iterable):
        msg = (
            f"{what} must be True for {', '.join(f'{one:g}' for one in usual)}, a list of what to"
            f" try, or False, not {show(given)}"
        )
        raise InvalidArgumentError(msg)
    values = list(islice(several, _MOST + 1))
    if not 1 <= len(values) <= _MOST:
        msg = f"{what} has {'no' if not values else 'too many'} values to try: give 1 to {_MOST}"
        raise InvalidArgumentError(msg)
    return values
