"""LangGraph's serializer, held to what is only data.

In LangGraph's msgpack stands by name what a value is made by, and what it names is called: any
function of any module, unless it is told otherwise. Whoever can write to the database would choose
what runs here.
"""

from __future__ import annotations

from typing import Any

import ormsgpack
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

from pgrecall._values.strings import shown
from pgrecall.errors import InvalidArgumentError

_MESSAGES = "langchain_core.messages"
_CLASSES = {
    "builtins": "frozenset set",
    "collections": "deque",
    "datetime": "date datetime time timedelta timezone",
    "decimal": "Decimal",
    "ipaddress": "IPv4Address IPv4Interface IPv4Network IPv6Address IPv6Interface IPv6Network",
    "langchain_core.documents.base": "Document",
    f"{_MESSAGES}.ai": "AIMessage AIMessageChunk",
    f"{_MESSAGES}.chat": "ChatMessage ChatMessageChunk",
    f"{_MESSAGES}.function": "FunctionMessage FunctionMessageChunk",
    f"{_MESSAGES}.human": "HumanMessage HumanMessageChunk",
    f"{_MESSAGES}.modifier": "RemoveMessage",
    f"{_MESSAGES}.system": "SystemMessage SystemMessageChunk",
    f"{_MESSAGES}.tool": "ToolMessage ToolMessageChunk",
    "langgraph.store.base": "Item",
    "langgraph.types": "Command Interrupt Overwrite Send TimeoutPolicy",
    "pathlib": "Path PosixPath WindowsPath",
    "pathlib._local": "Path PosixPath WindowsPath",  # so Python 3.13 calls it
    "re": "compile",
    "uuid": "UUID",
    "zoneinfo": "ZoneInfo",
}
_DATA = {(module, name) for module, names in _CLASSES.items() for name in names.split()}
_METHODS = {("datetime", "datetime", "fromisoformat")}
_PLAIN = {"null", "bytes", "bytearray"}
# kinds of extension: what calls a method, what has no names, and what holds another value
_METHOD, _ARRAY, _NESTED = 3, 6, 7


class DataOnlySerializer(JsonPlusSerializer):
    """Writes and reads plain values, and of classes those that do nothing when they are made."""

    def __init__(self) -> None:
        """Have no pickle to fall back to."""
        super().__init__(pickle_fallback=False)

    def __reduce__(self) -> tuple[Any, ...]:
        """Be made anew: what LangGraph reads with is no thing to be pickled."""
        return type(self), ()

    def dumps_typed(self, obj: Any) -> tuple[str, bytes]:
        """Write a value.

        Raises:
            InvalidArgumentError: It could not be read again: it holds another class.
        """
        kind, data = super().dumps_typed(obj)
        _check(kind, data)
        return kind, data

    def loads_typed(self, data: tuple[str, bytes]) -> Any:
        """Read a value.

        Raises:
            InvalidArgumentError: It names something else.
        """
        _check(*data)
        return super().loads_typed(data)


def _check(kind: str, data: bytes) -> None:
    if kind in _PLAIN:
        return
    if kind != "msgpack":
        msg = f"a value of kind {shown(kind)} is not read"
        raise InvalidArgumentError(msg)
    for names in _named(data):
        if names not in _DATA and names not in _METHODS:
            msg = (
                f"it holds {shown('.'.join(names))}, which is no plain data: a serializer that"
                " trusts it will do, serde=JsonPlusSerializer(allowed_msgpack_modules=[...])"
            )
            raise InvalidArgumentError(msg)


def _named(data: bytes) -> list[tuple[str, ...]]:
    """Give what a value names, in whatever depth, and make nothing of it."""
    found: list[tuple[str, ...]] = []

    def look(code: int, inner: bytes) -> None:
        if code == _ARRAY:
            return
        read = ormsgpack.unpackb(inner, ext_hook=look, option=ormsgpack.OPT_NON_STR_KEYS)
        if code != _NESTED:
            names = (read[0], read[1], read[3]) if code == _METHOD else (read[0], read[1])
            found.append(tuple(str(name) for name in names))

    ormsgpack.unpackb(data, ext_hook=look, option=ormsgpack.OPT_NON_STR_KEYS)
    return found
