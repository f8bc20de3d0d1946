"""Fields as a shell takes them: ``price``, ``author.name``, ``"a.b"``, ``["a", "b"]``."""

from __future__ import annotations

import json
import re

from pgrecall._values.own_fields import TIMES
from pgrecall.errors import InvalidArgumentError

Field = str | tuple[str, ...]

QUOTED = r'"(?:[^"\\]|\\.)*"'
"""A text in double quotes, as a regular expression."""

_PART = re.compile(rf"({QUOTED}|[^.]+)(?:\.(?!\Z)|\Z)", re.DOTALL)
_WHOLE = re.compile(rf"{QUOTED}|'(?:[^']|'')*'", re.DOTALL)
_PLAIN = re.compile(r"[^\s\"'.=<>!,()\[]+")


def field(text: str) -> Field:
    """Read a field alone: a key, ``by.name`` for one inside another, or a path as JSON.

    Raises:
        InvalidArgumentError: It is none.
    """
    if text.startswith("["):
        return _json_path(text)
    keys: list[str] = []
    place = 0
    while place < len(text) or not keys:
        found = _PART.match(text, place)
        if found is None or (found[1][0] in "\"'" and not is_whole(found[1])):
            raise InvalidArgumentError(
                f"{text!r} is no field: a key, or by.name for one inside another; a key that holds"
                ' a dot or begins with a quote stands in double quotes, "a.b"'
            )
        try:
            keys.append(unquoted(found[1]))
        except ValueError:
            raise InvalidArgumentError(
                f"{text!r} is no field: a backslash in double quotes is written as in JSON, twice"
            ) from None
        place = found.end()
    return field_of(keys, quoted=text.startswith('"'))


def field_text(path: Field) -> str:
    """Write a field as ``field`` and ``condition`` read it."""
    if isinstance(path, str):
        path = (path,) if path not in ("id", *TIMES) else path
    if isinstance(path, str):
        return path
    own = len(path) == 1 and path[0] in ("id", *TIMES)
    return ".".join(
        json.dumps(key, ensure_ascii=False) if own or _PLAIN.fullmatch(key) is None else key
        for key in path
    )


def field_of(keys: list[str], *, quoted: bool = False) -> Field:
    """Give the field of some keys; in quotes, ``id`` is a key of the metadata, and so is none."""
    if len(keys) > 1 or not keys[0] or (quoted and keys[0] in ("id", *TIMES)):
        return tuple(keys)
    return keys[0]


def _json_path(text: str) -> tuple[str, ...]:
    try:
        path = json.loads(text)
    except ValueError as error:
        path, why = None, f" ({error})"
    else:
        why = ""
    if not path or not isinstance(path, list) or not all(isinstance(key, str) for key in path):
        raise InvalidArgumentError(
            f"a field that begins with [ is a path, a JSON array of keys{why}: {text!r}; a key of"
            f" that name is written {json.dumps([text], ensure_ascii=False)}"
        )
    return tuple(path)


def unquoted(written: str) -> str:
    """Give what a text in quotes says, and any other as it is.

    Raises:
        ValueError: A backslash in double quotes escapes nothing.
    """
    if written.startswith('"') and len(written) > 1 and written.endswith('"'):
        return str(json.loads(written, strict=False))
    if written.startswith("'"):
        return written[1:-1].replace("''", "'")
    return written


def is_whole(written: str) -> bool:
    """Tell whether a text is in quotes, from its beginning to its end."""
    return _WHOLE.fullmatch(written) is not None
