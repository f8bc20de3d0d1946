"""LangChain's messages as bytes: JSON, which holds what jsonb cannot, such as NUL."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    BaseMessage,
    ChatMessage,
    ChatMessageChunk,
    FunctionMessage,
    FunctionMessageChunk,
    HumanMessage,
    HumanMessageChunk,
    RemoveMessage,
    SystemMessage,
    SystemMessageChunk,
    ToolMessage,
    ToolMessageChunk,
    message_to_dict,
)

from pgrecall._adapters.chat_messages import unreadable
from pgrecall._operations.entries.chats import Written
from pgrecall._values.conversions import plain
from pgrecall._values.json_text import read_json
from pgrecall._values.strings import any_bytes, any_text, nth, shown
from pgrecall._values.unusable import Unusable
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_CLASSES: tuple[type[BaseMessage], ...] = (
    AIMessage,
    AIMessageChunk,
    ChatMessage,
    ChatMessageChunk,
    FunctionMessage,
    FunctionMessageChunk,
    HumanMessage,
    HumanMessageChunk,
    RemoveMessage,
    SystemMessage,
    SystemMessageChunk,
    ToolMessage,
    ToolMessageChunk,
)


class Messages:
    """Writes and reads messages of LangChain's classes, and of a caller's.

    Args:
        classes: The caller's.

    Raises:
        InvalidArgumentError: One is no class of messages, or two have one name.
    """

    def __init__(self, classes: Iterable[type[BaseMessage]] = ()) -> None:
        """Know the classes by their names."""
        self._classes = {each.__name__: each for each in _CLASSES}
        for each in classes:
            if not isinstance(each, type) or not issubclass(each, BaseMessage):
                msg = f"message_types must be classes of messages, not {each!r}"
                raise InvalidArgumentError(msg)
            if self._classes.setdefault(each.__name__, each) is not each:
                msg = f"two classes of messages are called {each.__name__}"
                raise InvalidArgumentError(msg)

    def written(self, messages: Sequence[BaseMessage]) -> list[Written]:
        """Write messages.

        Raises:
            InvalidArgumentError: One cannot be kept; the message names it.
        """
        if isinstance(messages, BaseMessage | str):
            msg = f"messages must be a list of messages, not one {type(messages).__name__}"
            raise InvalidArgumentError(msg)
        return [self._written(message, place) for place, message in enumerate(messages)]

    def read(self, value: bytes, session_id: str, number: int) -> BaseMessage:
        """Read a message.

        Raises:
            DatabaseError: It is no message.
            InvalidArgumentError: It is of a class that is not known here.
        """
        try:
            found = read_json(any_text(value))
            kind, data = found["class"], dict(found["data"])
        except (ValueError, LookupError, TypeError, RecursionError):
            raise unreadable(session_id, number) from None
        if not isinstance(kind, str):
            raise unreadable(session_id, number)
        known = self._classes.get(kind)
        if known is None:
            msg = (
                f"message {number} of session {shown(session_id)} is a {shown(kind)[1:-1]}, which"
                " is not known here: give message_types=[...] with that class"
            )
            raise InvalidArgumentError(msg)
        try:
            return known(**data)
        except (ValueError, TypeError, RecursionError):
            raise unreadable(session_id, number) from None

    def _written(self, message: object, place: int) -> Written:
        kind = type(message)
        if not isinstance(message, BaseMessage):
            msg = f"message {nth(place)} is a {kind.__name__}, not a message of LangChain's"
            raise InvalidArgumentError(msg)
        if self._classes.get(kind.__name__) is not kind:
            msg = (
                f"message {nth(place)} is a {kind.__qualname__} (type {message.type!r}), which"
                f" could not be read again: give message_types=[{kind.__name__}]"
            )
            raise InvalidArgumentError(msg)
        try:
            whole = {"class": kind.__name__, "data": message_to_dict(message)["data"]}
            value = json.dumps(whole, ensure_ascii=False, separators=(",", ":"), default=_plain)
        except (TypeError, ValueError, RecursionError) as error:
            reason = str(error) or type(error).__name__
            msg = f"message {nth(place)} ({message.type}) cannot be written as JSON: {reason}"
            raise InvalidArgumentError(msg) from None
        return Written(any_bytes(value), str(message.text), message.type)


def _plain(value: Any) -> Any:
    try:
        return plain(value)
    except Unusable as error:
        raise TypeError(error.reason) from None
