"""Ids of items that an adopted table has: which texts can be ids, by the types of its columns."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_WHOLE = re.compile(r"(?:0|-?[1-9][0-9]{0,18})").fullmatch
_SURROGATE = re.compile("[\ud800-\udfff]").search
BITS: Mapping[str, int] = {"smallint": 15, "integer": 31, "bigint": 63}
"""How far integers go, by their type: below this power of two, and down to its negative."""


def is_number(id_: str) -> bool:
    """Tell whether an id is a whole number as PostgreSQL writes it."""
    return _WHOLE(id_) is not None


class NoIdError(ValueError):
    """A text that no row can have as its id; its words say why, where there is more to say."""


def may_be(id_: str, columns: Sequence[tuple[str, str]]) -> bool:
    """Tell whether a row can have an id, whose columns are given as ``parts_of`` takes them."""
    try:
        parts_of(id_, columns)
    except NoIdError:
        return False
    return True


def parts_of(id_: str, columns: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """Give an id as texts for the columns that it is made of: of several it is a JSON array.

    Args:
        id_: It.
        columns: The columns' names and types, as the catalog writes them.

    Raises:
        NoIdError: No row can have it.
    """
    if len(columns) == 1:
        return (_part(columns[0][1], id_),)
    try:
        parts = json.loads(id_)
    except (ValueError, RecursionError):
        parts = None
    if not isinstance(parts, list) or len(parts) != len(columns):
        raise NoIdError(f"it is no JSON array of {len(columns)} values")
    return tuple(
        _part(type_, _text(part, name, type_))
        for part, (name, type_) in zip(parts, columns, strict=True)
    )


def _text(part: Any, name: str, type_: str) -> str:
    if type(part) is not (int if type_ in BITS else str):
        raise NoIdError(f"{part!r} is none for its {name}")
    text = str(part)
    if "\0" in text or _SURROGATE(text):  # PostgreSQL has no such text
        raise NoIdError(f"{part!r} is none for its {name}")
    return text


def _part(type_: str, text: str) -> str:
    bits = BITS.get(type_)
    if bits is not None:
        if not is_number(text):
            raise NoIdError
        if not -(1 << bits) <= int(text) < 1 << bits:
            raise NoIdError("it is out of range")
    elif type_ == "uuid":
        try:
            canonical = str(UUID(text))
        except ValueError:
            raise NoIdError from None
        if canonical != text:
            raise NoIdError(f"it would come back as {canonical!r}")
    return text
