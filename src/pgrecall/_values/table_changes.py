"""Changes of items in a table of somebody else's: what goes to columns, and what to other keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from pgrecall._values.arrays import TEXT_OID, array, text_array
from pgrecall._values.changes import ChangeBatch, Changed, ChangeShape, Row
from pgrecall._values.edits import Edit, Node
from pgrecall._values.strings import shown
from pgrecall._values.typed import type_of
from pgrecall.errors import InvalidArgumentError
from pgrecall.models import KEEP, Change

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall._values.rows import Kind
    from pgrecall._values.table_slots import Slots
    from pgrecall._values.vectors import Encoded


class TableEdit(NamedTuple):
    """What is set and removed, parted.

    Attributes:
        typed: What columns get as a whole; None takes the key away.
        nested: Columns that are objects in which something is set or removed.
        edit: What is done in these, and to all other keys; None where that is nothing.
    """

    typed: dict[str, str | None]
    nested: tuple[str, ...]
    edit: Edit | None


def parted_edit(slots: Slots, edit: Edit, what: str, id_: str = "") -> TableEdit:
    """Part an edit.

    Args:
        slots: What the table has places for.
        edit: It, checked.
        what: What a message calls it.
        id_: The item's id, where it is of one.

    Raises:
        InvalidArgumentError: A key has no place, or its column cannot hold its value.
    """
    parting = _Parting(slots, what, id_)
    for key, value in edit.root.sets.items():
        parting.set(key, value)
    for key in edit.root.removes:
        parting.remove(key)
    for key, node in edit.root.inner.items():
        parting.look_into(key, node)
    rest = parting.rest
    is_empty = not (rest.sets or rest.removes or rest.inner)
    left = None if is_empty else Edit(rest, rest.shape())
    return TableEdit(parting.typed, tuple(parting.nested), left)


class _Parting:
    """What is parted so far."""

    def __init__(self, slots: Slots, what: str, id_: str) -> None:
        self._slots, self._what, self._id = slots, what, id_
        self.typed: dict[str, str | None] = {}
        self.nested: list[str] = []
        self.rest = Node()

    def set(self, key: str, value: Any) -> None:
        slots = self._slots
        if key in slots.columns:
            self.typed[key] = slots.typed(slots.columns[key], value, self._what)
        elif key in slots.refused:
            slots.refuse(key, value, self._id, self._what)
        elif slots.rest:
            self.rest.sets[key] = value
        else:
            raise slots.unknown(key, self._what)

    def remove(self, key: str) -> None:
        slots = self._slots
        if key in slots.columns:
            self.typed[key] = None
        elif key in slots.refused:
            msg = f"{self._what} removes key {shown(key)}, which {slots.table} cannot do without"
            raise InvalidArgumentError(msg)
        elif slots.rest:
            self.rest.removes[key] = None

    def look_into(self, key: str, node: Node) -> None:
        slots = self._slots
        column = slots.columns.get(key)
        if column is not None and column.kind == "json" and not column.is_array:
            self.nested.append(key)
            self.rest.inner[key] = node
        elif column is not None or key in slots.refused:
            if node.makes:
                kind = "a value of its own" if column is None else f"of type {type_of(column)}"
                msg = (
                    f"{self._what} sets something within key {shown(key)}, whose column in"
                    f" {slots.table} is {kind}, no object: set the key itself"
                )
                raise InvalidArgumentError(msg)
        elif slots.rest:
            self.rest.inner[key] = node
        elif node.makes:
            raise slots.unknown(key, self._what)


class TableChangeBatch(ChangeBatch):
    """Checked changes of rows of an adopted table."""

    def __init__(self, kind: Kind, slots: Slots, first: int = 0) -> None:
        """Begin empty; ``first`` is the place of the first change in what the caller gave."""
        super().__init__(kind._replace(text_fields=()), first)
        self._slots = slots

    def _row(self, change: Change, name: str, vector: int) -> Row:
        slots, id_ = self._slots, str.__str__(change.id)
        slots.id_of(id_)
        if change.text is not KEEP:
            slots.check_text(" ", change.id)
        if change.vector is not KEEP:
            slots.check_vector((), change.id)
        row = super()._row(change, name, vector)
        what = f"the change of {name}"
        typed: dict[str, str | None] = {}
        nested: tuple[str, ...] = ()
        edit = row.edit
        if row.shape.metadata:
            typed, rest = slots.parted(change.metadata or {}, id_, f"the metadata of {name}")
            typed = {key: text for key, text in typed.items() if text is not None}
            row = (
                super()
                ._row(Change(change.id, metadata=rest), name, vector)
                ._replace(shape=row.shape, text=row.text)
            )
        elif edit is not None:
            typed, nested, edit = parted_edit(slots, edit, what, id_)
        shape = row.shape._replace(
            edit=None if edit is None else edit.shape, keys=tuple(sorted(typed)), nested=nested
        )
        parts = {} if edit is None else edit.parts(what)
        return row._replace(shape=shape, edit=edit, parts=parts, typed=typed)

    def _alike(self, id_: str) -> object:
        return self._slots.alike(self._slots.id_of(id_))

    def key_arrays(self) -> dict[str, Encoded]:
        """Encode what the distinct ids are made of."""
        return key_arrays(self._slots, self.ids)

    def one_by_one(self, some: Changed) -> list[Changed]:
        """Encode each of some changes by itself."""
        return [
            Changed(some.shape, [id_], {id_: row}, self._values(some.shape, [row]))
            for id_, row in some.rows.items()
        ]

    def _values(self, shape: ChangeShape, rows: list[Row]) -> dict[str, Any]:
        values = super()._values(shape, rows)
        values |= key_arrays(self._slots, [row.id for row in rows])
        if shape.text:
            empty = None if self._slots.text_is_nullable else b""
            values["texts"] = array(TEXT_OID, [row.text or empty for row in rows])
        for number, key in enumerate(shape.keys):
            values[f"c{number}"] = text_array([row.typed[key] for row in rows])
        return values


def key_arrays(slots: Slots, ids: Sequence[str]) -> dict[str, Encoded]:
    """Encode ids as the arrays of what they are made of."""
    columns = zip(*map(slots.id_of, ids), strict=True)
    return {f"id{number}": text_array(column) for number, column in enumerate(columns)}
