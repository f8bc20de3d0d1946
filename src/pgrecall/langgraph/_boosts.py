"""Boosts over an entry's value, as boosts of the items that are searched for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from pgrecall._operations.entries.entry_items import VALUE
from pgrecall._operations.search.boosting import checked_boosts, checked_boosts_list
from pgrecall._values.own_fields import TIMES
from pgrecall.boosts import Boost, Boosting, Decay
from pgrecall.langgraph._filters import to_filter

if TYPE_CHECKING:
    from collections.abc import Sequence


def of_items(boosts: Sequence[Boosting]) -> tuple[Boosting, ...]:
    """Give boosts whose fields lie in the value of an entry, checked.

    Raises:
        InvalidArgumentError: One cannot be used.
        FilterError: A filter cannot be used.
    """
    return checked_boosts(tuple(map(_of_item, checked_boosts_list(boosts))))


def _of_item(boost: Boosting) -> Boosting:
    if isinstance(boost, Boost):
        if not isinstance(boost.filter, Mapping):
            return boost
        made = to_filter(boost.filter, (VALUE,))
        return boost if made is None else replace(boost, filter=made)
    field = boost.field if isinstance(boost, Decay) else ""
    if not field or field in TIMES or not isinstance(field, str | tuple | list):
        return boost  # one of the item's times; or no field, which the check tells
    return replace(boost, field=(VALUE, *((field,) if isinstance(field, str) else field)))
