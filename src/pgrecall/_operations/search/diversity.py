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
    from collections.abc import Hashable, Iterator, Sequence

    from pgrecall._operations.search.options import SearchOptions
    from pgrecall.models import Match

    Found = tuple[Match, str | None]


def diverse(found: Sequence[Found], options: SearchOptions, metric: Metric) -> list[Found]:
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
    dimensions = next((len(one.vector) for one, _ in found if one.vector is not None), 1)
    nothing = np.zeros(dimensions)  # an item without a vector is like no other
    vectors = [nothing if one.vector is None else one.vector for one, _ in found]
    order = diverse_order(
        np.array(relevance, dtype=np.float64),
        unit_rows(np.array(vectors, dtype=np.float64)),
        lambda_mult=getattr(options, "lambda_mult", 1.0),
    )
    if options.group_by is not None:
        page = _page_of_groups(found, order, options)
    else:
        page = [found[place] for place in islice(order, options.offset, options.last)]
    if options.include_vectors:
        return page
    return [(replace(match, vector=None), group) for match, group in page]


def _page_of_groups(
    found: Sequence[Found], order: Iterator[int], options: SearchOptions
) -> list[Found]:
    """Choose until each group of the page has its matches."""
    keys = [
        ("id", match.id)
        if group is None
        else ("value", _comparable(json.loads(group, parse_int=Decimal, parse_float=Decimal)))
        for match, group in found
    ]
    sizes = Counter(keys)
    groups: dict[Any, list[Found]] = {}
    lacking = 0  # matches that the groups begun so far are still to get
    for place in order:
        key = keys[place]
        if key not in groups:
            if len(groups) == options.last:
                continue
            groups[key] = []
            lacking += min(options.per_group, sizes[key])
        if len(groups[key]) < options.per_group:
            groups[key].append(found[place])
            lacking -= 1
        if not lacking and len(groups) == options.last:
            break
    return [one for members in list(groups.values())[options.offset :] for one in members]


def _comparable(value: Any) -> Hashable:
    """Give what JSON values share that are equal as jsonb: 1 is 1.0, and True is no number."""
    if isinstance(value, dict):
        return frozenset((key, _comparable(one)) for key, one in value.items())
    if isinstance(value, list):
        return tuple(map(_comparable, value))
    return (isinstance(value, bool), value)


def _logistic(product: float) -> float:
    return 0.5 * (1.0 + math.tanh(product / 2.0))
