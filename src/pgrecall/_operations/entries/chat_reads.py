"""What is read of chats: messages by page, by number, or in all; and which sessions there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pgrecall._operations.entries.chats import Message, Place, key_of
from pgrecall._operations.entries.entries import checked_page
from pgrecall._operations.setup import needing_version
from pgrecall._operations.work import one
from pgrecall._statements.entries import chats as statements
from pgrecall._statements.entries.table import BLOBS
from pgrecall._values.instants import utc
from pgrecall._values.strings import any_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation


class Found(NamedTuple):
    """A message with the key and the name of its session."""

    session: str
    name: str
    message: Message


def read(
    context: Context,
    place: Place,
    name: str,
    *,
    archived: bool | None = None,
    after: int | None = None,
    before: int | None = None,
    descending: bool = False,
    limit: int | None = None,
    offset: int = 0,
) -> Operation[list[Message]]:
    """Read messages in their order.

    Args:
        context: The store's.
        place: Where.
        name: The session's name.
        archived: Whether those that were set aside, or the others; None for both.
        after: The number of a message that they come after.
        before: The number of one that they come before.
        descending: Whether the last come first.
        limit: How many; None for all.
        offset: How many to leave out before.
    """
    if limit is not None:
        limit, _ = checked_page(limit, 0, least=0)
    _, offset = checked_page(1, offset)
    statement = statements.find(
        context.schema,
        place,
        key_of(place, name),
        archived=archived,
        after=after,
        before=before,
        descending=descending,
        limit=limit,
        offset=offset,
    )
    result = yield from needing_version(context, BLOBS.since, one(statement))
    return [
        Message(number, value, archived, utc(created))
        for number, value, archived, _, created in result.rows
    ]


def count(
    context: Context, place: Place, name: str, *, archived: bool | None = None
) -> Operation[int]:
    """Count messages."""
    statement = statements.count(context.schema, place, key_of(place, name), archived=archived)
    result = yield from needing_version(context, BLOBS.since, one(statement))
    return int(result.rows[0][0])


def sessions(
    context: Context,
    place: Place,
    *,
    with_messages: bool = False,
    limit: int | None = None,
    offset: int = 0,
) -> Operation[list[str]]:
    """Give the names of sessions, those that came first before."""
    if limit is not None:
        limit, _ = checked_page(limit, 0, least=0)
    _, offset = checked_page(1, offset)
    statement = statements.names(
        context.schema, place, with_messages=with_messages, limit=limit, offset=offset
    )
    result = yield from needing_version(context, BLOBS.since, one(statement))
    return [_name(name) for (name,) in result.rows]


def get(
    context: Context, place: Place, keys: Iterable[tuple[str, int]]
) -> Operation[dict[tuple[str, int], Found]]:
    """Read messages by the key of their session and their number; those that are there."""
    asked = list(keys)
    if not asked:
        return {}
    of_sessions, numbers = zip(*asked, strict=True)
    statement = statements.get(context.schema, place, of_sessions, numbers)
    result = yield from needing_version(context, BLOBS.since, one(statement))
    return {
        (session, number): Found(
            session, _name(name), Message(number, value, archived, utc(created))
        )
        for number, value, archived, _, created, session, name in result.rows
    }


def _name(data: bytes) -> str:
    try:
        return any_text(bytes(data))
    except UnicodeDecodeError:  # another program wrote it: what can be read of it says which
        return bytes(data).decode("utf-8", "backslashreplace")
