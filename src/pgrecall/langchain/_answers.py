"""Answers of models as bytes, and what names them in a cache."""

from __future__ import annotations

import hashlib
import inspect
import json
from typing import TYPE_CHECKING, Any

from langchain_core import messages, outputs
from langchain_core.documents import Document
from langchain_core.load import dumps, loads

from pgrecall._adapters.caching import tell_unreadable, tell_unwritable
from pgrecall._values.strings import any_bytes, any_text
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_core.outputs import Generation

    from pgrecall.models import Blob

JSON = "application/json"

# what is only data: nothing that is made of these opens a file or a connection
_TRUSTED = (
    outputs.Generation,
    outputs.GenerationChunk,
    outputs.ChatGeneration,
    outputs.ChatGenerationChunk,
    messages.AIMessage,
    messages.AIMessageChunk,
    messages.ChatMessage,
    messages.ChatMessageChunk,
    messages.FunctionMessage,
    messages.FunctionMessageChunk,
    messages.HumanMessage,
    messages.HumanMessageChunk,
    messages.SystemMessage,
    messages.SystemMessageChunk,
    messages.ToolMessage,
    messages.ToolMessageChunk,
    Document,
)
# beneath what warns, once a process, that it may change; LangChain's own caches call it so
_loads: Any = inspect.unwrap(loads)


def digest(text: object, what: str) -> str:
    """Name a text, of which a cache keeps no word.

    Raises:
        InvalidArgumentError: It is no string.
    """
    if not isinstance(text, str):
        msg = f"{what} must be a string, not {type(text).__name__}"
        raise InvalidArgumentError(msg)
    return hashlib.sha256(any_bytes(text)).hexdigest()


def written(answer: Sequence[Generation], cache: object) -> bytes | None:
    """Write an answer; None, and a word in the log, where it would not be read back.

    Raises:
        InvalidArgumentError: It is no list of generations.
    """
    if isinstance(answer, str) or not all(isinstance(one, outputs.Generation) for one in answer):
        msg = "return_val must be a list of LangChain's Generation"
        raise InvalidArgumentError(msg)
    try:
        data = any_bytes(dumps(list(answer), ensure_ascii=False))
        _read(data)
    except Exception as error:  # noqa: BLE001  # whatever a class of the caller's raises
        tell_unwritable(cache, error)
        return None
    return data


def read(blob: Blob | None, cache: object) -> list[Generation] | None:
    """Read an answer; None where there is none, or, with a word in the log, no such thing."""
    if blob is None or blob.value is None:
        return None
    try:
        return _read(blob.value)
    except Exception as error:  # noqa: BLE001  # whatever is stored, it is no answer
        tell_unreadable(cache, error)
        return None


def split(prompt: str) -> tuple[str, str]:
    """Part a prompt into what is compared by its meaning, and all else.

    Of the messages of a chat that is the text of the last, where that is a user's; of any other
    prompt the whole of it. It is empty where nothing may be compared so.
    """
    if not prompt.startswith("["):
        return prompt, ""
    try:
        chat = json.loads(prompt)
        last = chat[-1]["kwargs"]
        kind, content = last["type"], last["content"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return prompt, ""
    if kind != "human":
        return "", prompt
    parts = content if isinstance(content, list) else [content]
    texts = [part if isinstance(part, str) else _text_of(part) for part in parts]
    # images and the like have no text, and count as they are
    last["content"] = [part if text is None else 0 for part, text in zip(parts, texts, strict=True)]
    return "\n".join(text for text in texts if text is not None), json.dumps(chat)


def _text_of(part: Any) -> str | None:
    is_text = isinstance(part, dict) and set(part) == {"type", "text"} and part["type"] == "text"
    return part["text"] if is_text and isinstance(part["text"], str) else None


def _read(data: bytes) -> list[Generation]:
    found = _loads(any_text(data), allowed_objects=_TRUSTED)
    if not isinstance(found, list) or not all(isinstance(one, outputs.Generation) for one in found):
        raise TypeError
    return found
