"""Collections: what there is, how large, how it is searched, and what is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pgrecall.ui.pages.page import Page, counted

if TYPE_CHECKING:
    from starlette.datastructures import QueryParams

    from pgrecall.ui.place import Place

_SHOWN = 50  # collections on a page


async def show(place: Place, asked: QueryParams) -> dict[str, Any]:
    """Give a page of the tenant's collections, each with its state."""
    after = asked.get("after") or None
    found = await place.store.list_collections(place.tenant, limit=_SHOWN + 1, after=after)
    here = found[:_SHOWN]
    health = await place.look({one.name for one in here})
    rows = await counted(place, health.collections)
    return {
        "health": health,
        # one that went meanwhile is left out
        "listed": [(one, health.collections[one.name]) for one in here if one.name in rows],
        "rows": rows,
        "after": here[-1].name if len(found) > _SHOWN else None,
        "begins": after is None,
    }


PAGE = Page("collections", "/", show, menu="Collections", of_collection=False)
