"""Chats: sessions and their messages, in the table of blobs.

A session is a row by itself, which every writer of its messages holds until it commits: so numbers
are given, and become visible, in one order. Its value is two numbers of 15 digits and what the
caller names it by, which may be any bytes: the first place of its messages, and the next number.
A message's key is its place and its number, of 15 digits each: its place tells the order, and
differs from the number where another message was put before it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, LiteralString

from pgrecall._statements.entries import chat_texts as texts
from pgrecall._statements.statement import Statement
from pgrecall._values.arrays import bytea_array

if TYPE_CHECKING:
    from collections.abc import Sequence

SESSIONS = ("sessions",)
"""The namespace of the rows of sessions."""

LAST_NUMBER = 10**15 - 1
"""The last one that a key has room for."""


def hold(
    schema: str,
    place: tuple[str, str],
    session: str,
    *,
    name: bytes,
    count: int,
    ttl: float | None,
    anew: bool = False,
) -> Statement:
    """Make a session or hold the one that is there.

    One row comes back: the first of ``count`` new numbers, and whether the session begins here.

    Args:
        schema: The schema.
        place: The tenant and the space.
        session: The session's key.
        name: What it is called by.
        count: How many messages are to be added.
        ttl: Minutes that it lives from now on; None for good.
        anew: Whether what it has goes with the next messages that are added.
    """
    values = {"name": name, "count": count, "ttl": ttl, "anew": anew}
    return Statement(
        texts.filled(schema, texts.HOLD), _bound(place, session) | values, prepare=None
    )


def lock(schema: str, place: tuple[str, str], session: str) -> Statement:
    """Hold a session that is there; no row where there is none, false where it has expired."""
    return Statement(texts.filled(schema, texts.LOCK), _bound(place, session))


def add(
    schema: str,
    place: tuple[str, str],
    session: str,
    values: Sequence[bytes],
    *,
    left: int,
    archived: bool,
) -> Statement:
    """Add some of the messages for which a session is held; ``left`` are still to come with them.

    What the session had in a former life goes.
    """
    bound = {"values": bytea_array(values), "added": len(values), "left": left}
    bound["archived"] = archived
    return Statement(texts.filled(schema, texts.ADD), _bound(place, session) | bound, prepare=None)


def move(schema: str, place: tuple[str, str], session: str, index: int) -> Statement:
    """Bring the message that was added last to an index, as ``list.insert`` has it."""
    return Statement(texts.filled(schema, texts.MOVE), _bound(place, session) | {"index": index})


def find(
    schema: str,
    place: tuple[str, str],
    session: str,
    *,
    archived: bool | None,
    after: int | None,
    before: int | None,
    descending: bool,
    limit: int | None,
    offset: int,
) -> Statement:
    """Read messages in their order; between two numbers, and archived ones or others."""
    where = _status(archived)
    bound: dict[str, Any] = {"limit": limit, "offset": offset}
    if after is not None:
        where += " AND m.key > {key_after}"
        bound["after"] = after
    if before is not None:
        where += " AND m.key < {key_before}"
        bound["before"] = before
    order: LiteralString = " DESC" if descending else ""
    query = texts.filled(schema, texts.FIND, where=where, order=order)
    return Statement(query, _bound(place, session) | bound, prepare=None)


def count(schema: str, place: tuple[str, str], session: str, *, archived: bool | None) -> Statement:
    """Count messages."""
    return Statement(
        texts.filled(schema, texts.COUNT, where=_status(archived)), _bound(place, session)
    )


def remove(schema: str, place: tuple[str, str], session: str) -> Statement:
    """Remove all messages and give them, in no order: number, value, whether archived, and key."""
    query = texts.filled(schema, texts.REMOVE, chosen=texts.EVERY)
    return Statement(query, _bound(place, session))


def remove_active(schema: str, place: tuple[str, str], session: str) -> Statement:
    """Remove the messages that are not archived, and give them in no order."""
    query = texts.filled(schema, texts.REMOVE, chosen=texts.EVERY + " AND NOT {is_archived}")
    return Statement(query, _bound(place, session))


def remove_archived(schema: str, place: tuple[str, str], session: str) -> Statement:
    """Remove the messages that are archived, and give them in no order."""
    query = texts.filled(schema, texts.REMOVE, chosen=texts.EVERY + " AND {is_archived}")
    return Statement(query, _bound(place, session))


def remove_at(schema: str, place: tuple[str, str], session: str, index: int) -> Statement:
    """Remove the message at an index, as ``list.pop`` has it, and give it."""
    chosen, skipped = (texts.AT, index) if index >= 0 else (texts.AT_FROM_END, -1 - index)
    query = texts.filled(schema, texts.REMOVE, chosen=chosen)
    return Statement(query, _bound(place, session) | {"index": skipped})


def remove_number(schema: str, place: tuple[str, str], session: str, number: int) -> Statement:
    """Remove the message of a number, and give it."""
    return Statement(
        texts.filled(schema, texts.REMOVE, chosen="SELECT {key_number}"),
        _bound(place, session) | {"number": number},
    )


def remove_oldest(schema: str, place: tuple[str, str], session: str, limit: int) -> Statement:
    """Remove the first so many messages that are not archived, and give them in no order."""
    return Statement(
        texts.filled(schema, texts.REMOVE, chosen=texts.OLDEST),
        _bound(place, session) | {"limit": limit},
    )


def archive_oldest(schema: str, place: tuple[str, str], session: str, limit: int) -> Statement:
    """Archive the first so many messages that are not yet, and give them in no order."""
    return Statement(
        texts.filled(schema, texts.ARCHIVE, chosen=texts.OLDEST),
        _bound(place, session) | {"limit": limit},
    )


def end(schema: str, place: tuple[str, str], session: str) -> Statement:
    """Remove a session, without its messages."""
    return Statement(texts.filled(schema, texts.END), _bound(place, session))


def sweep(schema: str, place: tuple[str, str], sessions: Sequence[str]) -> Statement:
    """Remove the messages of sessions that are gone."""
    tenant, space = place
    bound = {"tenant": tenant, "space": space, "sessions": list(sessions)}
    return Statement(texts.filled(schema, texts.SWEEP), bound)


def names(
    schema: str, place: tuple[str, str], *, with_messages: bool, limit: int | None, offset: int
) -> Statement:
    """Give what sessions are called by, those that came first before."""
    tenant, space = place
    having: LiteralString = texts.HAS_MESSAGES if with_messages else "true"
    bound = {"tenant": tenant, "space": space, "limit": limit, "offset": offset}
    return Statement(texts.filled(schema, texts.NAMES, where=having), bound)


def get(
    schema: str, place: tuple[str, str], sessions: Sequence[str], numbers: Sequence[int]
) -> Statement:
    """Read messages by session and number, in the order asked; what is missing is left out."""
    tenant, space = place
    bound = {"sessions": list(sessions), "numbers": list(numbers)}
    return Statement(texts.filled(schema, texts.GET), {"tenant": tenant, "space": space, **bound})


def _status(archived: bool | None) -> LiteralString:
    if archived is None:
        return "true"
    return "{is_archived}" if archived else "NOT {is_archived}"


def _bound(place: tuple[str, str], session: str) -> dict[str, Any]:
    tenant, space = place
    return {"tenant": tenant, "space": space, "session": session}
