"""A field of items as the expressions that it is sorted, counted and compared by."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from psycopg import sql

from pgrecall._statements.conditions import field_expression, member_of

if TYPE_CHECKING:
    from pgrecall._statements.layout import Stored
    from pgrecall._statements.parameters import Parameters

OWN_TIMES = ("$created_at", "$updated_at")
"""Fields that are an item's times."""

_AS_JSON = sql.SQL("pg_catalog.to_jsonb({})")
_IN_UTC = sql.SQL("pg_catalog.to_jsonb({} AT TIME ZONE 'UTC')")
_NO_NUMBER = "NULL::numeric"


class FieldSql(NamedTuple):
    """What a field is for one item, each as SQL that stands in a shape.

    Attributes:
        json: As jsonb; NULL where it is missing.
        number: As numeric where it is a number, else NULL: what a declared field's index is on.
        text: As text by code point where it is a string, else NULL: what such an index is on.
    """

    json: str
    number: str
    text: str

    def of_kind(self, kind: str) -> str:
        """Give the expression of ``"number"`` or ``"text"``."""
        return self.number if kind == "number" else self.text


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
        return FieldSql(_AS_JSON.format(text).as_string(None), _NO_NUMBER, _collated(text))
    if field in OWN_TIMES:
        json = _IN_UTC.format(own_time(stored, field))
        return FieldSql(
            json.as_string(None), _NO_NUMBER, _collated(sql.SQL("({} #>> '{{}}')").format(json))
        )
    *parents, key = (field,) if isinstance(field, str) else field
    parent = columns.metadata
    for each in parents:
        parent = member_of(parent, parameters.add(each))
    last = parameters.add(key)
    return FieldSql(
        member_of(parent, last).as_string(None),
        field_expression(last, "number", parent).as_string(None),
        field_expression(last, "text", parent).as_string(None),
    )


def own_time(stored: Stored, field: str | tuple[str, ...]) -> sql.SQL:
    """Give the column of one of ``OWN_TIMES``."""
    columns = stored.columns
    return columns.created_at if field == "$created_at" else columns.updated_at


def declared_kind(stored: Stored, field: str | tuple[str, ...]) -> str | None:
    """Give the type that a field has an index for, or None."""
    key = field[0] if isinstance(field, tuple) and len(field) == 1 else field
    return stored.fields.get(key) if isinstance(key, str) else None


def _collated(text: sql.Composable) -> str:
    return f'({text.as_string(None)} COLLATE "C")'
