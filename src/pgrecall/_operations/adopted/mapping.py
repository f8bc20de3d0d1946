"""Which columns of a table become what: each field of a ``Table`` against the catalog."""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

from pgrecall._statements.adopted.adopted import Adopted
from pgrecall._statements.adopted.columns import TableColumn, is_citext, is_exact, kind_of
from pgrecall._statements.names import quoted_name
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall._operations.adopted.asked import Asked
    from pgrecall._statements.adopted.described import Relation, RelationColumn

VECTORS = ("vector", "halfvec")
"""pgvector's types that a vector can be of; of others ``real[]``."""

_IDS = ("smallint", "integer", "bigint", "uuid", "text", "character varying")
_IDS_TOLD = "smallint, integer, bigint, uuid, text, varchar or citext"
_TIMES = ("date", "timestamp", "timestamptz")
_UNDERSTOOD = (
    "numbers, texts, booleans, dates, timestamps, uuids, enums and JSON, and arrays of those"
)
_SHOWN = 40


def adopted_from(asked: Asked, relation: Relation) -> Adopted:
    """Give what the registry is to keep of a table, every column of a type that can be used.

    Raises:
        InvalidArgumentError: A column is not there, or of another type.
    """
    check_columns(asked, relation)
    columns = relation.columns
    scope = () if asked.scope is None else asked.scope.columns
    adopted = Adopted(
        schema=relation.schema,
        name=relation.name,
        oid=relation.oid,
        kind=relation.kind or "",
        id=tuple(_id(relation, columns[name]) for name in asked.id),
        text=tuple(_text(relation, columns[name]) for name in asked.text),
        vector=None if asked.vector is None else _vector(relation, columns[asked.vector]),
        is_fixed=asked.vector is None or is_plain(columns[asked.vector]),
        metadata=tuple(_metadata(relation, "metadata", columns[name]) for name in asked.metadata),
        json=None if asked.metadata_json is None else _json(relation, columns[asked.metadata_json]),
        tsvector=asked.tsvector,
        created_at=_time(relation, "created_at", asked.created_at),
        updated_at=_time(relation, "updated_at", asked.updated_at),
        where=None if asked.scope is None else asked.scope.json,
        scope=tuple(_metadata(relation, "where", columns[name]) for name in scope),
        writable=asked.writable,
    )
    if asked.tsvector is not None and columns[asked.tsvector].whole != "tsvector":
        raise _of_type(relation, "tsvector", columns[asked.tsvector], "tsvector")
    if asked.scope is not None:
        _check_scope(relation, asked.scope.deep, asked.scope.instants, adopted.scope)
    return adopted


def numbered(adopted: Adopted, relation: Relation) -> Adopted:
    """Note the numbers of the columns, which they keep when they are renamed."""
    columns = [*adopted.id, *adopted.text, *adopted.metadata, *adopted.scope]
    columns += [
        one
        for one in (adopted.vector, adopted.json, adopted.created_at, adopted.updated_at)
        if one is not None
    ]
    names = dict.fromkeys(one.name for one in columns)
    if adopted.tsvector is not None:
        names[adopted.tsvector] = None
    return replace(adopted, numbers=tuple((name, relation.columns[name].number) for name in names))


def is_plain(column: RelationColumn) -> bool:
    """Tell whether a column's type says how long its vectors are."""
    return column.bare_type in VECTORS and not column.is_array and column.modifier > 0


def check_columns(asked: Asked, relation: Relation) -> None:
    """Raise InvalidArgumentError unless every column is there, and this role may read it."""
    for field, name in asked.columns:
        if name not in relation.columns:
            raise no_column(relation, field, name)
    unread = [name for _, name in asked.columns if not relation.columns[name].may_select]
    if unread:
        named = ", ".join(quoted_name(name) for name in dict.fromkeys(unread))
        msg = (
            f"this role may not read {relation.shown}: its owner can GRANT SELECT ({named}) ON"
            f" {relation.shown} to it"
        )
        raise InvalidArgumentError(msg)


