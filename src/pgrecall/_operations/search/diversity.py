"""Chooses among a search's candidates by maximal marginal relevance over their scores."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from pgrecall.mmr import choose_diverse, unit_rows
from pgrecall.models import Metric

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    grouped = options.group_by is not None
    order = choose_diverse(
        np.array(relevance, dtype=np.float64),
        unit_rows(np.array(vectors, dtype=np.float64)),
        limit=len(found) if grouped else options.last,
        lambda_mult=getattr(options, "lambda_mult", 1.0),
    )
    chosen = [found[place] for place in order]
    page = _page_of_groups(chosen, options) if grouped else chosen[options.offset : options.last]
    if options.include_vectors:
        return page
    return [(replace(match, vector=None), group) for match, group in page]


def _page_of_groups(chosen: Sequence[Found], options: SearchOptions) -> list[Found]:
    groups: dict[Any, list[Found]] = {}
    for match, group in chosen:
        key = ("id", match.id) if group is None else ("value", _comparable(match.group, group))
        groups.setdefault(key, []).append((match, group))
    page = list(groups.values())[options.offset : options.last]
    return [one for members in page for one in members[: options.per_group]]


def _comparable(value: object, text: str) -> object:
    """Give what equal values share: 1 and 1.0 are equal as JSON, and True is no number."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    return text


def _logistic(product: float) -> float:
    return 0.5 * (1.0 + math.tanh(product / 2.0))
