"""Columns of an adopted table that are keys of the metadata, by what their types can hold."""

from __future__ import annotations

from dataclasses import dataclass


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
