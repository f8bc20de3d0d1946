"""One collection: its pins, sizes, indexes, fields with their values, and what is wrong with it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from pgrecall.errors import CollectionNotFoundError, ConnectionFailedError, DatabaseError
from pgrecall.ui.pages.page import NotThereError, Page, counted, described

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.datastructures import QueryParams

    from pgrecall.models import Field
    from pgrecall.ui.place import Place

_SAMPLE = 1_000  # items that tell the fields
_FIELDS = 100


async def show(place: Place, asked: QueryParams) -> dict[str, Any]:
    """Give a collection and its state."""
    one = await described(place, asked)
    health, fields = await asyncio.gather(
        place.look({one.name}),
        _fields(place, one.name),
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


async def _fields(place: Place, name: str) -> Sequence[Field]:
    try:
        return await place.store.describe_fields(place.tenant, name, sample=_SAMPLE)
    except ConnectionFailedError:
        raise
    except (CollectionNotFoundError, DatabaseError):
        return []  # its table is gone, or may not be read: the findings say so


PAGE = Page("collection", "/collection", show)
