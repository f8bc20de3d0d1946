"""Items of messages, by which a collection finds what was said in which session."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from pgrecall._operations.items.items import kind_of
from pgrecall._statements.entries.chats import LAST_NUMBER
from pgrecall._statements.items import items as item_statements
from pgrecall._values.rows import Batch
from pgrecall._values.strings import MAX_ID_BYTES, NamedId, is_blank, nth, plain_bytes
from pgrecall.filters import Condition
from pgrecall.indexes import kinds_of
from pgrecall.models import Item

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Sequence

    from pgrecall._operations.entries.chats import Written
    from pgrecall._statements.layout import Stored
    from pgrecall._statements.statement import Statement

SESSION, NUMBER, ROLE = "session_id", "number", "role"
"""Metadata of a message's item."""

FIELDS = {SESSION: "text", NUMBER: "number"}
"""The fields of a collection that holds what messages say."""

_HASHED = "sha256:"


def beside(stored: Stored | None) -> Stored | None:
    """Give a collection if it is one that holds what messages say."""
    if stored is not None and FIELDS.items() <= kinds_of(stored.collection.fields).items():
        return stored
    return None


def in_session(name: str, session: str) -> Condition:
    """Match the items of a session's messages."""
    return Condition(SESSION, "eq", _as_field(name, session))


def items_of(session: str, name: str, first: int, messages: Sequence[Written]) -> list[Item]:
    """Make the items of messages, the first of which has a number; what is blank has none."""
    field = _as_field(name, session)
    return [
        Item(
            NamedId(_item_id(session, first + place), f"message {nth(place)}"),
            message.vector,
            message.text,
            {SESSION: field, NUMBER: first + place, ROLE: message.role},
        )
        for place, message in enumerate(messages)
        if not is_blank(message.text)
    ]


def message_of(id_: str) -> tuple[str, int] | None:
    """Give the session's key and the number of the message that an item is of.

    None where another program wrote the item.
    """
    session, _, number = id_.rpartition(":")
    if not number.isdecimal() or int(number) > LAST_NUMBER:
        return None
    return session, int(number)


def upserts(stored: Stored, items: Sequence[Item]) -> Generator[Statement, Any, None]:
    if items:
        # what jsonb and text cannot hold is in the message; it is found by the rest
        batch = Batch(kind_of(stored, clean=True))
        batch.add(items)
        yield from map(partial(item_statements.upsert, stored), batch.closed().columns())


def removed(stored: Stored, session: str, numbers: Iterable[int]) -> Statement:
    """Remove the items of messages."""
    return item_statements.delete(stored, [_item_id(session, number) for number in numbers])


def _item_id(session: str, number: int) -> str:
    return f"{session}:{number}"


def _as_field(name: str, session: str) -> str:
    """Give a session's name as a declared field holds it, or its key where it cannot."""
    data = plain_bytes(name)
    if data is None or len(data) > MAX_ID_BYTES or name.startswith(_HASHED):
        return _HASHED + session
    return name
