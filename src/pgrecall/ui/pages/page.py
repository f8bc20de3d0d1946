"""What a page is, and what all pages need."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pgrecall.errors import CollectionNotFoundError, ConnectionFailedError, DatabaseError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from starlette.datastructures import QueryParams

    from pgrecall.models import Collection
    from pgrecall.ui.place import CollectionState, Place

_COUNTED = 20_000  # rows that are counted in no time


@dataclass(frozen=True, slots=True)
class Page:
    """One page.

    Attributes:
        name: Its name, and its template's: ``templates/NAME.html``.
        path: Where it is: ``/NAME``.
        show: Gives the template's values for what the address asks, with a ``status`` where it is
            not 200.
        menu: What the navigation calls it; empty where it is not in there.
        of_collection: Whether it is of the one collection that ``c`` in the address names; its
            values then have ``collection``, as ``described`` gives it.
    """

    name: str
    path: str
    show: Callable[[Place, QueryParams], Awaitable[Mapping[str, Any]]]
    menu: str = ""
    of_collection: bool = True


class NotThereError(Exception):
    """What the address names is not there; its message says so in a sentence."""


async def described(place: Place, asked: QueryParams) -> Collection:
    """Give the collection that the address names, or the only one where it names none.

    Raises:
        CollectionNotFoundError: There is none of that name.
        NotThereError: None is named, and there are several, or none.
    """
    name = asked.get("c")
    if name is None:
        found = await place.store.list_collections(place.tenant, limit=2)
        if len(found) == 1:
            return found[0]
        raise NotThereError(
            "Choose a collection first." if found else "There is no collection yet."
        )
    one = await place.store.describe_collection(place.tenant, name)
    if one is None:
        raise CollectionNotFoundError(place.tenant, name)
    return one


async def counted(
    place: Place, states: Mapping[str, CollectionState]
) -> dict[str, tuple[float, bool]]:
    """Count the rows of small tables; the planner's estimate is good enough for others.

    Returns:
        The rows of each collection that is still there, and whether they were counted.
    """

    async def count(name: str, state: CollectionState) -> tuple[float, bool] | None:
        if state.index == "lost":
            return 0, True
        if state.rows > _COUNTED:
            return state.rows, False
        try:
            return await place.store.count(place.tenant, name), True
        except CollectionNotFoundError:
            return None
        except ConnectionFailedError:
            raise
        except DatabaseError:  # of a table of somebody else's, whose findings say why
            return state.rows, False

    each = await asyncio.gather(*(count(name, state) for name, state in states.items()))
    return {name: rows for name, rows in zip(states, each, strict=True) if rows is not None}
