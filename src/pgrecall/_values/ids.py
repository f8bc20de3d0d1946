"""Ids of items that an adopted table has: which texts can be ids, by the types of its columns."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Sequence

_WHOLE = re.compile(r"(?:0|-?[1-9][0-9]{0,18})").fullmatch
_SURROGATE = re.compile("[\ud800-\udfff]").search
_BITS = {"smallint": 15, "integer": 31, "bigint": 63}


def is_number(id_: str) -> bool:
    """Tell whether an id is a whole number as PostgreSQL writes it."""
    return _WHOLE(id_) is not None


def may_be(id_: str, types: Sequence[str]) -> bool:
    """Tell whether a row can have an id: of several columns, their JSON array.

    Args:
        id_: It.
        types: The columns' types, as the catalog writes them.
    """
    if len(types) == 1:
        return _is_text_of(types[0], id_)
    try:
        parts = json.loads(id_)
    except (ValueError, RecursionError):
        return False
    if not isinstance(parts, list) or len(parts) != len(types):
        return False
    return all(_is_of(type_, part) for type_, part in zip(types, parts, strict=True))


def _is_of(type_: str, part: Any) -> bool:
    if type_ in _BITS:
        return type(part) is int and _is_text_of(type_, str(part))
    if not isinstance(part, str) or "\0" in part or _SURROGATE(part):
        return False  # PostgreSQL has no such text
    return _is_text_of(type_, part)


def _is_text_of(type_: str, text: str) -> bool:
    if type_ in _BITS:
        return is_number(text) and -(1 << _BITS[type_]) <= int(text) < 1 << _BITS[type_]
    if type_ != "uuid":
        return True
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
