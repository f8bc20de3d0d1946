"""What each field of ``Collection`` is, where it is kept, and what may change it."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Kind(StrEnum):
    """What changing a field means."""

    PIN = "pin"
    """It makes vectors comparable: other vectors, so another collection."""
    LAYOUT = "layout"
    """It says how the table and its indexes are made: another one is work on the rows."""
    SETTING = "setting"
    """The registry alone has it: another one holds from the next look there."""


class Field(NamedTuple):
    """One field of ``Collection``.

    Attributes:
        kind: What changing it means.
        kept_in: The registry's column, or ``settings.KEY`` for a key of its settings.
        changed_by: The verbs that change it.
        held: Whether ``ensure_collection``, and who binds a collection with ``expect``, refuses one
            that has another value.
        nothing: Whether None asks for nothing, when it is said too: no collection could have it.
    """

    kind: Kind
    kept_in: str
    changed_by: tuple[str, ...] = ()
    held: bool = True
    nothing: bool = False


FIELDS: Mapping[str, Field] = {
    "name": Field(Kind.SETTING, "name", ("rename_collection",)),
    "dimensions": Field(Kind.PIN, "dimensions", ("reembed",), nothing=True),
    "embedding_model": Field(Kind.PIN, "embedding_model", ("reembed",)),
    "metric": Field(Kind.PIN, "metric", ("reembed",), nothing=True),
    "index": Field(
        Kind.LAYOUT,
        "index",
        ("create_index", "drop_index", "alter_collection", "reembed"),
        held=False,
    ),
    "storage": Field(Kind.LAYOUT, "storage", ("alter_collection", "reembed")),
    "text_search": Field(Kind.LAYOUT, "text_search", ("alter_collection", "reembed")),
    "fields": Field(Kind.LAYOUT, "fields", ("alter_collection", "reembed")),
    "table_name": Field(Kind.LAYOUT, "table_name", nothing=True),
    "distributed": Field(Kind.LAYOUT, "settings.distributed"),
    "target_recall": Field(
        Kind.SETTING, "settings.target_recall", ("alter_collection", "reembed"), nothing=True
    ),
    "k1": Field(Kind.SETTING, "settings.k1", ("alter_collection", "reembed"), nothing=True),
    "b": Field(Kind.SETTING, "settings.b", ("alter_collection", "reembed"), nothing=True),
    "title": Field(Kind.LAYOUT, "settings.title", ("alter_collection", "reembed")),
    "text_index": Field(Kind.LAYOUT, "settings.text_index", ("alter_collection", "reembed")),
}
"""Every field, in ``Collection``'s order."""

PINS = tuple(name for name, field in FIELDS.items() if field.kind is Kind.PIN)
"""What makes vectors comparable."""


KINDS = ("number", "text", "datetime", "boolean")
"""What a metadata key with an index of its own can be declared as."""


def changed_by(verb: str) -> tuple[str, ...]:
    """Name the fields that a verb changes."""
    return tuple(name for name, field in FIELDS.items() if verb in field.changed_by)
