"""One collection: its pins, sizes, indexes, fields with their values, and what is wrong with it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from pgrecall.ui.pages.page import NotThereError, Page, counted, described

if TYPE_CHECKING:
    from starlette.datastructures import QueryParams

    from pgrecall.ui.place import Place

_SAMPLE = 1_000  # items that tell the fields
_FIELDS = 100


async def show(place: Place, asked: QueryParams) -> dict[str, Any]:
    """Give a collection and its state."""
    one = await described(place, asked)
    health, fields = await asyncio.gather(
        place.look({one.name}),
        place.store.describe_fields(place.tenant, one.name, sample=_SAMPLE),
    )
    if one.name not in health.collections:
        raise NotThereError("The collection has gone.")
    state = health.collections[one.name]
    rows = await counted(place, {one.name: state})
    return {
        "collection": one,
        "state": state,
        "rows": rows.get(one.name, (state.rows, False)),
        "fields": fields[:_FIELDS],
        "more_fields": max(0, len(fields) - _FIELDS),
    }


PAGE = Page("collection", "/collection", show)