def no_column(relation: Relation, field: str, name: str) -> InvalidArgumentError:
    """Say that a table lacks a column, and which ones it has."""
    there = list(relation.columns)
    lowered = {one.lower(): one for one in there}
    near = get_close_matches(name, there, 1) or [
        lowered[one] for one in get_close_matches(name.lower(), lowered, 1)
    ]
    shown = ", ".join(map(repr, there[:_SHOWN])) + (", ..." if len(there) > _SHOWN else "")
    hint = f"did you mean {near[0]!r}? " if near else ""
    return InvalidArgumentError(
        f"{field}: {relation.shown} has no column {name!r}; {hint}It has {shown}"
    )


def column_of(column: RelationColumn) -> TableColumn | None:
    """Give a column as the registry keeps it; None of a type that is not understood."""
    kind = kind_of(column.type, column.typtype)
    if kind is None:
        return None
    exact = is_exact(column.type, is_deterministic=column.is_deterministic)
    return TableColumn(column.name, column.type, kind, column.is_array, exact)


def vector_of(column: RelationColumn) -> TableColumn | None:
    """Give a column of vectors as the registry keeps it; None of one of something else."""
    if column.bare_type in VECTORS and not column.is_array:
        return TableColumn(column.name, column.type, "vector")
    if column.type == "real" and column.is_array:
        return TableColumn(column.name, column.type, "float", is_array=True)
    return None


def is_id(column: RelationColumn) -> bool:
    """Tell whether a column is of a type that items can be told apart by."""
    return not column.is_array and (column.type in _IDS or is_citext(column.type))


def is_text(column: RelationColumn) -> bool:
    """Tell whether a column holds texts."""
    return not column.is_array and kind_of(column.type, column.typtype) == "text"


def _id(relation: Relation, column: RelationColumn) -> TableColumn:
    found = column_of(column)
    if found is None or not is_id(column):
        raise _of_type(relation, "id", column, _IDS_TOLD)
    return found


def _text(relation: Relation, column: RelationColumn) -> TableColumn:
    found = column_of(column)
    if found is None or not is_text(column):
        raise _of_type(relation, "text", column, "text or varchar")
    return found


def _vector(relation: Relation, column: RelationColumn) -> TableColumn:
    found = vector_of(column)
    if found is None:
        raise _of_type(relation, "vector", column, "vector, halfvec or real[]")
    return found


def _metadata(relation: Relation, field: str, column: RelationColumn) -> TableColumn:
    found = column_of(column)
    if found is None:
        msg = (
            f"{field}: column {column.name!r} of {relation.shown} is of type {column.whole}, which"
            f" is not understood: what is are {_UNDERSTOOD}; leave it out, or adopt a view that"
            " makes one of those of it"
        )
        raise InvalidArgumentError(msg)
    return found


def _json(relation: Relation, column: RelationColumn) -> TableColumn:
    found = column_of(column)
    if found is None or found.kind != "json" or found.is_array:
        raise _of_type(relation, "metadata_json", column, "jsonb or json")
    return found


def _time(relation: Relation, field: str, name: str | None) -> TableColumn | None:
    if name is None:
        return None
    column = relation.columns[name]
    found = column_of(column)
    if found is None or found.kind not in _TIMES or found.is_array:
        raise _of_type(relation, field, column, "timestamptz, timestamp or date")
    return found


def _of_type(
    relation: Relation, field: str, column: RelationColumn, wanted: str
) -> InvalidArgumentError:
    return InvalidArgumentError(
        f"{field}: column {column.name!r} of {relation.shown} is of type {column.whole}, and"
        f" {field} takes {wanted}"
    )


def _check_scope(
    relation: Relation,
    deep: frozenset[str],
    instants: frozenset[str],
    columns: Sequence[TableColumn],
) -> None:
    for column in columns:
        if column.name in deep and column.kind != "json":
            msg = (
                f"where asks for a key within column {column.name!r} of {relation.shown}, which is"
                f" no JSON but of type {column.type}"
            )
            raise InvalidArgumentError(msg)
        if column.name in instants and column.kind not in _TIMES:
            msg = (
                f"where compares column {column.name!r} of {relation.shown} with a time, and it is"
                f" of type {column.type}: write a value of that type"
            )
            raise InvalidArgumentError(msg)
