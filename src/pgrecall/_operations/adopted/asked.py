"""What a ``Table`` says, before anybody looks at the table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pgrecall._operations.adopted.scoping import scope_of
from pgrecall._values.strings import check_name
from pgrecall.errors import InvalidArgumentError
from pgrecall.models.tables import Table

if TYPE_CHECKING:
    from pgrecall._operations.adopted.scoping import Scope

_LISTS = {"id": "one or several columns", "text": "one or several columns", "metadata": "columns"}
_COLUMNS = ("vector", "metadata_json", "tsvector", "created_at", "updated_at")


@dataclass(frozen=True, slots=True)
class Asked:
    """A ``Table`` whose fields can be used, with its lists as tuples.

    Attributes:
        name: The table, as SQL writes it.
        id: As ``Table`` has it, and so the others.
        columns: Every column that it names, by the field.
        scope: What ``where`` says.
    """

    name: str
    id: tuple[str, ...]
    text: tuple[str, ...]
    vector: str | None
    metadata: tuple[str, ...]
    metadata_json: str | None
    tsvector: str | None
    created_at: str | None
    updated_at: str | None
    scope: Scope | None
    writable: bool

    @property
    def columns(self) -> list[tuple[str, str]]:
        """Every column that it names, behind the field that does."""
        several = (("id", self.id), ("text", self.text), ("metadata", self.metadata))
        named = [(field, name) for field, names in several for name in names]
        for field in _COLUMNS:
            name = getattr(self, field)
            if name is not None:
                named.append((field, name))
        scope = () if self.scope is None else self.scope.columns
        return [*named, *(("where", name) for name in scope)]


def asked_of(table: object) -> Asked:
    """Check the fields of a table by themselves.

    Raises:
        InvalidArgumentError: One cannot be used; the message says what would be.
    """
    if not isinstance(table, Table):
        msg = (
            "table must be a pgrecall.Table, such as Table('public.articles', id='slug',"
            f" text='body', vector='embedding'), not of type {type(table).__name__}"
        )
        raise InvalidArgumentError(msg)
    check_name("the table's name", table.name, limit=None)
    several: dict[str, Any] = {field: _several(field, getattr(table, field)) for field in _LISTS}
    if not several["id"]:
        raise InvalidArgumentError("id must name a column of the table, or several: id='slug'")
    for field in _COLUMNS:
        name = getattr(table, field)
        if name is not None:
            _check_column(field, name)
    if not isinstance(table.writable, bool):
        msg = f"writable must be True or False, not of type {type(table.writable).__name__}"
        raise InvalidArgumentError(msg)
    one: dict[str, Any] = {field: getattr(table, field) for field in _COLUMNS}
    asked = Asked(
        name=table.name, **several, **one, scope=scope_of(table.where), writable=table.writable
    )
    _check_use(asked)
    return asked


def _several(field: str, value: object) -> tuple[str, ...]:
    if value is None and field != "id":
        return ()
    if isinstance(value, str):
        if field == "metadata":
            msg = f"metadata is a list of columns: metadata=[{value!r}], not {value!r} alone"
            raise InvalidArgumentError(msg)
        _check_column(field, value)
        return (value,)
    if not isinstance(value, list | tuple):
        msg = f"{field} must name {_LISTS[field]}, as a list, not be of type {type(value).__name__}"
        raise InvalidArgumentError(msg)
    for name in value:
        _check_column(field, name)
    twice = next((name for place, name in enumerate(value) if name in value[:place]), None)
    if twice is not None:
        raise InvalidArgumentError(f"{field} names column {twice!r} twice")
    return tuple(value)


def _check_column(field: str, name: object) -> None:
    check_name(f"{field}: a column's name", name, limit=None)


def _check_use(asked: Asked) -> None:
    if not asked.text and asked.vector is None and asked.tsvector is None:
        msg = (
            "neither text nor vector names a column: there would be nothing to search by; say"
            " text='body', vector='embedding', or both"
        )
        raise InvalidArgumentError(msg)
    if asked.metadata_json in asked.metadata:
        msg = (
            f"metadata_json={asked.metadata_json!r} gives its own keys, and metadata names the same"
            " column as one key: name it in one of the two"
        )
        raise InvalidArgumentError(msg)
