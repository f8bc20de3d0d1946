"""JSON as PostgreSQL keeps it: written to a stated depth, read at every depth."""

from __future__ import annotations

import json
import json.decoder
import json.scanner
import re
from typing import TYPE_CHECKING, Any

from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

MAX_DEPTH = 100
"""Objects and lists that metadata and values may nest, the outermost counted.

Parsers disagree beyond: .NET's reads 64, Go's and PostgreSQL's thousands, and Python's as many as
its stack has room for where it is called, which by default is 1,000 less what is in use.
"""

_SCALARS = frozenset({str, int, float, bool, type(None)})
_encoder = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
# the server writes no white space before an object: the scanner alone is thrice as fast as loads
_scan: Callable[[str, int], tuple[Any, int]] = json.scanner.make_scanner(
    json.JSONDecoder()  # type: ignore[arg-type]  # the stub calls its context by its own name
)
_TOKEN = re.compile(r"""[ \t\n\r]*(?:([][{},:])|(")|([^][{},:" \t\n\r]+)|$)""")


def json_bytes(value: object, what: str, *, max_depth: int = MAX_DEPTH) -> bytes:
    """Write a value as JSON that PostgreSQL can store.

    Raises:
        InvalidArgumentError: It is no JSON, nests too deeply, or holds text that is none; ``what``
            names it.
    """
    check_nesting(value, what, max_depth=max_depth)
    try:
        text = _written(value)
        data = text.encode()
    except UnicodeEncodeError:
        msg = f"{what} holds a lone surrogate, which is no text"
        raise InvalidArgumentError(msg) from None
    except (TypeError, ValueError) as error:
        msg = f"{what} is not JSON: {error}"
        raise InvalidArgumentError(msg) from None
    if "\\u0000" in text and _holds_nul(value):
        msg = f"{what} holds NUL (U+0000), which PostgreSQL cannot store"
        raise InvalidArgumentError(msg)
    return data


def check_nesting(value: object, what: str, *, max_depth: int = MAX_DEPTH) -> None:
    """Raise InvalidArgumentError where keys are no strings, or a value nests too deeply.

    ``json.dumps`` would turn the keys 1 and True into "1" and "true" without a word.
    """
    waiting = [(value, 1)]
    while waiting:
        one, depth = waiting.pop()  # the last: what holds itself twice is soon at the bottom
        if isinstance(one, dict):
            for key in one:
                if not isinstance(key, str):
                    msg = f"{what} has the key {key!r}; JSON keys are strings"
                    raise InvalidArgumentError(msg)
            members: Iterable[Any] = one.values()
        elif isinstance(one, list | tuple):
            members = one
        else:
            continue
        if depth > max_depth:
            msg = (
                f"{what} nests deeper than {max_depth} levels of objects and lists, or holds"
                " itself: flatten it, or keep the inner part as a string of JSON"
            )
            raise InvalidArgumentError(msg)
        waiting += [(inner, depth + 1) for inner in members if type(inner) not in _SCALARS]


def read_json(text: str) -> Any:
    """Read JSON that begins with no white space, however deep and from however deep a stack."""
    try:
        return _scan(text, 0)[0]
    except RecursionError:
        return _read(text)


def to_text(value: object, *, indent: int | None = None, default: Any = None) -> str:
    """Write a value that was read: as ``json.dumps`` does, however deep."""
    try:
        return json.dumps(value, ensure_ascii=False, indent=indent, default=default)
    except RecursionError:
        write = json.JSONEncoder(ensure_ascii=False, default=default).encode
        return _joined(value, write, ", ", ": ")


def _json_writer() -> Callable[[Any], str]:
    # NaN is refused here, keys and NUL are looked at apart. The C encoder is made once, which
    # JSONEncoder does a call; what holds itself was refused before, so it needs no markers
    make = getattr(json.encoder, "c_make_encoder", None)
    if make is None:
        return _encoder.encode
    write = make(
        None, _encoder.default, json.encoder.encode_basestring, None, ":", ",", False, False, False
    )
    return lambda value: "".join(write(value, 0))


_to_json = _json_writer()


def _written(value: object) -> str:
    try:
        return _to_json(value)
    except RecursionError:  # the caller's own stack is deep
        return _joined(value, _to_json, ",", ":")


class _Piece(str):
    """Text that is JSON already."""

    __slots__ = ()


def _joined(value: object, write: Callable[[Any], str], comma: str, colon: str) -> str:
    """Write a value without a call within a call."""
    parts: list[str] = []
    waiting: list[Any] = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, _Piece):
            parts.append(one)
        elif isinstance(one, dict | list | tuple):
            pieces: list[Any] = []
            members = one.items() if isinstance(one, dict) else ((None, inner) for inner in one)
            for key, member in members:
                before = comma if pieces else ""
                name = "" if key is None else write(key) + colon
                pieces += (_Piece(before + name), member)
            opening, closing = "{}" if isinstance(one, dict) else "[]"
            waiting.append(_Piece(closing))
            waiting += reversed(pieces)
            parts.append(opening)
        else:
            parts.append(write(one))
    return "".join(parts)


def _read(text: str) -> Any:
    """Read a value without a call within a call; the text is a server's, or its error is told."""
    root: list[Any] = []
    current: Any = root
    outer: list[Any] = []
    key: str | None = None
    for kind, value in _tokens(text):
        if kind == "close":
            current = outer.pop()
            continue
        if kind == "text" and isinstance(current, dict) and key is None:
            key = value
            continue
        if isinstance(current, dict):
            current[key], key = value, None
        else:
            current.append(value)
        if kind == "open":
            outer.append(current)
            current = value
    if len(root) != 1 or outer:
        msg = "what is stored is no JSON"
        raise ValueError(msg)
    return root[0]


def _tokens(text: str) -> Iterator[tuple[str, Any]]:
    end = 0
    while (token := _TOKEN.match(text, end)) is not None and token.lastindex:
        mark, quote, word = token.groups()
        end = token.end()
        if quote is not None:
            value, end = json.decoder.scanstring(text, end, True)  # type: ignore[attr-defined]  # typeshed leaves it out
            yield "text", value
        elif word is not None:
            yield "value", _scan(word, 0)[0]
        elif mark in "{[":
            yield "open", {} if mark == "{" else []
        elif mark in "]}":
            yield "close", None


def _holds_nul(value: object) -> bool:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            if "\0" in one:
                return True
        elif isinstance(one, dict):
            waiting += one.keys()
            waiting += one.values()
        elif isinstance(one, list | tuple):
            waiting += one
    return False
