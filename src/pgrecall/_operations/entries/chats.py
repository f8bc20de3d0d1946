"""Chats: the messages of sessions, in the order in which their writers came.

A writer holds its session until it commits: what one call adds stands together, and whatever a
reader has seen stays before all that comes later. A session may be called by any string.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, NamedTuple

from pgrecall._operations.entries import chat_items
from pgrecall._operations.entries.blobs import CHUNK_BYTES, CHUNK_ROWS
from pgrecall._operations.entries.entries import checked_ttl
from pgrecall._operations.work import Work
from pgrecall._statements.entries import chats as statements
from pgrecall._statements.entries.removing import remove_items
from pgrecall._statements.statement import Many
from pgrecall._values.strings import any_bytes
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from datetime import datetime

    from numpy.typing import NDArray

    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Steps
    from pgrecall._statements.layout import Stored
    from pgrecall._statements.statement import Statement

_USER = " chats"


class Place(NamedTuple):
    """Where chats are: ``space`` is from ``space_of``."""

    tenant: str
    space: str


class Message(NamedTuple):
    """A message as it is kept.

    Attributes:
        number: The first of a session has 1; none is given twice while the session is there.
        value: Its bytes.
        archived: Whether it was set aside.
        created_at: When it was added, in UTC; None where that was not read.
    """

    number: int
    value: bytes
    archived: bool
    created_at: datetime | None = None


class Written(NamedTuple):
    """A message to add.

    Attributes:
        value: Its bytes.
        text: What it says, by which it is found.
        role: Who says it.
        vector: The text's embedding.
    """

    value: bytes
    text: str = ""
    role: str = ""
    vector: Sequence[float] | NDArray[Any] | None = None


def space_of(framework: str, collection: str) -> str:
    """Name the space of a framework's chats, which a collection makes searchable."""
    return f"{framework}{_USER}:{collection}"


def is_of_chats(space: str) -> bool:
    """Tell whether a space is of chats."""
    return space.partition(":")[0].endswith(_USER)


def checked_name(name: object) -> str:
    """Give what a session is called by.

    Raises:
        InvalidArgumentError: It is no string.
    """
    if not isinstance(name, str):
        msg = f"a session id must be a string, not {type(name).__name__}"
        raise InvalidArgumentError(msg)
    return str.__str__(name)


def key_of(place: Place, name: str) -> str:
    """Give the key of a session: its name may be longer than an index takes, and hold NUL."""
    # two frameworks may share a collection, and so the ids of items
    framework = place.space.partition(":")[0]
    return hashlib.sha256(framework.encode() + b":" + any_bytes(name)).hexdigest()


def add(
    context: Context,
    place: Place,
    name: str,
    messages: Sequence[Written],
    *,
    ttl: float | None = None,
    archived: bool = False,
    anew: bool = False,
    index: int | None = None,
    stored: Stored | None = None,
    searchable: bool = False,
) -> Work[int]:
    """Add messages to a session, all or none, in their order.

    Gives how many numbers belong to a former life of the session, which had expired, and may have
    items yet.

    Args:
        context: The store's.
        place: Where.
        name: The session's name.
        messages: What to add.
        ttl: Minutes that the session lives from now on; None for good.
        archived: Whether they are set aside at once.
        anew: Whether they take the place of what is there.
        index: Where a message, one alone, is put, as ``list.insert`` has it; None for the end.
        stored: The collection that makes messages searchable, where there is one.
        searchable: Whether these are to be found in it.
    """
    session = key_of(place, name)
    ttl = checked_ttl(ttl)

    hold = statements.hold(
        context.schema,
        place,
        session,
        name=any_bytes(name),
        count=len(messages),
        ttl=ttl,
        anew=anew,
    )

    def body() -> Steps[int]:
        writes = list(_adds(context, place, session, messages, archived=archived))
        if index is not None:
            writes.append(statements.move(context.schema, place, session, index))
        if stored is not None and anew:
            writes.append(remove_items(stored, [session]))
        if stored is None or not searchable:
            held, *_ = yield Many([hold, *writes])
            ((first, begins),) = held.rows
            return int(first) - 1 if begins else 0
        held = yield hold
        ((first, begins),) = held.rows
        if begins and not anew:  # what is left of a session that has expired
            writes.append(remove_items(stored, [session]))
        writes += chat_items.upserts(stored, chat_items.items_of(session, name, first, messages))
        yield Many(writes)
        return 0

    return Work(body, writes=True, transaction=True)


