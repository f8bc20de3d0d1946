"""The tools that write: ``remember``, ``update`` and ``remove``."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pydantic import Field

from pgrecall._values.strings import any_bytes
from pgrecall.errors import InvalidArgumentError
from pgrecall.mcp.arguments import Arguments, Fields, Ids, Object
from pgrecall.models import KEEP, Change, Item

if TYPE_CHECKING:
    from pgrecall.async_bound import AsyncBoundCollection
    from pgrecall.mcp.place import Place

_ID = 16  # hexadecimal digits of an id that is made of a text


class Remember(Arguments):
    """What to keep."""

    text: str = Field(description="What to remember, in words that will be searched for.")
    metadata: Object = Field({}, description='What to filter by: {"topic": "diet"}.')
    id: str = Field("", description="An id of your own; without one it is made of the text.")


async def remember(place: Place, asked: Remember) -> str:
    """Store a text so that later searches find it; gives its id.

    What is there already is left as it is: update changes it.
    """
    if not asked.text.strip():
        raise InvalidArgumentError("the text is empty: nothing could find it")
    described = await place.described(asked.collection)
    name, handle = described.name, place.bound(described)
    id_ = asked.id or _made_of(asked.text)
    item = Item(id_, None, asked.text, asked.metadata)
    if await _is_there(handle, name, item):
        return f"{id_!r} of {name!r} says so already; nothing is changed."
    vector, told = await place.vector(described, asked.text)
    async with place.turn:  # the same may have come while the model was at work
        if not await _is_there(handle, name, item):
            await handle.upsert([replace(item, vector=vector)])
    return f"Remembered in {name!r} as {id_!r}.{told}"


async def _is_there(handle: AsyncBoundCollection, name: str, item: Item) -> bool:
    """Tell whether an item is stored.

    Raises:
        InvalidArgumentError: Another one is, with its id.
    """
    for there in await handle.get([item.id]):
        if (there.text, there.metadata or {}) == (item.text, item.metadata):
            return True
        raise InvalidArgumentError(
            f"{item.id!r} of {name!r} is there already and says something else: update"
            " changes it, another id keeps both"
        )
    return False


def _made_of(text: str) -> str:
    # half a letter, which cannot be stored, is told by the store
    return hashlib.sha256(any_bytes(text)).hexdigest()[:_ID]


class Update(Arguments):
    """Which item, and what of it is to be different."""

    id: str = Field(description="The item's id.")
    text: str | None = Field(None, description="The new text; None keeps the one that is there.")
    set: Object = Field({}, description="Metadata keys and their new values; others stay.")
    remove: Fields = Field([], description="Metadata keys, or paths of keys, to take away.")


async def update(place: Place, asked: Update) -> str:
    """Change a stored item: its text, or some of its metadata; the rest stays."""
    if asked.text is None and not asked.set and not asked.remove:
        raise InvalidArgumentError("update changes nothing: give text, set or remove")
    described = await place.described(asked.collection)
    text: str = KEEP
    vector, told = KEEP, ""
    if asked.text is not None:
        if not asked.text.strip():
            raise InvalidArgumentError("the text is empty: remove takes the whole item away")
        text = asked.text
        vector, told = await place.vector(described, text)
    fields: dict[Any, Any] = asked.set
    change = Change(asked.id, vector=vector, text=text, set=fields, remove=asked.remove)
    if not await place.bound(described).update([change]):
        raise InvalidArgumentError(f"{described.name!r} has no item {asked.id!r}")
    return f"{asked.id!r} of {described.name!r} is changed.{told}"


class Remove(Arguments):
    """Which items."""

    ids: Ids = Field(description="Ids of items.")


async def remove(place: Place, asked: Remove) -> str:
    """Remove items by id, for good."""
    described = await place.described(asked.collection)
    wanted = list(dict.fromkeys(asked.ids))
    removed = await place.bound(described).delete(wanted)
    others = "" if removed == len(wanted) else "; the others were not there"
    return f"{removed} of {len(wanted)} removed from {described.name!r}{others}."
