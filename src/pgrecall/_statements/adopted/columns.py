"""Columns of an adopted table that are keys of the metadata, by what their types can hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column as the registry keeps it, since its table was adopted.

    Attributes:
        name: Its name in the table, and the key of the metadata that it is.
        type: Its type without a length, of an array the elements', as ``format_type`` writes it
            under an empty search_path: ``integer``, ``public.mood``.
        kind: What the type holds: ``integer`` (smallint, integer, bigint), ``numeric``, ``float``
            (real, double precision), ``text`` (text, varchar, char, name, citext), ``uuid``,
            ``enum``, ``boolean``, ``date``, ``timestamp``, ``timestamptz`` or ``json`` (json,
            jsonb).
        is_array: Whether it is an array of those.
    """

    name: str
    type: str
    kind: str
    is_array: bool = False


_FIELDS = {
    "integer": "number",
    "numeric": "number",
    "float": "number",
    "text": "text",
    "uuid": "text",
    "enum": "text",
    "boolean": "boolean",
    "date": "datetime",
    "timestamp": "datetime",
    "timestamptz": "datetime",
}


def fields_of(columns: Iterable[TableColumn]) -> dict[str, str]:
    """Give what a collection's ``fields`` says of columns: the type of each, where it has one."""
    found = {one.name: _FIELDS.get(one.kind) for one in columns if not one.is_array}
    return {name: kind for name, kind in found.items() if kind is not None}
