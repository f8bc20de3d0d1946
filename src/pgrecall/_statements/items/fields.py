"""A field of items as the expressions that it is sorted, counted and compared by."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from psycopg import sql

from pgrecall._statements import instants
from pgrecall._statements.adopted.values import json_value, sorted_by
from pgrecall._statements.expressions import field_expression, member_of, value_expression

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pgrecall._statements.layout import Stored
    from pgrecall._statements.parameters import Parameters

OWN_TIMES = ("$created_at", "$updated_at")
"""Fields that are an item's times."""

_AS_JSON = sql.SQL("pg_catalog.to_jsonb({})")


class FieldSql(NamedTuple):
    """What a field is for one item, each as SQL that stands in a shape.

    Attributes:
        json: As jsonb; NULL where it is missing. An item's own time is none.
        keys: For each type whose values have an order in this field: what it is sorted by, NULL
            where it is of another type. Of the declared type it is what the index is on.
    """

    json: str
    keys: Mapping[str, str]


def field_sql(stored: Stored, field: str | tuple[str, ...], parameters: Parameters) -> FieldSql:
    """Write a field; its keys are bound.

    Args:
        stored: The collection.
        field: What ``filters.parsed_field`` gave.
        parameters: Receives the keys.
    """
    columns = stored.columns
    if field == "id":
        text = columns.id_text()
        key = f'({text.as_string(None)} COLLATE "C")'
        return FieldSql(_AS_JSON.format(text).as_string(None), {"text": key})
    if field in OWN_TIMES:
        return FieldSql("'null'::jsonb", {"datetime": own_time(stored, field).as_string(None)})
    first, *rest = (field,) if isinstance(field, str) else field
    parent = columns.metadata if columns.json is None else columns.json
    path = [first, *rest]
    if first in columns.fields:
        column, written = columns.fields[first]
        parent, path = json_value(column, written), rest
        typed = None if rest else sorted_by(column, written)
        if typed is not None:
            return FieldSql(parent.as_string(None), dict([typed]))
    if not path:
        return _of_value(parent, ordered_kinds(stored, field))
    *parents, key = path
    for each in parents:
        parent = member_of(parent, parameters.add(each))
    last = parameters.add(key)
    instant = instants.function(stored.schema)
    return FieldSql(
        member_of(parent, last).as_string(None),
        {
            kind: field_expression(last, kind, parent, instant).as_string(None)
            for kind in ordered_kinds(stored, field)
        },
    )


def _of_value(value: sql.SQL, kinds: Iterable[str]) -> FieldSql:
    keys = {kind: value_expression(value, kind).as_string(None) for kind in kinds}
    return FieldSql(value.as_string(None), keys)


def ordered_kinds(stored: Stored, field: str | tuple[str, ...]) -> tuple[str, ...]:
    """Give the types whose values have an order in a field, as they follow one another.

    A declared time or boolean is that alone: in its order all else is missing.
    """
    if field == "id":
        return ("text",)
    path = (field,) if isinstance(field, str) else field
    found = stored.columns.fields.get(path[0]) if len(path) == 1 else None
    typed = None if found is None else sorted_by(*found)
    if typed is not None:
        return (typed[0],)
    kind = declared_kind(stored, field)
    return (kind,) if kind in ("datetime", "boolean") else ("number", "text")


def own_time(stored: Stored, field: str | tuple[str, ...]) -> sql.SQL:
    """Give the column of one of ``OWN_TIMES``."""
    columns = stored.columns
    return columns.created_at if field == "$created_at" else columns.updated_at


def declared_kind(stored: Stored, field: str | tuple[str, ...]) -> str | None:
    """Give the type of an item's own time, or the one that a field is declared to be, or None."""
    if field in OWN_TIMES:
        return "datetime"
    if field == "id":  # the item's; the key of that name is ("id",)
        return None
    key = field[0] if isinstance(field, tuple) and len(field) == 1 else field
    return stored.fields.get(key) if isinstance(key, str) else None
