"""Chooses among a search's candidates by maximal marginal relevance over their scores."""

from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from pgrecall.mmr import diverse_order, unit_rows
from pgrecall.models import Metric

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Sequence

    from pgrecall._operations.search.options import SearchOptions
    from pgrecall.models import Match

    Found = tuple[Match, str | None]


def diverse(found: Sequence[Found], options: SearchOptions, metric: Metric) -> list[Match]:
    """Give the page that is asked for of the candidates, or of their groups, in the order chosen.

    Args:
        found: The candidates, best first, with their vectors, each with its group as JSON.
        options: What is asked.
        metric: The collection's.
    """
    if not found:
        return []
    by_product = metric is Metric.IP and not hasattr(options, "fusion") and not options.boosts
    relevance = [_logistic(one.score) if by_product else one.score for one, _ in found]
    matches = [match for match, _ in found]
    keys = [group_key(match, None if group is None else _exact(group)) for match, group in found]
    return page_of(matches, order_of(matches, relevance, options), keys, options)


def order_of(
    matches: Sequence[Match], relevance: Sequence[float], options: SearchOptions
) -> Iterator[int]:
    """Give the places of matches, which have their vectors, in the order that they are chosen.

    Args:
        matches: One at least, best first.
        relevance: How well each fits what is searched for, 0 to 1.
        options: What is asked.
    """
    dimensions = next((len(one.vector) for one in matches if one.vector is not None), 1)
    nothing = np.zeros(dimensions)  # an item without a vector is like no other
    vectors = [nothing if one.vector is None else one.vector for one in matches]
    return diverse_order(
        np.array(relevance, dtype=np.float64),
        unit_rows(np.array(vectors, dtype=np.float64)),
        lambda_mult=getattr(options, "lambda_mult", 1.0),
    )


def page_of(
    matches: Sequence[Match],
    order: Iterable[int],
    keys: Sequence[Hashable],
    options: SearchOptions,
) -> list[Match]:
    """Give the page that is asked for of matches, or of their groups.

    Args:
        matches: The candidates.
        order: Their places, best first; no more of it is taken than the page needs.
        keys: The group of each, from ``group_key``; without ``group_by`` nothing is asked of them.
        options: What is asked.
    """
    if options.group_by is not None:
        page = _page_of_groups(matches, order, keys, options)
    else:
        page = [matches[place] for place in islice(order, options.offset, options.last)]
    if options.include_vectors:
        return page
    return [match if match.vector is None else replace(match, vector=None) for match in page]


def group_key(match: Match, value: Any) -> Hashable:
    """Give what matches of one group share: a value, or None where a match is a group alone."""
    return ("id", match.id) if value is None else ("value", _comparable(value))


def _page_of_groups(
    matches: Sequence[Match],
    order: Iterable[int],
    keys: Sequence[Hashable],
    options: SearchOptions,
) -> list[Match]:
    """Choose until each group of the page has its matches."""
    sizes = Counter(keys)
    groups: dict[Hashable, list[Match]] = {}
    lacking = 0  # matches that the groups begun so far are still to get
    for place in order:
        key = keys[place]
        if key not in groups:
            if len(groups) == options.last:
                continue
            groups[key] = []
            lacking += min(options.per_group, sizes[key])
        if len(groups[key]) < options.per_group:
            groups[key].append(matches[place])
            lacking -= 1
        if not lacking and len(groups) == options.last:
            break
    return [one for members in list(groups.values())[options.offset :] for one in members]


def _exact(group: str) -> Any:
    """Read a group's value with every digit of its numbers."""
    return json.loads(group, parse_int=Decimal, parse_float=Decimal)


def _comparable(value: Any) -> Hashable:
    """Give what JSON values share that are equal as jsonb: 1 is 1.0, and True is no number."""
    if isinstance(value, dict):
        return frozenset((key, _comparable(one)) for key, one in value.items())
    if isinstance(value, list):
        return tuple(map(_comparable, value))
    return (isinstance(value, bool), value)


def _logistic(product: float) -> float:
    return 0.5 * (1.0 + math.tanh(product / 2.0))
