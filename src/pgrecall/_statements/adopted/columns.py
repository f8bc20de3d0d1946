"""Columns of an adopted table that are keys of the metadata, by what their types can hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

ENUM = "e"
"""What ``pg_type.typtype`` says of an enum."""

_BASE = "b"
# as format_type writes them without a length
_KINDS = {
    "smallint": "integer",
    "integer": "integer",
    "bigint": "integer",
    "numeric": "numeric",
    "real": "float",
    "double precision": "float",
    "text": "text",
    "character varying": "text",
    "character": "text",
    "bpchar": "text",
    "name": "text",
    "uuid": "uuid",
    "boolean": "boolean",
    "date": "date",
    "timestamp without time zone": "timestamp",
    "timestamp with time zone": "timestamptz",
    "json": "json",
    "jsonb": "json",
}
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


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column as the registry keeps it, since its table was adopted.

    Attributes:
        name: Its name in the table, and the key of the metadata that it is.
        type: Its type without a length, of an array the elements', of a domain the type beneath, as
            ``format_type`` writes it under an empty search_path: ``integer``, ``public.mood``.
        kind: What the type holds: ``integer`` (smallint, integer, bigint), ``numeric``, ``float``
            (real, double precision), ``text`` (text, varchar, char, name, citext), ``uuid``,
            ``enum``, ``boolean``, ``date``, ``timestamp``, ``timestamptz`` or ``json`` (json,
            jsonb).
        is_array: Whether it is an array of those.
        is_exact: Whether texts are the same that it holds equal: not where it is ``citext``,
            ``char(n)`` or ``name``, or its collation is not deterministic.
    """

    name: str
    type: str
    kind: str
    is_array: bool = False
    is_exact: bool = True

    @property
    def field(self) -> str | None:
        """The kind of declared field that it is; None of an array and of JSON."""
        return None if self.is_array else _FIELDS.get(self.kind)


def kind_of(type_name: str, typtype: str) -> str | None:
    """Tell what a type holds, as ``TableColumn.kind``; None of one that is not understood.

    Args:
        type_name: As ``TableColumn.type``: of a domain the type beneath it, of an array that of
            its elements.
        typtype: That type's ``pg_type.typtype``.
    """
    if typtype == ENUM:
        return "enum"
    if typtype != _BASE:
        return None
    return "text" if is_citext(type_name) else _KINDS.get(type_name)


def is_citext(type_name: str) -> bool:
    """Tell whether it is the extension's type, in whatever schema."""
    return type_name == "citext" or type_name.endswith(".citext")


def is_exact(type_name: str, *, is_deterministic: bool = True) -> bool:
    """Tell what ``TableColumn.is_exact`` is.

    Args:
        type_name: As ``TableColumn.type``.
        is_deterministic: ``pg_collation.collisdeterministic`` of the column's collation; True where
            it has none.
    """
    # a name is cut off, whatever it is compared with
    is_loose = type_name in ("character", "bpchar", "name") or is_citext(type_name)
    return is_deterministic and not is_loose


def fields_of(columns: Iterable[TableColumn]) -> dict[str, str]:
    """Give what a collection's ``fields`` says of columns: arrays and JSON are not in it."""
    return {column.name: column.field for column in columns if column.field is not None}
