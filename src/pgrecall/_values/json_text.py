"""JSON as PostgreSQL keeps it: written to a stated depth, read at every depth."""

from __future__ import annotations

import json
import json.decoder
import json.scanner
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pgrecall._values.conversions import MAX_DEPTH, is_plain, plain
from pgrecall._values.unusable import Unusable
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_encoder = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
# the server writes no white space before an object: the scanner alone is thrice as fast as loads
_scan: Callable[[str, int], tuple[Any, int]] = json.scanner.make_scanner(
    json.JSONDecoder()  # type: ignore[arg-type]  # the stub calls its context by its own name
)
_NO_JSON = "what is stored is no JSON"
_TOKEN = re.compile(r"""[ \t\n\r]*(?:([][{},:])|(")|([^][{},:" \t\n\r]+)|$)""")


def json_bytes(
    value: object, what: str, root: str = "metadata", *, max_depth: int = MAX_DEPTH
) -> bytes:
    """Write a value as JSON that PostgreSQL can store.

    Args:
        value: Anything of ``_values``' table.
        what: What a message calls it.
        root: What a path within it begins with in a message.
        max_depth: Levels of objects and lists that it may nest.

    Raises:
        InvalidArgumentError: It is no JSON, nests too deeply, or holds text that is none; the
            message names it, and where in it the fault is.
    """
    try:
        return to_json(value, max_depth=max_depth)
    except Unusable as error:
        raise told_of(error, what, root) from None


def told_of(error: Unusable, what: str, root: str = "metadata") -> InvalidArgumentError:
    """Give what a caller is told of a value that is no JSON."""
    return InvalidArgumentError(error.told(what, root), advice=error.advice)


def plain_json(
    value: object, what: str, root: str = "metadata", *, max_depth: int = MAX_DEPTH
) -> Any:
    """Bring a value to the types that JSON has, as ``json_bytes`` writes it.

    Raises:
        InvalidArgumentError: As ``json_bytes``.
    """
    try:
        return plain(value, max_depth=max_depth)
    except Unusable as error:
        raise told_of(error, what, root) from None


def to_json(value: Any, *, max_depth: int = MAX_DEPTH) -> bytes:
    """Write a value as JSON that jsonb takes; a ``Decimal`` keeps its digits.

    Raises:
        Unusable: It, or something in it, is not taken.
    """
    written = plainly_json(value, max_depth=max_depth)
    return _written(plain(value, max_depth=max_depth)).encode() if written is None else written


def plainly_json(value: Any, *, max_depth: int = MAX_DEPTH) -> bytes | None:
    """Write a value that is as JSON has it, and as jsonb takes it; None where it is not."""
    if is_plain(value, max_depth):
        try:
            written = _written(value)
            if "\\u0000" not in written:
                return written.encode()
        except ValueError:  # NaN, a lone surrogate, too many digits
            pass
    return None


def read_json(text: str) -> Any:
    """Read JSON that begins with no white space, however deep and from however deep a stack.

    Raises:
        ValueError: It is none.
    """
    try:
        return _scan(text, 0)[0]
    except RecursionError:
        return _read(text)
    except StopIteration:  # so the scanner says it, and a generator would end by it
        raise ValueError(_NO_JSON) from None


PARTS = "+"
"""What no JSON begins with, before a list of what makes metadata."""


def read_metadata(text: str) -> dict[str, Any]:
    """Read metadata as ``::text`` gives it: a pool's own JSON loader has no say.

    Of an adopted table it may come in parts, behind ``PARTS``: a document, and objects of columns,
    which win over the document's keys of the same names; what is null there is no key.
    """
    if not text.startswith(PARTS):
        whole: dict[str, Any] = read_json(text)
        return whole
    first, *objects = read_json(text[len(PARTS) :])
    made = first if isinstance(first, dict) else {}
    for columns in objects:
        for key, value in columns.items():
            if value is not None:
                made[key] = value
            else:
                made.pop(key, None)
    return made


def to_text(
    value: object, *, indent: int | None = None, default: Any = None, ascii_only: bool = False
) -> str:
    """Write a value that was read: as ``json.dumps`` does, however deep."""
    try:
        return json.dumps(value, ensure_ascii=ascii_only, indent=indent, default=default)
    except RecursionError:
        write = json.JSONEncoder(ensure_ascii=ascii_only, default=default).encode
        return _joined(value, write, ", ", ": ")


def _json_writer() -> Callable[[Any], str]:
    # NaN is refused here, keys and NUL are looked at apart. The C encoder is made once, which
    # JSONEncoder does a call; what holds itself is refused before, so it needs no markers
    make = getattr(json.encoder, "c_make_encoder", None)
    if make is None:
        return _encoder.encode
    quoted = json.encoder.encode_basestring
    write = make(None, _encoder.default, quoted, None, ":", ",", False, False, False)
    return lambda value: "".join(write(value, 0))


compact = _json_writer()
"""Writes what is JSON for sure, and need not be text that PostgreSQL can hold."""


def _written(value: object) -> str:
    try:
        return compact(value)
    except (RecursionError, TypeError):  # the caller's own stack is deep; a Decimal
        return _joined(value, _one_written, ",", ":")


def _one_written(value: object) -> str:
    return str(value) if isinstance(value, Decimal) else compact(value)


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
        raise ValueError(_NO_JSON)
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
