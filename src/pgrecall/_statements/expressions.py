"""What metadata is searched, sorted and indexed by: what stands under a key, as a type."""

from __future__ import annotations

from psycopg import sql

from pgrecall._statements import instants
from pgrecall._statements.columns import OWN
from pgrecall._statements.parameters import Template

OWN_INSTANT = instants.function("pgrecall")
"""What declared fields of times are indexed by, in the schema that there is by default."""

_MEMBER = Template("{} -> {}::text")
_STRING = Template("({} ->> {}::text)")
_NUMBER = Template("(CASE WHEN jsonb_typeof({}) = 'number' THEN ({})::numeric END)")
_TEXT = Template("((CASE WHEN jsonb_typeof({}) = 'string' THEN {} ->> {}::text END) COLLATE \"C\")")
_CALL = Template("{}({})")
_INSTANT = Template("(CASE WHEN jsonb_typeof({}) = 'string' THEN {} END)")
_BOOLEAN = Template("(CASE WHEN jsonb_typeof({}) = 'boolean' THEN ({})::boolean END)")

_WHOLE_STRING = Template("({} #>> '{ }')")
_WHOLE_TEXT = Template(
    "((CASE WHEN jsonb_typeof({}) = 'string' THEN {} #>> '{ }' END) COLLATE \"C\")"
)


def field_expression(
    key: sql.Composable,
    kind: str,
    metadata: sql.SQL = OWN.metadata,
    instant: sql.SQL = OWN_INSTANT,
) -> sql.Composable:
    """Return the expression that a declared field's index is on, and that filters search by.

    A prepared statement's generic plan cannot match it where the key is a parameter.

    Args:
        key: A placeholder in a query, a literal in ``CREATE INDEX``; it is cast to text here.
        kind: ``"number"``, ``"text"``, ``"datetime"`` or ``"boolean"``.
        metadata: The column of metadata.
        instant: What ``instants.function`` gives for the schema.
    """
    return typed_member(metadata, key, kind, instant)


def value_expression(value: sql.Composable, kind: str) -> sql.Composable:
    """Return what a value that is jsonb by itself is sorted by, NULL where it is of another type.

    Args:
        value: It.
        kind: As ``field_expression`` takes it.
    """
    if kind == "text":
        return _WHOLE_TEXT(value, value)
    return _typed_of(value, _WHOLE_STRING(value), kind)


def member_of(parent: sql.Composable, key: sql.Composable) -> sql.SQL:
    """Return what an object of metadata has under a key, as jsonb."""
    return _MEMBER(parent, key)


def typed_member(
    parent: sql.Composable, key: sql.Composable, kind: str, instant: sql.SQL | None = None
) -> sql.Composable:
    """Return what an object has under a key, as a type, NULL where it is of another.

    Args:
        parent: The object, as jsonb.
        key: As ``field_expression`` takes it.
        kind: As there, too.
        instant: As there; None where no index is on it.
    """
    member = _MEMBER(parent, key)
    if kind == "text":
        return _TEXT(member, parent, key)
    return _typed_of(member, _STRING(parent, key), kind, instant)


def _typed_of(
    member: sql.Composable, string: sql.SQL, kind: str, instant: sql.SQL | None = None
) -> sql.Composable:
    match kind:
        case "number":
            return _NUMBER(member, member)
        case "boolean":
            return _BOOLEAN(member, member)
    # a store that may not set up, on an older registry, has no function
    told = instants.instant_of(string) if instant is None else _CALL(instant, string)
    return _INSTANT(member, told)
