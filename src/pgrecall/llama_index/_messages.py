"""LlamaIndex's messages as bytes: JSON, which holds what jsonb cannot, such as NUL."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from llama_index.core.base.llms.types import ChatMessage

from pgrecall._adapters.chat_messages import StoredMessage, unreadable
from pgrecall._operations.entries.chats import Written
from pgrecall._values.json_text import read_json
from pgrecall._values.strings import any_bytes, any_text, nth
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall._operations.entries.chats import Message

_EDGE = 2**62


def written(messages: Sequence[ChatMessage]) -> list[Written]:
    """Write messages.

    Raises:
        InvalidArgumentError: One cannot be kept; the error names it.
    """
    if isinstance(messages, ChatMessage) or not hasattr(messages, "__iter__"):
        msg = f"messages must be a list of ChatMessage, not {type(messages).__name__}"
        raise InvalidArgumentError(msg)
    return [_written(message, place) for place, message in enumerate(messages)]


def read(key: str, message: Message) -> ChatMessage:
    """Read a message of a chat.

    Raises:
        DatabaseError: It is none.
    """
    try:
        found = read_json(any_text(message.value))
        return ChatMessage.model_validate(found)
    except (ValueError, TypeError, RecursionError):
        raise unreadable(key, message.number) from None


def stored(key: str, message: Message, score: float | None = None) -> StoredMessage:
    """Read a message with what is known of it."""
    return StoredMessage(key, message.number, read(key, message), message.created_at, score)


def clamped(index: object) -> int:
    """Give an index of a list as an int that the server can count with.

    Raises:
        InvalidArgumentError: It is none.
    """
    if isinstance(index, bool) or not isinstance(index, int):
        msg = f"idx must be an int, not {type(index).__name__}"
        raise InvalidArgumentError(msg)
    return max(-_EDGE, min(index, _EDGE))


def _written(message: object, place: int) -> Written:
    kind = type(message)
    # of another class it would come back as a ChatMessage
    if not isinstance(message, ChatMessage) or kind is not ChatMessage:
        msg = f"message {nth(place)} is a {kind.__qualname__}: messages must be ChatMessage"
        raise InvalidArgumentError(msg)
    try:
        whole = message.model_dump(mode="json")
        value = json.dumps(whole, ensure_ascii=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError) as error:
        reason = str(error) or type(error).__name__
        msg = f"message {nth(place)} ({message.role.value}) cannot be written as JSON: {reason}"
        raise InvalidArgumentError(msg) from None
    data = any_bytes(value)
    return Written(data, message.content or "", message.role.value)