def take(
    context: Context,
    place: Place,
    name: str,
    choose: Callable[[str, Place, str], Statement],
    *,
    stored: Stored | None = None,
) -> Work[list[Message] | None]:
    """Remove or archive messages and give them in their order; None where there is no session.

    Args:
        context: The store's.
        place: Where.
        name: The session's name.
        choose: Makes the statement, of a schema, the place and the session's key.
        stored: The collection that has items of what is removed, where there is one.
    """
    session = key_of(place, name)

    def body() -> Steps[list[Message] | None]:
        locked = yield statements.lock(context.schema, place, session)
        if not locked.rows or not locked.rows[0][0]:
            return None
        gone = yield choose(context.schema, place, session)
        taken = _in_order(gone.rows)
        if stored is not None and taken:
            yield chat_items.removed(stored, session, (message.number for message in taken))
        return taken

    return Work(body, writes=True, transaction=True)


def tidy(
    context: Context, place: Place, name: str, last: int, *, stored: Stored | None
) -> Work[None]:
    """Remove the items of a session's former life, whose numbers end with ``last``."""
    session = key_of(place, name)

    def body() -> Steps[None]:
        if stored is not None:
            yield statements.lock(context.schema, place, session)
            yield chat_items.removed(stored, session, range(1, last + 1))

    return Work(body, writes=True, transaction=True)


def end(
    context: Context,
    place: Place,
    name: str,
    *,
    values: bool = False,
    stored: Stored | None = None,
) -> Work[list[Message] | None]:
    """Remove a session; give its messages where ``values`` are asked for, None where none was."""
    session = key_of(place, name)

    def body() -> Steps[list[Message] | None]:
        locked = yield statements.lock(context.schema, place, session)
        if not locked.rows:
            return None
        ended = [statements.end(context.schema, place, session)]
        if stored is not None:
            ended.append(remove_items(stored, [session]))
        if values:
            removed, *_ = yield Many([statements.remove(context.schema, place, session), *ended])
            return _in_order(removed.rows) if locked.rows[0][0] else None
        yield Many([statements.sweep(context.schema, place, [session]), *ended])
        return []

    return Work(body, writes=True, transaction=True)


def sweeping(context: Context, place: Place, swept: Statement, stored: Stored | None) -> Steps[int]:
    """Remove sessions with their messages and items; count the sessions."""
    gone = yield swept
    sessions = sorted(key for _, key in gone.rows)
    if sessions:
        yield statements.sweep(context.schema, place, sessions)
    beside = chat_items.beside(stored)
    if sessions and beside is not None:
        yield remove_items(beside, sessions)
    return len(sessions)


def _adds(
    context: Context, place: Place, session: str, messages: Sequence[Written], *, archived: bool
) -> Generator[Statement, Any, None]:
    """Give the statements that add messages, each of a size that the server takes easily."""
    chunk: list[bytes] = []
    left, room = len(messages), CHUNK_BYTES

    def made() -> Statement:
        return statements.add(context.schema, place, session, chunk, left=left, archived=archived)

    for message in messages:
        if chunk and (len(message.value) > room or len(chunk) == CHUNK_ROWS):
            yield made()
            left, chunk, room = left - len(chunk), [], CHUNK_BYTES
        chunk.append(message.value)
        room -= len(message.value)
    # without any, what the session had goes all the same
    yield made()


def _in_order(rows: Sequence[Sequence[Any]]) -> list[Message]:
    ordered = sorted(rows, key=lambda row: row[3])
    return [Message(number, value, archived) for number, value, archived, _ in ordered]
